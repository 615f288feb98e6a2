"""The states of the face check by camera in 准备 that ``tools.screenshots`` draws."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
from PIL import Image, ImageDraw

from app.domain.face_check import FaceState
from app.domain.liveness import Abort, Action, LivenessPath, LivenessState, Phase, Prompt, Retry, Stage
from app.ports.engine import NoVideo, PreviewReady, SourceChanged, SourceStatus
from app.runtime.shared_frames import FrameWriter
from app.usecases.liveness_state import LivenessDesk, LivenessPhase, Outcome
from app.usecases.state import DeskState
from app.usecases.trouble import Trouble
from tests.ui import fakes
from tests.ui.liveness_fakes import acting, at_check, capturing, desk, flashing, prompted, said, standing
from tests.ui.way_fakes import face_check
from tools.screen_prepare import LEAST_PX, NARROW_PX
from tools.screen_stage import Do
from tools.screen_stage import Stage as Screen
from ui.shell import MainWindow

NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""Of the window's clock."""
LOOKS = (("dark", "zh"), ("light", "zh"), ("dark", "en"))
SIZES = ((NARROW_PX, "narrow"), (LEAST_PX, "least"), ((1920, 1080), "wide"))
LARGE_PX = 20
OFF = {"off_x_ratio": 0.2, "off_y_ratio": 0.16}


def liveness_screens(stage: Screen) -> None:
    """From the beginning to what became of it."""
    ready = face_preview(stage)
    _intro_screens(stage, ready)
    _capture_screens(stage, ready)
    _told_screens(stage, ready)


def face_preview(stage: Screen, width_px: int = 684, height_px: int = 384) -> PreviewReady:
    """A segment with a person before a camera."""
    stage.close()
    stage.writer = FrameWriter(f"adscreens{os.getpid()}_face", width_px, height_px)
    slot = stage.writer.slot()
    slot[:] = person(width_px, height_px)
    slot.release()
    stage.writer.publish(0)
    return PreviewReady(name=stage.writer.name, width_px=width_px, height_px=height_px)


def person(width_px: int, height_px: int) -> bytes:
    """BGRA."""
    image = Image.new("RGB", (width_px, height_px), (93, 102, 119))
    draw = ImageDraw.Draw(image)
    middle, unit = width_px / 2 - 6, height_px / 384
    draw.pieslice((middle - 130 * unit, 290 * unit, middle + 150 * unit, 520 * unit), 180, 360, fill=(40, 51, 77))
    draw.ellipse((middle - 86 * unit, 66 * unit, middle + 86 * unit, 290 * unit), fill=(206, 170, 145))
    for x in (-34, 34):
        draw.ellipse((middle + (x - 9) * unit, 160 * unit, middle + (x + 9) * unit, 172 * unit), fill=(58, 44, 38))
    draw.line((middle - 24 * unit, 240 * unit, middle + 24 * unit, 240 * unit), fill=(150, 84, 78), width=4)
    return image.convert("RGBA").tobytes("raw", "BGRA")


def _both(stage: Screen, name: str, state: DeskState, do: Do | None = None) -> None:
    for theme, language in LOOKS:
        stage.shoot(f"liveness-{name}", state, theme=theme, language=language, do=do or opened)


def _sized(stage: Screen, name: str, state: DeskState, do: Do | None = None) -> None:
    for size_px, size in SIZES:
        for theme, language in (("light", "zh"), ("dark", "en")):
            stage.shoot(
                f"liveness-{name}-{size}", state, size_px=size_px, theme=theme, language=language, do=do or opened
            )


# ---- how it begins -------------------------------------------------------------------------------


def _intro_screens(stage: Screen, ready: PreviewReady) -> None:
    fresh = at_check(preview=ready)
    _both(stage, "step", fresh, open_step)
    _both(stage, "intro", fresh)
    _sized(stage, "intro", fresh)
    _both(stage, "intro-agreed", fresh, agree)
    _both(stage, "intro-no-flash", fresh, choose_no_flash)
    failed = SourceChanged(is_video=True, status=SourceStatus.FAILED, code="camera_in_use")
    no_devices = msgspec.structs.replace(fakes.engine().devices, cameras=())
    for name, engine in (
        ("in-use", fakes.engine(video_status=failed)),
        ("forbidden", fakes.engine(video_status=msgspec.structs.replace(failed, code="camera_forbidden"))),
        ("no-camera", fakes.engine(video=NoVideo(), devices=no_devices)),
        ("not-camera", fakes.engine(video=NoVideo())),
        ("off", fakes.engine(is_camera_off=True)),
    ):
        stage.shoot(f"liveness-intro-{name}", replace(fresh, engine=engine), theme="light", do=agree)
        stage.shoot(f"liveness-intro-{name}", replace(fresh, engine=engine), language="en", do=agree)
    on_air = replace(fresh, broadcast=fakes.on_air().broadcast)
    stage.shoot("liveness-intro-on-air", on_air, theme="light", do=agree)
    stage.shoot("liveness-loading", at_check(LivenessDesk()), theme="light", do=opened)
    refused = at_check(preview=ready, face=face_check(FaceState.REFUSED))
    stage.shoot("liveness-step-refused", refused, theme="light", do=open_step)


# ---- while the camera works ----------------------------------------------------------------------


def _capture_screens(stage: Screen, ready: PreviewReady) -> None:
    def shown(liveness: LivenessDesk) -> DeskState:
        return at_check(liveness, ready)

    both: list[tuple[str, LivenessDesk]] = [
        ("starting", desk(LivenessPhase.STARTING, actions=0)),
        ("in-place", capturing(prompted(None, share_ratio=0.6))),
        ("target", capturing(
            acting(Action.TURN_LEFT, share_ratio=0.62, holding=(Prompt.DIM,)), done=(Action.BLINK,)
        )),
        ("wait", capturing(said(Phase.WAIT), done=(Action.BLINK,))),
        ("flash-near", capturing(said(Phase.WAIT), done=(Action.BLINK, Action.NOD))),
        ("flash", flashing()),
        ("recentre", capturing(said(Phase.RECENTRE), done=(Action.BLINK, Action.NOD), colours=flashing().colours)),
        ("no-actions", capturing(said(Phase.WAIT), actions=0, path=LivenessPath.NO_ACTIONS)),
        ("no-flash", capturing(acting(Action.NOD, share_ratio=0.3), path=LivenessPath.NO_FLASH)),
        ("camera-lost", capturing(said(code="camera_lost"))),
    ]  # fmt: skip
    for name, liveness in both:
        _both(stage, name, shown(liveness))
    for prompt in Prompt:
        now = prompted(prompt, **OFF)
        for language in ("zh", "en"):
            stage.shoot(f"liveness-prompt-{prompt.value}", shown(capturing(now)), language=language, do=opened)
    for action in Action:
        for how in (Stage.WAITING, Stage.UNDERWAY, Stage.RETURNING):
            share = {Stage.WAITING: 0.0, Stage.UNDERWAY: 0.55, Stage.RETURNING: 1.0}[how]
            state = shown(capturing(acting(action, how, share_ratio=share)))
            for language in ("zh", "en"):
                name = f"liveness-action-{action.value}-{how.value}"
                stage.shoot(name, state, language=language, do=opened)
    turning = shown(capturing(acting(Action.TURN_RIGHT, share_ratio=0.4), done=(Action.MOUTH_OPEN,), actions=3))
    _sized(stage, "turning", turning)
    _sized(stage, "flash", shown(flashing()))
    _both(stage, "stop-asked", turning, leave)
    large = replace(turning, settings=msgspec.structs.replace(turning.settings, chat_size_px=LARGE_PX))
    _both(stage, "large", large)
    stage.shoot("liveness-large-narrow", large, size_px=NARROW_PX, language="en", do=opened)


# ---- what became of it ---------------------------------------------------------------------------


def _told_screens(stage: Screen, ready: PreviewReady) -> None:
    def done(outcome: Outcome, **changes: object) -> LivenessDesk:
        return desk(LivenessPhase.DONE, outcome=outcome, **changes)

    locked = standing(locked_until=NOW + timedelta(minutes=23))
    over = standing(left_today=0, again_at=NOW + timedelta(hours=9))
    both = [
        ("sealing", desk(LivenessPhase.SEALING)),
        ("sending", desk(LivenessPhase.SENDING, sent_ratio=0.42)),
        ("sending-away", desk(LivenessPhase.SENDING, sent_ratio=0.42, trouble=Trouble("platform_unreachable"))),
        ("judging", desk(LivenessPhase.JUDGING)),
        ("verified", done(Outcome.VERIFIED)),
        ("waiting", done(Outcome.WAITING, standing=standing(state=LivenessState.LIVE))),
        ("review", done(Outcome.WAITING, standing=standing(state=LivenessState.REVIEW))),
        ("waiting-no-flash", done(Outcome.WAITING, path=LivenessPath.NO_FLASH)),
        ("locked", done(Outcome.LOCKED, standing=locked)),
        ("over", done(Outcome.RETRY, retry=Retry.UNCLEAR, standing=over)),
        ("offline", LivenessDesk(trouble=Trouble("platform_unreachable"))),
        ("busy", desk(LivenessPhase.DONE, trouble=Trouble("liveness_busy"))),
        ("unavailable", desk(LivenessPhase.DONE, trouble=Trouble("liveness_unavailable"))),
    ]
    for name, liveness in both:
        _both(stage, name, at_check(liveness, ready))
    for retry in Retry:
        for theme, language in (("light", "zh"), ("dark", "en")):
            state = at_check(done(Outcome.RETRY, retry=retry), ready)
            stage.shoot(f"liveness-retry-{retry.value}", state, theme=theme, language=language, do=opened)
    for abort in Abort:
        for theme, language in (("light", "zh"), ("dark", "en")):
            state = at_check(done(Outcome.ABORTED, abort=abort), ready)
            stage.shoot(f"liveness-abort-{abort.value}", state, theme=theme, language=language, do=opened)
    _sized(stage, "retry", at_check(done(Outcome.RETRY, retry=Retry.NO_LIGHT), ready))


# ---- what is done in them ------------------------------------------------------------------------


def open_step(window: MainWindow) -> None:
    """As a person would."""
    window.rail.buttons["prepare"].click()


def opened(window: MainWindow) -> None:
    """The check by camera; what runs is there by itself."""
    open_step(window)
    if not window.prepare.liveness.isVisible():
        window.prepare.status.main.click()


def agree(window: MainWindow) -> None:
    """Check the box."""
    opened(window)
    window.prepare.liveness.intro.agree.box.click()


def choose_no_flash(window: MainWindow) -> None:
    """The way without colours."""
    opened(window)
    window.prepare.liveness.intro.paths[LivenessPath.NO_FLASH].click()


def leave(window: MainWindow) -> None:
    """Click another page while the camera works."""
    opened(window)
    window.rail.buttons["messages"].click()
