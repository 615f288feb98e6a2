"""The rules of the chat: slow mode, who may write, what is held, own words. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from app.contract.room import MAX_WORD_CHARS, ActionKind
from app.i18n import Translator
from ui.presenters.room_side import SLOW_CHOICES_S, RulesView, changed_rules, policy_values
from ui.presenters.room_words import act
from ui.views.base import View
from ui.widgets.basics import Button, Combo, column, label, row
from ui.widgets.flow import Flow
from ui.widgets.marks import Toggle
from ui.widgets.scroll import scrolled

EDGE_PX = 14


class RulesPanel(View):
    """Draws RulesView. Each change is asked for at once; what is shown is what the service says."""

    def __init__(self) -> None:
        super().__init__("rules")
        self._tr = Translator()
        self._view: RulesView | None = None
        self._asked_word = ""
        """Its field is emptied once it is among the others."""
        layout = column(self)
        area, inner = scrolled("rules.area", margins=(EDGE_PX, 12, EDGE_PX, 14))
        self.named(area, "room.rules")
        layout.addWidget(area, 1)
        inner.setSpacing(14)
        self.slow, self.contacts, self.words_policy = (
            Combo(f"rules.{name}") for name in ("slow", "contacts", "words_policy")
        )
        self.followers, self.pause = Toggle("rules.followers"), Toggle("rules.pause")
        for widget, message_id in (
            (self.slow, "room.rules.slow"), (self.followers, "room.rules.followers"), (self.pause, "room.rules.pause"),
            (self.contacts, "room.rules.contacts"), (self.words_policy, "room.rules.words"),
        ):  # fmt: skip
            line = row(gap=12)
            name = label(f"{widget.objectName()}.label", wraps=True)
            self.texts.bind(name.setText, message_id)
            self.named(widget, message_id)
            line.addWidget(name, 1)
            line.addWidget(widget)
            if isinstance(widget, Combo):
                widget.setFixedWidth(132)
            inner.addLayout(line)
        self.word = QLineEdit()
        self.word.setObjectName("rules.word")
        self.word.setMaxLength(MAX_WORD_CHARS)
        self.texts.bind(self.word.setPlaceholderText, "room.rules.word_hint")
        self.named(self.word, "room.rules.word_hint")
        self.add = self.button("rules.add_word", "room.rules.add", kind="small")
        entry = row(gap=8)
        entry.addWidget(self.word, 1)
        entry.addWidget(self.add)
        inner.addLayout(entry)
        self.words = QWidget()
        self._flow = Flow(self.words, gap_px=6)
        self._chips: dict[str, Button] = {}
        inner.addWidget(self.words)
        self.note = label("rules.note", type_="12", tone="3", wraps=True)
        self.texts.bind(self.note.setText, "room.rules.note")
        inner.addWidget(self.note)
        inner.addStretch(1)
        self._connect()

    def _connect(self) -> None:
        self.slow.activated.connect(lambda: self._change(slow_s=self.slow.currentData()))
        self.contacts.activated.connect(lambda: self._change(contacts=self.contacts.currentData()))
        self.words_policy.activated.connect(lambda: self._change(words=self.words_policy.currentData()))
        self.followers.clicked.connect(lambda is_on: self._change(followers_only=is_on))
        self.pause.clicked.connect(lambda is_on: self._change(is_paused=is_on))
        self.add.clicked.connect(self._add)
        self.word.returnPressed.connect(self._add)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr, self._view = tr, None
        self.slow.clear()
        for seconds in SLOW_CHOICES_S:
            self.slow.addItem(tr.text("room.slow", seconds=seconds) if seconds else tr.text("room.slow_off"), seconds)
        for combo in (self.contacts, self.words_policy):
            combo.clear()
            for value in policy_values():
                combo.addItem(tr.text(f"room.policy.{value}"), value)

    def draw(self, view: RulesView) -> None:
        """Show these rules; a word that is being typed stays."""
        if view == self._view:
            return
        before, self._view = self._view, view
        self._set_back(view)
        for widget in (self.slow, self.contacts, self.words_policy, self.followers, self.pause, self.word, self.add):
            widget.setEnabled(view.can_change)
        self._draw_words(view.words)
        # the service keeps it without what is not seen in it: it may not be letter by letter what was typed
        is_there = self._asked_word in view.words or (before is not None and set(view.words) > set(before.words))
        if self._asked_word and is_there:
            if self.word.text().strip() == self._asked_word:
                self.word.clear()
            self._asked_word = ""

    def _set_back(self, view: RulesView) -> None:
        """What is shown is what holds, whatever was clicked."""
        rules = view.rules
        if self.slow.findData(rules.slow_s) < 0:
            self.slow.addItem(self._tr.text("room.slow", seconds=rules.slow_s), rules.slow_s)
        self.slow.setCurrentIndex(self.slow.findData(rules.slow_s))
        self.contacts.setCurrentIndex(max(0, self.contacts.findData(rules.contacts.value)))
        self.words_policy.setCurrentIndex(max(0, self.words_policy.findData(rules.words.value)))
        self.followers.setChecked(rules.followers_only)
        self.pause.setChecked(rules.is_paused)

    def _draw_words(self, words: tuple[str, ...]) -> None:
        for word in [word for word in self._chips if word not in words]:
            chip = self._chips.pop(word)
            self._flow.removeWidget(chip)
            chip.deleteLater()
        for word in words:
            if word not in self._chips:
                chip = self._chips[word] = Button(f"rules.word.{len(self._chips)}", kind="small")
                chip.setText(f"{word}  ×")
                chip.clicked.connect(
                    lambda _=False, gone=word: self.wished.emit(act(ActionKind.REMOVE_WORD, word=gone))
                )
                self._flow.addWidget(chip)
            self._chips[word].setAccessibleName(self._tr.text("room.rules.remove_word", word=word))
        self.words.setVisible(bool(words))
        self.words.updateGeometry()

    def _change(self, **changes: object) -> None:
        if self._view is not None:
            wish = changed_rules(self._view, **changes)
            self._set_back(self._view)
            self.wished.emit(wish)

    def _add(self) -> None:
        word = self.word.text().strip()
        if word:
            self._asked_word = word
            self.wished.emit(act(ActionKind.ADD_WORD, word=word))

    def focus_first(self) -> None:
        self.slow.setFocus(Qt.FocusReason.OtherFocusReason)
