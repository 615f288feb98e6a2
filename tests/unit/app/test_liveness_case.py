"""The face check by camera between fakes: a whole pass, each early end, answers that are lost, the upload."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.contract.identity import FaceCheck
from app.contract.inbox import Concern
from app.contract.liveness import PART_BYTES
from app.domain.face_check import FaceMethod, FaceState
from app.domain.liveness import Abort, Action, LivenessPath, LivenessState, OrderKind, Phase, Prompt, Retry
from app.errors import PlatformError
from app.ports import engine as port
from app.usecases import wishes as w
from app.usecases.liveness_state import LivenessDesk, LivenessPhase, Outcome
from app.usecases.trouble import Trouble
from tests.unit.app.fake_liveness import COLOURS, refused
from tests.unit.app.fakes import NOW
from tests.unit.app.rig import LoopClock, Rig, pass_s, play, play_timed, settle

P = LivenessPhase
PACKAGE = bytes(range(256)) * 3000
"""768 kB: three parts."""


def desk(rig: Rig) -> LivenessDesk:
    return rig.desk.state.liveness


async def begun(rig: Rig, path: LivenessPath = LivenessPath.FULL) -> None:
    await rig.signed_in()
    await rig.do(w.LoadLiveness(), w.StartLiveness(path))


def changed(rig: Rig, phase: Phase, **fields: object) -> None:
    rig.engine.on_event(port.LivenessChanged(session_id=desk(rig).session_id, phase=phase, **fields))  # type: ignore[arg-type]


async def said(rig: Rig, number: int) -> None:
    """The engine has carried out the order before."""
    key = b"k" * 32 if number == 0 else b""
    rig.engine.on_event(
        port.LivenessSaid(
            session_id=desk(rig).session_id, number=number, public_key=key, link=bytes([number]) * 32,
            units=100 + number, at_us=1000 * number,
        )
    )  # fmt: skip
    await settle()


async def to_flash(rig: Rig) -> None:
    await begun(rig)
    for number in range(3):
        await said(rig, number)
    assert desk(rig).phase is P.FLASH_READY


def seal(rig: Rig, package: bytes = PACKAGE) -> None:
    rig.engine.package, rig.engine.package_of = package, desk(rig).session_id
    rig.engine.on_event(
        port.LivenessSealed(
            session_id=desk(rig).session_id, size_bytes=len(package), sha256=hashlib.sha256(package).digest()
        )
    )


async def to_sealing(rig: Rig) -> None:
    await to_flash(rig)
    await rig.do(w.FlashShown(77))
    await said(rig, 3)
    assert desk(rig).phase is P.SEALING


async def sent(rig: Rig, package: bytes = PACKAGE) -> None:
    await to_sealing(rig)
    seal(rig, package)
    await settle()


def orders(rig: Rig) -> list[tuple[int, OrderKind, Action | None]]:
    return [(one.number, one.kind, one.action) for one in rig.engine.sent(port.OrderLiveness)]


# ---- a whole pass --------------------------------------------------------------------------------


def test_a_whole_pass() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        await rig.do(w.LoadLiveness())
        assert desk(rig).standing is not None and len(rig.engine.sent(port.PrepareLiveness)) == 1
        rig.platform.hold["begin_liveness"] = asyncio.Event()
        await rig.do(w.StartLiveness())
        assert desk(rig).phase is P.STARTING
        rig.platform.hold.pop("begin_liveness").set()
        await settle()
        [asked] = rig.engine.sent(port.BeginLiveness)
        assert (asked.session_id, asked.nonce, asked.seal_key) == ("l1", b"n" * 32, b"s" * 32)
        assert (asked.min_fps, asked.min_size_px, asked.policy_version) == (15.0, 480, "v")
        assert (desk(rig).phase, desk(rig).actions) == (P.CAPTURING, 2)
        changed(rig, Phase.ALIGN, prompt=Prompt.TOO_FAR)
        assert desk(rig).now is not None and desk(rig).now.prompt is Prompt.TOO_FAR  # type: ignore[union-attr]
        await said(rig, 0)
        await said(rig, 1)
        assert desk(rig).done == (Action.TURN_LEFT,)
        await said(rig, 2)
        assert desk(rig).done == (Action.TURN_LEFT, Action.BLINK)
        assert (desk(rig).phase, desk(rig).colours) == (P.FLASH_READY, tuple(COLOURS))
        await rig.do(w.FlashShown(77), w.FlashShown(99))
        assert [one.at_ms for one in rig.engine.sent(port.FlashBegan)] == [77]
        assert desk(rig).phase is P.FLASHING
        await said(rig, 3)
        assert (desk(rig).phase, desk(rig).colours) == (P.SEALING, ())
        assert orders(rig) == [
            (0, OrderKind.ACTION, Action.TURN_LEFT), (1, OrderKind.ACTION, Action.BLINK), (2, OrderKind.FLASH, None),
            (3, OrderKind.SEAL, None),
        ]  # fmt: skip
        seal(rig)
        await settle()
        assert bytes(rig.platform.package) == PACKAGE
        assert {one.max_bytes for one in rig.engine.sent(port.ReadLiveness)} <= {PART_BYTES, len(PACKAGE) % PART_BYTES}
        assert len(rig.engine.sent(port.DropLiveness)) == 1
        assert (desk(rig).phase, desk(rig).sent_ratio) == (P.JUDGING, 1.0)
        rig.platform.judge(LivenessState.LIVE)
        await rig.changed(Concern.IDENTITY.value)
        assert (desk(rig).phase, desk(rig).outcome) == (P.DONE, Outcome.WAITING)
        rig.platform.mine.face = FaceCheck(
            id="f1", state=FaceState.VERIFIED, method=FaceMethod.LIVE_CALL, wished_at=NOW, history=[]
        )
        await rig.changed(Concern.IDENTITY.value)
        assert desk(rig).outcome is Outcome.VERIFIED
        assert rig.platform.liveness_aborts == []

    play(scene)


@pytest.mark.parametrize(
    ("state", "fields", "outcome"),
    [
        (LivenessState.REVIEW, {}, Outcome.WAITING),
        (LivenessState.RETRY, {"retry": Retry.NO_DEPTH}, Outcome.RETRY),
        (LivenessState.RETRY, {"retry": Retry.NO_LIGHT, "locked_until": NOW}, Outcome.LOCKED),
        (LivenessState.EXPIRED, {}, Outcome.ABORTED),
    ],
)
def test_what_the_service_decides(state: LivenessState, fields: dict[str, object], outcome: Outcome) -> None:
    async def scene(rig: Rig) -> None:
        await sent(rig)
        rig.platform.judge(state, **fields)
        await rig.changed(Concern.IDENTITY.value)
        assert (desk(rig).phase, desk(rig).outcome, desk(rig).retry) == (P.DONE, outcome, fields.get("retry"))
        await rig.do(w.StartLiveness(LivenessPath.NO_FLASH))
        assert (desk(rig).phase, desk(rig).outcome, desk(rig).retry) == (P.CAPTURING, None, None)
        assert (desk(rig).path, desk(rig).session_id) == (LivenessPath.NO_FLASH, "l2")

    play(scene)


def test_one_that_is_judged_already_is_followed_by_a_new_window() -> None:
    async def scene(rig: Rig) -> None:
        await sent(rig)
        other = Rig(platform=rig.platform)
        await other.signed_in()
        await other.do(w.LoadLiveness())
        assert desk(other).phase is P.JUDGING
        await other.do(w.StartLiveness())
        assert desk(other).phase is P.JUDGING and len(rig.platform.livenesses) == 1
        rig.platform.judge(LivenessState.RETRY, retry=Retry.UNCLEAR)
        await other.changed(Concern.IDENTITY.value)
        assert (desk(other).outcome, desk(other).retry) == (Outcome.RETRY, Retry.UNCLEAR)

    play(scene)


def test_a_second_wish_while_one_runs_does_nothing() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        await rig.do(w.StartLiveness(), w.StartLiveness(LivenessPath.NO_FLASH), w.LoadLiveness())
        assert len(rig.platform.livenesses) == len(rig.engine.sent(port.BeginLiveness)) == 1
        assert len(rig.engine.sent(port.PrepareLiveness)) == 1

    play(scene)


# ---- early ends ----------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [begun, to_flash, to_sealing])
@pytest.mark.parametrize("reason", [Abort.GIVEN_UP, Abort.FOCUS_LOST])
def test_the_person_or_the_page_ends_it(stop: Callable[[Rig], Awaitable[None]], reason: Abort) -> None:
    async def scene(rig: Rig) -> None:
        await stop(rig)
        await rig.do(w.AbortLiveness(reason), w.AbortLiveness(reason))
        assert (desk(rig).phase, desk(rig).outcome, desk(rig).abort) == (P.DONE, Outcome.ABORTED, reason)
        assert (desk(rig).trouble, desk(rig).colours) == (None, ())
        assert [one.reason for one in rig.engine.sent(port.AbortLiveness)] == [reason]
        assert rig.platform.liveness_aborts == [("l1", reason)]
        before = len(rig.engine.commands)
        changed(rig, Phase.WAIT)
        await said(rig, 0)
        seal(rig)
        await settle()
        assert len(rig.engine.commands) == before and desk(rig).phase is P.DONE

    play(scene)


def test_what_was_captured_goes_on_its_way_when_the_page_is_left() -> None:
    async def scene(rig: Rig) -> None:
        await to_sealing(rig)
        rig.platform.hold["send_liveness"] = asyncio.Event()
        seal(rig)
        await settle()
        await rig.do(w.AbortLiveness(Abort.FOCUS_LOST))
        assert desk(rig).phase is P.SENDING
        await rig.do(w.AbortLiveness(Abort.GIVEN_UP))
        assert (desk(rig).phase, desk(rig).abort) == (P.DONE, Abort.GIVEN_UP)
        assert rig.platform.liveness_aborts == [("l1", Abort.GIVEN_UP)]
        assert len(rig.engine.sent(port.DropLiveness)) == 1

    play(scene)


def test_the_engine_ends_it_and_says_why() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        changed(rig, Phase.ABORTED, abort=Abort.SECOND_FACE)
        await settle()
        assert (desk(rig).outcome, desk(rig).abort, desk(rig).trouble) == (Outcome.ABORTED, Abort.SECOND_FACE, None)
        assert rig.platform.liveness_aborts == [("l1", Abort.SECOND_FACE)]
        await rig.do(w.StartLiveness())
        changed(rig, Phase.ABORTED, abort=Abort.CAMERA_CHANGED, code="camera_lost")
        await settle()
        assert desk(rig).trouble == Trouble("camera_lost", {}, "choose_camera")
        assert rig.platform.liveness_aborts[1:] == [("l2", Abort.CAMERA_CHANGED)]
        assert desk(rig).standing is not None and desk(rig).standing.left_today == 8  # type: ignore[union-attr]

    play(scene)


@pytest.mark.parametrize("code", ["output_busy", "liveness_camera_needed", "liveness_unavailable", "engine_away"])
def test_an_engine_that_does_not_begin(code: str) -> None:
    async def scene(rig: Rig) -> None:
        rig.engine.refuse[port.BeginLiveness] = code
        await begun(rig)
        told = "liveness_lost" if code == "engine_away" else code
        assert (desk(rig).phase, desk(rig).outcome) == (P.DONE, Outcome.ABORTED)
        assert desk(rig).trouble is not None and desk(rig).trouble.code == told  # type: ignore[union-attr]
        assert rig.platform.liveness_aborts == [("l1", Abort.GIVEN_UP)]

    play(scene)


@pytest.mark.parametrize("stop", [begun, to_flash, to_sealing])
def test_an_engine_that_dies(stop: Callable[[Rig], Awaitable[None]]) -> None:
    async def scene(rig: Rig) -> None:
        await stop(rig)
        rig.engine.on_link(False)
        await settle()
        assert (desk(rig).phase, desk(rig).outcome, desk(rig).abort) == (P.DONE, Outcome.ABORTED, None)
        assert desk(rig).trouble == Trouble("liveness_lost", {}, "retry")
        rig.engine.attach()
        await settle()
        await rig.do(w.StartLiveness())
        assert (desk(rig).phase, desk(rig).trouble) == (P.CAPTURING, None)

    play(scene)


def test_an_engine_that_does_not_take_an_order_or_the_flash() -> None:
    for kind, stop in ((port.OrderLiveness, begun), (port.FlashBegan, to_flash)):

        async def scene(rig: Rig, kind: type = kind, stop: Callable[[Rig], Awaitable[None]] = stop) -> None:
            await stop(rig)
            rig.engine.refuse[kind] = "input_invalid"
            if kind is port.OrderLiveness:
                await said(rig, 0)
            else:
                await rig.do(w.FlashShown(1))
            assert desk(rig).trouble == Trouble("liveness_lost", {}, "retry")
            assert rig.engine.sent(port.AbortLiveness)
            assert rig.platform.liveness_aborts == [("l1", Abort.GIVEN_UP)]

        play(scene)


@pytest.mark.parametrize("code", ["liveness_locked", "liveness_attempts_over", "liveness_busy", "face_check_open"])
def test_what_the_service_does_not_begin(code: str) -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.fail["begin_liveness"] = refused(code, retry_after_s=900)
        await rig.do(w.StartLiveness())
        locked = (P.DONE, Outcome.LOCKED) if code == "liveness_locked" else (P.IDLE, None)
        assert (desk(rig).phase, desk(rig).outcome) == locked
        assert desk(rig).trouble is not None and desk(rig).trouble.code == code  # type: ignore[union-attr]
        assert desk(rig).standing is not None
        assert not rig.engine.sent(port.BeginLiveness)

    play(scene)


@pytest.mark.parametrize("code", ["liveness_expired", "state_conflict", "platform_not_ours"])
def test_a_session_that_ends_at_the_service(code: str) -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.fail["liveness_progress"] = refused(code)
        await said(rig, 0)
        assert (desk(rig).phase, desk(rig).outcome) == (P.DONE, Outcome.ABORTED)
        assert desk(rig).trouble is not None and desk(rig).trouble.code == code  # type: ignore[union-attr]
        assert rig.engine.sent(port.AbortLiveness)
        assert len(rig.platform.liveness_aborts) == (code == "platform_not_ours")

    play(scene)


def test_an_order_that_answers_something_else_is_not_carried_out() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.orders = ({"kind": OrderKind.ACTION}, *rig.platform.orders)
        await begun(rig)
        await said(rig, 0)
        assert desk(rig).trouble is not None and desk(rig).trouble.code == "platform_not_ours"  # type: ignore[union-attr]
        assert orders(rig) == []

    play(scene)


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
        assert (desk(rig).phase, len(platform.livenesses)) == (P.CAPTURING, 1)
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


def test_a_begin_whose_answer_stays_lost_is_the_same_session_when_it_is_wished_again() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.lose.add("begin_liveness")
        await rig.do(w.StartLiveness())
        await pass_s(60)
        assert (desk(rig).phase, desk(rig).trouble) == (P.IDLE, Trouble("platform_timeout", {}, "retry"))
        rig.platform.lose.clear()
        await rig.do(w.StartLiveness())
        assert (desk(rig).phase, desk(rig).session_id, len(rig.platform.livenesses)) == (P.CAPTURING, "l1", 1)

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


# ---- who -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [begun, to_flash, to_sealing, sent])
def test_with_the_sign_in_all_of_it_ends(stop: Callable[[Rig], Awaitable[None]]) -> None:
    async def scene(rig: Rig) -> None:
        await stop(rig)
        await rig.do(w.SignOut())
        assert desk(rig) == LivenessDesk()
        assert rig.engine.sent(port.AbortLiveness) and rig.engine.sent(port.DropLiveness)
        await rig.do(w.StartLiveness())
        assert desk(rig).phase is P.IDLE

    play(scene)


@pytest.mark.parametrize("call", ["begin_liveness", "liveness_progress", "send_liveness"])
def test_a_sign_in_that_is_no_longer_good(call: str) -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.fail[call] = refused("token_expired")
        await rig.signed_in()
        await rig.do(w.StartLiveness())
        if call != "begin_liveness":
            rig.platform.orders = ({"kind": OrderKind.SEAL},)
            await said(rig, 0)
        if call == "send_liveness":
            seal(rig)
            await settle()
        assert desk(rig) == LivenessDesk()
        assert rig.desk.state.account.account is None

    play(scene)


def test_a_load_that_fails_is_told_and_goes_with_the_next() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.fail["liveness"] = PlatformError("platform_unreachable")
        await rig.do(w.LoadLiveness())
        assert desk(rig).trouble == Trouble("platform_unreachable", {}, "retry")
        rig.platform.fail.clear()
        await rig.do(w.LoadLiveness())
        assert (desk(rig).trouble, desk(rig).standing) == (None, rig.platform.liveness_now)

    play(scene)
