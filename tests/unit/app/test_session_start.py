"""What begins when one goes live: a planned session, one on the spot, the one that an earlier try made."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app.contract.rest import Category
from app.domain.session import EndReason, SessionState
from app.errors import PlatformError
from app.ports import engine as port
from app.usecases import wishes as w
from app.usecases.state import BroadcastPhase, BroadcastState
from tests.unit.app.fake_schedule import a_plan
from tests.unit.app.rig import Rig, play, settle

SPOT = w.GoLive("临时聊聊", Category.JOB_SEARCH)
PLANNED = w.GoLive("写好简历", Category.JOB_SEARCH, session_id="e1")


def cast(rig: Rig) -> BroadcastState:
    return rig.desk.state.broadcast


def code(rig: Rig) -> str:
    trouble = cast(rig).trouble
    return trouble.code if trouble is not None else ""


def test_a_planned_session_begins_as_it_was_planned() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan())
        await rig.signed_in()
        await rig.do(PLANNED)
        assert rig.platform.created == []
        assert cast(rig).session is not None
        assert (cast(rig).session.id, cast(rig).phase) == ("e1", BroadcastPhase.PREPARING)
        rig.engine.publish(port.PublishStatus.ON_AIR)
        assert cast(rig).phase is BroadcastPhase.ON_AIR
        assert rig.settings.kept.title != PLANNED.title, "what was planned is no habit of the sheet"

    play(scene)


def test_while_a_planned_one_has_its_time_nothing_begins_on_the_spot_unasked() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan("有约在先", in_min=-10))
        await rig.signed_in()
        await rig.do(SPOT)
        assert (code(rig), cast(rig).phase) == ("spot_overlap", BroadcastPhase.OFF)
        trouble = cast(rig).trouble
        assert trouble is not None
        assert (trouble.detail["session_id"], trouble.detail["title"]) == ("e1", "有约在先")
        assert trouble.action == "start_that"
        await rig.do(w.GoLive("有约在先", Category.JOB_SEARCH, session_id="e1"))
        assert code(rig) == ""
        assert cast(rig).phase is BroadcastPhase.PREPARING

    play(scene)


def test_a_repeat_after_a_lost_answer_finds_the_same_session() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.lose.add("create_session")
        await rig.do(SPOT)
        assert (code(rig), cast(rig).phase) == ("platform_timeout", BroadcastPhase.OFF)
        rig.platform.lose.clear()
        await rig.do(SPOT)
        assert cast(rig).session is not None
        assert cast(rig).session.id == "s1"
        assert len(rig.platform.created) == 1

    play(scene)


def test_another_title_is_another_session() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.fail["stream_key"] = PlatformError("platform_unreachable")
        await rig.do(SPOT)
        rig.platform.fail.clear()
        await rig.do(w.GoLive("换个题目", Category.JOB_SEARCH))
        assert cast(rig).session is not None
        assert cast(rig).session.title == "换个题目"
        assert len(set(rig.platform.created)) == 2

    play(scene)


@pytest.mark.parametrize("wish", [SPOT, w.GoLive("别的", Category.OTHER)])
def test_what_is_on_air_elsewhere_is_offered_to_be_taken_over_whatever_one_wished_for(wish: w.GoLive) -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        made = await rig.platform.create_session("在办公室", Category.JOB_SEARCH, "k")
        rig.platform.session = made.model_copy(update={"state": SessionState.LIVE})
        rig.platform.fail["stream_key"] = PlatformError("live_elsewhere", retryable=False)
        await rig.do(wish)
        assert (code(rig), cast(rig).can_take_over) == ("live_elsewhere", True)

    play(scene)


@pytest.mark.parametrize(
    ("reason", "told"),
    [(EndReason.MISSED, "missed"), (EndReason.CALLED_OFF, "called_off"), (EndReason.CANCELLED, "session_ended"),
     (EndReason.ANCHOR, "session_ended")],
)  # fmt: skip
def test_one_that_is_over_says_why_and_nothing_begins(reason: EndReason, told: str) -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan(), state=SessionState.ENDED, end_reason=reason)
        await rig.signed_in()
        await rig.do(PLANNED)
        assert (code(rig), cast(rig).phase) == (told, BroadcastPhase.OFF)
        assert rig.platform.keys == 0

    play(scene)


def test_a_planned_one_that_is_given_up_stays_on_the_schedule() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan())
        await rig.signed_in()
        await rig.do(PLANNED, w.EndLive())
        assert cast(rig).phase is BroadcastPhase.OFF
        assert rig.platform.ended == []
        assert any(isinstance(one, port.StopPublish) for one in rig.engine.commands)

    play(scene)


def test_one_on_the_spot_that_is_given_up_ends() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        await rig.do(SPOT, w.EndLive())
        assert rig.platform.ended == ["s1"]

    play(scene)


def test_one_on_the_spot_that_another_device_prepares_ends_too_when_it_is_given_up_here() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        made = await rig.platform.create_session("在办公室", Category.JOB_SEARCH, "k")
        rig.platform.session = made.model_copy(update={"state": SessionState.PREPARING})
        await rig.do(w.GoLive("在办公室", Category.JOB_SEARCH, session_id="s1"), w.EndLive())
        assert rig.platform.ended == ["s1"], "it is on no schedule where it could stay"

    play(scene)


def test_given_up_while_the_session_is_being_made_it_ends_as_soon_as_it_is_there() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.hold["create_session"] = asyncio.Event()
        await rig.do(SPOT, w.EndLive())
        assert cast(rig).phase is BroadcastPhase.OFF
        rig.platform.hold["create_session"].set()
        await settle()
        assert rig.platform.ended == ["s1"]
        assert rig.platform.keys == 0

    play(scene)


def test_a_planned_one_that_was_on_air_is_ended_by_its_anchor() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan())
        await rig.signed_in()
        await rig.do(PLANNED)
        rig.engine.publish(port.PublishStatus.ON_AIR)
        await rig.do(w.EndLive())
        assert rig.platform.ended == ["e1"]
        assert cast(rig).phase is BroadcastPhase.ENDED

    play(scene)


def test_what_lies_ahead_may_begin_early() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan(in_min=int(timedelta(days=2).total_seconds() // 60)))
        await rig.signed_in()
        await rig.do(PLANNED)
        assert (code(rig), cast(rig).phase) == ("", BroadcastPhase.PREPARING)

    play(scene)
