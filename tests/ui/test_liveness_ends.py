"""What ends an attempt of the face check by camera, and what the window tells of how it ended."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.domain.face_check import FaceState
from app.domain.liveness import Abort, Action, LivenessPath, LivenessState, Phase, Retry
from app.domain.onboarding import StepId
from app.usecases.liveness_state import LivenessDesk, LivenessPhase, Outcome
from app.usecases.liveness_wishes import AbortLiveness, LoadLiveness, StartLiveness
from app.usecases.trouble import Trouble
from app.usecases.wishes import ChangeSettings
from tests.ui import fakes
from tests.ui.conftest import Stage
from tests.ui.liveness_fakes import acting, capturing, desk, flashing, prompted, said, standing
from tests.ui.test_liveness import Open, opened, push
from tests.ui.way_fakes import face_check
from ui.cues import GAP_MS, Cue, Cues
from ui.views.liveness import card as cards

pytestmark = pytest.mark.slow

RUNNING = capturing(acting(Action.NOD), done=(Action.BLINK,))
OVER = desk(LivenessPhase.DONE, outcome=Outcome.ABORTED, abort=Abort.FOCUS_LOST)


def aborts(stage: Stage) -> list[Abort]:
    return [wish.reason for wish in stage.desk.wishes if isinstance(wish, AbortLiveness)]


def deactivate(stage: Stage) -> None:
    """As when another window comes to the front."""
    QCoreApplication.sendEvent(stage.window, QEvent(QEvent.Type.WindowDeactivate))


# ---- the focus -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "liveness",
    [desk(LivenessPhase.STARTING), RUNNING, flashing(), flashing(LivenessPhase.FLASHING), desk(LivenessPhase.SEALING)],
)
def test_another_window_in_front_ends_it_at_once(open_window: Open, liveness: LivenessDesk) -> None:
    stage, card = opened(open_window, liveness)
    deactivate(stage)
    assert aborts(stage) == [Abort.FOCUS_LOST]
    deactivate(stage)
    assert aborts(stage) == [Abort.FOCUS_LOST], "once"
    push(stage, OVER)
    assert card.told.title.text() == "切换了窗口，核验已停止"


@pytest.mark.parametrize(
    "liveness", [desk(), desk(LivenessPhase.SENDING), desk(LivenessPhase.JUDGING), OVER],
)  # fmt: skip
def test_where_nothing_runs_windows_may_change(open_window: Open, liveness: LivenessDesk) -> None:
    stage, _ = opened(open_window, liveness)
    deactivate(stage)
    stage.window.show_desk_page("messages")
    assert aborts(stage) == []
    assert stage.window.desk_page == "messages"


def test_leaving_the_page_is_asked_about_first(open_window: Open) -> None:
    stage, card = opened(open_window, RUNNING)
    stage.window.rail.buttons["messages"].click()
    assert stage.window.desk_page == "prepare"
    assert stage.window.rail.buttons["prepare"].isChecked()
    assert card.strip.isVisible()
    assert "不会保留" in card.strip.asked.text()
    assert card.strip.stay.hasFocus()
    assert aborts(stage) == []
    card.strip.stay.click()
    assert card.strip.isHidden()
    stage.window.rail.buttons["messages"].click()
    card.strip.leave.click()
    assert aborts(stage) == [Abort.GIVEN_UP]
    assert stage.window.desk_page == "messages"


def test_going_live_waits_for_the_answer(open_window: Open) -> None:
    stage, card = opened(open_window, RUNNING)
    stage.window.act("go_live")
    assert card.strip.isVisible()
    assert stage.window.sheets.open_one is None
    card.strip.leave.click()
    assert stage.window.desk_page == "live"


def test_another_step_is_asked_about_too(open_window: Open) -> None:
    stage, card = opened(open_window, RUNNING)
    page = stage.window.prepare
    page.steps.buttons[StepId.FACE].click()
    assert card.strip.isHidden(), "it is there already"
    page.steps.buttons[StepId.AGREEMENT].click()
    assert card.strip.isVisible()
    card.strip.leave.click()
    push(stage, desk(LivenessPhase.DONE, outcome=Outcome.ABORTED, abort=Abort.GIVEN_UP))
    assert page.look.step is StepId.AGREEMENT
    assert aborts(stage) == [Abort.GIVEN_UP]


def test_the_question_goes_with_what_it_asks_about(open_window: Open) -> None:
    stage, card = opened(open_window, RUNNING)
    stage.window.rail.buttons["messages"].click()
    push(stage, OVER)
    assert card.strip.isHidden()
    stage.window.rail.buttons["messages"].click()
    assert stage.window.desk_page == "messages"


def test_a_window_that_is_hidden_ends_it_once(open_window: Open) -> None:
    stage, _ = opened(open_window, RUNNING)
    stage.window.hide()
    assert len(aborts(stage)) == 1


def test_escape_stops_it_from_anywhere_on_the_page(open_window: Open) -> None:
    stage, card = opened(open_window, RUNNING)
    assert card.capture.hasFocus()
    for part in (card.capture, card.side.restart, stage.window.prepare.steps.buttons[StepId.FACE]):
        stage.desk.wishes.clear()
        push(stage, OVER)
        push(stage, RUNNING)
        part.setFocus()
        QTest.keyClick(part, Qt.Key.Key_Escape)
        assert aborts(stage) == [Abort.GIVEN_UP]
    QTest.keyClick(card.capture, Qt.Key.Key_Escape)
    assert aborts(stage) == [Abort.GIVEN_UP]


def test_it_can_be_begun_again_in_the_middle(open_window: Open) -> None:
    stage, card = opened(open_window, capturing(acting(Action.NOD), path=LivenessPath.NO_FLASH))
    card.side.restart.click()
    made = [wish for wish in stage.desk.wishes if isinstance(wish, AbortLiveness | StartLiveness)]
    assert made == [AbortLiveness(Abort.GIVEN_UP), StartLiveness(LivenessPath.NO_FLASH)]
    card.side.stop.click()
    assert aborts(stage)[-1] is Abort.GIVEN_UP


@pytest.mark.parametrize("way", [LivenessPath.NO_FLASH, LivenessPath.NO_ACTIONS])
def test_another_way_is_taken_in_the_middle(open_window: Open, way: LivenessPath) -> None:
    stage, card = opened(open_window, RUNNING)
    card.side.ways[way].click()
    assert aborts(stage) == [Abort.GIVEN_UP]
    push(stage, desk(LivenessPhase.DONE, outcome=Outcome.ABORTED, abort=Abort.GIVEN_UP))
    assert card.intro.isVisible()
    assert card.intro.paths[way].isChecked()


def test_a_call_is_taken_in_the_middle(open_window: Open) -> None:
    stage, card = opened(open_window, RUNNING)
    card.side.ways[None].click()
    assert aborts(stage) == [Abort.GIVEN_UP]
    push(stage, desk(LivenessPhase.DONE, outcome=Outcome.ABORTED, abort=Abort.GIVEN_UP))
    assert stage.window.prepare.face.isVisible()


# ---- what became of it ---------------------------------------------------------------------------


def test_a_further_attempt_takes_the_same_way_and_needs_no_second_consent(open_window: Open) -> None:
    stage, card = opened(open_window)
    card.intro.paths[LivenessPath.NO_ACTIONS].click()
    card.intro.agree.box.click()
    card.intro.start.click()
    push(stage, capturing(prompted(None), path=LivenessPath.NO_ACTIONS, actions=0))
    push(stage, desk(LivenessPhase.DONE, outcome=Outcome.RETRY, retry=Retry.NO_LIGHT, path=LivenessPath.NO_ACTIONS))
    assert card.told.main.hasFocus()
    stage.desk.wishes.clear()
    card.told.main.click()
    assert stage.wishes(StartLiveness) == [StartLiveness(LivenessPath.NO_ACTIONS)]
    card.told.second.click()
    assert card.intro.isVisible()


def test_without_a_consent_a_further_attempt_asks_for_it(open_window: Open) -> None:
    stage, card = opened(open_window, desk(LivenessPhase.DONE, outcome=Outcome.RETRY, retry=Retry.UNCLEAR))
    card.told.main.click()
    assert stage.wishes(StartLiveness) == []
    assert card.intro.isVisible()


def test_how_it_goes_on_its_way(open_window: Open) -> None:
    stage, card = opened(open_window, desk(LivenessPhase.SEALING))
    assert card.told.bar.isHidden()
    push(stage, desk(LivenessPhase.SENDING, sent_ratio=0.4))
    assert card.told.bar.isVisible()
    assert card.told.percent.text() == "已上传 40%"
    push(stage, desk(LivenessPhase.JUDGING))
    assert "可以离开本页" in card.told.note.text()
    stage.window.show_desk_page("messages")
    stage.window.show_desk_page("prepare")
    assert card.told.isVisible(), "what is looked at is there by itself"
    push(stage, desk(LivenessPhase.DONE, outcome=Outcome.VERIFIED))
    assert card.told.title.text() == "人脸核验已通过"


def test_an_operator_who_has_it_takes_the_place(open_window: Open) -> None:
    waiting = desk(LivenessPhase.DONE, outcome=Outcome.WAITING, standing=standing(state=LivenessState.LIVE))
    stage, card = opened(open_window, waiting)
    assert "没有查询公共登记库" in card.told.text.text()
    push(stage, waiting, face=face_check(FaceState.NOTED))
    assert stage.window.prepare.status.isVisible()


def test_the_keyboard_is_at_what_is_told_also_without_a_button(open_window: Open) -> None:
    stage, card = opened(open_window, RUNNING)
    assert card.capture.hasFocus()
    push(stage, desk(LivenessPhase.JUDGING))
    assert card.told.hasFocus()
    assert card.told.accessibleName() == "平台正在核对"
    push(stage, OVER)
    assert card.told.main.isVisible()


def test_what_is_told_is_said_to_a_screen_reader_once(open_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    class Said:
        def __init__(self, _: QObject, text: str) -> None:
            told.append(text)

        def setPoliteness(self, _: object) -> None:
            pass

    monkeypatch.setattr(cards, "QAccessibleAnnouncementEvent", Said)
    monkeypatch.setattr(cards.QAccessible, "updateAccessibility", lambda _: None)
    stage, _ = opened(open_window, capturing(prompted(None)))
    told.clear()
    for left_ms in (8000, 7900, 7800):
        push(stage, capturing(acting(Action.BLINK, left_ms=left_ms)))
    assert told == ["请眨眨眼"]
    push(stage, OVER)
    assert told[-1].startswith("切换了窗口，核验已停止。")


def test_the_time_to_wait_is_told_anew_as_it_goes(open_window: Open) -> None:
    stage = open_window()
    until = stage.clock.utc()
    locked = standing(locked_until=until.replace(minute=until.minute + 10))
    push(stage, desk(LivenessPhase.DONE, outcome=Outcome.LOCKED, standing=locked))
    stage.window.show_desk_page("prepare")
    card = stage.window.prepare.liveness
    assert "10 分钟" in card.told.text.text()
    assert card._count.isActive()
    stage.clock.advance(300)
    card._count.timeout.emit()
    assert "5 分钟" in card.told.text.text()
    stage.clock.advance(301)
    card._count.timeout.emit()
    assert card.told.main.text() == "再试一次"
    assert not card._count.isActive()


def test_offline_is_tried_again(open_window: Open) -> None:
    stage, card = opened(open_window, LivenessDesk())
    assert card.loading.isVisible()
    push(stage, LivenessDesk(trouble=Trouble("platform_unreachable")))
    assert card.told.title.text() == "连不上平台服务"
    card.told.main.click()
    assert stage.wishes(LoadLiveness) == [LoadLiveness()]


# ---- tones and words -----------------------------------------------------------------------------


@pytest.fixture
def cues(monkeypatch: pytest.MonkeyPatch) -> list[Cue]:
    played: list[Cue] = []
    monkeypatch.setattr(Cues, "play", lambda _, cue: played.append(cue))
    return played


def test_each_step_and_the_end_have_a_tone(open_window: Open, cues: list[Cue]) -> None:
    stage, _ = opened(open_window, capturing(prompted(None)))
    push(stage, capturing(said(Phase.WAIT)))
    push(stage, capturing(acting(Action.NOD)))
    assert cues == [Cue.STEP]
    push(stage, capturing(said(Phase.WAIT), done=(Action.NOD,)))
    assert cues == [Cue.STEP, Cue.STEP]
    push(stage, desk(LivenessPhase.DONE, outcome=Outcome.RETRY, retry=Retry.UNCLEAR))
    assert cues[-1] is Cue.FAILED
    push(stage, desk(LivenessPhase.JUDGING))
    push(stage, desk(LivenessPhase.DONE, outcome=Outcome.WAITING))
    assert cues[-1] is Cue.DONE


def test_tones_can_be_turned_off(open_window: Open, cues: list[Cue]) -> None:
    quiet = {"settings": msgspec.structs.replace(fakes.off_air().settings, is_sounding=False)}
    stage, _ = opened(open_window, capturing(prompted(None)), **quiet)
    push(stage, capturing(said(Phase.WAIT)), **quiet)
    assert cues == []
    stage.window.show_desk_page("settings")
    stage.window.show_desk_page("prepare")
    section = stage.window.settings.findChild(QObject, "settings.sounds")
    assert section is not None
    section.click()  # type: ignore[attr-defined]
    assert stage.wishes(ChangeSettings) == [ChangeSettings({"is_sounding": True})]


def test_the_number_of_tones_tells_what_happened(qtbot: Any) -> None:
    owner, told = QObject(), []
    cues = Cues(owner, lambda: told.append(1))
    cues.play(Cue.FAILED)
    assert told == [1]
    qtbot.waitUntil(lambda: len(told) == 3, timeout=GAP_MS * 6)
    qtbot.wait(GAP_MS + 40)
    assert len(told) == 3
    cues.play(Cue.FAILED)
    cues.stop()
    qtbot.wait(GAP_MS + 40)
    assert len(told) == 4


def test_everything_that_can_be_reached_has_a_name(open_window: Open) -> None:
    for liveness in (desk(), RUNNING, OVER):
        stage, card = opened(open_window, liveness)
        for part in (card, card.side):
            for widget in part.findChildren(QObject):
                policy = getattr(widget, "focusPolicy", None)
                if policy is None or not widget.isVisible() or not policy() & Qt.FocusPolicy.TabFocus:  # type: ignore[attr-defined]
                    continue
                assert widget.accessibleName() or widget.text(), widget.objectName()  # type: ignore[attr-defined]
                assert widget.objectName()
        stage.window.hide()
    assert QApplication.activeModalWidget() is None
