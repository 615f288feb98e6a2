"""A page below the messages: its title, and one card for each of what there is. GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent

from app.i18n import Translator
from app.usecases.wishes import Wish
from ui.presenters.common import TroubleView
from ui.theme.apply import apply_tokens
from ui.theme.tokens import Tokens
from ui.views.base import View
from ui.views.live_header import HEADER_PX
from ui.widgets.basics import box, column, label, row
from ui.widgets.scroll import scrolled
from ui.widgets.trouble import TroubleLine

COLUMN_PX = 760


class CardRow(Protocol):
    """What a card draws."""

    @property
    def id(self) -> str: ...


class CardsView(Protocol):
    """What is shown around the cards."""

    @property
    def rows(self) -> Sequence[CardRow]: ...
    @property
    def empty_text(self) -> str: ...
    @property
    def can_retry(self) -> bool: ...
    @property
    def trouble(self) -> TroubleView | None: ...


Card = TypeVar("Card", bound=View)


class CardPage(View, Generic[Card]):
    """``name`` begins the names of its parts and texts; ``load`` asks for all of it again. A card stays the same as
    long as there is something with its id, so that nothing typed into it is lost."""

    def __init__(self, name: str, make: Callable[[str], Card], load: Wish) -> None:
        super().__init__(name, ground="bg")
        self._make_card = make
        self._tr = Translator()
        self._tokens: Tokens | None = None
        self._wanted = ""
        self.cards: dict[str, Card] = {}
        outer = column(self)
        header = box(f"{name}.header", ground="header")
        header.setFixedHeight(HEADER_PX)
        self.header_line = row(header, margins=(12, 0, 20, 0), gap=14)
        self.back = self.button(f"{name}.back", f"{name}.back", kind="icon", icon_name="back")
        self.back.clicked.connect(lambda: self.acted.emit("messages"))
        title = label(f"{name}.title", type_="h1")
        self.texts.bind(title.setText, f"{name}.title")
        self.header_line.addWidget(self.back)
        self.header_line.addWidget(title)
        self.header_line.addStretch(1)
        outer.addWidget(header)
        self.area, inner = scrolled(f"{name}.area", margins=(20, 16, 20, 20))
        self.named(self.area, f"{name}.title")
        outer.addWidget(self.area, 1)
        middle = row()
        inner.addLayout(middle)
        inner.addStretch(1)
        self._column = column(gap=12)
        middle.addStretch(1)
        middle.addLayout(self._column, 100)
        middle.addStretch(1)
        self.trouble = TroubleLine(f"{name}.trouble", tone="warn")
        self.trouble.setMaximumWidth(COLUMN_PX)
        self.trouble.acted.connect(self.acted)
        self._column.addWidget(self.trouble)
        self.empty = label(f"{name}.empty", tone="3", wraps=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        outer.addWidget(self.empty, 1)
        self.retry = self.button(f"{name}.retry", "action.retry")
        self.retry.clicked.connect(lambda: self.wished.emit(load))
        outer.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addSpacing(20)

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        for card in self.cards.values():
            card.retranslate(tr)

    def arrange(self, view: CardsView) -> None:
        """The cards of this view, each in its place; what stands in them is drawn by who calls."""
        self.trouble.draw(view.trouble)
        self.empty.setText(view.empty_text)
        self.empty.setVisible(not view.rows)
        self.area.setVisible(bool(view.rows))
        self.retry.setVisible(view.can_retry)
        known = {one.id for one in view.rows}
        for gone in [one for one in self.cards if one not in known]:
            card = self.cards.pop(gone)
            self._column.removeWidget(card)
            card.deleteLater()
        for at, one in enumerate(view.rows):
            card = self.cards.get(one.id) or self._make(one.id)
            if self._column.indexOf(card) != at + 1:
                self._column.insertWidget(at + 1, card)
        QTimer.singleShot(0, self, self._fit)
        if self._wanted in self.cards:
            QTimer.singleShot(0, self, self._show_wanted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """A scroll area asks nobody how high long lines become: without this the cards would be squeezed."""
        inner = self.area.widget()
        layout = inner.layout() if inner is not None else None
        if inner is not None and layout is not None:
            layout.invalidate()
            inner.setMinimumHeight(max(0, layout.heightForWidth(self.area.viewport().width())))

    def _make(self, card_id: str) -> Card:
        card = self.cards[card_id] = self._make_card(card_id)
        card.setMaximumWidth(COLUMN_PX)
        card.retranslate(self._tr)
        card.wished.connect(self.wished)
        if self._tokens is not None:
            apply_tokens(card, self._tokens)
        return card

    def look_at(self, card_id: str) -> None:
        """Bring this one into view, as soon as it is here."""
        self._wanted = card_id

    def _show_wanted(self) -> None:
        card = self.cards.get(self._wanted)
        self._wanted = ""
        if card is not None:
            self.area.ensureWidgetVisible(card, 0, 40)

    def focus_first(self) -> None:
        self.back.setFocus()
