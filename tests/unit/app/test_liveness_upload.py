"""The face check by camera between fakes: answers that are lost, and the upload of the package."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.contract.liveness import PART_BYTES
from app.domain.liveness import Abort, OrderKind
from app.errors import PlatformError
from app.ports import engine as port
from app.usecases import wishes as w
from app.usecases.liveness_state import Outcome
from app.usecases.trouble import Trouble
from tests.unit.app.liveness_kit import (
    PACKAGE,
    P,
    begun,
    desk,
    orders,
    said,
    seal,
    to_flash,
    to_sealing,
)
from tests.unit.app.rig import LoopClock, Rig, pass_s, play, play_timed, settle

# ---- lost answers --------------------------------------------------------------------------------


def test_every_answer_may_be_lost_once_and_nothing_is_done_twice() -> None:
    async def scene(rig: Rig) -> None:
        platform = rig.platform
        lost: set[str] = set()
        held = platform._held

        async def losing(name: str) -> None:
            """Each kind of answer the first time, and then every other time."""
            await held(name)
            if "liveness" not in name:
                return
            if name in lost:
                lost.discard(name)
            else:
                lost.add(name)
                raise PlatformError("platform_timeout")

        platform._held = losing  # type: ignore[method-assign]
        await rig.signed_in()
        await rig.do(w.StartLiveness())
        await pass_s(30)
        assert (desk(rig).phase, len(platform.livenesses)) == (P.STARTING, 1)
        for number in range(4):
            await said(rig, number)
            await pass_s(30)
            if number == 2:
                await rig.do(w.FlashShown(1))
        assert len(orders(rig)) == 4 == len(platform.liveness_said)
        seal(rig)
        await pass_s(120)
        assert bytes(platform.package) == PACKAGE
        assert (desk(rig).phase, platform.receipts, platform.liveness_aborts) == (P.JUDGING, 1, [])

    play_timed(scene, Rig(clock=LoopClock()))


@pytest.mark.parametrize("call", ["liveness_progress", "announce_liveness", "send_liveness"])
def test_a_service_that_is_busy_is_asked_again_when_it_says(call: str) -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.orders = ({"kind": OrderKind.SEAL},)
        await begun(rig)
        rig.platform.fail[call] = PlatformError("rate_limited", retryable=True, detail={"retry_after_s": 20})
        await said(rig, 0)
        if call != "liveness_progress":
            seal(rig)
            await settle()
        await pass_s(19)
        assert rig.platform.calls.count(call) == 1
        assert desk(rig).trouble == Trouble("rate_limited", {"retry_after_s": 20}), "told, and nothing to do"
        assert desk(rig).phase is (P.CAPTURING if call == "liveness_progress" else P.SENDING)
        rig.platform.fail.clear()
        await pass_s(3)
        assert desk(rig).trouble is None
        assert desk(rig).phase is (P.SEALING if call == "liveness_progress" else P.JUDGING)

    play_timed(scene, Rig(clock=LoopClock()))


def test_a_begin_whose_answer_stays_lost_is_the_same_session_when_it_is_wished_again() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.lose.add("begin_liveness")
        await rig.do(w.StartLiveness())
        await pass_s(60)
        assert (desk(rig).phase, desk(rig).trouble) == (P.IDLE, Trouble("platform_timeout", {}, "retry"))
        rig.platform.lose.clear()
        await rig.do(w.StartLiveness())
        assert (desk(rig).phase, desk(rig).session_id, len(rig.platform.livenesses)) == (P.STARTING, "l1", 1)

    play_timed(scene, Rig(clock=LoopClock()))


# ---- the upload ----------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(
    size=st.integers(1, 4 * PART_BYTES),
    cuts=st.lists(st.integers(0, 4 * PART_BYTES), max_size=6).map(lambda found: sorted(set(found))),
)
def test_an_upload_that_is_cut_anywhere_arrives_whole(size: int, cuts: list[int]) -> None:
    package = (PACKAGE + PACKAGE)[:size]

    async def scene(rig: Rig) -> None:
        rig.platform.cut_at = [cut for cut in cuts if cut < size]
        await to_sealing(rig)
        seal(rig, package)
        await pass_s(300)
        assert bytes(rig.platform.package) == package
        assert (rig.platform.receipts, desk(rig).phase, rig.platform.cut_at) == (1, P.JUDGING, [])

    play_timed(scene, Rig(clock=LoopClock()))


def test_a_package_that_is_damaged_on_its_way_is_sent_once_more_and_then_given_up() -> None:
    async def scene(rig: Rig) -> None:
        await to_sealing(rig)
        rig.engine.package = PACKAGE[:-1] + b"?"
        seal(rig)
        rig.engine.package = PACKAGE[:-1] + b"?"
        await settle()
        assert rig.platform.calls.count("announce_liveness") == 2
        assert (desk(rig).outcome, desk(rig).trouble) == (Outcome.ABORTED, Trouble("package_damaged", {}, "retry"))
        assert len(rig.engine.sent(port.DropLiveness)) == 1

    play(scene)


def test_a_package_that_the_engine_has_no_longer() -> None:
    async def scene(rig: Rig) -> None:
        await to_sealing(rig)
        seal(rig)
        rig.engine.package, rig.engine.package_of = b"", ""
        await settle()
        assert (desk(rig).phase, desk(rig).trouble) == (P.DONE, Trouble("liveness_lost", {}, "retry"))
        assert rig.platform.liveness_aborts == [("l1", Abort.GIVEN_UP)]

    play(scene)


def test_an_engine_that_is_away_for_a_moment_is_waited_for() -> None:
    async def scene(rig: Rig) -> None:
        await to_sealing(rig)
        rig.engine.refuse[port.ReadLiveness] = "engine_away"
        seal(rig)
        await pass_s(1)
        rig.engine.on_link(False)
        assert desk(rig).phase is P.SENDING
        rig.engine.refuse.clear()
        await pass_s(5)
        assert desk(rig).phase is P.JUDGING
        rig.engine.refuse[port.ReadLiveness] = "engine_away"

    play_timed(scene, Rig(clock=LoopClock()))


@pytest.mark.parametrize("first_bytes", [0, PART_BYTES, 5])
def test_it_goes_on_where_it_was_after_another_way_to_the_platform(first_bytes: int) -> None:
    async def scene(rig: Rig) -> None:
        await to_sealing(rig)
        rig.platform.hold["send_liveness"] = asyncio.Event()
        seal(rig)
        await settle()
        del rig.platform.package[first_bytes:]
        rig.platform.hold.clear()
        assert rig.desk.state.account.account is not None
        rig.desk._way.dropped()
        await settle()
        assert desk(rig).phase is P.SENDING
        rig.desk._way.enter(rig.desk.state.account.account)
        await settle()
        assert (bytes(rig.platform.package), desk(rig).phase) == (PACKAGE, P.JUDGING)

    play(scene)


def test_another_way_to_the_platform_in_the_midst_of_it_ends_it_kindly() -> None:
    async def scene(rig: Rig) -> None:
        await to_flash(rig)
        assert rig.desk.state.account.account is not None
        rig.desk._way.dropped()
        rig.desk._way.enter(rig.desk.state.account.account)
        await settle()
        assert (desk(rig).phase, desk(rig).outcome) == (P.DONE, Outcome.ABORTED)
        assert desk(rig).trouble is not None and rig.engine.sent(port.AbortLiveness)

    play(scene)
