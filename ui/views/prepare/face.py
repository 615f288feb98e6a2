"""Asking for a face check by an operator: how, and when it would suit. GUI thread."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.domain.face_check import MANUAL_METHODS, FaceMethod
from app.i18n import Translator
from app.usecases.wishes import AskFaceCheck
from ui.presenters.identity import FaceFormView, slot_text, slots
from ui.views.base import View
from ui.views.prepare.fields import FieldBox
from ui.widgets.basics import Combo, column, label, row
from ui.widgets.segmented import Segmented

DAY_PX, TIME_PX = 240, 140


class FaceField(StrEnum):
    """The two questions."""

    METHOD = "method"
    TIME = "time"


class FaceCard(View):
    """Draws FaceFormView. ``closed``: the person does not ask after all."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__("face")
        self._view: FaceFormView | None = None
        outer = column(self, gap=20)
        self.intro = label("face.intro", tone="2", wraps=True)
        self.texts.bind(self.intro.setText, "face.intro")
        outer.addWidget(self.intro)
        self.method = Segmented("face.method_choice", tuple(one.value for one in MANUAL_METHODS))
        self.named(self.method, "face.method")
        self.method.show_value(FaceMethod.LIVE_CALL.value)
        self.method.chosen.connect(lambda _: self._draw_hint())
        self.day, self.time = Combo("face.day"), Combo("face.time")
        self.named(self.day, "face.day")
        self.named(self.time, "face.time_of_day")
        self.day.setFixedWidth(DAY_PX)
        self.time.setFixedWidth(TIME_PX)
        self.day.currentIndexChanged.connect(lambda _: self._fill_times())
        times = QWidget()
        across = row(times, gap=8)
        across.addWidget(self.day)
        across.addWidget(self.time)
        across.addStretch(1)
        method = FieldBox(
            FaceField.METHOD, self.method, self.texts,
            name_id="face.method", form="face", hint_id="face.method_hint.live_call", is_needed=False,
        )  # fmt: skip
        self.hint = method.hint
        when = FieldBox(
            FaceField.TIME, times, self.texts,
            name_id="face.when", form="face", hint_id="face.when_hint", stop=self.day, is_needed=False,
        )  # fmt: skip
        for part in (method, when):
            outer.addWidget(part)
        buttons = row(gap=10)
        self.ask = self.button("face.ask", "face.ask", kind="primary")
        self.ask.clicked.connect(self._ask)
        self.stay = self.button("face.stay", "prepare.back")
        self.stay.clicked.connect(self.closed)
        buttons.addWidget(self.ask)
        buttons.addWidget(self.stay)
        buttons.addStretch(1)
        outer.addLayout(buttons)
        self._tr = Translator()
        self._moments: tuple[datetime, ...] = ()

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self._draw_hint()

    def draw(self, view: FaceFormView) -> None:
        """Show this state; what was chosen stays as far as it is offered still."""
        before, self._view = self._view, view
        self.method.set_labels(dict(view.methods))
        if before is None or view.days != before.days or view.now != before.now:
            chosen, at = self.day.currentData(), self._chosen()
            self.day.blockSignals(True)
            self.day.clear()
            for value, text in view.days:
                self.day.addItem(text, value)
            self.day.setCurrentIndex(max(0, self.day.findData(chosen)))
            self.day.blockSignals(False)
            self._fill_times(at)
        self.ask.setText(view.label)
        self.ask.setAccessibleName(view.label)
        if self.ask.hasFocus() and view.is_asking:
            self.method.focus()  # else the keyboard would go to another part
        self.ask.setEnabled(not view.is_asking)
        self._draw_hint()

    def _draw_hint(self) -> None:
        self.hint.setText(self._tr.text(f"face.method_hint.{self.method.value() or FaceMethod.LIVE_CALL.value}"))

    def _fill_times(self, chosen: datetime | None = None) -> None:
        """The times of the day; ``chosen`` stays while it is offered, else it is the earliest."""
        day, view = str(self.day.currentData() or ""), self._view
        self._moments = slots(date.fromisoformat(day), view.now) if day and view is not None else ()
        self.time.clear()
        for moment in self._moments:
            self.time.addItem(slot_text(moment))
        if chosen in self._moments:
            self.time.setCurrentIndex(self._moments.index(chosen))
        self.time.setVisible(bool(day))

    def _chosen(self) -> datetime | None:
        """UTC; None for any time."""
        at = self.time.currentIndex()
        return self._moments[at] if 0 <= at < len(self._moments) else None

    def _ask(self) -> None:
        self.wished.emit(AskFaceCheck(FaceMethod(self.method.value()), self._chosen()))

    def focus_first(self) -> None:
        """Give the keyboard to the first choice."""
        self.method.focus()
