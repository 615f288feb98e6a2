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
from app.usecases.room import MAX_LINES
from app.usecases.room_wishes import SendChat
from app.usecases.state import AccountPhase, AudienceState, BroadcastPhase, FiguresPhase, MessageStatus, PlatformPhase
from tests.unit.app.fakes import FIGURES
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
        rig.fact(events.RoomStats(viewers=3, messages=1, peak=5, onlookers=9), "room.stats")
        shown = rig.desk.state.broadcast
        assert (shown.viewers, shown.messages, shown.peak, shown.onlookers) == (3, 1, 5, 9)
        rig.platform.figures, rig.platform.comments = FIGURES, 1
        await rig.do(w.EndLive())
        state = rig.desk.state.broadcast
        assert state.phase is BroadcastPhase.ENDED
        assert state.summary is not None
        assert state.audience == AudienceState(FiguresPhase.TOLD, FIGURES, 1)
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


@pytest.mark.parametrize("is_told_first", [True, False])
def test_why_it_was_cut_off_is_told_whichever_is_heard_first(*, is_told_first: bool) -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        told = (events.KeyRevoked(key_id="id1", cause="cut_off", reason="多次发布广告"), "key.revoked")
        ended = (events.SessionChanged(state="ended", reason="cut_off"), "session.changed")
        for body, kind in (told, ended) if is_told_first else (ended, told):
            rig.fact(body, kind)
        trouble = rig.desk.state.broadcast.trouble
        assert trouble is not None and trouble.detail == {"reason": "多次发布广告"}
        assert trouble.code in ("cut_off", "key_cut_off")

    play(scene)


def test_a_hidden_message_is_gone_and_stands_in_its_old_place_when_it_is_restored() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        for seq, text in enumerate(("一", "二", "三"), 1):
            said = events.ChatPosted(
                message_id=f"m{seq}", author_id="a", author_name="观众", is_anchor=False, text=text
            )
            rig.fact(said, "chat.posted", seq=seq)
        rig.fact(events.ChatHidden(ids=["m2", "unknown"]), "chat.hidden", seq=4)
        assert [(line.text, line.is_hidden) for line in rig.desk.state.room.lines] == [
            ("一", False), ("二", True), ("三", False),
        ]  # fmt: skip
        back = events.Restored(
            message_id="m2", author_id="a", author_name="观众", is_anchor=False, text="二", seq=2, sent_ms=1
        )
        for seq in (5, 6):
            rig.fact(events.ChatRestored(messages=[back]), "chat.restored", seq=seq)
        rig.fact(events.ChatVoided(), "chat.voided", seq=7)
        assert [(line.text, line.is_hidden) for line in rig.desk.state.room.lines] == [
            ("一", False), ("二", False), ("三", False),
        ]  # fmt: skip

    play(scene)


def test_a_message_that_was_hidden_before_we_came_is_shown_in_its_old_place() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        for seq, text in ((1, "一"), (3, "三")):
            said = events.ChatPosted(
                message_id=f"m{seq}", author_id="a", author_name="观众", is_anchor=False, text=text
            )
            rig.fact(said, "chat.posted", seq=seq)
        back = events.Restored(
            message_id="m2", author_id="a", author_name="观众", is_anchor=False, text="二", seq=2, sent_ms=1,
            reply=events.Quoted("m1", "小苗", "问一下"),
        )  # fmt: skip
        rig.fact(events.ChatRestored(messages=[back]), "chat.restored", seq=4)
        lines = rig.desk.state.room.lines
        assert [line.text for line in lines] == ["一", "二", "三"]
        assert (lines[1].reply_author, lines[1].reply_text) == ("小苗", "问一下")

    play(scene)


def test_an_answer_names_the_message_and_one_that_is_gone_is_not_answered() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        said = events.ChatPosted(message_id="m1", author_id="a", author_name="小苗", is_anchor=False, text="怎么写")
        rig.fact(said, "chat.posted", seq=1)
        await rig.do(SendChat("这样写", "r1", "m1"))
        rig.fact(events.ChatHidden(ids=["m1"]), "chat.hidden", seq=2)
        await rig.do(SendChat("再说", "r2", "m1"))
        assert rig.platform.room is not None
        assert rig.platform.room.replies == {"r1": "m1"}
        first, second = rig.desk.state.room.lines[-2:]
        assert (first.reply_author, first.reply_text, second.reply_author) == ("小苗", "怎么写", "")

    play(scene)


def test_an_answer_that_failed_is_one_when_it_is_sent_again() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        said = events.ChatPosted(message_id="m1", author_id="a", author_name="小苗", is_anchor=False, text="怎么写")
        rig.fact(said, "chat.posted", seq=1)
        await rig.do(SendChat("这样写", "r1", "m1"))
        rig.fact(events.Refused(request_id="r1", code="rate_limited"), "error")
        assert rig.desk.state.room.lines[-1].reply_to == "m1"
        assert rig.platform.room is not None
        rig.platform.room.replies.clear()
        for seq in range(2, MAX_LINES + 2):
            said = events.ChatPosted(message_id=f"n{seq}", author_id="a", author_name="a", is_anchor=False, text="t")
            rig.fact(said, "chat.posted", seq=seq)
        await rig.do(SendChat("这样写", "r1", "m1"))
        last = rig.desk.state.room.lines[-1]
        assert rig.platform.room.replies == {"r1": "m1"}
        assert (last.status, last.reply_author, last.reply_text) == (MessageStatus.SENDING, "小苗", "怎么写")

    play(scene)


def test_what_was_not_acknowledged_when_the_room_is_left_was_not_sent() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        await rig.do(SendChat("大家好", "r1"), SendChat("加微信", "r2"))
        rig.fact(events.ChatAck(request_id="r2", message_id="m2", seq=0, is_held=True), "chat.ack")
        rig.desk._room.leave()
        await settle()
        lines = rig.desk.state.room.lines
        assert [(line.status, line.is_held) for line in lines[-2:]] == [
            (MessageStatus.FAILED, False), (MessageStatus.SENDING, True),
        ]  # fmt: skip

    play(scene)


def test_what_waits_for_a_moderator_is_told_so() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        await rig.do(SendChat("加微信", "r1"))
        rig.fact(events.ChatAck(request_id="r1", message_id="m1", seq=0, is_held=True), "chat.ack")
        assert rig.desk.state.room.lines[-1].is_held
        said = events.ChatPosted(message_id="m1", author_id="a1", author_name="林晓", is_anchor=True, text="加微信")
        rig.fact(said, "chat.posted", seq=1)
        assert [(line.id, line.is_held) for line in rig.desk.state.room.lines] == [("m1", False)]

    play(scene)


def test_a_message_is_sending_then_posted_once() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        await rig.do(SendChat("大家好", "r1"), SendChat("大家好", "r1"))
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
        await rig.do(SendChat("你好", "r1"))
        rig.fact(events.Refused(request_id="r1", code="rate_limited"), "error")
        assert rig.desk.state.room.lines[-1].status is MessageStatus.FAILED
        await rig.do(SendChat("你好", "r1"))
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
