"""What a step is about and how it stands: title, sentence, facts, what the platform wrote, and buttons. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.presenters.prepare_status import Offer, StatusView
from ui.theme.icons import pixmap
from ui.theme.tokens import DARK, Tokens
from ui.views.base import View
from ui.widgets.basics import Button, column, label, row
from ui.widgets.facts import Facts

FACTS, NAME_PX, BADGE_PX = 4, 96, 40


class StatusBadge(QWidget):
    """The icon of a state on its ground."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(BADGE_PX, BADGE_PX)
        self._icon, self._tone = "document", "accent"
        self._tokens: Tokens = DARK

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def show_icon(self, icon: str, tone: str) -> None:
        """``tone``: accent, good, warn or bad."""
        self._icon, self._tone = icon, tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._tokens
        ground, ink = {
            "good": (tokens.good_soft, tokens.good),
            "warn": (tokens.warn_soft, tokens.warn),
            "bad": (tokens.on_air_soft, tokens.bad),
        }.get(self._tone, (tokens.accent_soft, tokens.accent))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawEllipse(QRectF(self.rect()))
        at = (BADGE_PX - 20) // 2
        painter.drawPixmap(at, at, pixmap(self._icon, ink, 20, self.devicePixelRatioF()))
        painter.end()


class StatusCard(View):
    """Draws StatusView."""

    def __init__(self) -> None:
        super().__init__("prepare.status")
        outer = column(self, margins=(0, 8, 0, 0), gap=0)
        head = row(gap=14)
        self.badge = StatusBadge()
        head.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignTop)
        words = column(gap=6)
        self.title = label("prepare.status.title", type_="h1", wraps=True)
        self.title.setMinimumHeight(BADGE_PX - 8)
        self.title.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        self.text = label("prepare.status.text", tone="2", wraps=True)
        words.addWidget(self.title)
        words.addWidget(self.text)
        head.addLayout(words, 1)
        outer.addLayout(head)
        outer.addSpacing(20)
        self.facts = Facts("prepare.status", FACTS, name_px=NAME_PX, kind="tile", margins=(16, 12, 16, 12))
        outer.addWidget(self.facts)
        self.note_box = QWidget()
        noted = column(self.note_box, margins=(0, 20, 0, 0), gap=4)
        name = label("prepare.status.note_name", type_="13b")
        self.texts.bind(name.setText, "prepare.comment")
        self.note = label("prepare.status.note", wraps=True)
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        noted.addWidget(name)
        noted.addWidget(self.note)
        outer.addWidget(self.note_box)
        outer.addSpacing(20)
        buttons = row(gap=10)
        self.main = Button("prepare.status.main", kind="primary")
        self.second = Button("prepare.status.second")
        self.main.clicked.connect(lambda: self._take(self._view.main if self._view is not None else None))
        self.second.clicked.connect(lambda: self._take(self._view.second if self._view is not None else None))
        buttons.addWidget(self.main)
        buttons.addWidget(self.second)
        buttons.addStretch(1)
        outer.addLayout(buttons)
        outer.addStretch(1)
        self._view: StatusView | None = None

    def draw(self, view: StatusView) -> None:
        """Show this state."""
        if view == self._view:
            return
        self._view = view
        self.badge.show_icon(view.icon, view.tone)
        self.title.setText(view.title)
        self.text.setText(view.text)
        self.facts.draw(view.facts)
        self.note.setText(view.note)
        self.note_box.setVisible(bool(view.note))
        for button, offer in ((self.main, view.main), (self.second, view.second)):
            button.setVisible(offer is not None)
            if offer is not None:
                button.setText(offer.label)
                button.setAccessibleName(offer.label)

    def _take(self, offer: Offer | None) -> None:
        if offer is not None and offer.wish is not None:
            self.wished.emit(offer.wish)
        elif offer is not None:
            self.acted.emit(offer.action)
