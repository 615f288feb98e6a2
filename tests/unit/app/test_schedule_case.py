"""The schedule as the desk keeps it: loaded, planned once, changed without loss, taken off, written."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from app.contract.rest import Role
from app.domain.china_time import CHINA
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


def test_who_never_looked_hears_of_a_change_by_their_steps_alone() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.people["b"], rig.platform.who = person("b"), "b"
        await rig.signed_in()
        rig.platform.calls.clear()
        await rig.changed("schedule")
        assert ("onboarding" in rig.platform.calls, rig.platform.spans) == (True, [])

    play(scene)


def test_who_becomes_an_anchor_knows_their_schedule_from_then_on() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.people["b"], rig.platform.who = person("b"), "b"
        await rig.signed_in()
        rig.platform.people["b"].account = rig.platform.mine.account.model_copy(update={"roles": [Role.ANCHOR]})
        rig.platform.add(a_plan())
        await rig.changed("account")
        assert ids(rig) == ["e1"]

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


@pytest.mark.parametrize(
    ("month", "since", "until"),
    [
        (date(2027, 1, 1), datetime(2026, 12, 27, 16, tzinfo=UTC), datetime(2027, 1, 31, 16, tzinfo=UTC)),
        (date(2028, 2, 29), datetime(2028, 1, 30, 16, tzinfo=UTC), datetime(2028, 3, 5, 16, tzinfo=UTC)),
        (date(2027, 2, 28), datetime(2027, 1, 31, 16, tzinfo=UTC), datetime(2027, 2, 28, 16, tzinfo=UTC)),
    ],
)
def test_a_page_has_whole_weeks_of_china(month: date, since: datetime, until: datetime) -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        await rig.do(w.LoadSchedule(month))
        assert (desk(rig).month, rig.platform.spans[-1]) == (month.replace(day=1), (since, until))

    play(scene)


def test_a_page_that_could_not_be_loaded_comes_when_the_service_is_back() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan(in_min=60 * 24 * 40))
        await opened(rig)
        assert (desk(rig).entries, ids(rig)) == ((), ["e1"])
        rig.platform.fail["schedule"] = PlatformError("platform_unreachable")
        await rig.do(w.LoadSchedule(date(2027, 1, 1)))
        assert (desk(rig).phase, desk(rig).is_turning, ids(rig)) == (LoadPhase.READY, False, ["e1"])
        assert desk(rig).trouble is not None
        rig.platform.fail.clear()
        rig.platform.on_personal_link(True)
        await settle()
        assert ([one.session.id for one in desk(rig).entries], desk(rig).trouble) == (["e1"], None)

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

    play(scene, Rig(clock=wrong_clock(SERVER_NOW + wrong)))


@pytest.mark.parametrize(
    ("told", "month"),
    [
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2028, 2, 29, 15, 59, tzinfo=UTC), date(2028, 2, 1)),
    ],
)
def test_the_first_page_is_the_month_that_it_is_in_china(told: datetime, month: date) -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.server_now = told
        await opened(rig)
        assert (desk(rig).month, desk(rig).is_turning) == (month, False)
        since, until = rig.platform.spans[-1]
        assert since is not None
        assert until is not None
        first = datetime(month.year, month.month, 1, tzinfo=CHINA)
        assert since <= first < until

    play(scene, Rig(clock=wrong_clock(datetime(2026, 6, 15, tzinfo=UTC))))


def wrong_clock(told: datetime) -> ManualClock:
    """This machine's own, which says so."""

    class Wrong(ManualClock):
        def utc(self) -> datetime:
            return told

    return Wrong()


def test_each_new_minute_is_told_once() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.fail["schedule"] = PlatformError("platform_unreachable")  # nothing but time
        told: list[datetime | None] = []
        rig.desk.subscribe(lambda state: told.append(state.schedule.now))
        await pass_s(3 * 60 + 5)
        assert told == [SERVER_NOW + timedelta(minutes=one) for one in (1, 2, 3)]

    play_timed(scene)


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
