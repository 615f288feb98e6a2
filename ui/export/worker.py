"""Writes files away from the GUI thread, one after the other. Owned by the page that asks; lives in the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

JOIN_MS = 5000


class _Signals(QObject):
    done = Signal(str, str)


class _Job(QRunnable):
    def __init__(self, path: Path, write: Callable[[Path], object], signals: _Signals) -> None:
        super().__init__()
        self._path, self._write, self._signals = path, write, signals

    def run(self) -> None:
        reason = ""
        try:
            self._write(self._path)
        except OSError as error:
            reason = error.strerror or type(error).__name__
        self._signals.done.emit(str(self._path), reason)


class FileWriter(QObject):
    """``done`` carries the path and why it failed; empty when it was written. Emitted in the GUI thread."""

    done = Signal(str, str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._signals = _Signals(self)
        self._signals.done.connect(self.done)

    def write(self, path: Path, write: Callable[[Path], object]) -> None:
        """Let ``write`` make the file; returns at once."""
        self._pool.start(_Job(path, write, self._signals))

    def close(self) -> None:
        """Wait for what is being written."""
        self._pool.waitForDone(JOIN_MS)
