"""One session of the schedule with all that can be done with it. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.i18n import Translator
from app.usecases.wishes import CancelPlan
from ui.presenters.schedule_entry import DetailView
from ui.views.base import View
from ui.views.sheets import Sheet
from ui.widgets.basics import column, label, row
from ui.widgets.facts import Facts
from ui.widgets.marks import Pill

FACTS, NAME_PX = 14, 72


class DetailCard(View):
    """Draws DetailView. Each signal carries the id of the session."""

    start_asked = Signal(str)
    edit_asked = Signal(str)
    cancel_asked = Signal(str)
    export_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__("schedule.detail")
        self._view: DetailView | None = None
        self._tr = Translator()
        outer = column(self, gap=0)
        self.state = Pill("schedule.detail.state")
        outer.addWidget(self.state, 0, Qt.AlignmentFlag.AlignLeft)
        outer.addSpacing(8)
        self.title = label("schedule.detail.title", type_="h1", wraps=True)
        outer.addWidget(self.title)
        outer.addSpacing(14)
        self.facts = Facts("schedule.detail", FACTS, name_px=NAME_PX, gap=10)
        outer.addWidget(self.facts)
        self.note_box = QWidget()
        noted = column(self.note_box, margins=(0, 14, 0, 0), gap=4)
        note_name = label("schedule.note_name", type_="13b")
        self.texts.bind(note_name.setText, "schedule.note")
        self.note = label("schedule.note_text", tone="2", wraps=True)
        self.fixed = label("schedule.fixed_text", type_="12", tone="2", wraps=True)
        self.texts.bind(self.fixed.setText, "schedule.fixed")
        for part in (note_name, self.note, self.fixed):
            noted.addWidget(part)
        outer.addWidget(self.note_box)
        outer.addSpacing(18)
        self.start = self.button("schedule.start", "schedule.start", kind="primary")
        self.start.clicked.connect(lambda: self._tell(self.start_asked))
        self.hint = label("schedule.start_hint", type_="12", tone="2", wraps=True)
        self.edit = self.button("schedule.edit", "schedule.edit")
        self.edit.clicked.connect(lambda: self._tell(self.edit_asked))
        self.cancel = self.button("schedule.cancel", "schedule.cancel")
        self.cancel.clicked.connect(lambda: self._tell(self.cancel_asked))
        self.export = self.button("schedule.export_one", "schedule.export_one", kind="link")
        self.export.clicked.connect(lambda: self._tell(self.export_asked))
        outer.addWidget(self.start)
        outer.addSpacing(6)
        outer.addWidget(self.hint)
        outer.addSpacing(6)
        across = row(gap=8)
        across.addWidget(self.edit, 1)
        across.addWidget(self.cancel, 1)
        outer.addLayout(across)
        outer.addSpacing(8)
        outer.addWidget(self.export, 0, Qt.AlignmentFlag.AlignLeft)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        view, self._view = self._view, None
        if view is not None:
            self.draw(view)

    def draw(self, view: DetailView) -> None:
        """Show this session."""
        if view == self._view:
            return
        self._view = view
        self.state.show_text(view.state, view.tone, view.icon)
        self.state.setVisible(bool(view.state))
        self.title.setText(view.title)
        self.facts.draw(view.facts)
        self.note.setText(view.note)
        self.note_box.setVisible(bool(view.note))
        self._draw_buttons(view)

    def _draw_buttons(self, view: DetailView) -> None:
        self.start.setVisible(bool(view.start_label))
        self.start.setText(view.start_label)
        self.start.setAccessibleName(view.start_label)
        self.start.setEnabled(view.can_start)
        self.hint.setText(view.start_hint)
        self.hint.setVisible(bool(view.start_hint))
        self.edit.setVisible(view.can_edit)
        self.cancel.setVisible(view.can_cancel)
        self.cancel.setEnabled(not view.is_cancelling)
        self.cancel.setText(self._tr.text("schedule.cancelling" if view.is_cancelling else "schedule.cancel"))
        self.export.setVisible(view.can_export)

    def _tell(self, signal: object) -> None:
        if self._view is None:
            return
        if signal is self.start_asked and self._view.is_running:
            self.acted.emit("open_live")
        else:
            signal.emit(self._view.session_id)  # type: ignore[attr-defined]  # a bound signal has no type of its own


class CancelSheet(Sheet):
    """Asks before a session is taken off the schedule."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("cancel_plan", parent)
        self._session_id = ""
        self.add_title("schedule.cancel_title")
        self.text = label("cancel_plan.text", tone="2", wraps=True)
        self.inner.addWidget(self.text)
        buttons = self.add_buttons()
        self.keep = self.button("cancel_plan.keep", "schedule.keep")
        self.keep.clicked.connect(self.close_sheet)
        self.closed.connect(self.close_sheet)
        self.cancel = self.button("cancel_plan.cancel", "schedule.cancel", kind="stop")
        self.cancel.clicked.connect(self._cancel)
        buttons.addWidget(self.keep)
        buttons.addWidget(self.cancel)

    def start(self, session_id: str, text: str) -> None:
        """Ask; the harmless answer has the keyboard."""
        self._session_id = session_id
        self.text.setText(text)
        self.open(self.keep)

    @property
    def session_id(self) -> str:
        """What is asked about."""
        return self._session_id

    def _cancel(self) -> None:
        self.close_sheet()
        self.wished.emit(CancelPlan(self._session_id))
