"""The month with its name and the buttons that turn it. GUI thread."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Signal

from app.i18n import Translator
from app.usecases.wishes import LoadSchedule
from ui.presenters.schedule import MonthView
from ui.views.base import View
from ui.views.schedule.month import MonthTable
from ui.widgets.basics import box, column, label, row


class MonthPanel(View):
    """Draws MonthView. ``chosen`` and ``opened`` carry a day; ``turned``: another month is to be shown."""

    chosen = Signal(object)
    opened = Signal(object)
    turned = Signal()

    def __init__(self) -> None:
        super().__init__("schedule.month_panel", ground="bg")
        self._view: MonthView | None = None
        self._tr = Translator()
        inner = column(self, margins=(20, 12, 20, 16), gap=10)
        line = row(gap=6)
        self.previous = self.button("schedule.previous", "schedule.previous", kind="icon", icon_name="back")
        self.following = self.button("schedule.following", "schedule.following", kind="icon", icon_name="forward")
        self.title = label("schedule.month_title", type_="15b")
        self.today = self.button("schedule.today", "schedule.today", kind="small")
        self.previous.clicked.connect(lambda: self._turn(-1))
        self.following.clicked.connect(lambda: self._turn(1))
        self.today.clicked.connect(self._turn_to_today)
        for part in (self.previous, self.following, self.title):
            line.addWidget(part)
        line.addStretch(1)
        line.addWidget(self.today)
        inner.addLayout(line)
        card = box("schedule.month_card", kind="card")
        self.table = MonthTable("schedule.month")
        self.named(self.table, "schedule.mode.month")
        self.table.chosen.connect(self.chosen)
        self.table.taken.connect(self.opened)
        column(card, margins=(1, 1, 1, 1)).addWidget(self.table)
        inner.addWidget(card, 1)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr

    def draw(self, view: MonthView) -> None:
        """Show this month."""
        self._view = view
        self.title.setText(view.title)
        self.today.setVisible((view.today.year, view.today.month) != (view.first.year, view.first.month))
        self.table.draw(view, self._tr.text("schedule.more", count="{count}"))

    def _turn(self, months: int) -> None:
        if self._view is not None:
            at = self._view.first.year * 12 + self._view.first.month - 1 + months
            self._go(date(at // 12, at % 12 + 1, 1))

    def _turn_to_today(self) -> None:
        if self._view is not None:
            self._go(self._view.today)

    def _go(self, day: date) -> None:
        self.turned.emit()
        self.wished.emit(LoadSchedule(day))
