"""Beside list, month and form: the sessions of a day, and the chosen one. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.i18n import Translator
from ui.presenters.schedule import MonthView, ScheduleView
from ui.presenters.schedule_entry import EntryRow
from ui.views.base import View
from ui.views.schedule.detail import DetailCard
from ui.views.schedule.listing import EntryList
from ui.widgets.basics import column, label, rule
from ui.widgets.scroll import scrolled

DAY_LIST_PX = 320
"""The list of a day takes no more height than this."""


class SideColumn(View):
    """``chosen`` and ``opened`` carry the id of a session of the day; ``plan_asked``: plan on the day."""

    chosen = Signal(str)
    opened = Signal(str)
    plan_asked = Signal()

    def __init__(self) -> None:
        super().__init__("schedule.side", ground="side")
        self._tr = Translator()
        area, layout = scrolled("schedule.side_area", margins=(20, 16, 20, 20))
        column(self).addWidget(area)
        self.day_box = QWidget()
        day = column(self.day_box, gap=6)
        self.day_title = label("schedule.day_title", type_="13b", wraps=True)
        self.day_empty = label("schedule.day_empty", tone="2", wraps=True)
        self.list = EntryList("schedule.day_list")
        self.named(self.list, "schedule.title")
        self.list.chosen.connect(self.chosen)
        self.list.taken.connect(self.opened)
        self.plan = self.button("schedule.plan_day", "schedule.plan_day")
        self.plan.clicked.connect(self.plan_asked)
        for part in (self.day_title, self.day_empty, self.list):
            day.addWidget(part)
        day.addSpacing(4)
        day.addWidget(self.plan)
        self._rule = rule()
        day.addSpacing(14)
        day.addWidget(self._rule)
        day.addSpacing(14)
        layout.addWidget(self.day_box)
        self.detail = DetailCard()
        layout.addWidget(self.detail)
        layout.addStretch(1)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self.detail.retranslate(tr)

    def draw(self, view: ScheduleView) -> None:
        """Beside the list or the month."""
        chosen = view.detail.session_id if view.detail is not None else ""
        if view.month is not None:
            self._draw_day(view.month, chosen, can_plan=view.can_plan and view.month.can_plan)
        self.day_box.setVisible(view.month is not None)
        self._rule.setVisible(view.detail is not None)
        self.detail.setVisible(view.detail is not None)
        if view.detail is not None:
            self.detail.draw(view.detail)

    def draw_others(self, title: str, rows: tuple[EntryRow, ...]) -> None:
        """Beside the form: what else is planned on its day."""
        self._say_day(title, "" if rows else self._tr.text("plan.no_others"), rows, "")
        self.plan.hide()
        self._rule.hide()
        self.day_box.show()
        self.detail.hide()

    def _draw_day(self, month: MonthView, chosen: str, *, can_plan: bool) -> None:
        self._say_day(month.day_title, month.day_empty, month.day_rows, chosen)
        self.plan.setVisible(can_plan)

    def _say_day(self, title: str, empty: str, rows: tuple[EntryRow, ...], chosen: str) -> None:
        self.day_title.setText(title)
        self.day_empty.setText(empty)
        self.day_empty.setVisible(bool(empty))
        self.list.draw(rows, chosen)
        self.list.setVisible(bool(rows))
        self.list.setFixedHeight(min(DAY_LIST_PX, self.list.content_px() + 2))
