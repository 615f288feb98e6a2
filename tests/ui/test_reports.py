"""Reporting from the window: the form, and the page 我的举报."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from app.contract.inbox import LinkPlace
from app.domain.measures import ConductCategory
from app.usecases.reports_state import ReportClip, ReportsState
from app.usecases.room_wishes import BeginReport, DropReport, LoadReports, RetryClip, SendReport, WithdrawReport
from app.usecases.state import AccountState, Trouble
from app.usecases.way_state import LoadPhase
from tests.ui import report_fakes as fakes
from tests.ui.conftest import Stage
from tests.ui.fakes import change
from ui.presenters.reporting import MAX_PICKS, ReportAsk
from ui.views.reports.page import ReportsPage
from ui.views.room.report import ReportSheet

pytestmark = pytest.mark.slow

Open = Callable[..., Stage]


def form(
    open_window: Open, ask: ReportAsk = fakes.MESSAGE, clip: ReportClip = fakes.READY
) -> tuple[Stage, ReportSheet]:
    stage = open_window(fakes.busy_room(ReportsState(clip=clip)))
    stage.window.live.room.report_asked.emit(ask)
    QApplication.processEvents()
    return stage, stage.window.sheets.report


def sent(stage: Stage) -> list[SendReport]:
    return [one for one in stage.wishes(SendReport) if isinstance(one, SendReport)]


def with_(stage: Stage, **changes: object) -> None:
    state = stage.window.state
    stage.push(change(state, reports=change(state.reports, **changes)))


def test_a_message_is_reported_with_words_more_messages_and_the_clip(open_window: Open) -> None:
    stage, sheet = form(open_window)
    assert stage.wishes(BeginReport) == [BeginReport()]
    assert sheet.isVisible()
    assert "user_83021" in sheet.what.text() and "加我微信领内推名额" in sheet.what.text()
    assert sheet.hotline.text() == "举报热线：12377"
    assert len(sheet.categories) == 9 and all(one.text() and one.detail for one in sheet.categories.values())
    assert list(sheet.pick_lines) == [f"m{number}" for number in range(8, 14)], "of the same person, not the one itself"
    sheet.categories[ConductCategory.UNPROFESSIONAL].click()
    sheet.text.setPlainText("  一直在发  ")
    sheet.pick_lines["m9"].box.click()
    assert "已选 1 / 19" in sheet.picks_title.text()
    sheet.send.click()
    [wish] = sent(stage)
    assert (wish.session_id, wish.wish.target.id, wish.wish.evidence) == ("s1", "m4", ["m4", "m9"])
    assert (wish.wish.category, wish.wish.text, wish.with_clip) == (ConductCategory.UNPROFESSIONAL, "一直在发", True)
    with_(stage, is_sending=True)
    assert not sheet.send.isEnabled() and sheet.send.text() == "正在提交…"
    with_(
        stage, is_sending=False, filed=fakes.a_report(5), filed_number=1, filed_key=wish.request_key, clip=ReportClip()
    )
    assert not sheet.isVisible()
    assert stage.wishes(DropReport) == [], "the clip is the report's now"
    assert "已向平台举报" in stage.window.live.room.done.text.text()


def test_a_person_is_reported_without_the_clip(open_window: Open) -> None:
    stage, sheet = form(open_window, fakes.PERSON)
    sheet.categories[ConductCategory.UNFRIENDLY].click()
    sheet.clip.box.click()
    sheet.send.click()
    [wish] = sent(stage)
    assert (wish.wish.target.kind, wish.wish.target.id, wish.wish.evidence) == ("person", "v4", [])
    assert wish.with_clip is False


def test_bad_input_says_what_to_do_and_stays(open_window: Open) -> None:
    stage, sheet = form(open_window)
    sheet.send.click()
    assert sheet.fault.text() == "请先选择哪里不对。"
    assert sheet.categories[ConductCategory.ILLEGAL].hasFocus()
    sheet.categories[ConductCategory.ILLEGAL].click()
    assert not sheet.fault.isVisible(), "mended"
    sheet.text.setPlainText("长" * 503)
    assert sheet.count.text() == "503 / 500"
    sheet.send.click()
    assert "删去 3 字" in sheet.fault.text() and sheet.text.hasFocus()
    assert sent(stage) == []
    sheet.text.setPlainText("短")
    sheet.send.click()
    assert len(sent(stage)) == 1


def test_a_failure_keeps_everything_and_the_repeat_is_the_same_report(open_window: Open) -> None:
    stage, sheet = form(open_window)
    sheet.categories[ConductCategory.MINORS].click()
    sheet.text.setPlainText("说明")
    sheet.pick_lines["m8"].box.click()
    sheet.send.click()
    with_(stage, is_sending=True)
    with_(stage, is_sending=False, refusal=Trouble("platform_unreachable"))
    assert sheet.isVisible() and "您填写的内容还在" in sheet.fault.text()
    assert sheet.text.toPlainText() == "说明" and sheet.pick_lines["m8"].box.isChecked()
    sheet.send.click()
    sheet.text.setPlainText("别的说明")
    sheet.send.click()
    first, again, other = sent(stage)
    assert first.request_key == again.request_key != other.request_key
    sheet.cancel.click()
    assert stage.wishes(DropReport) == [DropReport()]
    stage.window.live.room.report_asked.emit(fakes.MESSAGE)
    assert sheet.text.toPlainText() == "别的说明", "of the same, what was typed is there still"
    sheet.cancel.click()
    stage.window.live.room.report_asked.emit(fakes.PERSON)
    assert sheet.text.toPlainText() == ""
    assert not any(one.isChecked() for one in sheet.categories.values())


def test_what_was_filed_from_another_form_closes_this_one_not(open_window: Open) -> None:
    stage, sheet = form(open_window)
    sheet.categories[ConductCategory.MINORS].click()
    sheet.send.click()
    [first] = sent(stage)
    with_(stage, is_sending=True)
    sheet.cancel.click()
    stage.window.live.room.report_asked.emit(fakes.PERSON)
    with_(stage, is_sending=False, filed=fakes.a_report(5), filed_number=1, filed_key=first.request_key)
    assert sheet.isVisible() and fakes.PERSON.name in sheet.what.text()
    sheet.categories[ConductCategory.STATE].click()
    sheet.send.click()
    second = sent(stage)[-1]
    with_(stage, filed_number=2, filed_key=second.request_key, clip=ReportClip())
    assert not sheet.isVisible()
    assert stage.wishes(DropReport) == [DropReport()], "of the first form, when it was left"


def test_one_that_arrived_after_its_form_was_left_is_not_there_again(open_window: Open) -> None:
    stage, sheet = form(open_window)
    sheet.categories[ConductCategory.MINORS].click()
    sheet.text.setPlainText("说明")
    sheet.send.click()
    [first] = sent(stage)
    sheet.cancel.click()
    with_(stage, filed=fakes.a_report(5), filed_number=1, filed_key=first.request_key)
    stage.window.live.room.report_asked.emit(fakes.MESSAGE)
    assert sheet.text.toPlainText() == "" and not sheet.categories[ConductCategory.MINORS].isChecked()


def test_a_form_opened_again_closes_with_its_report_and_leaves_no_clip(open_window: Open) -> None:
    stage, sheet = form(open_window)
    sheet.categories[ConductCategory.MINORS].click()
    sheet.send.click()
    [first] = sent(stage)
    with_(stage, is_sending=True)
    sheet.cancel.click()
    stage.window.live.room.report_asked.emit(fakes.MESSAGE)
    with_(stage, is_sending=False, filed=fakes.a_report(5), filed_number=1, filed_key=first.request_key)
    assert not sheet.isVisible()
    assert stage.wishes(DropReport) == [DropReport(), DropReport()], "of both openings"


@pytest.mark.parametrize(
    ("clip", "words", "can"),
    [
        (fakes.CUTTING, "正在截取", True),
        (fakes.SHORT, "最近 18 秒", True),
        (fakes.NO_CLIP, "不能附上", False),
    ],
)
def test_the_clip_says_how_it_is(open_window: Open, clip: ReportClip, words: str, can: bool) -> None:
    stage, sheet = form(open_window, clip=clip)
    assert words in sheet.clip.box.accessibleName()
    assert sheet.clip.box.isEnabled() is can
    assert sheet.clip_note.isVisibleTo(sheet)
    sheet.categories[ConductCategory.STATE].click()
    sheet.send.click()
    assert sent(stage)[0].with_clip is can


def test_without_a_recording_there_is_no_word_of_a_clip(open_window: Open) -> None:
    _, sheet = form(open_window, clip=ReportClip())
    assert not sheet.clip.isVisible() and not sheet.clip_note.isVisible()


def test_a_long_name_or_word_makes_it_no_wider(open_window: Open) -> None:
    state = fakes.busy_room()
    lines = (*state.room.lines, change(state.room.lines[-1], id="long", seq=99, text="w" * 200))
    stage = open_window(change(state, room=change(state.room, lines=lines)))
    stage.window.live.room.report_asked.emit(change(fakes.PERSON, name="特别长的名字" * 7))
    QApplication.processEvents()
    sheet = stage.window.sheets.report
    content = sheet.area.widget()
    assert content is not None and content.width() <= sheet.area.viewport().width()


def test_the_strip_tells_how_far_the_clip_is(open_window: Open) -> None:
    filed = ReportsState(filed=fakes.a_report(5), uploads=(fakes.uploading(40),))
    stage = open_window(fakes.busy_room(filed))
    assert stage.window.live.room.done.text.text() == "已举报 user_83021 · 片段上传中 40%"


def test_by_keyboard(open_window: Open) -> None:
    stage, sheet = form(open_window)
    first = sheet.categories[ConductCategory.ILLEGAL]
    assert first.hasFocus()
    QTest.keyClick(first, Qt.Key.Key_Space)
    assert first.isChecked()
    QTest.keyClick(first, Qt.Key.Key_Down)
    assert sheet.categories[ConductCategory.STATE].isChecked()
    seen = set()
    for _ in range(40):
        seen.add(stage.window.focusWidget().objectName())
        QTest.keyClick(stage.window.focusWidget(), Qt.Key.Key_Tab)
    assert {"reporting.text", "reporting.pick.0", "reporting.clip", "reporting.send", "reporting.cancel"} <= seen
    assert all(name.startswith("reporting.") for name in seen), "the keyboard stays inside"
    QTest.keyClick(stage.window.focusWidget(), Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def test_a_long_history_offers_the_nearest(open_window: Open) -> None:
    state = fakes.busy_room()
    many = tuple(change(state.room.lines[-1], id=f"n{n}", seq=n) for n in range(100, 200))
    stage = open_window(change(state, room=change(state.room, lines=many)))
    stage.window.live.room.report_asked.emit(change(fakes.MESSAGE, id="n150"))
    offered = list(stage.window.sheets.report.pick_lines)
    assert len(offered) == MAX_PICKS and "n150" not in offered
    assert offered[0] == "n130" and offered[-1] == "n170"


# ---- the list --------------------------------------------------------------------------------------


def page_of(open_window: Open, found: ReportsState | None = None) -> tuple[Stage, ReportsPage]:
    stage = open_window(fakes.busy_room(found or fakes.mine()))
    stage.window.act("open_reports")
    QApplication.processEvents()
    return stage, stage.window.pages.reports


def shown(page: ReportsPage) -> str:
    return " ".join(one.text() for one in page.findChildren(QLabel) if one.isVisible())


def test_how_each_stands_in_words(open_window: Open) -> None:
    stage, page = page_of(open_window)
    assert stage.wishes(LoadReports) == [LoadReports()]
    assert stage.window.rail.buttons["messages"].isChecked()
    text = shown(page)
    assert [card.pill.text for card in page.cards.values()] == ["待受理", "处理中", "举报成立", "未发现违规", "已撤回"]
    for words in (
        "已禁言 24 小时", "看过前后对话", "用户 user_83021", "直播：另一场直播", "已附上", "举报热线：12377",
    ):  # fmt: skip
        assert words in text, words
    for card in page.cards.values():
        seen = [one for one in card.findChildren(QLabel) if one.isVisible() and one.text()]
        assert all(one.height() >= one.fontMetrics().height() for one in seen), "nothing is squeezed"
    assert [one for one, card in page.cards.items() if card.withdraw.isVisible()] == ["r5"]
    page.cards["r5"].withdraw.click()
    assert stage.wishes(WithdrawReport) == [WithdrawReport("r5")]
    with_(stage, withdrawing=frozenset({"r5"}))
    assert not page.cards["r5"].withdraw.isEnabled()
    page.back.click()
    assert stage.window.desk_page == "messages"
    stage.window.messages.reports.click()
    assert stage.window.desk_page == "reports"


def test_a_clip_on_its_way_and_one_that_failed(open_window: Open) -> None:
    stage, page = page_of(open_window, fakes.mine(uploads=(fakes.uploading(40),)))
    assert "片段上传中 40%" in shown(page)
    with_(stage, uploads=(fakes.failed_clip(),))
    card = page.cards["r5"]
    assert "片段没有附上" in card.clip.text() and card.retry.isVisible()
    card.retry.click()
    assert stage.wishes(RetryClip) == [RetryClip("r5")]
    with_(stage, uploads=(fakes.failed_clip(can_retry=False),))
    assert not card.retry.isVisible()


@pytest.mark.parametrize(
    ("found", "words", "can_retry"),
    [
        (ReportsState(LoadPhase.READY), "您还没有举报过", False),
        (ReportsState(LoadPhase.LOADING), "正在载入", False),
        (ReportsState(LoadPhase.FAILED, trouble=Trouble("platform_unreachable", action="retry")), "没有载入成功", True),
    ],
)
def test_empty_loading_and_failed(open_window: Open, found: ReportsState, words: str, can_retry: bool) -> None:
    stage, page = page_of(open_window, found)
    assert words in page.empty.text() and page.retry.isVisible() is can_retry
    if can_retry:
        page.retry.click()
        assert len(stage.wishes(LoadReports)) == 2


def test_offline_what_was_loaded_stays(open_window: Open) -> None:
    _, page = page_of(open_window, fakes.mine(trouble=Trouble("platform_unreachable", action="retry")))
    assert page.trouble.isVisible() and len(page.cards) == 5


def test_a_message_leads_to_its_report(open_window: Open) -> None:
    stage = open_window(fakes.busy_room(fakes.mine()))
    stage.window.places.follow(LinkPlace.REPORTS, "r1")
    QApplication.processEvents()
    assert stage.window.desk_page == "reports"
    assert "r1" in stage.window.pages.reports.cards


def test_signed_out_nothing_is_shown(open_window: Open) -> None:
    stage, page = page_of(open_window)
    stage.push(change(stage.window.state, account=AccountState()))
    assert page.cards == {} or not page.isVisible()
