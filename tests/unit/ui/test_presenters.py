from __future__ import annotations

import pytest

from app.domain.health import Grade, HealthReport
from app.i18n import Translator
from app.ports.engine import (
    CameraSource,
    DemoSource,
    DevicesListed,
    FileSource,
    NoVideo,
    ScreenSource,
    SourceChanged,
    SourceStatus,
)
from app.usecases.state import (
    AccountPhase,
    AccountState,
    BroadcastPhase,
    DeskState,
    PlatformPhase,
    PlatformState,
    Trouble,
)
from app.usecases.wishes import (
    ChooseVideo,
    ConnectPlatform,
    ForgetPlatform,
    HideCamera,
    MuteMicrophone,
    Record,
    SignIn,
    TryHere,
)
from tests.ui import fakes
from tests.ui.fakes import change
from ui.presenters.common import TroubleView
from ui.presenters.entry import (
    Page,
    connect_wish,
    digits_of,
    page_of,
    phone_fault,
    present_first_start,
    present_password,
    present_sign_in,
    sign_in_wish,
)
from ui.presenters.health import DetailFold, present_health
from ui.presenters.live import present_live
from ui.presenters.sources import video_choices

ZH, EN = Translator("zh"), Translator("en")


def with_phase(phase: BroadcastPhase) -> DeskState:
    state = fakes.on_air()
    return change(state, broadcast=change(state.broadcast, phase=phase))


# ---- which page ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "account", "page"),
    [
        (PlatformPhase.UNSET, AccountPhase.SIGNED_OUT, Page.FIRST_START),
        (PlatformPhase.CONNECTING, AccountPhase.SIGNED_OUT, Page.FIRST_START),
        (PlatformPhase.UNREACHABLE, AccountPhase.SIGNED_OUT, Page.FIRST_START),
        (PlatformPhase.READY, AccountPhase.SIGNED_OUT, Page.SIGN_IN),
        (PlatformPhase.READY, AccountPhase.RESTORING, Page.SIGN_IN),
        (PlatformPhase.READY, AccountPhase.SIGNED_IN, Page.DESK),
        (PlatformPhase.UNREACHABLE, AccountPhase.SIGNED_IN, Page.DESK),
    ],
)
def test_page_follows_platform_and_account(platform: PlatformPhase, account: AccountPhase, page: Page) -> None:
    state = change(fakes.off_air(), platform=PlatformState(platform), account=AccountState(account))
    assert page_of(state) is page


def test_broadcast_is_not_covered_by_a_lost_sign_in() -> None:
    state = change(fakes.on_air(), account=AccountState(AccountPhase.SIGNED_OUT))
    assert page_of(state) is Page.DESK
    assert page_of(state, is_sign_in_wanted=True) is Page.SIGN_IN


# ---- entry ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("13800138000", "13800138000"),
        (" 138 0013 8000", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("x", ""),
    ],
)
def test_digits_of_a_typed_number(typed: str, digits: str) -> None:
    assert digits_of(typed) == digits


@pytest.mark.parametrize(
    ("typed", "is_good"), [("13800138000", True), ("1380013800", False), ("12800138000", False), ("", False)]
)
def test_phone_is_checked_before_it_is_sent(typed: str, is_good: bool) -> None:
    assert (phone_fault(typed) == "") is is_good


def test_sign_in_says_what_is_missing() -> None:
    assert sign_in_wish("138", "123456") == "error.phone_invalid"
    assert sign_in_wish("13800138000", "123") == "sign_in.code_incomplete"
    assert sign_in_wish("+8613800138000", "123 456") == SignIn("13800138000", "123456")
    assert "123456" not in repr(sign_in_wish("13800138000", "123456"))


def test_address_is_needed_to_connect() -> None:
    assert connect_wish("  ") is None
    assert connect_wish(" live.example.com ") == ConnectPlatform("live.example.com")


def test_first_start_states() -> None:
    unset = change(fakes.off_air(), platform=PlatformState(), account=AccountState())
    assert present_first_start(unset, ZH).is_form_shown
    busy = change(unset, platform=PlatformState(PlatformPhase.CONNECTING, is_embedded=True))
    view = present_first_start(busy, ZH)
    assert view.is_busy
    assert "本机演示平台" in view.busy_text
    away = change(
        unset, platform=PlatformState(PlatformPhase.UNREACHABLE, "https://x", trouble=Trouble("platform_unreachable"))
    )
    view = present_first_start(away, ZH)
    assert view.retry == ConnectPlatform("https://x")
    assert view.change == ForgetPlatform()
    assert view.trouble is not None
    embedded = change(away, platform=change(away.platform, is_embedded=True))
    assert present_first_start(embedded, ZH).retry == TryHere(on_lan=False)


def test_sign_in_shows_the_demo_code_once_it_is_there() -> None:
    state = change(fakes.off_air(), account=AccountState())
    view = present_sign_in(state, ZH)
    assert view.strip == "演示环境不发短信，验证码会显示在这里"
    assert view.foot == "服务地址：本机演示平台"
    assert view.can_resend
    sent = change(state, account=AccountState(AccountPhase.CODE_SENT, demo_code="482913", resend_in_s=9))
    view = present_sign_in(sent, ZH)
    assert view.code == "482913"
    assert "482913" not in repr(view)
    assert not view.can_resend
    assert "9" in view.resend_label


def test_no_button_offers_a_code_that_may_not_be_asked_for_yet() -> None:
    state = change(fakes.off_air(), account=AccountState(AccountPhase.CODE_SENT, phone="13800138000"))
    wrong = change(state, account=change(state.account, trouble=Trouble("code_wrong", action="ask_code")))
    view = present_sign_in(wrong, ZH).trouble
    assert view is not None
    assert view.action == "ask_code"
    waiting = change(wrong, account=change(wrong.account, resend_in_s=42))
    view = present_sign_in(waiting, ZH).trouble
    assert view == TroubleView(ZH.text("error.code_wrong"))
    expired = change(state, account=change(state.account, trouble=Trouble("token_expired", action="sign_in")))
    assert present_sign_in(expired, ZH).trouble == TroubleView(ZH.text("error.token_expired"))
    often = change(waiting, account=change(waiting.account, trouble=Trouble("rate_limited")))
    view = present_sign_in(often, ZH).trouble
    assert view is not None
    assert "42" in view.text


def test_password_is_shown_while_it_was_not_noted() -> None:
    state = fakes.off_air()
    assert present_password(state) is None
    state = change(state, platform=fakes.platform(operator_name="op", operator_password="secret-1"))
    view = present_password(state)
    assert view is not None
    assert view.password == "secret-1"
    assert "secret-1" not in repr(view)
    assert view.desk_url == f"{state.platform.url}/desk"
    nowhere = fakes.platform(operator_name="op", operator_password="secret-1", url="")
    assert present_password(change(state, platform=nowhere)) is None


# ---- live ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "tone", "main_kind", "is_enabled"),
    [
        (BroadcastPhase.OFF, "neutral", "primary", True),
        (BroadcastPhase.PREPARING, "neutral", "stop", True),
        (BroadcastPhase.ON_AIR, "air", "stop", True),
        (BroadcastPhase.INTERRUPTED, "bad", "stop", True),
        (BroadcastPhase.ENDING, "neutral", "stop", False),
        (BroadcastPhase.ENDED, "neutral", "primary", True),
    ],
)
def test_header_and_button_of_each_phase(phase: BroadcastPhase, tone: str, main_kind: str, is_enabled: bool) -> None:
    view = present_live(with_phase(phase), ZH)
    assert view.header.state.tone == tone
    assert view.controls.main_kind == main_kind
    assert view.controls.is_main_enabled is is_enabled
    assert view.header.is_timer_shown is (phase in (BroadcastPhase.ON_AIR, BroadcastPhase.INTERRUPTED))
    assert view.header.platform is not None


def test_header_on_air() -> None:
    header = present_live(fakes.on_air(), ZH).header
    assert header.title == "应届生简历逐行修改 · 求职指导"
    assert header.viewers is not None
    assert header.viewers.text == "在看 1,284"
    assert header.onlookers is not None
    assert header.onlookers.text == "围观 3,021"
    assert header.network is not None
    assert header.network.tone == "good"


def test_controls_carry_the_wishes_that_turn_them() -> None:
    view = present_live(fakes.off_air(), ZH).controls
    assert view.mute == MuteMicrophone(True)
    assert view.hide_camera == HideCamera(True)
    assert view.record_wish == Record(True)
    state = fakes.on_air()
    muted = change(state, engine=change(state.engine, is_muted=True, is_camera_off=True))
    view = present_live(muted, ZH).controls
    assert view.mute == MuteMicrophone(False)
    assert view.hide_camera == HideCamera(False)
    assert view.record_wish == Record(False)


def test_a_screen_reader_hears_the_state_of_each_switch() -> None:
    off, on = present_live(fakes.off_air(), ZH).controls, fakes.on_air()
    other = change(on, engine=change(on.engine, is_muted=True, is_camera_off=True))
    turned = present_live(other, ZH).controls
    assert (off.mute_name, turned.mute_name) == ("麦克风：已打开", "麦克风：已静音")
    assert (off.camera_name, turned.camera_name) == ("摄像头：画面已开", "摄像头：画面已关")
    assert (off.record_name, turned.record_name) == ("录制：未在录制", "录制：正在录制")


def test_reason_is_told_where_the_picture_would_be() -> None:
    state = fakes.off_air()
    assert present_live(state, ZH).preview.told == TroubleView("正在打开画面…")
    away = change(state, engine=change(state.engine, is_attached=False))
    assert present_live(away, ZH).preview.told == TroubleView(ZH.text("preview.engine_away"))
    lost = SourceChanged(is_video=True, status=SourceStatus.LOST, code="camera_lost")
    ready = fakes.PreviewReady(name="x", width_px=2, height_px=2)
    gone = change(state, engine=change(fakes.engine(ready), video_status=lost))
    told = present_live(gone, ZH).preview.told
    assert told == TroubleView(ZH.text("error.camera_lost"), "选择画面", "choose_camera")


def test_troubles_of_a_device_have_their_button_at_the_picture() -> None:
    ready = fakes.PreviewReady(name="x", width_px=2, height_px=2)
    for code in ("no_camera", "camera_in_use", "camera_frozen", "screen_unavailable", "file_missing"):
        status = SourceChanged(is_video=True, status=SourceStatus.FAILED, code=code)
        told = present_live(change(fakes.off_air(), engine=fakes.engine(ready, video_status=status)), ZH).preview.told
        assert told is not None
        assert (told.text, told.action) == (ZH.text(f"error.{code}"), "choose_camera")


def test_codes_are_shown_on_the_demo_platform_only_and_never_in_a_repr() -> None:
    tiles = present_live(fakes.on_air(), ZH).tiles
    assert tiles.is_codes_shown
    assert tiles.codes[0] == ("139****0001", "482913")
    assert "482913" not in repr(tiles)
    other = change(fakes.on_air(), platform=fakes.platform(is_embedded=False))
    assert not present_live(other, ZH).tiles.is_codes_shown


def test_video_choices_mark_the_one_that_is_taken() -> None:
    state = fakes.off_air()
    choices = {choice.id: choice for choice in video_choices(state, ZH)}
    assert choices["camera.0"].is_checked
    assert choices["screen.2"].wish == ChooseVideo(ScreenSource(monitor=2))
    assert choices["demo"].wish == ChooseVideo(DemoSource())
    assert choices["file"].asks_file
    gone = change(state, engine=change(state.engine, video=CameraSource(device_id="cam-9"), devices=DevicesListed()))
    choices = {choice.id: choice for choice in video_choices(gone, ZH)}
    assert choices["camera.gone"].is_checked
    assert choices["screen.none"].wish is None
    for source, name in ((FileSource(path="C:\\a\\b.mp4"), "file"), (NoVideo(), "none"), (DemoSource(), "demo")):
        taken = change(state, engine=change(state.engine, video=source))
        assert [choice.id for choice in video_choices(taken, ZH) if choice.is_checked] == [name]


# ---- health --------------------------------------------------------------------------------------


def test_health_of_a_slow_network() -> None:
    view = present_health(fakes.slow_network(), ZH)
    assert view.tone == "warn"
    assert view.pill == "需要留意"
    assert "1420 kbps" in view.cause
    assert [figure.label for figure in view.figures] == ["上行码率", "帧率", "丢帧", "发送积压", "处理器", "响度"]
    assert view.figures[5].value == "−18.4 LUFS"
    assert [part.tone for part in view.parts] == ["good", "warn", "good"]
    assert sum(view.curve.drops) == 4
    assert view.log[0].text == ZH.text("error.ingest_closed")


def test_health_has_one_button_where_there_is_one_thing_to_do() -> None:
    report = HealthReport(Grade.BAD, "health.no_sound", "health.no_sound.cause", action="choose_microphone")
    view = present_health(change(fakes.on_air(), health=report), ZH)
    assert (view.action, view.action_label) == ("choose_microphone", "选择麦克风")
    assert present_health(fakes.on_air(), ZH).action == ""


def test_folded_card_costs_no_figures() -> None:
    view = present_health(fakes.on_air(), EN, is_detailed=False)
    assert view.figures == ()
    assert view.figures_line == "2.5 Mbps · 30 fps · 0 dropped"


def test_health_without_figures_yet() -> None:
    state = change(fakes.off_air(), engine=change(fakes.engine(), stats=None))
    view = present_health(state, ZH)
    assert view.figures_line == ""
    assert {figure.value for figure in view.figures} == {"–"}


def test_detail_opens_by_itself_on_trouble_and_folds_again() -> None:
    fold = DetailFold()
    good, slow = fakes.on_air(), fakes.slow_network()
    assert not fold.follow(good)
    assert fold.follow(slow)
    assert fold.follow(slow)
    assert not fold.follow(good)


def test_closed_detail_stays_closed_until_another_trouble_comes() -> None:
    fold = DetailFold()
    slow = fakes.slow_network()
    fold.follow(slow)
    assert not fold.toggle()
    assert not fold.follow(slow)
    other = change(slow, health=HealthReport(Grade.BAD, "health.reconnecting"))
    assert fold.follow(other)


def test_opened_detail_stays_open_and_nothing_opens_off_air() -> None:
    fold = DetailFold()
    assert fold.toggle()
    assert fold.follow(fakes.on_air())
    fold = DetailFold()
    off = change(fakes.off_air(), health=HealthReport(Grade.BAD, "health.no_picture"))
    assert not fold.follow(off)
