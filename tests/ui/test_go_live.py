"""The sheet that asks what to broadcast: a planned session or one on the spot, refusals, what changes meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.contract.rest import Category
from app.domain.session import SessionState
from app.usecases.state import BroadcastPhase, BroadcastState, DeskState
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase
from app.usecases.wishes import EndLive, GoLive
from tests.ui import fakes, schedule_fakes
from tests.ui.conftest import Stage
from tests.ui.schedule_fakes import NOW, OFFICIAL, SOON, TOMORROW, entry, plan, planning
from ui.views.go_live import GoLiveSheet
from ui.widgets.radio import ROW_PX

pytestmark = pytest.mark.slow

Open = Callable[..., Stage]
GONE = "选中的那一场已经不在排期里了，已改为「现在就播」"
LATER = entry("p7", plan("今晚第二场", 4 * 60, category=Category.OFFICE_SKILLS))


def state(*upcoming: object, broadcast: BroadcastState | None = None, **changes: object) -> DeskState:
    found = planning(fakes.off_air(), schedule_fakes.desk(*upcoming, **changes))  # type: ignore[arg-type]
    return replace(found, broadcast=broadcast) if broadcast is not None else found


def opened(open_window: Open, found: DeskState) -> tuple[Stage, GoLiveSheet]:
    stage = open_window(found)
    stage.window.live.controls.main.click()
    return stage, stage.window.sheets.go_live


def wish_of(what: object, **changes: object) -> GoLive:
    made = GoLive(what.plan.title, what.plan.category, session_id=what.session.id)  # type: ignore[attr-defined]
    return replace(made, **changes)  # type: ignore[arg-type]


def told(trouble: Trouble, **changes: object) -> BroadcastState:
    return BroadcastState(trouble=trouble, **changes)  # type: ignore[arg-type]


def test_what_begins_soon_is_proposed_and_begun_as_planned(open_window: Open) -> None:
    stage, sheet = opened(open_window, state(SOON, LATER, TOMORROW))
    assert [one.text() for one in sheet.choices if one.isVisible()] == [SOON.plan.title, "今晚第二场"]
    assert sheet.choices[0].isChecked()
    assert sheet.choices[0].detail.endswith("今天 20:00–21:00 · 求职指导")
    assert not sheet.title.isVisible(), "it is as it was planned"
    sheet.submit.click()
    assert stage.wishes(GoLive) == [wish_of(SOON)]


def test_without_a_plan_there_is_nothing_to_choose(open_window: Open) -> None:
    stage, sheet = opened(open_window, state(TOMORROW))
    assert not sheet.spot.isVisible()
    assert sheet.title.hasFocus()
    sheet.title.setText("临时聊聊")
    sheet.submit.click()
    assert stage.wishes(GoLive) == [GoLive("临时聊聊", Category.JOB_SEARCH)]


def test_what_lies_ahead_is_offered_but_not_proposed(open_window: Open) -> None:
    stage, sheet = opened(open_window, state(LATER))
    assert sheet.spot.isChecked()
    assert sheet.title.hasFocus()
    sheet.choices[0].click()
    assert not sheet.title.isVisible()
    sheet.spot.click()
    assert sheet.title.isVisible()
    assert stage.wishes(GoLive) == []


def test_arrow_keys_choose(open_window: Open) -> None:
    _, sheet = opened(open_window, state(SOON, LATER))
    assert sheet.choices[0].hasFocus()
    QTest.keyClick(sheet.choices[0], Qt.Key.Key_Down)
    assert sheet.chosen == "p7"
    QTest.keyClick(sheet.choices[1], Qt.Key.Key_Down)
    assert sheet.chosen == ""
    assert sheet.title.isVisible()


def test_an_official_activity_waits_for_its_time(open_window: Open) -> None:
    early = OFFICIAL.plan.starts_at - timedelta(minutes=31)
    stage, sheet = opened(open_window, state(OFFICIAL, now=early))
    sheet.choices[0].click()
    assert "19:30 起可以开播" in sheet.choices[0].detail
    assert not sheet.submit.isEnabled()
    stage.push(state(OFFICIAL, now=early + timedelta(minutes=1)))
    assert sheet.submit.isEnabled()
    assert sheet.chosen == "p3"
    assert "官方活动" in sheet.choices[0].detail


def test_from_an_entry_of_the_schedule_that_one_is_chosen_however_far_ahead(open_window: Open) -> None:
    stage = open_window(state(SOON, LATER, TOMORROW))
    stage.window.rail.buttons["schedule"].click()
    stage.window.schedule.list.chosen.emit("p2")
    stage.window.schedule.side.detail.start.click()
    sheet = stage.window.sheets.go_live
    assert stage.window.desk_page == "live"
    assert sheet.chosen == "p2"
    stage.push(state(SOON, LATER, TOMORROW, trouble=Trouble("platform_unreachable")))
    assert sheet.chosen == "p2"
    sheet.submit.click()
    assert stage.wishes(GoLive) == [wish_of(TOMORROW)]


@pytest.mark.parametrize("code", ["spot_overlap", "session_busy"])
def test_what_stands_in_the_way_can_be_begun_with_one_button(open_window: Open, code: str) -> None:
    stage, sheet = opened(open_window, state(SOON))
    sheet.spot.click()
    sheet.title.setText("临时聊聊")
    sheet.submit.click()
    detail = {"session_id": "p1", "title": SOON.plan.title}
    stage.push(state(SOON, broadcast=told(Trouble(code, detail, "start_that"))))
    assert SOON.plan.title in sheet.trouble.text.text()
    assert sheet.title.text() == "临时聊聊"
    sheet.trouble.button.click()
    assert sheet.isVisible(), "what becomes of it is told here"
    assert sheet.chosen == "p1"
    (_, begun) = stage.wishes(GoLive)
    assert isinstance(begun, GoLive)
    assert begun.session_id == "p1"


def test_it_is_taken_over_as_it_was_asked_for(open_window: Open) -> None:
    stage, sheet = opened(open_window, state(SOON))
    sheet.submit.click()
    stage.push(state(SOON, broadcast=told(Trouble("live_elsewhere"), can_take_over=True)))
    assert not sheet.submit.isVisible()
    sheet.take_over.click()
    assert stage.wishes(GoLive) == [wish_of(SOON), wish_of(SOON, take_over=True)]


@pytest.mark.parametrize(
    ("code", "action", "page"),
    [("missed", "open_schedule", "schedule"), ("called_off", "messages", "messages"),
     ("face_voided", "prepare", "prepare"), ("activity_too_early", "open_schedule", "schedule")],
)  # fmt: skip
def test_a_refusal_is_told_here_and_leads_on(open_window: Open, code: str, action: str, page: str) -> None:
    stage, sheet = opened(open_window, state(SOON))
    sheet.submit.click()
    stage.push(state(SOON, broadcast=told(Trouble(code, {}, action))))
    assert sheet.trouble.isVisible()
    sheet.trouble.button.click()
    assert not sheet.isVisible()
    assert stage.window.desk_page == page


def test_what_changes_meanwhile_changes_the_choice_and_nothing_that_was_typed(open_window: Open) -> None:
    stage, sheet = opened(open_window, state(SOON, LATER))
    sheet.spot.click()
    sheet.title.setText("写到一半")
    sheet.choices[0].click()
    moved = entry("p1", plan("换了标题", 50))
    stage.push(state(moved, LATER))
    assert (sheet.chosen, sheet.choices[0].text()) == ("p1", "换了标题")
    stage.push(state(LATER))
    assert sheet.chosen == ""
    assert "不在排期里" in sheet.trouble.text.text()
    assert sheet.title.text() == "写到一半"
    sheet.choices[0].click()
    assert not sheet.trouble.isVisible()


def test_that_the_only_plan_is_gone_is_told_also_over_another_refusal(open_window: Open) -> None:
    stage, sheet = opened(open_window, state(SOON))
    refused = told(Trouble("ingest_unavailable", {}, "retry"))
    stage.push(state(SOON, broadcast=refused))
    stage.push(state(broadcast=refused))
    assert sheet.trouble.text.text() == GONE
    assert not sheet.trouble.button.isVisible(), "trying again would be another broadcast"
    assert sheet.title.isVisible()
    assert stage.wishes(GoLive) == []


def test_the_keyboard_goes_on_where_the_choice_has_gone(open_window: Open) -> None:
    stage, sheet = opened(open_window, state(SOON))
    assert sheet.choices[0].hasFocus()
    stage.push(state())
    assert sheet.title.hasFocus()


def test_a_refusal_that_says_why_it_is_gone_is_enough(open_window: Open) -> None:
    stage, sheet = opened(open_window, state(SOON))
    stage.push(state(SOON, broadcast=told(Trouble("called_off", {}, "messages"))))
    stage.push(state(broadcast=told(Trouble("called_off", {}, "messages"))))
    assert sheet.trouble.button.text() == "看消息"
    assert sheet.chosen == ""


def test_one_that_was_asked_for_and_is_gone_already_is_told(open_window: Open) -> None:
    stage = open_window(state(SOON))
    stage.window.places.start_session("p9")
    sheet = stage.window.sheets.go_live
    assert (sheet.isVisible(), sheet.chosen) == (True, "")
    assert sheet.trouble.text.text() == GONE


def test_a_choice_outlasts_what_is_not_known_for_a_while(open_window: Open) -> None:
    stage, sheet = opened(open_window, state(SOON, LATER))
    sheet.choices[1].click()
    stage.push(state(phase=LoadPhase.IDLE, now=None))
    assert not sheet.trouble.isVisible()
    stage.push(state(SOON, LATER))
    assert sheet.chosen == "p7"
    assert sheet.choices[1].isChecked()


def test_what_the_sheet_was_opened_for_can_be_chosen_again(open_window: Open) -> None:
    stage = open_window(state(SOON, TOMORROW))
    stage.window.places.start_session("p2")
    sheet = stage.window.sheets.go_live
    sheet.spot.click()
    stage.push(state(SOON, TOMORROW, trouble=Trouble("platform_unreachable")))
    assert [one.text() for one in sheet.choices if one.isVisible()] == [SOON.plan.title, TOMORROW.plan.title]


def test_what_another_device_has_is_taken_over_and_not_what_is_chosen(open_window: Open) -> None:
    held = fakes.session("在另一台电脑上", id="s9")
    trouble = Trouble("live_elsewhere_now", {"title": held.title}, "take_over")
    stage, sheet = opened(open_window, state(SOON, broadcast=told(trouble, session=held, can_take_over=True)))
    assert sheet.chosen == "p1"
    sheet.take_over.click()
    assert stage.wishes(GoLive) == [GoLive(held.title, held.category, take_over=True, session_id="s9")]


@pytest.mark.parametrize("size_px", [(1024, 680), (960, 600)])
def test_in_a_low_window_rows_keep_their_height_and_the_chosen_one_is_seen(
    open_window: Open, size_px: tuple[int, int]
) -> None:
    refusal = told(Trouble("spot_overlap", {"session_id": "p1", "title": "很长的标题" * 8}, "start_that"))
    last = entry("p8", plan("今晚第三场", 6 * 60))
    stage = open_window(state(SOON, LATER, last), size_px)
    stage.window.live.controls.main.click()
    sheet = stage.window.sheets.go_live
    sheet.spot.click()
    stage.push(state(SOON, LATER, last, broadcast=refusal))
    stage.qtbot.waitUntil(lambda: sheet.plans.viewport().rect().contains(_in(sheet.plans.viewport(), sheet.spot)))
    assert {one.height() for one in (*sheet.choices, sheet.spot)} == {ROW_PX}
    assert sheet.rect().contains(_in(sheet, sheet.card))
    for shown in (sheet.title, sheet.trouble, sheet.submit):
        assert sheet.card.rect().contains(_in(sheet.card, shown))


def _in(over: QWidget, widget: QWidget) -> QRect:
    return QRect(widget.mapTo(over, QPoint(0, 0)), widget.size())


def test_a_screen_reader_is_told_that_one_of_several_is_taken(open_window: Open) -> None:
    _, sheet = opened(open_window, state(SOON))
    for choice in (sheet.choices[0], sheet.spot):
        assert QAccessible.queryAccessibleInterface(choice).role() is QAccessible.Role.RadioButton
    assert SOON.plan.title in sheet.choices[0].accessibleName()
    assert "20:00–21:00" in sheet.choices[0].accessibleName()


def test_leaving_while_it_is_being_prepared_ends_it(open_window: Open) -> None:
    stage, sheet = opened(open_window, state(SOON))
    sheet.submit.click()
    preparing = entry("p1", state=SessionState.PREPARING)
    stage.push(state(preparing, broadcast=BroadcastState(phase=BroadcastPhase.PREPARING, session=preparing.session)))
    assert not sheet.submit.isEnabled()
    assert not sheet.choices[0].isEnabled()
    sheet.cancel.click()
    assert len(stage.wishes(EndLive)) == 1


def test_what_has_its_time_now_is_proposed_until_it_ends(open_window: Open) -> None:
    _, sheet = opened(open_window, state(entry("p1", plan(in_min=-59))))
    assert sheet.chosen == "p1"
    over = open_window(state(entry("p1", plan(in_min=-60)), now=NOW))
    over.window.live.controls.main.click()
    assert not over.window.sheets.go_live.spot.isVisible()
