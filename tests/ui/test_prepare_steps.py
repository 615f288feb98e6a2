"""The page 准备 as a whole: its six steps, one thing to do in each, the checked name in the form, room for it all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.domain.application import ApplicationState
from app.domain.face_check import FaceState
from app.domain.onboarding import StepId, StepState
from app.usecases.state import DeskState
from app.usecases.wishes import EditApplication
from tests.ui import fakes
from tests.ui.conftest import Stage
from tests.ui.way_fakes import at_face, at_identity, face_check, on_the_way

pytestmark = pytest.mark.slow

Open = Callable[..., Stage]


def opened(open_window: Open, state: DeskState, size_px: tuple[int, int] = (1280, 800)) -> Stage:
    stage = open_window(state, size_px)
    stage.window.rail.buttons["prepare"].click()
    return stage


def test_the_way_has_six_steps_in_their_order(open_window: Open) -> None:
    stage = opened(open_window, at_identity(fakes.off_air()))
    buttons = stage.window.prepare.steps.buttons
    assert list(buttons) == list(StepId)
    assert [one.row.title for one in buttons.values()] == [
        "阅读并同意协议", "实名信息", "提交直播申请", "平台审核", "人脸核验", "安排首场直播",
    ]  # fmt: skip
    assert [one.row.number for one in buttons.values()] == [1, 2, 3, 4, 5, 6]
    tops = [one.y() for one in buttons.values()]
    assert tops == sorted(tops)
    assert all(one.row.title in one.accessibleName() for one in buttons.values())


@pytest.mark.parametrize("step", list(StepId))
@pytest.mark.parametrize("face", [None, FaceState.APPOINTED, FaceState.REFUSED, FaceState.VERIFIED])
def test_each_step_has_at_most_one_primary_button(open_window: Open, step: StepId, face: FaceState | None) -> None:
    stage = opened(open_window, at_face(fakes.off_air(), face_check(face) if face is not None else None))
    page = stage.window.prepare
    page.steps.buttons[step].click()
    primary = [one for one in page.findChildren(QAbstractButton) if one.property("kind") == "primary"]
    assert len([one for one in primary if one.isVisible()]) <= 1
    is_to_be_done = page.steps.buttons[step].row.state is StepState.CURRENT
    assert not is_to_be_done or any(one.isVisible() for one in primary)


def test_the_form_shows_the_checked_name_and_takes_no_other(open_window: Open) -> None:
    stage = opened(open_window, on_the_way(fakes.off_air(), ApplicationState.DRAFT))
    name = stage.window.prepare.form.real_name
    assert (name.text(), name.isVisible(), name.isEnabled()) == ("林*", True, False)
    assert name.accessibleName() == "真实姓名"
    QTest.keyClicks(name, "x")
    assert name.text() == "林*"
    assert stage.wishes(EditApplication) == []


@pytest.mark.parametrize("size_px", [(1280, 800), (1024, 680), (960, 600)])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("is_face", [False, True])
def test_name_and_face_are_not_cut_off_sideways(
    open_window: Open, size_px: tuple[int, int], language: str, is_face: bool
) -> None:
    base = fakes.off_air()
    state = at_face(base, None) if is_face else at_identity(base)
    state = replace(state, settings=msgspec.structs.replace(state.settings, language=language))
    stage = opened(open_window, state, size_px)
    page = stage.window.prepare
    if is_face:
        page.status.second.click()
        stage.push(state)
    card = page.face if is_face else page.identity
    assert card.isVisible()
    for widget in card.findChildren(QWidget):
        if widget.isVisible():
            right = widget.mapTo(card, QPoint(widget.width(), 0)).x()
            assert right <= card.width(), widget.objectName()
            assert widget.width() >= widget.minimumSizeHint().width(), widget.objectName()
