"""The questions below the picture: each a card, one of them in the programme. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from app.i18n import Translator
from app.usecases.room_wishes import AnswerQuestion, DeleteQuestion, HideQuestion, ShowQuestion
from ui.presenters.questions import QuestionCardView, QuestionsView
from ui.theme.apply import apply_tokens, set_look
from ui.theme.tokens import Tokens
from ui.views.base import View
from ui.widgets.basics import Elided, column, label, row

HEIGHT_PX, CARD_PX, LEAST_CARD_PX, GAP_PX = 138, 92, 232, 12

Act = type[ShowQuestion] | type[HideQuestion] | type[AnswerQuestion] | type[DeleteQuestion]


class QuestionCard(View):
    """Draws QuestionCardView."""

    def __init__(self, question_id: str) -> None:
        super().__init__(f"question.{question_id}", kind="tile")
        self._view: QuestionCardView | None = None
        self._tr = Translator()
        layout = column(self, margins=(12, 9, 12, 9), gap=5)
        self.head = Elided(f"question.{question_id}.head", type_="12", tone="2")
        self.text = Elided(f"question.{question_id}.text")
        layout.addWidget(self.head)
        layout.addWidget(self.text)
        line = row(gap=8)
        self.show_button = self.button(f"question.{question_id}.show", "questions.show", kind="small")
        self.answer = self.button(f"question.{question_id}.answer", "questions.answer", kind="small")
        self.delete = self.button(f"question.{question_id}.delete", "questions.delete", kind="icon", icon_name="close",
                                  icon_px=14)  # fmt: skip
        line.addWidget(self.show_button)
        line.addWidget(self.answer)
        line.addStretch(1)
        line.addWidget(self.delete)
        layout.addLayout(line)
        self.show_button.clicked.connect(self._turn)
        self.answer.clicked.connect(lambda: self._ask(AnswerQuestion))
        self.delete.clicked.connect(lambda: self._ask(DeleteQuestion))

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr, self._view = tr, None

    def draw(self, view: QuestionCardView) -> None:
        """Show this question."""
        if view == self._view:
            return
        self._view = view
        self.head.setText(view.head)
        self.text.setText(view.text)
        self.text.setAccessibleName(f"{view.head} {view.text}")
        set_look(self, kind="tile-on" if view.is_on_screen else "tile")
        set_look(self.show_button, kind="small-on" if view.is_on_screen else "small")
        text = self._tr.text("questions.hide" if view.is_on_screen else "questions.show")
        self.show_button.setText(text)
        self.show_button.setAccessibleName(text)
        for button in (self.show_button, self.answer, self.delete):
            button.setVisible(view.can_act)

    def _turn(self) -> None:
        if self._view is not None:
            self._ask(HideQuestion if self._view.is_on_screen else ShowQuestion)

    def _ask(self, kind: Act) -> None:
        """While something is under way a click does nothing. Disabled, the button would hand the keyboard to another
        question's."""
        if self._view is not None and not self._view.is_busy:
            self.wished.emit(kind(self._view.id))


class QuestionsStrip(View):
    """Draws QuestionsView; goes sideways where there are more than fit."""

    def __init__(self) -> None:
        super().__init__("questions", kind="card")
        self._tr = Translator()
        self._tokens: Tokens | None = None
        self._view: QuestionsView | None = None
        self.cards: dict[str, QuestionCard] = {}
        self.setFixedHeight(HEIGHT_PX)
        layout = column(self, margins=(14, 9, 14, 8), gap=6)
        head = row(gap=6)
        title = label("questions.title", type_="13b")
        self.texts.bind(title.setText, "questions.title")
        self.count = label("questions.count", type_="13b", tone="3")
        self.hint = Elided("questions.hint", type_="12", tone="3")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(title)
        head.addWidget(self.count)
        head.addWidget(self.hint, 1)
        layout.addLayout(head)
        self.area = QScrollArea()
        self.area.setObjectName("questions.area")
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.named(self.area, "questions.title")
        inner = QWidget()
        self._line = row(inner, gap=GAP_PX)
        self._line.addStretch(1)
        self.area.setWidget(inner)
        layout.addWidget(self.area, 1)
        self.hide()

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr, self._view = tr, None
        for card in self.cards.values():
            card.retranslate(tr)

    def draw(self, view: QuestionsView) -> None:
        """Show these questions."""
        if view == self._view:
            return
        self._view = view
        self.count.setText(view.count)
        self.hint.setText(view.refusal or view.hint)
        set_look(self.hint, tone="warn" if view.refusal else "3")
        known = {one.id for one in view.cards}
        left = self._focused_place(known)
        for gone in [one for one in self.cards if one not in known]:
            card = self.cards.pop(gone)
            self._line.removeWidget(card)
            card.deleteLater()
        for at, one in enumerate(view.cards):
            card = self.cards.get(one.id) or self._make(one.id)
            if self._line.indexOf(card) != at:
                self._line.insertWidget(at, card)
            card.draw(one)
        self._size_cards()
        if left >= 0 and view.cards:
            neighbour = self.cards[view.cards[min(left, len(view.cards) - 1)].id]
            neighbour.show_button.setFocus()
            self.area.ensureWidgetVisible(neighbour)

    def _focused_place(self, known: set[str]) -> int:
        """Where the card that goes and has the keyboard stands; -1: none does."""
        focused = self.window().focusWidget()
        if focused is None:
            return -1
        return next(
            (
                self._line.indexOf(card)
                for question_id, card in self.cards.items()
                if question_id not in known and card.isAncestorOf(focused)
            ),
            -1,
        )

    def _make(self, question_id: str) -> QuestionCard:
        card = self.cards[question_id] = QuestionCard(question_id)
        card.retranslate(self._tr)
        card.wished.connect(self.wished)
        if self._tokens is not None:
            apply_tokens(card, self._tokens)
        return card

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._size_cards()

    def _size_cards(self) -> None:
        """As many side by side as there is room for, at most three."""
        room_px = self.width() - 30
        across = max(1, min(3, (room_px + GAP_PX) // (LEAST_CARD_PX + GAP_PX)))
        width_px = (room_px - (across - 1) * GAP_PX) // across
        for card in self.cards.values():
            card.setFixedSize(width_px, CARD_PX)
