from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QSlider,
    QWidget,
)

from app.settings import Settings
from app.usecases.state import AccountPhase, AccountState, BroadcastPhase, DeskState, Notice, Trouble
from app.usecases.wishes import (
    ChangeGain,
    ChangeSettings,
    DismissNotice,
    EndDevice,
    ForgetPlatform,
    Leave,
    LoadApplication,
    RefreshDevices,
    SignOut,
    TryHere,
)
from tests.ui import fakes
from tests.ui.conftest import Stage
from tests.ui.fakes import FakeDesk, change
from ui.app import run_ui
from ui.script import WindowDriver
from ui.theme.tokens import DARK, LIGHT

Open = Callable[..., Stage]


def with_settings(state: DeskState, **changes: Any) -> DeskState:
    changed: DeskState = change(state, settings=msgspec.structs.replace(state.settings, **changes))
    return changed


def leaves(stage: Stage) -> list[bool]:
    told: list[bool] = []
    stage.window.left.connect(lambda: told.append(True))
    return told


# ---- leaving -------------------------------------------------------------------------------------


def test_closing_off_air_leaves_when_the_desk_is_ready(open_window: Open) -> None:
    stage = open_window()
    told = leaves(stage)
    stage.window.close()
    assert stage.wishes(Leave) == [Leave(True)]
    assert told == []
    stage.push(change(fakes.off_air(), is_leaving=True))
    assert told == [True]
    assert not stage.window.isVisible()


def test_closing_off_air_does_not_hang_on_a_stuck_desk(open_window: Open) -> None:
    stage = open_window()
    told = leaves(stage)
    stage.window.close()
    stage.qtbot.waitUntil(lambda: told == [True], timeout=4000)


@pytest.mark.parametrize("choice", ["end", "keep"])
def test_closing_on_air_asks(open_window: Open, choice: str) -> None:
    stage = open_window(fakes.on_air())
    told = leaves(stage)
    stage.window.close()
    assert stage.window.isVisible()
    assert stage.window.sheets.closing.isVisible()
    assert stage.wishes(Leave) == []
    getattr(stage.window.sheets.closing, choice).click()
    assert stage.wishes(Leave) == [Leave(choice == "end")]
    stage.push(change(fakes.on_air(), is_leaving=True))
    assert told == [True]


def test_closing_on_air_can_be_taken_back(open_window: Open) -> None:
    stage = open_window(fakes.on_air())
    stage.window.close()
    stage.window.sheets.closing.cancel.click()
    assert not stage.window.sheets.closing.isVisible()
    stage.window.close()
    QTest.keyClick(stage.window.sheets.closing.cancel, Qt.Key.Key_Escape)
    assert not stage.window.sheets.closing.isVisible()
    assert stage.wishes(Leave) == []


def test_run_ui_runs_until_it_is_left(qtbot: object) -> None:
    desk = FakeDesk(fakes.off_air())
    told: list[str] = []

    class Driver:
        def attach(self, submit: Any) -> None:
            def looked(answer: Any) -> None:
                told.append(answer["page"])
                told.append("window" if answer["first_window_ms"] >= 0 else "none")
                submit({"close": {}}, lambda _: desk.push(change(fakes.off_air(), is_leaving=True)))

            QTimer.singleShot(50, lambda: submit({"look": {}}, looked))

    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert run_ui(desk, script=Driver()) == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert told == ["live", "window"]
    assert desk.subscribers == 0


# ---- language and theme --------------------------------------------------------------------------


def test_language_changes_without_a_restart(open_window: Open) -> None:
    stage = open_window()
    window = stage.window
    assert window.live.controls.main.text() == "开始直播"
    stage.push(with_settings(fakes.off_air(), language="en"))
    assert window.live.controls.main.text() == "Go live"
    assert window.rail.buttons["settings"].text() == "Settings"
    assert "AnchorDesk" in window.windowTitle()
    stage.push(fakes.off_air())
    assert window.live.controls.main.text() == "开始直播"
    assert window.windowTitle() == "主播台 · 本机演示平台"


def test_theme_changes_without_a_restart(open_window: Open) -> None:
    stage = open_window(with_settings(fakes.off_air(), theme="light"))
    window = stage.window
    spot = QPoint(600, 40)
    assert window.grab().toImage().pixelColor(spot) == QColor(DARK.bg)
    window.rail.buttons["settings"].click()
    stage.fill()
    assert window.grab().toImage().pixelColor(QPoint(600, 700)) == QColor(LIGHT.bg)
    assert window.grab().toImage().pixelColor(QPoint(36, 400)) == QColor(LIGHT.surface)
    stage.push(with_settings(fakes.off_air(), theme="dark"))
    assert window.grab().toImage().pixelColor(QPoint(600, 700)) == QColor(DARK.bg)
    stage.push(with_settings(fakes.off_air(), theme="dark", live_theme="light"))
    window.rail.buttons["live"].click()
    assert window.grab().toImage().pixelColor(spot) == QColor(LIGHT.bg)


@pytest.mark.parametrize("is_changed", [False, True])
@pytest.mark.parametrize("is_waited_for", [False, True])
def test_a_page_that_was_dressed_ahead_looks_as_any_other(
    open_window: Open, *, is_waited_for: bool, is_changed: bool
) -> None:
    stage = open_window(fakes.off_air())
    window, page = stage.window, stage.window.pages.preflight
    parts = page.findChildren(QWidget)
    ready = Qt.WidgetAttribute.WA_WState_Polished
    if is_waited_for:
        stage.qtbot.waitUntil(lambda: all(part.testAttribute(ready) for part in parts))
        assert not page.isVisible()
    theme = "light" if is_changed else "dark"
    stage.push(with_settings(fakes.off_air(), live_theme=theme))
    window.show_desk_page("preflight")
    stage.fill()
    tokens = LIGHT if is_changed else DARK
    assert window.grab().toImage().pixelColor(QPoint(600, 40)) == QColor(tokens.bg)
    assert page.score.ring.grab().toImage().pixelColor(0, 0) == QColor(tokens.surface)


def test_platform_is_named_on_every_page(open_window: Open) -> None:
    stage = open_window()
    window = stage.window
    assert window.live.header._pills["platform"].text == "本机演示平台"
    window.rail.buttons["settings"].click()
    assert window.settings.platform.isVisible()
    stage.push(change(fakes.off_air(), account=AccountState()))
    assert "本机演示平台" in window.sign_in.brand.foot.text()


# ---- notices -------------------------------------------------------------------------------------


def test_notice_is_put_away_and_its_button_leads_where_it_says(open_window: Open) -> None:
    notices = (Notice(7, Trouble("disk_full", action="choose_folder")),)
    stage = open_window(change(fakes.on_air(), notices=notices))
    toast = stage.window.notices.toasts[0]
    assert toast.isVisible()
    toast.action.click()
    assert stage.wishes(DismissNotice) == [DismissNotice(7)]
    assert stage.window.desk_page == "settings"
    assert stage.window.settings.open_section == "output"


def _expired() -> AccountState:
    return AccountState(AccountPhase.SIGNED_OUT, trouble=Trouble("token_expired", action="sign_in"))


def test_lost_sign_in_on_air_leads_to_the_form_and_back(open_window: Open) -> None:
    lost = change(
        fakes.on_air(),
        account=_expired(),
    )
    stage = open_window(lost)
    window = stage.window
    assert window.page.value == "desk"
    window.notices.toasts[0].action.click()
    assert window.page.value == "sign_in"
    window.sign_in.back.click()
    assert window.page.value == "desk"
    assert window.notices.toasts[0].action.isVisible()
    window.notices.toasts[0].dismiss.click()
    assert not window.notices.isVisible()


def test_signed_in_again_on_air_leads_back_to_the_broadcast(open_window: Open) -> None:
    stage = open_window(change(fakes.on_air(), account=_expired()))
    window = stage.window
    window.rail.buttons["settings"].click()
    window.settings.show_section("account")
    window.settings.findChild(QAbstractButton, "settings.sign_in").click()
    assert window.page.value == "sign_in"
    stage.push(change(fakes.on_air(), account=AccountState(AccountPhase.CODE_SENT, phone="13800138000")))
    window.sign_in.back.click()
    assert window.page.value == "desk"
    window.notices.toasts[0].action.click()
    assert window.page.value == "sign_in"
    stage.push(fakes.on_air())
    assert (window.page.value, window.desk_page) == ("desk", "live")
    assert not window.notices.isVisible()
    assert window.rail.buttons["live"].is_on_air


@pytest.mark.qt_log_ignore("does not support raise")
def test_window_comes_to_the_front_when_asked(open_window: Open) -> None:
    stage = open_window()
    stage.window.showMinimized()
    stage.push(change(fakes.off_air(), raise_count=1))
    assert not stage.window.isMinimized()


# ---- settings ------------------------------------------------------------------------------------


def test_settings_emit_changes(open_window: Open) -> None:
    stage = open_window(change(fakes.off_air(), account=fakes.account(devices=fakes.my_devices())))
    window = stage.window
    window.rail.buttons["settings"].click()
    find = window.settings.findChild
    for name in ("settings.language.en", "settings.theme.light", "settings.chat_size.18"):
        find(QAbstractButton, name).click()
    window.settings.show_section("camera")
    find(QAbstractButton, "settings.mirror").click()
    window.settings.show_section("output")
    find(QAbstractButton, "settings.quality.1080p").click()
    find(QAbstractButton, "settings.automatic").click()
    changes = [wish.changes for wish in stage.wishes(ChangeSettings)]  # type: ignore[attr-defined]
    assert changes[:4] == [{"language": "en"}, {"theme": "light"}, {"chat_size_px": 18}, {"is_preview_mirrored": False}]
    assert changes[4]["output"].height_px == 1080
    assert changes[5] == {"is_recording_automatic": True}
    window.settings.show_section("sound")
    gain = find(QSlider, "settings.gain")
    QTest.keyClick(gain, Qt.Key.Key_Right)
    QTest.keyClick(gain, Qt.Key.Key_Right)
    assert find(QLabel, "settings.gain_text").text() == "+2 dB"
    stage.qtbot.waitUntil(lambda: stage.wishes(ChangeGain) == [ChangeGain(2.0)], timeout=2000)
    window.settings.show_section("output")
    bitrate = find(QSlider, "settings.bitrate")
    QTest.keyClick(bitrate, Qt.Key.Key_Right)
    stage.qtbot.waitUntil(lambda: len(stage.wishes(ChangeSettings)) == 7, timeout=2000)
    assert stage.wishes(ChangeSettings)[-1].changes["output"].video_kbps == 2600  # type: ignore[attr-defined]


def test_service_and_devices(open_window: Open) -> None:
    stage = open_window(change(fakes.off_air(), account=fakes.account(devices=fakes.my_devices())))
    window = stage.window
    window.rail.buttons["settings"].click()
    find = window.settings.findChild
    window.settings.show_section("network")
    find(QAbstractButton, "settings.lan").click()
    find(QAbstractButton, "settings.service_change").click()
    window.settings.show_section("account")
    devices, end = find(QAbstractItemView, "settings.devices"), find(QAbstractButton, "settings.device_end")
    devices.setCurrentIndex(devices.model().index(0, 0))
    assert not end.isEnabled()
    QTest.keyClick(devices, Qt.Key.Key_Down)
    end.click()
    find(QAbstractButton, "settings.sign_out").click()
    assert stage.desk.wishes[-6:] == [
        TryHere(True), ForgetPlatform(), LoadApplication(), RefreshDevices(), EndDevice("d1"), SignOut(),
    ]  # fmt: skip


def test_viewer_address_and_codes_are_in_the_network_section(open_window: Open) -> None:
    stage = open_window(fakes.on_air())
    stage.window.rail.buttons["settings"].click()
    stage.window.settings.show_section("network")
    find = stage.window.settings.findChild
    find(QAbstractButton, "settings.copy_url").click()
    assert QApplication.clipboard().text() == "http://127.0.0.1:8080/live/s1"
    assert "482913" in find(QLabel, "settings.codes").text()
    stage.push(change(fakes.on_air(), platform=fakes.platform(is_embedded=False)))
    assert not find(QLabel, "settings.codes").isVisible()


def test_what_is_fixed_on_air_is_locked(open_window: Open) -> None:
    stage = open_window(fakes.on_air())
    stage.window.rail.buttons["settings"].click()
    stage.window.settings.show_section("output")
    assert not stage.window.settings.findChild(QComboBox, "settings.encoder").isEnabled()
    assert stage.window.settings.findChild(QWidget, "settings.output_locked").isVisible()
    assert stage.window.settings.findChild(QSlider, "settings.bitrate").isEnabled()


# ---- hands free ----------------------------------------------------------------------------------


def test_driver_clicks_types_and_takes_pictures(open_window: Open, tmp_path: Path) -> None:
    stage = open_window(change(fakes.off_air(), account=AccountState()))
    driver = WindowDriver(stage.window, lambda: {"first_window_ms": 1.0})
    answers: list[dict[str, Any]] = []
    path = tmp_path / "window.png"
    for command in (
        {"screenshot": str(path)},
        {"type": {"name": "sign_in.phone", "text": "13900000001"}},
        {"click": "sign_in.get_code"},
        {"press": {"name": "sign_in.code", "key": "Return"}},
        {"look": {}},
        {"click": "no.such"},
        {"nonsense": {}},
        {},
        {"page": "nowhere"},
    ):
        driver.submit(command, lambda answer: answers.append(dict(answer)))
    stage.qtbot.waitUntil(lambda: len(answers) == 9, timeout=2000)
    assert [answer["ok"] for answer in answers] == [True, True, True, True, True, False, False, False, False]
    assert (answers[0]["width_px"], answers[0]["height_px"]) == (1280, 800)
    assert path.stat().st_size > 10_000
    assert answers[4]["page"] == "sign_in"
    assert json.dumps(answers)
    assert stage.desk.wishes == [fakes_ask_code()]


def fakes_ask_code() -> object:
    from app.usecases.wishes import AskCode

    return AskCode("13900000001")


# ---- the loop never waits ------------------------------------------------------------------------


def test_state_of_every_second_is_drawn_in_time(open_window: Open) -> None:
    stage = open_window(fakes.on_air())
    lines = fakes.chat(500)
    stage.push(change(fakes.on_air(), room=fakes.room(lines)))
    stage.qtbot.wait(400)
    costs_ms: list[float] = []
    for number in range(20):
        state = fakes.on_air()
        engine = change(state.engine, stats=fakes.stats(number, recorded_bytes=number * 1_000_000))
        broadcast = change(state.broadcast, viewers=1284 + number)
        state = change(state, engine=engine, broadcast=broadcast, room=fakes.room(lines))
        started_s = time.perf_counter()
        stage.window.show_state(state)
        costs_ms.append((time.perf_counter() - started_s) * 1000)
    assert sorted(costs_ms)[len(costs_ms) // 2] < 4.0


def test_minimum_size_is_useful(open_window: Open) -> None:
    stage = open_window(fakes.slow_network(), (1024, 680))
    assert stage.window.size() == QSize(1024, 680)
    assert stage.window.live.area.preview.picture_rect().height() >= 135
    assert stage.window.live.health.detail.isVisible()


def test_broadcast_phases_draw_without_a_session(open_window: Open) -> None:
    stage = open_window()
    for phase in BroadcastPhase:
        broadcast = change(fakes.on_air().broadcast, phase=phase, session=None)
        stage.push(change(fakes.on_air(), broadcast=broadcast, settings=Settings()))
    assert stage.window.page.value == "desk"
