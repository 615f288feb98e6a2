"""What a committed write makes true outside of the database. Written in the transaction, delivered after its commit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from app.contract.inbox import Concern
from app.domain.room.roles import RoomRole


class DeathCause(StrEnum):
    """Why a stream key died; on the wire in ``key.revoked``."""

    REISSUED = "reissued"
    TAKEN_OVER = "taken_over"
    ENDED = "ended"
    CUT_OFF = "cut_off"
    SIGNED_OUT = "signed_out"
    EXPIRED = "expired"
    """Of keys to measure with only."""


@dataclass(frozen=True, slots=True)
class FactPosted:
    """A numbered fact of a room, to fan out."""

    session_id: str
    seq: int
    kind: str
    fact_id: str
    at_ms: int
    body: dict[str, Any]
    messages: int
    """How many messages the room has with this fact."""


@dataclass(frozen=True, slots=True)
class KeyDied:
    """The ingest is to drop whoever publishes with it; the device that held it is told."""

    key_id: str
    session_id: str
    device_id: str
    cause: DeathCause
    reason: str = ""
    """What an operator wrote; for that device alone."""


@dataclass(frozen=True, slots=True)
class ProbeKeyDied:
    """The ingest is to drop whoever measures with it; nobody else needs to know."""

    key_id: str


@dataclass(frozen=True, slots=True)
class DeviceEnded:
    """Its sockets are closed. One that signed in anew opens others."""

    device_id: str


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """Ended: players are closed and the list is finished."""

    session_id: str


@dataclass(frozen=True, slots=True)
class GraceSet:
    """The moment at which an interrupted session ends by itself; None: it is not waiting any more."""

    session_id: str
    deadline_ms: int | None


@dataclass(frozen=True, slots=True)
class PersonTold:
    """Something that concerns a person has changed; their programs ask anew. None: it concerns everybody."""

    account_id: str | None
    what: Concern


@dataclass(frozen=True, slots=True)
class ModeratorsTold:
    """Something for who moderates a room, and for nobody else there."""

    session_id: str
    kind: str
    body: msgspec.Struct


@dataclass(frozen=True, slots=True)
class PersonToldInRoom:
    """Something for one person in a room. ``role``: the one that they have there from now on."""

    session_id: str
    account_id: str
    kind: str
    body: msgspec.Struct
    role: RoomRole | None = None


@dataclass(frozen=True, slots=True)
class PersonSentOut:
    """Their sockets in this room are closed, with ``body`` before, and their media stops."""

    session_id: str
    account_id: str
    body: msgspec.Struct


@dataclass(frozen=True, slots=True)
class QuestionSeconded:
    """How many want to know a question as well; the room is told with its next tick."""

    session_id: str
    question_id: str
    seconds: int
    rev: int


RoomEffect = ModeratorsTold | PersonToldInRoom | PersonSentOut | QuestionSeconded
Effect = FactPosted | KeyDied | ProbeKeyDied | DeviceEnded | SessionClosed | GraceSet | PersonTold | RoomEffect
