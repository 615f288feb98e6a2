"""The sheet that asks what to broadcast: a session that was planned, or one on the spot. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.contract.rest import Category
from app.contract.schedule import Entry
from app.domain.schedule import MAX_TITLE_CHARS, START_EARLY_MIN
from app.domain.session import SessionState
from app.i18n import Translator
from app.usecases.state import BroadcastPhase, DeskState
from app.usecases.way_state import LoadPhase
from app.usecases.wishes import GoLive
from ui.presenters.china_times import capital, china, day_text, is_elsewhere
from ui.presenters.common import (
    ON_AIR_PHASES,
    TroubleView,
    action_target,
    audio_name,
    category_text,
    platform_name,
    rate_text,
    trouble_view,
    video_name,
)
from ui.presenters.preflight import CheckLine, present_check_line
from ui.presenters.schedule_entry import SOON_MIN, ends_at, span_text

AHEAD = timedelta(hours=12)
"""What begins later is not asked about."""
MAX_PLANS = 3
_BEGINS = (SessionState.SCHEDULED, SessionState.PREPARING, SessionState.LIVE, SessionState.INTERRUPTED)
"""One that is on air on another device is asked for like any other, and then taken over."""
_TELLS_GONE = frozenset({"missed", "called_off", "session_ended"})
"""Troubles that say already why a planned session is none any more."""


@dataclass(frozen=True)
class PlanChoice:
    """A planned session that can be begun; not yet while ``is_early``."""

    session_id: str
    title: str
    category: Category
    detail: str
    is_early: bool


@dataclass(frozen=True)
class GoLiveView:
    title: str
    categories: tuple[tuple[Category, str], ...]
    category: Category
    plans: tuple[PlanChoice, ...]
    """Empty: there is nothing to choose, it is on the spot."""
    proposed: str
    """Id of the plan that is chosen at first; empty for on the spot."""
    is_schedule_known: bool
    """Else what is not among the plans may still be planned."""
    facts: tuple[tuple[str, str], ...]
    check: CheckLine
    trouble: TroubleView | None
    tells_gone: bool
    """The trouble is that a planned session is none any more."""
    that: GoLive | None
    """The session that stands in the way, where the trouble offers to begin it."""
    can_take_over: bool
    held: GoLive | None
    """The session that another device has, where it is known which one that is."""
    is_busy: bool
    is_over: bool
    """The broadcast runs: the sheet has nothing more to ask."""


def present_go_live(state: DeskState, tr: Translator, *kept: str) -> GoLiveView:
    """Only what was approved is offered; sessions in ``kept`` however far they lie ahead, and the first is proposed."""
    broadcast, engine = state.broadcast, state.engine
    output = engine.output
    account = state.account.account
    scopes = account.scopes if account is not None else []
    offered = tuple(category for category in Category if category in scopes) or tuple(Category)
    facts = (
        (tr.text("go.picture"), video_name(engine.video, engine.devices, tr)),
        (tr.text("go.sound"), tr.text("live.muted") if engine.is_muted else _sound(state, tr)),
        (
            tr.text("go.output"),
            tr.text("go.output_value", height=output.height_px, fps=output.rate_fps, rate=rate_text(output.video_kbps)),
        ),
        (tr.text("go.platform"), platform_name(state, tr)),
    )
    now = state.schedule.now
    entries = _near(state, now, kept) if now is not None else ()
    trouble = broadcast.trouble
    that = action_target("start_that", state) if trouble is not None and trouble.action == "start_that" else None
    return GoLiveView(
        title=state.default_title or state.settings.title,
        categories=tuple((category, category_text(category, tr)) for category in offered),
        category=state.default_category if state.default_category in offered else offered[0],
        plans=tuple(_choice(one, now, tr) for one in entries) if now is not None else (),
        proposed=_proposed(entries, now, kept),
        is_schedule_known=state.schedule.phase is LoadPhase.READY and now is not None,
        facts=facts,
        check=present_check_line(state, tr),
        trouble=trouble_view(trouble, tr),
        tells_gone=trouble is not None and trouble.code in _TELLS_GONE,
        that=that if isinstance(that, GoLive) else None,
        can_take_over=broadcast.can_take_over,
        held=_held(state),
        is_busy=broadcast.phase is BroadcastPhase.PREPARING,
        is_over=broadcast.phase in ON_AIR_PHASES,
    )


def _held(state: DeskState) -> GoLive | None:
    session = state.broadcast.session
    if session is None or not state.broadcast.can_take_over:
        return None
    return GoLive(session.title, session.category, take_over=True, session_id=session.id)


def _near(state: DeskState, now: datetime, kept: tuple[str, ...]) -> tuple[Entry, ...]:
    """What has its time now or soon, the earliest first; and those that were asked for."""
    can_begin = [
        one for one in state.schedule.upcoming
        if one.session.state in _BEGINS and one.plan.starts_at <= now + AHEAD and ends_at(one) > now
    ]  # fmt: skip
    asked = [one for one in state.schedule.upcoming if one.session.id in kept and one.session.state in _BEGINS]
    found = [*asked, *(one for one in can_begin if one.session.id not in kept)][:MAX_PLANS]
    return tuple(sorted(found, key=lambda one: one.plan.starts_at))


def _choice(entry: Entry, now: datetime, tr: Translator) -> PlanChoice:
    plan, today = entry.plan, china(now).date()
    when = tr.text("day.moment", day=day_text(china(plan.starts_at).date(), today, tr), time=span_text(entry, tr))
    when = tr.text("day.china_time", text=capital(when)) if is_elsewhere(plan.starts_at) else capital(when)
    is_early = is_too_early(entry, now)
    last = category_text(plan.category, tr)
    if is_early:
        at = china(plan.starts_at - timedelta(minutes=START_EARLY_MIN))
        last = tr.text("go.from", time=at.strftime("%H:%M"))
    elif entry.is_fixed:
        last = tr.text("schedule.state.official")
    return PlanChoice(entry.session.id, plan.title, plan.category, f"{when} · {last}", is_early)


def is_too_early(entry: Entry, now: datetime) -> bool:
    """An official activity may not begin long before its time; one's own session may."""
    return entry.is_fixed and entry.plan.starts_at - now > timedelta(minutes=START_EARLY_MIN)


def _proposed(entries: tuple[Entry, ...], now: datetime | None, kept: tuple[str, ...]) -> str:
    """What was asked for, also where it is none any more; else what runs now, or begins soon."""
    if kept or now is None:
        return kept[0] if kept else ""
    soon = now + timedelta(minutes=SOON_MIN)
    return next((one.session.id for one in entries if one.plan.starts_at <= soon), "")


def _sound(state: DeskState, tr: Translator) -> str:
    return audio_name(state.engine.audio, state.engine.devices, tr)


def go_live_wish(title: str, category: Category) -> GoLive | str:
    """The wish for one on the spot, or the message id of what is missing."""
    cleaned = title.strip()
    if not cleaned:
        return "go.title_missing"
    return GoLive(cleaned[:MAX_TITLE_CHARS], category)
