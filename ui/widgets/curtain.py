"""Uncovers a new page in bands, each by a turn of the event loop: painted at once it would hold the window up. GUI
thread; owned by the stack of pages."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, QRect, Qt, QTimer
from PySide6.QtWidgets import QWidget

from ui.widgets.pieces import NEXT_TURN_MS

BAND_PX = 100
LATEST_MS = 50
"""Longer than that nobody is to see half of two pages: on a machine that is so slow the rest is painted at once."""


class Curtain(QObject):
    """Lies over an area and paints nothing: what was seen there stays to be seen until the band before it is gone.

    It takes no clicks, and is gone some 30 ms after it came, at the latest with the next turn after LATEST_MS. ``lift``
    before the area is painted into a picture, as there is nothing in a picture that could stay.
    """

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self._bands: list[QWidget] = []
        self._left: list[QWidget] = []
        """From the lowest to the next one."""
        self._down = QElapsedTimer()
        self._turn = QTimer(self)
        self._turn.setInterval(NEXT_TURN_MS)
        self._turn.timeout.connect(self._uncover)

    @property
    def is_down(self) -> bool:
        """Whether something is still covered."""
        return bool(self._left)

    def drop(self) -> None:
        """Cover the area from its second band on; uncovering begins with the next turn."""
        self.lift()
        if not self._owner.isVisible():
            return
        width_px, height_px = self._owner.width(), self._owner.height()
        for number, top_px in enumerate(range(BAND_PX, height_px, BAND_PX)):
            if number == len(self._bands):
                self._bands.append(self._make())
            band = self._bands[number]
            band.setGeometry(QRect(0, top_px, width_px, min(BAND_PX, height_px - top_px)))
            band.raise_()
            band.show()
            self._left.insert(0, band)
        if self._left:
            self._down.start()
            self._turn.start()

    def lift(self) -> None:
        """Uncover what is left at once."""
        self._turn.stop()
        for band in self._left:
            band.hide()
        self._left.clear()

    def _make(self) -> QWidget:
        band = QWidget(self._owner)
        band.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        band.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        band.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        return band

    def _uncover(self) -> None:
        if self._down.hasExpired(LATEST_MS):
            self.lift()
            return
        band = self._left.pop()
        if not self._left:
            self._turn.stop()
        band.hide()
        # now, not when the system asks for the next picture: then the bands would be seen one after the other
        self._owner.repaint(band.geometry())
