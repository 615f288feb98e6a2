"""The line to search the text with: hits counted, next and previous, Escape closes. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from app.i18n import Translator
from ui.views.base import View
from ui.widgets.basics import label, row


class SearchBar(View):
    """``needle_changed``: what is searched for; ``step_asked``: +1 the next hit, −1 the one before."""

    needle_changed = Signal(str)
    step_asked = Signal(int)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__("reader.search_bar", ground="panel-head")
        self.setFixedHeight(48)
        line = row(self, margins=(20, 0, 12, 0), gap=8)
        self.input = QLineEdit()
        self.input.setObjectName("reader.search")
        self.input.setMaxLength(60)
        self.input.setMaximumWidth(320)
        self.texts.bind(self.input.setPlaceholderText, "reader.search_hint")
        self.named(self.input, "reader.search_hint")
        self.input.textChanged.connect(self.needle_changed)
        self.count = label("reader.search_count", type_="12", tone="2")
        self.previous = self.button("reader.search_previous", "reader.search_previous", kind="small")
        self.next = self.button("reader.search_next", "reader.search_next", kind="small")
        close = self.button("reader.search_close", "reader.search_close", kind="icon", icon_name="close")
        self.previous.clicked.connect(lambda: self.step_asked.emit(-1))
        self.next.clicked.connect(lambda: self.step_asked.emit(1))
        close.clicked.connect(self.closed)
        line.addWidget(self.input, 1)
        line.addWidget(self.count)
        line.addWidget(self.previous)
        line.addWidget(self.next)
        line.addStretch(1)
        line.addWidget(close)
        self.hide()

    def open(self) -> None:
        self.show()
        self.input.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.input.selectAll()

    def draw(self, place: int, count: int, tr: Translator) -> None:
        """``place`` counts from 0; −1: nothing is searched for."""
        is_asked = bool(self.input.text().strip())
        if not is_asked:
            self.count.clear()
        elif count == 0:
            self.count.setText(tr.text("reader.search_none"))
        else:
            self.count.setText(tr.text("reader.search_count", place=place + 1, count=count))
        self.previous.setEnabled(count > 0)
        self.next.setEnabled(count > 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.step_asked.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        else:
            super().keyPressEvent(event)
