"""Painted marks: the pill, the toggle, the brand's logo, avatars."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ui.theme.icons import pixmap
from ui.theme.tokens import DARK, Tokens

_PILL_TONES = {
    "neutral": ("pill", "text_2"),
    "air": ("on_air_fill", "on_fill"),
    "good": ("good_soft", "good"),
    "warn": ("warn_soft", "warn"),
    "bad": ("on_air_soft", "bad"),
    "accent": ("accent_soft", "accent"),
}


class Pill(QWidget):
    """A short word on a rounded ground with a dot or an icon beside it: never told by colour alone."""

    HEIGHT_PX = 24

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._text, self._tone, self._mark = "", "neutral", ""
        self._tokens: Tokens = DARK

    @property
    def text(self) -> str:
        return self._text

    @property
    def tone(self) -> str:
        return self._tone

    def show_text(self, text: str, tone: str = "neutral", mark: str = "") -> None:
        """``mark``: empty, ``dot`` or the name of an icon."""
        if (text, tone, mark) == (self._text, self._tone, self._mark):
            return
        self._text, self._tone, self._mark = text, tone, mark
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def sizeHint(self) -> QSize:
        mark_px = {"": 0, "dot": 14}.get(self._mark, 20)
        self.ensurePolished()
        return QSize(self._metrics_width() + 20 + mark_px, self.HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _pill_font(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(12)
        font.setWeight(QFont.Weight.DemiBold if self._tone == "air" else QFont.Weight.Normal)
        return font

    def _metrics_width(self) -> int:
        return round(QFontMetricsF(self._pill_font()).horizontalAdvance(self._text) + 0.5)

    def paintEvent(self, event: QPaintEvent) -> None:
        ground, ink = (getattr(self._tokens, name) for name in _PILL_TONES[self._tone])
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(QRectF(self.rect()), 12, 12)
        left = 10.0
        if self._mark == "dot":
            painter.setBrush(QColor(ink))
            painter.drawEllipse(QRectF(left, self.height() / 2 - 4, 8, 8))
            left += 14
        elif self._mark:
            painter.drawPixmap(
                QPointF(left, (self.height() - 14) / 2), pixmap(self._mark, ink, 14, self.devicePixelRatioF())
            )
            left += 20
        painter.setPen(QColor(ink))
        painter.setFont(self._pill_font())
        area = QRectF(left, 0, self.width() - left, self.height())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), self._text)
        painter.end()


class Toggle(QAbstractButton):
    """On or off; space and Enter switch it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedSize(36, 24)
        self._tokens: Tokens = DARK

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isEnabled() else 0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.accent_fill if self.isChecked() else tokens.text_3))
        painter.drawRoundedRect(QRectF(0, 2, 36, 20), 10, 10)
        painter.setBrush(QColor("#FFFFFF"))
        painter.drawEllipse(QRectF(18 if self.isChecked() else 2, 4, 16, 16))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.text), 2))
            painter.drawRoundedRect(QRectF(1, 3, 34, 18), 9, 9)
        painter.end()


class Logo(QWidget):
    """The brand's sign on its gradient."""

    def __init__(self, size_px: int) -> None:
        super().__init__()
        self.setFixedSize(size_px, size_px)
        self._mark = ""

    def set_mark(self, mark: str) -> None:
        """The character on it."""
        self._mark = mark
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QLinearGradient(0, 0, self.width(), self.height())
        ground.setColorAt(0, QColor(DARK.brand_from))
        ground.setColorAt(1, QColor(DARK.brand_to))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()), 10, 10)
        font = QFont(self.font())
        font.setPixelSize(13)
        font.setWeight(QFont.Weight.Bold)
        painter.setFont(font)
        painter.setPen(QColor(DARK.on_fill))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self._mark)
        painter.end()


def paint_avatar(painter: QPainter, area: QRectF, initial: str, colour: str, font: QFont) -> None:
    """A round avatar with the first character of a name."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(area)
    initial_font = QFont(font)
    initial_font.setPixelSize(12)
    painter.setFont(initial_font)
    painter.setPen(QColor(DARK.on_fill))
    painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), initial)
    painter.restore()
