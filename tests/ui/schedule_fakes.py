"""States of the schedule, of every kind. Used by the tests of the screen and by the screenshots."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.contract.rest import Category, Session
from app.contract.schedule import Activity, Entry, Plan
from app.domain.application import ApplicationState
from app.domain.session import EndReason, SessionState
from app.usecases.schedule_state import ScheduleDesk
from app.usecases.state import DeskState
from app.usecases.way_state import LoadPhase
from tests.ui.fakes import FIGURES
from tests.ui.way_fakes import on_the_way

NOW = datetime(2026, 11, 27, 11, 40, tzinfo=UTC)
"""19:40 on a Friday in Asia/Shanghai."""
MONTH = date(2026, 11, 1)


def plan(title: str = "应届生简历逐行修改", in_min: int = 20, **changes: Any) -> Plan:
    """``in_min`` after NOW."""
    values: dict[str, Any] = {
        "title": title, "category": Category.JOB_SEARCH, "starts_at": NOW + timedelta(minutes=in_min),
        "length_min": 60, "industry": "互联网", "position": "产品经理",
    }  # fmt: skip
    return Plan(**{**values, **changes})


def entry(
    session_id: str = "p1", what: Plan | None = None, *, state: SessionState = SessionState.SCHEDULED,
    end_reason: EndReason | None = None, **changes: Any,
) -> Entry:  # fmt: skip
    what = what or plan()
    session = Session(
        id=session_id, title=what.title, category=what.category, anchor_id="a1", anchor_name="林老师", state=state,
        created_at=NOW - timedelta(days=3), starts_at=what.starts_at, length_min=what.length_min,
        grace_period_s=180, viewer_url=f"http://127.0.0.1:8080/live/{session_id}", end_reason=end_reason,
    )  # fmt: skip
    return Entry(**{"session": session, "plan": what, "revision": 0, **changes})


ACTIVITY = Activity(
    id="act1", title="春季校招训练营 · 第一讲", category=Category.JOB_SEARCH,
    starts_at=NOW + timedelta(days=3, minutes=20), length_min=90, note="面向应届生，请准备三份真实简历（已隐去姓名）。",
)  # fmt: skip
OFFICIAL = entry(
    "p3",
    plan(
        ACTIVITY.title, 3 * 24 * 60 + 20, length_min=ACTIVITY.length_min, activity_id=ACTIVITY.id, industry="",
        position="", allows_guests=True,
    ),
    is_fixed=True,
    activity_note=ACTIVITY.note,
)  # fmt: skip
SOON = entry("p1")
TOMORROW = entry("p2", plan("面试复盘：三个真实案例", 24 * 60 - 40, length_min=90, category=Category.EXPERIENCE))
LATE = entry("p4", plan("深夜答疑：跳槽还是留下", 5 * 24 * 60 + 230, length_min=120, industry="", position=""))
UPCOMING = (SOON, TOMORROW, OFFICIAL, LATE)
OVER = entry("o1", plan("简历里的数字怎么写", -9 * 24 * 60 + 20), state=SessionState.ENDED, end_reason=EndReason.ANCHOR)
OVER = OVER.model_copy(update={"session": OVER.session.model_copy(update={"figures": FIGURES, "messages": 3902})})
"""It was on air, and the service has counted."""
PAST = (
    OVER,
    entry("o2", plan("试播", -8 * 24 * 60), state=SessionState.ENDED, end_reason=EndReason.CANCELLED),
    entry("o3", plan("没来得及播的一场", -2 * 24 * 60), state=SessionState.ENDED, end_reason=EndReason.MISSED),
)


def desk(*upcoming: Entry, **changes: Any) -> ScheduleDesk:
    values: dict[str, Any] = {
        "phase": LoadPhase.READY, "upcoming": upcoming, "month": MONTH, "entries": (*PAST, *upcoming), "now": NOW,
    }  # fmt: skip
    return ScheduleDesk(**{**values, **changes})


def planning(base: DeskState, schedule: ScheduleDesk, **changes: Any) -> DeskState:
    """``base`` of an anchor who may broadcast; ``changes`` are of the ApplicationDesk."""
    return replace(on_the_way(base, ApplicationState.APPROVED, **changes), schedule=schedule)
