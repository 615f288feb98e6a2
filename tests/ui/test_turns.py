"""The measure of the event loop's turns finds what takes long, and only that."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from ui.turns import Turns


def burn(milliseconds: float) -> None:
    end_s = time.thread_time() + milliseconds / 1000
    while time.thread_time() < end_s:
        pass


def test_an_event_that_takes_long_is_found_and_waiting_is_not_work(qtbot: QtBot) -> None:
    owner = QObject()
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
