"""One session of the schedule in words: a row of a list, and all of it. Pure.

Days and times are those of Asia/Shanghai; what time it is now the service says (``ScheduleDesk.now``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.contract.schedule import Entry
from app.domain.schedule import START_EARLY_MIN
from app.domain.session import EndReason, SessionState
from app.i18n import Translator
from app.usecases.schedule_state import ScheduleDesk
from app.usecases.state import DeskState
from ui.presenters.china_times import appointment_text, capital, china, date_text, day_text, is_elsewhere
from ui.presenters.common import BUSY_PHASES, category_text
from ui.presenters.figures import figure_lines

SOON_MIN = 30
"""From so long before its start on a session stands as one that can begin."""


@dataclass(frozen=True)
class EntryRow:
    """One session in a list. ``day`` stands above it, where it is the first of its day."""

    key: str
    day: str
    time: str
    title: str
    detail: str
    state: str
    tone: str
    icon: str
    is_over: bool
    said: str


@dataclass(frozen=True)
class DetailView:
    """The chosen session. ``start_hint``: what there is to know of beginning it; empty for nothing."""

    session_id: str
    title: str
    state: str
    tone: str
    icon: str
    facts: tuple[tuple[str, str], ...]
    note: str
    start_label: str
    """Empty: it cannot be begun from here."""
    can_start: bool
    is_running: bool
    """It is on air: the button leads to the live page."""
    start_hint: str
    can_edit: bool
    can_cancel: bool
    is_cancelling: bool
    can_export: bool


def find(desk: ScheduleDesk, session_id: str) -> Entry | None:
    """The entry of a session, as it is known here."""
    return next((one for one in (*desk.upcoming, *desk.entries) if one.session.id == session_id), None)


# ---- rows ----------------------------------------------------------------------------------------


def entry_rows(entries: Iterable[Entry], now: datetime, tr: Translator) -> tuple[EntryRow, ...]:
    """Each with its day above it where that is another than the one before."""
    today, rows, last = china(now).date(), [], ""
    for entry in entries:
        begin = china(entry.plan.starts_at).date()
        # Also with its date where it is today or tomorrow: a list is read days later as well.
        named, plain = day_text(begin, today, tr), date_text(begin, today, tr)
        day = capital(tr.text("day.named", name=named, day=plain) if named != plain else plain)
        state, tone, icon = state_words(entry, now, tr)
        time, detail = span_text(entry, tr), detail_text(entry, tr)
        said = tr.text("list.separator").join(part for part in (day, time, entry.plan.title, detail, state) if part)
        is_over = entry.session.state is SessionState.ENDED
        shown = day if day != last else ""
        rows.append(EntryRow(entry.session.id, shown, time, entry.plan.title, detail, state, tone, icon, is_over, said))
        last = day
    return tuple(rows)


def ends_at(entry: Entry) -> datetime:
    return entry.plan.starts_at + timedelta(minutes=entry.plan.length_min)


def span_text(entry: Entry, tr: Translator) -> str:
    """20:00–21:00; past midnight with 次日."""
    begin, end = china(entry.plan.starts_at), china(ends_at(entry))
    return times_text(begin, end, tr)


def times_text(begin: datetime, end: datetime, tr: Translator) -> str:
    """Of two moments in Asia/Shanghai. One that ends at midnight ends at 24:00."""
    until = end.strftime("%H:%M")
    days = (end.date() - begin.date()).days
    if days == 1 and (end.hour, end.minute) == (0, 0):
        until = "24:00"
    elif days:
        until = tr.text("schedule.next_day", time=until)
    return f"{begin.strftime('%H:%M')}–{until}"


def detail_text(entry: Entry, tr: Translator) -> str:
    """求职指导 · 互联网 · 产品经理"""
    plan = entry.plan
    parts = (category_text(plan.category, tr), plan.industry, plan.position)
    return " · ".join(part for part in parts if part)


def state_words(entry: Entry, now: datetime, tr: Translator) -> tuple[str, str, str]:
    """Words, tone and icon of how it stands; no words for one that is simply planned."""
    session = entry.session
    match session.state:
        case SessionState.LIVE:
            return tr.text("schedule.state.live"), "air", "dot"
        case SessionState.INTERRUPTED:
            return tr.text("schedule.state.interrupted"), "warn", "warn"
        case SessionState.PREPARING:
            return tr.text("schedule.state.preparing"), "accent", "clock"
        case SessionState.ENDED:
            reason = session.end_reason
            if reason in (EndReason.CANCELLED, EndReason.CALLED_OFF, EndReason.MISSED):
                return tr.text(f"schedule.state.{reason.value}"), "neutral", "close"
            return tr.text("schedule.state.ended"), "neutral", "check"
        case SessionState.SCHEDULED:
            left = entry.plan.starts_at - now
            if left <= timedelta(0):
                return tr.text("schedule.state.due"), "warn", "clock"
            if left <= timedelta(minutes=SOON_MIN):
                return tr.text("schedule.state.soon", minutes=minutes_left(left)), "accent", "clock"
            return (tr.text("schedule.state.official"), "good", "check") if entry.is_fixed else ("", "neutral", "")


def minutes_left(left: timedelta) -> int:
    """Whole minutes, rounded up: in its last minute a session begins in one."""
    return max(1, -(-int(left.total_seconds()) // 60))


# ---- one session ---------------------------------------------------------------------------------


def present_detail(state: DeskState, entry: Entry, now: datetime, tr: Translator) -> DetailView:
    """All of one session, and what can be done with it."""
    plan, session, desk = entry.plan, entry.session, state.schedule
    words, tone, icon = state_words(entry, now, tr)
    is_over = session.state is SessionState.ENDED
    is_planned = session.state is SessionState.SCHEDULED
    is_running = _is_running(state, entry)
    is_busy = state.broadcast.phase in BUSY_PHASES
    early = entry.is_fixed and is_planned and plan.starts_at - now > timedelta(minutes=START_EARLY_MIN)
    hint = ""
    if early:
        at = plan.starts_at - timedelta(minutes=START_EARLY_MIN)
        hint = tr.text("schedule.start_from", at=appointment_text(at, china(now).date(), tr))
    elif is_busy and not is_running and not is_over:
        hint = tr.text("schedule.start_busy")
    is_elsewhere_on_air = session.state is SessionState.LIVE and not is_running
    label_id = "schedule.open_live" if is_running else "action.take_over" if is_elsewhere_on_air else "schedule.start"
    start = "" if is_over else tr.text(label_id)
    return DetailView(
        session_id=session.id,
        title=plan.title,
        state=words,
        tone=tone,
        icon=icon,
        facts=_facts(entry, now, tr),
        note=entry.activity_note if entry.is_fixed else "",
        start_label=start,
        can_start=is_running or (not early and not is_busy),
        is_running=is_running,
        start_hint=hint,
        can_edit=is_planned,
        can_cancel=_may_cancel(state, entry),
        is_cancelling=desk.cancelling == session.id,
        can_export=not is_over,
    )


def may_cancel(state: DeskState, session_id: str) -> bool:
    """Whether it is planned still; it may have begun, or been taken off, meanwhile."""
    entry = find(state.schedule, session_id)
    return entry is not None and _may_cancel(state, entry)


def _may_cancel(state: DeskState, entry: Entry) -> bool:
    is_begun = entry.session.state not in (SessionState.SCHEDULED, SessionState.PREPARING)
    return not is_begun and not _is_running(state, entry)


def _is_running(state: DeskState, entry: Entry) -> bool:
    """Whether this window broadcasts it."""
    mine = state.broadcast.session
    return mine is not None and mine.id == entry.session.id and state.broadcast.phase in BUSY_PHASES


def cancel_words(state: DeskState, session_id: str, tr: Translator) -> str:
    """What is asked about before a session is taken off; empty when there is nothing to take off."""
    entry, now = find(state.schedule, session_id), state.schedule.now
    if entry is None or now is None or not _may_cancel(state, entry):
        return ""
    return tr.text("schedule.cancel_text", title=entry.plan.title, when=when_text(entry, now, tr))


def when_text(entry: Entry, now: datetime, tr: Translator, *, names_zone: bool = True) -> str:
    """明天 11 月 28 日 周六 20:00–21:00; with its zone where this machine keeps another one, if not said elsewhere."""
    at, today = entry.plan.starts_at, china(now).date()
    day, near = date_text(china(at).date(), today, tr), day_text(china(at).date(), today, tr)
    if near != day:
        day = tr.text("day.named", name=near, day=day)
    text = tr.text("day.moment", day=capital(day), time=span_text(entry, tr))
    return tr.text("day.china_time", text=text) if names_zone and is_elsewhere(at) else text


def _facts(entry: Entry, now: datetime, tr: Translator) -> tuple[tuple[str, str], ...]:
    plan = entry.plan
    yes, no = tr.text("schedule.on"), tr.text("schedule.off")
    facts = [
        (tr.text("schedule.when"), when_text(entry, now, tr, names_zone=False)),
        (tr.text("schedule.length"), length_text(plan.length_min, tr)),
        (tr.text("plan.category"), category_text(plan.category, tr)),
        (tr.text("plan.industry"), plan.industry),
        (tr.text("plan.position"), plan.position),
        (tr.text("plan.cover_image_id"), tr.text("schedule.cover_set") if plan.cover_image_id else ""),
        (tr.text("plan.replay"), yes if plan.is_replay_on else no),
        (tr.text("plan.guests"), yes if plan.allows_guests else no),
    ]
    counted = entry.session.figures
    if counted is not None and entry.session.state is SessionState.ENDED:
        facts += figure_lines(counted, entry.session.messages, tr)
    return tuple((name, value) for name, value in facts if value)


def length_text(length_min: int, tr: Translator) -> str:
    """1 小时 30 分钟"""
    hours, minutes = divmod(length_min, 60)
    if not hours:
        return tr.text("schedule.minutes", minutes=minutes)
    if not minutes:
        return tr.text("schedule.hours" if hours > 1 else "schedule.hour", hours=hours)
    return tr.text("schedule.hours_minutes", hours=hours, minutes=minutes)
