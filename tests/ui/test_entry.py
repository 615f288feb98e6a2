from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.usecases.state import AccountPhase, AccountState, PlatformPhase, PlatformState, Trouble
from app.usecases.wishes import (
    AskCode,
    ChangeSettings,
    ConnectPlatform,
    DismissOperatorPassword,
    ForgetPlatform,
    SignIn,
    TryHere,
)
from tests.ui import fakes
from tests.ui.conftest import Stage
from tests.ui.fakes import change

Open = Callable[..., Stage]
UNSET = change(fakes.off_air(), platform=PlatformState(), account=AccountState())
SIGNED_OUT = change(fakes.off_air(), account=AccountState())


def test_try_here_with_and_without_the_network(open_window: Open) -> None:
    stage = open_window(UNSET)
    page = stage.window.first_start
    page.try_here.click()
    page.lan.click()
    page.try_here.click()
    assert stage.wishes(TryHere) == [TryHere(False), TryHere(True)]


def test_connect_by_keyboard_and_without_an_address(open_window: Open) -> None:
    stage = open_window(UNSET)
    page = stage.window.first_start
    page.connect_button.click()
    assert page.trouble.isVisible()
    assert stage.desk.wishes == []
    QTest.keyClicks(page.url, "live.example.com")
    QTest.keyClick(page.url, Qt.Key.Key_Return)
    assert stage.desk.wishes == [ConnectPlatform("live.example.com")]


def test_wait_can_be_cancelled_and_a_service_that_is_away_tried_again(open_window: Open) -> None:
    stage = open_window(change(UNSET, platform=PlatformState(PlatformPhase.CONNECTING, "https://x")))
    page = stage.window.first_start
    assert not page.retry.isVisible()
    page.change.click()
    away = PlatformState(PlatformPhase.UNREACHABLE, "https://x", trouble=Trouble("platform_unreachable"))
    stage.push(change(UNSET, platform=away))
    assert page.wait_text.text().startswith("连不上平台服务")
    page.retry.click()
    assert stage.desk.wishes == [ForgetPlatform(), ConnectPlatform("https://x")]


def test_sign_in_by_keyboard(open_window: Open) -> None:
    stage = open_window(SIGNED_OUT)
    page = stage.window.sign_in
    page.phone.clear()
    QTest.keyClicks(page.phone, "13900000001")
    page.get_code.click()
    sent = AccountState(AccountPhase.CODE_SENT, phone="13900000001", demo_code="482913")
    stage.push(change(SIGNED_OUT, account=sent))
    assert page.strip_code.text() == "482913"
    page.fill_code.click()
    QTest.keyClick(page.code, Qt.Key.Key_Return)
    assert stage.desk.wishes == [AskCode("13900000001"), SignIn("13900000001", "482913")]


def test_wrong_number_is_told_and_not_sent(open_window: Open) -> None:
    stage = open_window(SIGNED_OUT)
    page = stage.window.sign_in
    page.phone.setText("12")
    page.get_code.click()
    page.submit.click()
    assert page.trouble.text.text() == "手机号不对，请输入 11 位大陆手机号"
    assert stage.desk.wishes == []


def test_refusal_is_told_and_what_was_typed_stays(open_window: Open) -> None:
    stage = open_window(SIGNED_OUT)
    page = stage.window.sign_in
    page.code.setText("111111")
    refused = AccountState(AccountPhase.CODE_SENT, phone="13900000001", trouble=Trouble("code_wrong"))
    stage.push(change(SIGNED_OUT, account=refused))
    assert page.trouble.isVisible()
    assert page.code.text() == "111111"


def test_form_is_locked_while_signing_in(open_window: Open) -> None:
    stage = open_window(change(SIGNED_OUT, account=AccountState(AccountPhase.SIGNING_IN)))
    page = stage.window.sign_in
    assert not page.submit.isEnabled()
    assert page.submit.text() == "正在登录…"
    stage.push(change(SIGNED_OUT, account=AccountState(AccountPhase.RESTORING)))
    assert page.submit.text() == "正在恢复上次的登录…"


def test_language_can_be_changed_before_signing_in(open_window: Open) -> None:
    stage = open_window(SIGNED_OUT)
    page = stage.window.sign_in
    assert page.language.text() == "English"
    page.language.click()
    assert stage.desk.wishes == [ChangeSettings({"language": "en"})]


def test_password_is_shown_until_it_was_noted(open_window: Open) -> None:
    with_password = change(
        SIGNED_OUT, platform=fakes.platform(operator_name="operator", operator_password="kiwi-harbor")
    )
    stage = open_window(with_password)
    sheet = stage.window.sheets.password
    assert sheet.isVisible()
    assert sheet.password.text() == "kiwi-harbor"
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert sheet.isVisible()
    sheet.copy.click()
    assert QApplication.clipboard().text() == "kiwi-harbor"
    sheet.noted.click()
    assert not sheet.isVisible()
    assert sheet.password.text() == ""
    assert stage.desk.wishes == [DismissOperatorPassword()]
