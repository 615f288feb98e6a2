"""A monitor of a real X server, and the preview in shared memory."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from app.ports import engine as port
from app.runtime.shared_frames import FrameReader
from tests.contract.engine.rig import EngineProcess, Window
from tests.leftovers import Guard
from tools.desktop import Desktop

pytestmark = pytest.mark.e2e


@pytest.fixture
def desktop(tmp_path: Path, leftovers: Guard) -> Iterator[Desktop]:
    with Desktop(tmp_path / "desktop", (640, 360)) as desktop:
        for pid in desktop.pids:
            leftovers.allow_process(pid)
        yield desktop


@pytest.fixture
def window(desktop: Desktop, tmp_path: Path) -> Iterator[Window]:
    with EngineProcess(tmp_path / "engine", environment=desktop.environment) as engine:
        window = engine.window()
        assert window.ask(port.SetOutput, output=port.Output(width_px=640, height_px=360, rate_fps=15)) == ""
        yield window


PAINTER = """
import sys
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
application = QApplication(sys.argv)
screen = QWidget(None, Qt.WindowType.FramelessWindowHint | Qt.WindowType.BypassWindowManagerHint)
screen.setStyleSheet("background: black")
left = QWidget(screen)
left.setStyleSheet("background: " + sys.argv[1])
screen.setGeometry(0, 0, 640, 360)
left.setGeometry(0, 0, 320, 360)
screen.show()
application.exec()
"""


@contextlib.contextmanager
def painted(desktop: Desktop, colour: str) -> Iterator[None]:
    """The left half of the screen in a colour, the rest black."""
    painter = subprocess.Popen([sys.executable, "-c", PAINTER, colour], env=desktop.environment)
    try:
        yield
    finally:
        painter.terminate()
        painter.wait(10)


def shown(window: Window, width_px: int, height_px: int, is_it: Callable[[np.ndarray], bool]) -> np.ndarray:
    """The first preview picture (H × W × BGRA) that ``is_it`` takes."""
    assert window.ask(port.SetPreview, width_px=width_px, height_px=height_px) == ""
    ready = window.wait_for(port.PreviewReady, lambda ready: ready.width_px == width_px)
    reader = FrameReader(ready.name)
    try:
        into = bytearray(width_px * height_px * 4)
        pause = threading.Event()
        for _ in range(200):
            if reader.copy_newest(into):
                picture = np.frombuffer(bytes(into), np.uint8).reshape(height_px, width_px, 4)
                if is_it(picture):
                    return picture
            pause.wait(0.05)
    finally:
        reader.close()
    raise AssertionError("no such picture")


def test_a_screen_is_listed_and_seen_as_it_is(desktop: Desktop, window: Window) -> None:
    assert window.ask(port.ListDevices) == ""
    assert window.wait_for(port.DevicesListed).monitors == (port.Monitor(monitor=1, width_px=640, height_px=360),)
    assert window.ask(port.SetVideo, source=port.ScreenSource(monitor=1)) == ""
    window.wait_for(port.SourceChanged, lambda changed: changed.is_video and changed.status is port.SourceStatus.LIVE)
    with painted(desktop, "#c02020"):
        red = shown(window, 320, 180, lambda picture: picture[90, 80, 2] > 150)
        assert red[90, 80, :3].tolist() == pytest.approx([0x20, 0x20, 0xC0], abs=6)
        assert red[90, 240, :3].tolist() == pytest.approx([0, 0, 0], abs=6), "only the left half, and not mirrored"
    with painted(desktop, "#2040c0"):
        blue = shown(window, 160, 90, lambda picture: picture[45, 40, 0] > 150)
        assert blue[45, 40, :3].tolist() == pytest.approx([0xC0, 0x40, 0x20], abs=6)


def test_a_monitor_that_is_not_there_is_said(window: Window) -> None:
    assert window.ask(port.SetVideo, source=port.ScreenSource(monitor=7)) == ""
    window.wait_for(port.SourceChanged, lambda changed: changed.code == "screen_unavailable")
