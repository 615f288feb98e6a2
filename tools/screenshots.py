"""Draws every state of each screen into build/screens/<screen>-<state>-<theme>-<language>.png, with real widgets.

Run by ``make screenshots``; under Xvfb or with QT_QPA_PLATFORM=offscreen. Data come from the scripted desk of the
tests; the preview shows a real shared segment.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
from PIL import Image, ImageDraw, ImageFont
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.domain.health import Grade, HealthReport
from app.ports.engine import PreviewReady, PublishChanged, PublishStatus, RecordChanged, RecordStatus, SourceChanged
from app.ports.engine import SourceStatus as Source
from app.runtime.clock import ManualClock
from app.runtime.shared_frames import FrameWriter, Levels
from app.usecases.state import (
    AccountPhase,
    AccountState,
    BroadcastPhase,
    DeskState,
    Notice,
    PlatformPhase,
    PlatformState,
    Trouble,
)
from tests.ui import fakes
from tests.ui.fakes import FakeDesk, change
from ui.app import make_application
from ui.shell import MainWindow

OUT = Path("build/screens")
SETTLE_MS = 260
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
Do = Callable[[MainWindow], None]


def picture(width_px: int, height_px: int) -> bytes:
    """A slide and a person, as a programme might look; BGRA."""
    image = Image.new("RGB", (width_px, height_px))
    draw = ImageDraw.Draw(image)
    for y in range(height_px):
        share = y / height_px
        draw.line(
            ((0, y), (width_px, y)), fill=(round(246 - 14 * share), round(242 - 18 * share), round(234 - 22 * share))
        )
    unit = height_px / 454
    big: ImageFont.FreeTypeFont | ImageFont.ImageFont
    small: ImageFont.FreeTypeFont | ImageFont.ImageFont
    try:
        big, small = ImageFont.truetype(FONT, round(30 * unit), 2), ImageFont.truetype(FONT, round(17 * unit), 2)
    except OSError:
        big = small = ImageFont.load_default()
    draw.text((64 * unit, 54 * unit), "一份简历，三十秒", fill=(38, 43, 51), font=big)
    for number, text in enumerate(("招聘者先看什么", "数字比形容词更可信", "项目经历怎么写成结果")):
        draw.text((64 * unit, (118 + 34 * number) * unit), text, fill=(60, 66, 76), font=small)
    left, top = width_px - 184 * unit, height_px - 142 * unit
    draw.rounded_rectangle((left, top, left + 166 * unit, top + 124 * unit), 8 * unit, (63, 74, 99), (255, 255, 255), 2)
    draw.ellipse((left + 56 * unit, top + 20 * unit, left + 110 * unit, top + 74 * unit), fill=(219, 176, 153))
    draw.pieslice((left + 45 * unit, top + 76 * unit, left + 121 * unit, top + 172 * unit), 180, 360, fill=(46, 58, 84))
    return image.convert("RGBA").tobytes("raw", "BGRA")


class Stage:
    """One window, a state at a time."""

    def __init__(self, application: QApplication) -> None:
        self._application = application
        self.count = 0
        self.writer: FrameWriter | None = None

    def preview(self, width_px: int = 806, height_px: int = 454) -> PreviewReady:
        """A segment with one frame and levels."""
        self.close()
        self.writer = FrameWriter(f"adscreens{os.getpid()}_{width_px}", width_px, height_px)
        slot = self.writer.slot()
        slot[:] = picture(width_px, height_px)
        slot.release()
        self.writer.publish(0)
        self.writer.levels(Levels(-16.0, -20.0, -11.0, False))
        return PreviewReady(name=self.writer.name, width_px=width_px, height_px=height_px)

    def shoot(
        self,
        name: str,
        state: DeskState,
        *,
        size_px: tuple[int, int] = (1280, 800),
        theme: str = "dark",
        language: str = "zh",
        do: Do | None = None,
    ) -> None:
        """Draw ``state`` in a new window and keep the picture."""
        settings = msgspec.structs.replace(state.settings, theme=theme, live_theme=theme, language=language)
        desk = FakeDesk(change(state, settings=settings))
        window = MainWindow(desk, ManualClock(fakes.STARTED_S + 2537))
        window.resize(*size_px)
        window.show()
        self._settle()
        if do is not None:
            do(window)
            self._settle()
        path = OUT / f"{name}-{theme}-{language}.png"
        if not window.grab().save(str(path)):
            raise OSError(f"cannot write {path}")
        window.shut()
        window.deleteLater()
        self._settle(20)
        self.count += 1

    def close(self) -> None:
        """Remove the segment."""
        if self.writer is not None:
            self.writer.close()
            self.writer = None

    def _settle(self, wait_ms: int = SETTLE_MS) -> None:
        loop = QEventLoop()
        QTimer.singleShot(wait_ms, loop.quit)
        loop.exec()


def entry_screens(stage: Stage) -> None:
    """First start, sign-in, operator's password."""
    unset = change(fakes.off_air(), platform=PlatformState(), account=AccountState())
    signed_out = change(fakes.off_air(), account=AccountState(phone="13800138000"))
    connecting = change(unset, platform=PlatformState(PlatformPhase.CONNECTING, is_embedded=True))
    away = PlatformState(
        PlatformPhase.UNREACHABLE, "https://live.example.com", trouble=Trouble("platform_unreachable", action="retry")
    )
    for theme in ("dark", "light"):
        for language in ("zh", "en"):
            stage.shoot("first-normal", unset, theme=theme, language=language)
            stage.shoot("signin-normal", signed_out, theme=theme, language=language)
            stage.shoot("signin-code", code_sent(signed_out), theme=theme, language=language)
            stage.shoot("password-normal", password(signed_out), theme=theme, language=language)
    stage.shoot("first-connecting", connecting, theme="light")
    stage.shoot("first-offline", change(unset, platform=away), theme="light")
    stage.shoot("first-error", unset, theme="light", do=lambda window: window.first_start.connect_button.click())
    stage.shoot("first-narrow", unset, size_px=(1024, 680), theme="light")
    wrong = change(code_sent(signed_out), account=change(code_sent(signed_out).account, trouble=Trouble("code_wrong")))
    stage.shoot("signin-error", wrong, theme="light")
    stage.shoot("signin-narrow", wrong, size_px=(1024, 680), theme="light")
    busy = change(signed_out, account=change(signed_out.account, phase=AccountPhase.SIGNING_IN))
    stage.shoot("signin-loading", busy, theme="light")
    restoring = change(signed_out, account=change(signed_out.account, phase=AccountPhase.RESTORING))
    stage.shoot("signin-restoring", restoring, theme="light")
    other = change(signed_out, platform=fakes.platform(is_embedded=False))
    stage.shoot("signin-real", other, theme="light")


def code_sent(state: DeskState) -> DeskState:
    """The demo code is shown."""
    account = change(state.account, phase=AccountPhase.CODE_SENT, demo_code="482913", resend_in_s=42)
    return change(state, account=account)


def password(state: DeskState) -> DeskState:
    """The operator's password is to be noted."""
    platform = change(state.platform, operator_name="operator", operator_password="kiwi-harbor-72-lantern")
    return change(state, platform=platform)


def live_screens(stage: Stage) -> None:
    """The live page in every state."""
    ready = stage.preview()
    for theme in ("dark", "light"):
        for language in ("zh", "en"):
            stage.shoot("live-onair", fakes.on_air(ready), theme=theme, language=language)
            stage.shoot("live-offair", fakes.off_air(ready), theme=theme, language=language)
            stage.shoot("health-slow", fakes.slow_network(ready), theme=theme, language=language)
    stage.shoot("live-empty", change(fakes.on_air(ready), room=fakes.room()))
    stage.shoot("live-loading", change(fakes.off_air(), engine=change(fakes.engine(), is_attached=False, stats=None)))
    lost = SourceChanged(is_video=True, status=Source.FAILED, code="camera_in_use", name="C922")
    stage.shoot("live-error", change(fakes.off_air(), engine=change(fakes.engine(ready), video_status=lost)))
    offline = change(fakes.on_air(ready), room=fakes.room(fakes.failed_chat(), is_connected=False))
    stage.shoot("live-chatfailed", offline)
    interrupted = change(
        fakes.on_air(ready),
        broadcast=change(fakes.on_air().broadcast, phase=BroadcastPhase.INTERRUPTED, grace_left_s=151),
        health=HealthReport(
            Grade.BAD, "health.reconnecting", "health.reconnecting.cause", "health.reconnecting.advice",
            Grade.GOOD, Grade.BAD, Grade.GOOD, {"retry_s": 4},
        ),
        engine=change(
            fakes.on_air(ready).engine, publish=PublishChanged(target="main", status=PublishStatus.RECONNECTING)
        ),
    )  # fmt: skip
    stage.shoot("live-offline", interrupted)
    stage.shoot("live-offline", interrupted, size_px=(1024, 680), language="en", theme="light")
    stage.shoot("live-notice", noticed(fakes.on_air(ready)))
    muted = change(fakes.on_air(ready).engine, is_muted=True, is_camera_off=True)
    stage.shoot("live-muted", change(fakes.on_air(ready), engine=muted))
    disk = RecordChanged(status=RecordStatus.FAILED, code="disk_full")
    stage.shoot("live-diskfull", change(fakes.on_air(ready), engine=change(fakes.on_air(ready).engine, record=disk)))
    long = fakes.session("特别长的标题：从零开始把一份应届生简历改到可以投递的程度并逐行解释原因给大家听听看")
    long_chat = tuple(
        fakes.chat_line(number, "名字特别特别长的一位热心观众朋友在这里提问" * 2, False, "这一条消息也很长，" * 9)
        for number in range(6)
    )
    stage.shoot(
        "live-long",
        change(
            fakes.on_air(ready),
            broadcast=change(fakes.on_air().broadcast, session=long),
            room=fakes.room(long_chat),
        ),
    )
    stage.shoot("live-many", change(fakes.on_air(ready), room=fakes.room(fakes.chat(500))))
    stage.shoot("golive-normal", fakes.off_air(ready), do=lambda window: window.live.controls.main.click())
    stage.shoot(
        "golive-normal",
        fakes.off_air(ready),
        language="en",
        theme="light",
        do=lambda window: window.live.controls.main.click(),
    )
    elsewhere = change(
        fakes.off_air(ready).broadcast, can_take_over=True, trouble=Trouble("live_elsewhere", action="take_over")
    )
    stage.shoot(
        "golive-elsewhere",
        change(fakes.off_air(ready), broadcast=elsewhere),
        do=lambda window: window.live.controls.main.click(),
    )
    stage.shoot("closing-normal", fakes.on_air(ready), do=lambda window: (window.close(), None)[1])
    stage.shoot(
        "closing-normal", fakes.on_air(ready), language="en", theme="light", do=lambda window: (window.close(), None)[1]
    )
    stage.shoot("ending-normal", fakes.on_air(ready), do=lambda window: window.live.controls.main.click())
    stage.shoot("summary-normal", fakes.ended(ready))
    stage.shoot("summary-normal", fakes.ended(ready), language="en", theme="light")
    small = stage.preview(604, 340)
    for theme, language in (("dark", "zh"), ("light", "en")):
        stage.shoot("live-narrow", fakes.on_air(small), size_px=(1024, 680), theme=theme, language=language)
        stage.shoot("health-narrow", fakes.slow_network(small), size_px=(1024, 680), theme=theme, language=language)
    wide = stage.preview(1306, 734)
    stage.shoot("live-wide", fakes.on_air(wide), size_px=(1920, 1080))


def noticed(state: DeskState) -> DeskState:
    """Two notices are up."""
    notices = (
        Notice(1, Trouble("token_expired", action="sign_in")),
        Notice(2, Trouble("disk_full", action="choose_folder"), is_error=False),
    )
    return change(state, notices=notices)


def settings_screens(stage: Stage) -> None:
    """Every section of the settings page."""
    ready = stage.preview()
    base = change(fakes.off_air(ready), account=fakes.account(devices=fakes.my_devices()))
    base = change(base, platform=fakes.platform(lan_urls=("https://192.168.1.20:8443", "https://10.0.0.7:8443")))
    for section in ("general", "camera", "sound", "output", "network", "account", "about"):
        for theme, language in (("dark", "zh"), ("light", "zh"), ("dark", "en")):
            stage.shoot(f"settings-{section}", base, theme=theme, language=language, do=open_section(section))
    locked = change(fakes.on_air(ready), platform=fakes.platform())
    stage.shoot("settings-output-locked", locked, do=open_section("output"))
    stage.shoot("settings-output-narrow", locked, size_px=(1024, 680), language="en", do=open_section("output"))
    stage.shoot("settings-account-empty", fakes.off_air(ready), do=open_section("account"))


def open_section(section: str) -> Do:
    """Go to a section as a person would."""

    def do(window: MainWindow) -> None:
        window.rail.buttons["settings"].click()
        window.settings.show_section(section)

    return do


def main() -> int:
    """Draw everything; arguments narrow it to groups (entry, live, settings)."""
    OUT.mkdir(parents=True, exist_ok=True)
    application = make_application()
    stage = Stage(application)
    groups = {"entry": entry_screens, "live": live_screens, "settings": settings_screens}
    try:
        for name in sys.argv[1:] or groups:
            groups[name](stage)
    finally:
        stage.close()
    print(f"{stage.count} pictures in {OUT}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
