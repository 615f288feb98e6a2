"""What goes wrong between two RTMP peers. Pure; raised on whichever thread drives the connection."""

from __future__ import annotations

from app.errors import StreamError


class RtmpError(StreamError):
    """The peer broke the protocol or a limit: the connection cannot go on and is to be closed.

    ``code``: ``rtmp_handshake``, ``rtmp_invalid`` (malformed or out of order), ``rtmp_too_large`` (a limit),
    ``rtmp_unsupported``. ``description`` is for the log; it never quotes what the peer sent.
    """

    default_code = "rtmp_invalid"

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code, message_id="error.ingest_closed", detail={"description": description})
        self.description = description

    def __str__(self) -> str:
        return f"{self.code}: {self.description}"


def invalid(description: str) -> RtmpError:
    """Malformed or out of order."""
    return RtmpError("rtmp_invalid", description)


def too_large(description: str) -> RtmpError:
    """Beyond a limit of ``Limits``."""
    return RtmpError("rtmp_too_large", description)
