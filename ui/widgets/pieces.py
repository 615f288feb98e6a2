"""Work that is done a piece with each turn of the event loop, so that no turn holds the window up. GUI thread."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer

NEXT_TURN_MS = 1
"""A timer of 0 ms goes off in the turn that is under way, after it has painted."""


class Pieces(QObject):
    """What an iterator does between two of its steps is a piece. Of several tasks one goes on with each turn, the one
    that was begun first until it is done: pieces of two would make one long turn."""

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        self._tasks: dict[str, Iterator[None]] = {}
        self._is_paused = False
        self._turn = QTimer(self)
        self._turn.setInterval(NEXT_TURN_MS)
        self._turn.timeout.connect(self._do_one)

    @property
    def is_busy(self) -> bool:
        """Whether something is left to do."""
        return bool(self._tasks)

    def is_doing(self, name: str) -> bool:
        """Whether something of this task is left to do."""
        return name in self._tasks

    def begin(self, name: str, steps: Iterator[None]) -> None:
        """Do this, from the next turn on; what is left of a task of the same name is not done."""
        self._tasks[name] = steps
        self._start()

    def drop(self, name: str) -> None:
        """What is left of this task is not done."""
        self._tasks.pop(name, None)

    def pause(self) -> None:
        """Leave what is left until ``go_on``: nobody sees it."""
        self._is_paused = True
        self._turn.stop()

    def go_on(self) -> None:
        """After a pause."""
        self._is_paused = False
        self._start()

    def _start(self) -> None:
        if self._tasks and not self._is_paused:
            self._turn.start()

    def stop(self) -> None:
        """Nothing more is done."""
        self._tasks.clear()
        self._turn.stop()

    def _do_one(self) -> None:
        for name, steps in self._tasks.items():
            if next(steps, self) is self and self._tasks.get(name) is steps:
                del self._tasks[name]
            break
        if not self._tasks:
            self._turn.stop()
