"""The page 开播前检查: rows, score, how it is reached and left, the keyboard."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from app.domain.quality.model import Defect, Group
from app.usecases.quality_state import ProbePhase, ProbeState, QualityDesk
from app.usecases.state import AccountState
from app.usecases.trouble import Trouble
from app.usecases.wishes import (
    CancelProbe,
    CheckAgain,
    MendDefect,
    SizePreview,
    TakeProposal,
    UndoMend,
    WatchQuality,
)
from tests.ui import fakes, quality_fakes
from tests.ui.conftest import Stage
from tests.ui.fakes import change
from tests.ui.preflight_stage import Open, checked, last, opened
from tests.ui.quality_fakes import blocked, finding
from ui.script import WindowDriver
from ui.theme.tokens import DARK
from ui.views.preflight.checks import BORDER_PX, CORNER_PX
from ui.views.preflight.page import PreflightPage

pytestmark = pytest.mark.slow


def watched(stage: Stage) -> list[bool]:
    return [wish.is_on for wish in stage.desk.wishes if isinstance(wish, WatchQuality)]


def shown_rows(page: PreflightPage) -> list[str]:
    return [row_id for row_id, line in page.checks.lines.items() if line.isVisible()]


# ---- reaching and leaving ------------------------------------------------------------------------


def test_it_is_reached_from_the_live_page_and_left_by_key_arrow_and_button(open_window: Open) -> None:
    stage = open_window(checked(quality_fakes.some_bad()))
    page = stage.window.pages.preflight
    for leave in (
        page.back.click,
        page.enter.click,
        lambda: QTest.keyClick(page.enter, Qt.Key.Key_Escape),
        stage.window.rail.buttons["live"].click,
    ):
        stage.window.live.header.check.click()
        assert stage.window.desk_page == "preflight"
        assert page.enter.hasFocus()
        assert stage.window.rail.buttons["live"].isChecked(), "it belongs to the live page"
        leave()
        assert stage.window.desk_page == "live"
    assert watched(stage) == [True, False] * 4


def test_the_desk_is_told_once_that_it_is_open_and_once_that_it_was_left(open_window: Open) -> None:
    stage, _ = opened(open_window)
    stage.push(checked(quality_fakes.desk()))
    stage.push(checked(quality_fakes.many_bad()))
    assert watched(stage) == [True]
    stage.window.rail.buttons["settings"].click()
    stage.push(checked(quality_fakes.desk()))
    assert watched(stage) == [True, False]


def test_the_desk_is_told_also_when_the_window_goes_to_the_entry(open_window: Open) -> None:
    stage, _ = opened(open_window)
    stage.push(change(checked(quality_fakes.desk()), account=AccountState()))
    assert watched(stage) == [True, False]


def test_on_air_it_is_reached_through_the_detail_of_health(open_window: Open) -> None:
    stage = open_window(checked(quality_fakes.some_bad(), fakes.on_air()))
    assert not stage.window.live.header.check.isVisible()
    stage.window.live.health.fold.click()
    stage.window.live.health.check.click()
    page = stage.window.pages.preflight
    assert stage.window.desk_page == "preflight"
    stage.fill()
    assert page.enter.text() == "回到直播"
    assert page.score.note.text().startswith("直播中只量画面和声音")


def test_it_asks_for_its_preview_and_the_live_page_for_its_own_again(open_window: Open) -> None:
    stage = open_window(checked(quality_fakes.desk()))
    stage.qtbot.waitUntil(lambda: bool(stage.wishes(SizePreview)))
    mine = stage.wishes(SizePreview)[-1]
    stage.window.act("open_preflight")
    stage.qtbot.waitUntil(lambda: stage.wishes(SizePreview)[-1] != mine)
    stage.window.show_desk_page("live")
    stage.qtbot.waitUntil(lambda: stage.wishes(SizePreview)[-1] == mine)


# ---- rows ----------------------------------------------------------------------------------------


def test_rows_mend_and_take_back(open_window: Open) -> None:
    stage, page = opened(open_window)
    light = page.checks.lines["light"]
    assert light.text().split("\n")[1:3] == ["面部亮度 78 / 255", "−9 分"]
    light.action.click()
    assert last(stage) == MendDefect(Defect.BACKLIT)
    mended = quality_fakes.desk(mended=frozenset({Defect.BACKLIT}))
    stage.push(checked(mended))
    assert not light.action.isVisible()
    assert light.text().split("\n")[-1] == "已自动调整亮度"
    light.undo.click()
    assert last(stage) == UndoMend(Defect.BACKLIT)


def test_what_is_well_is_folded_and_told(open_window: Open) -> None:
    stage, page = opened(open_window, quality_fakes.desk())
    few = shown_rows(page)
    assert few == ["framing", "light", "sharpness", "volume", "noise", "clipping", "uplink"]
    fold = page.checks.folds[Group.PICTURE]
    assert fold.text() == "其余 4 项正常 ▾"
    fold.click()
    stage.fill()
    assert set(shown_rows(page)) - set(few) == {"colour", "picture_noise", "motion", "flicker"}
    assert fold.text() == "收起正常的项目 ▴"
    fold.click()
    stage.fill()
    assert shown_rows(page) == few


def test_what_is_wrong_is_never_folded_and_what_is_folded_tells_its_points(open_window: Open) -> None:
    desk = quality_fakes.desk(finding(Defect.FLICKER, 0.2), finding(Defect.TINT, 0.04))
    stage, page = opened(open_window, desk)
    assert "flicker" in shown_rows(page)
    assert page.checks.folds[Group.PICTURE].text() == "其余 3 项正常  −2 分 ▾"
    stage.push(checked(quality_fakes.desk()))
    assert "flicker" not in shown_rows(page)


def test_a_tall_window_shows_every_row(open_window: Open) -> None:
    _, page = opened(open_window, quality_fakes.desk(), size_px=(1600, 1400))
    assert len(shown_rows(page)) == 20


def _count(image: QImage, colour: QColor, row: int) -> int:
    return sum(image.pixelColor(x, row) == colour for x in range(image.width()))


def test_a_probe_shows_its_progress_and_is_cancelled(open_window: Open) -> None:
    def running(ratio: float) -> QualityDesk:
        return quality_fakes.desk(
            groups=(Group.PICTURE, Group.SOUND), probe=ProbeState(ProbePhase.RUNNING, ratio, 3200.0)
        )

    stage, page = opened(open_window, running(0.2))
    line = page.checks.lines["uplink"]
    before = line.grab().toImage()
    stage.push(checked(running(0.6)))
    after = line.grab().toImage()
    filled = QColor(DARK.accent_fill)
    assert sum(_count(after, filled, row) for row in range(after.height())) > 2 * sum(
        _count(before, filled, row) for row in range(before.height())
    )
    line.action.click()
    assert last(stage) == CancelProbe()
    signed_out = ProbeState(ProbePhase.FAILED, trouble=Trouble("not_signed_in", {}, "sign_in"))
    stage.push(checked(quality_fakes.desk(groups=(Group.PICTURE,), probe=signed_out)))
    assert sum(_count(line.grab().toImage(), filled, row) for row in range(line.height())) == 0
    assert line.action.text() == "重新登录"
    with stage.qtbot.waitSignal(page.acted) as told:
        line.action.click()
    assert told.args == ["sign_in"]


def test_check_again_and_the_proposal(open_window: Open) -> None:
    stage, page = opened(open_window)
    page.again.click()
    page.proposal.take.click()
    assert stage.desk.wishes[-2:] == [CheckAgain(), TakeProposal()]
    stage.push(checked(quality_fakes.desk()))
    assert not page.proposal.isVisible()


class Layouts(QObject):
    """Counts how often a widget is laid out or resized."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__()
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self.count += 1
        return False


def test_new_figures_move_nothing(open_window: Open) -> None:
    stage, page = opened(open_window)
    for _ in range(4):  # what opening it has asked for is done in several rounds
        QCoreApplication.processEvents()
    counted = [Layouts(part) for part in (page, page.left_side, page.checks, page.checks.lines["light"], page.sound)]
    before = [page.checks.lines[row_id].text() for row_id in ("light", "volume")]
    desk = quality_fakes.some_bad()
    assert desk.picture is not None
    assert desk.sound is not None
    for number in range(1, 5):
        picture = change(
            desk.picture, face_luma=78.0 + number, delivered_fps=29.0 + number / 10,
            face=change(quality_fakes.FACE, left_ratio=0.4 + number / 100),
        )  # fmt: skip
        sound = change(desk.sound, peak_db=-9.0 - number, short_term_lufs=-18.0 - number, integrated_lufs=-18.5)
        stage.push(checked(replace(desk, picture=picture, sound=sound)))
    after = [page.checks.lines[row_id].text() for row_id in ("light", "volume")]
    assert before != after
    assert [one.count for one in counted] == [0] * len(counted)


def test_what_changes_much_is_laid_out_in_pieces_and_shown_whole(open_window: Open) -> None:
    stage, page = opened(open_window, quality_fakes.desk())
    before = [line.text() for line in page.checks.lines.values()]
    stage.window.show_state(checked(quality_fakes.many_bad()))
    assert page.is_filling
    stage.qtbot.waitUntil(lambda: page.checks.is_filling)
    assert [line.text() for line in page.checks.lines.values()] == before
    stage.fill()
    heights = [line.height() for line in page.checks.lines.values() if line.isVisible()]
    assert "画面偏色" in page.checks.lines["colour"].text()
    assert page.checks.height() == sum(heights) + sum(
        fold.parentWidget().height() for fold in page.checks.folds.values() if fold.isVisible()
    ) + 2 * (BORDER_PX + CORNER_PX)  # fmt: skip


# ---- score ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("desk", "number", "tone", "headline"),
    [
        (quality_fakes.some_bad(), "86", "good", "可以开播，建议先补光"),
        (quality_fakes.many_bad(), "15", "warn", "效果会不好，请先补光"),
        (quality_fakes.measuring(), "", "accent", "正在检测…"),
        (blocked(Defect.NO_SOUND), "25", "bad", "现在不能开播：没有声音"),
    ],
)
def test_the_ring_and_its_words(open_window: Open, desk: QualityDesk, number: str, tone: str, headline: str) -> None:
    _, page = opened(open_window, desk)
    assert (page.score.ring.text, page.score.ring.tone, page.score.headline.text()) == (number, tone, headline)
    assert headline in page.score.ring.accessibleName()
    assert page.score.headline.property("tone") == ("bad" if tone == "bad" else "")
    assert page.enter.isEnabled(), "the live page can be looked at however things stand"


def test_the_ring_is_filled_as_far_as_the_score_goes(open_window: Open) -> None:
    _, page = opened(open_window, quality_fakes.desk(finding(Defect.NO_FACE, 0.9), finding(Defect.SILENT, 0.9)))
    ring = page.score.ring
    seen = ring.grab().toImage()
    right = seen.pixelColor(int((ring.width() - 5) * seen.devicePixelRatio()), seen.height() // 2)
    left = seen.pixelColor(int(5 * seen.devicePixelRatio()), seen.height() // 2)
    assert int(ring.text) < 50
    assert left == QColor(DARK.line), "the left half is not reached below 50"
    assert right in (QColor(DARK.warn), QColor(DARK.line))


# ---- keyboard and names --------------------------------------------------------------------------


def test_everything_is_reached_by_tab_and_has_a_name(open_window: Open) -> None:
    stage, page = opened(open_window)
    buttons = [one for one in page.findChildren(QAbstractButton) if one.isVisible()]
    assert [one.objectName() for one in buttons if not (one.accessibleName() or one.text())] == []
    assert [type(one).__name__ for one in buttons if not one.objectName()] == []
    wanted = {id(one) for one in buttons if one.isEnabled()} | {id(page.sources.video), id(page.sources.audio)}
    page.enter.setFocus()
    reached: set[int] = set()
    for _ in range(80):
        focused = stage.window.focusWidget()
        reached.add(id(focused))
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert wanted - reached == set()


def test_a_button_that_goes_gives_the_keyboard_on(open_window: Open) -> None:
    stage, page = opened(open_window)
    page.checks.lines["light"].action.setFocus()
    stage.push(checked(quality_fakes.desk(mended=frozenset({Defect.BACKLIT}))))
    focused = stage.window.focusWidget()
    assert focused is not None
    assert focused.isVisible()
    assert focused.objectName() == "preflight.row.light.undo"


def test_a_script_works_the_page(open_window: Open) -> None:
    stage = open_window(checked(quality_fakes.some_bad()))
    driver = WindowDriver(stage.window, dict)
    assert driver.run({"click": "live.preflight"})["ok"]
    assert driver.run({"look": {}})["page"] == "preflight"
    stage.fill()
    assert "面部亮度 78 / 255" in driver.run({"widget": "preflight.row.light"})["text"]
    assert driver.run({"widget": "preflight.ring"})["text"] == "86"
    assert driver.run({"pick": {"name": "preflight.video", "text": "演示画面"}})["ok"]
    assert driver.run({"click": "preflight.row.noise.action"})["ok"]
    assert last(stage) == MendDefect(Defect.NOISY)
    assert driver.run({"press": {"name": "preflight.enter", "key": "Esc"}})["ok"]
    assert driver.run({"look": {}})["page"] == "live"


def test_the_page_speaks_english(open_window: Open) -> None:
    stage, page = opened(open_window)
    english = stage.desk.state
    stage.push(change(english, settings=msgspec.structs.replace(english.settings, language="en")))
    assert page.score.headline.text() == "Ready to go live; better add light in front first"
    texts = [one.text() for one in page.findChildren(QLabel) if one.isVisible()]
    texts += [one.text() for one in page.findChildren(QAbstractButton) if one.isVisible()]
    texts += [one.text() for one in page.checks.lines.values() if one.isVisible()]
    assert [one for one in texts if any("\u4e00" <= sign <= "\u9fff" for sign in one) and "上海" not in one] == []
