"""Short tones for who does not look at the words just now: the next step, done, failed. GUI thread.

The system's own tone: no sound has to be opened for it, and it is as loud as the person has it. What it tells is the
number of tones.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

GAP_MS = 180


class Cue(Enum):
    """Its value: how many tones."""

    STEP = 1
    DONE = 2
    FAILED = 3


class Cues(QObject):
    """A new cue takes the place of one that still sounds."""

    def __init__(self, owner: QObject, beep: Callable[[], None] = QApplication.beep) -> None:
        super().__init__(owner)
        self._beep = beep
        self._left = 0
        self._timer = QTimer(self)
        self._timer.setInterval(GAP_MS)
        self._timer.timeout.connect(self._next)

    def play(self, cue: Cue) -> None:
        """The first tone at once."""
        self._left = cue.value
        self._next()
        if self._left:
            self._timer.start()

    def stop(self) -> None:
        """Silence."""
        self._left = 0
        self._timer.stop()

    def _next(self) -> None:
        self._beep()
        self._left -= 1
        if self._left <= 0:
            self._timer.stop()
