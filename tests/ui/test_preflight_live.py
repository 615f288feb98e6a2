"""What the live page and the sheet that begins a broadcast say of the check."""

from __future__ import annotations

from dataclasses import replace

from app.domain.health import Grade, HealthReport
from app.domain.quality.model import Defect
from app.usecases.quality_state import Advice
from app.usecases.wishes import (
    DismissAdvice,
    MendDefect,
    MuteMicrophone,
)
from tests.ui import fakes, quality_fakes
from tests.ui.fakes import change
from tests.ui.preflight_stage import Open, checked, last
from tests.ui.quality_fakes import blocked, finding

# ---- the live page -------------------------------------------------------------------------------


def test_advice_stands_above_health_until_it_was_read(open_window: Open) -> None:
    dark = finding(Defect.DARK, 0.4, face_luma=52.0)
    desk = quality_fakes.desk(dark, advice=Advice(Defect.DARK, dark, 1.0), mendable=frozenset({Defect.DARK}))
    stage = open_window(checked(desk, fakes.on_air()))
    line = stage.window.live.advice
    assert line.text.text() == "画面变暗了，面部亮度 52。请打开前方的灯"
    line.action.click()
    line.dismiss.click()
    assert stage.desk.wishes[-2:] == [MendDefect(Defect.DARK), DismissAdvice()]
    stage.push(checked(replace(desk, advice=None), fakes.on_air()))
    assert not line.isVisible()


def test_who_talks_while_muted_is_told_and_heard_again_with_a_click(open_window: Open) -> None:
    desk = replace(quality_fakes.desk(), is_talking_muted=True)
    stage = open_window(checked(desk, fakes.on_air()))
    line = stage.window.live.advice
    assert line.text.text() == "您正在静音状态下说话，观众听不到"
    assert not line.dismiss.isVisible()
    line.action.click()
    assert last(stage) == MuteMicrophone(False)


def test_the_detail_of_health_has_words_for_picture_and_sound(open_window: Open) -> None:
    report = HealthReport(Grade.GOOD, "health.good", "", "", Grade.GOOD, Grade.GOOD, Grade.GOOD)
    stage = open_window(change(checked(quality_fakes.some_bad(), fakes.on_air()), health=report))
    card = stage.window.live.health
    card.fold.click()
    words = [(name.text(), word.text()) for name, word in card._parts if name.isVisible()]
    assert words[:2] == [("画面", "一般"), ("声音", "正常")]
    assert len(words) == 5
    stage.push(fakes.on_air())
    assert len([name for name, _ in card._parts if name.isVisible()]) == 3


def test_the_sheet_says_the_score_and_leads_to_the_page(open_window: Open) -> None:
    stage = open_window(checked(quality_fakes.some_bad()))
    stage.window.live.controls.main.click()
    sheet = stage.window.sheets.go_live
    assert sheet.check_text.text() == "86 分，建议先补光"
    stage.push(checked(blocked(Defect.NO_PICTURE)))
    assert sheet.check_text.text() == "现在不能开播：没有画面"
    assert sheet.check_text.property("tone") == "bad"
    assert sheet.submit.isEnabled(), "it is the desk that says no, with its reason"
    sheet.check.click()
    assert sheet.isHidden()
    assert stage.window.desk_page == "preflight"


def test_the_sheet_says_that_nothing_was_checked_yet(open_window: Open) -> None:
    stage = open_window()
    stage.window.live.controls.main.click()
    assert stage.window.sheets.go_live.check_text.text() == "还没有检测"
