"""How the face check by camera stands, for the screen. Frozen; made in the I/O loop, read anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.contract.liveness import LivenessStanding
from app.domain.liveness import Abort, Action, LivenessPath, Retry
from app.ports.engine import LivenessChanged
from app.usecases.trouble import Trouble


class LivenessPhase(StrEnum):
    """Of the page. From ``starting`` to ``sealing`` the camera is at work and the page must keep the focus."""

    IDLE = "idle"
    """Nothing is known yet, or nothing runs: ``standing`` says what may be done."""
    STARTING = "starting"
    """The challenge is fetched, camera and landmarker come up."""
    CAPTURING = "capturing"
    FLASH_READY = "flash_ready"
    """The colours are here: the page shows them and says when the first grey was painted."""
    FLASHING = "flashing"
    SEALING = "sealing"
    SENDING = "sending"
    JUDGING = "judging"
    """The service looks; the page may be left."""
    DONE = "done"
    """``outcome``."""


class Outcome(StrEnum):
    VERIFIED = "verified"
    """The face check is done: the next step is open."""
    WAITING = "waiting"
    """A living person, and an operator compares the face; or an operator looks at all of it."""
    RETRY = "retry"
    """``retry`` says why."""
    ABORTED = "aborted"
    """``abort`` says why."""
    LOCKED = "locked"
    """``standing.locked_until``."""


@dataclass(frozen=True)
class LivenessDesk:
    phase: LivenessPhase = LivenessPhase.IDLE
    standing: LivenessStanding | None = None
    path: LivenessPath = LivenessPath.FULL
    session_id: str = ""
    now: LivenessChanged | None = None
    """What the capture says last."""
    done: tuple[Action, ...] = ()
    """Actions that were carried out, in order."""
    actions: int = 0
    """How many there will be."""
    colours: tuple[tuple[int, int, int], ...] = ()
    """From ``flash_ready`` on; what is shown when is ``app.domain.flash``."""
    sent_ratio: float = 0.0
    outcome: Outcome | None = None
    retry: Retry | None = None
    abort: Abort | None = None
    trouble: Trouble | None = None
