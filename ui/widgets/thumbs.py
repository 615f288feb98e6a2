"""Small pictures of image files, read away from the GUI thread. Owned by the page that asks."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QRunnable, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageReader

from app.contract.applications import MAX_IMAGE_BYTES

JOIN_MS = 2000
MAX_SIDE_PX = 20_000
"""A picture that says it is larger is not decoded: it may be made to fill the memory."""


class _Signals(QObject):
    done = Signal(str, QImage)


class _Job(QRunnable):
    def __init__(self, name: str, data: bytes | None, size: QSize, signals: _Signals) -> None:
        super().__init__()
        self._name, self._data, self._size, self._signals = name, data, size, signals

    def run(self) -> None:
        if self._data is None:
            self._signals.done.emit(self._name, thumbnail(self._name, self._size))
        else:
            self._signals.done.emit(self._name, thumbnail_of(self._data, self._size))


def thumbnail(path: str, size: QSize) -> QImage:
    """The picture so small that it fills ``size`` (device px); a null image for what cannot be shown."""
    try:
        if Path(path).stat().st_size > MAX_IMAGE_BYTES:
            return QImage()
    except (OSError, ValueError):
        return QImage()
    return _read(QImageReader(path), size)


def thumbnail_of(data: bytes, size: QSize) -> QImage:
    """The same of a picture that is in memory."""
    held = QBuffer()
    held.setData(QByteArray(data))
    held.open(QIODevice.OpenModeFlag.ReadOnly)
    return _read(QImageReader(held), size)


def _read(reader: QImageReader, size: QSize) -> QImage:
    reader.setAutoTransform(True)
    whole = reader.size()
    if not whole.isValid() or max(whole.width(), whole.height()) > MAX_SIDE_PX:
        return QImage()
    reader.setScaledSize(whole.scaled(size, Qt.AspectRatioMode.KeepAspectRatioByExpanding).expandedTo(QSize(1, 1)))
    return reader.read()


class Thumbnails(QObject):
    """``done`` carries the path, or the name of what is in memory, and the picture; in the GUI thread."""

    done = Signal(str, QImage)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._signals = _Signals(self)
        self._signals.done.connect(self.done)

    def ask(self, path: str, size: QSize) -> None:
        """Read one; returns at once."""
        self._pool.start(_Job(path, None, size, self._signals))

    def ask_of(self, name: str, data: bytes, size: QSize) -> None:
        """Read what is in memory; returns at once."""
        self._pool.start(_Job(name, data, size, self._signals))

    def close(self) -> None:
        """Wait for what is being read."""
        self._pool.waitForDone(JOIN_MS)
