"""Events over the WebSocket ``/api/v1/events``. A text frame is a JSON array of envelopes.

The first frame of the client is ``hello`` with its access token (none for a visitor who only reads) and
the room (a session id). ``after_seq`` asks for everything after that number; a client that was away
longer than the service keeps gets ``room.reset`` and reloads. Requests are imperative (``chat.send``),
facts past tense (``chat.posted``). ``seq`` counts facts of a room from 1 without gaps; replies to one
client (``chat.ack``, ``error``) and ticks (``room.stats``, ``question.seconded``) carry seq 0 and are not replayed.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any

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


class Muted(msgspec.Struct):
    """``mod.muted``, to the person it concerns. ``until_ms`` None: for the session, or (``is_lasting``) for good."""

    until_ms: int | None = None
    is_lasting: bool = False
    reason: str = ""


class Hello(msgspec.Struct):
    """``hello``: {token?, after_seq, visitor?}

    ``visitor``: what a page made up for this room and nobody else knows, so that its sockets count as one viewer, and
    as one with the account that signs in there.
    """

    token: str | None = None
    after_seq: int = 0
    visitor: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z-]{0,64}$")] = ""

    def __repr__(self) -> str:
        return f"Hello(after_seq={self.after_seq})"


class HelloAck(msgspec.Struct):
    """``hello.ack``: {last_seq, state, viewers, account_id?, role, muted?, peak, onlookers}

    ``role`` in this room: viewer, moderator, owner or operator. The figures are those of ``room.stats``.
    """

    last_seq: int
    state: str
    viewers: int
    account_id: str | None = None
    role: str = "viewer"
    muted: Muted | None = None
    peak: int = 0
    onlookers: int = 0


class ChatSend(msgspec.Struct):
    """``chat.send``; the envelope's id is the idempotency key: a repeat is acknowledged, posted once."""

    text: str
    reply_to: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z]{1,64}$")] | None = None
    """A message of the same room."""


class ChatAck(msgspec.Struct):
    """``chat.ack``, after the commit returned. ``is_held``: it waits for a moderator, and has no number yet (0)."""

    request_id: str
    message_id: str
    seq: int
    is_held: bool = False


class Quoted(msgspec.Struct):
    """What a message answers."""

    message_id: str
    author_name: str
    text: str


class ChatPosted(msgspec.Struct):
    """``chat.posted``"""

    message_id: str
    author_id: str
    author_name: str
    is_anchor: bool
    text: str
    role: str = "viewer"
    reply: Quoted | None = None


class Restored(ChatPosted, kw_only=True):
    """A message that is shown again; ``seq`` and ``sent_ms`` are those with which it was posted."""

    seq: int
    sent_ms: int


class ChatHidden(msgspec.Struct):
    """``chat.hidden``: these are shown to nobody any more."""

    ids: list[str]


class ChatRestored(msgspec.Struct):
    """``chat.restored``: these are shown again, each in its old place. One hidden anew meanwhile is left out."""

    messages: list[Restored]


class ChatVoided(msgspec.Struct):
    """``chat.voided`` stands for the number of a message that is hidden now."""


class ChatHeld(msgspec.Struct):
    """``chat.held``, to moderators: a message waits. ``state``: waiting, released or refused."""

    held_id: str
    author_id: str
    author_name: str
    text: str
    why: str
    sent_ms: int
    state: str = "waiting"


class RoomRulesChanged(msgspec.Struct):
    """``room.rules``: those of the chat, and the message that is pinned."""

    slow_s: int
    followers_only: bool
    is_paused: bool
    is_shielded: bool
    pinned: Restored | None = None


class Unmuted(msgspec.Struct):
    """``mod.unmuted``, to the person it concerns."""


class RoleChanged(msgspec.Struct):
    """``mod.role``, to the person it concerns."""

    role: str


class ModActed(msgspec.Struct):
    """``mod.acted``, to moderators: the record has something new; ``action_id`` names it."""

    action_id: str


class Revoked(msgspec.Struct):
    """``session.revoked``, before the socket of somebody who was sent out is closed (4403)."""

    is_lasting: bool
    reason: str = ""


class MeChanged(msgspec.Struct):
    """``me.changed`` in a person's own room (contract.inbox): ``what`` is a Concern."""

    what: str


class QuestionChanged(msgspec.Struct):
    """``question.changed``: the whole question as it is now. ``state`` is a QuestionState; a hidden one has no text.

    ``rev`` grows with every change: what comes with a lower one is older than what is known.
    """

    id: str
    author_id: str
    author_name: str
    text: str
    seconds: int
    state: str
    rev: int
    asked_ms: int


class QuestionSeconds(msgspec.Struct):
    """How many want to know one question as well."""

    id: str
    seconds: int
    rev: int


class QuestionsSeconded(msgspec.Struct):
    """``question.seconded``, at most once a second: the counts that have changed. A tick, without a number."""

    questions: list[QuestionSeconds]


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
    """``room.stats``, at most once a second, only when changed.

    ``viewers`` are there now; ``peak`` (the most at a time) and ``onlookers`` (different people) while it was on air.
    """

    viewers: int
    messages: int
    peak: int = 0
    onlookers: int = 0


class Refused(msgspec.Struct):
    """``error``, the answer to the request with ``request_id``."""

    request_id: str
    code: str
    message: str = ""
    retry_after_ms: int = 0
    detail: dict[str, Any] = {}


class KeyRevoked(msgspec.Struct, omit_defaults=True):
    """``key.revoked``, only to the device that held the key: taken over, re-issued, cut off, signed out.

    ``reason``: what an operator wrote who cut it off; no other device and no viewer is told.
    """

    key_id: str
    cause: str
    reason: str = ""


TYPES: dict[str, type[msgspec.Struct]] = {
    "hello": Hello,
    "hello.ack": HelloAck,
    "chat.send": ChatSend,
    "chat.ack": ChatAck,
    "chat.posted": ChatPosted,
    "chat.hidden": ChatHidden,
    "chat.restored": ChatRestored,
    "chat.voided": ChatVoided,
    "chat.held": ChatHeld,
    "room.rules": RoomRulesChanged,
    "mod.muted": Muted,
    "mod.unmuted": Unmuted,
    "mod.role": RoleChanged,
    "mod.acted": ModActed,
    "session.revoked": Revoked,
    "question.changed": QuestionChanged,
    "question.seconded": QuestionsSeconded,
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
