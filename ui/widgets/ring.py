"""A ring that is filled as far as a score goes, with the number in it; and the round mark of a check. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ui.theme.icons import pixmap
from ui.theme.tokens import DARK, Tokens

RING_PX, STROKE_PX = 82, 8
MARK_PX, MARK_ICON_PX = 24, 14
_INKS = {
    "good": ("good", "good_soft"), "warn": ("warn", "warn_soft"), "bad": ("warn", "warn_soft"),
    "neutral": ("text_3", "raised"),
}  # fmt: skip
_ICONS = {"good": "check", "warn": "warn", "bad": "warn", "neutral": "clock"}
_TURN = 5760
"""Qt counts angles in sixteenths of a degree."""


class Ring(QWidget):
    """Filled clockwise from the top."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFixedSize(RING_PX, RING_PX)
        self._shown = ("", 0.0, "neutral")
        self._tokens: Tokens = DARK

    @property
    def text(self) -> str:
        return self._shown[0]

    @property
    def tone(self) -> str:
        return self._shown[2]

    def show_score(self, number: str, ratio: float, tone: str) -> None:
        """``ratio`` 0 … 1; ``tone`` good, warn, bad, accent or neutral. The same again costs nothing."""
        shown = (number, round(min(1.0, max(0.0, ratio)), 3), tone)
        if shown != self._shown:
            self._shown = shown
            self.update()

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(RING_PX, RING_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        number, ratio, tone = self._shown
        tokens = self._tokens
        ink = {
            "good": tokens.good, "warn": tokens.warn, "bad": tokens.bad, "accent": tokens.accent,
        }.get(tone, tokens.text_3)  # fmt: skip
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inset = STROKE_PX / 2 + 0.5
        area = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.setPen(QPen(QColor(tokens.line), STROKE_PX))
        painter.drawEllipse(area)
        if ratio > 0:
            painter.setPen(QPen(QColor(ink), STROKE_PX, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawArc(area, _TURN // 4, -round(_TURN * ratio))
        font = QFont(self.font())
        font.setPixelSize(22)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(tokens.text if number else tokens.text_3))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), number or "…")
        painter.end()


class Mark(QWidget):
    """The round icon before a check; its shape says what its colour says."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFixedSize(MARK_PX, MARK_PX)
        self.tone = "neutral"
        self._tokens: Tokens = DARK

    def show_tone(self, tone: str) -> None:
        """good, warn, bad or neutral."""
        if tone != self.tone:
            self.tone = tone
            self.update()

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        ink, ground = (getattr(self._tokens, name) for name in _INKS[self.tone])
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        # what is serious is filled: told apart from what is only worth a look without a second colour
        is_filled = self.tone == "bad"
        painter.setBrush(QColor(ink if is_filled else ground))
        painter.drawEllipse(QRectF(self.rect()))
        drawn = pixmap(
            _ICONS[self.tone], self._tokens.surface if is_filled else ink, MARK_ICON_PX, self.devicePixelRatioF()
        )
        at = (MARK_PX - MARK_ICON_PX) / 2
        painter.drawPixmap(QPointF(at, at), drawn)
        painter.end()
