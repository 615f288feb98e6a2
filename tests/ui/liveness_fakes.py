"""States of the face check by camera, of every kind. Used by the tests of the screen and by the screenshots."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.contract.liveness import LivenessStanding
from app.domain.flash import PALETTE
from app.domain.liveness import Action, Phase, Prompt, Stage
from app.ports.engine import LivenessChanged, PreviewReady
from app.usecases.liveness_state import LivenessDesk, LivenessPhase
from app.usecases.state import DeskState
from tests.ui import fakes
from tests.ui.way_fakes import at_face

SESSION_ID = "ls1"
COLOURS = (PALETTE[0], PALETTE[2], PALETTE[1], PALETTE[4], PALETTE[3], PALETTE[5], PALETTE[0], PALETTE[1])


def standing(**changes: Any) -> LivenessStanding:
    return LivenessStanding(**{"left_today": 4, **changes})


def said(phase: Phase = Phase.ALIGN, **changes: Any) -> LivenessChanged:
    return LivenessChanged(session_id=SESSION_ID, phase=phase, **changes)


def prompted(prompt: Prompt | None, **changes: Any) -> LivenessChanged:
    """While the person gets into place."""
    holding = (prompt,) if prompt is not None else ()
    return said(prompt=prompt, holding=holding, **changes)


def acting(action: Action, stage: Stage = Stage.WAITING, **changes: Any) -> LivenessChanged:
    values: dict[str, Any] = {"left_ms": 5600, "share_ratio": 0.0, **changes}
    return said(Phase.ACTION, action=action, stage=stage, **values)


def desk(phase: LivenessPhase = LivenessPhase.IDLE, **changes: Any) -> LivenessDesk:
    values: dict[str, Any] = {"standing": standing(), "session_id": SESSION_ID, "actions": 2, **changes}
    return LivenessDesk(phase=phase, **values)


def capturing(now: LivenessChanged, **changes: Any) -> LivenessDesk:
    return desk(LivenessPhase.CAPTURING, now=now, **changes)


def flashing(phase: LivenessPhase = LivenessPhase.FLASH_READY, **changes: Any) -> LivenessDesk:
    values: dict[str, Any] = {
        "now": said(Phase.WAIT), "done": (Action.BLINK, Action.TURN_LEFT), "colours": COLOURS, **changes,
    }  # fmt: skip
    return desk(phase, **values)


def at_check(
    liveness: LivenessDesk | None = None, preview: PreviewReady | None = None, face: Any = None, **changes: Any
) -> DeskState:
    """A person whose face has yet to be verified, with a camera that gives a picture."""
    found = at_face(fakes.off_air(preview), face)
    return replace(found, liveness=liveness if liveness is not None else desk(), **changes)
