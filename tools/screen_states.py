"""The states that ``tools.screenshots`` draws: every screen, empty, busy, refused and broken."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QKeySequenceEdit

from app.domain.health import HealthFigures, judge
from app.ports.engine import PublishChanged, PublishStatus, RecordChanged, RecordStatus, SourceChanged
from app.ports.engine import SourceStatus as Source
from app.usecases.state import (
    AccountPhase,
    AccountState,
    AudienceState,
    BroadcastPhase,
    ChatLine,
    DeskState,
    FiguresPhase,
    MessageStatus,
    Notice,
    PlatformPhase,
    PlatformState,
    Trouble,
)
from tests.ui import fakes
from tests.ui.fakes import change
from tools.screen_stage import Do, Stage
from ui.shell import MainWindow

NARROW_PX = (1024, 680)


def entry_screens(stage: Stage) -> None:
    """First start, sign-in, operator's password."""
    unset = change(fakes.off_air(), platform=PlatformState(), account=AccountState())
    signed_out = change(fakes.off_air(), account=AccountState(phone="13800138000"))
    connecting = change(unset, platform=PlatformState(PlatformPhase.CONNECTING, is_embedded=True))
    away = PlatformState(
        PlatformPhase.UNREACHABLE, "https://live.example.com", trouble=Trouble("platform_unreachable", action="retry")
    )
    for theme in ("dark", "light"):
        for language in ("zh", "en"):
            stage.shoot("first-normal", unset, theme=theme, language=language)
            stage.shoot("signin-normal", signed_out, theme=theme, language=language)
            stage.shoot("signin-code", code_sent(signed_out), theme=theme, language=language)
            stage.shoot("password-normal", password(signed_out), theme=theme, language=language)
    stage.shoot("first-connecting", connecting, theme="light")
    stage.shoot("first-offline", change(unset, platform=away), theme="light")
    stage.shoot("first-error", unset, theme="light", do=lambda window: window.first_start.connect_button.click())
    stage.shoot("first-narrow", unset, size_px=NARROW_PX, theme="light")
    wrong = change(code_sent(signed_out), account=change(code_sent(signed_out).account, trouble=Trouble("code_wrong")))
    stage.shoot("signin-error", wrong, theme="light")
    stage.shoot("signin-narrow", wrong, size_px=NARROW_PX, theme="light")
    busy = change(signed_out, account=change(signed_out.account, phase=AccountPhase.SIGNING_IN))
    stage.shoot("signin-loading", busy, theme="light")
    restoring = change(signed_out, account=change(signed_out.account, phase=AccountPhase.RESTORING))
    stage.shoot("signin-restoring", restoring, theme="light")
    sent = code_sent(signed_out)
    for name, phase, trouble in (
        ("often", AccountPhase.CODE_SENT, Trouble("rate_limited")),
        ("expired", AccountPhase.CODE_SENT, Trouble("code_expired", action="ask_code")),
        ("refused", AccountPhase.SIGNED_OUT, Trouble("device_ended")),
    ):
        wait_s = 42 if name == "often" else 0
        account = change(sent.account, phase=phase, trouble=trouble, resend_in_s=wait_s, demo_code="")
        stage.shoot(f"signin-{name}", change(sent, account=account), theme="light")
        stage.shoot(f"signin-{name}", change(sent, account=account), language="en", size_px=NARROW_PX)
    stage.shoot("help-signin", signed_out, theme="light", do=lambda window: window.act("help"))
    other = change(signed_out, platform=fakes.platform(is_embedded=False))
    stage.shoot("signin-real", other, theme="light")


def code_sent(state: DeskState) -> DeskState:
    """The demo code is shown."""
    account = change(state.account, phase=AccountPhase.CODE_SENT, demo_code="482913", resend_in_s=42)
    return change(state, account=account)


def password(state: DeskState) -> DeskState:
    """The operator's password is to be noted."""
    platform = change(state.platform, operator_name="operator", operator_password="kiwi-harbor-72-lantern")
    return change(state, platform=platform)


def live_screens(stage: Stage) -> None:
    """The live page in every state."""
    ready = stage.preview()
    for theme in ("dark", "light"):
        for language in ("zh", "en"):
            stage.shoot("live-onair", fakes.on_air(ready), theme=theme, language=language)
            stage.shoot("live-offair", fakes.off_air(ready), theme=theme, language=language)
            stage.shoot("health-slow", fakes.slow_network(ready), theme=theme, language=language)
    stage.shoot("live-empty", change(fakes.on_air(ready), room=fakes.room()))
    stage.shoot("live-loading", change(fakes.off_air(), engine=change(fakes.engine(), is_attached=False, stats=None)))
    lost = SourceChanged(is_video=True, status=Source.FAILED, code="camera_in_use", name="C922")
    no_picture = judge(HealthFigures(video_status="failed", audio_status="live"))
    error = change(fakes.off_air(), engine=change(fakes.engine(ready), video_status=lost), health=no_picture)
    stage.shoot("live-error", error)
    offline = change(fakes.on_air(ready), room=fakes.room(fakes.failed_chat(), is_connected=False))
    stage.shoot("live-chatfailed", offline)
    interrupted = change(
        fakes.on_air(ready),
        broadcast=change(fakes.on_air().broadcast, phase=BroadcastPhase.INTERRUPTED, grace_left_s=151),
        health=judge(HealthFigures(is_on_air=True, publish_status="reconnecting", retry_in_s=4)),
        engine=change(
            fakes.on_air(ready).engine, publish=PublishChanged(target="main", status=PublishStatus.RECONNECTING)
        ),
    )  # fmt: skip
    stage.shoot("live-offline", interrupted)
    stage.shoot("live-offline", interrupted, size_px=NARROW_PX, language="en", theme="light")
    stage.shoot("live-notice", noticed(fakes.on_air(ready)))
    muted = change(fakes.on_air(ready).engine, is_muted=True, is_camera_off=True)
    stage.shoot("live-muted", judged(change(fakes.on_air(ready), engine=muted), is_muted=True, is_camera_off=True))
    disk = RecordChanged(status=RecordStatus.FAILED, code="disk_full")
    stage.shoot("live-diskfull", change(fakes.on_air(ready), engine=change(fakes.on_air(ready).engine, record=disk)))
    long = fakes.session("特别长的标题：从零开始把一份应届生简历改到可以投递的程度并逐行解释原因给大家听听看")
    long_chat = tuple(
        fakes.chat_line(number, "名字特别特别长的一位热心观众朋友在这里提问" * 2, False, "这一条消息也很长，" * 9)
        for number in range(6)
    )
    stage.shoot(
        "live-long",
        change(
            fakes.on_air(ready),
            broadcast=change(fakes.on_air().broadcast, session=long),
            room=fakes.room(long_chat),
        ),
    )
    stage.shoot("live-many", change(fakes.on_air(ready), room=fakes.room(fakes.chat(500))))
    stage.shoot("golive-normal", fakes.off_air(ready), do=lambda window: window.live.controls.main.click())
    stage.shoot(
        "golive-normal",
        fakes.off_air(ready),
        language="en",
        theme="light",
        do=lambda window: window.live.controls.main.click(),
    )
    elsewhere = change(
        fakes.off_air(ready).broadcast, can_take_over=True, trouble=Trouble("live_elsewhere", action="take_over")
    )
    stage.shoot(
        "golive-elsewhere",
        change(fakes.off_air(ready), broadcast=elsewhere),
        do=lambda window: window.live.controls.main.click(),
    )
    stage.shoot("closing-normal", fakes.on_air(ready), do=lambda window: (window.close(), None)[1])
    stage.shoot(
        "closing-normal", fakes.on_air(ready), language="en", theme="light", do=lambda window: (window.close(), None)[1]
    )
    stage.shoot("ending-normal", fakes.on_air(ready), do=lambda window: window.live.controls.main.click())
    stage.shoot("summary-normal", fakes.ended(ready))
    stage.shoot("summary-normal", fakes.ended(ready), language="en", theme="light")
    for phase in (FiguresPhase.ASKED, FiguresPhase.AWAY, FiguresPhase.UNTOLD):
        untold = fakes.ended(ready, AudienceState(phase))
        stage.shoot(f"summary-{phase.value}", untold)
        stage.shoot(f"summary-{phase.value}", untold, language="en", theme="light", size_px=NARROW_PX)
    small = stage.preview(604, 340)
    for theme, language in (("dark", "zh"), ("light", "en")):
        stage.shoot("live-narrow", fakes.on_air(small), size_px=NARROW_PX, theme=theme, language=language)
        stage.shoot("health-narrow", fakes.slow_network(small), size_px=NARROW_PX, theme=theme, language=language)
    wide = stage.preview(1306, 734)
    stage.shoot("live-wide", fakes.on_air(wide), size_px=(1920, 1080))


def noticed(state: DeskState) -> DeskState:
    """Two notices are up."""
    notices = (
        Notice(1, Trouble("token_expired", action="sign_in")),
        Notice(2, Trouble("disk_full", action="choose_folder"), is_error=False),
    )
    return change(state, notices=notices)


def trouble_screens(stage: Stage) -> None:
    """What may go wrong on the live page, and the moments between two states."""
    ready = stage.preview()
    on_air, off_air, ended = fakes.on_air(ready), fakes.off_air(ready), fakes.ended(ready)
    preparing = change(on_air, broadcast=change(on_air.broadcast, phase=BroadcastPhase.PREPARING), room=fakes.room())
    ending = change(on_air, broadcast=change(on_air.broadcast, phase=BroadcastPhase.ENDING))
    shots: list[tuple[str, DeskState, Do | None]] = [
        ("live-preparing", preparing, None),
        ("live-ending", ending, None),
        ("golive-error", refused(off_air, Trouble("ingest_unavailable", action="retry")), press_main),
        ("golive-notanchor", refused(off_air, Trouble("not_an_anchor")), press_main),
        ("golive-waiting", waiting(off_air), press_main),
        ("closing-busy", on_air, close_and_end),
        ("live-away", service_away(on_air), None),
        ("live-nosound", no_sound(on_air), None),
        ("live-nocamera", no_camera(on_air), None),
        ("live-nocamera-idle", no_camera(off_air), None),
        ("live-cpu", judged(on_air, late_ratio=0.3), None),
        ("live-refused", judged(on_air, publish_status="refused"), None),
        ("live-silent", judged(on_air, publish_status="reconnecting", publish_code="ingest_silent"), None),
        ("live-cameraoff", judged(on_air, is_camera_off=True), None),
        ("live-chatrefused", change(on_air, room=fakes.room(refused_chat())), None),
        ("live-waiting", waiting(off_air), None),
        ("live-elsewhere", elsewhere(off_air), None),
        ("live-signedout", signed_out_on_air(on_air), None),
        ("live-engine", refused(off_air, Trouble("engine_given_up", action="retry_engine")), None),
        (
            "summary-graceover",
            ended_by(ended, Trouble("grace_over", action="go_live")),
            None,
        ),
        ("summary-hereonly", ended_by(ended, Trouble("ended_here_only")), None),
        ("summary-keygone", ended_by(ended, Trouble("key_taken_over")), None),
        ("help-normal", on_air, lambda window: window.act("help")),
    ]
    for name, state, do in shots:
        stage.shoot(name, state, do=do)
        stage.shoot(name, state, theme="light", language="en", size_px=NARROW_PX, do=do)
    stage.shoot("golive-busy", off_air, do=press_main, then=preparing)
    stage.shoot("signin-onair", signed_out_on_air(on_air), theme="light", do=lambda window: window.act("sign_in"))


def press_main(window: MainWindow) -> None:
    """Go live, or end."""
    window.live.controls.main.click()


def close_and_end(window: MainWindow) -> None:
    """Close the window and end the broadcast with it."""
    window.close()
    window.sheets.closing.end.click()


def refused(state: DeskState, trouble: Trouble) -> DeskState:
    """Going live was refused."""
    return change(state, broadcast=change(state.broadcast, trouble=trouble))


def waiting(state: DeskState) -> DeskState:
    """The last session is still open."""
    session = fakes.session()
    return refused(
        change(state, broadcast=change(state.broadcast, session=session)),
        Trouble("session_waiting", {"title": session.title}, "go_live"),
    )


def elsewhere(state: DeskState) -> DeskState:
    """Another device is live."""
    told = refused(state, Trouble("live_elsewhere_now", {"title": "x"}, "take_over"))
    return change(told, broadcast=change(told.broadcast, session=fakes.session(), can_take_over=True))


def judged(state: DeskState, **figures: object) -> DeskState:
    """The health that these figures get on air."""
    sound = {"video_status": "live", "audio_status": "live", "is_on_air": True}
    return change(state, health=judge(HealthFigures(**{**sound, **figures})))  # type: ignore[arg-type]


def service_away(state: DeskState) -> DeskState:
    """The service cannot be reached; the broadcast goes on."""
    away = change(state, room=fakes.room(fakes.chat(), is_connected=False))
    return judged(change(away, platform=fakes.platform(phase=PlatformPhase.UNREACHABLE)), is_service_reachable=False)


def no_sound(state: DeskState) -> DeskState:
    """The microphone was pulled out."""
    lost = SourceChanged(is_video=False, status=Source.LOST, code="microphone_lost")
    return judged(change(state, engine=change(state.engine, audio_status=lost)), audio_status="lost")


def no_camera(state: DeskState) -> DeskState:
    """There is no camera."""
    failed = SourceChanged(is_video=True, status=Source.FAILED, code="no_camera")
    is_on_air = state.broadcast.phase is BroadcastPhase.ON_AIR
    report = judge(HealthFigures(is_on_air=is_on_air, video_status="failed", audio_status="live"))
    return change(state, engine=change(state.engine, video_status=failed), health=report)


def signed_out_on_air(state: DeskState) -> DeskState:
    """The sign-in ran out while on air."""
    trouble = Trouble("token_expired", action="sign_in")
    return change(state, account=AccountState(AccountPhase.SIGNED_OUT, phone="13800138000", trouble=trouble))


def refused_chat() -> tuple[ChatLine, ...]:
    """Messages that were not taken, for several reasons."""
    return (
        *fakes.chat(3),
        refused_line(10, "大家把问题发在评论里", "rate_limited"),
        refused_line(11, "我先看第一页", "forbidden"),
        refused_line(12, "下一场周四晚上", ""),
    )


def refused_line(number: int, text: str, code: str) -> ChatLine:
    """One of them."""
    failed = MessageStatus.FAILED
    return fakes.chat_line(number, "林老师", True, text, status=failed, request_id=f"r{number}", code=code)


def ended_by(state: DeskState, trouble: Trouble) -> DeskState:
    """It ended otherwise than wished."""
    return change(state, broadcast=change(state.broadcast, trouble=trouble))


def settings_screens(stage: Stage) -> None:
    """Every section of the settings page."""
    ready = stage.preview()
    base = change(fakes.off_air(ready), account=fakes.account(devices=fakes.my_devices()))
    base = change(base, platform=fakes.platform(lan_urls=("https://192.168.1.20:8443", "https://10.0.0.7:8443")))
    for section in ("general", "camera", "sound", "output", "network", "keys", "account", "about"):
        for theme, language in (("dark", "zh"), ("light", "zh"), ("dark", "en")):
            stage.shoot(f"settings-{section}", base, theme=theme, language=language, do=open_section(section))
    locked = change(fakes.on_air(ready), platform=fakes.platform())
    stage.shoot("settings-output-locked", locked, do=open_section("output"))
    stage.shoot("settings-output-narrow", locked, size_px=NARROW_PX, language="en", do=open_section("output"))
    lan = change(locked, platform=base.platform, settings=msgspec.structs.replace(locked.settings, is_on_lan=True))
    real = change(base, platform=fakes.platform(is_embedded=False))
    network = open_section("network")
    for name, state in (("lan", lan), ("locked", locked), ("real", real)):
        stage.shoot(f"settings-network-{name}", state, do=network)
    stage.shoot("settings-network-lan", lan, size_px=NARROW_PX, language="en", theme="light", do=network)
    stage.shoot("settings-keys-taken", base, do=press_taken_key)
    stage.shoot("settings-keys-narrow", base, size_px=NARROW_PX, language="en", do=press_taken_key)
    stage.shoot("settings-account-signedout", signed_out_on_air(locked), do=open_section("account"))
    stage.shoot("settings-account-empty", fakes.off_air(ready), do=open_section("account"))


def open_section(section: str) -> Do:
    """Go to a section as a person would."""

    def do(window: MainWindow) -> None:
        window.rail.buttons["settings"].click()
        window.settings.show_section(section)

    return do


def press_taken_key(window: MainWindow) -> None:
    """Press the camera's keys for muting."""
    open_section("keys")(window)
    field = window.settings.findChild(QKeySequenceEdit, "settings.key.mute")
    if field is None:
        raise LookupError("no field for the key of muting")
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
