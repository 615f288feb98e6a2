"""What who moderates a room sees beside its chat: rules, what waits, who is there, what was done. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass

from app.contract.room import ActionKind, Audience, HeldMessage, MyRoom, PersonCard, RoomAction
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase


@dataclass(frozen=True)
class RecordFile:
    """A record that is being written, or was; ``number`` grows with each. ``reason``: why the machine refused it."""

    path: str
    number: int = 0
    is_done: bool = False
    reason: str = ""
    trouble: Trouble | None = None
    """Why the service did not give it."""


@dataclass(frozen=True)
class DoneAct:
    """What was done last, to be told and taken back; ``number`` grows with each."""

    number: int
    action: RoomAction


@dataclass(frozen=True)
class ModerationDesk:
    """``room`` None: not known yet, or the person moderates nothing."""

    session_id: str = ""
    room: MyRoom | None = None
    held: tuple[HeldMessage, ...] = ()
    record_phase: LoadPhase = LoadPhase.IDLE
    record: tuple[RoomAction, ...] = ()
    """Newest first, of ``kinds`` or of all."""
    kinds: tuple[ActionKind, ...] = ()
    audience_phase: LoadPhase = LoadPhase.IDLE
    audience: Audience | None = None
    person_id: str = ""
    """Whose card is open."""
    person_phase: LoadPhase = LoadPhase.IDLE
    person: PersonCard | None = None
    busy: frozenset[str] = frozenset()
    """Request keys that were not answered yet."""
    done: DoneAct | None = None
    trouble: Trouble | None = None
    """Why the last act, or the last load, failed."""
    file: RecordFile | None = None
