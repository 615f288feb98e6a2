"""The one tree of errors. Outside causes and our own bugs are different classes.

A foreign exception (socket, PortAudio, SQLAlchemy …) is translated once, in the adapter that owns the
library, into one of these. ``code`` is stable and may be logged, sent and tested; ``message_id`` names
the sentence in ``resources/i18n`` that a person reads (what happened, what it means, one thing to do).
``detail`` holds placeholders for that sentence: never a secret, a token, a face or an ID number.
"""

from __future__ import annotations

from collections.abc import Mapping


class AppError(Exception):
    """Base of everything we raise on purpose."""

    default_code = "unknown"
    default_retryable = False

    def __init__(
        self,
        code: str | None = None,
        *,
        message_id: str | None = None,
        retryable: bool | None = None,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        self.code = code or self.default_code
        self.message_id = message_id or f"error.{self.code}"
        self.retryable = self.default_retryable if retryable is None else retryable
        self.detail: dict[str, object] = dict(detail or {})
        super().__init__(self.code)


class KnownError(AppError):
    """An outside cause: something a person, a device or a network did."""


class DeviceError(KnownError):
    """Camera, microphone or screen: missing, busy, vanished."""

    default_code = "device_failed"
    default_retryable = True


class PlatformError(KnownError):
    """The platform service refused, or could not be reached."""

    default_code = "platform_unreachable"
    default_retryable = True


class StreamError(KnownError):
    """The way to the ingest: unreachable, silent, refused, replaced."""

    default_code = "stream_failed"
    default_retryable = True


class StorageError(KnownError):
    """Disk full, folder gone, file unreadable."""

    default_code = "storage_failed"


class InputError(KnownError):
    """What was given cannot be used; the message says what to give instead."""

    default_code = "input_invalid"


class BugError(AppError):
    """Our mistake: logged with its trace, a report is offered, the broadcast stays up."""

    default_code = "bug"
