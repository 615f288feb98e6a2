"""One line of figures that changes several times a second: painting it anew moves nothing beside it. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme.tokens import DARK, Tokens
from ui.widgets.laid_out import LaidOut, laid_out
from ui.widgets.tips import set_plain_tip


class Reading(QWidget):
    """As wide as there is room, cut with an ellipsis, on a ground of the tokens.

    A label would lay out its whole page with each new figure, and all that lies beneath would be painted with it.
    """

    def __init__(self, name: str, *, size_px: int = 13, tone: str = "text_2", ground: str = "surface") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._size_px, self._tone, self._ground = size_px, tone, ground
        self._text = ""
        self._words: LaidOut | None = None
        self._tokens: Tokens = DARK

    def text(self) -> str:
        """What stands there."""
        return self._text

    def setText(self, text: str) -> None:
        """Show another text, in the same place."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self._lay_out()
            self.update()

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(60, self._size_px + 7)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self._size_px + 7)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> LaidOut:
        words = laid_out(self._words, self._text, self.font(), self._size_px, most_px=self.width())
        if words is not self._words:
            self._words = words
            set_plain_tip(self, self._text if words.is_cut else "")
        return words

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(getattr(self._tokens, self._ground)))
        painter.setPen(getattr(self._tokens, self._tone))
        self._lay_out().paint(painter, 0, 0, self.height())
        painter.end()
