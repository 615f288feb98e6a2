"""How the face check by camera begins: what will happen, the ways, the camera, and the consent. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.liveness import LivenessPath
from app.i18n import Translator
from app.ports.engine import CameraSource, SourceStatus
from app.usecases.state import DeskState
from ui.presenters.common import BUSY_PHASES, TroubleView, action_label
from ui.presenters.liveness_capture import CAMERA_CODES
from ui.presenters.sources import Choice, video_choices


@dataclass(frozen=True)
class FaceLook:
    """What the person chose on the page and did not begin with yet.

    ``is_choosing``: they want to choose anew, where the last outcome would stand.
    """

    path: LivenessPath = LivenessPath.FULL
    is_agreed: bool = False
    is_choosing: bool = False


@dataclass(frozen=True)
class PathRow:
    path: LivenessPath
    title: str
    detail: str


@dataclass(frozen=True)
class IntroView:
    steps: tuple[tuple[str, str], ...]
    """Icon and words of what will happen, in order."""
    match: str
    """Who compares the face."""
    warning: str
    """Of the colours; empty on the way without them."""
    paths: tuple[PathRow, ...]
    path: LivenessPath
    cameras: tuple[Choice, ...]
    trouble: TroubleView | None
    is_agreed: bool
    can_start: bool
    kept: str
    """Why it cannot begin, where it is not the camera; what is to be done first."""
    left: str


def present_intro(state: DeskState, tr: Translator, look: FaceLook) -> IntroView:
    standing = state.liveness.standing
    trouble = camera_trouble(state, tr)
    is_busy = state.broadcast.phase in BUSY_PHASES
    kept = ""
    if is_busy:
        kept = tr.text("liveness.kept_on_air")
    elif trouble is None and not look.is_agreed:
        kept = tr.text("liveness.agree_first")
    has_flash, has_actions = look.path is not LivenessPath.NO_FLASH, look.path is not LivenessPath.NO_ACTIONS
    steps = [("user", tr.text("liveness.intro.align"))]
    steps += [("refresh", tr.text("liveness.intro.actions"))] if has_actions else []
    steps += [("monitor", tr.text("liveness.intro.flash"))] if has_flash else []
    steps.append(("shield", tr.text("liveness.intro.send")))
    is_by_operator = standing is None or standing.is_match_by_operator
    return IntroView(
        steps=tuple(steps),
        match=tr.text("liveness.match_operator" if is_by_operator else "liveness.match_register"),
        warning=tr.text("liveness.warning") if has_flash else "",
        paths=tuple(
            PathRow(one, tr.text(f"liveness.path.{one.value}"), tr.text(f"liveness.path.{one.value}.detail"))
            for one in LivenessPath
        ),
        path=look.path,
        cameras=tuple(one for one in video_choices(state, tr) if one.id.startswith("camera.")),
        trouble=trouble,
        is_agreed=look.is_agreed,
        can_start=look.is_agreed and trouble is None and not is_busy,
        kept=kept,
        left=tr.text("liveness.left_today", count=standing.left_today) if standing is not None else "",
    )


def camera_trouble(state: DeskState, tr: Translator) -> TroubleView | None:
    """Why there is no picture of a camera, and what to do; None while there is one, or one is coming up."""
    engine = state.engine
    if not isinstance(engine.video, CameraSource):
        return _trouble("not_a_camera" if engine.devices.cameras else "no_camera", tr)
    if engine.is_camera_off:
        return _trouble("off", tr, "show_camera")
    status = engine.video_status
    if status is not None and status.status in (SourceStatus.FAILED, SourceStatus.LOST):
        return _trouble(status.code if status.code in CAMERA_CODES else "camera_lost", tr)
    return None


def _trouble(name: str, tr: Translator, action: str = "") -> TroubleView:
    """Looked for again where it may be there by now."""
    wanted = action or ("retry" if name in ("no_camera", "camera_lost") else "")
    text = tr.text("sentence.stop").join((tr.text(f"liveness.camera.{name}"), tr.text(f"liveness.camera.{name}.do")))
    return TroubleView(text, action_label(wanted, tr), wanted)
