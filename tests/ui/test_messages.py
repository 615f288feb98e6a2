"""The messages page: reading, marking, opening what a message leads to, older ones, every state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.contract.inbox import InboxKind, LinkPlace
from app.domain.documents.model import DocumentKind
from app.usecases.state import DeskState
from app.usecases.way_state import InboxState, LoadPhase
from app.usecases.wishes import LoadInbox, LoadOlderMessages, MarkRead, ReadDocument
from tests.ui import fakes, way_fakes
from tests.ui.conftest import Stage

pytestmark = pytest.mark.slow

Open = Callable[..., Stage]


def with_inbox(inbox: InboxState) -> DeskState:
    return replace(way_fakes.on_the_way(fakes.off_air()), inbox=inbox)


def opened(open_window: Open, inbox: InboxState) -> Stage:
    stage = open_window(with_inbox(inbox))
    stage.window.rail.buttons["messages"].click()
    return stage


def test_the_rail_counts_what_is_unread(open_window: Open) -> None:
    stage = open_window(with_inbox(way_fakes.inbox()))
    button = stage.window.rail.buttons["messages"]
    assert (button.badge, button.accessibleDescription()) == ("2", "2 条未读")
    before = button.grab().toImage()
    stage.push(with_inbox(way_fakes.inbox(unread=130)))
    assert button.badge == "99+"
    assert button.grab().toImage() != before
    stage.push(with_inbox(way_fakes.inbox(unread=0)))
    assert (button.badge, button.accessibleDescription()) == ("", "")


def test_opening_loads_once_and_lists_the_newest_first(open_window: Open) -> None:
    stage = opened(open_window, way_fakes.inbox())
    assert stage.wishes(LoadInbox) == [LoadInbox()]
    page = stage.window.messages
    assert [row.id for row in page.model.rows] == [f"m{number}" for number in range(8, 0, -1)]
    assert page.unread.text == "2 条未读"
    stage.push(with_inbox(way_fakes.inbox(unread=2)))
    assert stage.wishes(LoadInbox) == [LoadInbox()]


def press(stage: Stage, row: int) -> None:
    page = stage.window.messages
    page.list.setCurrentIndex(page.model.index(row))
    QTest.keyClick(page.list, Qt.Key.Key_Return)


def test_opening_a_message_marks_it_read_and_leads_to_its_page(open_window: Open) -> None:
    stage = opened(open_window, way_fakes.inbox())
    press(stage, 1)
    assert stage.wishes(MarkRead) == [MarkRead(("m7",))]
    assert stage.window.desk_page == "prepare"


@pytest.mark.parametrize(
    ("place", "link_id", "page"),
    [
        (LinkPlace.LIVE, "", "live"),
        (LinkPlace.PREPARE, "", "prepare"),
        (LinkPlace.ACCOUNT, "", "settings"),
        (LinkPlace.DOCUMENT, "user_agreement", "documents"),
        (LinkPlace.DOCUMENT, "no_such_kind", "documents"),
        (LinkPlace.NONE, "", "messages"),
    ],
)
def test_a_link_opens_the_right_page(open_window: Open, place: LinkPlace, link_id: str, page: str) -> None:
    found = way_fakes.message(1, InboxKind.IMAGE_REFUSED, place=place, link_id=link_id, is_read=True)
    stage = opened(open_window, way_fakes.inbox(found))
    press(stage, 0)
    assert stage.window.desk_page == page
    assert stage.wishes(MarkRead) == []
    if place is LinkPlace.DOCUMENT:
        is_known = link_id in tuple(DocumentKind)
        kind = DocumentKind(link_id) if is_known else DocumentKind.LIVE_AGREEMENT
        assert stage.wishes(ReadDocument) == [ReadDocument(kind)]
    if place is LinkPlace.ACCOUNT:
        assert stage.window.settings.open_section == "account"


def test_a_click_opens_too(open_window: Open) -> None:
    stage = opened(open_window, way_fakes.inbox())
    page = stage.window.messages
    at = page.list.visualRect(page.model.index(1)).center()
    QTest.mouseClick(page.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at))
    assert stage.wishes(MarkRead) == [MarkRead(("m7",))]


def test_all_are_marked_at_once(open_window: Open) -> None:
    stage = opened(open_window, way_fakes.inbox())
    stage.window.messages.mark.click()
    assert stage.wishes(MarkRead) == [MarkRead()]
    stage.push(with_inbox(way_fakes.inbox(unread=0)))
    assert not stage.window.messages.mark.isEnabled()
    assert not stage.window.messages.unread.isVisible()


def test_older_ones_are_loaded_near_the_end(open_window: Open) -> None:
    found = tuple(way_fakes.message(number, is_read=True) for number in range(40, 20, -1))
    stage = opened(open_window, way_fakes.inbox(*found, has_more=True))
    assert stage.wishes(LoadOlderMessages) == []
    bar = stage.window.messages.list.verticalScrollBar()
    stage.qtbot.waitUntil(lambda: bar.maximum() > 0, timeout=1000)
    bar.setValue(bar.maximum() // 3)
    assert stage.wishes(LoadOlderMessages) == []
    bar.setValue(bar.maximum())
    bar.setValue(bar.maximum() - 1)
    assert stage.wishes(LoadOlderMessages) == [LoadOlderMessages()]
    more = (*found, *(way_fakes.message(number, is_read=True) for number in range(20, 0, -1)))
    stage.push(with_inbox(way_fakes.inbox(*more)))
    assert len(stage.window.messages.model.rows) == 40
    bar.setValue(bar.maximum())
    assert len(stage.wishes(LoadOlderMessages)) == 1


def test_a_list_that_does_not_fill_the_page_loads_older_ones_by_itself(open_window: Open) -> None:
    stage = opened(open_window, way_fakes.inbox(way_fakes.message(9), has_more=True))
    stage.qtbot.waitUntil(lambda: stage.wishes(LoadOlderMessages) == [LoadOlderMessages()], timeout=1000)
    failed = way_fakes.inbox(way_fakes.message(9), has_more=True, trouble=way_fakes.OFFLINE)
    for _ in range(3):
        stage.push(with_inbox(failed))
        stage.qtbot.wait(10)
    assert len(stage.wishes(LoadOlderMessages)) == 1, "a service that is away is not asked again and again"


def test_long_texts_wrap(open_window: Open) -> None:
    long = way_fakes.message(1, params={"comment": "介绍过短，请写明做过的岗位、年限和代表性的案例。" * 12})
    short = way_fakes.message(2)
    stage = opened(open_window, way_fakes.inbox(short, long))
    page = stage.window.messages
    heights = [page.list.visualRect(page.model.index(row)).height() for row in (0, 1)]
    assert heights[1] > heights[0] + 60
    assert page.list.horizontalScrollBar().maximum() == 0


@pytest.mark.parametrize(
    ("inbox", "text"),
    [
        (InboxState(LoadPhase.READY), "还没有消息"),
        (InboxState(LoadPhase.LOADING), "正在载入"),
        (InboxState(LoadPhase.FAILED, trouble=way_fakes.OFFLINE), "没有载入成功"),
    ],
)
def test_an_empty_page_says_why(open_window: Open, inbox: InboxState, text: str) -> None:
    stage = opened(open_window, inbox)
    page = stage.window.messages
    assert text in page.empty.text()
    assert page.empty.isVisible()
    assert page.trouble.isVisible() is (inbox.trouble is not None)


def test_what_failed_is_asked_for_again(open_window: Open) -> None:
    stage = opened(open_window, InboxState(LoadPhase.FAILED, trouble=way_fakes.OFFLINE))
    stage.desk.wishes.clear()
    stage.window.messages.trouble.button.click()
    assert stage.desk.wishes == [LoadInbox()]


def test_a_screen_reader_is_told_the_whole_message(open_window: Open) -> None:
    stage = opened(open_window, way_fakes.inbox())
    said = stage.window.messages.model.index(1).data(int(Qt.ItemDataRole.AccessibleTextRole))
    for part in ("未读", "申请被退回", "说明：", "打开准备页"):
        assert part in said
