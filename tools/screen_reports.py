"""The states of reporting that ``tools.screenshots`` draws: the form over the live page, and the page 我的举报."""

from __future__ import annotations

from app.usecases.reports_state import ReportsState
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase
from tests.ui import report_fakes
from tests.ui.fakes import change
from tools.screen_stage import Do, Stage
from ui.presenters.reporting import ReportAsk
from ui.shell import MainWindow

NARROW_PX = (960, 600)
LONG = "一个名字起得特别特别长的观众朋友"


def form(ask: ReportAsk = report_fakes.MESSAGE) -> Do:
    return lambda window: window.live.room.report_asked.emit(ask)


def filled(window: MainWindow) -> None:
    form()(window)
    sheet = window.sheets.report
    list(sheet.categories.values())[6].setChecked(True)
    sheet.text.setPlainText("他连续发了很多遍引流广告，删除之后又换了说法再发。")
    for at in (1, 3):
        list(sheet.pick_lines.values())[at].box.click()
    sheet.area.verticalScrollBar().setValue(10_000)


def refused(window: MainWindow) -> None:
    form()(window)
    window.sheets.report.send.click()


def open_page(window: MainWindow) -> None:
    window.show_desk_page("reports")


def reports_screens(stage: Stage) -> None:
    """The form: with a clip in each state, filled in, refused, offline, narrow; the list: all states of a report."""
    ready = ReportsState(clip=report_fakes.READY)
    room = report_fakes.busy_room(ready)
    for theme in ("dark", "light"):
        for language in ("zh", "en"):
            stage.shoot("report-form", room, theme=theme, language=language, do=form())
            with_list = change(room, reports=report_fakes.mine(uploads=(report_fakes.uploading(),)))
            stage.shoot("reports", with_list, theme=theme, language=language, do=open_page)
    stage.shoot("report-filled", room, theme="light", do=filled)
    stage.shoot("report-filled", room, theme="dark", language="en", do=filled)
    stage.shoot("report-choose", room, theme="light", do=refused)
    away = change(ready, refusal=Trouble("platform_unreachable"))
    stage.shoot("report-offline", room, theme="light", do=filled, then=change(room, reports=away))
    stage.shoot("report-sending", room, theme="light", do=filled,
                then=change(room, reports=change(ready, is_sending=True)))  # fmt: skip
    long = change(report_fakes.PERSON, name=LONG * 2)
    stage.shoot("report-person", report_fakes.busy_room(), theme="light", do=form(long))
    for name, clip in (
        ("cutting", report_fakes.CUTTING), ("short", report_fakes.SHORT), ("none", report_fakes.NO_CLIP),
    ):  # fmt: skip
        stage.shoot(f"report-clip-{name}", report_fakes.busy_room(ReportsState(clip=clip)), theme="light", do=filled)
    for language in ("zh", "en"):
        stage.shoot("report-narrow", room, size_px=NARROW_PX, language=language, do=filled)
        failed = report_fakes.mine(uploads=(report_fakes.failed_clip(),))
        stage.shoot("reports-clipfailed", change(room, reports=failed), size_px=NARROW_PX, language=language,
                    theme="light", do=open_page)  # fmt: skip
    for name, found in (
        ("empty", ReportsState(LoadPhase.READY)),
        ("loading", ReportsState(LoadPhase.LOADING)),
        ("failed", ReportsState(LoadPhase.FAILED, trouble=Trouble("platform_unreachable", action="retry"))),
        ("offline", report_fakes.mine(trouble=Trouble("platform_unreachable", action="retry"))),
    ):
        stage.shoot(f"reports-{name}", change(room, reports=found), theme="light", do=open_page)
    filed = ReportsState(filed=report_fakes.a_report(5), uploads=(report_fakes.uploading(),))
    stage.shoot("report-filed", change(room, reports=filed), theme="dark")
