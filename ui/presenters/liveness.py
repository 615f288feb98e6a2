"""The face check by camera (人脸核验) as it is drawn in 准备. Pure.

What is seen while the camera works is ``liveness_capture``, what became of it ``liveness_told``, how it begins
``liveness_intro``. "Left" and "right" in words are the sides of the screen, as the preview is mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.contract.inbox import Step
from app.contract.liveness import LivenessStanding
from app.domain.flash import Colour
from app.domain.liveness import LivenessPath, LivenessState, Phase
from app.domain.onboarding import StepState
from app.i18n import Translator
from app.ports.engine import CameraSource, PreviewReady
from app.usecases.liveness_state import LivenessDesk, LivenessPhase, Outcome
from app.usecases.state import DeskState
from ui.presenters.liveness_capture import CaptureView, GuideRow, guide_rows, present_capture
from ui.presenters.liveness_intro import FaceLook, IntroView, present_intro
from ui.presenters.liveness_told import ToldView, is_barred, present_progress, present_told

FOCUS_PHASES = frozenset(
    {
        LivenessPhase.STARTING,
        LivenessPhase.CAPTURING,
        LivenessPhase.FLASH_READY,
        LivenessPhase.FLASHING,
        LivenessPhase.SEALING,
    }
)
"""While the page must keep the focus."""
_CAPTURE_PHASES = FOCUS_PHASES - {LivenessPhase.SEALING}
_FLASH_PHASES = frozenset({LivenessPhase.FLASH_READY, LivenessPhase.FLASHING})
_PROGRESS_PHASES = frozenset({LivenessPhase.SEALING, LivenessPhase.SENDING, LivenessPhase.JUDGING})


class Mode(StrEnum):
    """What the page shows."""

    LOADING = "loading"
    INTRO = "intro"
    CAPTURE = "capture"
    PROGRESS = "progress"
    TOLD = "told"


@dataclass(frozen=True)
class SideView:
    """What stands beside the picture while the camera works."""

    rows: tuple[GuideRow, ...]
    left: str
    """How often one may try still."""


@dataclass(frozen=True)
class LivenessView:
    mode: Mode
    intro: IntroView | None = None
    capture: CaptureView | None = None
    told: ToldView | None = None
    """Also how far it has come, while it is sent and looked at."""
    side: SideView | None = None
    ready: PreviewReady | None = None
    is_flipped: bool = False
    """The preview comes as others see the person, and is to be mirrored here."""
    colours: tuple[Colour, ...] = ()
    """Not empty: the screen shows them."""
    must_focus: bool = False
    path: LivenessPath = LivenessPath.FULL
    is_sounding: bool = True
    steps_done: int = 0
    """Grows with each step of an attempt: for a sound."""
    text_px: int = 14
    said: str = ""
    """Told to a screen reader when it becomes another one."""


def shows_liveness(state: DeskState, step: Step, *, is_opened: bool) -> bool:
    """Whether the check by camera stands in the middle of the step of the face.

    ``is_opened``: the person asked for it. What runs is shown in any case; what became of it until the service tells
    it in another way.
    """
    desk, face = state.liveness, state.identity.face
    if step.state is StepState.LATER:
        return False
    if desk.phase not in (LivenessPhase.IDLE, LivenessPhase.DONE) or is_opened:
        return True
    if step.state is StepState.DONE or (face is not None and face.state.is_pending):
        return False
    if desk.outcome is Outcome.WAITING and face is not None and step.state is StepState.CURRENT:
        return False  # who was waited for has decided
    return desk.phase is LivenessPhase.DONE or _is_judging(desk.standing)


def present_liveness(
    state: DeskState, tr: Translator, look: FaceLook, now: datetime, *, onward: str = ""
) -> LivenessView:
    """``now``: UTC. ``onward``: what stands on the button that leads to the next step; empty where there is none."""
    desk = state.liveness
    mode = mode_of(desk, look, now)
    intro = present_intro(state, tr, look) if mode is Mode.INTRO else None
    capture = present_capture(desk, tr) if mode is Mode.CAPTURE else None
    told = None
    if mode is Mode.PROGRESS:
        told = present_progress(desk, tr)
    elif mode is Mode.TOLD:
        told = present_told(desk, tr, now, onward=onward)
    said = ""
    if capture is not None:
        said = capture.said
    elif told is not None:
        said = tr.text("sentence.stop").join((told.title, told.text))
    is_mirrored = state.settings.is_preview_mirrored and isinstance(state.engine.video, CameraSource)
    return LivenessView(
        mode=mode,
        intro=intro,
        capture=capture,
        told=told,
        side=SideView(guide_rows(desk, tr), left_text(desk.standing, tr)) if mode is Mode.CAPTURE else None,
        ready=state.engine.preview,
        is_flipped=not is_mirrored,
        colours=desk.colours if desk.phase in _FLASH_PHASES else (),
        must_focus=desk.phase in FOCUS_PHASES,
        path=desk.path,
        is_sounding=state.settings.is_sounding,
        steps_done=capture.steps_done if capture is not None else 0,
        text_px=max(14, state.settings.chat_size_px),
        said=said,
    )


def mode_of(desk: LivenessDesk, look: FaceLook, now: datetime) -> Mode:
    if desk.phase in _CAPTURE_PHASES or _is_recentring(desk):
        return Mode.CAPTURE
    if desk.phase in _PROGRESS_PHASES:
        return Mode.PROGRESS
    standing = desk.standing
    if desk.phase is LivenessPhase.DONE and not look.is_choosing and (desk.outcome or desk.trouble):
        return Mode.TOLD
    if standing is None:
        return Mode.TOLD if desk.trouble is not None else Mode.LOADING
    if is_barred(standing, now):
        return Mode.TOLD
    if _is_judging(standing) and not look.is_choosing:
        return Mode.PROGRESS
    if desk.trouble is not None and not look.is_choosing:
        return Mode.TOLD
    return Mode.INTRO


def _is_recentring(desk: LivenessDesk) -> bool:
    """Everything is ordered, but the camera still waits for the person to be back in the middle."""
    now = desk.now
    return desk.phase is LivenessPhase.SEALING and now is not None and now.phase in (Phase.WAIT, Phase.RECENTRE)


def _is_judging(standing: LivenessStanding | None) -> bool:
    return standing is not None and standing.state is LivenessState.JUDGING


def left_text(standing: LivenessStanding | None, tr: Translator) -> str:
    """今日还可尝试 4 次; empty while nothing is known."""
    return tr.text("liveness.left_today", count=standing.left_today) if standing is not None else ""
