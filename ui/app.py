"""Starts Qt, shows the window, and runs until the person leaves. Called by the composition root in the main thread."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator, Mapping
from typing import cast

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont, QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from app.runtime.clock import Clock, SystemClock
from ui.collecting import Collector
from ui.notify import Notifier
from ui.ports import DeskPort
from ui.script import Script, attach
from ui.shell import MainWindow
from ui.theme.icons import pixmap
from ui.theme.tokens import DARK, FONT_FAMILIES

BASE_PX = 13
SIGNAL_POLL_MS = 250


def make_application(arguments: list[str] | None = None) -> QApplication:
    """The one QApplication: Fusion, our fonts, fractional scaling."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        application = existing
    else:
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
        application = QApplication(arguments if arguments is not None else [sys.argv[0]])
    application.setApplicationName("anchordesk")
    application.setDesktopFileName("anchordesk")
    application.setStyle("Fusion")
    font = QFont(list(FONT_FAMILIES))
    font.setPixelSize(BASE_PX)
    font.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    application.setFont(font)
    application.setWindowIcon(QIcon(pixmap("video", DARK.accent, 64)))
    return application


class Timing:
    """When the first window and the first picture were there, counted from the start of the program."""

    def __init__(self, clock: Clock, started_s: float) -> None:
        self._clock, self._started_s = clock, started_s
        self.figures: dict[str, float] = {}

    def mark(self, name: str) -> None:
        """Take the time once."""
        if name not in self.figures:
            self.figures[name] = round((self._clock.monotonic_s() - self._started_s) * 1000, 1)

    def read(self) -> Mapping[str, float]:
        """first_window_ms and first_preview_ms, as far as they happened, and when counting began."""
        return {**self.figures, "started_monotonic_s": self._started_s}


def run_ui(
    desk: DeskPort,
    *,
    script: object | None = None,
    started_monotonic_s: float | None = None,
    clock: Clock | None = None,
    log_dir: str = "",
) -> int:
    """Show the window and run until it is left. Returns the exit code. ``log_dir`` is told in the help."""
    clock = clock or SystemClock()
    timing = Timing(clock, started_monotonic_s if started_monotonic_s is not None else clock.monotonic_s())
    application = make_application()
    application.setQuitOnLastWindowClosed(False)
    window = MainWindow(desk, clock, log_dir=log_dir, notifier=Notifier())
    window.left.connect(application.quit)
    window.first_picture_shown.connect(lambda: timing.mark("first_preview_ms"))
    window.show()
    QTimer.singleShot(0, window, lambda: timing.mark("first_window_ms"))
    if script is not None:
        attach(window, cast(Script, script), timing.read)
    collector = Collector(window)
    collector.start()
    try:
        with _leaving_on_signals(window):
            return application.exec()
    finally:
        collector.stop()
        window.shut()
        window.deleteLater()


@contextlib.contextmanager
def _leaving_on_signals(window: MainWindow) -> Iterator[None]:
    # Qt's loop sits in C: without a timer Python would never get to run the handler of a signal
    timer = QTimer(window)
    timer.setInterval(SIGNAL_POLL_MS)
    timer.timeout.connect(lambda: None)
    timer.start()
    before = {
        number: signal.signal(number, lambda *_: QTimer.singleShot(0, window, window.close))
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        timer.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
