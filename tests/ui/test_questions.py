"""Questions below the picture of the live page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.domain.room.questions import QuestionState
from app.i18n import Translator
from app.usecases.room_wishes import AnswerQuestion, DeleteQuestion, HideQuestion, ShowQuestion
from app.usecases.trouble import Trouble
from tests.ui import fakes
from tests.ui.conftest import Stage
from tests.ui.room_fakes import desk, on_air, question, questions
from ui.presenters.questions import MOST_CARDS, present_questions
from ui.views.room.questions import QuestionsStrip

Open = Callable[..., Stage]


def opened(open_window: Open, **changes: object) -> tuple[Stage, QuestionsStrip]:
    stage = open_window(on_air(**{"questions": questions(), **changes}))
    return stage, stage.window.live.questions


def test_each_can_be_shown_taken_off_answered_and_deleted(open_window: Open) -> None:
    stage, strip = opened(open_window)
    assert strip.isVisible() and stage.window.live.tiles.is_folded
    assert strip.cards["q1"].head.text() == "屿上有风 · 12 人也想问"
    strip.cards["q1"].show_button.click()
    strip.cards["q2"].show_button.click()
    strip.cards["q2"].answer.click()
    strip.cards["q3"].delete.click()
    assert [*stage.wishes(HideQuestion), *stage.wishes(ShowQuestion)] == [HideQuestion("q1"), ShowQuestion("q2")]
    assert stage.wishes(AnswerQuestion) == [AnswerQuestion("q2")]
    assert stage.wishes(DeleteQuestion) == [DeleteQuestion("q3")]


def test_they_come_change_place_and_go(open_window: Open) -> None:
    stage, strip = opened(open_window, questions=questions(0))
    assert not strip.isVisible() and not stage.window.live.tiles.is_folded
    first, second = question(1, "甲", "一", 1), question(2, "乙", "二", 5)
    stage.push(on_air(questions=questions(0, items=(first, second))))
    stage.push(on_air(questions=questions(0, items=(second, first))))
    QApplication.processEvents()
    order = sorted(strip.cards.values(), key=lambda card: card.x())
    assert [card.text.text() for card in order] == ["二", "一"]
    answered = second.model_copy(update={"state": QuestionState.ANSWERED})
    stage.push(on_air(questions=questions(0, items=(first, answered))))
    assert list(strip.cards) == ["q1"] and strip.count.text() == "1"
    stage.push(fakes.off_air(questions=questions()))
    assert not strip.isVisible()


def test_what_is_under_way_or_refused_is_told(open_window: Open) -> None:
    stage, strip = opened(open_window, questions=questions(3, busy=frozenset({"q2"})))
    for button in (strip.cards["q2"].show_button, strip.cards["q2"].answer, strip.cards["q2"].delete):
        button.click()
    assert stage.wishes(ShowQuestion) == stage.wishes(AnswerQuestion) == stage.wishes(DeleteQuestion) == []
    strip.cards["q3"].show_button.click()
    assert stage.wishes(ShowQuestion) == [ShowQuestion("q3")]
    stage.push(on_air(questions=questions(3, trouble=Trouble("forbidden"))))
    assert "不能" in strip.hint.text()


def test_the_keyboard_stays_at_its_question_and_goes_to_the_neighbour_of_one_that_went(open_window: Open) -> None:
    stage, strip = opened(open_window, questions=questions(3))
    strip.cards["q2"].answer.setFocus()
    QTest.keyClick(strip.cards["q2"].answer, Qt.Key.Key_Space)
    stage.push(on_air(questions=questions(3, busy=frozenset({"q2"}))))
    assert strip.cards["q2"].answer.hasFocus()
    QTest.keyClick(strip.cards["q2"].answer, Qt.Key.Key_Space)
    assert stage.wishes(AnswerQuestion) == [AnswerQuestion("q2")]
    first, second, third = questions(3).items
    gone = second.model_copy(update={"state": QuestionState.ANSWERED})
    stage.push(on_air(questions=questions(0, items=(first, third, gone))))
    assert strip.cards["q3"].show_button.hasFocus()
    stage.push(on_air(questions=questions(0, items=(first,))))
    assert strip.cards["q1"].show_button.hasFocus()


def test_the_detail_of_health_takes_the_room_where_there_is_little(open_window: Open) -> None:
    stage, strip = opened(open_window)
    stage.window.live.health.fold.click()
    assert not strip.isVisible()
    stage.window.resize(1600, 1040)
    stage.push(on_air(questions=questions(4)))
    assert strip.isVisible()


def test_who_only_reads_is_offered_nothing_and_many_are_cut() -> None:
    state = on_air(moderation=desk(room=None), questions=questions(19))
    view = present_questions(state, Translator())
    assert not any(card.can_act for card in view.cards)
    many = replace(questions(0), items=tuple(question(number, "甲", "问", 0) for number in range(60)))
    view = present_questions(on_air(questions=many), Translator())
    assert (len(view.cards), view.count) == (MOST_CARDS, "60")
