"""What a connection tells its driver. Facts; keys and addresses that carry keys never show in a repr."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum


class TagKind(IntEnum):
    """The kinds of media messages, as on the wire and in FLV."""

    AUDIO = 8
    VIDEO = 9
    DATA = 18


@dataclass(frozen=True, slots=True)
class TagReceived:
    """One tag. ``timestamp_ms`` grows beyond 32 bits; DATA begins with its name (``onMetaData``), not @setDataFrame."""

    kind: TagKind
    timestamp_ms: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConnectRequested:
    """Answer with ``accept_connect`` or ``refuse_connect``. ``app`` has no slashes around it and no query."""

    app: str
    tc_url: str = field(repr=False)
    flash_ver: str
    app_query: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PublishRequested:
    """Answer with ``accept_publish`` or ``refuse_publish``. ``query`` is what followed "?" in the key."""

    app: str
    key: str = field(repr=False)
    query: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Unpublished:
    """The publisher ended its stream on purpose (FCUnpublish, closeStream, deleteStream)."""


@dataclass(frozen=True, slots=True)
class PlayRefused:
    """The peer asked to play and was told that this is no place for it."""


ServerEvent = TagReceived | ConnectRequested | PublishRequested | Unpublished | PlayRefused


@dataclass(frozen=True, slots=True)
class Connected:
    """The server took the connect command; createStream and publish are on their way."""


@dataclass(frozen=True, slots=True)
class PublishAccepted:
    """Tags may be sent."""


@dataclass(frozen=True, slots=True)
class PublishRefused:
    """The server said no: to connect, to publish, or later to go on. ``code`` is RTMP's (NetStream.Publish.BadName)."""

    code: str
    description: str


@dataclass(frozen=True, slots=True)
class PeerClosedStream:
    """The server ended the stream without a reason (StreamEOF, NetStream.Unpublish, close)."""


ClientEvent = Connected | PublishAccepted | PublishRefused | PeerClosedStream
Event = ServerEvent | ClientEvent
