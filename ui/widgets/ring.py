"""A ring that is filled as far as a score goes, with the number in it; and the round mark of a check. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPixmap
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
    """Filled clockwise from the top, on the ground of a card: what lies beneath is not painted with it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFixedSize(RING_PX, RING_PX)
        self._shown = ("", 0.0, "neutral")
        self._tokens: Tokens = DARK
        self._picture = QPixmap()
        self._painted_for: tuple[object, ...] = ()

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
            self._drawn()  # by the turn that brought it: what is painted with it takes long enough
            self.update()

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(RING_PX, RING_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn())
        painter.end()

    def _drawn(self) -> QPixmap:
        """Smooth curves are dear: painted once for what is shown."""
        pixel_ratio = self.devicePixelRatioF()
        wanted = (self._shown, self._tokens.name, pixel_ratio, self.font().family())
        if wanted != self._painted_for:
            self._painted_for = wanted
            self._picture = QPixmap(self.size() * pixel_ratio)
            self._picture.setDevicePixelRatio(pixel_ratio)
            self._picture.fill(QColor(self._tokens.surface))
            painter = QPainter(self._picture)
            self._paint(painter)
            painter.end()
        return self._picture

    def _paint(self, painter: QPainter) -> None:
        number, ratio, tone = self._shown
        tokens = self._tokens
        ink = {
            "good": tokens.good, "warn": tokens.warn, "bad": tokens.bad, "accent": tokens.accent,
        }.get(tone, tokens.text_3)  # fmt: skip
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


def paint_mark(painter: QPainter, at: tuple[int, int], tone: str, tokens: Tokens, pixel_ratio: float) -> None:
    """The round icon before a check, ``MARK_PX`` wide; its shape says what its colour says (good, warn, bad, neutral).

    ``at``: its upper left corner.
    """
    ink, ground = (getattr(tokens, name) for name in _INKS[tone])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    # what is serious is filled: told apart from what is only worth a look without a second colour
    is_filled = tone == "bad"
    painter.setBrush(QColor(ink if is_filled else ground))
    painter.drawEllipse(QRectF(*at, MARK_PX, MARK_PX))
    drawn = pixmap(_ICONS[tone], tokens.surface if is_filled else ink, MARK_ICON_PX, pixel_ratio)
    inset = (MARK_PX - MARK_ICON_PX) / 2
    painter.drawPixmap(QPointF(at[0] + inset, at[1] + inset), drawn)
    painter.restore()
