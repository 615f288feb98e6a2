"""The form for name and number, and asking for a face check: typing, masking, faults, one request, nothing left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QFocusEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from app.domain.onboarding import StepId
from app.usecases.state import AccountState
from app.usecases.trouble import Trouble
from app.usecases.way_state import IdentityField
from app.usecases.wishes import CheckIdentity
from tests.ui import fakes, way_fakes
from tests.ui.conftest import Stage
from tests.ui.way_fakes import at_identity, on_the_way

pytestmark = pytest.mark.slow

Open = Callable[..., Stage]
NAME, NUMBER = "欧阳清风", "110000199003070028"


def opened(open_window: Open, **changes: Any) -> Stage:
    stage = open_window(at_identity(fakes.off_air(), **changes))
    stage.window.show_desk_page("prepare")
    stage.desk.wishes.clear()
    return stage


def write(line: QLineEdit, text: str) -> None:
    line.setFocus()
    line.selectAll()
    line.insert(text)


def fill(stage: Stage, name: str = NAME, number: str = NUMBER) -> None:
    card = stage.window.prepare.identity
    write(card.name, name)
    write(card.number, number)


def fault(stage: Stage, field: IdentityField) -> str:
    shown = stage.window.prepare.identity.fields[field].fault
    return shown.text() if shown.isVisible() else ""


def test_what_is_typed_is_sent_once_and_then_forgotten(open_window: Open) -> None:
    stage = opened(open_window)
    card = stage.window.prepare.identity
    assert card.isVisible()
    fill(stage)
    card.check.click()
    assert stage.desk.wishes == [CheckIdentity(NAME, NUMBER)]
    assert NUMBER not in repr(stage.desk.wishes)
    assert NAME not in repr(stage.desk.wishes)
    stage.push(at_identity(fakes.off_air(), is_checking=True))
    assert not card.check.isEnabled()
    assert card.number.typed == NUMBER, "until it was taken"
    stage.push(at_identity(fakes.off_air(), checked_number=1))
    assert (card.name.text(), card.number.text(), card.number.typed) == ("", "", "")
    assert not card.number.isUndoAvailable()
    assert not card.name.isUndoAvailable()


def test_the_number_is_masked_while_the_keyboard_is_elsewhere(open_window: Open) -> None:
    stage = opened(open_window)
    card = stage.window.prepare.identity
    write(card.number, NUMBER)
    assert card.number.text() == NUMBER
    card.name.setFocus()
    assert card.number.text() == "1100 **** **** **** 28"
    assert NUMBER not in card.number.accessibleName() + card.number.toolTip()
    card.number.setFocus()
    assert card.number.text() == NUMBER
    card.name.setFocus()
    card.check.click()
    # The name is missing still: nothing goes out, and the number is not lost.
    assert stage.wishes(CheckIdentity) == []
    assert fault(stage, IdentityField.NAME) == "请填写真实姓名"
    write(card.name, NAME)
    card.check.click()
    assert stage.wishes(CheckIdentity) == [CheckIdentity(NAME, NUMBER)]


@pytest.mark.parametrize(
    ("typed", "while_typing", "once_left"),
    [
        ("110000", "", "还差 12 位，应为 18 位"),
        ("1100001990030700281", "多了 1 位，应为 18 位", "多了 1 位，应为 18 位"),
        ("990000199003070028", "前两位不是地区代码，请检查", "前两位不是地区代码，请检查"),
        ("110000199013070028", "第 7 至 14 位不是可能的出生日期，请检查", "第 7 至 14 位不是可能的出生日期，请检查"),
        ("110000199003070029", "号码有误，可能输错了一位，请逐位检查", "号码有误，可能输错了一位，请逐位检查"),
        ("１１００００ 19900307 0028", "", ""),
        ("110000201003070028", "未满 18 周岁不能成为主播。", "未满 18 周岁不能成为主播。"),
    ],
)
def test_a_number_is_looked_at_as_it_is_typed(open_window: Open, typed: str, while_typing: str, once_left: str) -> None:
    stage = opened(open_window)
    write(stage.window.prepare.identity.number, typed)
    assert fault(stage, IdentityField.NUMBER) == while_typing
    stage.window.prepare.identity.name.setFocus()
    assert fault(stage, IdentityField.NUMBER) == once_left


def test_whose_age_it_is_goes_by_the_services_day(open_window: Open) -> None:
    # 2026-11-20 for the service: who was born on the 21st is 18 tomorrow.
    stage = opened(open_window)
    write(stage.window.prepare.identity.number, "110000200811210020")
    assert fault(stage, IdentityField.NUMBER) == "未满 18 周岁不能成为主播。"
    write(stage.window.prepare.identity.number, "110000200811200025")
    assert fault(stage, IdentityField.NUMBER) == ""


def test_what_the_service_found_stands_at_its_field_until_that_is_changed(open_window: Open) -> None:
    stage = opened(open_window)
    fill(stage)
    stage.push(at_identity(fakes.off_air(), faults={IdentityField.NUMBER: "error.identity_taken"}))
    assert "另一个账号" in fault(stage, IdentityField.NUMBER)
    card = stage.window.prepare.identity
    card.number.setFocus()
    card.number.end(False)
    card.number.insert(" ")
    assert fault(stage, IdentityField.NUMBER) == ""
    assert card.number.typed.strip() == NUMBER


def test_the_keyboard_stays_at_the_form_while_it_is_checked_and_goes_to_what_is_wrong(open_window: Open) -> None:
    stage = opened(open_window)
    card, window = stage.window.prepare.identity, stage.window
    fill(stage)
    card.check.setFocus()
    QTest.keyClick(card.check, Qt.Key.Key_Space)
    stage.push(at_identity(fakes.off_air(), is_checking=True))
    assert window.focusWidget() is card.name
    assert NUMBER not in card.number.text()
    stage.push(at_identity(fakes.off_air(), faults={IdentityField.NUMBER: "error.identity_mismatch"}))
    assert window.focusWidget() is card.number
    card.name.setFocus()
    stage.push(at_identity(fakes.off_air(), faults={IdentityField.NUMBER: "error.identity_mismatch"}))
    assert window.focusWidget() is card.name, "the keyboard is taken once"


def test_without_tries_nothing_can_be_sent_and_it_says_until_when(open_window: Open) -> None:
    spent = way_fakes.UNKNOWN.model_copy(
        update={"attempts_left": 0, "attempts_again_at": way_fakes.DAY + timedelta(hours=13, minutes=45)}
    )
    stage = opened(open_window, identity=spent)
    card = stage.window.prepare.identity
    fill(stage)
    assert not card.check.isEnabled()
    QTest.keyClick(card.number, Qt.Key.Key_Return)
    assert stage.wishes(CheckIdentity) == []
    assert "明天 00:00" in card.attempts.text()


def test_a_trouble_stands_above_and_what_was_typed_stays(open_window: Open) -> None:
    stage = opened(open_window)
    fill(stage)
    stage.push(at_identity(fakes.off_air(), trouble=Trouble("authority_unavailable")))
    assert "没有占用您的次数" in stage.window.prepare.trouble.text.text()
    assert stage.window.prepare.identity.number.typed == NUMBER


def test_a_correction_is_asked_for_with_what_it_costs_and_can_be_left(open_window: Open) -> None:
    stage = open_window(way_fakes.on_the_way(fakes.off_air(), None))
    page = stage.window.prepare
    stage.window.show_desk_page("prepare")
    page.steps.buttons[list(page.steps.buttons)[1]].click()
    assert "4401 **** **** **** 12" in [value.text() for _, _, value in page.status.facts.lines]
    page.status.second.click()
    assert page.identity.isVisible()
    assert "重新核验" in page.identity.warning.text.text()
    fill(stage)
    page.identity.stay.click()
    assert not page.identity.isVisible()
    assert (page.identity.name.text(), page.identity.number.typed) == ("", "")


def test_what_is_not_whole_is_masked_too_also_for_a_screen_reader(open_window: Open) -> None:
    stage = opened(open_window)
    number = stage.window.prepare.identity.number
    write(number, NUMBER[:17])
    interface = QAccessible.queryAccessibleInterface(number)
    stage.window.prepare.identity.name.setFocus()
    assert set(number.text()) == {"*", " "}
    assert interface.text(QAccessible.Text.Value) == number.text()
    number.setFocus()
    assert number.text() == NUMBER[:17]


def test_a_number_can_be_pasted_from_the_menu_of_its_field(open_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = opened(open_window)
    number = stage.window.prepare.identity.number
    number.setFocus()
    QTest.keyClicks(number, NUMBER[:6])
    # What Qt does when a menu opens; a real one needs a plugin that can raise it.
    with monkeypatch.context() as opening:
        opening.setattr(QApplication, "activePopupWidget", lambda: stage.window)
        QApplication.sendEvent(number, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.PopupFocusReason))
        assert number.text() == NUMBER[:6], "one looks at one's own field"
        number.insert(NUMBER[6:])
    assert (number.text(), number.typed) == (NUMBER, NUMBER)
    assert not number.acceptDrops()


def test_what_a_screen_reader_writes_counts_as_typed(open_window: Open) -> None:
    stage = opened(open_window)
    number = stage.window.prepare.identity.number
    number.setFocus()
    number.setText(NUMBER)
    assert number.typed == NUMBER


def test_what_is_written_while_the_keyboard_is_elsewhere_is_masked_at_once(open_window: Open) -> None:
    stage = opened(open_window)
    number = stage.window.prepare.identity.number
    number.insert(NUMBER)
    assert (number.text(), number.typed) == ("1100 **** **** **** 28", NUMBER)
    number.clear_typed()
    assert (number.text(), number.typed) == ("", "")


def test_it_can_be_done_with_the_keyboard_alone(open_window: Open) -> None:
    stage = opened(open_window)
    card, window = stage.window.prepare.identity, stage.window
    assert window.focusWidget() is card.name
    QTest.keyClicks(card.name, "Lin Qing")
    QTest.keyClick(card.name, Qt.Key.Key_Tab)
    assert window.focusWidget() is card.number
    QTest.keyClicks(card.number, NUMBER[:17])
    QTest.keyClick(card.number, Qt.Key.Key_Return)
    assert stage.wishes(CheckIdentity) == []
    assert fault(stage, IdentityField.NUMBER) == "还差 1 位，应为 18 位"
    assert window.focusWidget() is card.number
    assert card.number.text() == NUMBER[:17]
    QTest.keyClicks(card.number, NUMBER[17:])
    assert fault(stage, IdentityField.NUMBER) == ""
    QTest.keyClick(card.number, Qt.Key.Key_Tab)
    assert window.focusWidget() is card.check
    QTest.keyClick(card.check, Qt.Key.Key_Space)
    assert stage.wishes(CheckIdentity) == [CheckIdentity("Lin Qing", NUMBER)]
    assert [one.accessibleName() for one in (card.name, card.number, card.check)] == ["真实姓名", "身份证号", "核对"]
    assert [one.toolTip() for one in (card.name, card.number)] == ["", ""]


def test_who_is_too_young_by_the_number_is_told_before_anything_is_sent(open_window: Open) -> None:
    stage = opened(open_window)
    fill(stage, number="110000201003070028")
    stage.window.prepare.identity.check.click()
    assert stage.wishes(CheckIdentity) == []
    assert fault(stage, IdentityField.NUMBER) == "未满 18 周岁不能成为主播。"


def test_who_has_given_their_name_sees_how_it_stands_and_goes_on_from_there(open_window: Open) -> None:
    stage = opened(open_window)
    page = stage.window.prepare
    fill(stage)
    page.identity.check.click()
    taken = way_fakes.identity().identity
    stage.push(at_identity(fakes.off_air(), identity=taken, checked_number=1))
    assert page.status.title.text() == "实名信息已核对"
    later = on_the_way(fakes.off_air())
    later = replace(later, identity=way_fakes.identity(checked_number=1, face=None))
    stage.push(later)
    assert page.status.title.text() == "实名信息已核对", "the next step does not push it away"
    assert "林*" in [value.text() for _, _, value in page.status.facts.lines]
    assert page.status.main.text() == "下一步：提交直播申请"
    assert stage.window.focusWidget() is page.status.main
    page.status.main.click()
    assert page.status.title.text() == "提交直播申请"


@pytest.mark.parametrize("page", ["prepare", "messages"])
def test_nothing_typed_is_left_for_the_next_person(open_window: Open, page: str) -> None:
    stage = opened(open_window)
    card = stage.window.prepare.identity
    fill(stage)
    stage.window.show_desk_page(page)
    assert card.number.typed == NUMBER
    stage.push(replace(fakes.off_air(), account=AccountState()))
    assert (card.name.text(), card.number.typed) == ("", "")


def test_what_was_typed_goes_when_it_was_taken_while_one_is_elsewhere(open_window: Open) -> None:
    stage = opened(open_window)
    card = stage.window.prepare.identity
    fill(stage)
    card.check.click()
    stage.window.show_desk_page("messages")
    stage.push(at_identity(fakes.off_air(), identity=way_fakes.identity().identity, checked_number=1))
    assert (card.name.text(), card.number.typed) == ("", "")
    stage.window.show_desk_page("prepare")
    assert stage.window.prepare.status.title.text() == "实名信息已核对"


def correcting(open_window: Open, **changes: Any) -> Stage:
    stage = open_window(replace(on_the_way(fakes.off_air()), identity=way_fakes.identity(**changes)))
    stage.window.show_desk_page("prepare")
    stage.window.prepare.steps.buttons[StepId.IDENTITY].click()
    stage.window.prepare.status.second.click()
    fill(stage)
    stage.desk.wishes.clear()
    return stage


def test_a_correction_that_voids_the_face_check_is_asked_about_once_more(open_window: Open) -> None:
    stage = correcting(open_window)
    card, sheet = stage.window.prepare.identity, stage.window.sheets.correct
    card.number.setFocus()
    QTest.keyClick(card.number, Qt.Key.Key_Return)
    assert sheet.isVisible()
    assert stage.wishes(CheckIdentity) == []
    assert NUMBER not in card.number.text(), "the sheet has the keyboard"
    assert stage.window.focusWidget() is sheet.stay
    QTest.keyClick(sheet.stay, Qt.Key.Key_Escape)
    assert not sheet.isVisible()
    assert stage.wishes(CheckIdentity) == []
    card.check.click()
    sheet.correct.click()
    assert stage.wishes(CheckIdentity) == [CheckIdentity(NAME, NUMBER)]


def test_a_correction_that_costs_nothing_is_not_asked_about(open_window: Open) -> None:
    stage = correcting(open_window, face=None)
    card = stage.window.prepare.identity
    assert not card.warning.isVisible()
    card.check.click()
    assert stage.wishes(CheckIdentity) == [CheckIdentity(NAME, NUMBER)]
