"""What becomes of a session when going live is given up, or tried anew: nothing ends that was not begun here."""

from __future__ import annotations

import asyncio

import pytest

from app.contract import events
from app.contract.rest import Category
from app.domain.session import SessionState
from app.errors import PlatformError
from app.ports import engine as port
from app.usecases import wishes as w
from app.usecases.state import BroadcastPhase
from tests.unit.app.fake_schedule import a_plan
from tests.unit.app.rig import Rig, play, settle
from tests.unit.app.test_session_start import PLANNED, SPOT, cast, code


async def on_the_spot(rig: Rig, state: SessionState, title: str = SPOT.title) -> None:
    """One that another device has."""
    made = await rig.platform.create_session(title, Category.JOB_SEARCH, "elsewhere")
    rig.platform.session = made.model_copy(update={"state": state})


# ---- given up ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [SessionState.LIVE, SessionState.INTERRUPTED])
def test_given_up_before_it_was_known_what_is_on_air_goes_on(state: SessionState) -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        await on_the_spot(rig, state)
        rig.platform.hold["current_session"] = asyncio.Event()
        await rig.do(SPOT, w.EndLive())
        rig.platform.hold.pop("current_session").set()
        await settle()
        assert (rig.platform.ended, rig.platform.keys) == ([], 0)
        told = "live_elsewhere_now" if state is SessionState.LIVE else "session_waiting"
        assert (code(rig), cast(rig).phase) == (told, BroadcastPhase.OFF)

    play(scene)


def test_given_up_before_its_key_is_here_what_another_device_broadcasts_goes_on() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        await on_the_spot(rig, SessionState.LIVE)
        rig.platform.hold["stream_key"] = asyncio.Event()
        await rig.do(SPOT, w.EndLive())
        rig.platform.hold.pop("stream_key").set()
        await settle()
        assert (rig.platform.ended, cast(rig).phase) == ([], BroadcastPhase.OFF)
        assert rig.engine.sent(port.StartPublish) == []
        assert (code(rig), cast(rig).can_take_over) == ("live_elsewhere_now", True), "as it was told before"

    play(scene)


def test_what_was_taken_over_ends_when_it_is_given_up_here() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        await on_the_spot(rig, SessionState.LIVE)
        await rig.do(w.GoLive(SPOT.title, SPOT.category, take_over=True), w.EndLive())
        assert rig.platform.ended == ["s1"], "the other device has no key any more"

    play(scene)


def test_one_on_the_spot_that_is_given_up_before_it_was_found_ends_too() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        await on_the_spot(rig, SessionState.PREPARING)
        rig.platform.hold["session"] = asyncio.Event()
        await rig.do(w.GoLive(SPOT.title, SPOT.category, session_id="s1"), w.EndLive())
        rig.platform.hold.pop("session").set()
        await settle()
        assert rig.platform.ended == ["s1"]

    play(scene)


def test_a_planned_one_that_is_given_up_before_it_was_found_stays() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan())
        await rig.signed_in()
        rig.platform.hold["session"] = asyncio.Event()
        await rig.do(PLANNED, w.EndLive())
        rig.platform.hold.pop("session").set()
        await settle()
        assert (rig.platform.ended, rig.platform.keys) == ([], 0)
        assert rig.platform.entry("e1").session.state is SessionState.SCHEDULED

    play(scene)


def test_a_planned_one_that_the_engine_refused_stays() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan())
        await rig.signed_in()
        rig.engine.refuse[port.StartPublish] = "encoder_failed"
        await rig.do(PLANNED)
        assert (code(rig), cast(rig).phase) == ("encoder_failed", BroadcastPhase.OFF)
        await rig.do(w.EndLive())
        assert (rig.platform.ended, cast(rig).phase) == ([], BroadcastPhase.OFF)

    play(scene)


def test_a_planned_one_that_viewers_see_already_ends() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan())
        await rig.signed_in()
        await rig.do(PLANNED)
        # The ingest has its media before the publisher here says that it is on air.
        rig.fact(events.SessionChanged(state="live", reason=None), "session.changed")
        assert cast(rig).phase is BroadcastPhase.PREPARING
        await rig.do(w.EndLive())
        assert rig.platform.ended == ["e1"]

    play(scene)


def test_in_a_new_window_too_a_planned_one_stays_that_never_came_on_air() -> None:
    async def scene(rig: Rig) -> None:
        entry = rig.platform.add(a_plan(), state=SessionState.PREPARING)
        rig.platform.session = entry.session
        await rig.signed_in()
        second = Rig(settings=rig.settings, platform=rig.platform, is_restart=True)
        second.start()
        second.engine.attach(port.PublishStatus.CONNECTING)
        await settle()
        assert (cast(second).phase, cast(second).session) == (BroadcastPhase.PREPARING, entry.session)
        await second.do(w.EndLive())
        assert (rig.platform.ended, cast(second).phase) == ([], BroadcastPhase.OFF)
        assert second.engine.sent(port.StopPublish)

    play(scene)


def test_what_begins_right_after_one_was_given_up_keeps_its_room() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan())
        await rig.signed_in()
        gate, ask = asyncio.Event(), rig.engine.ask

        async def slow(command: port.AnyCommand) -> port.CommandDone:
            done = await ask(command)
            if isinstance(command, port.StopPublish):
                await gate.wait()
            return done

        rig.engine.ask = slow  # type: ignore[method-assign]
        await rig.do(PLANNED, w.EndLive(), PLANNED)
        gate.set()
        await settle()
        assert cast(rig).phase is BroadcastPhase.PREPARING
        assert rig.desk.state.room.is_followed

    play(scene)


# ---- tried anew ----------------------------------------------------------------------------------


def test_the_same_title_begins_a_new_one_once_that_of_the_lost_answer_is_over() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.lose.add("create_session")
        await rig.do(SPOT)
        rig.platform.lose.clear()
        await rig.do(SPOT)
        rig.engine.publish(port.PublishStatus.ON_AIR)
        await rig.do(w.EndLive(), SPOT)
        assert cast(rig).session is not None
        assert (cast(rig).session.id, cast(rig).session.state) == ("s2", SessionState.SCHEDULED)
        assert rig.platform.ended == ["s1"]

    play(scene)


def test_one_that_a_lost_answer_made_gives_way_to_another_title() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.lose.add("create_session")
        await rig.do(SPOT)
        rig.platform.lose.clear()
        rig.engine.refuse[port.StartPublish] = "encoder_failed"
        await rig.do(SPOT)
        rig.engine.refuse.clear()
        await rig.do(w.GoLive("换个题目", Category.JOB_SEARCH))
        assert rig.platform.ended == ["s1"]
        assert (code(rig), cast(rig).phase) == ("", BroadcastPhase.PREPARING)

    play(scene)


def test_on_the_spot_no_planned_one_begins_unasked_though_it_has_the_same_title() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan(in_min=24 * 60))
        await rig.signed_in()
        await rig.do(PLANNED, w.EndLive(), w.GoLive(PLANNED.title, PLANNED.category))
        assert (code(rig), cast(rig).phase) == ("session_busy", BroadcastPhase.OFF)
        trouble = cast(rig).trouble
        assert trouble is not None
        assert (trouble.detail["session_id"], trouble.action) == ("e1", "start_that")

    play(scene)


def test_a_planned_one_that_was_interrupted_goes_on_by_its_title() -> None:
    async def scene(rig: Rig) -> None:
        entry = rig.platform.add(a_plan(), state=SessionState.INTERRUPTED)
        rig.platform.session = entry.session
        await rig.signed_in()
        assert code(rig) == "session_waiting"
        await rig.do(w.GoLive(PLANNED.title, PLANNED.category))
        assert cast(rig).session is not None
        assert (cast(rig).session.id, cast(rig).phase) == ("e1", BroadcastPhase.PREPARING)

    play(scene)


@pytest.mark.parametrize("refused", ["platform_unreachable", "activity_too_early", "face_voided", "not_found"])
def test_what_the_service_says_is_told_and_can_be_tried_again(refused: str) -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan())
        await rig.signed_in()
        name = "session" if refused in ("not_found", "platform_unreachable") else "stream_key"
        rig.platform.fail[name] = PlatformError(refused, retryable=False)
        await rig.do(PLANNED)
        assert (code(rig), cast(rig).phase, cast(rig).can_take_over) == (refused, BroadcastPhase.OFF, False)
        rig.platform.fail.clear()
        await rig.do(PLANNED)
        assert (code(rig), cast(rig).phase) == ("", BroadcastPhase.PREPARING)

    play(scene)
