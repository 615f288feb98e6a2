"""The desk when wishes, answers and events cross: cancelled starts, lost sign-ins, first choices."""

from __future__ import annotations

import asyncio

import pytest

from app.contract.rest import Category
from app.errors import PlatformError
from app.ports import engine as port
from app.ports.supervision import (
    OperatorTaken,
    PlatformFailed,
    PlatformStarted,
    StopPlatform,
)
from app.settings import Settings
from app.usecases import wishes as w
from app.usecases.state import AccountPhase, BroadcastPhase, PlatformPhase
from tests.unit.app.rig import Rig, play, settle

LIVE = w.GoLive("写好简历", Category.JOB_SEARCH)


def trouble_code(rig: Rig) -> str:
    trouble = rig.desk.state.broadcast.trouble
    return trouble.code if trouble is not None else ""


# ---- cancelled starts ------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["create_session", "stream_key"])
def test_a_start_that_is_cancelled_does_not_go_on_air(step: str) -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.hold[step] = asyncio.Event()
        await rig.do(LIVE, w.EndLive())
        rig.platform.hold.pop(step).set()
        await settle()
        assert not rig.engine.sent(port.StartPublish)
        assert rig.platform.ended == ["s1"]
        assert rig.desk.state.broadcast.phase in (BroadcastPhase.OFF, BroadcastPhase.ENDED)
        rig.engine.publish(port.PublishStatus.ON_AIR)
        assert rig.desk.state.broadcast.phase is not BroadcastPhase.ON_AIR

    play(scene)


def test_after_a_cancelled_start_the_next_one_is_a_new_session() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.hold["stream_key"] = asyncio.Event()
        await rig.do(LIVE, w.EndLive())
        rig.platform.hold.pop("stream_key").set()
        await settle()
        await rig.do(LIVE)
        assert len(set(rig.platform.created)) == 2
        assert rig.engine.sent(port.StartPublish)
        assert rig.desk.state.broadcast.phase is BroadcastPhase.PREPARING

    play(scene)


def test_a_start_whose_answer_was_lost_is_repeated_with_the_same_key_but_not_under_another_title() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        keys: list[str] = []

        async def create(title: str, category: Category, key: str) -> None:
            keys.append(key)
            raise PlatformError("platform_timeout")

        rig.platform.create_session = create  # type: ignore[method-assign, assignment]
        await rig.do(LIVE, LIVE, w.GoLive("别的题目", Category.JOB_SEARCH))
        assert keys[0] == keys[1] != keys[2]

    play(scene)


def test_a_session_that_never_came_on_air_under_another_title_is_given_up() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.engine.refuse[port.StartPublish] = "encoder_failed"
        await rig.do(LIVE)
        assert (trouble_code(rig), rig.desk.state.broadcast.phase) == ("encoder_failed", BroadcastPhase.OFF)
        rig.engine.refuse.clear()
        await rig.do(w.GoLive("新的题目", Category.JOB_SEARCH))
        assert rig.platform.ended == ["s1"]
        session = rig.desk.state.broadcast.session
        assert session is not None
        assert session.title == "新的题目"

    play(scene)


def test_going_live_twice_makes_one_session() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.desk.wish(LIVE)
        rig.desk.wish(LIVE)
        await settle()
        assert len(rig.platform.created) == 1

    play(scene)


# ---- the end ---------------------------------------------------------------------------------------


def test_an_end_that_the_service_did_not_hear_is_said_so_and_told_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.usecases.broadcast.RETRY_S", 0)

    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.platform.fail["end_session"] = PlatformError("platform_unreachable")
        await rig.do(w.EndLive())
        assert (rig.desk.state.broadcast.phase, trouble_code(rig)) == (BroadcastPhase.ENDED, "ended_here_only")
        assert rig.platform.ended == []
        rig.platform.fail.clear()
        await settle()
        assert rig.platform.ended == ["s1"]

    play(scene)


def test_an_engine_that_could_not_be_told_of_the_end_is_told_when_it_is_back() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.engine.on_link(False)
        await rig.do(w.EndLive())
        stops = len(rig.engine.sent(port.StopPublish))
        rig.engine.attach(port.PublishStatus.ON_AIR)
        await settle()
        assert len(rig.engine.sent(port.StopPublish)) == stops + 1
        assert rig.desk.state.broadcast.phase is BroadcastPhase.ENDED

    play(scene)


def test_an_encoder_that_gave_up_ends_the_broadcast_and_leads_to_the_settings() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.engine.publish(port.PublishStatus.REFUSED, "encoder_failed")
        await settle()
        trouble = rig.desk.state.broadcast.trouble
        assert trouble is not None
        assert (trouble.code, trouble.action) == ("encoder_failed", "settings")
        assert rig.desk.state.broadcast.phase is BroadcastPhase.ENDED

    play(scene)


# ---- sign-ins that are lost ------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["not_signed_in", "token_expired", "device_ended"])
def test_a_sign_in_that_is_lost_on_air_is_told_and_the_broadcast_goes_on(code: str) -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()

        async def refused() -> None:
            raise PlatformError(code, retryable=False)

        rig.platform.devices = refused  # type: ignore[method-assign, assignment]
        await rig.do(w.RefreshDevices())
        account = rig.desk.state.account
        assert account.phase is AccountPhase.SIGNED_OUT
        assert account.trouble is not None
        assert (account.trouble.code, account.trouble.action) == (code, "sign_in")
        assert rig.desk.state.broadcast.phase is BroadcastPhase.ON_AIR
        assert not rig.engine.sent(port.StopPublish)
        # Signed in again, the room is followed again and the broadcast can be ended.
        await rig.do(w.AskCode("13800138000"), w.SignIn("13800138000", "246810"))
        assert rig.desk.state.room.is_connected
        await rig.do(w.EndLive())
        assert rig.platform.ended == ["s1"]

    play(scene)


def test_a_room_that_refuses_the_sign_in_tells_it() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.platform.on_refused("device_ended")
        await settle()
        account = rig.desk.state.account
        assert (account.phase, account.trouble and account.trouble.code) == (AccountPhase.SIGNED_OUT, "device_ended")
        assert not rig.desk.state.room.is_followed
        rig.engine.on_event(port.Stats(at_ms=1, programme_frames=30, frames_sent=30, loudness_lufs=-20))
        health = rig.desk.state.health
        assert (health.message_id, health.action) == ("health.signed_out", "sign_in")

    play(scene)


def test_another_way_to_the_service_asks_for_the_sign_in_again() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.is_signed_in = False
        await rig.do(w.ConnectPlatform("127.0.0.1:2"))
        account = rig.desk.state.account
        assert (account.phase, account.trouble and account.trouble.code) == (AccountPhase.SIGNED_OUT, "not_signed_in")

    play(scene)


def test_asking_too_early_keeps_the_code_and_tells_how_long() -> None:
    async def scene(rig: Rig) -> None:
        rig.settings.kept = Settings(platform_url="http://127.0.0.1:1")
        rig.start()
        await settle()
        await rig.do(w.AskCode("13800138000"))
        rig.platform.fail["ask_code"] = PlatformError("rate_limited", detail={"retry_after_s": "40"})
        await rig.do(w.AskCode("13800138000"))
        account = rig.desk.state.account
        assert (account.phase, account.resend_in_s) == (AccountPhase.CODE_SENT, 40)
        assert account.trouble is not None

    play(scene)


# ---- the first start -------------------------------------------------------------------------------


def test_a_trial_that_was_cancelled_stays_cancelled() -> None:
    async def scene(rig: Rig) -> None:
        rig.start()
        await rig.do(w.TryHere(), w.ForgetPlatform())
        assert isinstance(rig.supervision.wishes[-1], StopPlatform)
        rig.supervision.on_event(PlatformStarted(request_id=1, base_url="http://127.0.0.1:9", local_token="local"))
        rig.supervision.on_event(PlatformFailed(request_id=1, code="address_unavailable"))
        await settle()
        assert rig.desk.state.platform.phase is PlatformPhase.UNSET
        assert not rig.settings.kept.is_embedded

    play(scene)


def test_who_never_chose_sees_and_hears_themself_after_signing_in_and_a_choice_stays() -> None:
    listed = port.DevicesListed(
        cameras=(port.Camera(device_id="c0", name="A"), port.Camera(device_id="c1", name="B")),
        microphones=(
            port.Microphone(device_id="m0", name="A"),
            port.Microphone(device_id="m1", name="B", is_default=True),
        ),
    )

    async def scene(rig: Rig) -> None:
        rig.settings.kept = Settings(platform_url="http://127.0.0.1:1")
        rig.start()
        rig.engine.attach()
        rig.engine.on_event(listed)
        await settle()
        assert not rig.engine.sent(port.SetVideo)
        await rig.do(w.AskCode("13800138000"), w.SignIn("13800138000", "246810"))
        assert rig.desk.state.settings.video == port.CameraSource(device_id="c0")
        assert rig.desk.state.settings.audio == port.MicSource(device_id="m1")
        await rig.do(w.ChooseVideo(port.NoVideo()))
        rig.engine.on_event(listed)
        await settle()
        assert rig.desk.state.settings.video == port.NoVideo()

    play(scene)


def test_the_operators_password_is_taken_once_it_was_noted() -> None:
    async def scene(rig: Rig) -> None:
        rig.start()
        await rig.do(w.TryHere())
        rig.supervision.on_event(
            PlatformStarted(request_id=1, base_url="http://127.0.0.1:9", local_token="local", operator_password="once")
        )
        await settle()
        assert OperatorTaken() not in rig.supervision.wishes
        await rig.do(w.DismissOperatorPassword())
        assert OperatorTaken() in rig.supervision.wishes

    play(scene)


def test_a_change_of_mind_in_the_same_moment_leaves_nothing_half_begun() -> None:
    async def scene(rig: Rig) -> None:
        rig.start()
        rig.desk.wish(w.ConnectPlatform("127.0.0.1:1"))
        rig.desk.wish(w.ConnectPlatform("127.0.0.1:2"))
        await settle()
        assert rig.desk.state.platform.url == "http://127.0.0.1:2"

    play(scene)


# ---- notices ---------------------------------------------------------------------------------------


def test_what_only_informs_goes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.usecases.desk.TICK_S", 0)

    async def scene(rig: Rig) -> None:
        rig.start()
        rig.settings.is_full = True
        await rig.do(w.ChangeSettings({"language": "en"}))
        rig.desk._context.notify(rig.desk.state.notices[0].trouble.__class__("engine_restarting"), is_error=False)
        assert len(rig.desk.state.notices) == 2
        rig.clock.advance(13)
        await settle()
        assert [notice.trouble.code for notice in rig.desk.state.notices] == ["storage_failed"]

    play(scene)


def test_a_change_that_waits_for_the_end_is_not_kept() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        await rig.do(w.ChangeSettings({"is_on_lan": True, "language": "en"}))
        assert (rig.settings.kept.is_on_lan, rig.settings.kept.language) == (False, "en")
        assert rig.desk.state.notices[-1].trouble.code == "busy_on_air"

    play(scene)
