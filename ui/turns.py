"""How long the GUI thread works before it looks for the next thing to do: CPU time of each turn of its event loop.

A turn goes from one wait to the next, and painting a window is a turn of its own. It holds one event or a few that
came together, so no event took longer. CPU time, not the clock's: waiting costs none, and on a busy machine the thread
is not to blame for others. GUI thread.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from PySide6.QtCore import QAbstractEventDispatcher, QEvent, QObject, Slot
from PySide6.QtWidgets import QWidget

MOST_TURNS = 100_000


class Turns(QObject):
    """Counts from construction until ``stop``. ``window``: the one whose painting is counted by itself."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        dispatcher = QAbstractEventDispatcher.instance()
        if dispatcher is None:
            raise RuntimeError("there is no event loop in this thread")
        self._dispatcher = dispatcher
        self._began_s: float | None = None
        self._taken_ms: list[float] = []
        dispatcher.aboutToBlock.connect(self._next)
        # asked for from one to the other: whichever is told to paint
        handle = window.windowHandle()
        self._painted: tuple[QObject, ...] = (window,) if handle is None else (window, handle)
        for one in self._painted:
            one.installEventFilter(self)

    def stop(self) -> Mapping[str, float]:
        """``turns``, and of their CPU milliseconds ``p50_ms``, ``p99_ms`` and ``max_ms``."""
        self._dispatcher.aboutToBlock.disconnect(self._next)
        for one in self._painted:
            one.removeEventFilter(self)
        taken = sorted(self._taken_ms)
        if not taken:
            return {"turns": 0, "p50_ms": 0.0, "p99_ms": 0.0, "max_ms": 0.0}
        return {
            "turns": len(taken),
            "p50_ms": taken[len(taken) // 2],
            "p99_ms": taken[min(len(taken) - 1, len(taken) * 99 // 100)],
            "max_ms": taken[-1],
        }

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is not QEvent.Type.UpdateRequest or watched not in self._painted:
            return False
        self._next()
        watched.event(event)
        self._next()
        return True

    @Slot()
    def _next(self) -> None:
        now_s = time.thread_time()
        if self._began_s is not None and len(self._taken_ms) < MOST_TURNS:
            self._taken_ms.append((now_s - self._began_s) * 1000)
        self._began_s = now_s
