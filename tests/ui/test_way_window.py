"""The window around the way to air: where one begins, what the rail offers, where buttons lead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.contract.rest import Category
from app.domain.application import ApplicationState
from app.domain.documents.model import DocumentKind
from app.domain.onboarding import AgreementStanding
from app.usecases.state import AccountState, BroadcastState, DeskState
from app.usecases.trouble import Trouble
from app.usecases.way_state import DocumentsState, LoadPhase, OnboardingState, OpenDocument
from app.usecases.wishes import (
    DeclineDocument,
    EditApplication,
    LoadApplication,
    OpenDocuments,
    ReadDocument,
    UploadImage,
)
from tests.ui import fakes, way_fakes
from tests.ui.conftest import Stage
from tests.ui.way_fakes import on_the_way
from ui.script import WindowDriver

pytestmark = pytest.mark.slow

Open = Callable[..., Stage]
States = ApplicationState
CTRL = Qt.KeyboardModifier.ControlModifier


def signed_out() -> DeskState:
    return replace(fakes.off_air(), account=AccountState())


# ---- where one begins ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "page"),
    [
        (on_the_way(fakes.off_air(), None, AgreementStanding.MISSING), "prepare"),
        (on_the_way(fakes.off_air(), States.DRAFT), "prepare"),
        (on_the_way(fakes.off_air(), States.APPROVED), "live"),
        (on_the_way(fakes.on_air(), States.APPROVED, AgreementStanding.OUTDATED), "live"),
    ],
)
def test_one_begins_where_something_is_to_be_done(open_window: Open, state: DeskState, page: str) -> None:
    stage = open_window(signed_out())
    # the steps come a moment after the sign-in
    stage.push(replace(state, onboarding=OnboardingState(LoadPhase.LOADING)))
    assert stage.window.desk_page == "live"
    stage.push(state)
    assert stage.window.desk_page == page
    assert LoadApplication() in stage.desk.wishes


def test_who_has_gone_somewhere_meanwhile_is_not_led_away(open_window: Open) -> None:
    stage = open_window(signed_out())
    state = on_the_way(fakes.off_air(), States.DRAFT)
    stage.push(replace(state, onboarding=OnboardingState(LoadPhase.LOADING)))
    stage.window.rail.buttons["settings"].click()
    stage.push(state)
    assert stage.window.desk_page == "settings"


def test_one_is_led_once(open_window: Open) -> None:
    stage = open_window(on_the_way(fakes.off_air(), States.DRAFT))
    assert stage.window.desk_page == "prepare"
    stage.window.rail.buttons["live"].click()
    stage.push(on_the_way(fakes.off_air(), States.RETURNED))
    assert stage.window.desk_page == "live"


def test_a_kept_sign_in_leads_there_too(open_window: Open) -> None:
    assert open_window(on_the_way(fakes.off_air(), States.RETURNED)).window.desk_page == "prepare"
    assert open_window(on_the_way(fakes.off_air(), States.APPROVED)).window.desk_page == "live"


# ---- the rail ------------------------------------------------------------------------------------


def test_the_rail_keeps_its_order_and_drops_what_is_done(open_window: Open) -> None:
    stage = open_window(on_the_way(fakes.off_air(), States.APPROVED))
    rail = stage.window.rail
    assert list(rail.buttons) == ["live", "schedule", "prepare", "documents", "messages", "settings"]
    tops = [button.y() for button in rail.buttons.values() if button.isVisible()]
    assert tops == sorted(tops)
    assert not rail.buttons["prepare"].isVisible()
    QTest.keyClick(stage.window, Qt.Key.Key_3, CTRL)
    assert stage.window.desk_page == "live"
    stage.push(on_the_way(fakes.off_air(), States.APPROVED, AgreementStanding.OUTDATED))
    assert rail.buttons["prepare"].isVisible()


def test_what_was_finished_before_ones_eyes_stays_until_one_goes(open_window: Open) -> None:
    stage = open_window(on_the_way(fakes.off_air(), States.IN_REVIEW))
    stage.push(on_the_way(fakes.off_air(), States.APPROVED))
    assert stage.window.desk_page == "prepare"
    assert stage.window.rail.buttons["prepare"].isVisible()
    stage.window.prepare.status.main.click()
    assert stage.window.desk_page == "live"
    assert not stage.window.rail.buttons["prepare"].isVisible()


def test_keys_of_the_rail_work_from_a_text(open_window: Open) -> None:
    stage = open_window(on_the_way(fakes.off_air(), States.DRAFT))
    text = stage.window.prepare.form.introduction
    text.setFocus()
    QTest.keyClick(text, Qt.Key.Key_5, CTRL)
    assert stage.window.desk_page == "messages"


# ---- where buttons lead --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "action", "page"),
    [
        ("agreement_missing", "read_agreement", "documents"),
        ("not_an_anchor", "prepare", "prepare"),
        ("out_of_scope", "change_scope", "prepare"),
    ],
)
def test_a_refused_broadcast_leads_to_what_is_missing(open_window: Open, code: str, action: str, page: str) -> None:
    state = on_the_way(fakes.off_air(), States.APPROVED)
    stage = open_window(replace(state, broadcast=BroadcastState(trouble=Trouble(code, action=action))))
    window = stage.window
    window.live.controls.main.click()
    sheet = window.sheets.go_live
    assert sheet.trouble.isVisible()
    sheet.trouble.button.click()
    assert not sheet.isVisible()
    assert window.desk_page == page
    reads = [ReadDocument(DocumentKind.LIVE_AGREEMENT, 0)] if page == "documents" else []
    assert stage.wishes(ReadDocument) == reads
    if action == "change_scope":
        assert window.prepare.status.main.text() == "申请变更范围"


def test_the_reader_asks_for_the_agreement_only_when_nothing_is_open(open_window: Open) -> None:
    stage = open_window(on_the_way(fakes.off_air(), States.APPROVED))
    stage.window.rail.buttons["documents"].click()
    assert stage.desk.wishes[-2:] == [OpenDocuments(), ReadDocument(DocumentKind.LIVE_AGREEMENT)]
    opened = OpenDocument(DocumentKind.USER_AGREEMENT, LoadPhase.READY)
    stage.push(replace(stage.desk.state, documents=DocumentsState(LoadPhase.READY, opened=opened)))
    stage.window.rail.buttons["live"].click()
    stage.window.rail.buttons["documents"].click()
    assert len(stage.wishes(ReadDocument)) == 1
    failed = replace(opened, phase=LoadPhase.FAILED, trouble=way_fakes.OFFLINE)
    stage.push(replace(stage.desk.state, documents=DocumentsState(LoadPhase.READY, opened=failed)))
    stage.window.reader.trouble.button.click()
    assert stage.wishes(ReadDocument)[-1] == ReadDocument(DocumentKind.USER_AGREEMENT)


def test_accepting_leads_on_to_what_comes_next(open_window: Open) -> None:
    stage = open_window(on_the_way(fakes.off_air(), None, AgreementStanding.MISSING))
    stage.window.rail.buttons["documents"].click()

    def reading(**changes: Any) -> DeskState:
        opened = OpenDocument(DocumentKind.LIVE_AGREEMENT, LoadPhase.READY, **changes)
        base = on_the_way(fakes.off_air(), None, AgreementStanding.MISSING)
        return replace(base, documents=DocumentsState(LoadPhase.READY, opened=opened))

    stage.push(reading(needs_acceptance=True, is_accepting=True))
    stage.push(reading(needs_acceptance=True, trouble=Trouble("platform_timeout", action="retry")))
    assert stage.window.desk_page == "documents"
    stage.push(reading(needs_acceptance=True, is_accepting=True))
    stage.push(reading())
    assert stage.window.desk_page == "prepare"


def test_declining_is_asked_for_once_and_may_be_taken_back(open_window: Open) -> None:
    stage = open_window(on_the_way(fakes.off_air(), None, AgreementStanding.MISSING))
    window = stage.window
    window.rail.buttons["documents"].click()
    window.reader.decline_asked.emit()
    assert window.focusWidget() is window.sheets.decline.stay
    window.sheets.decline.stay.click()
    assert stage.wishes(DeclineDocument) == []
    window.reader.decline_asked.emit()
    window.sheets.decline.leave.click()
    assert stage.wishes(DeclineDocument) == [DeclineDocument()]
    assert not window.sheets.decline.isVisible()


def test_the_sheet_offers_only_what_was_approved(open_window: Open) -> None:
    stage = open_window(on_the_way(fakes.off_air(), States.APPROVED))
    stage.window.live.controls.main.click()
    category = stage.window.sheets.go_live.category
    offered = [category.itemData(number) for number in range(category.count())]
    assert offered == [Category.JOB_SEARCH.value, Category.OFFICE_SKILLS.value]


# ---- hands free ----------------------------------------------------------------------------------


@pytest.mark.qt_log_ignore("does not support (raise|grabbing|propagateSizeHints)")
def test_the_driver_fills_checks_chooses_and_scrolls(open_window: Open, tmp_path: Path) -> None:
    form = way_fakes.organisation_form(declarations=[], scopes=[], licence_image_id="")
    stage = open_window(on_the_way(fakes.off_air(), States.DRAFT, form=form), (960, 640))
    driver = WindowDriver(stage.window, dict)
    path = tmp_path / "licence.png"
    path.write_bytes(b"no picture")

    def run(command: str, argument: Any) -> Any:
        return driver.run({command: argument})

    assert run("type", {"name": "application.introduction", "text": "一\n二"})["ok"]
    assert run("type", {"name": "application.contact_phone", "text": "13800138000"})["ok"]
    assert run("check", {"name": "application.scope.other"})["ok"]
    assert run("check", {"name": "application.scope.other", "is_on": True})["ok"]
    assert run("check", {"name": "application.declaration.truthful", "is_on": True})["ok"]
    made = stage.wishes(EditApplication)[-1].form  # type: ignore[attr-defined]
    assert (made.introduction, made.contact_phone, made.scopes) == ("一\n二", "13800138000", [Category.OTHER])
    assert run("widget", "application.scope.other")["is_checked"]
    assert run("widget", "application.introduction")["text"] == "一\n二"
    assert not run("choose", str(path))["ok"]
    assert run("click", "application.licence.choose")["ok"]
    assert stage.window.findChild(QFileDialog).isVisible()
    assert not run("choose", str(tmp_path / "missing.png"))["ok"]
    assert run("choose", str(path))["ok"]
    assert len(stage.wishes(UploadImage)) == 1
    assert not run("choose", str(path))["ok"]
    assert run("scroll", {"name": "prepare.scroll", "pages": 0}) == {"ok": True, "is_at_end": False}
    assert run("scroll", {"name": "prepare.scroll", "pages": 9})["is_at_end"]
    for command, argument in (
        ("check", {"name": "application.introduction"}),
        ("scroll", {"name": "application.submit"}),
        ("row", {"name": "application.submit", "row": 0}),
        ("type", {"name": "application.submit", "text": "x"}),
    ):
        assert not run(command, argument)["ok"], command
    stage.push(on_the_way(fakes.off_air(), States.APPROVED))
    assert run("page", "messages")["ok"]
    assert not run("page", "prepare")["ok"]


def test_every_page_fits_the_smallest_window(open_window: Open) -> None:
    state = replace(on_the_way(fakes.off_air(), States.DRAFT), inbox=way_fakes.inbox())
    stage = open_window(state, (960, 600))
    for name in ("prepare", "documents", "messages", "settings"):
        stage.window.rail.buttons[name].click()
        assert stage.window.size() == QSize(960, 600), name
