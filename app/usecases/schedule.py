"""The schedule (排期): loading, planning, changing, taking off, exporting. I/O loop.

Moments are UTC; what time it is the service says (``server_clock``). A plan whose answer was lost is sent again with
its key, so that it makes one session.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from app.contract.schedule import Entry, Plan
from app.domain.china_time import CHINA, moment_of
from app.domain.schedule import ScheduleField, month_days, span_of_day
from app.domain.session import SessionState
from app.errors import AppError, PlatformError, StorageError
from app.ports.platform import Platform
from app.usecases.context import Context
from app.usecases.request_key import RequestKey
from app.usecases.schedule_state import CalendarFile, ScheduleDesk
from app.usecases.scope import Reload, Scope
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase
from app.usecases.wishes import CancelPlan, ExportCalendar, LoadSchedule, SavePlan

_LOST = frozenset({"platform_timeout", "platform_unreachable"})
_FIELD_OF = {
    "schedule_overlap": ScheduleField.STARTS_AT,
    "out_of_scope": ScheduleField.CATEGORY,
    "activity_closed": ScheduleField.ACTIVITY,
}
_FIELD_NAMED = frozenset({"schedule_invalid", "text_refused", "input_invalid"})
"""Refusals that name the field they are about."""


class ScheduleCase:
    """``on_step`` runs when something was planned or taken off."""

    def __init__(self, context: Context, scope: Scope, on_step: Callable[[], None]) -> None:
        self._context, self._scope, self._on_step = context, scope, on_step
        self.reload = Reload(scope, self._load, "schedule")
        self._load_trouble: Trouble | None = None
        """Goes with the next load that does not fail; any other stays until what it is about is tried again."""
        self._plan_key = RequestKey()
        self._plans: dict[tuple[str, int], Plan] = {}
        """What an entry said in each of its revisions, as far as they were seen here."""
        self._lost: dict[str, list[Plan]] = {}
        """Changes of an entry whose answers were lost: what it says of them is nobody else's."""
        self._answers = 0
        """Grows with what the service did for the person: a load that was asked for before may not know of it."""

    def clear(self) -> None:
        self._plan_key, self._load_trouble = RequestKey(), None
        self._plans.clear()
        self._lost.clear()
        self._context.change(schedule=ScheduleDesk())

    def again(self) -> None:
        """What was under way when the way to the service was lost can be wished anew."""
        desk = self._desk
        if desk.is_saving or desk.cancelling or (desk.file is not None and not desk.file.is_done):
            self._set(is_saving=False, cancelling="", file=None)

    @property
    def _desk(self) -> ScheduleDesk:
        return self._context.state.schedule

    def tick(self) -> None:
        """Once a second: a new minute is told, so that days, starts and ends are true on the screen."""
        now = self._minute()
        if self._desk.phase is LoadPhase.READY and now != self._desk.now:
            self._set(now=now)

    def _minute(self) -> datetime:
        return self._context.server_clock.now().replace(second=0, microsecond=0)

    def _this_month(self) -> date:
        """Its first day, in Asia/Shanghai."""
        return self._minute().astimezone(CHINA).date().replace(day=1)

    # ---- loading ---------------------------------------------------------------------------------

    def load(self, wish: LoadSchedule) -> None:
        """What is shown already stays until the answer is here."""
        month = wish.month.replace(day=1) if wish.month is not None else self._desk.month
        if month != self._desk.month:
            self._set(month=month, entries=(), is_turning=True)
        self.reload.ask()

    async def _load(self) -> None:
        platform = self._scope.platform
        if platform is None:
            return
        was_shown = self._desk.phase is LoadPhase.READY
        if self._desk.phase in (LoadPhase.IDLE, LoadPhase.FAILED):
            self._set(phase=LoadPhase.LOADING, trouble=None)
        month = self._desk.month or self._this_month()
        answers = self._answers
        try:
            coming, page, activities = await asyncio.gather(
                platform.schedule(), platform.schedule(*_span_of(month)), platform.activities()
            )
        except AppError as error:
            failure = self._scope.failure(error, is_shown=was_shown)
            if failure is not None:
                self._load_trouble = failure["trouble"]
                self._set(**failure, is_turning=False)
            return
        self._context.server_clock.hear(coming.server_now)
        if self._desk.month is None and month != self._this_month():
            self._set(month=self._this_month())
        if answers != self._answers or self._desk.month not in (None, month):
            self.reload.ask()
            return
        if self._desk.trouble is self._load_trouble:
            self._set(trouble=None)
        self._remember((*coming.entries, *page.entries))
        self._set(
            phase=LoadPhase.READY, upcoming=tuple(coming.entries), month=month, entries=tuple(page.entries),
            is_turning=False, activities=tuple(activities), now=self._minute(),
        )  # fmt: skip

    def _remember(self, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            self._plans[entry.session.id, entry.revision] = entry.plan

    def _find(self, session_id: str) -> Entry | None:
        known = (*self._desk.upcoming, *self._desk.entries)
        return next((one for one in known if one.session.id == session_id), None)

    # ---- planning --------------------------------------------------------------------------------

    def save(self, wish: SavePlan) -> None:
        if not self._desk.is_saving:
            self._set(is_saving=True, faults={}, conflict=None, plan_trouble=None)
            self._scope.spawn(self._save(wish), "plan-save")

    async def _save(self, wish: SavePlan) -> None:
        platform = self._scope.platform
        if platform is None:
            self._set(is_saving=False)
            return
        try:
            if wish.entry_id:
                entry = await self._change(platform, wish)
            else:
                entry = await self._plan(platform, wish.plan)
                if entry.session.state is SessionState.ENDED:
                    # What an earlier try had made, without an answer, was taken off since.
                    entry = await self._plan(platform, wish.plan)
        except AppError as error:
            if error.code in _LOST and wish.entry_id:
                self._lost.setdefault(wish.entry_id, []).append(wish.plan)
            self._refused(error)
            return
        self._lost.pop(wish.entry_id, None)
        desk, session_id = self._desk, entry.session.id
        answers = {"answered": desk.answered + 1, "saved_number": desk.saved_number + 1, "saved_id": session_id}
        self._put(entry, is_saving=False, **answers)
        self._done()

    async def _plan(self, platform: Platform, plan: Plan) -> Entry:
        """A new entry; or what the same plan made, when its answer was lost. Raises AppError."""
        entry = await platform.plan(plan, self._plan_key.of(plan.model_dump_json()))
        self._plan_key.forget()
        return entry

    async def _change(self, platform: Platform, wish: SavePlan) -> Entry:
        """Of a cover that was replaced the entries are told by a revision: that is no conflict. Raises AppError."""
        known = self._find(wish.entry_id)
        base = known.revision if known is not None and self._is_same(wish, known) else wish.base_revision
        try:
            return await platform.change_plan(wish.entry_id, base, wish.plan)
        except AppError as error:
            if error.code != "schedule_conflict":
                raise
            newest = (await platform.schedule()).entries
        self._remember(tuple(newest))
        theirs = next((one for one in newest if one.session.id == wish.entry_id), None)
        if theirs is None:
            raise PlatformError("session_begun", retryable=False)
        if self._is_same(wish, theirs):
            return await platform.change_plan(wish.entry_id, theirs.revision, wish.plan)
        self._set(conflict=theirs)
        raise PlatformError("schedule_conflict", retryable=False)

    def _is_same(self, wish: SavePlan, newest: Entry) -> bool:
        """Whether nothing but its cover was changed elsewhere since the revision that the person began with."""
        before, lost = self._plans.get((wish.entry_id, wish.base_revision)), self._lost.get(wish.entry_id, [])
        mine = lost if before is None else [before, *lost]
        return _without_cover(newest.plan) in [_without_cover(one) for one in mine]

    def _refused(self, error: AppError) -> None:
        """Beside the field that it is about; else above all. What was typed is the screen's and stays there."""
        trouble = self._context.trouble(error)
        if trouble is None:
            return
        if error.code not in _LOST:
            self._plan_key.forget()
        field = _field_of(error)
        told = {field: trouble} if field is not None else {}
        self._set(
            is_saving=False,
            answered=self._desk.answered + 1,
            faults=told,
            plan_trouble=None if field is not None or self._desk.conflict is not None else trouble,
        )
        if error.code not in _LOST:
            self.reload.ask()  # something is otherwise than was shown here

    def _put(self, entry: Entry, **fields: object) -> None:
        """Show it at once, before the next load, and what else has changed with it."""
        self._remember((entry,))
        desk, begin = self._desk, entry.plan.starts_at
        since, until = _span_of(desk.month or self._this_month())
        is_on_page = since < begin + timedelta(minutes=entry.plan.length_min) and begin < until
        upcoming = _with(desk.upcoming, entry, is_in=entry.session.state is not SessionState.ENDED)
        self._set(upcoming=upcoming, entries=_with(desk.entries, entry, is_in=is_on_page), **fields)

    def _done(self) -> None:
        self._answers += 1
        self.reload.ask()
        self._on_step()

    # ---- taking off ------------------------------------------------------------------------------

    def cancel(self, wish: CancelPlan) -> None:
        if not self._desk.cancelling:
            self._set(cancelling=wish.session_id, trouble=None)
            self._scope.spawn(self._cancel(wish.session_id), "plan-cancel")

    async def _cancel(self, session_id: str) -> None:
        platform, entry = self._scope.platform, self._find(session_id)
        if platform is None:
            self._set(cancelling="")
            return
        try:
            if entry is not None and entry.session.state is SessionState.PREPARING:
                gone = await _give_up(platform, entry)
            else:
                gone = await platform.cancel_plan(session_id)
        except AppError as error:
            trouble = self._context.trouble(error)
            if trouble is not None:
                self._set(cancelling="", trouble=trouble)
                self.reload.ask()
            return
        self._put(gone, cancelling="")
        self._done()

    # ---- exporting -------------------------------------------------------------------------------

    def export(self, wish: ExportCalendar) -> None:
        self._set(file=CalendarFile(wish.path), trouble=None)
        self._scope.spawn(self._export(wish), "calendar-export")

    async def _export(self, wish: ExportCalendar) -> None:
        platform = self._scope.platform
        if platform is None:
            self._set(file=None)
            return
        try:
            data = await platform.calendar_file(wish.session_id)
        except AppError as error:
            trouble = self._context.trouble(error)
            if trouble is not None:
                self._set(file=None, trouble=trouble)
            return
        reason = ""
        try:
            await self._context.in_worker(write_whole, Path(wish.path), data)
        except StorageError as error:
            reason = str(error.detail["reason"])
        self._set(file=CalendarFile(wish.path, is_done=True, reason=reason))

    def _set(self, **fields: object) -> None:
        self._context.change(schedule=replace(self._desk, **fields))  # type: ignore[arg-type]


def write_whole(path: Path, data: bytes) -> None:
    """Whole or not at all. Raises StorageError. A worker."""
    aside = path.parent / f".{path.name}.new"
    try:
        try:
            aside.write_bytes(data)
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    except (OSError, ValueError) as cause:
        reason = getattr(cause, "strerror", None) or type(cause).__name__
        raise StorageError("storage_failed", detail={"reason": reason}) from cause


def _span_of(month: date) -> tuple[datetime, datetime]:
    """The page of a month, in UTC."""
    days = month_days(month.year, month.month)
    return moment_of(span_of_day(days[0]).starts_ms), moment_of(span_of_day(days[-1]).ends_ms)


async def _give_up(platform: Platform, entry: Entry) -> Entry:
    """Its key was handed out: it is no plan any more, and by now it may be on air. Raises AppError."""
    session = await platform.session_of(entry.session.id)
    if session.state.is_on_air:
        raise PlatformError("session_begun", retryable=False)
    return entry.model_copy(update={"session": await platform.end_session(session.id)})


def _with(entries: tuple[Entry, ...], entry: Entry, *, is_in: bool) -> tuple[Entry, ...]:
    """As it stands now, the earliest first; without it unless ``is_in``."""
    kept = [one for one in entries if one.session.id != entry.session.id]
    return tuple(sorted([*kept, entry] if is_in else kept, key=lambda one: (one.plan.starts_at, one.session.id)))


def _without_cover(plan: Plan) -> Plan:
    return plan.model_copy(update={"cover_image_id": ""})


def _field_of(error: AppError) -> ScheduleField | None:
    """What the refusal is about; None for nothing of the plan."""
    if error.code in _FIELD_NAMED:
        name = str(error.detail.get("field", ""))
        return ScheduleField(name) if name in set(ScheduleField) else None
    return _FIELD_OF.get(error.code)
