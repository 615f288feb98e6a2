"""The page 排期: looking, planning, changing, taking off, exporting, beginning; what is typed is never lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.contract.rest import Category
from app.domain.schedule import ScheduleField
from app.domain.session import SessionState
from app.usecases.schedule_state import ScheduleDesk
from app.usecases.state import AccountState, DeskState
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase
from app.usecases.wishes import CancelPlan, LoadSchedule, SavePlan
from tests.ui import fakes, schedule_fakes, way_fakes
from tests.ui.conftest import Stage
from tests.ui.schedule_fakes import ACTIVITY, NOW, OFFICIAL, SOON, TOMORROW, UPCOMING, entry, plan, planning
from ui.presenters.schedule import Mode
from ui.views.schedule.page import SchedulePage

pytestmark = pytest.mark.slow

Open = Callable[..., Stage]


def state(*upcoming: object, **changes: object) -> DeskState:
    return planning(fakes.off_air(), schedule_fakes.desk(*upcoming, **changes))  # type: ignore[arg-type]


def opened(open_window: Open, found: DeskState | None = None) -> tuple[Stage, SchedulePage]:
    stage = open_window(found or state(*UPCOMING))
    stage.window.rail.buttons["schedule"].click()
    return stage, stage.window.schedule


def saved(stage: Stage) -> list[SavePlan]:
    return [wish for wish in stage.wishes(SavePlan) if isinstance(wish, SavePlan)]


# ---- looking -------------------------------------------------------------------------------------


def test_the_page_is_there_for_anchors_and_asks_for_what_it_needs(open_window: Open) -> None:
    stage, page = opened(open_window)
    assert LoadSchedule() in stage.desk.wishes
    assert page.list.hasFocus()
    assert [one.key for one in page.list.rows] == ["p1", "p2", "p3", "p4"]
    stranger = open_window(way_fakes.on_the_way(fakes.off_air()))
    assert not stranger.window.rail.buttons["schedule"].isVisible()


def test_arrow_keys_go_through_the_list_and_the_side_follows(open_window: Open) -> None:
    stage, page = opened(open_window)
    assert page.side.detail.title.text() == SOON.plan.title
    QTest.keyClick(page.list, Qt.Key.Key_Down)
    assert page.side.detail.title.text() == TOMORROW.plan.title
    stage.push(state(TOMORROW, OFFICIAL))
    assert page.side.detail.title.text() == TOMORROW.plan.title, "it stays chosen when others go"
    QTest.keyClick(page.list, Qt.Key.Key_Return)
    assert page.is_editing
    assert page.plan.title.text() == TOMORROW.plan.title


def test_the_month_is_turned_and_a_day_chosen_by_key_and_by_mouse(open_window: Open) -> None:
    stage, page = opened(open_window)
    page.mode._buttons["month"].click()
    table = page.month.table
    assert table.isVisible()
    assert table.hasFocus(), "the keyboard goes with what is shown"
    assert page.side.day_title.text() == "今天 11 月 27 日 周五"
    QTest.keyClick(table, Qt.Key.Key_Right)
    assert page.look.day == date(2026, 11, 28)
    assert [one.key for one in page.side.list.rows] == ["p2"]
    place = table.visualRect(table.model().index(5, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))
    assert page.look.day == date(2026, 11, 30)
    assert page.side.detail.title.text() == OFFICIAL.plan.title
    page.month.following.click()
    assert stage.wishes(LoadSchedule)[-1] == LoadSchedule(date(2026, 12, 1))
    stage.push(state(*UPCOMING, month=date(2027, 1, 1), entries=()))
    assert page.month.title.text() == "2027 年 1 月"
    page.month.previous.click()
    assert stage.wishes(LoadSchedule)[-1] == LoadSchedule(date(2026, 12, 1))
    page.month.today.click()
    assert stage.wishes(LoadSchedule)[-1] == LoadSchedule(date(2026, 11, 27))


def test_enter_on_a_day_plans_on_it_unless_it_is_over(open_window: Open) -> None:
    _, page = opened(open_window)
    page.mode._buttons["month"].click()
    QTest.keyClick(page.month.table, Qt.Key.Key_Left)
    assert not page.side.plan.isVisible()
    QTest.keyClick(page.month.table, Qt.Key.Key_Return)
    assert not page.is_editing
    for _ in range(2):
        QTest.keyClick(page.month.table, Qt.Key.Key_Right)
    QTest.keyClick(page.month.table, Qt.Key.Key_Return)
    assert page.is_editing
    assert page.plan.draft().day == date(2026, 11, 28)
    page.plan.back.click()
    assert page.look.mode is Mode.MONTH


@pytest.mark.parametrize(
    ("desk", "action"),
    [
        (ScheduleDesk(phase=LoadPhase.FAILED, trouble=Trouble("platform_unreachable")), LoadSchedule()),
        (schedule_fakes.desk(entries=()), None),
    ],
)
def test_an_empty_page_has_one_button(open_window: Open, desk: ScheduleDesk, action: LoadSchedule | None) -> None:
    stage, page = opened(open_window, planning(fakes.off_air(), desk))
    stage.desk.wishes.clear()
    assert page.empty_button.hasFocus()
    page.empty_button.click()
    assert stage.wishes(LoadSchedule) == ([action] if action is not None else [])
    assert page.is_editing == (action is None)


# ---- planning ------------------------------------------------------------------------------------


def test_a_new_session_is_sent_as_it_stands_in_the_fields(open_window: Open) -> None:
    stage, page = opened(open_window)
    page.new.click()
    form = page.plan
    assert form.title.hasFocus()
    form.title.insert("Offer 怎么谈")
    form.position.insert("HRBP")
    form.day.setCurrentIndex(3)
    form.hour.setCurrentIndex(9)
    form.minute.setCurrentIndex(3)
    form.length.setCurrentIndex(form.length.findData(90))
    form.guests.box.click()
    assert form.ends.text() == "到 10:45 结束"
    form.save.click()
    (sent,) = saved(stage)
    assert (sent.entry_id, sent.plan.title, sent.plan.position) == ("", "Offer 怎么谈", "HRBP")
    assert sent.plan.starts_at.isoformat() == "2026-11-30T01:15:00+00:00"
    assert (sent.plan.length_min, sent.plan.allows_guests, sent.plan.is_replay_on) == (90, True, True)
    assert sent.plan.category is Category.JOB_SEARCH, "the first of the scope"
    assert "Offer" not in repr(sent)


def test_only_what_was_approved_is_offered(open_window: Open) -> None:
    _, page = opened(open_window)
    page.new.click()
    category = page.plan.category
    assert [category.itemData(at) for at in range(category.count())] == ["job_search", "office_skills"]


def test_the_form_is_left_when_the_plan_was_taken_and_the_session_is_chosen(open_window: Open) -> None:
    stage, page = opened(open_window)
    page.new.click()
    page.plan.title.setText("新的一场")
    page.plan.save.click()
    stage.push(state(*UPCOMING, is_saving=True))
    assert not page.plan.save.isEnabled()
    new = entry("p9", plan("新的一场", 80))
    stage.push(state(SOON, new, TOMORROW, saved_number=1, saved_id="p9", answered=1))
    assert not page.is_editing
    assert page.side.detail.title.text() == "新的一场"
    assert page.list.hasFocus()


def test_what_the_service_finds_stands_at_its_field_and_nothing_typed_is_lost(open_window: Open) -> None:
    stage, page = opened(open_window)
    page.new.click()
    form = page.plan
    form.title.setText("加我微信")
    form.save.click()
    told = {ScheduleField.TITLE: Trouble("text_refused", {"label": "contact"})}
    stage.push(state(*UPCOMING, faults=told, answered=1))
    fault = form.fields[ScheduleField.TITLE].fault
    assert fault.text() == "含有联系方式，请修改后再提交"
    assert form.title.text() == "加我微信"
    assert form.title.hasFocus()
    form.title.setFocus()
    form.title.insert("群")
    assert not fault.isVisible(), "what was said is of another text"
    stage.push(state(*UPCOMING, faults=told, answered=1))
    assert not fault.isVisible()
    form.save.click()
    stage.push(state(*UPCOMING, faults=told, answered=2))
    assert fault.isVisible()


def test_what_is_missing_is_said_here_and_nothing_is_sent(open_window: Open) -> None:
    stage, page = opened(open_window)
    page.new.click()
    page.plan.save.click()
    assert saved(stage) == []
    assert page.plan.fields[ScheduleField.TITLE].fault.text() == "请填写标题"
    assert page.plan.title.hasFocus()


def test_a_time_that_is_taken_is_seen_while_it_is_chosen(open_window: Open) -> None:
    _, page = opened(open_window)
    page.new.click()
    form = page.plan
    form.day.setCurrentIndex(1)
    form.hour.setCurrentIndex(19)
    fault = form.fields[ScheduleField.STARTS_AT].fault
    assert fault.text() == "与《面试复盘：三个真实案例》（明天 19:00–20:30）时间重叠"
    assert [one.key for one in page.side.list.rows] == ["p2"], "what else is on that day"
    form.hour.setCurrentIndex(21)
    assert not fault.isVisible()


def test_states_that_come_while_one_types_change_nothing_in_the_fields(open_window: Open) -> None:
    stage, page = opened(open_window)
    page.new.click()
    form = page.plan
    form.title.insert("写到一半")
    form.title.setCursorPosition(2)
    form.day.setCurrentIndex(5)
    before = form.draft()
    stage.push(state(SOON, now=NOW.replace(day=28)))
    stage.push(state(trouble=Trouble("platform_unreachable"), phase=LoadPhase.READY))
    assert form.draft() == before, "a new day offers other days; the chosen one stays"
    assert form.title.cursorPosition() == 2
    stage.window.rail.buttons["live"].click()
    stage.window.rail.buttons["schedule"].click()
    assert page.is_editing
    assert form.draft() == before


def test_what_is_offered_no_more_stays_chosen_and_is_told_when_it_is_sent(open_window: Open) -> None:
    stage, page = opened(open_window, state(SOON, activities=(ACTIVITY,)))
    page.new.click()
    form = page.plan
    form.title.setText("跨夜")
    form.hour.setCurrentIndex(22)
    before = form.draft()
    stage.push(state(SOON, activities=(ACTIVITY,), now=NOW + timedelta(days=1)))
    assert form.draft() == before, "the day that stands in the field is over, and stands there still"
    form.save.click()
    assert saved(stage) == []
    assert "已经过去" in form.fields[ScheduleField.STARTS_AT].fault.text()
    form.activity.setCurrentIndex(1)
    stage.push(state(SOON))
    assert form.draft().activity_id == ACTIVITY.id
    assert form.activity.isVisible()


def test_the_next_person_sees_nothing_of_the_form(open_window: Open) -> None:
    stage, page = opened(open_window)
    page.new.click()
    page.plan.title.setText("别人的计划")
    stage.push(replace(fakes.off_air(), account=AccountState()))
    stage.push(state(SOON))
    stage.window.rail.buttons["schedule"].click()
    assert not page.is_editing
    page.new.click()
    assert page.plan.title.text() == ""


def test_an_official_activity_takes_the_place_of_the_fields_it_fixes(open_window: Open) -> None:
    stage, page = opened(open_window, state(activities=(ACTIVITY,)))
    page.empty_button.click()
    form = page.plan
    form.activity.setCurrentIndex(1)
    assert not form.title.isVisible()
    assert not form.day.isVisible()
    assert ACTIVITY.title in [value.text() for _, _, value in form.facts.lines]
    form.save.click()
    (sent,) = saved(stage)
    assert (sent.plan.activity_id, sent.plan.starts_at) == (ACTIVITY.id, ACTIVITY.starts_at)


# ---- changing and taking off ---------------------------------------------------------------------


def test_a_change_says_which_revision_it_began_with(open_window: Open) -> None:
    fourth = SOON.model_copy(update={"revision": 4})
    stage, page = opened(open_window, state(fourth))
    page.side.detail.edit.click()
    page.plan.title.setText("换个标题")
    page.plan.save.click()
    (sent,) = saved(stage)
    assert (sent.entry_id, sent.base_revision) == ("p1", 4)
    assert sent.plan == SOON.plan.model_copy(update={"title": "换个标题"})


def test_of_two_that_changed_it_the_person_decides(open_window: Open) -> None:
    stage, page = opened(open_window, state(SOON))
    page.side.detail.edit.click()
    form = page.plan
    form.title.setText("我写的")
    form.save.click()
    theirs = SOON.model_copy(update={"revision": 7, "plan": plan("别处写的")})
    stage.push(state(theirs, conflict=theirs, answered=1))
    assert form.conflict.isVisible()
    assert form.title.text() == "我写的"
    stage.window.findChild(type(form.save), "plan.use_mine").click()
    assert (saved(stage)[-1].base_revision, saved(stage)[-1].plan.title) == (7, "我写的")
    stage.push(state(theirs, conflict=theirs, answered=2))
    stage.window.findChild(type(form.save), "plan.use_theirs").click()
    assert form.title.text() == "别处写的"
    form.save.click()
    assert (saved(stage)[-1].base_revision, saved(stage)[-1].plan.title) == (7, "别处写的")


def test_a_gate_that_is_closed_is_told_beside_the_button_and_leads_on(open_window: Open) -> None:
    stage, page = opened(open_window)
    page.side.detail.edit.click()
    page.plan.save.click()
    stage.push(state(*UPCOMING, plan_trouble=Trouble("face_voided", {}, "prepare"), answered=1))
    assert page.plan.trouble.isVisible()
    page.plan.trouble.button.click()
    assert stage.window.desk_page == "prepare"
    stage.window.show_desk_page("schedule")
    assert page.is_editing, "and what was typed is there afterwards"


def test_taking_off_is_asked_first(open_window: Open) -> None:
    stage, page = opened(open_window)
    page.side.detail.cancel.click()
    sheet = stage.window.sheets.cancel_plan
    assert sheet.isVisible()
    assert sheet.keep.hasFocus()
    assert SOON.plan.title in sheet.text.text()
    sheet.keep.click()
    assert stage.wishes(CancelPlan) == []
    page.side.detail.cancel.click()
    sheet.cancel.click()
    assert stage.wishes(CancelPlan) == [CancelPlan("p1")]
    stage.push(state(*UPCOMING, cancelling="p1"))
    assert not page.side.detail.cancel.isEnabled()


def test_what_begins_meanwhile_is_not_asked_about_any_more(open_window: Open) -> None:
    stage, page = opened(open_window)
    page.side.detail.cancel.click()
    assert stage.window.sheets.cancel_plan.isVisible()
    stage.push(state(entry("p1", state=SessionState.LIVE), TOMORROW))
    assert not stage.window.sheets.cancel_plan.isVisible()
