"""The bar of acceptance at the foot: how much was read, decline, accept. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import Translator
from app.usecases.wishes import DeclineDocument
from ui.presenters.reader import BarView, read_line
from ui.theme.tokens import DARK, Tokens
from ui.views.base import View
from ui.views.sheets import Sheet
from ui.widgets.basics import label, row

BAR_PX = 60


class Progress(QWidget):
    """A thin line that fills."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFixedHeight(4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaximumWidth(220)
        self.ratio = 0.0
        self._tokens: Tokens = DARK

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def show_ratio(self, ratio: float) -> None:
        self.ratio = ratio
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(self.rect())
        for share, colour in ((1.0, self._tokens.line), (self.ratio, self._tokens.accent_fill)):
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(0, 0, whole.width() * share, whole.height()), 2, 2)
        painter.end()


class AcceptBar(View):
    """``accept_asked``; ``decline_asked``; ``unshown_asked``: go to what was skipped."""

    accept_asked = Signal()
    decline_asked = Signal()
    unshown_asked = Signal()

    def __init__(self) -> None:
        super().__init__("reader.bar", ground="foot")
        self.setFixedHeight(BAR_PX)
        line = row(self, margins=(20, 0, 20, 0), gap=12)
        self.text = label("reader.read", tone="2")
        self.progress = Progress("reader.progress")
        self.skipped = self.button("reader.go_unshown", "reader.go_unshown", kind="link")
        self.skipped.clicked.connect(self.unshown_asked)
        self.decline = self.button("reader.decline", "reader.decline")
        self.decline.clicked.connect(self.decline_asked)
        self.accept = self.button("reader.accept", "reader.accept", kind="primary")
        self.accept.clicked.connect(self.accept_asked)
        line.addWidget(self.text)
        line.addWidget(self.progress, 1)
        line.addWidget(self.skipped)
        line.addStretch(1)
        line.addWidget(self.decline)
        line.addWidget(self.accept)
        self._tr = Translator()

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr

    def draw(self, view: BarView, ratio: float, *, is_at_end: bool) -> None:
        """``ratio``: how much of the full text was on screen; who is at its end with less has skipped something."""
        self.text.setText(read_line(ratio, is_comparing=view.is_comparing, tr=self._tr))
        self.progress.show_ratio(ratio)
        self.skipped.setVisible(is_at_end and ratio < 1.0 and not view.is_comparing)
        self.accept.setEnabled(ratio >= 1.0 and not view.is_comparing and not view.is_accepting)
        self.accept.setText(view.accept_label)
        self.decline.setEnabled(not view.is_accepting)


class DeclineSheet(Sheet):
    """Asks once what declining means."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("decline", parent)
        self.add_title("reader.decline_title")
        text = label("decline.text", tone="2", wraps=True)
        self.texts.bind(text.setText, "reader.decline_text")
        self.inner.addWidget(text)
        buttons = self.add_buttons()
        self.stay = self.button("decline.stay", "reader.decline_stay", kind="primary")
        self.stay.clicked.connect(self.close_sheet)
        self.closed.connect(self.close_sheet)
        self.leave = self.button("decline.leave", "reader.decline")
        self.leave.clicked.connect(self._leave)
        buttons.addWidget(self.leave)
        buttons.addWidget(self.stay)

    def _leave(self) -> None:
        self.close_sheet()
        self.wished.emit(DeclineDocument())
