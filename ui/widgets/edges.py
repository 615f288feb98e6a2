"""Round edges of what is painted many times a second: smooth curves are dear, so they are drawn once. GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

Draw = Callable[[QPainter, QRectF], None]


class Edge:
    """A frame with round corners in any size, from a small one: its corners are copied, its sides are drawn out.

    ``corner_px``: so far its corners reach, with all that is curved.
    """

    def __init__(self, corner_px: int) -> None:
        self._corner_px = corner_px
        self._small = QPixmap()
        self._drawn_for: Hashable = None

    def paint(self, painter: QPainter, area: QRect, draw: Draw, look: Hashable, pixel_ratio: float) -> None:
        """Around ``area``, which is larger than two corners. ``draw`` is asked anew when ``look`` is another one."""
        if self._drawn_for != (look, pixel_ratio):
            self._drawn_for = (look, pixel_ratio)
            self._small = self._draw(draw, pixel_ratio)
        corner = self._corner_px
        taken, end = round(corner * pixel_ratio), self._small.width() - round(corner * pixel_ratio)
        middle = self._small.width() // 2
        right, bottom = area.right() + 1 - corner, area.bottom() + 1 - corner
        for at_y, from_y in ((area.top(), 0), (bottom, end)):
            for at_x, from_x in ((area.left(), 0), (right, end)):
                painter.drawPixmap(at_x, at_y, self._small, from_x, from_y, taken, taken)
        across, down = area.width() - 2 * corner, area.height() - 2 * corner
        for at_y, from_y in ((area.top(), 0), (bottom, end)):
            target = QRect(area.left() + corner, at_y, across, corner)
            painter.drawPixmap(target, self._small, QRect(middle, from_y, 1, taken))
        for at_x, from_x in ((area.left(), 0), (right, end)):
            target = QRect(at_x, area.top() + corner, corner, down)
            painter.drawPixmap(target, self._small, QRect(from_x, middle, taken, 1))

    def _draw(self, draw: Draw, pixel_ratio: float) -> QPixmap:
        side_px = 2 * self._corner_px + 3
        made = QPixmap(QSize(side_px, side_px) * pixel_ratio)
        made.setDevicePixelRatio(pixel_ratio)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter, QRectF(0, 0, side_px, side_px))
        painter.end()
        return made
