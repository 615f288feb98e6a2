"""One line of figures that changes several times a second: painting it anew moves nothing beside it. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme.tokens import DARK, Tokens


class Reading(QWidget):
    """As wide as there is room, cut with an ellipsis. A label would lay out its whole page with each new figure."""

    def __init__(self, name: str, *, size_px: int = 13, tone: str = "text_2") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._size_px, self._tone = size_px, tone
        self._text = ""
        self._tokens: Tokens = DARK

    def text(self) -> str:
        """What stands there."""
        return self._text

    def setText(self, text: str) -> None:
        """Show another text, in the same place."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(60, self._size_px + 7)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self._size_px + 7)

    def paintEvent(self, event: QPaintEvent) -> None:
        font = QFont(self.font())
        font.setPixelSize(self._size_px)
        text = QFontMetricsF(font).elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        is_cut = text != self._text
        if is_cut != bool(self.toolTip()):
            self.setToolTip(self._text if is_cut else "")
        painter = QPainter(self)
        painter.setFont(font)
        painter.setPen(getattr(self._tokens, self._tone))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
        painter.end()
