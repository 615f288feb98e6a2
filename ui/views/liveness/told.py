"""How far it has come, and what became of it: a title, a sentence, what to do. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from app.i18n import Translator
from ui.presenters.liveness_told import ToldView
from ui.views.base import View
from ui.views.liveness.pieces import Painted
from ui.views.prepare.status import BADGE_PX, StatusBadge
from ui.widgets.basics import Button, column, label, row

BAR_PX, BAR_WIDTH_PX = 6, 420


class ProgressBar(Painted):
    """Filled as far as it has come; the words beside it say it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(BAR_PX)
        self.setMaximumWidth(BAR_WIDTH_PX)
        self.ratio = 0.0

    def sizeHint(self) -> QSize:
        return QSize(BAR_WIDTH_PX, BAR_PX)

    def show_ratio(self, ratio: float) -> None:
        if ratio != self.ratio:
            self.ratio = ratio
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.tokens.line))
        painter.drawRoundedRect(QRectF(self.rect()), BAR_PX / 2, BAR_PX / 2)
        if self.ratio > 0:
            painter.setBrush(QColor(self.tokens.accent))
            filled_px = max(BAR_PX, self.width() * self.ratio)
            painter.drawRoundedRect(QRectF(0, 0, filled_px, BAR_PX), BAR_PX / 2, BAR_PX / 2)
        painter.end()


class ToldPanel(View):
    """Draws ToldView. ``offered`` carries the action of the button that was pressed."""

    offered = Signal(str)

    def __init__(self) -> None:
        super().__init__("liveness.told")
        self._view: ToldView | None = None
        outer = column(self, margins=(0, 8, 0, 0))
        head = row(gap=14)
        self.badge = StatusBadge()
        head.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignTop)
        words = column(gap=6)
        self.title = label("liveness.told.title", type_="h1", wraps=True)
        self.title.setMinimumHeight(BADGE_PX - 8)
        self.title.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        self.text = label("liveness.told.text", wraps=True)
        self.bar = ProgressBar("liveness.told.bar")
        self.percent = label("liveness.told.percent", type_="12", tone="2")
        self.note = label("liveness.told.note", type_="12", tone="2", wraps=True)
        for part in (self.title, self.text, self.bar, self.percent, self.note):
            words.addWidget(part)
        head.addLayout(words, 1)
        outer.addLayout(head)
        outer.addSpacing(20)
        buttons = row(margins=(BADGE_PX + 14, 0, 0, 0), gap=10)
        self.main = Button("liveness.told.main", kind="primary")
        self.second = Button("liveness.told.second")
        self.third = Button("liveness.told.third", kind="ghost")
        for number, button in enumerate((self.main, self.second, self.third)):
            button.clicked.connect(lambda _=False, at=number: self._take(at))
            buttons.addWidget(button)
        buttons.addStretch(1)
        outer.addLayout(buttons)
        outer.addStretch(1)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._view = None

    def draw(self, view: ToldView) -> None:
        """Show this state."""
        if view == self._view:
            return
        self._view = view
        self.badge.show_icon(view.icon, view.tone)
        self.title.setText(view.title)
        self.setAccessibleName(view.title)
        self.setAccessibleDescription(view.text)
        self.text.setText(view.text)
        self.note.setText(view.note)
        self.note.setVisible(bool(view.note))
        self.bar.setVisible(view.progress is not None)
        self.bar.show_ratio(view.progress or 0.0)
        self.bar.setAccessibleName(view.progress_text)
        self.percent.setText(view.progress_text)
        self.percent.setVisible(bool(view.progress_text))
        offers = (view.main, view.second, view.third)
        for button, offer in zip((self.main, self.second, self.third), offers, strict=True):
            button.setVisible(offer is not None)
            if offer is not None:
                button.setText(offer.label)
                button.setAccessibleName(offer.label)

    def focus_first(self) -> None:
        """Give the keyboard to its first button; where there is none, to what is told, so that it can be read."""
        (next((one for one in (self.main, self.second, self.third) if not one.isHidden()), None) or self).setFocus()

    def _take(self, at: int) -> None:
        view = self._view
        offer = (view.main, view.second, view.third)[at] if view is not None else None
        if offer is not None:
            self.offered.emit(offer.action)
