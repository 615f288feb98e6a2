"""What the sheet offers before a broadcast: which sessions, in which words, which one at first."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.session import EndReason, SessionState
from app.i18n import Translator
from app.usecases.state import BroadcastState, DeskState
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase
from app.usecases.wishes import GoLive
from tests.ui import fakes, schedule_fakes
from tests.ui.schedule_fakes import NOW, OFFICIAL, SOON, TOMORROW, entry, plan, planning
from ui.presenters.go_live import MAX_PLANS, present_go_live

ZH, EN = Translator("zh"), Translator("en")


@pytest.fixture
def zone(request: pytest.FixtureRequest) -> Iterator[None]:
    """This machine keeps the time of ``request.param``."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def state(*upcoming: object, broadcast: BroadcastState | None = None, **changes: object) -> DeskState:
    found = planning(fakes.off_air(), schedule_fakes.desk(*upcoming, **changes))  # type: ignore[arg-type]
    return replace(found, broadcast=broadcast) if broadcast is not None else found


def offered(found: DeskState, *kept: str) -> list[str]:
    return [one.session_id for one in present_go_live(found, ZH, *kept).plans]


@pytest.mark.parametrize(
    ("in_min", "is_offered", "is_proposed"),
    [(-60, False, False), (-59, True, True), (30, True, True), (31, True, False), (720, True, False),
     (721, False, False)],
)  # fmt: skip
def test_what_runs_or_begins_in_the_next_hours_is_offered(in_min: int, is_offered: bool, is_proposed: bool) -> None:
    view = present_go_live(state(entry("p1", plan(in_min=in_min))), ZH)
    assert bool(view.plans) is is_offered
    assert view.proposed == ("p1" if is_proposed else "")


def test_what_is_over_is_not_offered() -> None:
    assert offered(state(entry("p1", state=SessionState.ENDED, end_reason=EndReason.CANCELLED))) == []


@pytest.mark.parametrize("begun", [SessionState.PREPARING, SessionState.LIVE, SessionState.INTERRUPTED])
def test_what_another_device_has_begun_is_offered_to_be_gone_on_with(begun: SessionState) -> None:
    assert offered(state(entry("p1", state=begun))) == ["p1"]


def test_the_nearest_are_offered_in_their_order_and_the_earliest_is_proposed() -> None:
    many = [entry(f"n{number}", plan(f"第 {number} 场", -10 + 25 * number)) for number in range(MAX_PLANS + 2)]
    view = present_go_live(state(*many), ZH)
    assert [one.session_id for one in view.plans] == [f"n{number}" for number in range(MAX_PLANS)]
    assert view.proposed == "n0"


def test_what_was_asked_for_is_offered_and_proposed_however_far_ahead() -> None:
    many = [entry(f"n{number}", plan(f"第 {number} 场", 60 + 60 * number)) for number in range(MAX_PLANS)]
    view = present_go_live(state(*many, TOMORROW), ZH, "p2")
    assert [one.session_id for one in view.plans] == [*(f"n{number}" for number in range(MAX_PLANS - 1)), "p2"]
    assert view.proposed == "p2"
    assert offered(state(SOON, TOMORROW, OFFICIAL), "p2", "p3") == ["p1", "p2", "p3"]


@pytest.mark.parametrize("zone", ["Asia/Shanghai"], indirect=True)
def test_a_line_says_when_and_what(zone: None) -> None:
    late = entry("p5", plan("深夜答疑", 4 * 60))
    view = present_go_live(state(SOON, late, TOMORROW), ZH, "p2")
    assert [one.detail for one in view.plans] == [
        "今天 20:00–21:00 · 求职指导", "今天 23:40–次日 00:40 · 求职指导", "明天 19:00–20:30 · 职场经验"
    ]  # fmt: skip
    assert present_go_live(state(SOON), EN).plans[0].detail == "Today 20:00–21:00 · Job search"


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles"], indirect=True)
def test_a_machine_elsewhere_is_told_whose_time_it_is(zone: None) -> None:
    assert present_go_live(state(SOON), ZH).plans[0].detail == "北京时间 今天 20:00–21:00 · 求职指导"
    assert present_go_live(state(SOON), EN).plans[0].detail == "Today 20:00–21:00 (Beijing time) · Job search"


def test_an_official_activity_says_so_and_from_when_it_may_begin() -> None:
    early = present_go_live(state(OFFICIAL, now=OFFICIAL.plan.starts_at - timedelta(minutes=31)), ZH).plans[0]
    assert early.is_early
    assert early.detail.endswith(" · 19:30 起可以开播")
    due = present_go_live(state(OFFICIAL, now=OFFICIAL.plan.starts_at - timedelta(minutes=30)), ZH).plans[0]
    assert not due.is_early
    assert due.detail.endswith(" · 官方活动")


def test_one_of_ones_own_may_begin_at_any_time() -> None:
    assert not present_go_live(state(TOMORROW), ZH, "p2").plans[0].is_early


@pytest.mark.parametrize("phase", [LoadPhase.IDLE, LoadPhase.LOADING, LoadPhase.FAILED])
def test_a_schedule_that_is_not_here_is_not_an_empty_one(phase: LoadPhase) -> None:
    assert not present_go_live(state(phase=phase, now=None), ZH).is_schedule_known
    assert present_go_live(state(), ZH).is_schedule_known
    assert present_go_live(state(phase=phase, now=None), ZH, "p1").proposed == "p1"


@pytest.mark.parametrize("code", ["spot_overlap", "session_busy"])
def test_the_session_in_the_way_can_be_begun(code: str) -> None:
    detail = {"session_id": "p1", "title": SOON.plan.title}
    view = present_go_live(state(SOON, broadcast=BroadcastState(trouble=Trouble(code, detail, "start_that"))), ZH)
    assert view.that is not None
    assert (view.that.session_id, view.that.title, view.that.take_over) == ("p1", SOON.plan.title, False)
    assert view.trouble is not None
    assert view.trouble.action_label == "开播那一场"
    assert not view.tells_gone
    other = BroadcastState(trouble=Trouble("missed", {}, "open_schedule"))
    assert present_go_live(state(SOON, broadcast=other), ZH).that is None
    assert present_go_live(state(SOON, broadcast=other), ZH).tells_gone


def test_what_another_device_has_is_known_by_its_session() -> None:
    session = fakes.session(id="s9")
    held = BroadcastState(session=session, can_take_over=True)
    assert present_go_live(state(broadcast=held), ZH).held == GoLive(
        session.title, session.category, take_over=True, session_id="s9"
    )
    assert present_go_live(state(broadcast=BroadcastState(session=session)), ZH).held is None
    assert present_go_live(state(broadcast=BroadcastState(can_take_over=True)), ZH).held is None


def test_now_is_what_the_service_says() -> None:
    assert offered(state(SOON, now=NOW + timedelta(minutes=80))) == []
    assert offered(state(SOON, now=NOW + timedelta(minutes=79))) == ["p1"]
