"""The page 准备: filling in, sending, deciding; what is typed is never lost or overwritten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from app.contract.rest import Category
from app.domain.application import ApplicantKind, ApplicationState, Declaration, FormField
from app.domain.images import ImagePurpose
from app.domain.onboarding import AgreementStanding, StepId
from app.usecases.liveness_wishes import LoadLiveness
from app.usecases.state import DeskState
from app.usecases.way_state import LoadPhase, OnboardingState, SaveStatus
from app.usecases.wishes import (
    EditApplication,
    KeepDraft,
    LoadApplication,
    LoadIdentity,
    ReadDocument,
    RefreshOnboarding,
    SubmitApplication,
)
from tests.ui import fakes, way_fakes
from tests.ui.conftest import Stage
from tests.ui.way_fakes import on_the_way
from ui.views.prepare.form import FormCard

pytestmark = pytest.mark.slow

Open = Callable[..., Stage]
States = ApplicationState


def writing(**changes: Any) -> DeskState:
    return on_the_way(fakes.off_air(), States.DRAFT, **changes)


def blank() -> DeskState:
    form = way_fakes.form(scopes=[], introduction="", contact_phone="", declarations=[])
    return writing(form=form)


def opened(open_window: Open, state: DeskState, size_px: tuple[int, int] = (1280, 800)) -> Stage:
    stage = open_window(state, size_px)
    stage.window.rail.buttons["prepare"].click()
    return stage


def form_of(stage: Stage) -> FormCard:
    return stage.window.prepare.form


def last_form(stage: Stage) -> Any:
    return stage.wishes(EditApplication)[-1].form  # type: ignore[attr-defined]


# ---- typing --------------------------------------------------------------------------------------


def test_each_field_goes_out_with_the_whole_form(open_window: Open) -> None:
    stage = opened(open_window, blank())
    form = form_of(stage)
    QTest.keyClicks(form.introduction, "abc")
    QTest.keyClicks(form.contact_phone, "138 0013 8000")
    form.chips[Category.OUTFIT].click()
    QTest.keyClick(form.checks[Declaration.TRUTHFUL].box, Qt.Key.Key_Space)
    made = last_form(stage)
    assert (made.introduction, made.contact_phone) == ("abc", "13800138000")
    assert made.scopes == [Category.OUTFIT]
    assert made.declarations == [Declaration.TRUTHFUL]


def test_a_state_that_comes_while_one_types_changes_neither_text_nor_cursor(open_window: Open) -> None:
    stage = opened(open_window, blank())
    text = form_of(stage).introduction
    QTest.keyClicks(text, "abcdef")
    cursor = text.textCursor()
    cursor.setPosition(3)
    text.setTextCursor(cursor)
    before = blank()
    # the desk is behind: it knows of "abc" only, and of its saving
    behind = replace(before.application, form=before.application.form.model_copy(update={"introduction": "abc"}))
    stage.push(replace(before, application=replace(behind, save=SaveStatus.SAVING)))
    assert (text.text, text.textCursor().position()) == ("abcdef", 3)
    QTest.keyClicks(text, "X")
    assert last_form(stage).introduction == "abcXdef"
    text.undo()
    assert text.text == "abcdef"


def test_the_fields_are_filled_when_the_form_is_another_one(open_window: Open) -> None:
    stage = opened(open_window, blank())
    form = form_of(stage)
    QTest.keyClicks(form.introduction, "mine")
    before = len(stage.wishes(EditApplication))
    stage.push(writing(form=way_fakes.form(introduction="theirs"), form_number=2))
    assert form.introduction.text == "theirs"
    assert form.chips[Category.JOB_SEARCH].isChecked()
    assert len(stage.wishes(EditApplication)) == before


def test_nothing_is_sent_of_what_was_only_filled_in(open_window: Open) -> None:
    stage = opened(open_window, writing())
    stage.push(writing(form=way_fakes.organisation_form(), form_number=2))
    assert stage.wishes(EditApplication) == []


def test_an_introduction_is_cut_at_what_the_service_can_take(open_window: Open) -> None:
    stage = opened(open_window, blank())
    text = form_of(stage).introduction
    text.insertPlainText("😀" * 2500)
    assert len(text.text) == 2000
    assert last_form(stage).introduction == "😀" * 2000
    assert form_of(stage).counter.text() == "2000 / 500"
    assert form_of(stage).counter.property("tone") == "bad"


def test_an_organisation_has_its_own_fields(open_window: Open) -> None:
    stage = opened(open_window, writing())
    form = form_of(stage)
    assert not form.fields[FormField.CREDIT_CODE].isVisible()
    form.applicant.findChild(QAbstractButton, "application.applicant.organisation").click()
    assert last_form(stage).applicant is ApplicantKind.ORGANISATION
    for field in (FormField.ORGANISATION_NAME, FormField.CREDIT_CODE, FormField.LICENCE, FormField.AUTHORISATION):
        assert form.fields[field].isVisible()
    QTest.keyClicks(form.credit_code, "91 35")
    assert form.fields[FormField.CREDIT_CODE].hint.text() == "已填 4 / 18 位"
    assert last_form(stage).credit_code == "9135"


def test_the_tab_key_leaves_the_text(open_window: Open) -> None:
    stage = opened(open_window, blank())
    form = form_of(stage)
    form.introduction.setFocus()
    QTest.keyClick(form.introduction, Qt.Key.Key_Tab)
    assert stage.window.focusWidget() is form.contact_phone
    assert form.introduction.text == ""


# ---- what is wrong -------------------------------------------------------------------------------


def marked(**changes: Any) -> DeskState:
    values: dict[str, Any] = {
        "form": way_fakes.form(introduction=way_fakes.OFFENDING),
        "findings": {FormField.INTRODUCTION: (way_fakes.found_words(),)},
    }
    return writing(**{**values, **changes})


def test_offending_words_are_marked_and_clicking_the_line_selects_them(open_window: Open) -> None:
    stage = opened(open_window, marked())
    form = form_of(stage)
    selection = form.introduction.extraSelections()[0]
    assert selection.cursor.selectedText() == "微信 hr_888"  # type: ignore[attr-defined]
    assert selection.format.underlineColor().isValid()  # type: ignore[attr-defined]
    fault = form.fields[FormField.INTRODUCTION].fault
    assert "联系方式“微信 hr_888”" in fault.text()
    QTest.mouseClick(fault, Qt.MouseButton.LeftButton)
    assert form.introduction.textCursor().selectedText() == "微信 hr_888"
    assert stage.window.focusWidget() is form.introduction


def test_marks_lie_on_their_words_behind_wide_characters(open_window: Open) -> None:
    text = "😀😀加微信，再加电话"
    found = (way_fakes.found_words(text, "加微信"), way_fakes.found_words(text, "加电话"))
    stage = opened(
        open_window, marked(form=way_fakes.form(introduction=text), findings={FormField.INTRODUCTION: found})
    )
    form = form_of(stage)
    words = [one.cursor.selectedText() for one in form.introduction.extraSelections()]  # type: ignore[attr-defined]
    assert words == ["加微信", "加电话"]
    fault = form.fields[FormField.INTRODUCTION].fault
    fault.setFocus()
    for word in ("加微信", "加电话", "加微信"):
        QTest.keyClick(fault, Qt.Key.Key_Return)
        assert form.introduction.textCursor().selectedText() == word


def test_marks_move_with_their_words_while_one_types(open_window: Open) -> None:
    stage = opened(open_window, marked())
    text = form_of(stage).introduction
    cursor = text.textCursor()
    cursor.setPosition(0)
    text.setTextCursor(cursor)
    QTest.keyClicks(text, "ab")
    stage.push(marked())
    assert text.extraSelections()[0].cursor.selectedText() == "微信 hr_888"  # type: ignore[attr-defined]
    stage.push(marked(findings={}, form=way_fakes.form(introduction=text.text)))
    assert text.extraSelections() == []


def test_the_first_faulty_field_gets_the_keyboard(open_window: Open) -> None:
    stage = opened(open_window, writing(), (1024, 680))
    form = form_of(stage)
    form.submit.click()
    assert stage.wishes(SubmitApplication) == [SubmitApplication()]
    faults = {
        FormField.DECLARATIONS: "application.fault.declarations",
        FormField.SCOPES: "application.fault.scopes",
    }
    stage.push(writing(faults=faults))
    assert stage.window.focusWidget() is form.chips[Category.JOB_SEARCH]
    assert form.fields[FormField.SCOPES].fault.text() == "请至少选择一项直播范围"
    form.contact_phone.setFocus()
    stage.push(writing(faults=faults, saved_at=None))
    assert stage.window.focusWidget() is form.contact_phone, "the keyboard is taken once"


def test_a_fault_far_down_is_brought_into_sight(open_window: Open) -> None:
    stage = opened(open_window, writing(), (960, 600))
    form = form_of(stage)
    area = stage.window.prepare.form_area
    area.verticalScrollBar().setValue(0)
    form.submit.click()
    stage.push(writing(faults={FormField.DECLARATIONS: "application.fault.declarations"}))
    box = form.checks[Declaration.NOT_BLOCKLISTED].box
    stage.qtbot.waitUntil(
        lambda: 0 <= box.mapTo(area.viewport(), QPoint(0, 0)).y() < area.viewport().height(), timeout=1000
    )


def test_reasons_of_a_return_are_told_until_the_field_is_changed(open_window: Open) -> None:
    stage = opened(open_window, on_the_way(fakes.off_air(), States.RETURNED))
    form = form_of(stage)
    reason = form.fields[FormField.INTRODUCTION].reason
    assert "介绍过短" in reason.text.text()
    QTest.keyClicks(form.introduction, "x")
    assert not reason.isVisible()
    assert form.fields[FormField.SCOPES].reason.isVisible()
    again = on_the_way(fakes.off_air(), States.RETURNED)
    stage.push(again)
    assert not reason.isVisible()
    found = again.application.application
    assert found is not None
    later = found.model_copy(update={"history": [*found.history, way_fakes.step(States.SUBMITTED, 50)] * 2})
    stage.push(replace(again, application=replace(again.application, application=later)))
    assert reason.isVisible(), "returned once more"


# ---- drafts --------------------------------------------------------------------------------------


def test_the_pill_says_how_the_draft_is_kept(open_window: Open) -> None:
    stage = opened(open_window, writing())
    save = stage.window.prepare.save
    assert save.text.startswith("草稿已保存")
    stage.push(writing(save=SaveStatus.KEPT_HERE))
    assert (save.text, save.tone) == ("草稿保存在这台电脑上，联网后上传", "warn")
    stage.push(writing(save=SaveStatus.NOTHING))
    assert not save.isVisible()


@pytest.mark.parametrize(("name", "is_mine"), [("keep_mine", True), ("keep_theirs", False)])
def test_two_drafts_are_decided_by_the_person(open_window: Open, name: str, is_mine: bool) -> None:
    other = way_fakes.application(revision=9)
    stage = opened(open_window, writing(conflict=other, save=SaveStatus.KEPT_HERE))
    form = form_of(stage)
    assert form.conflict.isVisible()
    assert not form.submit.isEnabled()
    getattr(form, name).click()
    assert stage.wishes(KeepDraft) == [KeepDraft(is_mine)]
    stage.push(writing())
    assert not form.conflict.isVisible()
    assert form.submit.isEnabled()


def test_nothing_can_be_changed_while_it_is_being_sent(open_window: Open) -> None:
    stage = opened(open_window, writing(is_submitting=True))
    form = form_of(stage)
    assert form.introduction.isReadOnly()
    assert not form.submit.isEnabled()
    assert form.submit.text() == "正在提交…"
    QTest.keyClicks(form.introduction, "x")
    form.chips[Category.OUTFIT].click()
    assert stage.wishes(EditApplication) == []


# ---- steps ---------------------------------------------------------------------------------------


def test_opening_asks_the_service_once(open_window: Open) -> None:
    stage = opened(open_window, on_the_way(fakes.off_air(), States.SUBMITTED))
    stage.desk.wishes.clear()
    stage.window.rail.buttons["messages"].click()
    stage.window.rail.buttons["prepare"].click()
    stage.push(on_the_way(fakes.off_air(), States.IN_REVIEW))
    stage.window.rail.buttons["prepare"].click()
    assert stage.wishes(RefreshOnboarding) == [RefreshOnboarding()]
    assert stage.wishes(LoadApplication) == [LoadApplication()]


def test_a_step_is_opened_by_click_or_key_and_what_is_done_leads_on(open_window: Open) -> None:
    stage = opened(open_window, writing())
    page = stage.window.prepare
    QTest.keyClick(page.steps.buttons[StepId.AGREEMENT], Qt.Key.Key_Return)
    assert page.status.isVisible()
    page.status.second.click()
    assert stage.window.desk_page == "documents"
    assert len(stage.wishes(ReadDocument)) == 1
    stage.window.rail.buttons["prepare"].click()
    assert page.form.isVisible()
    page.steps.buttons[StepId.REVIEW].click()
    assert page.status.isVisible()
    page.status.main.click()
    assert page.form.isVisible()
    stage.push(on_the_way(fakes.off_air(), States.SUBMITTED))
    assert page.status.isVisible()
    assert page.status.title.text() == "申请已提交，等待分配顾问"
    assert page.isAncestorOf(stage.window.focusWidget())


def test_what_is_looked_at_stays_while_only_words_change(open_window: Open) -> None:
    stage = opened(open_window, on_the_way(fakes.off_air(), States.SUBMITTED))
    page = stage.window.prepare
    page.steps.buttons[StepId.AGREEMENT].click()
    stage.push(on_the_way(fakes.off_air(), States.IN_REVIEW))
    assert page.status.title.text() == "您已同意直播协议"


def test_an_earlier_application_is_read_and_left(open_window: Open) -> None:
    first = way_fakes.application(States.REJECTED, id="old", form=way_fakes.form(introduction="从前写的介绍"))
    second = way_fakes.application()
    stage = opened(open_window, writing(earlier=(second, first)))
    page = stage.window.prepare
    page.side.findChild(QAbstractButton, "prepare.earlier.0").click()
    assert page.form.introduction.text == "从前写的介绍"
    assert page.form.introduction.isReadOnly()
    assert not page.form.buttons.isVisible()
    page.back.click()
    assert page.form.introduction.text == way_fakes.INTRODUCTION
    assert not page.form.introduction.isReadOnly()
    assert stage.wishes(EditApplication) == []


def test_failing_to_load_can_be_tried_again(open_window: Open) -> None:
    failed = replace(writing(), onboarding=OnboardingState(LoadPhase.FAILED, trouble=way_fakes.OFFLINE))
    stage = open_window(failed)
    stage.window.show_desk_page("prepare")
    stage.desk.wishes.clear()
    stage.window.prepare.trouble.button.click()
    assert stage.desk.wishes == [RefreshOnboarding(), LoadApplication(), LoadIdentity(), LoadLiveness()]


@pytest.mark.parametrize("size_px", [(1280, 800), (1024, 680), (960, 600), (1920, 1080)])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_cut_off_sideways(open_window: Open, size_px: tuple[int, int], language: str) -> None:
    import msgspec

    state = writing(form=way_fakes.organisation_form(), images=(way_fakes.image(ImagePurpose.LICENCE),))
    state = replace(state, settings=msgspec.structs.replace(state.settings, language=language))
    stage = opened(open_window, state, size_px)
    page = stage.window.prepare
    inner = page.form_area.widget()
    assert inner.width() <= page.form_area.viewport().width()
    for widget in (*page.form.fields.values(), *page.form.chips.values()):
        if widget.isVisible():
            right = widget.mapTo(inner, QPoint(widget.width(), 0)).x()
            assert right <= inner.width(), widget.objectName()
            assert widget.width() >= widget.minimumSizeHint().width(), widget.objectName()
    assert page.side.isVisible()


def test_agreement_comes_first_for_who_has_not_accepted(open_window: Open) -> None:
    stage = opened(open_window, on_the_way(fakes.off_air(), None, AgreementStanding.MISSING))
    assert stage.window.prepare.status.main.text() == "阅读协议"
    stage.window.prepare.status.main.click()
    assert stage.window.desk_page == "documents"
