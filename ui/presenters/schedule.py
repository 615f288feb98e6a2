"""The schedule (排期) as it is drawn: what is planned as a list or as a month, and one session of it. Pure.

Days and times are those of Asia/Shanghai; what time it is now the service says (``ScheduleDesk.now``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from app.contract.rest import Role
from app.contract.schedule import Entry
from app.domain.schedule import MAX_AHEAD_DAYS, Span, days_of, month_days
from app.domain.session import SessionState
from app.i18n import Translator
from app.runtime.clock import utc_ms
from app.usecases.schedule_state import CalendarFile, ScheduleDesk
from app.usecases.state import AccountPhase, DeskState
from app.usecases.way_state import LoadPhase
from ui.presenters.china_times import capital, china, date_text, day_text, is_elsewhere
from ui.presenters.common import TroubleView, trouble_view
from ui.presenters.schedule_entry import DetailView, EntryRow, entry_rows, find, present_detail


class Mode(StrEnum):
    LIST = "list"
    MONTH = "month"


class Body(StrEnum):
    """What stands below the head."""

    NOTHING = "nothing"
    """``empty_title`` and ``empty_text`` instead."""
    LIST = "list"
    MONTH = "month"


@dataclass(frozen=True)
class Look:
    """What the person looks at. ``day``: chosen in the month; ``session_id``: chosen in the list."""

    mode: Mode = Mode.LIST
    session_id: str = ""
    day: date | None = None


@dataclass(frozen=True)
class CellEntry:
    time: str
    title: str
    is_over: bool
    is_on_air: bool


@dataclass(frozen=True)
class DayCell:
    day: date
    number: str
    is_in_month: bool
    is_today: bool
    is_past: bool
    entries: tuple[CellEntry, ...]
    said: str


@dataclass(frozen=True)
class MonthView:
    title: str
    first: date
    today: date
    weekdays: tuple[str, ...]
    days: tuple[DayCell, ...]
    chosen: date
    is_turning: bool
    day_title: str
    day_rows: tuple[EntryRow, ...]
    day_empty: str
    can_plan: bool
    """On the chosen day."""


@dataclass(frozen=True)
class ScheduleView:
    mode: Mode
    zone: str
    """Said where this machine keeps another time; else empty."""
    body: Body
    empty_title: str
    empty_text: str
    empty_action: tuple[str, str]
    """Label and action (of ``View.acted``, or ``plan``)."""
    can_plan: bool
    can_look: bool
    """There is something to look at as a list or a month."""
    can_export: bool
    rows: tuple[EntryRow, ...]
    month: MonthView | None
    detail: DetailView | None
    file: CalendarFile | None
    trouble: TroubleView | None


def is_offered(state: DeskState) -> bool:
    """Whether the rail has an entry for it: those who were approved plan."""
    account = state.account.account
    return state.account.phase is AccountPhase.SIGNED_IN and account is not None and Role.ANCHOR in account.roles


def present_schedule(state: DeskState, tr: Translator, look: Look = Look()) -> ScheduleView:
    """The page for this state and what the person looks at."""
    desk = state.schedule
    now = desk.now or datetime.fromtimestamp(0, UTC)
    is_ready = desk.phase is LoadPhase.READY and state.account.phase is AccountPhase.SIGNED_IN
    rows = entry_rows(desk.upcoming, now, tr) if is_ready else ()
    month = _month(desk, look, now, tr) if is_ready and look.mode is Mode.MONTH else None
    shown = month.day_rows if month is not None else rows
    chosen = next((one.key for one in shown if one.key == look.session_id), shown[0].key if shown else "")
    entry = find(desk, chosen)
    body = Body.NOTHING
    if is_ready and month is not None:
        body = Body.MONTH
    elif rows:
        body = Body.LIST
    may = may_plan(state)
    empty = _empty(state, is_ready=is_ready, may=may, tr=tr) if body is Body.NOTHING else ("", "", ("", ""))
    is_told = is_offered(state) and (body is not Body.NOTHING or desk.phase is not LoadPhase.FAILED)
    return ScheduleView(
        mode=look.mode,
        zone=tr.text("schedule.zone") if is_ready and is_elsewhere(now) else "",
        body=body,
        empty_title=empty[0],
        empty_text=empty[1],
        empty_action=empty[2],
        can_plan=is_ready and may,
        can_look=is_ready and is_offered(state),
        can_export=is_ready and bool(rows),
        rows=rows,
        month=month,
        detail=present_detail(state, entry, now, tr) if entry is not None and body is not Body.NOTHING else None,
        file=desk.file,
        trouble=_standing(state, tr, is_listed=body is not Body.NOTHING, may=may) if is_told else None,
    )


def may_plan(state: DeskState) -> bool:
    """Whether nothing is known that stands in the way; the service decides when it is sent."""
    onboarding = state.onboarding.onboarding
    return is_offered(state) and (onboarding is None or onboarding.may_broadcast)


def _empty(state: DeskState, *, is_ready: bool, may: bool, tr: Translator) -> tuple[str, str, tuple[str, str]]:
    """Title, sentence and button where there is nothing to list."""
    if state.account.phase is not AccountPhase.SIGNED_IN:
        return "", tr.text("page.signed_out"), ("", "")
    if is_offered(state) and not may:
        return tr.text("schedule.not_yet"), _missing(state, tr), (tr.text("action.prepare"), "prepare")
    if not is_offered(state):
        return tr.text("schedule.not_anchor"), tr.text("schedule.not_yet_text"), (tr.text("action.prepare"), "prepare")
    if state.schedule.phase is LoadPhase.FAILED:
        trouble = trouble_view(state.schedule.trouble, tr)
        text = trouble.text if trouble is not None else ""
        return tr.text("schedule.failed"), text, (tr.text("action.retry"), "retry")
    if not is_ready:
        return "", tr.text("schedule.loading"), ("", "")
    return tr.text("schedule.none"), tr.text("schedule.none_text"), (tr.text("schedule.plan_first"), "plan")


def _missing(state: DeskState, tr: Translator) -> str:
    """What stands in the way of planning."""
    onboarding = state.onboarding.onboarding
    message_id = f"error.{onboarding.missing}" if onboarding is not None else ""
    return tr.text(message_id if tr.has(message_id) else "schedule.not_yet_text")


def _standing(state: DeskState, tr: Translator, *, is_listed: bool, may: bool) -> TroubleView | None:
    """What is told above the list: a trouble, else what stands in the way of planning."""
    if state.schedule.trouble is not None:
        return trouble_view(state.schedule.trouble, tr)
    if is_listed and not may:
        return TroubleView(_missing(state, tr), tr.text("action.prepare"), "prepare")
    return None


# ---- the month -----------------------------------------------------------------------------------


def _month(desk: ScheduleDesk, look: Look, now: datetime, tr: Translator) -> MonthView:
    today = china(now).date()
    first = desk.month or today.replace(day=1)
    days = month_days(first.year, first.month)
    chosen = look.day if look.day is not None and look.day in days else _first_choice(first, days, today)
    on_day: dict[date, list[Entry]] = {day: [] for day in days}
    for entry in desk.entries:
        for day in days_of(Span.of(utc_ms(entry.plan.starts_at), entry.plan.length_min)):
            if day in on_day:
                on_day[day].append(entry)
    cells = tuple(_cell(day, on_day[day], first, today, tr) for day in days)
    rows = tuple(entry_rows(on_day[chosen], now, tr))
    named, plain = day_text(chosen, today, tr), date_text(chosen, today, tr)
    empty = "schedule.day_past" if chosen < today else "schedule.day_empty"
    if not may_plan_on(chosen, today) and chosen > today:
        empty = "schedule.fault.too_far"
    return MonthView(
        title=tr.text("schedule.month", year=first.year, month_name=tr.text(f"month.{first.month}")),
        first=first,
        today=today,
        weekdays=tuple(tr.text(f"weekday_short.{number}") for number in range(7)),
        days=cells,
        chosen=chosen,
        is_turning=desk.is_turning,
        day_title=capital(tr.text("day.named", name=named, day=plain) if named != plain else plain),
        day_rows=rows,
        day_empty="" if rows else tr.text("schedule.loading" if desk.is_turning else empty),
        can_plan=may_plan_on(chosen, today),
    )


def may_plan_on(day: date, today: date) -> bool:
    """Whether a session can begin on it: not in the past, and not too far ahead."""
    return today <= day <= today + timedelta(days=MAX_AHEAD_DAYS)


def _first_choice(first: date, days: tuple[date, ...], today: date) -> date:
    is_this_month = (today.year, today.month) == (first.year, first.month)
    return today if is_this_month and today in days else first


def _cell(day: date, entries: list[Entry], first: date, today: date, tr: Translator) -> DayCell:
    shown = tuple(
        CellEntry(
            china(one.plan.starts_at).strftime("%H:%M"),
            one.plan.title,
            one.session.state is SessionState.ENDED,
            one.session.state.is_on_air,
        )
        for one in entries
    )
    titles = tr.text("list.separator").join(f"{one.time} {one.title}" for one in shown)
    said = date_text(day, today, tr)
    if shown:
        said = tr.text("schedule.day_said", day=said, count=len(shown), titles=titles)
    return DayCell(
        day=day,
        number=str(day.day),
        is_in_month=day.month == first.month,
        is_today=day == today,
        is_past=day < today,
        entries=shown,
        said=said,
    )


def day_rows(desk: ScheduleDesk, day: date, but: str, tr: Translator) -> tuple[str, tuple[EntryRow, ...]]:
    """What else is to come on a day, under its title; ``but``: the session that is being changed."""
    now = desk.now or datetime.fromtimestamp(0, UTC)
    found = []
    for entry in desk.upcoming:
        span = Span.of(utc_ms(entry.plan.starts_at), entry.plan.length_min)
        if entry.session.id != but and day in days_of(span):
            found.append(entry)
    return tr.text("plan.others_on_day", day=day_text(day, china(now).date(), tr)), tuple(entry_rows(found, now, tr))
