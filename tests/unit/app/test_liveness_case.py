"""The face check by camera between fakes: a whole pass, each early end, who it belongs to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.contract.identity import FaceCheck
from app.contract.inbox import Concern
from app.contract.liveness import PART_BYTES
from app.domain.face_check import FaceMethod, FaceState
from app.domain.liveness import Abort, Action, LivenessPath, LivenessState, OrderKind, Phase, Prompt, Retry
from app.errors import PlatformError
from app.ports import engine as port
from app.usecases import wishes as w
from app.usecases.liveness_state import LivenessDesk, Outcome
from app.usecases.trouble import Trouble
from tests.unit.app.fake_liveness import COLOURS, refused
from tests.unit.app.fakes import NOW
from tests.unit.app.liveness_kit import (
    PACKAGE,
    P,
    begun,
    changed,
    desk,
    orders,
    said,
    seal,
    sent,
    to_flash,
    to_sealing,
)
from tests.unit.app.rig import Rig, play, settle

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
        assert (desk(rig).phase, desk(rig).actions) == (P.STARTING, 2)
        changed(rig, Phase.ALIGN, prompt=Prompt.TOO_FAR)
        assert desk(rig).now is not None and desk(rig).now.prompt is Prompt.TOO_FAR  # type: ignore[union-attr]
        assert desk(rig).phase is P.CAPTURING
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
        assert (desk(rig).phase, desk(rig).outcome, desk(rig).retry) == (P.STARTING, None, None)
        assert (desk(rig).path, desk(rig).session_id) == (LivenessPath.NO_FLASH, "l2")

    play(scene)


@pytest.mark.parametrize(
    ("face", "expected"),
    [
        (FaceState.VERIFIED, (P.DONE, Outcome.VERIFIED)), (FaceState.SECOND_LOOK, (P.DONE, Outcome.WAITING)),
        (FaceState.REFUSED, (P.IDLE, None)), (FaceState.RETAKE, (P.IDLE, None)),
    ],
)  # fmt: skip
def test_what_an_operator_decides(face: FaceState, expected: tuple[P, Outcome | None]) -> None:
    async def scene(rig: Rig) -> None:
        await sent(rig)
        rig.platform.judge(LivenessState.REVIEW)
        await rig.changed(Concern.IDENTITY.value)
        assert desk(rig).outcome is Outcome.WAITING
        rig.platform.mine.face = FaceCheck(id="f1", state=face, method=FaceMethod.LIVE_CALL, wished_at=NOW, history=[])
        await rig.changed(Concern.IDENTITY.value)
        assert (desk(rig).phase, desk(rig).outcome) == expected
        await rig.do(w.StartLiveness())
        assert desk(rig).phase is P.STARTING

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
        assert (desk(rig).phase, desk(rig).trouble) == (P.STARTING, None)

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
