"""How the window is left: asks while on air, tells the desk, and does not hang on one that is stuck. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QWidget

from app.usecases.state import DeskState
from app.usecases.wishes import Leave
from ui.presenters.common import BUSY_PHASES
from ui.presenters.dialogs import is_asked_before_closing
from ui.views.dialogs import CloseSheet

LEAVE_WAIT_MS, LEAVE_IDLE_MS = 12_000, 1_500


class Leaving(QObject):
    """``wished`` carries the wish to leave. ``left``: the window is closed for good."""

    wished = Signal(object)
    left = Signal()

    def __init__(self, window: QWidget, sheet: CloseSheet) -> None:
        super().__init__(window)
        self._window, self._sheet = window, sheet
        self._may_close = False
        self._is_busy = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._finish)
        sheet.chosen.connect(lambda choice: self._leave(ends=choice == "end"))

    @property
    def is_under_way(self) -> bool:
        return self._timer.isActive()

    def take(self, event: QCloseEvent, state: DeskState) -> None:
        """The window is asked to close."""
        if self._may_close:
            event.accept()
            return
        event.ignore()
        self._is_busy = state.broadcast.phase in BUSY_PHASES
        if self.is_under_way:
            return
        if is_asked_before_closing(state):
            self._sheet.start()
        else:
            self._leave(ends=True)

    def follow(self, before: DeskState, state: DeskState) -> None:
        """Close when the desk says that all was told to those who must know."""
        self._is_busy = state.broadcast.phase in BUSY_PHASES
        if state.is_leaving and (self.is_under_way or not before.is_leaving):
            self._finish()

    def stop(self) -> None:
        """Nothing holds the window any more."""
        self._may_close = True
        self._timer.stop()

    def _leave(self, *, ends: bool) -> None:
        self.wished.emit(Leave(end_broadcast=ends))
        if ends and self._is_busy:
            self._sheet.show_busy()
        # the timer is for a desk that is stuck
        self._timer.start(LEAVE_WAIT_MS if self._is_busy else LEAVE_IDLE_MS)

    def _finish(self) -> None:
        if not self._may_close:
            self.stop()
            self._window.close()
            self.left.emit()
