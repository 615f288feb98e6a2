"""RTMP and FLV without I/O, standard library only: bytes in, events and bytes out.

Driven by the publisher (capture.publish) and the ingest (server.ingest), each on a thread or loop of its own.
"""

from app.rtmp.client import ClientConnection
from app.rtmp.errors import RtmpError
from app.rtmp.events import (
    ClientEvent,
    Connected,
    ConnectRequested,
    Event,
    PeerClosedStream,
    PlayRefused,
    PublishAccepted,
    PublishRefused,
    PublishRequested,
    ServerEvent,
    TagKind,
    TagReceived,
    Unpublished,
)
from app.rtmp.limits import Limits
from app.rtmp.server import ServerConnection

__all__ = [
    "ClientConnection",
    "ClientEvent",
    "ConnectRequested",
    "Connected",
    "Event",
    "Limits",
    "PeerClosedStream",
    "PlayRefused",
    "PublishAccepted",
    "PublishRefused",
    "PublishRequested",
    "RtmpError",
    "ServerConnection",
    "ServerEvent",
    "TagKind",
    "TagReceived",
    "Unpublished",
]
