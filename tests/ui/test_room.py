"""The room at the side of the live page: what is done by mouse and keyboard, and what stands still meanwhile."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app.contract.room import ActionKind
from app.domain.reports import TargetKind
from app.domain.room.restrictions import Length
from app.usecases.room_wishes import (
    DismissAct,
    Moderate,
    OpenPerson,
    SendChat,
    UndoAct,
)
from app.usecases.state import MessageStatus, RoomState, Trouble
from tests.ui import fakes, room_fakes
from tests.ui.fakes import change
from tests.ui.room_fakes import card, desk, held, on_air
from tests.ui.room_stage import Open, acts, hover, opened
from ui.presenters.reporting import ReportAsk

# ---- one message -----------------------------------------------------------------------------------


def test_the_message_under_the_mouse_carries_what_can_be_done(open_window: Open) -> None:
    stage, _, chat = opened(open_window)
    assert not chat.row_actions.isVisible()
    hover(chat, 1)
    assert chat.row_actions.isVisible()
    for name in ("delete", "mute", "remove"):
        chat.row_actions.buttons[name].click()
    assert acts(stage) == [(ActionKind.DELETE_MESSAGE, "m2"), (ActionKind.MUTE, "v2"), (ActionKind.REMOVE, "v2")]
    lengths = [one.wish.length for one in stage.wishes(Moderate)]  # type: ignore[attr-defined]
    assert lengths == [None, Length.TEN_MINUTES, Length.SESSION]
    hover(chat, -1)
    assert not chat.row_actions.isVisible()


def test_on_ones_own_message_and_on_a_deleted_one_only_what_can_be(open_window: Open) -> None:
    _, _, chat = opened(open_window)
    hover(chat, 4)
    seen = {name for name, button in chat.row_actions.buttons.items() if button.isVisible()}
    assert seen == {"reply", "delete", "more"}
    hover(chat, 3)
    seen = {name for name, button in chat.row_actions.buttons.items() if button.isVisible()}
    assert seen == {"mute", "remove", "more"}


def test_the_same_by_keyboard(open_window: Open) -> None:
    stage, _, chat = opened(open_window)
    chat.list.setFocus()
    assert chat.list.currentIndex().row() == 6, "the newest first"
    QTest.keyClick(chat.list, Qt.Key.Key_Up)
    QTest.keyClick(chat.list, Qt.Key.Key_M)
    QTest.keyClick(chat.list, Qt.Key.Key_Delete)
    QTest.keyClick(chat.list, Qt.Key.Key_K)
    assert acts(stage) == [(ActionKind.MUTE, "v6"), (ActionKind.DELETE_MESSAGE, "m6"), (ActionKind.REMOVE, "v6")]
    QTest.keyClick(chat.list, Qt.Key.Key_Return)
    assert stage.wishes(OpenPerson) == [OpenPerson("v6")]
    for key, row in ((Qt.Key.Key_Home, 0), (Qt.Key.Key_PageDown, 6), (Qt.Key.Key_End, 6)):
        QTest.keyClick(chat.list, key)
        assert chat.list.currentIndex().row() == row


@pytest.mark.qt_log_ignore("does not support (raise|grabbing|propagateSizeHints)")
def test_the_menu_has_every_length(open_window: Open) -> None:
    stage, _, chat = opened(open_window)
    hover(chat, 1)
    chat.row_actions.buttons["more"].click()
    menu = chat.row_actions.menu
    assert isinstance(menu, QMenu) and chat.list.is_held_still
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert texts == [
        "回复", "置顶", "查看这位观众", "禁言", "禁言 1 分钟", "禁言 10 分钟", "禁言 本场", "禁言 24 小时", "禁言 永久",
        "解除禁言", "移出", "移出直播间（本场）", "移出直播间（永久）", "举报", "举报这条发言…", "我的举报",
    ]  # fmt: skip
    next(action for action in menu.actions() if action.text() == "禁言 24 小时").trigger()
    menu.close()
    assert acts(stage) == [(ActionKind.MUTE, "v2")]
    assert stage.wishes(Moderate)[0].wish.length is Length.DAY  # type: ignore[attr-defined]
    assert chat.row_actions.menu is None


@pytest.mark.qt_log_ignore("does not support (raise|grabbing|propagateSizeHints)")
def test_a_message_and_a_person_lead_to_the_form(open_window: Open) -> None:
    stage, room, chat = opened(open_window)
    asked: list[ReportAsk] = []
    room.report_asked.connect(asked.append)
    hover(chat, 1)
    chat.row_actions.open_menu()
    menu = chat.row_actions.menu
    assert menu is not None
    next(action for action in menu.actions() if action.text() == "举报这条发言…").trigger()
    menu.close()
    stage.push(on_air(moderation=desk(person_id="v4", person=card())))
    room.person.report.click()
    assert asked == [
        ReportAsk(TargetKind.MESSAGE, "m2", "v2", "小苗不急", "实习两段都很短，要都写吗"),
        ReportAsk(TargetKind.PERSON, "v4", "v4", "user_83021"),
    ]
    assert stage.window.sheets.report.isVisible()
    stage.window.sheets.report.cancel.click()
    stage.push(on_air())
    hover(chat, 1)
    chat.row_actions.open_menu()
    menu = chat.row_actions.menu
    assert menu is not None
    next(action for action in menu.actions() if action.text() == "我的举报").trigger()
    menu.close()
    assert stage.window.desk_page == "reports"


@pytest.mark.qt_log_ignore("does not support (raise|grabbing|propagateSizeHints)")
@pytest.mark.parametrize("label", ["回复", "举报这条发言…"])
def test_the_menu_is_of_the_message_that_it_was_opened_for(open_window: Open, label: str) -> None:
    _, room, chat = opened(open_window)
    asked: list[ReportAsk] = []
    room.report_asked.connect(asked.append)
    hover(chat, 1)
    chat.row_actions.open_menu()
    hover(chat, 5)
    menu = chat.row_actions.menu
    assert menu is not None
    next(action for action in menu.actions() if action.text() == label).trigger()
    menu.close()
    if label == "回复":
        assert chat.answering.text.text().startswith("回复 小苗不急")
    else:
        assert [one.id for one in asked] == ["m2"]


def test_a_key_on_one_message_leaves_the_mouse_at_another(open_window: Open) -> None:
    stage, _, chat = opened(open_window)
    chat.list.setFocus()
    hover(chat, 1)
    QTest.keyClick(chat.list, Qt.Key.Key_M)
    chat.row_actions.buttons["remove"].click()
    assert acts(stage) == [(ActionKind.MUTE, "v7"), (ActionKind.REMOVE, "v2")]


def test_a_message_is_answered(open_window: Open) -> None:
    stage, _, chat = opened(open_window)
    hover(chat, 1)
    chat.row_actions.buttons["reply"].click()
    assert chat.answering.text.text() == "回复 小苗不急：实习两段都很短，要都写吗"
    assert chat.input.hasFocus()
    QTest.keyClicks(chat.input, "ok")
    QTest.keyClick(chat.input, Qt.Key.Key_Return)
    sent = stage.wishes(SendChat)[-1]
    assert (sent.text, sent.reply_to) == ("ok", "m2")  # type: ignore[attr-defined]
    assert not chat.answering.isVisible()
    hover(chat, 1)
    chat.row_actions.buttons["reply"].click()
    QTest.keyClick(chat.input, Qt.Key.Key_Escape)
    assert not chat.answering.isVisible()
    QTest.keyClicks(chat.input, "no")
    QTest.keyClick(chat.input, Qt.Key.Key_Return)
    assert stage.wishes(SendChat)[-1].reply_to == ""  # type: ignore[attr-defined]


def test_who_moderates_nothing_is_offered_nothing(open_window: Open) -> None:
    stage, _, chat = opened(open_window, moderation=desk(room=None, held=()))
    hover(chat, 1)
    assert not chat.row_actions.isVisible()
    chat.list.setFocus()
    QTest.keyClick(chat.list, Qt.Key.Key_Return)
    assert stage.wishes(OpenPerson) == []


# ---- following the end -----------------------------------------------------------------------------


def many(count: int, first: int = 0) -> RoomState:
    return fakes.room(
        tuple(room_fakes.line(number, "观众", f"第 {number} 条") for number in range(first, first + count))
    )


def test_the_list_stands_still_under_the_mouse_and_goes_on_afterwards(open_window: Open) -> None:
    stage, _, chat = opened(open_window)
    stage.push(change(on_air(), room=many(200)))
    bar = chat.list.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    row = chat.list.indexAt(chat.list.viewport().rect().center()).row()
    hover(chat, row)
    seen = chat.list.visualRect(chat.model.index(row)).top()
    stage.push(change(on_air(), room=many(230)))
    assert chat.list.visualRect(chat.model.index(row)).top() == seen
    assert chat.newer.isVisible()
    hover(chat, -1)
    assert bar.value() == bar.maximum()
    assert not chat.newer.isVisible()


def test_what_is_looked_at_stays_when_the_oldest_go(open_window: Open) -> None:
    stage, _, chat = opened(open_window)
    stage.push(change(on_air(), room=many(500)))
    hover(chat, 300)
    bar = chat.list.verticalScrollBar()
    bar.setValue(bar.value() - 400)
    seen = chat.list.indexAt(QPoint(100, 100))
    text, top = seen.data(), chat.list.visualRect(seen).top()
    stage.push(change(on_air(), room=many(500, 40)))
    again = chat.list.indexAt(QPoint(100, 100))
    assert (again.data(), chat.list.visualRect(again).top()) == (text, top)


def with_own_line(count: int, first: int = 0) -> RoomState:
    """A line of one's own that has failed stays the last, whatever comes."""
    own = fakes.chat_line(9_999, "林晓", True, "没有发出去", status=MessageStatus.FAILED, request_id="r1", code="busy")
    return fakes.room((*many(count, first).lines, own))


def test_what_is_pointed_at_is_the_same_person_while_a_line_of_ones_own_waits(open_window: Open) -> None:
    stage, _, chat = opened(open_window)
    stage.push(change(on_air(), room=with_own_line(200)))
    QApplication.processEvents()
    row = chat.list.indexAt(chat.list.viewport().rect().center()).row()
    hover(chat, row)
    seen, resets = chat.list.visualRect(chat.model.index(row)).top(), chat.model.resets
    stage.push(change(on_air(), room=with_own_line(203, first=3)))
    assert chat.model.resets == resets
    assert chat.list.pointed_row == row - 3, "three went at the head"
    assert chat.list.visualRect(chat.model.index(row - 3)).top() == seen
    chat.row_actions.buttons["remove"].click()
    assert acts(stage) == [(ActionKind.REMOVE, f"v{row}")]


def test_the_own_line_stays_under_the_mouse_when_something_comes_before_it(open_window: Open) -> None:
    stage, _, chat = opened(open_window)
    stage.push(change(on_air(), room=with_own_line(200)))
    hover(chat, 200)
    seen = chat.list.visualRect(chat.model.index(200)).top()
    stage.push(change(on_air(), room=with_own_line(204)))
    assert chat.list.pointed_row == 204
    assert chat.list.visualRect(chat.model.index(204)).top() == seen


def test_the_keyboard_stays_at_its_message_also_when_the_order_changes(open_window: Open) -> None:
    stage, _, chat = opened(open_window)
    stage.push(change(on_air(), room=with_own_line(20)))
    chat.list.setFocus()
    QTest.keyClick(chat.list, Qt.Key.Key_Home)
    QTest.keyClick(chat.list, Qt.Key.Key_Down)
    stage.push(change(on_air(), room=with_own_line(25)))
    assert chat.list.currentIndex().row() == 1
    lines, resets = many(20).lines, chat.model.resets
    stage.push(change(on_air(), room=fakes.room((lines[1], lines[0], *lines[2:]))))
    assert chat.model.resets == resets + 1
    assert chat.list.currentIndex().row() == 0
    QTest.keyClick(chat.list, Qt.Key.Key_M)
    assert acts(stage) == [(ActionKind.MUTE, "v1")]


def test_a_click_sends_the_message_again_that_it_began_on(open_window: Open) -> None:
    stage, _, chat = opened(open_window)

    def failed(*names: str) -> RoomState:
        made = [
            fakes.chat_line(at, "林晓", True, name, status=MessageStatus.FAILED, request_id=name, code="rate_limited")
            for at, name in enumerate(names)
        ]
        return fakes.room(tuple(made))

    stage.push(change(on_air(), room=failed("r1", "r2", "r3")))
    place = chat.list.visualRect(chat.model.index(0)).center()
    viewport = chat.list.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=place)
    stage.push(change(on_air(), room=failed("r2", "r3")))
    assert chat.list.indexAt(place).row() == 0
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=place)
    assert stage.wishes(SendChat) == []
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    assert [one.request_id for one in stage.wishes(SendChat)] == ["r2"]  # type: ignore[attr-defined]


def test_who_scrolled_away_is_told_of_newer_ones_and_jumps_to_them(open_window: Open) -> None:
    stage, _, chat = opened(open_window)
    stage.push(change(on_air(), room=many(200)))
    bar = chat.list.verticalScrollBar()
    bar.setValue(100)
    stage.push(change(on_air(), room=many(201)))
    assert bar.value() == 100 and chat.newer.isVisible()
    chat.newer.click()
    assert bar.value() == bar.maximum() and not chat.newer.isVisible()
    stage.push(change(on_air(), room=many(202)))
    assert bar.value() == bar.maximum()


def test_only_what_is_in_view_is_painted_and_what_is_new_measured(
    open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, _, chat = opened(open_window)
    lines = many(420).lines
    stage.push(change(on_air(), room=fakes.room(lines[:400])))
    QApplication.processEvents()
    painted, measured = [], []
    paint, height = chat.list.messages.paint, chat.list.messages.height_px
    monkeypatch.setattr(chat.list.messages, "paint", lambda *given: (painted.append(1), paint(*given)))
    monkeypatch.setattr(chat.list.messages, "height_px", lambda *given: measured.append(1) or height(*given))
    stage.push(change(on_air(), room=fakes.room(lines)))
    chat.list.viewport().repaint()
    assert len(measured) == 20
    assert 0 < len(painted) < 40


@pytest.mark.parametrize("size_px", [13, 20])
def test_the_size_of_the_text_is_that_of_the_settings(open_window: Open, size_px: int) -> None:
    stage, _, chat = opened(open_window)
    before = chat.list.visualRect(chat.model.index(0)).height()
    settings = stage.desk.state.settings.changed({"chat_size_px": size_px})
    stage.push(change(on_air(), settings=settings))
    after = chat.list.visualRect(chat.model.index(0)).height()
    assert (after > before) is (size_px == 20)


# ---- strips ----------------------------------------------------------------------------------------


def test_what_waits_is_released_or_dismissed(open_window: Open) -> None:
    stage, _, chat = opened(open_window)
    assert chat.held.isVisible()
    assert chat.held.quote is not None and chat.held.quote.text() == "资料在我主页，加 v 领取"
    chat.held.first_button.click()
    stage.push(on_air(moderation=desk(held=(held(2),))))
    chat.held.second_button.click()
    assert acts(stage) == [(ActionKind.RELEASE_HELD, "h1"), (ActionKind.REFUSE_HELD, "h2")]
    stage.push(on_air(moderation=desk(held=())))
    assert not chat.held.isVisible()


def test_a_held_message_is_decided_once_and_a_second_click_is_not_for_the_next(open_window: Open) -> None:
    stage, _, chat = opened(open_window, moderation=desk(held=(held(1), held(2))))
    button = chat.held.first_button
    button.setFocus()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not button.isEnabled() and not chat.held.second_button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(chat.held.second_button, Qt.MouseButton.LeftButton)
    stage.push(on_air(moderation=desk(held=(held(2),))))
    assert button.isEnabled() and button.hasFocus()
    QTest.mouseDClick(button, Qt.MouseButton.LeftButton)
    assert acts(stage) == [(ActionKind.RELEASE_HELD, "h1")]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert acts(stage)[1:] == [(ActionKind.RELEASE_HELD, "h2")]


def test_after_a_refusal_a_held_message_can_be_decided_again(open_window: Open) -> None:
    stage, _, chat = opened(open_window)
    chat.held.first_button.click()
    stage.push(on_air(moderation=desk(trouble=Trouble("platform_unreachable"))))
    chat.held.second_button.click()
    assert acts(stage) == [(ActionKind.RELEASE_HELD, "h1"), (ActionKind.REFUSE_HELD, "h1")]


def test_the_whole_of_a_long_held_message_can_be_read(open_window: Open) -> None:
    text = "加我微信领取内推名额，先到先得，" * 12
    stage, _, chat = opened(open_window, moderation=desk(held=(held(text=text),)))
    stage.window.grab()
    assert chat.held.quote is not None
    assert text in chat.held.quote.toolTip() and text in chat.held.text.accessibleName()


def test_what_was_done_is_undone_or_put_away_and_the_shield_taken_down(open_window: Open) -> None:
    stage, room, chat = opened(open_window, moderation=room_fakes.busy_desk())
    room.done.first_button.click()
    assert stage.wishes(UndoAct) == [UndoAct("x42")]
    room.done.close_button.click()
    assert stage.wishes(DismissAct) == [DismissAct()]
    chat.rules.first_button.click()
    chat.pinned.first_button.click()
    assert acts(stage) == [(ActionKind.SHIELD_OFF, ""), (ActionKind.UNPIN, "")]


def test_searching_shows_what_was_found_and_everything_again(open_window: Open) -> None:
    _, room, chat = opened(open_window)
    room.finder.click()
    assert chat.search.hasFocus()
    QTest.keyClicks(chat.search, "user_83021")
    assert chat.model.rowCount() == 1
    chat.search.setText("没有这个词")
    assert chat.empty.isVisible() and chat.empty.text() == "没有找到，换个词试试"
    QTest.keyClick(chat.search, Qt.Key.Key_Escape)
    assert chat.model.rowCount() == 7 and not chat.search.isVisible()
