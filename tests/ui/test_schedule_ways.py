"""From and to the page 排期: exporting, beginning, being led there by a reminder or a step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from app.contract.inbox import InboxKind, LinkPlace
from app.domain.application import ApplicationState
from app.domain.face_check import FaceState
from app.domain.session import SessionState
from app.usecases.schedule_state import CalendarFile
from app.usecases.wishes import ExportCalendar
from tests.ui import fakes, schedule_fakes, way_fakes
from tests.ui.schedule_fakes import NOW, SOON, TOMORROW, UPCOMING, entry, plan, planning
from tests.ui.test_schedule import Open, opened, state

# ---- exporting, beginning, being led there -------------------------------------------------------


def test_the_calendar_is_written_where_the_person_says(
    open_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[QFileDialog] = []

    def keep(dialog: QFileDialog) -> None:
        asked.append(dialog)

    # Offscreen has no place for a second window.
    monkeypatch.setattr(QFileDialog, "open", keep)
    stage, page = opened(open_window)
    for button, session_id in ((page.export, ""), (page.side.detail.export, "p1")):
        button.click()
        dialog = asked[-1]
        assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
        dialog.fileSelected.emit(str(tmp_path / "a.ics"))
        assert stage.wishes(ExportCalendar)[-1] == ExportCalendar(str(tmp_path / "a.ics"), session_id)
    stage.push(state(SOON, file=CalendarFile("/home/lin/a.ics")))
    assert page.saved.text.text() == "正在导出…"
    stage.push(state(SOON, file=CalendarFile("/home/lin/a.ics", is_done=True)))
    assert page.saved.text.text() == "已导出：a.ics"
    stage.push(state(SOON, file=CalendarFile("/home/lin/a.ics", is_done=True, reason="磁盘已满")))
    assert page.saved.text.text() == "没能导出：磁盘已满"
    assert not page.saved.folder.isVisible()


def test_what_is_on_air_leads_to_the_live_page(open_window: Open) -> None:
    running = entry("p1", plan(in_min=-12), state=SessionState.LIVE)
    found = planning(fakes.on_air(), schedule_fakes.desk(running, TOMORROW))
    found = replace(found, broadcast=replace(found.broadcast, session=running.session))
    stage, page = opened(open_window, found)
    page.side.detail.start.click()
    assert stage.window.desk_page == "live"
    assert not stage.window.sheets.go_live.isVisible()


def test_a_reminder_leads_to_its_session(open_window: Open) -> None:
    told = way_fakes.message(
        1, InboxKind.SESSION_REMINDER, params={"title": "面试复盘", "minutes": "30", "starts_at": NOW.isoformat()},
        place=LinkPlace.SCHEDULE, link_id="p2",
    )  # fmt: skip
    stage = open_window(replace(state(*UPCOMING), inbox=way_fakes.inbox(told)))
    stage.window.rail.buttons["messages"].click()
    rows = stage.window.messages.model.rows
    assert rows[0].link_label == "查看排期"
    stage.window.messages.take(rows[0])
    assert stage.window.desk_page == "schedule"
    assert stage.window.schedule.side.detail.title.text() == TOMORROW.plan.title


def test_the_last_step_of_the_way_leads_here(open_window: Open) -> None:
    stage = open_window(way_fakes.at_face(fakes.off_air(), way_fakes.face_check(FaceState.VERIFIED)))
    stage.window.show_desk_page("prepare")
    stage.window.prepare.status.main.click()
    assert stage.window.desk_page == "schedule"


def test_nobody_plans_before_they_may(open_window: Open) -> None:
    stage = open_window(way_fakes.on_the_way(fakes.off_air(), ApplicationState.IN_REVIEW))
    stage.window.act("open_schedule")
    page = stage.window.schedule
    assert not page.new.isVisible()
    assert page.empty_title.text() == "成为主播之后就能安排直播"
    page.empty_button.click()
    assert stage.window.desk_page == "prepare"
