"""The keyboard: shortcuts from every page, sheets that keep it, names and a way to every control."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QSlider,
    QWidget,
)

from app.domain.application import ApplicationState, FormField
from app.domain.onboarding import AgreementStanding
from app.usecases.state import AccountPhase, AccountState, DeskState, PlatformState
from app.usecases.wishes import ChangeSettings, HideCamera, MuteMicrophone
from tests.ui import fakes, schedule_fakes, way_fakes
from tests.ui.conftest import Stage
from tests.ui.fakes import change
from tests.ui.way_fakes import on_the_way
from ui.keys import KeyAction

pytestmark = pytest.mark.slow

Open = Callable[..., Stage]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


# ---- shortcuts -----------------------------------------------------------------------------------


def test_pages_open_by_key(open_window: Open) -> None:
    # An anchor who plans, and has to accept a new version: every page of the rail is there.
    stage = open_window(on_the_way(fakes.off_air(), ApplicationState.APPROVED, AgreementStanding.OUTDATED))
    pages = ("live", "schedule", "prepare", "documents", "messages", "settings")
    for key, name in enumerate(pages, 1):
        QTest.keyClick(stage.window, Qt.Key(Qt.Key.Key_0 + key), CTRL)
        assert stage.window.desk_page == name
        assert f"Ctrl+{key}" in stage.window.rail.buttons[name].toolTip()


def test_keys_work_on_the_settings_page(open_window: Open) -> None:
    stage = open_window(fakes.on_air())
    window = stage.window
    window.rail.buttons["settings"].click()
    muted = change(fakes.on_air(), engine=change(fakes.on_air().engine, is_muted=True))
    stage.push(muted)
    QTest.keyClick(window, Qt.Key.Key_D, CTRL)
    QTest.keyClick(window, Qt.Key.Key_E, CTRL)
    assert stage.desk.wishes[-2:] == [MuteMicrophone(False), HideCamera(True)]
    QTest.keyClick(window, Qt.Key.Key_L, CTRL | SHIFT)
    assert window.sheets.ending.isVisible()


def test_on_the_sign_in_page_the_broadcast_can_be_muted_and_ended(open_window: Open) -> None:
    signed_out = change(fakes.on_air(), account=AccountState())
    stage = open_window(signed_out)
    stage.window.act("sign_in")
    assert stage.window.page.value == "sign_in"
    QTest.keyClick(stage.window.sign_in.phone, Qt.Key.Key_D, CTRL)
    assert stage.wishes(MuteMicrophone) == [MuteMicrophone(True)]
    QTest.keyClick(stage.window.sign_in.phone, Qt.Key.Key_1, CTRL)
    assert stage.window.page.value == "sign_in"
    QTest.keyClick(stage.window.sign_in.phone, Qt.Key.Key_L, CTRL | SHIFT)
    assert stage.window.sheets.ending.isVisible()


def test_keys_rest_while_a_sheet_is_open(open_window: Open) -> None:
    stage = open_window(fakes.on_air())
    window = stage.window
    window.live.controls.main.click()
    before = list(stage.desk.wishes)
    for key, keys in ((Qt.Key.Key_D, CTRL), (Qt.Key.Key_E, CTRL), (Qt.Key.Key_5, CTRL), (Qt.Key.Key_S, CTRL | SHIFT)):
        QTest.keyClick(window.focusWidget(), key, keys)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_F1)
    assert stage.desk.wishes == before
    assert window.desk_page == "live"
    assert not window.sheets.help.isVisible()
    assert window.findChild(QMenu, "menu.video") is None


@pytest.mark.qt_log_ignore("does not support (raise|grabbing)")
@pytest.mark.parametrize(("action", "name"), [("choose_camera", "menu.video"), ("choose_microphone", "menu.audio")])
def test_menu_of_a_device_opens_from_the_settings_page(open_window: Open, action: str, name: str) -> None:
    stage = open_window(fakes.on_air())
    stage.window.rail.buttons["settings"].click()
    stage.window.act(action)
    assert stage.window.desk_page == "live"
    menu = stage.window.findChild(QMenu, name)
    assert menu is not None
    menu.close()


def test_help_lists_the_keys_in_force_and_leads_to_where_they_are_changed(open_window: Open) -> None:
    state = with_shortcuts({"mute": "Ctrl+M", "camera": ""})
    stage = open_window(state)
    window = stage.window
    QTest.keyClick(window, Qt.Key.Key_F1)
    sheet = window.sheets.help
    assert sheet.isVisible()
    shown = {name.text(): (value.text() if value.isVisible() else "") for name, value in sheet._keys}
    assert shown["静音或取消静音"] == "Ctrl+M"
    assert shown["打开或关闭画面"] == ""
    assert not sheet.open_logs.isVisible()
    sheet.change.click()
    assert not sheet.isVisible()
    assert (window.desk_page, window.settings.open_section) == ("settings", "keys")
    window.settings.show_section("about")
    help_button = window.settings.findChild(QAbstractButton, "settings.help")
    assert "F1" in help_button.toolTip()
    help_button.click()
    assert sheet.isVisible()


def test_help_can_be_asked_for_before_signing_in(open_window: Open) -> None:
    stage = open_window(change(fakes.off_air(), account=AccountState()))
    QTest.keyClick(stage.window.sign_in.phone, Qt.Key.Key_F1)
    assert stage.window.sheets.help.isVisible()
    assert not stage.window.sheets.help.change.isVisible()


def with_shortcuts(shortcuts: dict[str, str]) -> DeskState:
    state = fakes.off_air()
    return change(state, settings=msgspec.structs.replace(state.settings, shortcuts=shortcuts))


def keys_page(stage: Stage, action: KeyAction) -> QKeySequenceEdit:
    stage.window.rail.buttons["settings"].click()
    stage.window.settings.show_section("keys")
    field = stage.window.settings.findChild(QKeySequenceEdit, f"settings.key.{action}")
    field.setFocus()
    return field


def test_another_key_is_chosen_by_pressing_it(open_window: Open) -> None:
    stage = open_window()
    field = keys_page(stage, KeyAction.MUTE)
    QTest.keyClick(field, Qt.Key.Key_M, CTRL)
    assert stage.wishes(ChangeSettings) == [ChangeSettings({"shortcuts": {"mute": "Ctrl+M"}})]
    stage.push(with_shortcuts({"mute": "Ctrl+M"}))
    assert "Ctrl+M" in stage.window.live.controls.mute.toolTip()
    QTest.keyClick(stage.window.settings._nav["keys"], Qt.Key.Key_D, CTRL)
    assert stage.wishes(MuteMicrophone) == []
    QTest.keyClick(stage.window.settings._nav["keys"], Qt.Key.Key_M, CTRL)
    assert stage.wishes(MuteMicrophone) == [MuteMicrophone(True)]
    stage.window.settings.findChild(QAbstractButton, "settings.keys_reset").click()
    assert stage.wishes(ChangeSettings)[-1] == ChangeSettings({"shortcuts": {}})


def test_a_key_that_is_taken_is_told_and_the_old_one_stays(open_window: Open) -> None:
    stage = open_window()
    field = keys_page(stage, KeyAction.MUTE)
    QTest.keyClick(field, Qt.Key.Key_E, CTRL)
    assert stage.wishes(ChangeSettings) == stage.wishes(HideCamera) == []
    assert field.keySequence().toString() == "Ctrl+D"
    fault = stage.window.settings.findChild(QWidget, f"settings.key_fault.{KeyAction.MUTE}")
    assert fault.isVisible()
    assert "打开或关闭画面" in fault.text()  # type: ignore[attr-defined]


def test_a_text_field_leaves_our_keys_alone_and_keeps_its_own(open_window: Open) -> None:
    # Ctrl+Left stands for Ctrl+E, which is an editing key on X11 only
    state = fakes.on_air()
    shortcuts = {"camera": "Ctrl+Left"}
    stage = open_window(change(state, settings=msgspec.structs.replace(state.settings, shortcuts=shortcuts)))
    field = stage.window.live.chat.input
    field.setText("one two")
    QTest.keyClick(field, Qt.Key.Key_Left, CTRL)
    assert stage.wishes(HideCamera) == [HideCamera(True)]
    assert field.cursorPosition() == 7
    QTest.keyClick(field, Qt.Key.Key_Z, CTRL)
    QTest.keyClick(field, Qt.Key.Key_A, CTRL)
    assert field.selectedText() == field.text()


def test_a_key_can_be_given_up(open_window: Open) -> None:
    stage = open_window()
    keys_page(stage, KeyAction.MUTE)
    clear = stage.window.settings.findChild(QAbstractButton, f"settings.key_clear.{KeyAction.MUTE}")
    clear.click()
    assert stage.wishes(ChangeSettings) == [ChangeSettings({"shortcuts": {"mute": ""}})]
    stage.push(with_shortcuts({"mute": ""}))
    assert not clear.isEnabled()
    assert stage.window.live.controls.mute.toolTip() == "静音或取消静音"


# ---- sheets --------------------------------------------------------------------------------------


def test_a_page_that_changes_behind_a_sheet_does_not_take_the_keyboard(open_window: Open) -> None:
    stage = open_window()
    window = stage.window
    window.live.controls.main.click()
    sheet = window.sheets.go_live
    assert sheet.isAncestorOf(window.focusWidget())
    stage.push(change(fakes.off_air(), account=AccountState()))
    assert window.page.value == "sign_in"
    assert sheet.isAncestorOf(window.focusWidget())
    sheet.cancel.click()
    assert window.sign_in.isAncestorOf(window.focusWidget())


def test_a_busy_sheet_keeps_the_keyboard(open_window: Open) -> None:
    stage = open_window(fakes.on_air())
    window = stage.window
    window.close()
    window.sheets.closing.end.click()
    assert window.sheets.closing.isVisible()
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    sheet = window.sheets.closing
    assert window.focusWidget() is sheet or sheet.isAncestorOf(window.focusWidget())


def test_the_sheet_in_front_has_the_keyboard_and_gives_it_back(open_window: Open) -> None:
    stage = open_window(fakes.on_air())
    window = stage.window
    QTest.keyClick(window, Qt.Key.Key_F1)
    stage.push(fakes.ended())
    assert window.sheets.open_one is window.sheets.summary
    assert window.focusWidget() is window.sheets.summary.done
    window.sheets.summary.done.click()
    assert window.sheets.open_one is window.sheets.help
    assert window.sheets.help.isAncestorOf(window.focusWidget())


# ---- names and ways ------------------------------------------------------------------------------

CONTROLS = (QAbstractButton, QLineEdit, QPlainTextEdit, QComboBox, QKeySequenceEdit, QSlider, QAbstractItemView)
PAGES: dict[str, DeskState] = {
    "first_start": change(fakes.off_air(), platform=PlatformState(), account=AccountState()),
    "sign_in": change(fakes.off_air(), account=AccountState(AccountPhase.CODE_SENT, demo_code="123456")),
    "live": fakes.on_air(),
    "settings": change(fakes.off_air(), account=fakes.account(devices=fakes.my_devices())),
    "prepare": change(
        fakes.writing(
            form=way_fakes.organisation_form(introduction=way_fakes.OFFENDING),
            findings={FormField.INTRODUCTION: (way_fakes.found_words(),)},
        )
    ),
    "prepare_review": way_fakes.on_the_way(fakes.off_air(), ApplicationState.SUBMITTED),
    "messages": change(fakes.writing(), inbox=way_fakes.inbox()),
    "schedule": schedule_fakes.planning(fakes.off_air(), schedule_fakes.desk(*schedule_fakes.UPCOMING)),
    "schedule_month": schedule_fakes.planning(fakes.off_air(), schedule_fakes.desk(*schedule_fakes.UPCOMING)),
    "schedule_form": schedule_fakes.planning(
        fakes.off_air(), schedule_fakes.desk(schedule_fakes.SOON, activities=(schedule_fakes.ACTIVITY,))
    ),
}
OPENED = {"schedule_month": "schedule.mode.month", "schedule_form": "schedule.plan"}
"""What is clicked once the page is open."""


def seen_controls(window: QWidget) -> list[QWidget]:
    return [
        widget
        for kind in CONTROLS
        for widget in window.findChildren(kind)
        if widget.isVisible() and not widget.objectName().startswith("qt_") and not _is_inside(widget)
    ]


def _is_inside(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    if isinstance(widget, QHeaderView):
        return True  # a part of its table
    return isinstance(parent, QComboBox) or type(parent).__name__ == "QComboBoxPrivateContainer"


@pytest.mark.parametrize("page", PAGES)
def test_every_control_has_a_name_and_can_be_reached_by_key(open_window: Open, page: str) -> None:
    stage = open_window(PAGES[page])
    window = stage.window
    name = page.partition("_")[0]
    if name in window.rail.buttons:
        window.rail.buttons[name].click()
    if page in OPENED:
        window.findChild(QAbstractButton, OPENED[page]).click()
    sections = (
        ("general", "camera", "sound", "output", "network", "keys", "account", "about") if page == "settings" else ("",)
    )
    for section in sections:
        if section:
            window.settings.show_section(section)
        controls = seen_controls(window)
        assert controls
        assert [widget for widget in controls if not widget.objectName()] == []
        assert [widget.objectName() for widget in controls if not widget.accessibleName()] == []
        reached: set[str] = set()
        window.activateWindow()
        for _ in range(60):
            QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_Tab)
            focused = window.focusWidget()
            if focused is not None:
                reached.add(focused.objectName())
        segments = {
            widget.objectName() for widget in controls if widget.property("kind") in ("segment", "nav", "rail", "tab")
        }
        missing = {widget.objectName() for widget in controls if widget.isEnabled()} - reached - segments
        assert missing == set()


def test_focus_is_seen(open_window: Open) -> None:
    stage = open_window(PAGES["first_start"])
    page = stage.window.first_start
    page.url.setFocus()
    plain = page.connect_button.grab().toImage()
    page.connect_button.setFocus()
    assert page.connect_button.grab().toImage() != plain


def test_sheet_keeps_the_keyboard(open_window: Open) -> None:
    stage = open_window()
    stage.window.live.controls.main.click()
    sheet = stage.window.sheets.go_live
    for _ in range(12):
        QTest.keyClick(stage.window.focusWidget(), Qt.Key.Key_Tab)
        assert sheet.isAncestorOf(stage.window.focusWidget())
    QTest.keyClick(stage.window.focusWidget(), Qt.Key.Key_Escape)
    assert not sheet.isVisible()
    assert stage.window.focusWidget() is stage.window.live.controls.main
