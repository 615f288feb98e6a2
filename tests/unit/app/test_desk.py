"""The desk on stand-ins: from the first question to the end of a broadcast, and everything that goes wrong between."""

from __future__ import annotations

import pytest

from app.contract import events
from app.contract.rest import Category
from app.errors import PlatformError
from app.ports import engine as port
from app.ports.supervision import PlatformStarted, Quit, StartPlatform
from app.settings import Settings
from app.usecases import wishes as w
from app.usecases.platform import address_of
from app.usecases.state import AccountPhase, BroadcastPhase, MessageStatus, PlatformPhase
from tests.unit.app.rig import Rig, play, settle


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("live.example.org", "https://live.example.org"),
        (" https://live.example.org:8443/ ", "https://live.example.org:8443"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://live.example.org", None),
        ("ftp://x", None),
        ("https://user@x", None),
        ("https://x/path", None),
        ("https://x:notaport", None),
        ("", None),
    ],
)
def test_addresses_as_people_type_them(typed: str, address: str | None) -> None:
    assert address_of(typed) == address


def test_the_first_start_asks_and_the_embedded_platform_shows_codes() -> None:
    async def scene(rig: Rig) -> None:
        desk = rig.start()
        assert desk.state.platform.phase is PlatformPhase.UNSET
        await rig.do(w.TryHere())
        assert isinstance(rig.supervision.wishes[0], StartPlatform)
        rig.supervision.on_event(
            PlatformStarted(
                request_id=1, base_url="http://127.0.0.1:9", local_token="local", operator_name="operator",
                operator_password="once",
            )
        )  # fmt: skip
        await settle()
        assert desk.state.platform.phase is PlatformPhase.READY
        assert desk.state.platform.operator_password == "once"
        assert "once" not in repr(desk.state)
        await rig.do(w.DismissOperatorPassword(), w.AskCode("13800138000"))
        assert desk.state.platform.operator_password == ""
        assert desk.state.account.demo_code == "246810"
        assert desk.state.account.other_codes == (("139****0001", "135791"),)
        assert rig.settings.kept.is_embedded

    play(scene)


def test_an_address_that_is_none_is_refused_with_a_reason() -> None:
    async def scene(rig: Rig) -> None:
        rig.start()
        await rig.do(w.ConnectPlatform("not an address"))
        trouble = rig.desk.state.platform.trouble
        assert trouble is not None
        assert trouble.code == "address_invalid"

    play(scene)


def test_a_service_that_is_down_is_told_and_can_be_tried_again() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.fail["info"] = PlatformError("platform_unreachable")
        rig.start()
        await rig.do(w.ConnectPlatform("127.0.0.1:1"))
        state = rig.desk.state.platform
        assert (state.phase, state.trouble and state.trouble.action) == (PlatformPhase.UNREACHABLE, "retry")
        rig.platform.fail.clear()
        await rig.do(w.ConnectPlatform("127.0.0.1:1"))
        assert rig.desk.state.platform.phase is PlatformPhase.READY

    play(scene)


def test_a_wrong_code_stays_on_the_page() -> None:
    async def scene(rig: Rig) -> None:
        rig.settings.kept = Settings(platform_url="http://127.0.0.1:1")
        rig.start()
        await settle()
        await rig.do(w.AskCode("13800138000"), w.SignIn("13800138000", "000000"))
        account = rig.desk.state.account
        assert (account.phase, account.trouble and account.trouble.code) == (AccountPhase.CODE_SENT, "code_wrong")
        await rig.do(w.AskCode("12"))
        assert rig.desk.state.account.trouble is not None
        assert rig.desk.state.account.trouble.code == "phone_invalid"

    play(scene)


def test_on_air_and_the_end() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        assert rig.engine.sent(port.StartPublish)[0].targets[0].key == "k1"
        rig.fact(events.RoomStats(viewers=3, messages=1), "room.stats")
        assert rig.desk.state.broadcast.viewers == 3
        await rig.do(w.EndLive())
        state = rig.desk.state.broadcast
        assert state.phase is BroadcastPhase.ENDED
        assert state.summary is not None
        assert state.summary.viewers_peak == 3
        assert rig.platform.ended == ["s1"]
        assert rig.engine.sent(port.StopPublish)

    play(scene)


def test_a_repeat_after_a_lost_reply_makes_one_session() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.fail["stream_key"] = PlatformError("platform_timeout")
        await rig.do(w.GoLive("题", Category.OTHER))
        assert rig.desk.state.broadcast.phase is BroadcastPhase.OFF
        rig.platform.fail.clear()
        await rig.do(w.GoLive("题", Category.OTHER))
        assert len(rig.platform.created) == 1
        assert rig.desk.state.broadcast.phase is BroadcastPhase.PREPARING

    play(scene)


def test_live_elsewhere_can_be_taken_over() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.fail["stream_key"] = PlatformError("live_elsewhere", retryable=False)
        await rig.do(w.GoLive("题", Category.OTHER))
        state = rig.desk.state.broadcast
        assert state.can_take_over
        assert state.trouble is not None
        assert state.trouble.action == "take_over"
        await rig.do(w.GoLive("题", Category.OTHER, take_over=True))
        assert rig.desk.state.broadcast.phase is BroadcastPhase.PREPARING

    play(scene)


@pytest.mark.parametrize("code", ["key_dead", "replaced", "key_unknown"])
def test_a_final_refusal_stops_with_its_reason(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.usecases.broadcast.REASON_S", 0)

    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.engine.publish(port.PublishStatus.REFUSED, code)
        await settle()
        state = rig.desk.state.broadcast
        assert (state.phase, state.trouble and state.trouble.code) == (BroadcastPhase.ENDED, code)
        assert rig.engine.sent(port.StopPublish)

    play(scene)


def test_a_cut_off_is_told() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.fact(events.SessionChanged(state="ended", reason="cut_off"), "session.changed", seq=2)
        await settle()
        trouble = rig.desk.state.broadcast.trouble
        assert trouble is not None
        assert trouble.code == "cut_off"

    play(scene)


def test_a_message_is_sending_then_posted_once() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        await rig.do(w.SendChat("大家好", "r1"), w.SendChat("大家好", "r1"))
        assert rig.platform.room is not None
        assert rig.platform.room.sent == [("r1", "大家好")]
        assert rig.desk.state.room.lines[-1].status is MessageStatus.SENDING
        posted = events.ChatPosted(message_id="m1", author_id="a1", author_name="林晓", is_anchor=True, text="大家好")
        rig.fact(posted, "chat.posted", seq=3)
        rig.fact(events.ChatAck(request_id="r1", message_id="m1", seq=3), "chat.ack")
        assert [(line.id, line.status) for line in rig.desk.state.room.lines] == [("m1", MessageStatus.POSTED)]

    play(scene)


def test_a_refused_message_can_be_sent_again() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        await rig.do(w.SendChat("你好", "r1"))
        rig.fact(events.Refused(request_id="r1", code="rate_limited"), "error")
        assert rig.desk.state.room.lines[-1].status is MessageStatus.FAILED
        await rig.do(w.SendChat("你好", "r1"))
        assert rig.desk.state.room.lines[-1].status is MessageStatus.SENDING

    play(scene)


@pytest.mark.parametrize("code", ["disk_full", "folder_missing"])
def test_a_recording_that_fails_is_told_and_the_broadcast_stays(code: str) -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.engine.on_event(port.RecordChanged(status=port.RecordStatus.FAILED, path="/v", code=code))
        notice = rig.desk.state.notices[-1]
        assert (notice.trouble.code, notice.trouble.action) == (code, "choose_folder")
        assert rig.desk.state.broadcast.phase is BroadcastPhase.ON_AIR

    play(scene)


@pytest.mark.parametrize(("code", "is_video", "message"), [
    ("no_camera", True, "health.no_picture_idle"),
    ("camera_in_use", True, "health.no_picture_idle"),
    ("no_microphone", False, "health.no_sound_idle"),
])  # fmt: skip
def test_a_missing_device_is_the_sentence_of_health(code: str, is_video: bool, message: str) -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.engine.on_event(port.SourceChanged(is_video=is_video, status=port.SourceStatus.FAILED, code=code))
        assert rig.desk.state.health.message_id == message
        assert rig.desk.state.log[-1].message_id == f"error.{code}"

    play(scene)


def test_leaving_ends_the_broadcast_first() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        await rig.do(w.Leave())
        assert rig.platform.ended == ["s1"]
        assert isinstance(rig.supervision.wishes[-1], Quit)
        assert rig.desk.state.is_leaving

    play(scene)


def test_settings_that_cannot_be_written_are_told_and_kept_for_now() -> None:
    async def scene(rig: Rig) -> None:
        rig.start()
        rig.settings.is_full = True
        await rig.do(w.ChangeSettings({"language": "en"}))
        assert rig.desk.state.settings.language == "en"
        assert rig.desk.state.notices[-1].trouble.code == "storage_failed"

    play(scene)


def test_the_platform_cannot_be_changed_on_air() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        await rig.do(w.ForgetPlatform(), w.ConnectPlatform("x.example"), w.TryHere())
        assert rig.desk.state.platform.phase is PlatformPhase.READY
        assert [notice.trouble.code for notice in rig.desk.state.notices] == ["busy_on_air"]

    play(scene)
