"""Events over the WebSocket ``/api/v1/events``. A text frame is a JSON array of envelopes.

The first frame of the client is ``hello`` with its access token (none for a visitor who only reads) and
the room (a session id). ``after_seq`` asks for everything after that number; a client that was away
longer than the service keeps gets ``room.reset`` and reloads. Requests are imperative (``chat.send``),
facts past tense (``chat.posted``). ``seq`` counts facts of a room from 1 without gaps; replies to one
client (``chat.ack``, ``error``) and ticks (``room.stats``) carry seq 0 and are not replayed.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import msgspec

PROTOCOL_VERSION = 1
MAX_FRAME_BYTES = 64 * 1024
MAX_CHAT_CHARS = 200


class CloseCode(IntEnum):
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    TOO_SLOW = 4408
    ENDED_ELSEWHERE = 4409
    RATE_LIMITED = 4429


class Envelope(msgspec.Struct, omit_defaults=False):
    """One event or request. ``ts`` is UTC milliseconds; ``id`` is the request's own id, or the fact's."""

    t: str
    v: int = PROTOCOL_VERSION
    id: str = ""
    seq: int = 0
    ts: int = 0
    room: str = ""
    d: dict[str, Any] = msgspec.field(default_factory=dict)


class Hello(msgspec.Struct):
    """``hello``: {token?, after_seq}"""

    token: str | None = None
    after_seq: int = 0

    def __repr__(self) -> str:
        return f"Hello(after_seq={self.after_seq})"


class HelloAck(msgspec.Struct):
    """``hello.ack``: {last_seq, state, viewers, account_id?}"""

    last_seq: int
    state: str
    viewers: int
    account_id: str | None = None


class ChatSend(msgspec.Struct):
    """``chat.send``; the envelope's id is the idempotency key: a repeat is acknowledged, posted once."""

    text: str


class ChatAck(msgspec.Struct):
    """``chat.ack``, after the commit returned."""

    request_id: str
    message_id: str
    seq: int


class ChatPosted(msgspec.Struct):
    """``chat.posted``"""

    message_id: str
    author_id: str
    author_name: str
    is_anchor: bool
    text: str


class MeChanged(msgspec.Struct):
    """``me.changed`` in a person's own room (contract.inbox): ``what`` is a Concern."""

    what: str


class SessionChanged(msgspec.Struct):
    """``session.changed``: state is a SessionState, reason an EndReason when ended."""

    state: str
    reason: str | None = None
    title: str = ""


class SessionPlanned(msgspec.Struct):
    """``session.planned``: what a session that has not begun will be, after a change. ``starts_ms`` is UTC."""

    title: str
    category: str
    starts_ms: int


class RoomStats(msgspec.Struct):
    """``room.stats``, at most once a second, only when changed."""

    viewers: int
    messages: int


class Refused(msgspec.Struct):
    """``error``, the answer to the request with ``request_id``."""

    request_id: str
    code: str
    message: str = ""
    retry_after_ms: int = 0


class KeyRevoked(msgspec.Struct):
    """``key.revoked``, only to the device that held the key: taken over, re-issued, cut off, signed out."""

    key_id: str
    cause: str


TYPES: dict[str, type[msgspec.Struct]] = {
    "hello": Hello,
    "hello.ack": HelloAck,
    "chat.send": ChatSend,
    "chat.ack": ChatAck,
    "chat.posted": ChatPosted,
    "session.changed": SessionChanged,
    "session.planned": SessionPlanned,
    "room.stats": RoomStats,
    "room.reset": HelloAck,
    "error": Refused,
    "key.revoked": KeyRevoked,
    "me.changed": MeChanged,
}

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(list[Envelope])


def encode(envelopes: list[Envelope]) -> str:
    """A frame's text."""
    return _encoder.encode(envelopes).decode()


def decode(frame: str | bytes) -> list[Envelope]:
    """The envelopes of a frame. Raises ``msgspec.DecodeError`` (or its ValidationError) on anything else."""
    if len(frame) > MAX_FRAME_BYTES:
        raise msgspec.ValidationError("frame too large")
    return _decoder.decode(frame)


def body(envelope: Envelope) -> msgspec.Struct:
    """The typed body. Raises ``msgspec.ValidationError`` for an unknown type or a wrong shape."""
    wire_type = TYPES.get(envelope.t)
    if wire_type is None:
        raise msgspec.ValidationError(f"unknown event {envelope.t!r}")
    return msgspec.convert(envelope.d, wire_type)


def envelope(
    payload: msgspec.Struct, kind: str, *, id: str = "", seq: int = 0, ts: int = 0, room: str = ""
) -> Envelope:
    """Wrap a typed body."""
    return Envelope(t=kind, id=id, seq=seq, ts=ts, room=room, d=msgspec.to_builtins(payload))
