"""The form for one session. GUI thread.

The fields are filled when a session is opened in it, and then by the person alone: a state that comes while they type
changes neither text nor cursor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from app.contract.rest import Category
from app.contract.schedule import Entry
from app.domain.images import ImagePurpose
from app.domain.schedule import MAX_INDUSTRY_CHARS, MAX_POSITION_CHARS, MAX_TITLE_CHARS, ScheduleField
from app.i18n import Translator
from app.usecases.wishes import SavePlan
from ui.presenters.china_times import china
from ui.presenters.plan_form import (
    STEP_MIN,
    Draft,
    PlanFormView,
    activity_facts,
    activity_of,
    draft_of,
    ends_text,
    faults_before_sending,
    overlap_text,
    plan_of,
)
from ui.views.base import View
from ui.views.images import ImageRow
from ui.views.prepare.fields import FieldBox
from ui.views.schedule.conflict import ConflictStrip
from ui.widgets.basics import Combo, box, column, label, row
from ui.widgets.checks import CheckLine
from ui.widgets.facts import Facts
from ui.widgets.thumbs import Thumbnails
from ui.widgets.trouble import TroubleLine

DAY_PX, TIME_PX, LENGTH_PX, FACTS = 280, 76, 200, 4
_TIME = (ScheduleField.STARTS_AT, ScheduleField.LENGTH)
_FIXED = (ScheduleField.TITLE, ScheduleField.CATEGORY, *_TIME)
"""What an official activity gives."""


class PlanCard(View):
    """Draws PlanFormView; ``conflict`` stands above it and ``foot`` below, where they do not scroll away.

    ``left``: the person goes back; ``day_changed``: another day stands in the field.
    """

    left = Signal()
    day_changed = Signal()

    def __init__(self) -> None:
        super().__init__("plan")
        self._tr = Translator()
        self._view: PlanFormView | None = None
        self.entry_id = ""
        self._base_revision = 0
        self._answered = self._begun = 0
        """Answers so far: those from before the form was opened are of another."""
        self._is_filling = False
        self._told: set[ScheduleField] = set()
        """Fields with a fault of the service that were not changed since."""
        self._own: dict[ScheduleField, str] = {}
        """Faults that were seen here when it was to be sent."""
        self.thumbnails = Thumbnails(self)
        self.fields: dict[ScheduleField, FieldBox] = {}
        outer = column(self, gap=18)
        self.conflict = ConflictStrip()
        self.conflict.theirs_taken.connect(self._use_theirs)
        self.conflict.mine_taken.connect(self._use_mine)
        self._build_fields()
        self.facts = Facts("plan", FACTS, name_px=96, kind="tile", margins=(16, 12, 16, 12))
        order = (self.fields[ScheduleField.ACTIVITY], self.facts, self.fields[ScheduleField.TITLE])
        for part in (*order, *self._pair(ScheduleField.CATEGORY), *self._rest()):
            outer.addWidget(part)
        self.foot = self._build_foot()

    # ---- building --------------------------------------------------------------------------------

    def _build_foot(self) -> QWidget:
        foot = box("plan.foot", ground="foot")
        line = row(foot, margins=(48, 12, 20, 12), gap=10)
        self.save = self.button("plan.save", "plan.submit", kind="primary")
        self.save.clicked.connect(self._save)
        self.back = self.button("plan.back", "plan.back")
        self.back.clicked.connect(self.left)
        self.trouble = TroubleLine("plan.trouble")
        self.trouble.acted.connect(lambda action: self._save() if action == "retry" else self.acted.emit(action))
        line.addWidget(self.save)
        line.addWidget(self.back)
        line.addWidget(self.trouble, 1)
        line.addStretch(0)
        return foot

    def _line(self, field: ScheduleField, max_chars: int) -> QLineEdit:
        made = QLineEdit()
        made.setObjectName(f"plan.{field.value}.field")
        made.setMaxLength(max_chars)
        self.named(made, f"plan.{field.value}")
        if field is not ScheduleField.TITLE:
            self.texts.bind(made.setPlaceholderText, f"plan.{field.value}_hint")
        else:
            self.texts.bind(made.setPlaceholderText, "plan.title_hint")
        made.textEdited.connect(lambda _: self._edited(field))
        return made

    def _combo(self, name: str, message_id: str, width_px: int, field: ScheduleField) -> Combo:
        made = Combo(name)
        self.named(made, message_id)
        if width_px:
            made.setFixedWidth(width_px)
        made.setMaxVisibleItems(14)
        made.currentIndexChanged.connect(lambda _: self._edited(field))
        return made

    def _box(
        self, field: ScheduleField, control: QWidget, *, is_needed: bool, stop: QWidget | None = None, hint: str = ""
    ) -> None:
        self.fields[field] = FieldBox(
            field, control, self.texts, name_id=f"plan.{field.value}", form="plan", hint_id=hint, stop=stop,
            is_needed=is_needed,
        )  # fmt: skip

    def _build_fields(self) -> None:
        self.title = self._line(ScheduleField.TITLE, MAX_TITLE_CHARS)
        self.industry = self._line(ScheduleField.INDUSTRY, MAX_INDUSTRY_CHARS)
        self.position = self._line(ScheduleField.POSITION, MAX_POSITION_CHARS)
        self.activity = self._combo("plan.activity", "plan.activity_id", 0, ScheduleField.ACTIVITY)
        self.category = self._combo("plan.category", "plan.category", 0, ScheduleField.CATEGORY)
        self.day = self._combo("plan.day", "plan.day", DAY_PX, ScheduleField.STARTS_AT)
        self.hour = self._combo("plan.hour", "plan.hour", TIME_PX, ScheduleField.STARTS_AT)
        self.minute = self._combo("plan.minute", "plan.minute", TIME_PX, ScheduleField.STARTS_AT)
        self.length = self._combo("plan.length", "plan.length_min", LENGTH_PX, ScheduleField.LENGTH)
        self._fill(self.hour, ((f"{hour:02d}", f"{hour:02d}") for hour in range(24)))
        times, colon = QWidget(), QLabel(":")
        line = row(times, gap=6)
        self.zone = label("plan.zone", tone="2")
        for part in (self.day, self.hour, colon, self.minute):
            line.addWidget(part)
        line.addSpacing(4)
        line.addWidget(self.zone, 1)
        lengths = QWidget()
        line = row(lengths, gap=10)
        self.ends = label("plan.ends", tone="2")
        line.addWidget(self.length)
        line.addWidget(self.ends, 1)
        self.cover = ImageRow("plan.cover", ImagePurpose.COVER, self.thumbnails, name_id="plan.cover_image_id")
        self.cover.wished.connect(self.wished)
        self.uses_cover = CheckLine("plan.uses_cover")
        covers = QWidget()
        stack = column(covers, gap=8)
        stack.addWidget(self.cover)
        stack.addWidget(self.uses_cover)
        self.replay, self.guests = CheckLine("plan.is_replay_on"), CheckLine("plan.allows_guests")
        for check, message_id in (
            (self.uses_cover, "plan.uses_cover"),
            (self.replay, "plan.is_replay_on"),
            (self.guests, "plan.allows_guests"),
        ):
            self.texts.bind(check.set_text, message_id)
        self.uses_cover.toggled.connect(lambda _: self._edited(ScheduleField.COVER))
        self._box(ScheduleField.ACTIVITY, self.activity, is_needed=False, hint="plan.activity_hint")
        self._box(ScheduleField.TITLE, self.title, is_needed=True)
        self._box(ScheduleField.CATEGORY, self.category, is_needed=True)
        self._box(ScheduleField.INDUSTRY, self.industry, is_needed=False)
        self._box(ScheduleField.POSITION, self.position, is_needed=False)
        self._box(ScheduleField.STARTS_AT, times, is_needed=True, stop=self.day)
        self._box(ScheduleField.LENGTH, lengths, is_needed=True, stop=self.length)
        self._box(ScheduleField.COVER, covers, is_needed=False, stop=self.cover.choose, hint="plan.cover_hint")

    def _pair(self, first: ScheduleField) -> tuple[QWidget, ...]:
        """The category alone; industry and position side by side."""
        work = QWidget()
        line = row(work, gap=16)
        for field in (ScheduleField.INDUSTRY, ScheduleField.POSITION):
            line.addWidget(self.fields[field], 1, Qt.AlignmentFlag.AlignTop)
        return self.fields[first], work

    def _rest(self) -> tuple[QWidget, ...]:
        options = QWidget()
        checks = column(options, gap=10)
        checks.addWidget(self.replay)
        checks.addWidget(self.guests)
        return *(self.fields[one] for one in (*_TIME, ScheduleField.COVER)), options

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self.cover.retranslate(tr)
        self.conflict.retranslate(tr)
        if self._view is not None:
            self._draw_choices(self._view, is_new=True)

    # ---- opening ---------------------------------------------------------------------------------

    def open_new(self, draft: Draft, view: PlanFormView) -> None:
        """A new session, with these values in the fields."""
        self._begin("", 0, draft, view)

    def open_entry(self, entry: Entry, view: PlanFormView) -> None:
        """Change a session that is planned."""
        self._begin(entry.session.id, entry.revision, draft_of(entry), view)

    def _begin(self, entry_id: str, revision: int, draft: Draft, view: PlanFormView) -> None:
        self.entry_id, self._base_revision = entry_id, revision
        self._told, self._own, self._answered = set(), {}, view.answered
        self._begun = view.answered
        self._put(draft, view)

    def _put(self, draft: Draft, view: PlanFormView) -> None:
        self._is_filling = True
        self._view = view
        self.title.setText(draft.title)
        self.industry.setText(draft.industry)
        self.position.setText(draft.position)
        self._fill(self.category, view.categories)
        self._fill(self.day, view.days)
        self._fill(self.length, view.lengths)
        self._fill(self.activity, view.activities)
        hour, _, minute = draft.time.partition(":")
        minutes = sorted({*range(0, 60, STEP_MIN), int(minute)})
        self._fill(self.minute, ((f"{one:02d}", f"{one:02d}") for one in minutes))
        for combo, value in (
            (self.category, draft.category), (self.day, draft.day), (self.hour, hour), (self.minute, minute),
            (self.length, draft.length_min), (self.activity, draft.activity_id),
        ):  # fmt: skip
            combo.setCurrentIndex(combo.place_of(value))
        for check, is_on in (
            (self.uses_cover, draft.uses_cover), (self.replay, draft.is_replay_on), (self.guests, draft.allows_guests),
        ):  # fmt: skip
            check.box.setChecked(is_on)
        self._is_filling = False
        self.draw(view)

    @staticmethod
    def _fill(combo: Combo, choices: Iterable[tuple[Any, str]]) -> None:
        combo.clear()
        for value, text in choices:
            combo.addItem(text, value)

    def draft(self) -> Draft:
        """What stands in the fields."""
        return Draft(
            title=self.title.text(),
            category=Category(self.category.currentData() or Category.EXPERIENCE),
            industry=self.industry.text(),
            position=self.position.text(),
            day=self.day.currentData() or date.min,
            time=f"{self.hour.currentData()}:{self.minute.currentData()}",
            length_min=int(self.length.currentData() or 0),
            uses_cover=self.uses_cover.box.isChecked(),
            is_replay_on=self.replay.box.isChecked(),
            allows_guests=self.guests.box.isChecked(),
            activity_id=str(self.activity.currentData() or ""),
        )

    def day_of_plan(self) -> date:
        """The day in Asia/Shanghai on which it begins, also where an official activity says so."""
        draft, view = self.draft(), self._view
        activity = activity_of(view.desk, draft, self.entry_id) if view is not None else None
        return china(activity.starts_at).date() if activity is not None else draft.day

    # ---- drawing ---------------------------------------------------------------------------------

    def draw(self, view: PlanFormView) -> None:
        """Show this state; what stands in the fields stays."""
        before, self._view = self._view, view
        if before is not None:
            self._draw_choices(view, is_new=view.days != before.days or view.categories != before.categories)
        if view.answered != self._answered:
            self._answered = view.answered
            self._told, self._own = set(view.faults), {}
            if view.faults and self.isVisible():
                self._place_of(next(one for one in ScheduleField if one in view.faults)).focus()
        self.zone.setText(view.zone)
        is_of_this = view.answered > self._begun
        theirs = view.desk.conflict
        is_newer = theirs is not None and theirs.revision > self._base_revision
        self.conflict.show_text(view.conflict if is_newer and is_of_this and not view.is_saving else "")
        self.trouble.draw(view.trouble if is_of_this else None)
        self.save.setText(view.label)
        self.save.setAccessibleName(view.label)
        if self.save.hasFocus() and view.is_saving:
            self.focus_first()  # else the keyboard would go to another part
        self.save.setEnabled(not view.is_saving)
        self.back.setEnabled(not view.is_saving)  # its answer would be another form's
        self.cover.draw(view.image)
        self.uses_cover.setVisible(bool(view.cover_id))
        self.fields[ScheduleField.ACTIVITY].setVisible(self.activity.count() > 1)
        self._draw_fixed()
        self._draw_times()

    def _draw_choices(self, view: PlanFormView, *, is_new: bool) -> None:
        """Another day, language or scope offers other choices; what was chosen stays chosen."""
        combos = (
            (self.category, view.categories), (self.day, view.days), (self.length, view.lengths),
            (self.activity, view.activities),
        )  # fmt: skip
        for combo, choices in combos:
            known = tuple((combo.itemData(at), combo.itemText(at)) for at in range(combo.count()))
            if is_new or combo is self.activity:
                if known == tuple(choices):
                    continue
                chosen, self._is_filling = combo.currentData(), True
                offered = [value for value, _ in choices]
                # What is offered no more stays chosen, with the way back to none: nobody is moved to another day.
                kept = [one for one in known if one[0] in (chosen, "") and one[0] not in offered]
                self._fill(combo, (*kept, *choices) if chosen not in offered else choices)
                combo.setCurrentIndex(combo.place_of(chosen))
                self._is_filling = False

    def _draw_fixed(self) -> None:
        view = self._view
        if view is None:
            return
        activity = activity_of(view.desk, self.draft(), self.entry_id)
        facts = activity_facts(activity, view.now, self._tr) if activity is not None else ()
        self.facts.draw(facts)
        for field in _FIXED:
            self.fields[field].setVisible(not facts)

    def _place_of(self, field: ScheduleField) -> FieldBox:
        """Where a fault stands: what an official activity fixes has no field of its own."""
        is_fixed = field in _FIXED and bool(self.activity.currentData())
        return self.fields[ScheduleField.ACTIVITY if is_fixed else field]

    def _draw_times(self) -> None:
        """The end, and what is wrong with any field."""
        view = self._view
        if view is None or self.day.count() == 0:
            return
        draft = self.draft()
        self.ends.setText(ends_text(draft, self._tr))
        said = {self._place_of(field): text for field, text in view.faults.items() if field in self._told}
        said |= {self._place_of(field): text for field, text in self._own.items()}
        for made in self.fields.values():
            made.show_fault(said.get(made, ""))
        started = self.fields[ScheduleField.STARTS_AT]
        if not started.fault.text() and activity_of(view.desk, draft, self.entry_id) is None:
            # An overlap is seen while the time is being chosen.
            started.show_fault(overlap_text(draft, view, self.entry_id, self._tr))

    def _edited(self, field: ScheduleField) -> None:
        if self._is_filling:
            return
        # what was said of the time holds for start and length together
        for one in _TIME if field in _TIME else (field,):
            self._told.discard(one)
            self._own.pop(one, None)
        if field is ScheduleField.ACTIVITY:
            self._told, self._own = set(), {}
            self._draw_fixed()
        self._draw_times()
        if field in (ScheduleField.STARTS_AT, ScheduleField.ACTIVITY):
            self.day_changed.emit()

    # ---- sending ---------------------------------------------------------------------------------

    def _save(self) -> None:
        view = self._view
        if view is None or view.is_saving:
            return
        draft = self.draft()
        activity = activity_of(view.desk, draft, self.entry_id)
        self._own = faults_before_sending(draft, view, self.entry_id, activity, self._tr)
        self._told = set()
        self._draw_times()
        if self._own:
            self._place_of(next(one for one in ScheduleField if one in self._own)).focus()
            return
        self.wished.emit(SavePlan(self.entry_id, self._base_revision, plan_of(draft, view, activity, self.entry_id)))

    def _use_theirs(self) -> None:
        view = self._view
        theirs = view.desk.conflict if view is not None else None
        if view is not None and theirs is not None:
            self._begin(theirs.session.id, theirs.revision, draft_of(theirs), replace(view, conflict=""))

    def _use_mine(self) -> None:
        view = self._view
        theirs = view.desk.conflict if view is not None else None
        if theirs is not None:
            self._base_revision = theirs.revision
            self._save()

    def focus_first(self) -> None:
        """Give the keyboard to the first field."""
        first = self.title if self.title.isVisible() else self.industry
        first.setFocus(Qt.FocusReason.OtherFocusReason)
