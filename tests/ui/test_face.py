"""Asking for a face check by an operator, and how it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.application import ApplicationState
from app.domain.face_check import FaceMethod, FaceStanding, FaceState
from app.domain.onboarding import AgreementStanding, StepId
from app.usecases.way_state import LoadPhase, OnboardingState
from app.usecases.wishes import AskFaceCheck, CancelFaceCheck
from tests.ui import fakes, way_fakes
from tests.ui.conftest import Stage
from tests.ui.way_fakes import at_face, face_check, on_the_way

pytestmark = pytest.mark.slow

Open = Callable[..., Stage]


def at_step(open_window: Open, face: Any = None, **changes: Any) -> Stage:
    stage = open_window(at_face(fakes.off_air(), face, **changes))
    stage.window.show_desk_page("prepare")
    stage.desk.wishes.clear()
    return stage


def test_asking_for_the_check_takes_a_way_and_a_time(open_window: Open) -> None:
    stage = at_step(open_window)
    page = stage.window.prepare
    assert page.status.main.text() == "用摄像头核验"
    page.status.second.click()
    assert page.face.isVisible()
    page.face.ask.click()
    # It is 10:15 there: the first half hour that leaves an operator an hour.
    assert stage.wishes(AskFaceCheck) == [AskFaceCheck(FaceMethod.LIVE_CALL, datetime(2026, 11, 20, 3, 30, tzinfo=UTC))]
    page.face.day.setCurrentIndex(page.face.day.count() - 1)
    assert page.face.day.currentText() == "任何时间都可以"
    assert not page.face.time.isVisible()
    page.face.ask.click()
    assert stage.wishes(AskFaceCheck)[-1] == AskFaceCheck(FaceMethod.LIVE_CALL, None)
    page.face.day.setCurrentIndex(1)
    assert page.face.time.isVisible()
    assert (page.face.time.itemText(0), page.face.time.count()) == ("09:00", 18)
    page.face.time.setCurrentIndex(1)
    page.face.method._buttons["second_document"].click()
    assert "护照" in page.face.hint.text()
    page.face.ask.click()
    wish = stage.wishes(AskFaceCheck)[-1]
    assert isinstance(wish, AskFaceCheck)
    assert wish.method is FaceMethod.SECOND_DOCUMENT
    assert wish.wished_at is not None
    assert wish.wished_at.isoformat() == "2026-11-21T01:30:00+00:00"
    later = way_fakes.DAY + timedelta(hours=2)
    stage.push(at_face(fakes.off_air(), None, now=later))
    page.face.ask.click()
    assert stage.wishes(AskFaceCheck)[-1] == wish, "what was chosen stays"
    page.face.ask.setFocus()
    stage.push(at_face(fakes.off_air(), None, now=later, is_asking=True))
    assert not page.face.ask.isEnabled()
    stage.push(at_face(fakes.off_air(), face_check(FaceState.REQUESTED)))
    assert stage.window.focusWidget() is page.status.second


@pytest.mark.parametrize(
    ("state", "title", "button"),
    [
        (FaceState.REQUESTED, "已预约", "取消预约"),
        (FaceState.APPOINTED, "核验时间已定", "取消预约"),
        (FaceState.NOTED, "正在整理结果", ""),
        (FaceState.SECOND_LOOK, "复核", ""),
        (FaceState.REFUSED, "未通过", "重新用摄像头核验 重新预约"),
        (FaceState.VOIDED, "需要重新", "重新用摄像头核验 重新预约"),
        (FaceState.CANCELLED, "待完成", "用摄像头核验 预约人工核验"),
    ],
)
def test_each_state_of_the_check_says_what_comes_next(
    open_window: Open, state: FaceState, title: str, button: str
) -> None:
    stage = at_step(open_window, face_check(state))
    status = stage.window.prepare.status
    assert title in status.title.text()
    shown = [one.text() for one in (status.main, status.second) if one.isVisible()]
    assert " ".join(shown) == button
    if button == "取消预约":
        status.second.click()
        assert stage.wishes(CancelFaceCheck) == [CancelFaceCheck()]
    if state is FaceState.APPOINTED:
        assert any("15:15" in value.text() for _, _, value in status.facts.lines), "in Asia/Shanghai"


def test_the_keyboard_stays_at_the_step_when_its_button_goes(open_window: Open) -> None:
    stage = open_window(at_face(fakes.off_air(), face_check(FaceState.REQUESTED)))
    stage.window.show_desk_page("prepare")
    page = stage.window.prepare
    page.status.second.setFocus()
    stage.push(at_face(fakes.off_air(), face_check(FaceState.NOTED)))
    assert page.status.second.isHidden()
    assert page.steps.buttons[StepId.FACE].hasFocus()


def test_the_first_session_comes_last(open_window: Open) -> None:
    verified = at_face(fakes.off_air(), face_check(FaceState.VERIFIED))
    stage = open_window(replace(verified))
    stage.window.show_desk_page("prepare")
    assert stage.window.prepare.status.title.text() == "可以安排第一场直播了"
    stage.window.prepare.status.main.click()
    assert stage.window.desk_page == "schedule"
    stage.window.show_desk_page("prepare")
    stage.window.prepare.status.second.click()
    assert stage.window.desk_page == "live"


def test_an_appointment_stays_in_sight_when_something_before_it_is_to_be_done_again(open_window: Open) -> None:
    outdated = on_the_way(fakes.off_air(), ApplicationState.APPROVED, AgreementStanding.OUTDATED)
    way = way_fakes.onboarding(
        AgreementStanding.OUTDATED,
        ApplicationState.APPROVED,
        is_anchor=True,
        has_identity=True,
        face=FaceStanding.PENDING,
    )
    desk = way_fakes.identity(face=face_check(FaceState.APPOINTED))
    stage = open_window(replace(outdated, onboarding=OnboardingState(LoadPhase.READY, way), identity=desk))
    stage.window.show_desk_page("prepare")
    page = stage.window.prepare
    page.steps.buttons[StepId.FACE].click()
    assert page.status.title.text() == "核验时间已定"
    assert page.status.second.text() == "取消预约"


def test_asking_can_be_left(open_window: Open) -> None:
    stage = at_step(open_window, face_check(FaceState.REFUSED))
    page = stage.window.prepare
    assert "看不清" in page.status.note.text()
    page.status.second.click()
    assert stage.window.focusWidget() is page.face.method._buttons["live_call"]
    page.face.stay.click()
    assert page.status.title.text() == "人脸核验未通过"
    assert stage.wishes(AskFaceCheck) == []
