"""The columns beside the text: contents and documents at the left, changes and my record at the right. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from app.i18n import Translator
from app.usecases.wishes import ReadDocument
from ui.presenters.reader import AcceptedRow, KindRow, ReaderView
from ui.views.base import View
from ui.views.reader.contents import ROW_PX, EntryList
from ui.widgets.basics import Button, column, label, rule

LEFT_PX, RIGHT_PX = 230, 260


class LeftSide(View):
    """Contents of the text, the other documents, customer service. ``entry_asked`` carries a block."""

    entry_asked = Signal(int)

    def __init__(self) -> None:
        super().__init__("reader.left", ground="nav")
        self.setFixedWidth(LEFT_PX)
        layout = column(self, margins=(0, 14, 0, 14), gap=4)
        self.contents = EntryList("reader.contents")
        self.named(self.contents, "reader.contents")
        self.contents.entry_asked.connect(self.entry_asked)
        layout.addWidget(self.contents, 1)
        layout.addWidget(rule())
        head = label("reader.documents_head", type_="12", tone="3")
        head.setContentsMargins(16, 6, 16, 0)
        self.texts.bind(head.setText, "reader.documents")
        layout.addWidget(head)
        self._kinds = column(margins=(6, 0, 6, 0), gap=0)
        layout.addLayout(self._kinds)
        self._rows: tuple[KindRow, ...] = ()
        layout.addWidget(rule())
        contact = label("reader.contact_head", type_="12", tone="3")
        contact.setContentsMargins(16, 6, 16, 0)
        self.texts.bind(contact.setText, "reader.contact")
        self.contact = label("reader.contact", type_="12", tone="2", wraps=True)
        self.contact.setContentsMargins(16, 0, 16, 0)
        layout.addWidget(contact)
        layout.addWidget(self.contact)

    def draw(self, view: ReaderView) -> None:
        """Show this state."""
        self.contents.draw(view.contents)
        self.contact.setText(view.contact)
        if view.kinds == self._rows:
            return
        self._rows = view.kinds
        _empty(self._kinds)
        for one in view.kinds:
            button = Button(f"reader.kind.{one.kind.value}", kind="nav")
            button.setCheckable(True)
            button.setChecked(one.is_open)
            button.setText(f"{one.title}  ●" if one.needs_acceptance else one.title)
            button.setAccessibleName(one.title)
            button.clicked.connect(lambda _=False, kind=one.kind: self.wished.emit(ReadDocument(kind)))
            self._kinds.addWidget(button)


class RightSide(View):
    """What this version changes, and what I accepted. ``entry_asked`` carries a place in the comparison."""

    entry_asked = Signal(int)

    def __init__(self) -> None:
        super().__init__("reader.right", ground="side")
        self.setFixedWidth(RIGHT_PX)
        outer = column(self)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setObjectName("reader.right_area")
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        layout = column(inner, margins=(18, 18, 18, 18), gap=6)
        head = label("reader.changed_head", type_="13b")
        self.texts.bind(head.setText, "reader.what_changed")
        layout.addWidget(head)
        self.counts = label("reader.counts", type_="12", tone="2", wraps=True)
        layout.addWidget(self.counts)
        self._summary = column(gap=6)
        layout.addLayout(self._summary)
        self._lines: tuple[str, ...] | None = None
        self.changes = EntryList("reader.changes")
        self.named(self.changes, "reader.what_changed")
        self.changes.entry_asked.connect(self.entry_asked)
        layout.addWidget(self.changes)
        layout.addSpacing(6)
        layout.addWidget(rule())
        layout.addSpacing(6)
        mine = label("reader.accepted_head", type_="13b")
        self.texts.bind(mine.setText, "reader.my_acceptances")
        layout.addWidget(mine)
        self.nothing = label("reader.no_acceptances", type_="12", tone="3", wraps=True)
        self.texts.bind(self.nothing.setText, "reader.no_acceptances")
        layout.addWidget(self.nothing)
        self._accepted = column(gap=0)
        layout.addLayout(self._accepted)
        self._rows: tuple[AcceptedRow, ...] = ()
        layout.addStretch(1)
        area.setWidget(inner)
        outer.addWidget(area)
        self._tr = Translator()

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr, self._lines = tr, None

    def draw(self, view: ReaderView) -> None:
        """Show this state."""
        self.changes.draw(view.changes)
        self.changes.setFixedHeight(min(12, len(view.changes)) * ROW_PX)
        self.changes.setVisible(bool(view.changes))
        if view.counts:
            self.counts.setText(view.counts)
        elif not view.can_compare:
            self.counts.setText(self._tr.text("reader.first_version") if view.opened is not None else "")
        else:
            self.counts.setText(self._tr.text("reader.see_changes"))
        self._draw_summary(view.summary)
        self.nothing.setVisible(not view.accepted and view.opened is not None)
        if view.accepted != self._rows:
            self._rows = view.accepted
            _empty(self._accepted)
            for one in view.accepted:
                button = Button(f"reader.accepted.{one.number}", kind="link")
                button.setText(one.text)
                button.setAccessibleName(one.text)
                wish = ReadDocument(one.kind, one.number)
                button.clicked.connect(lambda _=False, wished=wish: self.wished.emit(wished))
                self._accepted.addWidget(button)

    def _draw_summary(self, lines: tuple[str, ...]) -> None:
        if lines == self._lines:
            return
        self._lines = lines
        _empty(self._summary)
        for number, text in enumerate(lines, 1):
            line: QLabel = label(f"reader.summary.{number}", type_="12", wraps=True)
            line.setText(f"{number}. {text}")
            self._summary.addWidget(line)


def _empty(layout: QVBoxLayout) -> None:
    """Take away all widgets of a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.setParent(None)
            widget.deleteLater()
