"""The states of the preflight, and of what the live page says of quality, that ``tools.screenshots`` draws."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image, ImageDraw

from app.domain.health import HealthFigures, judge
from app.domain.quality.model import Defect, Group, score
from app.ports.engine import (
    Camera,
    CameraSource,
    DevicesListed,
    Microphone,
    MicSource,
    NoVideo,
    PreviewReady,
    SampleChanged,
    SampleStatus,
    ScreenSource,
    SourceChanged,
)
from app.ports.engine import SourceStatus as Source
from app.runtime.shared_frames import Levels
from app.usecases.quality_state import Advice, ProbePhase, ProbeState, QualityDesk
from app.usecases.state import BroadcastState, DeskState
from app.usecases.trouble import Trouble
from tests.ui import fakes, quality_fakes
from tests.ui.fakes import change
from tools.screen_prepare import LEAST_PX, NARROW_PX
from tools.screen_stage import Do, Stage
from ui.shell import LEAST_PX as WINDOW_LEAST_PX
from ui.shell import MainWindow

LOOKS = (("dark", "zh"), ("light", "zh"), ("dark", "en"))
SIZES = ((NARROW_PX, "narrow"), (LEAST_PX, "least"), (WINDOW_LEAST_PX, "lowest"), ((1920, 1080), "wide"),
         ((2560, 1440), "huge"))  # fmt: skip
LONG_CAMERA = "罗技 C922 Pro Stream Webcam 高清网络摄像头（工作室左侧三脚架，USB 3.0 集线器第二口）"
LONG_MICROPHONE = "Focusrite Scarlett 18i20 USB 多通道声卡 第三代 模拟输入一与二（工作室）"


def preflight_screens(stage: Stage) -> None:
    """Measuring, good, bad, blocked, away; every size; and the live page's words."""
    ready = person(stage)
    base = fakes.off_air(ready)
    for theme, language in LOOKS:
        stage.shoot("preflight-design", checked(base, quality_fakes.some_bad()), theme=theme, language=language, do=GO)
        stage.shoot("preflight-bad", checked(base, quality_fakes.many_bad()), theme=theme, language=language, do=GO)
        stage.shoot("preflight-good", checked(base, good()), theme=theme, language=language, do=GO)
    for size_px, name in SIZES:
        for language in ("zh", "en"):
            stage.shoot(
                f"preflight-{name}", checked(base, quality_fakes.some_bad()), size_px=size_px, language=language, do=GO
            )
    for name, state in _states(base):
        stage.shoot(f"preflight-{name}", state, do=GO)
    stage.shoot("preflight-open", checked(base, quality_fakes.many_bad()), size_px=NARROW_PX, language="en", do=GO)
    stage.shoot("preflight-foot", checked(base, quality_fakes.many_bad()), do=_to_foot)
    stage.shoot("preflight-unfolded", checked(base, good()), do=_unfold)
    stage.shoot("preflight-saved", checked(base, good()), do=_saved)
    _live(stage, ready)


def _states(base: DeskState) -> tuple[tuple[str, DeskState], ...]:
    design, engine = quality_fakes.some_bad(), base.engine
    unset = QualityDesk(is_watching=True)
    seen = (Group.PICTURE, Group.SOUND)
    no_picture = change(
        engine, video_status=SourceChanged(is_video=True, status=Source.FAILED, code="camera_in_use", name="C922")
    )
    refused = change(engine, video_status=SourceChanged(is_video=True, status=Source.FAILED, code="camera_forbidden"))
    no_sound = change(
        engine, audio_status=SourceChanged(is_video=False, status=Source.FAILED, code="no_microphone"),
        devices=change_devices(engine.devices, microphones=()),
    )  # fmt: skip
    gone = change(
        engine, video=CameraSource(device_id="cam-9"), video_status=SourceChanged(is_video=True, status=Source.STARTING)
    )
    still = change(engine, video=NoVideo(), video_status=SourceChanged(is_video=True, status=Source.OFF))
    screen = change(engine, video=ScreenSource(monitor=1))
    long = change(
        engine,
        devices=DevicesListed(
            cameras=(Camera(device_id="cam-1", name=LONG_CAMERA),),
            microphones=(Microphone(device_id="mic-1", name=LONG_MICROPHONE, is_default=True),),
        ),
        audio=MicSource(device_id="mic-1"),
    )
    lone_screen = change(
        quality_fakes.desk(), picture=None,
        findings={**quality_fakes.desk().findings, Group.PICTURE: (quality_fakes.finding(Defect.NO_PICTURE, 0.0),)},
    )  # fmt: skip
    away = change(engine, is_attached=False, preview=None, video_status=None, audio_status=None)
    unreachable = ProbeState(ProbePhase.FAILED, trouble=Trouble("platform_unreachable", {}, "retry"))
    signed_out = ProbeState(ProbePhase.FAILED, trouble=Trouble("not_signed_in", {}, "sign_in"))
    running = ProbeState(ProbePhase.RUNNING, 0.42, 3200.0)
    on_air = change(fakes.on_air(engine.preview), quality=design)
    sample = {
        "taking": SampleChanged(status=SampleStatus.TAKING, seconds=5.0),
        "ready": SampleChanged(status=SampleStatus.READY, seconds=5.0),
        "playing": SampleChanged(status=SampleStatus.PLAYING, seconds=5.0),
        "failed": SampleChanged(status=SampleStatus.FAILED, code="no_speaker"),
    }
    blocked = quality_fakes.blocked
    return (
        ("start", checked(base, unset)),
        ("measuring", checked(base, quality_fakes.measuring())),
        ("probing", checked(base, quality_fakes.desk(groups=(*seen, Group.COMPUTER), probe=running))),
        ("no-picture", checked(change(base, engine=no_picture), blocked(Defect.NO_PICTURE))),
        ("forbidden", checked(change(base, engine=refused), blocked(Defect.NO_PICTURE))),
        ("no-sound", checked(change(base, engine=no_sound), blocked(Defect.NO_SOUND))),
        ("no-ingest", checked(base, blocked(Defect.NO_INGEST))),
        ("gone", checked(change(base, engine=gone), quality_fakes.desk(groups=(Group.SOUND, Group.NETWORK)))),
        ("no-video", checked(change(base, engine=still), blocked(Defect.NO_PICTURE))),
        ("screen", checked(change(base, engine=screen), lone_screen)),
        ("away", checked(change(base, engine=away), unset)),
        ("unreachable", checked(base, quality_fakes.desk(groups=(*seen, Group.COMPUTER), probe=unreachable))),
        ("signed-out", checked(base, quality_fakes.desk(groups=(*seen, Group.COMPUTER), probe=signed_out))),
        ("untried", checked(base, quality_fakes.desk(groups=seen))),
        ("on-air", change(on_air, quality=_seen_only(design, seen))),
        ("muted", checked(change(base, engine=change(engine, is_muted=True)), design)),
        ("long-names", checked(change(base, engine=long), design)),
        ("taken", checked(base, replace(design, proposal=replace(quality_fakes.PROPOSAL, is_set=True)))),
        *((f"sample-{name}", checked(base, replace(design, sample=one))) for name, one in sample.items()),
    )


def _live(stage: Stage, ready: PreviewReady) -> None:
    """The line above health, the words in its detail, and the line in the sheet that begins a broadcast."""
    dark = quality_fakes.finding(Defect.DARK, 0.4, face_luma=52.0)
    quality = change(
        quality_fakes.desk(dark, quality_fakes.finding(Defect.NOISY, 0.25)),
        advice=Advice(Defect.DARK, dark, 10.0), mendable=frozenset({Defect.DARK}),
    )  # fmt: skip
    on_air = change(fakes.on_air(ready), quality=quality)
    muted = change(
        fakes.on_air(ready), quality=replace(quality_fakes.desk(), is_talking_muted=True),
        engine=change(fakes.on_air(ready).engine, is_muted=True),
        health=judge(HealthFigures(is_on_air=True, is_muted=True, video_status="live", audio_status="live")),
    )  # fmt: skip
    slow = change(fakes.slow_network(ready), quality=quality)
    off = fakes.off_air(ready)
    blocked = change(off, quality=quality_fakes.blocked(Defect.NO_SOUND), broadcast=BroadcastState())
    for theme, language in LOOKS:
        stage.shoot("advice-dark", on_air, theme=theme, language=language)
        stage.shoot("advice-detail", slow, theme=theme, language=language)
    stage.shoot("advice-muted", muted)
    stage.shoot("advice-narrow", on_air, size_px=NARROW_PX, language="en")
    stage.shoot("advice-detail-narrow", slow, size_px=NARROW_PX, language="en")
    for name, state in (("none", off), ("some", checked(off, quality_fakes.some_bad())), ("blocked", blocked)):
        stage.shoot(f"golive-check-{name}", state, do=lambda window: window.live.controls.main.click())
    stage.shoot(
        "golive-check-some", checked(off, quality_fakes.some_bad()), language="en",
        do=lambda window: window.live.controls.main.click(),
    )  # fmt: skip


def checked(base: DeskState, quality: QualityDesk) -> DeskState:
    """This state with what was measured."""
    return change(base, quality=quality)


def good() -> QualityDesk:
    """Nothing to tell."""
    return quality_fakes.desk(proposal=replace(quality_fakes.PROPOSAL, is_limited_by_network=False, is_set=True))


def change_devices(devices: DevicesListed, microphones: tuple[Microphone, ...]) -> DevicesListed:
    """The same cameras, other microphones."""
    return DevicesListed(cameras=devices.cameras, microphones=microphones, monitors=devices.monitors)


def _seen_only(desk: QualityDesk, groups: tuple[Group, ...]) -> QualityDesk:
    """Only these groups were measured."""
    findings = {group: found for group, found in desk.findings.items() if group in groups}
    return replace(desk, findings=findings, score=score(findings), probe=ProbeState(), proposal=None)


def person(stage: Stage) -> PreviewReady:
    """A segment with a person before a plain wall, and a level."""
    ready = stage.preview(748, 420)
    width, height = ready.width_px, ready.height_px
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for x in range(width):
        share = x / width
        draw.line(
            ((x, 0), (x, height)), fill=(round(92 - 30 * share), round(102 - 34 * share), round(116 - 38 * share))
        )
    middle = width / 2
    draw.ellipse((middle - 170, height * 0.72, middle + 170, height * 1.6), fill=(38, 50, 76))
    draw.ellipse((middle - 75, height * 0.31, middle + 75, height * 0.76), fill=(205, 164, 140))
    if stage.writer is not None:
        slot = stage.writer.slot()
        slot[:] = image.convert("RGBA").tobytes("raw", "BGRA")
        slot.release()
        stage.writer.publish(0)
        stage.writer.levels(Levels(-18.6, -22.0, -13.1, False))
    return ready


# ---- what is done --------------------------------------------------------------------------------


def _go(window: MainWindow) -> None:
    window.act("open_preflight")


GO: Do = _go


def _to_foot(window: MainWindow) -> None:
    _go(window)
    bar = window.pages.preflight.area.verticalScrollBar()
    bar.setValue(bar.maximum())


def _unfold(window: MainWindow) -> None:
    _go(window)
    for fold in window.pages.preflight.checks.folds.values():
        if fold.isVisible():
            fold.click()


def _saved(window: MainWindow) -> None:
    _go(window)
    window.pages.preflight.saved.show_done("/home/lin/主播台检测报告.txt", "")
