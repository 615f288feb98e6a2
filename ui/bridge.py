"""The one crossing from the I/O thread into the GUI thread: states come in by any thread, go out as a Qt signal.

A burst of states becomes one signal with the newest (every state is whole, so nothing is lost).
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from app.usecases.state import DeskState
from ui.ports import DeskPort


class Bridge(QObject):
    """Lives in the GUI thread. ``state_changed`` carries the newest DeskState."""

    state_changed = Signal(object)
    _woken = Signal()

    def __init__(self, desk: DeskPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._newest: DeskState | None = None
        self.states_in = 0
        self.states_out = 0
        self._woken.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe: Callable[[], None] | None = desk.subscribe(self._take)

    def close(self) -> None:
        """Let go of the desk; nothing is delivered afterwards."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        with self._lock:
            self._newest = None
        self._woken.disconnect(self._deliver)

    def _take(self, state: DeskState) -> None:
        with self._lock:
            was_idle = self._newest is None
            self._newest = state
            self.states_in += 1
        if was_idle:
            self._woken.emit()

    @Slot()
    def _deliver(self) -> None:
        if QThread.currentThread() is not self.thread():
            raise RuntimeError("a state must be delivered in the GUI thread")
        with self._lock:
            state, self._newest = self._newest, None
        if state is not None:
            self.states_out += 1
            self.state_changed.emit(state)
