"""What the review looks at, what was done so far, and earlier applications. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import Translator
from ui.presenters.prepare import PrepareView
from ui.presenters.prepare_status import HistoryRow
from ui.views.base import View
from ui.widgets.basics import Button, Elided, column, label, row

TIME_PX = 82


class SideColumn(View):
    """``earlier_asked`` carries the id of an earlier application that is to be opened."""

    earlier_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__("prepare.side")
        self._tr = Translator()
        outer = column(self, gap=0)
        self.about_title = label("prepare.about_head", type_="13b")
        outer.addWidget(self.about_title)
        outer.addSpacing(8)
        self.about = label("prepare.about_text", tone="2", wraps=True)
        outer.addWidget(self.about)
        outer.addSpacing(20)
        self._progress, self._history = self._part("prepare.progress", outer)
        self._before, self._earlier = self._part("prepare.earlier", outer)
        self._shown: tuple[HistoryRow, ...] | None = None
        self._shown_earlier: tuple[HistoryRow, ...] | None = None

    def _head(self, message_id: str) -> QWidget:
        head = label(f"{message_id}_head", type_="13b")
        self.texts.bind(head.setText, message_id)
        return head

    def _part(self, message_id: str, outer: QVBoxLayout) -> tuple[QWidget, QVBoxLayout]:
        part = QWidget()
        inner = column(part, gap=0)
        inner.addWidget(self._head(message_id))
        inner.addSpacing(8)
        rows = column(gap=6)
        inner.addLayout(rows)
        inner.addSpacing(20)
        outer.addWidget(part)
        part.hide()
        return part, rows

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self._shown = self._shown_earlier = None

    def draw(self, view: PrepareView) -> None:
        """Show this state."""
        self.about_title.setText(view.about_title)
        self.about.setText(view.about)
        self._progress.setVisible(bool(view.history))
        self._before.setVisible(bool(view.earlier))
        if view.history != self._shown:
            self._shown = view.history
            self._fill(self._history, [self._line(number, one) for number, one in enumerate(view.history)])
        if view.earlier != self._shown_earlier:
            self._shown_earlier = view.earlier
            self._fill(self._earlier, [self._entry(number, one) for number, one in enumerate(view.earlier)])

    @staticmethod
    def _fill(rows: QVBoxLayout, made: list[QWidget]) -> None:
        while (item := rows.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for widget in made:
            rows.addWidget(widget)

    def _line(self, number: int, one: HistoryRow) -> QWidget:
        holder = QWidget()
        across = row(holder, gap=10)
        time = label(f"prepare.history.{number}.time", tone="2")
        time.setText(one.time)
        time.setFixedWidth(TIME_PX)
        across.addWidget(time, 0, Qt.AlignmentFlag.AlignTop)
        words = column(gap=2)
        text = label(f"prepare.history.{number}", wraps=True)
        text.setText(one.text)
        words.addWidget(text)
        if one.comment:
            comment = label(f"prepare.history.{number}.comment", type_="12", tone="2", wraps=True)
            comment.setText(one.comment)
            words.addWidget(comment)
        across.addLayout(words, 1)
        return holder

    def _entry(self, number: int, one: HistoryRow) -> QWidget:
        holder = QWidget()
        across = row(holder, gap=10)
        time = label(f"prepare.earlier.{number}.time", tone="2")
        time.setText(one.time)
        time.setFixedWidth(TIME_PX)
        text = Elided(f"prepare.earlier.{number}.text")
        text.setText(self._tr.text("prepare.earlier_line", kind=one.text, state=one.comment))
        button = Button(f"prepare.earlier.{number}", kind="link")
        button.setText(self._tr.text("prepare.open_earlier"))
        button.setAccessibleName(self._tr.text("prepare.open_named", date=one.time, kind=one.text, state=one.comment))
        button.clicked.connect(lambda _=False, found=one.id: self.earlier_asked.emit(found))
        across.addWidget(time)
        across.addWidget(text, 1)
        across.addWidget(button)
        return holder
