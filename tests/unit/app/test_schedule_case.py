"""The schedule as the desk keeps it: loaded, planned once, changed without loss, taken off, written."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from app.errors import PlatformError
from app.runtime.clock import ManualClock
from app.usecases import wishes as w
from app.usecases.schedule_state import ScheduleDesk
from app.usecases.way_state import LoadPhase
from tests.unit.app.fake_schedule import SERVER_NOW, a_plan
from tests.unit.app.fake_way import person
from tests.unit.app.rig import Rig, pass_s, play, play_timed, settle


def desk(rig: Rig) -> ScheduleDesk:
    return rig.desk.state.schedule


def ids(rig: Rig) -> list[str]:
    return [one.session.id for one in desk(rig).upcoming]


async def opened(rig: Rig) -> None:
    await rig.signed_in()
    await rig.do(w.LoadSchedule())
    assert desk(rig).phase is LoadPhase.READY


def planned_ids(rig: Rig) -> list[str]:
    return [one.session.id for one in rig.platform.mine.entries]


# ---- loading -------------------------------------------------------------------------------------


def test_an_anchor_knows_what_is_planned_as_soon_as_they_are_in() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan("一"))
        rig.platform.add(a_plan("二", 200))
        await rig.signed_in()
        assert ids(rig) == ["e1", "e2"]
        assert desk(rig).month == date(2026, 11, 1)
        since, until = rig.platform.spans[-1]
        # whole weeks of November in Asia/Shanghai: from Monday 26 October to Sunday 6 December
        assert (since, until) == (datetime(2026, 10, 25, 16, tzinfo=UTC), datetime(2026, 12, 6, 16, tzinfo=UTC))

    play(scene)


def test_who_is_no_anchor_is_not_asked_for_until_they_look() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.people["b"], rig.platform.who = person("b"), "b"
        await rig.signed_in()
        assert (desk(rig).phase, rig.platform.spans) == (LoadPhase.IDLE, [])
        await rig.do(w.LoadSchedule())
        assert desk(rig).phase is LoadPhase.READY

    play(scene)


def test_a_month_is_turned_and_what_is_late_does_not_take_its_place() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.hold["schedule"] = asyncio.Event()
        await rig.do(w.LoadSchedule(date(2026, 12, 24)))
        assert (desk(rig).month, desk(rig).is_turning, desk(rig).entries) == (date(2026, 12, 1), True, ())
        await rig.do(w.LoadSchedule(date(2027, 2, 1)))
        rig.platform.hold.pop("schedule").set()
        await settle()
        assert (desk(rig).month, desk(rig).is_turning) == (date(2027, 2, 1), False)
        assert rig.platform.spans[-1][0] == datetime(2027, 1, 31, 16, tzinfo=UTC)

    play(scene)


def test_what_changes_elsewhere_is_told_and_seen() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.add(a_plan())
        assert ids(rig) == []
        await rig.changed("schedule")
        assert ids(rig) == ["e1"]
        rig.platform.add(a_plan("二", 300))
        rig.platform.on_personal_link(False)
        rig.platform.on_personal_link(True)
        await settle()
        assert ids(rig) == ["e1", "e2"], "after each connection everything is asked anew"

    play(scene)


def test_while_the_service_is_away_what_was_loaded_stays() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan())
        await opened(rig)
        rig.platform.fail["schedule"] = PlatformError("platform_unreachable")
        await rig.do(w.LoadSchedule())
        assert (ids(rig), desk(rig).phase) == (["e1"], LoadPhase.READY)
        assert desk(rig).trouble is not None
        rig.platform.fail.clear()
        await rig.do(w.LoadSchedule())
        assert desk(rig).trouble is None

    play(scene)


def test_the_first_load_that_fails_says_so_and_can_be_tried_again() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.fail["schedule"] = PlatformError("platform_unreachable")
        await rig.signed_in()
        await rig.do(w.LoadSchedule())
        assert desk(rig).phase is LoadPhase.FAILED
        rig.platform.fail.clear()
        await rig.do(w.LoadSchedule())
        assert (desk(rig).phase, desk(rig).trouble) == (LoadPhase.READY, None)

    play(scene)


def test_the_next_person_sees_nothing_of_it() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan())
        await opened(rig)
        rig.platform.hold["plan"] = asyncio.Event()
        await rig.do(w.SavePlan("", 0, a_plan("秘密", 300)), w.SignOut())
        assert desk(rig) == ScheduleDesk()
        rig.platform.people["b"], rig.platform.who = person("b"), "b"
        await rig.do(w.AskCode("13800138000"), w.SignIn("13800138000", "246810"), w.LoadSchedule())
        rig.platform.hold["plan"].set()
        await settle()
        assert (ids(rig), desk(rig).saved_number, desk(rig).is_saving) == ([], 0, False)

    play(scene)


# ---- whose clock ---------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [timedelta(days=-400), timedelta(hours=-9), timedelta(0), timedelta(days=4000)])
def test_days_go_by_the_services_clock_however_wrong_this_ones_is(wrong: timedelta) -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        assert (desk(rig).today, desk(rig).month) == (date(2026, 11, 27), date(2026, 11, 1))

    class Wrong(ManualClock):
        def utc(self) -> datetime:
            return SERVER_NOW + wrong

    play(scene, Rig(clock=Wrong()))


@pytest.mark.parametrize(
    ("told", "today", "tomorrow"),
    [
        (datetime(2026, 12, 31, 15, 59, tzinfo=UTC), date(2026, 12, 31), date(2027, 1, 1)),
        (datetime(2028, 2, 28, 15, 59, tzinfo=UTC), date(2028, 2, 28), date(2028, 2, 29)),
        (datetime(2027, 2, 28, 15, 59, tzinfo=UTC), date(2027, 2, 28), date(2027, 3, 1)),
    ],
)
def test_a_day_ends_at_midnight_in_china(told: datetime, today: date, tomorrow: date) -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.server_now = told
        await opened(rig)
        assert desk(rig).today == today
        rig.platform.fail["schedule"] = PlatformError("platform_unreachable")  # nothing but time
        await pass_s(58)
        assert desk(rig).today == today
        await pass_s(4)
        assert desk(rig).today == tomorrow

    play_timed(scene)
