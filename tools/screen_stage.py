"""Draws one state of the window at a time, with real widgets; the preview shows a real shared segment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
from PIL import Image, ImageDraw, ImageFont
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.ports.engine import PreviewReady
from app.runtime.clock import ManualClock
from app.runtime.shared_frames import FrameWriter, Levels
from app.usecases.state import DeskState
from tests.ui import fakes
from tests.ui.fakes import FakeDesk, change
from ui.shell import MainWindow

OUT = Path("build/screens")
LOG_DIR = "/home/lin/.local/share/anchordesk/logs"
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
        then: DeskState | None = None,
    ) -> None:
        """Draw ``state`` in a new window, ``do`` something, let the desk answer with ``then``; keep the picture."""
        settings = msgspec.structs.replace(state.settings, theme=theme, live_theme=theme, language=language)
        desk = FakeDesk(change(state, settings=settings))
        window = MainWindow(desk, ManualClock(fakes.STARTED_S + 2537), log_dir=LOG_DIR)
        window.resize(*size_px)
        window.show()
        self._settle()
        if do is not None:
            do(window)
            self._settle()
        if then is not None:
            desk.push(change(then, settings=settings))
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
