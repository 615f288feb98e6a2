from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from app.contract.rest import Category
from app.i18n import Translator
from app.ports.engine import (
    Output,
    RecordChanged,
    RecordStatus,
)
from app.usecases.state import (
    AccountPhase,
    AccountState,
    AudienceState,
    BroadcastPhase,
    BroadcastState,
    DeskState,
    FiguresPhase,
    Notice,
    PlatformPhase,
    PlatformState,
    Trouble,
)
from app.usecases.wishes import (
    AskCode,
    ConnectPlatform,
    DismissNotice,
    EndLive,
    ForgetPlatform,
    GoLive,
    HideCamera,
    ListSources,
    MuteMicrophone,
    RetryEngine,
)
from tests.ui import fakes
from tests.ui.fakes import change
from ui.presenters.common import (
    Place,
    TroubleView,
    action_target,
    bytes_text,
    clock_text,
    file_name,
    rate_text,
    trouble_view,
)
from ui.presenters.dialogs import (
    is_asked_before_closing,
    present_notices,
    present_summary,
    standing_troubles,
)
from ui.presenters.go_live import go_live_wish, present_go_live
from ui.presenters.live import short_path
from ui.presenters.settings import bitrate_wish, present_settings, quality_of, quality_wish

ZH, EN = Translator("zh"), Translator("en")


def with_phase(phase: BroadcastPhase) -> DeskState:
    state = fakes.on_air()
    return change(state, broadcast=change(state.broadcast, phase=phase))


# ---- sheets and notices --------------------------------------------------------------------------


def test_going_live_needs_a_title() -> None:
    assert go_live_wish("  ", Category.OTHER) == "go.title_missing"
    assert go_live_wish(" 标题 ", Category.OTHER) == GoLive("标题", Category.OTHER)


def test_go_live_sheet() -> None:
    view = present_go_live(fakes.off_air(), ZH)
    assert view.title == "应届生简历逐行修改"
    assert view.facts[2][1] == "720p · 30 帧/秒 · 2.5 Mbps"
    assert not view.is_busy
    assert present_go_live(with_phase(BroadcastPhase.PREPARING), ZH).is_busy
    assert present_go_live(fakes.on_air(), ZH).is_over


def test_summary_is_told_once_it_ended() -> None:
    assert present_summary(fakes.on_air(), ZH) is None
    view = present_summary(fakes.ended(), ZH)
    assert view is not None
    assert view.figures == (
        ("00:42:17", "时长"), ("3,021", "围观人数"), ("1,406", "最高在线"), ("866.4", "平均在线"),
        ("3,902", "评论"), ("610:33:03", "观看总时长"), ("00:12:07", "人均观看"), ("2 / 0.0%", "丢帧"),
    )  # fmt: skip
    assert view.note == ""


@pytest.mark.parametrize("phase", [FiguresPhase.ASKED, FiguresPhase.AWAY, FiguresPhase.UNTOLD])
def test_while_the_service_has_not_told_them_no_figures_are_made_up(phase: FiguresPhase) -> None:
    view = present_summary(fakes.ended(audience=AudienceState(phase, None, 12)), ZH)
    assert view is not None
    assert [value for value, _ in view.figures] == ["00:42:17", *("—",) * 6, "2 / 0.0%"]
    assert view.note == ZH.text(f"summary.figures_{phase.value}")


def test_what_was_never_on_air_has_no_summary() -> None:
    ended = fakes.ended()
    assert ended.broadcast.summary is not None
    never = replace(ended.broadcast, summary=replace(ended.broadcast.summary, duration_s=0.0))
    assert present_summary(change(ended, broadcast=never), ZH) is None


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ("/takes/a.mp4", "/takes/a.mp4"),
        ("/takes/b.mp4", "/takes/a.mkv"),
        ("", "/takes/a.mkv"),
    ],
)
def test_the_summary_names_the_recording_where_it_lies_now(record: str, told: str) -> None:
    ended = fakes.ended()
    assert ended.broadcast.summary is not None
    summary = replace(ended.broadcast.summary, recording_path="/takes/a.mkv")
    state = change(
        ended,
        broadcast=replace(ended.broadcast, summary=summary),
        engine=replace(ended.engine, record=RecordChanged(status=RecordStatus.IDLE, path=record)),
    )
    view = present_summary(state, ZH)
    assert view is not None
    assert view.recording == told


def test_notices_newest_first_and_no_more_than_three() -> None:
    notices = tuple(Notice(number, Trouble("disk_full", action="choose_folder")) for number in range(5))
    views = present_notices(change(fakes.off_air(), notices=notices), ZH)
    assert [view.dismiss for view in views] == [DismissNotice(4), DismissNotice(3), DismissNotice(2)]
    assert views[0].told.action_label == "更换文件夹"


def test_standing_troubles_are_told_where_the_page_has_no_place_for_them() -> None:
    broken = change(fakes.off_air(), broadcast=BroadcastState(trouble=Trouble("grace_over")))
    assert list(standing_troubles(broken)) == ["broadcast.grace_over"]
    away = change(fakes.off_air(), platform=PlatformState(PlatformPhase.UNREACHABLE))
    assert standing_troubles(away)["platform"].action == "retry"


def test_lost_sign_in_on_air_always_has_a_way_to_the_form() -> None:
    for account in (
        AccountState(AccountPhase.SIGNED_OUT, trouble=Trouble("token_expired")),
        AccountState(AccountPhase.CODE_SENT, phone="13800138000"),
    ):
        told = standing_troubles(change(fakes.on_air(), account=account))
        assert [trouble.action for trouble in told.values()] == ["sign_in"]
    for phase in (AccountPhase.RESTORING, AccountPhase.SIGNING_IN):
        assert standing_troubles(change(fakes.on_air(), account=AccountState(phase))) == {}


def test_a_session_that_waits_can_be_gone_on_with_or_ended() -> None:
    trouble = Trouble("session_waiting", {"title": "x"}, "go_live")
    state = change(fakes.off_air(), broadcast=BroadcastState(session=fakes.session(), trouble=trouble))
    view = present_notices(state, ZH, standing_troubles(state))[0]
    assert (view.tone, view.told.action_label, view.told.second_label) == ("warn", "接着播", "结束这场")
    assert action_target(view.told.action, state) == GoLive("应届生简历逐行修改", Category.JOB_SEARCH)
    assert action_target(view.told.second, state) == EndLive()


def test_the_summary_says_why_it_ended() -> None:
    ended = fakes.ended()
    state = change(ended, broadcast=replace(ended.broadcast, trouble=Trouble("ended_here_only")))
    view = present_summary(state, ZH)
    assert view is not None
    assert view.trouble == TroubleView(ZH.text("error.ended_here_only"))
    assert [notice.tone for notice in present_notices(state, ZH, standing_troubles(state))] == ["warn"]


@pytest.mark.parametrize(
    ("phase", "asks"),
    [
        (BroadcastPhase.OFF, False),
        (BroadcastPhase.PREPARING, True),
        (BroadcastPhase.ON_AIR, True),
        (BroadcastPhase.INTERRUPTED, True),
        (BroadcastPhase.ENDED, False),
    ],
)
def test_closing_asks_while_on_air(phase: BroadcastPhase, asks: bool) -> None:
    assert is_asked_before_closing(with_phase(phase)) is asks


# ---- troubles and figures ------------------------------------------------------------------------


def test_unknown_code_still_reads_as_a_sentence() -> None:
    view = trouble_view(Trouble("no_such_code", action="no_such_action"), ZH)
    assert view is not None
    assert "no_such_code" in view.text
    assert view.action_label == ""


def test_what_the_button_of_a_trouble_does() -> None:
    state = fakes.off_air()
    assert action_target("choose_camera", state) is Place.VIDEO_MENU
    assert action_target("change_platform", state) == ForgetPlatform()
    assert action_target("ask_code", state) == AskCode("13800138000")
    assert action_target("retry", state) == ListSources()
    assert action_target("", state) is None
    assert action_target("unmute", state) == MuteMicrophone(False)
    assert action_target("show_camera", state) == HideCamera(False)
    assert action_target("retry_engine", state) == RetryEngine()
    away = change(state, platform=PlatformState(PlatformPhase.UNREACHABLE, "https://x"))
    assert action_target("retry", away) == ConnectPlatform("https://x")
    refused = change(state, broadcast=BroadcastState(trouble=Trouble("ingest_unreachable")))
    assert action_target("retry", refused) is Place.GO_LIVE


def test_figures_as_text() -> None:
    assert clock_text(2537.9) == "00:42:17"
    assert clock_text(-3) == "00:00:00"
    assert rate_text(800) == "800 kbps"
    assert rate_text(4200) == "4.2 Mbps"
    assert bytes_text(182_000_000_000) == "182 GB"
    assert bytes_text(1_500_000_000) == "1.5 GB"
    assert bytes_text(64_000_000) == "64 MB"
    assert file_name("C:\\videos\\a.mp4") == "a.mp4"
    assert short_path("/nowhere/x") == "/nowhere/x"


# ---- settings ------------------------------------------------------------------------------------


def test_quality_names_a_size_and_takes_its_bitrate() -> None:
    assert quality_of(Output()) == "720p"
    assert quality_of(Output(width_px=640, height_px=480)) == ""
    wish = quality_wish(fakes.off_air(), "1080p")
    output = wish.changes["output"]  # type: ignore[union-attr]
    assert (output.width_px, output.height_px, output.video_kbps) == (1920, 1080, 4500)
    assert output.encoder == "auto"


def test_bitrate_is_kept_within_bounds() -> None:
    output = bitrate_wish(fakes.off_air(), 99_999).changes["output"]  # type: ignore[union-attr]
    assert output.video_kbps == 8000
    assert msgspec.structs.replace(output, video_kbps=2500) == Output()


def test_viewer_address_and_codes_are_in_the_settings_too() -> None:
    view = present_settings(fakes.on_air(), ZH)
    assert view.viewer_url == "http://127.0.0.1:8080/live/s1"
    assert view.codes == (("139****0001", "482913"), ("137****2208", "015577"))
    assert "482913" not in repr(view)
    assert present_settings(fakes.off_air(), ZH).viewer_url == ""
    assert present_settings(change(fakes.on_air(), platform=fakes.platform(is_embedded=False)), ZH).codes == ()


def test_output_is_locked_on_air() -> None:
    assert not present_settings(fakes.off_air(), ZH).is_output_locked
    view = present_settings(fakes.on_air(), ZH)
    assert view.is_output_locked
    assert view.is_platform_locked
