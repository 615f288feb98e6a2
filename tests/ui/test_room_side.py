"""Beside the chat: audience, card, record, rules; and the room in a window of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app.contract.room import ActionKind, Rules
from app.usecases.moderation_state import RecordFile
from app.usecases.room_wishes import (
    DismissAct,
    ExportRecord,
    LoadAudience,
    LoadRecord,
    Moderate,
    OpenPerson,
    UndoAct,
)
from app.usecases.state import AccountState, Trouble
from tests.ui import fakes, room_fakes
from tests.ui.fakes import change
from tests.ui.room_fakes import busy_desk, card, desk, my_room, on_air
from tests.ui.room_stage import Open, acts, opened
from ui.script import WindowDriver

# ---- beside the chat -------------------------------------------------------------------------------


def test_the_audience_is_asked_for_while_it_is_seen_and_a_person_opened(open_window: Open) -> None:
    stage, room, _ = opened(open_window)
    room.tabs["audience"].click()
    assert stage.wishes(LoadAudience) == [LoadAudience(True)]
    listed = room.audience.list
    assert listed.rows.rowCount() == 9
    area = listed.visualRect(listed.rows.index(3))
    QTest.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=area.center())
    title = listed.visualRect(listed.rows.index(0))
    QTest.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=title.center())
    assert stage.wishes(OpenPerson) == [OpenPerson("v4")]
    QTest.keyClicks(room.audience.search, "user")
    assert listed.rows.rowCount() == 2
    room.tabs["chat"].click()
    assert stage.wishes(LoadAudience)[-1] == LoadAudience(False)


@pytest.mark.qt_log_ignore("does not support (raise|grabbing|propagateSizeHints)")
def test_a_card_is_acted_on_and_left(open_window: Open) -> None:
    stage, room, _ = opened(open_window, moderation=desk(person_id="v4", person=card()))
    person = room.person
    assert person.isVisible() and person.name.text() == "user_83021"
    person.unmute.click()
    person.appoint.click()
    person.remove.click()
    menu = person.remove.findChild(QMenu, "person.remove_menu")
    assert menu is not None
    menu.actions()[1].trigger()
    menu.close()
    assert acts(stage) == [(ActionKind.UNMUTE, "v4"), (ActionKind.APPOINT, "v4"), (ActionKind.REMOVE, "v4")]
    said = person.said
    second = said.visualRect(said.rows.index(1))
    QTest.mouseClick(said.viewport(), Qt.MouseButton.LeftButton, pos=second.topRight() + QPointF(-24, 16).toPoint())
    assert acts(stage)[-1] == (ActionKind.DELETE_MESSAGE, "m2")
    person.acts.setCurrentIndex(person.acts.rows.index(0))
    QTest.keyClick(person.acts, Qt.Key.Key_Return)
    assert stage.wishes(UndoAct) == [UndoAct("x42")]
    person.back.click()
    assert stage.wishes(OpenPerson) == [OpenPerson("")]
    stage.push(on_air())
    assert room.chat.isVisible()


@pytest.mark.qt_log_ignore("does not support (raise|grabbing|propagateSizeHints)")
def test_the_record_is_filtered_taken_back_and_written(open_window: Open, tmp_path: Path) -> None:
    stage, room, _ = opened(open_window)
    room.tabs["record"].click()
    assert stage.wishes(LoadRecord) == [LoadRecord()]
    record = room.record
    record.filter.setCurrentIndex(1)
    record.filter.activated.emit(1)
    assert stage.wishes(LoadRecord)[-1] == LoadRecord((ActionKind.MUTE, ActionKind.UNMUTE))
    first = record.list.visualRect(record.list.rows.index(0))
    QTest.mouseClick(record.list.viewport(), Qt.MouseButton.LeftButton, pos=first.center())
    assert stage.wishes(UndoAct) == [], "only where it says so"
    QTest.mouseClick(
        record.list.viewport(), Qt.MouseButton.LeftButton, pos=first.topRight() + QPointF(-24, 16).toPoint()
    )
    assert stage.wishes(UndoAct) == [UndoAct("x44")]
    path = tmp_path / "record.csv"
    record.export.click()
    WindowDriver(stage.window, dict).run({"choose": str(path)})
    assert stage.wishes(ExportRecord) == [ExportRecord(str(path))]
    stage.push(on_air(moderation=desk(file=RecordFile(str(path), 1, is_done=True))))
    assert record.saved.text.text() == "已保存 record.csv"
    record.shield.click()
    assert acts(stage) == [(ActionKind.SHIELD_ON, "")]


def test_what_was_done_meanwhile_moves_no_row_under_a_click(open_window: Open) -> None:
    stage, room, _ = opened(open_window)
    room.tabs["record"].click()
    listed = room.record.list
    QApplication.processEvents()
    button = listed.visualRect(listed.rows.index(0)).topRight() + QPointF(-24, 16).toPoint()
    viewport = listed.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=button)
    newer = room_fakes.action(50, ActionKind.SHIELD_OFF, "")
    stage.push(on_air(moderation=desk(record=(newer, *room_fakes.record()))))
    assert listed.rows.resets == 0
    QApplication.processEvents()
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=button)
    assert stage.wishes(UndoAct) == []
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=button)
    QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=button)
    assert stage.wishes(UndoAct) == [UndoAct("x50")], "once for the two clicks of a double click"


@pytest.mark.qt_log_ignore("does not support (raise|grabbing|propagateSizeHints)")
def test_a_record_that_could_not_be_written_says_why_and_the_next_try_too(open_window: Open, tmp_path: Path) -> None:
    stage, room, _ = opened(open_window)
    room.tabs["record"].click()
    record, path = room.record, str(tmp_path / "record.csv")
    for number in (1, 2):
        record.export.click()
        WindowDriver(stage.window, dict).run({"choose": path})
        assert record.saved.text.text() == "正在保存…"
        failed = RecordFile(path, number, is_done=True, trouble=Trouble("platform_timeout"))
        stage.push(on_air(moderation=desk(file=failed)))
        assert record.saved.text.text().startswith("没有保存成功：")
    record.export.click()
    WindowDriver(stage.window, dict).run({"choose": path})
    stage.push(on_air(moderation=desk(file=RecordFile(path, 3))))
    assert record.saved.isVisible()
    stage.push(on_air(moderation=desk(file=None)))
    assert not record.saved.isVisible(), "another room"


def test_rules_are_changed_one_at_a_time(open_window: Open) -> None:
    stage, room, _ = opened(open_window)
    room.rules_button.click()
    rules = room.rules
    assert rules.isVisible()
    rules.followers.click()
    rules.slow.setCurrentIndex(rules.slow.findData(30))
    rules.slow.activated.emit(rules.slow.currentIndex())
    wished = [one.wish.rules for one in stage.wishes(Moderate)]  # type: ignore[attr-defined]
    assert [(one.followers_only, one.slow_s) for one in wished] == [(True, 0), (False, 30)]
    QTest.keyClicks(rules.word, "spam")
    QTest.keyClick(rules.word, Qt.Key.Key_Return)
    next(iter(rules._chips.values())).click()
    assert acts(stage)[-2:] == [(ActionKind.ADD_WORD, "spam"), (ActionKind.REMOVE_WORD, "内推群")]
    room.rules_button.click()
    assert room.chat.isVisible()


def test_a_rule_that_is_refused_is_not_shown_as_in_force(open_window: Open) -> None:
    stage, room, _ = opened(open_window)
    room.rules_button.click()
    rules = room.rules
    rules.followers.click()
    rules.slow.setCurrentIndex(rules.slow.findData(30))
    rules.slow.activated.emit(rules.slow.currentIndex())
    assert not rules.followers.isChecked() and rules.slow.currentData() == 0
    stage.push(on_air(moderation=desk(trouble=Trouble("forbidden"))))
    assert not rules.followers.isChecked() and rules.slow.currentData() == 0
    stage.push(on_air(moderation=desk(room=my_room(rules=Rules(followers_only=True)))))
    assert rules.followers.isChecked()


def test_a_word_stays_to_be_seen_until_it_is_in_force(open_window: Open) -> None:
    stage, room, _ = opened(open_window)
    room.rules_button.click()
    rules = room.rules
    QTest.keyClicks(rules.word, "spam")
    rules.add.click()
    stage.push(on_air(moderation=desk(trouble=Trouble("too_many_words"))))
    assert rules.word.text() == "spam"
    stage.push(on_air(moderation=desk(room=my_room(words=["内推群", "spam"]))))
    assert rules.word.text() == ""
    rules.word.setText("ｖ")
    rules.add.click()
    stage.push(on_air(moderation=desk(room=my_room(words=["内推群", "spam", "v"]))))
    assert rules.word.text() == "", "kept otherwise than it was typed"


@pytest.mark.parametrize("tab", ["chat", "audience", "record", "rules"])
def test_why_something_was_not_done_is_told_wherever_one_is(open_window: Open, tab: str) -> None:
    stage, room, _ = opened(open_window)
    room.show_tab(tab)
    stage.push(on_air(moderation=desk(trouble=Trouble("forbidden"))))
    assert room.refusal.isVisible() and room.refusal.text.text()
    assert not room.done.isVisible()
    room.refusal.close_button.click()
    assert stage.wishes(DismissAct) == [DismissAct()]
    stage.push(on_air(moderation=desk()))
    assert not room.told.isVisible()


def test_what_was_done_is_undone_from_a_persons_card(open_window: Open) -> None:
    stage, room, _ = opened(open_window, moderation=busy_desk(person_id="v4", person=card()))
    assert room.person.isVisible() and room.done.isVisible()
    room.done.first_button.click()
    assert stage.wishes(UndoAct) == [UndoAct("x42")]


# ---- a window of its own ---------------------------------------------------------------------------


@pytest.mark.qt_log_ignore("does not support (raise|grabbing|propagateSizeHints)")
def test_the_room_in_a_window_of_its_own_and_back(open_window: Open) -> None:
    stage, room, chat = opened(open_window)
    live = stage.window.live
    room.detach.click()
    own = live.window_of_room
    assert own is not None and own.isVisible() and room.window() is own
    stage.push(change(on_air(), room=fakes.room(fakes.chat(20))))
    assert chat.model.rowCount() == 20
    assert room.grab().toImage().pixelColor(4, 60).lightness() < 80, "it wears the theme of the live page"
    own.close()
    assert live.window_of_room is None and room.window() is stage.window and room.isVisible()
    room.detach.click()
    stage.push(change(fakes.off_air(), account=AccountState()))
    assert live.window_of_room is None
