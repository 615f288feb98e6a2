"""Words that are shaped once and painted often: shaping Chinese text is the dearest part of painting it. GUI thread."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QStaticText, QTransform

_NONE_PX = -1


class LaidOut:
    """One line, cut with an ellipsis where it is longer than ``most_px``, or lines that wrap at ``wrap_px``.

    It never changes: several may share it.
    """

    def __init__(
        self, text: str, font: QFont, size_px: int, *, is_bold: bool = False, most_px: int = _NONE_PX,
        wrap_px: int = _NONE_PX,
    ) -> None:  # fmt: skip
        self.key = (text, font.family(), size_px, is_bold, most_px, wrap_px)
        self._font = QFont(font)
        self._font.setPixelSize(size_px)
        self._font.setWeight(QFont.Weight.DemiBold if is_bold else QFont.Weight.Normal)
        self._words = QStaticText()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setTextWidth(wrap_px)
        self.is_cut = False
        self.width_px = self.height_px = 0
        if text:
            self._fill(text)
            self.is_cut = 0 <= most_px < self._words.size().width()
            if self.is_cut:
                self._fill(QFontMetricsF(self._font).elidedText(text, Qt.TextElideMode.ElideRight, most_px))
            size = self._words.size()
            self.width_px, self.height_px = math.ceil(size.width()), math.ceil(size.height())

    def _fill(self, text: str) -> None:
        self._words.setText(text)
        self._words.prepare(QTransform(), self._font)

    def paint(self, painter: QPainter, left_px: int, top_px: int, band_px: int = 0) -> None:
        """In the painter's pen; with ``band_px`` in the middle of a band so high."""
        if self.height_px:
            inset_px = (band_px - self.height_px) // 2 if band_px else 0
            painter.setFont(self._font)
            painter.drawStaticText(QPointF(left_px, top_px + inset_px), self._words)


def laid_out(before: LaidOut | None, text: str, font: QFont, size_px: int, *, is_bold: bool = False,
             most_px: int = _NONE_PX, wrap_px: int = _NONE_PX) -> LaidOut:  # fmt: skip
    """The one before where it is the same, else a new one."""
    if before is not None and before.key == (text, font.family(), size_px, is_bold, most_px, wrap_px):
        return before
    return LaidOut(text, font, size_px, is_bold=is_bold, most_px=most_px, wrap_px=wrap_px)
