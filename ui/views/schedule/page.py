"""The page 排期: what is planned as a list or a month, one session beside it, and the form for one. GUI thread."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QStackedWidget, QWidget

from app.contract.schedule import Entry
from app.i18n import Translator
from app.usecases.schedule_state import CalendarFile
from app.usecases.wishes import ExportCalendar
from ui.presenters.plan_form import Draft, PlanFormView
from ui.presenters.schedule import Body, Look, Mode, ScheduleView, may_plan_on
from ui.presenters.schedule_entry import EntryRow
from ui.views.base import View
from ui.views.live_header import HEADER_PX
from ui.views.saved import SavedLine
from ui.views.schedule.editor import PlanCard
from ui.views.schedule.listing import EntryList
from ui.views.schedule.month_panel import MonthPanel
from ui.views.schedule.side import SideColumn
from ui.widgets.basics import Icon, box, column, label, row
from ui.widgets.marks import Pill
from ui.widgets.menus import ask_save, document_path
from ui.widgets.scroll import scrolled
from ui.widgets.segmented import Segmented
from ui.widgets.trouble import TroubleLine

SIDE_PX, NARROW_SIDE_PX, LIST_PX, FORM_PX = 340, 284, 860, 640
WIDE_PX = 1100
"""Width of the page from which the side is wide too."""
Others = tuple[str, tuple[EntryRow, ...]]
"""A title and the sessions under it."""


class SchedulePage(View):
    """Draws ScheduleView and PlanFormView. ``redraw_asked``: the person looks at something else; ``look`` says at what.

    ``start_asked`` and ``cancel_asked`` carry the id of a session; ``edit_asked`` too, or nothing for a new one.
    """

    redraw_asked = Signal()
    start_asked = Signal(str)
    cancel_asked = Signal(str)
    edit_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__("schedule", ground="bg")
        self.look = Look()
        self.is_editing = False
        self._tr = Translator()
        self._view: ScheduleView | None = None
        self._saved_number = 0
        self._file: CalendarFile | None = None
        outer = column(self)
        outer.addWidget(self._build_header())
        words = ("schedule.saving_file", "schedule.saved_as", "schedule.save_failed")
        self.saved = SavedLine("schedule", margin_px=20, words=words)
        self.trouble = TroubleLine("schedule.trouble", tone="warn")
        self.trouble.setContentsMargins(20, 10, 20, 10)
        body = row()
        outer.addWidget(self.saved)
        outer.addWidget(self.trouble)
        outer.addLayout(body, 1)
        self.list, self.month, self.plan, self.side = EntryList("schedule.list"), MonthPanel(), PlanCard(), SideColumn()
        self.named(self.list, "schedule.title")
        self.stack = QStackedWidget()
        self._bodies: dict[Body | None, QWidget] = {
            Body.NOTHING: self._build_nothing(),
            Body.LIST: self._build_list(),
            Body.MONTH: self.month,
            None: self._build_form(),
        }
        for part in self._bodies.values():
            self.stack.addWidget(part)
        body.addWidget(self.stack, 1)
        body.addWidget(self.side)
        self._connect()

    # ---- building --------------------------------------------------------------------------------

    def _build_header(self) -> QFrame:
        header = box("schedule.header", ground="header")
        header.setFixedHeight(HEADER_PX)
        line = row(header, margins=(20, 0, 20, 0), gap=14)
        self.title = label("schedule.head", type_="h1")
        self.zone = Pill("schedule.zone")
        self.mode = Segmented("schedule.mode", tuple(one.value for one in Mode))
        self.named(self.mode, "schedule.mode")
        self.export = self.button("schedule.export", "schedule.export", icon_name="download")
        self.new = self.button("schedule.plan", "schedule.plan", kind="primary")
        line.addWidget(self.title)
        line.addWidget(self.mode)
        line.addWidget(self.zone)
        line.addStretch(1)
        for part in (self.export, self.new):
            line.addWidget(part)
        return header

    def _build_nothing(self) -> QWidget:
        nothing = box("schedule.nothing", ground="bg")
        inner = column(nothing, margins=(40, 0, 40, 40), gap=8)
        self._mark = Icon("calendar", tone="text_3", size_px=40)
        self.empty_title = label("schedule.empty_title", type_="h1", wraps=True)
        self.empty = label("schedule.empty", tone="2", wraps=True)
        for words in (self.empty_title, self.empty):
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty_button = self.button("schedule.empty_action", "schedule.plan_first", kind="primary")
        inner.addStretch(2)
        inner.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignHCenter)
        inner.addSpacing(4)
        inner.addWidget(self.empty_title)
        inner.addWidget(self.empty)
        inner.addSpacing(8)
        inner.addWidget(self.empty_button, 0, Qt.AlignmentFlag.AlignHCenter)
        inner.addStretch(3)
        return nothing

    def _build_list(self) -> QWidget:
        ground = box("schedule.list_ground", ground="bg")
        middle = row(ground, margins=(20, 8, 20, 16))
        self.list.setMaximumWidth(LIST_PX)
        middle.addWidget(self.list, 1)
        return ground

    def _build_form(self) -> QWidget:
        ground = box("schedule.form_ground", ground="surface")
        self.form_area, inner = scrolled("schedule.form", margins=(48, 24, 48, 40))
        self.plan.setMaximumWidth(FORM_PX)
        inner.addWidget(self.plan)
        inner.addStretch(1)
        whole = column(ground)
        for part in (self.plan.conflict, self.form_area, self.plan.foot):
            whole.addWidget(part)
        return ground

    def _connect(self) -> None:
        self.trouble.acted.connect(self.acted)
        self.mode.chosen.connect(lambda value: self.look_at(Look(Mode(value), self.look.session_id)))
        self.export.clicked.connect(lambda: self.ask_file(""))
        self.new.clicked.connect(lambda: self.edit_asked.emit(""))
        self.empty_button.clicked.connect(self._act_on_empty)
        self.list.chosen.connect(lambda found: self.look_at(Look(Mode.LIST, found)))
        self.list.taken.connect(self._open)
        self.month.chosen.connect(lambda day: self.look_at(Look(Mode.MONTH, "", day)))
        self.month.opened.connect(self._plan_on)
        self.month.turned.connect(lambda: self.look_at(Look(Mode.MONTH)))
        self.plan.left.connect(self.leave_form)
        self.plan.day_changed.connect(self.redraw_asked)
        self.side.chosen.connect(self._choose_on_day)
        self.side.opened.connect(self._open)
        self.side.plan_asked.connect(lambda: self._plan_on(self.day))
        detail = self.side.detail
        detail.start_asked.connect(self.start_asked)
        detail.edit_asked.connect(self.edit_asked)
        detail.cancel_asked.connect(self.cancel_asked)
        detail.export_asked.connect(self.ask_file)
        for part in (self.plan, self.month, detail):
            part.wished.connect(self.wished)
            part.acted.connect(self.acted)

    # ---- looking ---------------------------------------------------------------------------------

    def look_at(self, look: Look) -> None:
        """Show another session, day or kind of view."""
        if look != self.look and not self.is_editing:
            self.look = look
            self.redraw_asked.emit()

    def look_at_session(self, session_id: str) -> None:
        """Show this one when the page is opened next. A form that is being filled in stays."""
        self.look = Look(Mode.LIST, session_id)

    def open_form(self, view: PlanFormView, filled: Draft | Entry) -> None:
        """Fill the form: with a new session's values, or with those of one that is planned."""
        self.is_editing = True
        if isinstance(filled, Draft):
            self.plan.open_new(filled, view)
        else:
            self.plan.open_entry(filled, view)
        self.form_area.verticalScrollBar().setValue(0)
        self.redraw_asked.emit()
        self.plan.focus_first()

    def leave_form(self) -> None:
        """Back to what is planned."""
        if self.is_editing:
            self.is_editing = False
            self.redraw_asked.emit()
            self.focus_first()

    def forget(self) -> None:
        """Another person may come: nothing that was typed stays."""
        self.look, self.is_editing = Look(), False

    @property
    def day(self) -> date | None:
        """The day that is chosen in the month."""
        month = self._view.month if self._view is not None else None
        return month.chosen if month is not None else None

    def _choose_on_day(self, session_id: str) -> None:
        # a list that is given the keyboard while it goes chooses its first row by itself
        if self.look.mode is Mode.MONTH:
            self.look_at(Look(Mode.MONTH, session_id, self.day))

    def _plan_on(self, day: date | None) -> None:
        """Plan on this day, where that is possible."""
        view = self._view
        if (
            day is None
            or view is None
            or view.month is None
            or not view.can_plan
            or not may_plan_on(day, view.month.today)
        ):
            return
        self.look = Look(Mode.MONTH, "", day)
        self.edit_asked.emit("")

    def _open(self, session_id: str) -> None:
        detail = self._view.detail if self._view is not None else None
        if detail is not None and detail.session_id == session_id and detail.can_edit:
            self.edit_asked.emit(session_id)

    def _act_on_empty(self) -> None:
        action = self._view.empty_action[1] if self._view is not None else ""
        if action == "plan":
            self.edit_asked.emit("")
        elif action:
            self.acted.emit(action)

    # ---- exporting -------------------------------------------------------------------------------

    def ask_file(self, session_id: str) -> None:
        """Ask where to write the calendar: of one session, or of all that is to come."""
        name = document_path(f"{self._tr.text('schedule.file_name')}.ics")
        title = self._tr.text("schedule.export")
        ask_save(self, title, name, "ics", lambda path: self.wished.emit(ExportCalendar(path, session_id)))

    def _draw_file(self, file: CalendarFile | None) -> None:
        if file is self._file:
            return
        self._file = file
        if file is None:
            self.saved.hide()
        elif file.is_done:
            self.saved.show_done(file.path, file.reason)
        else:
            self.saved.show_busy()

    # ---- drawing ---------------------------------------------------------------------------------

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self.mode.set_labels({one.value: tr.text(f"schedule.mode.{one.value}") for one in Mode})
        for part in (self.plan, self.month, self.side, self.saved):
            part.retranslate(tr)

    def focus_first(self) -> None:
        """Give the keyboard to what the page shows."""
        view = self._view
        if self.is_editing:
            self.plan.focus_first()
        elif view is not None and view.body is Body.MONTH:
            self.month.table.setFocus()
        elif view is not None and view.body is Body.LIST:
            self.list.setFocus()
        elif view is not None and view.empty_action[0]:
            self.empty_button.setFocus()
        else:
            self.mode.focus()

    def draw(self, view: ScheduleView, form: PlanFormView | None, others: Others, saved: tuple[int, str]) -> None:
        """Show this state; with ``form`` while it is filled in.

        ``others``: what else is planned on the day that stands in the form. ``saved``: how many plans were taken so
        far, and the session of the last; the form is left with it.
        """
        self._view = view
        if saved[0] != self._saved_number:
            was_editing, self._saved_number = self.is_editing, saved[0]
            if was_editing and saved[0]:
                self.look = Look(self.look.mode, saved[1], self.look.day)
                self.leave_form()
                return
        self._draw_header(view, form)
        self._draw_file(view.file)
        self.trouble.draw(None if self.is_editing else view.trouble)
        self._show_body(self._bodies[None if self.is_editing else view.body])
        self.side.setVisible(self.is_editing or view.body is not Body.NOTHING)
        if form is not None:
            self.plan.draw(form)
            self.side.draw_others(*others)
            return
        for words, text in ((self.empty_title, view.empty_title), (self.empty, view.empty_text)):
            words.setText(text)
            words.setVisible(bool(text))
        self._mark.setVisible(bool(view.empty_title))
        label_ = view.empty_action[0]
        self.empty_button.setText(label_)
        self.empty_button.setAccessibleName(label_)
        self.empty_button.setVisible(bool(label_))
        self.list.draw(view.rows, view.detail.session_id if view.detail is not None else "")
        if view.month is not None:
            self.month.draw(view.month)
        self.side.draw(view)

    def _show_body(self, shown: QWidget) -> None:
        """Where the keyboard lay in what goes, it is given to what comes."""
        before, focused = self.stack.currentWidget(), self.window().focusWidget()
        had_focus = before is not shown and before is not None and focused is not None and before.isAncestorOf(focused)
        self.stack.setCurrentWidget(shown)
        if had_focus and not self.is_editing:
            self.focus_first()

    def _draw_header(self, view: ScheduleView, form: PlanFormView | None) -> None:
        self.title.setText(form.title if form is not None else self._tr.text("schedule.title"))
        self.zone.show_text(view.zone, "neutral", "clock")
        self.zone.setVisible(bool(view.zone) and not self.is_editing)
        self.mode.show_value(view.mode.value)
        self.mode.setVisible(view.can_look and not self.is_editing)
        self.export.setVisible(view.can_export and not self.is_editing)
        self.new.setVisible(view.can_plan and not self.is_editing and view.body is not Body.NOTHING)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.side.setFixedWidth(SIDE_PX if self.width() >= WIDE_PX else NARROW_SIDE_PX)

    def shut(self) -> None:
        """Wait for what is being read."""
        self.plan.thumbnails.close()
