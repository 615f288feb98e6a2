"""The form for a session: faults of what has no field, answers of another form, days too far ahead, the wheel."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from app.domain.schedule import ScheduleField
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase
from tests.ui import fakes, schedule_fakes
from tests.ui.schedule_fakes import ACTIVITY, SOON, TOMORROW, entry, plan, planning
from tests.ui.test_schedule import Open, opened, saved, state
from ui.presenters.schedule import Look, Mode

pytestmark = pytest.mark.slow

AT_ACTIVITY = entry("p8", plan("同一时间", 3 * 24 * 60))


def test_a_fault_of_what_an_activity_fixes_stands_at_the_activity(open_window: Open) -> None:
    stage, page = opened(open_window, state(SOON, activities=(ACTIVITY,)))
    page.new.click()
    page.plan.activity.setCurrentIndex(1)
    assert page.side.day_title.text() == "11 月 30 日 周一的其他场次"
    page.plan.save.click()
    assert len(saved(stage)) == 1
    told = {ScheduleField.CATEGORY: Trouble("out_of_scope")}
    stage.push(state(SOON, activities=(ACTIVITY,), faults=told, answered=1))
    fault = page.plan.fields[ScheduleField.ACTIVITY].fault
    assert fault.isVisible()
    assert page.plan.activity.hasFocus()


def test_an_activity_whose_time_is_taken_is_told_before_it_is_sent(open_window: Open) -> None:
    stage, page = opened(open_window, state(AT_ACTIVITY, activities=(ACTIVITY,)))
    page.new.click()
    page.plan.activity.setCurrentIndex(1)
    page.plan.save.click()
    assert saved(stage) == []
    assert "同一时间" in page.plan.fields[ScheduleField.ACTIVITY].fault.text()


def test_an_activity_that_was_closed_meanwhile_is_told_and_nothing_else_is_asked(open_window: Open) -> None:
    stage, page = opened(open_window, state(SOON, activities=(ACTIVITY,)))
    page.new.click()
    page.plan.activity.setCurrentIndex(1)
    stage.push(state(SOON))
    page.plan.save.click()
    assert saved(stage) == []
    assert page.plan.fields[ScheduleField.ACTIVITY].fault.isVisible()
    assert not page.plan.fields[ScheduleField.TITLE].fault.isVisible()


def test_of_a_planned_session_no_activity_is_offered(open_window: Open) -> None:
    _, page = opened(open_window, state(SOON, activities=(ACTIVITY,)))
    page.side.detail.edit.click()
    assert not page.plan.fields[ScheduleField.ACTIVITY].isVisible()


def test_what_was_said_of_one_form_is_not_said_of_the_next(open_window: Open) -> None:
    stage, page = opened(open_window, state(SOON))
    page.side.detail.edit.click()
    page.plan.save.click()
    stage.push(state(SOON, is_saving=True))
    assert not page.plan.back.isEnabled(), "its answer would be another form's"
    stage.push(state(SOON, plan_trouble=Trouble("session_begun"), answered=1))
    assert page.plan.trouble.isVisible()
    page.plan.back.click()
    page.new.click()
    assert not page.plan.trouble.isVisible()


def test_the_newest_once_taken_is_no_conflict_any_more(open_window: Open) -> None:
    stage, page = opened(open_window, state(SOON))
    page.side.detail.edit.click()
    page.plan.save.click()
    theirs = SOON.model_copy(update={"revision": 7, "plan": plan("别处写的")})
    after = state(theirs, conflict=theirs, answered=1)
    stage.push(after)
    assert page.plan.conflict.isVisible()
    page.plan.conflict.theirs_taken.emit()
    stage.push(state(theirs, TOMORROW, conflict=theirs, answered=1))
    assert not page.plan.conflict.isVisible()


def test_retry_sends_what_stands_in_the_fields(open_window: Open) -> None:
    stage, page = opened(open_window, state(SOON))
    page.side.detail.edit.click()
    page.plan.save.click()
    stage.push(state(SOON, plan_trouble=Trouble("platform_timeout", {}, "retry"), answered=1))
    page.plan.trouble.button.click()
    assert len(saved(stage)) == 2


def test_a_day_too_far_ahead_offers_nothing_to_plan(open_window: Open) -> None:
    _, page = opened(open_window, state(SOON, month=date(2027, 4, 1), entries=()))
    page.look_at(Look(Mode.MONTH))
    assert not page.side.plan.isVisible()
    assert page.side.day_empty.text() == "最多安排 90 天以内的直播"
    page.month.opened.emit(date(2027, 4, 1))
    assert not page.is_editing


def test_while_the_covers_are_not_known_a_session_keeps_its_own(open_window: Open) -> None:
    covered = entry("p1", plan(cover_image_id="im-cover"))
    unknown = planning(fakes.off_air(), schedule_fakes.desk(covered), phase=LoadPhase.FAILED)
    stage, page = opened(open_window, unknown)
    page.side.detail.edit.click()
    page.plan.title.setText("换个标题")
    page.plan.save.click()
    assert saved(stage)[0].plan.cover_image_id == "im-cover"


def test_the_wheel_scrolls_the_form_and_chooses_nothing(open_window: Open) -> None:
    _, page = opened(open_window, state(SOON))
    page.new.click()
    combo = page.plan.length
    before = combo.currentIndex()
    centre = QPointF(combo.rect().center())
    turn = QWheelEvent(
        centre, combo.mapToGlobal(centre), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(combo, turn)
    assert combo.currentIndex() == before
