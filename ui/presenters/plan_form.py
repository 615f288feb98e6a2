"""The form for one session of the schedule: what is typed, what is wrong with it, and the plan that it makes. Pure.

Days and times are those of Asia/Shanghai.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from app.contract.rest import Category
from app.contract.schedule import Activity, Entry, Plan
from app.domain.china_time import CHINA
from app.domain.images import ImagePurpose, ImageState
from app.domain.schedule import (
    DEFAULT_LENGTH_MIN,
    MAX_AHEAD_DAYS,
    ScheduleField,
    Span,
    first_overlap,
    length_fault,
    start_fault,
)
from app.domain.session import SessionState
from app.i18n import Translator
from app.runtime.clock import utc_ms
from app.usecases.schedule_state import ScheduleDesk
from app.usecases.state import DeskState
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase
from ui.presenters.application_form import ImageView, desk_image
from ui.presenters.china_times import capital, china, date_text, day_text, is_elsewhere, iso_moment
from ui.presenters.common import TroubleView, category_text, error_sentence, trouble_view
from ui.presenters.schedule import may_plan_on
from ui.presenters.schedule_entry import find, length_text, times_text

LENGTHS_MIN = (15, 30, 45, 60, 90, 120, 150, 180, 240, 300, 360, 420, 480)
STEP_MIN = 5
"""Minutes are offered in such steps."""
LEAD_MIN = 60
"""A new session begins at the next half hour that is so long ahead."""


@dataclass(frozen=True)
class Draft:
    """What stands in the fields. ``day`` and ``time`` (HH:MM) in Asia/Shanghai."""

    title: str = ""
    category: Category = Category.EXPERIENCE
    industry: str = ""
    position: str = ""
    day: date = date.min
    time: str = "20:00"
    length_min: int = DEFAULT_LENGTH_MIN
    uses_cover: bool = True
    is_replay_on: bool = True
    allows_guests: bool = False
    activity_id: str = ""

    @property
    def starts_at(self) -> datetime:
        """UTC."""
        hour, minute = (int(part) for part in self.time.split(":"))
        begin = datetime(self.day.year, self.day.month, self.day.day, hour, minute, tzinfo=CHINA)
        return begin.astimezone(UTC)


@dataclass(frozen=True)
class PlanFormView:
    """``fixed``: facts that an official activity gives, in place of their fields; ``fixed_note`` is its own text."""

    title: str
    categories: tuple[tuple[Category, str], ...]
    days: tuple[tuple[date, str], ...]
    lengths: tuple[tuple[int, str], ...]
    activities: tuple[tuple[str, str], ...]
    """Id and words; the first is none. Empty: there is none to join."""
    zone: str
    image: ImageView
    cover_id: str
    """The cover that a session can have; empty for none."""
    is_cover_known: bool
    faults: Mapping[ScheduleField, str]
    trouble: TroubleView | None
    conflict: str
    """It was changed elsewhere: what there is to decide; empty for nothing."""
    is_saving: bool
    label: str
    now: datetime
    answered: int
    desk: ScheduleDesk = field(repr=False)


def present_plan_form(state: DeskState, tr: Translator, entry_id: str) -> PlanFormView:
    """The form of a new session, or with an ``entry_id`` of one that is planned."""
    desk = state.schedule
    now = desk.now or datetime.fromtimestamp(0, UTC)
    today = china(now).date()
    entry = find(desk, entry_id) if entry_id else None
    label = "plan.saving" if desk.is_saving else "plan.save" if entry_id else "plan.submit"
    return PlanFormView(
        title=tr.text("plan.title_change" if entry_id else "plan.title_new"),
        categories=_categories(state, entry, tr),
        days=_days(today, entry, tr),
        lengths=_lengths(entry, tr),
        activities=_activities(desk, entry, today, tr),
        zone=tr.text("plan.zone") if is_elsewhere(now) else "",
        image=desk_image(ImagePurpose.COVER, state.application, tr),
        cover_id=_cover_id(state),
        is_cover_known=state.application.phase is LoadPhase.READY,
        faults={one: fault_text(trouble, today, tr) for one, trouble in desk.faults.items()},
        trouble=trouble_view(desk.plan_trouble, tr),
        conflict=tr.text("plan.conflict") if desk.conflict is not None and desk.conflict.session.id == entry_id else "",
        is_saving=desk.is_saving,
        label=tr.text(label),
        now=now,
        answered=desk.answered,
        desk=desk,
    )


def _cover_id(state: DeskState) -> str:
    """One that was refused is none."""
    found = next((one for one in state.application.images if one.purpose is ImagePurpose.COVER), None)
    return found.id if found is not None and found.state in (ImageState.PENDING, ImageState.APPROVED) else ""


def _categories(state: DeskState, entry: Entry | None, tr: Translator) -> tuple[tuple[Category, str], ...]:
    """Those of the approved scope; and that of the session, should it be in it no more."""
    account = state.account.account
    scopes = set(account.scopes) if account is not None and account.scopes else set(Category)
    if entry is not None:
        scopes.add(entry.plan.category)
    return tuple((one, category_text(one, tr)) for one in Category if one in scopes)


def _days(today: date, entry: Entry | None, tr: Translator) -> tuple[tuple[date, str], ...]:
    days = [today + timedelta(days=number) for number in range(MAX_AHEAD_DAYS + 1)]
    if entry is not None:
        own = china(entry.plan.starts_at).date()
        days = sorted({*days, own})
    return tuple((one, day_choice(one, today, tr)) for one in days)


def day_choice(day: date, today: date, tr: Translator) -> str:
    """今天 11 月 27 日 周五; 11 月 30 日 周一"""
    named, plain = day_text(day, today, tr), date_text(day, today, tr)
    return capital(tr.text("day.named", name=named, day=plain) if named != plain else plain)


def _lengths(entry: Entry | None, tr: Translator) -> tuple[tuple[int, str], ...]:
    own = {entry.plan.length_min} if entry is not None else set()
    return tuple((one, length_text(one, tr)) for one in sorted({*LENGTHS_MIN, *own}))


def _activities(desk: ScheduleDesk, entry: Entry | None, today: date, tr: Translator) -> tuple[tuple[str, str], ...]:
    """One joins with a new session, and leaves by taking it off: of one that is planned nothing else is offered."""
    if entry is not None:
        return ((entry.plan.activity_id, entry.plan.title),) if entry.plan.activity_id else ()
    offered = [(one.id, _activity_line(one, today, tr)) for one in desk.activities]
    return (("", tr.text("plan.no_activity")), *offered) if offered else ()


def _activity_line(activity: Activity, today: date, tr: Translator) -> str:
    at = china(activity.starts_at)
    when = tr.text("day.moment", day=day_choice(at.date(), today, tr), time=at.strftime("%H:%M"))
    return tr.text("plan.activity_line", title=activity.title, when=when)


# ---- what stands in the fields -------------------------------------------------------------------


def draft_of(entry: Entry) -> Draft:
    """The fields of a session that is planned."""
    plan, at = entry.plan, china(entry.plan.starts_at)
    return Draft(
        title=plan.title,
        category=plan.category,
        industry=plan.industry,
        position=plan.position,
        day=at.date(),
        time=at.strftime("%H:%M"),
        length_min=plan.length_min,
        uses_cover=bool(plan.cover_image_id),
        is_replay_on=plan.is_replay_on,
        allows_guests=plan.allows_guests,
        activity_id=plan.activity_id,
    )


def new_draft(state: DeskState, day: date | None) -> Draft:
    """The fields of a new session: on ``day``, else at the next half hour that leaves time to get ready."""
    now = state.schedule.now or datetime.fromtimestamp(0, UTC)
    soon = _next_half_hour(china(now) + timedelta(minutes=LEAD_MIN))
    account = state.account.account
    scopes = account.scopes if account is not None and account.scopes else list(Category)
    last = state.default_category
    # An evening is when people watch; a day that is nearly over leaves what is left of it.
    today = china(now).date()
    is_today = day is None or day == today or not may_plan_on(day, today)
    return Draft(
        category=last if last in scopes else scopes[0],
        day=soon.date() if is_today or day is None else day,
        time=soon.strftime("%H:%M") if is_today else "20:00",
    )


def _next_half_hour(at: datetime) -> datetime:
    whole = at.replace(minute=0, second=0, microsecond=0)
    steps = -(-(at - whole) // timedelta(minutes=30))
    return whole + timedelta(minutes=30) * steps


def activity_of(desk: ScheduleDesk, draft: Draft, entry_id: str) -> Activity | None:
    """The official activity that fixes time and content; None for none."""
    if not draft.activity_id:
        return None
    offered = next((one for one in desk.activities if one.id == draft.activity_id), None)
    entry = find(desk, entry_id) if entry_id else None
    if offered is not None or entry is None or entry.plan.activity_id != draft.activity_id:
        return offered
    plan = entry.plan
    return Activity(
        id=draft.activity_id, title=plan.title, category=plan.category, starts_at=plan.starts_at,
        length_min=plan.length_min, note=entry.activity_note,
    )  # fmt: skip


def activity_facts(activity: Activity, now: datetime, tr: Translator) -> tuple[tuple[str, str], ...]:
    """What an official activity gives, in place of the fields."""
    begin = china(activity.starts_at)
    times = times_text(begin, begin + timedelta(minutes=activity.length_min), tr)
    when = tr.text("day.moment", day=day_choice(begin.date(), china(now).date(), tr), time=times)
    facts = (
        (tr.text("plan.title"), activity.title),
        (tr.text("plan.category"), category_text(activity.category, tr)),
        (tr.text("schedule.when"), tr.text("day.china_time", text=when) if is_elsewhere(activity.starts_at) else when),
        (tr.text("plan.note"), activity.note),
    )
    return tuple((name, value) for name, value in facts if value)


def _cover_of(draft: Draft, view: PlanFormView, entry_id: str) -> str:
    """While it is not known which covers there are, a session keeps the one it has."""
    if not view.is_cover_known:
        entry = find(view.desk, entry_id) if entry_id else None
        return entry.plan.cover_image_id if entry is not None else ""
    return view.cover_id if draft.uses_cover else ""


def plan_of(draft: Draft, view: PlanFormView, activity: Activity | None, entry_id: str = "") -> Plan:
    """As it is sent to the service."""
    return Plan(
        title=activity.title if activity is not None else draft.title.strip(),
        category=activity.category if activity is not None else draft.category,
        industry=draft.industry.strip(),
        position=draft.position.strip(),
        starts_at=activity.starts_at if activity is not None else draft.starts_at,
        length_min=activity.length_min if activity is not None else draft.length_min,
        cover_image_id=_cover_of(draft, view, entry_id),
        is_replay_on=draft.is_replay_on,
        allows_guests=draft.allows_guests,
        activity_id=draft.activity_id,
    )


def ends_text(draft: Draft, tr: Translator) -> str:
    """到 21:00 结束; past midnight with 次日."""
    begin = china(draft.starts_at)
    times = times_text(begin, begin + timedelta(minutes=draft.length_min), tr)
    return tr.text("plan.ends", time=times.partition("–")[2])


# ---- what is wrong -------------------------------------------------------------------------------


def faults_before_sending(
    draft: Draft, view: PlanFormView, entry_id: str, activity: Activity | None, tr: Translator
) -> dict[ScheduleField, str]:
    """What can be seen here; the service looks once more."""
    found: dict[ScheduleField, str] = {}
    if activity is not None:
        overlap = _overlap_of(activity.starts_at, activity.length_min, view, entry_id, tr)
        return {ScheduleField.ACTIVITY: overlap} if overlap else found
    if draft.activity_id:
        return {ScheduleField.ACTIVITY: tr.text("error.activity_closed")}
    if not draft.title.strip():
        found[ScheduleField.TITLE] = tr.text("plan.title_missing")
    is_same_time = (entry := find(view.desk, entry_id)) is not None and entry.plan.starts_at == draft.starts_at
    fault = None if is_same_time else start_fault(utc_ms(draft.starts_at), utc_ms(view.now))
    if fault is not None:
        found[ScheduleField.STARTS_AT] = tr.text(f"schedule.fault.{fault.value}")
    elif overlap := overlap_text(draft, view, entry_id, tr):
        found[ScheduleField.STARTS_AT] = overlap
    length = length_fault(draft.length_min)
    if length is not None:
        found[ScheduleField.LENGTH] = tr.text(f"schedule.fault.{length.value}")
    return found


def overlap_text(draft: Draft, view: PlanFormView, entry_id: str, tr: Translator) -> str:
    """Which session has that time; empty for none."""
    return _overlap_of(draft.starts_at, draft.length_min, view, entry_id, tr)


def _overlap_of(starts_at: datetime, length_min: int, view: PlanFormView, entry_id: str, tr: Translator) -> str:
    wanted = Span.of(utc_ms(starts_at), length_min)
    taken = {
        Span.of(utc_ms(one.plan.starts_at), one.plan.length_min): one
        for one in view.desk.upcoming
        if one.session.id != entry_id and one.session.state is not SessionState.ENDED
    }
    found = first_overlap(wanted, taken)
    if found is None:
        return ""
    entry = taken[found]
    return _overlap(entry.plan.title, entry.plan.starts_at, entry.plan.length_min, china(view.now).date(), tr)


def _overlap(title: str, starts_at: datetime, length_min: int, today: date, tr: Translator) -> str:
    begin = china(starts_at)
    times = times_text(begin, begin + timedelta(minutes=length_min), tr)
    when = tr.text("day.moment", day=day_text(begin.date(), today, tr), time=times)
    return tr.text("plan.overlap", title=title, when=when)


def fault_text(trouble: Trouble, today: date, tr: Translator) -> str:
    """What the service found, as it stands beside the field."""
    detail = trouble.detail
    if trouble.code == "schedule_invalid":
        message_id = f"schedule.fault.{detail.get('reason', '')}"
        return tr.text(message_id) if tr.has(message_id) else tr.text("error.schedule_invalid")
    if trouble.code == "text_refused":
        label_id = f"finding.{detail.get('label', '')}"
        return tr.text("finding.mend", what=tr.text(label_id if tr.has(label_id) else "finding.prohibited"))
    at = iso_moment(str(detail.get("starts_at", "")))
    if trouble.code == "schedule_overlap" and at is not None:
        length_min = detail.get("length_min", 0)
        length = length_min if isinstance(length_min, int) else 0
        return _overlap(str(detail.get("title", "")), at, length, today, tr)
    return error_sentence(trouble.code, detail, tr)
