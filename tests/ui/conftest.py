"""The tests of the screen run without a display unless one is asked for. A widget or a timer left over fails a test."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from app.runtime.clock import ManualClock
from app.usecases.state import DeskState
from app.usecases.wishes import Wish
from tests.ui import fakes
from tests.ui.fakes import FakeDesk
from ui.app import make_application
from ui.notify import Notifier
from ui.shell import MainWindow


@dataclass
class Stage:
    """A window over a scripted desk."""

    desk: FakeDesk
    window: MainWindow
    clock: ManualClock
    qtbot: QtBot
    asked: tuple[Wish, ...] = ()
    """What the window asked for when it was opened."""

    def push(self, state: DeskState) -> None:
        """Give the desk a state and let the bridge deliver it."""
        self.desk.push(state)
        QCoreApplication.processEvents()
        self.fill()

    def fill(self) -> None:
        """Let a page that is uncovered and filled in pieces come to its end."""
        pages = self.window.pages
        self.qtbot.waitUntil(lambda: not pages.preflight.is_filling and not pages.curtain.is_down)

    def wishes(self, kind: type) -> list[object]:
        """The wishes of a kind so far."""
        return [wish for wish in self.desk.wishes if isinstance(wish, kind)]


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    return make_application(["test"])


@pytest.fixture
def open_window(qtbot: QtBot) -> Iterator[Callable[..., Stage]]:
    """Opens windows; afterwards nothing of them may be left."""
    # What was there before is not looked through again when the window's own garbage is collected below.
    gc.freeze()
    stages: list[Stage] = []
    before = set(map(id, QApplication.topLevelWidgets()))

    def make(
        state: DeskState | None = None, size_px: tuple[int, int] = (1280, 800), notifier: Notifier | None = None
    ) -> Stage:
        desk = FakeDesk(state or fakes.off_air())
        clock = ManualClock(fakes.STARTED_S + 60)
        window = MainWindow(desk, clock, notifier=notifier)
        window.resize(*size_px)
        window.show()
        with qtbot.waitActive(window, timeout=2000):
            window.activateWindow()
        stage = Stage(desk, window, clock, qtbot, tuple(desk.wishes))
        desk.wishes.clear()
        stages.append(stage)
        return stage

    yield make
    for stage in stages:
        stage.window.shut()
        timers = [timer for timer in stage.window.findChildren(QTimer) if timer.isActive()]
        stage.window.deleteLater()
        assert [timer.interval() for timer in timers if timer.interval() not in _OWN_ENDS_MS] == []
        assert stage.desk.subscribers == 0
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    stages.clear()
    gc.collect()
    left = [widget for widget in QApplication.topLevelWidgets() if id(widget) not in before]
    assert [widget.objectName() or type(widget).__name__ for widget in left] == []


_OWN_ENDS_MS = {0}
"""Timers of Qt's own item views that end by themselves."""
