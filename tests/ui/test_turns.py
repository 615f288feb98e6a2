"""The measure of the event loop's turns finds what takes long, and only that."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ui.turns import Turns


def burn(milliseconds: float) -> None:
    end_s = time.thread_time() + milliseconds / 1000
    while time.thread_time() < end_s:
        pass


def test_an_event_that_takes_long_is_found_and_waiting_is_not_work(qtbot: QtBot) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    turns = Turns(owner)
    QTimer.singleShot(5, owner, lambda: burn(30.0))
    qtbot.wait(60)
    told = turns.stop()
    assert told["max_ms"] >= 30.0
    assert told["turns"] >= 1
    quiet = Turns(owner)
    for _ in range(5):
        qtbot.wait(10)
    assert quiet.stop()["max_ms"] < 30.0, "what is over is not counted again"


class Slow(QWidget):
    """Takes long to paint."""

    def paintEvent(self, event: QPaintEvent) -> None:
        burn(30.0)


def test_painting_is_a_turn_of_its_own(qtbot: QtBot) -> None:
    window = Slow()
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    turns = Turns(window)
    for _ in range(3):
        QTimer.singleShot(5, window, lambda: (burn(30.0), window.update()))
        qtbot.wait(80)
    told = turns.stop()
    assert 30.0 <= told["max_ms"] < 58.0
    assert told["turns"] >= 6
