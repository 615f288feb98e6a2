from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app.domain.health import Grade, HealthReport
from app.ports.engine import DemoSource, PreviewReady, SourceChanged, SourceStatus
from app.runtime.shared_frames import FrameWriter, Levels
from app.usecases.room_wishes import SendChat
from app.usecases.state import BroadcastPhase, BroadcastState, Summary, Trouble
from app.usecases.wishes import (
    ChooseVideo,
    EndLive,
    GoLive,
    HideCamera,
    MuteMicrophone,
    Record,
    SizePreview,
)
from tests.ui import fakes
from tests.ui.conftest import Stage
from tests.ui.fakes import change
from ui.theme.tokens import DARK
from ui.widgets.curve import Curve

Open = Callable[..., Stage]


@pytest.fixture
def segment() -> Iterator[FrameWriter]:
    writer = FrameWriter(f"adtest{uuid.uuid4().hex[:12]}", 806, 454)
    yield writer
    writer.close()


def paint(writer: FrameWriter, colour: tuple[int, int, int]) -> PreviewReady:
    slot = writer.slot()
    red, green, blue = colour
    slot[:] = bytes((blue, green, red, 255)) * (writer.width_px * writer.height_px)
    slot.release()
    writer.publish(0)
    return PreviewReady(name=writer.name, width_px=writer.width_px, height_px=writer.height_px)


def has_near(stage: Stage, point: QPoint, colour: str) -> bool:
    seen = stage.window.grab().toImage().pixelColor(point)
    wanted = QColor(colour)
    return all(
        abs(a - b) <= 3
        for a, b in zip(seen.getRgb()[:3], wanted.getRgb()[:3], strict=True)  # type: ignore[index]
    )


def test_controls_emit_wishes_by_click_and_by_key(open_window: Open) -> None:
    stage = open_window()
    controls = stage.window.live.controls
    controls.mute.click()
    controls.camera.click()
    controls.record.click()
    QTest.keyClick(stage.window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(stage.window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    wanted = [MuteMicrophone(True), HideCamera(True), Record(True), MuteMicrophone(True), HideCamera(True)]
    assert [wish for wish in stage.desk.wishes if not isinstance(wish, SizePreview)] == wanted


def test_tooltips_show_the_keys(open_window: Open) -> None:
    controls = open_window().window.live.controls
    for button, keys in (
        (controls.mute, "Ctrl+D"),
        (controls.camera, "Ctrl+E"),
        (controls.source, "Ctrl+Shift+S"),
        (controls.main, "Ctrl+Shift+L"),
    ):
        assert keys in button.toolTip()


@pytest.mark.qt_log_ignore("does not support (raise|grabbing)")
def test_source_menu_offers_what_there_is(open_window: Open) -> None:
    stage = open_window()
    QTest.keyClick(stage.window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    menu = stage.window.findChild(QMenu, "menu.video")
    assert menu is not None
    texts = [action.text() for action in menu.actions() if action.text()]
    assert "罗技 C922 网络摄像头" in texts
    assert "屏幕 2（2560 × 1440）" in texts
    demo = next(action for action in menu.actions() if action.objectName() == "menu.video.demo")
    demo.trigger()
    menu.close()
    assert stage.wishes(ChooseVideo) == [ChooseVideo(DemoSource())]


def test_preview_paints_the_shared_picture_and_asks_for_its_size(open_window: Open, segment: FrameWriter) -> None:
    ready = paint(segment, (200, 40, 90))
    stage = open_window(fakes.off_air(ready))
    shown: list[bool] = []
    stage.window.first_picture_shown.connect(lambda: shown.append(True))
    stage.qtbot.waitUntil(lambda: stage.window.feed.frames_seen > 0, timeout=2000)
    preview = stage.window.live.area.preview
    centre = preview.mapTo(stage.window, preview.picture_rect().center())
    assert has_near(stage, centre, "#C8285A")
    paint(segment, (20, 180, 60))
    stage.qtbot.waitUntil(lambda: stage.window.feed.frames_seen > 1, timeout=2000)
    assert has_near(stage, centre, "#14B43C")
    stage.qtbot.waitUntil(lambda: bool(stage.wishes(SizePreview)), timeout=2000)
    wish = stage.wishes(SizePreview)[-1]
    assert isinstance(wish, SizePreview)
    assert abs(wish.width_px * 9 - wish.height_px * 16) <= 40
    assert wish.width_px % 2 == wish.height_px % 2 == 0
    assert shown == [True]


def test_preview_without_a_segment_waits_for_one(open_window: Open, segment: FrameWriter) -> None:
    stage = open_window(fakes.off_air(PreviewReady(name="adtest-none", width_px=10, height_px=10)))
    stage.qtbot.wait(80)
    assert stage.window.feed.frames_seen == 0
    stage.push(fakes.off_air(paint(segment, (1, 2, 3))))
    stage.qtbot.waitUntil(lambda: stage.window.feed.frames_seen > 0, timeout=2000)


def test_meter_shows_the_level_and_nothing_when_muted(open_window: Open, segment: FrameWriter) -> None:
    ready = paint(segment, (0, 0, 0))
    segment.levels(Levels(-20.0, -24.0, -18.0, False))
    stage = open_window(fakes.off_air(ready))
    meter = stage.window.live.controls.meter
    stage.qtbot.waitUntil(lambda: meter.grab().toImage().pixelColor(20, 4) == QColor(DARK.good), timeout=2000)
    segment.levels(Levels(-20.0, -24.0, -18.0, True))
    stage.qtbot.waitUntil(lambda: meter.grab().toImage().pixelColor(20, 4) == QColor(DARK.line), timeout=2000)


def test_meter_turns_yellow_and_red_where_obs_does_and_its_lamp_is_lit_when_it_is_too_loud(
    open_window: Open, segment: FrameWriter
) -> None:
    ready = paint(segment, (0, 0, 0))
    segment.levels(Levels(-1.0, -10.0, -1.0, False))
    stage = open_window(fakes.off_air(ready))
    meter = stage.window.live.controls.meter

    def at(level_db: float) -> QColor:
        place = round((level_db + 60) / 60 * meter.width())
        return meter.grab().toImage().pixelColor(place, 4)

    stage.qtbot.waitUntil(lambda: at(-22.0) == QColor(DARK.good), timeout=2000)
    assert (at(-18.0), at(-11.0), at(-7.0)) == (QColor(DARK.warn), QColor(DARK.warn), QColor(DARK.on_air))
    assert (meter.is_over, meter.toolTip()) == (False, "")
    segment.levels(Levels(-1.0, -10.0, -1.0, False, is_over=True))
    stage.qtbot.waitUntil(lambda: meter.is_over, timeout=2000)
    assert "声音过大" in meter.toolTip()
    assert meter.accessibleDescription() == meter.toolTip()
    segment.levels(Levels(-1.0, -10.0, -1.0, True, is_over=True))
    stage.qtbot.waitUntil(lambda: not meter.is_over, timeout=2000)


def test_going_live_asks_for_title_and_category(open_window: Open) -> None:
    stage = open_window()
    stage.window.live.controls.main.click()
    sheet = stage.window.sheets.go_live
    assert sheet.isVisible()
    assert sheet.title.text() == "应届生简历逐行修改"
    sheet.title.clear()
    sheet.submit.click()
    assert sheet.trouble.isVisible()
    assert stage.wishes(GoLive) == []
    QTest.keyClicks(sheet.title, "Title")
    QTest.keyClick(sheet.title, Qt.Key.Key_Return)
    assert stage.wishes(GoLive) == [GoLive("Title", fakes.Category.JOB_SEARCH)]
    stage.push(change(fakes.off_air(), broadcast=BroadcastState(BroadcastPhase.PREPARING, fakes.session())))
    assert sheet.isVisible()
    assert not sheet.submit.isEnabled()
    stage.push(fakes.on_air())
    assert not sheet.isVisible()


def test_refused_before_it_was_on_air_is_told_in_the_sheet_that_asked(open_window: Open) -> None:
    stage = open_window()
    stage.window.live.controls.main.click()
    stage.push(change(fakes.off_air(), broadcast=BroadcastState(BroadcastPhase.PREPARING, fakes.session())))
    refused = BroadcastState(
        BroadcastPhase.ENDED,
        fakes.session(),
        summary=Summary(0.0, 0, 0),
        trouble=Trouble("key_dead", {}, "go_live"),
    )
    stage.push(change(fakes.off_air(), broadcast=refused))
    sheet = stage.window.sheets.go_live
    assert stage.window.sheets.open_one is sheet
    assert sheet.trouble.isVisible()
    sheet.submit.click()
    assert len(stage.wishes(GoLive)) == 1


def test_refused_because_live_elsewhere_offers_to_take_over(open_window: Open) -> None:
    stage = open_window()
    stage.window.live.controls.main.click()
    refused = BroadcastState(can_take_over=True, trouble=Trouble("live_elsewhere", action="take_over"))
    stage.push(change(fakes.off_air(), broadcast=refused))
    sheet = stage.window.sheets.go_live
    assert not sheet.submit.isVisible()
    sheet.take_over.click()
    wish = stage.wishes(GoLive)[-1]
    assert isinstance(wish, GoLive)
    assert wish.take_over


def test_ending_asks_and_escape_stays_live(open_window: Open) -> None:
    stage = open_window(fakes.on_air())
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(stage.window, Qt.Key.Key_L, keys)
    assert stage.window.sheets.ending.isVisible()
    QTest.keyClick(stage.window.sheets.ending.cancel, Qt.Key.Key_Escape)
    assert not stage.window.sheets.ending.isVisible()
    assert stage.wishes(EndLive) == []
    stage.window.live.controls.main.click()
    stage.window.sheets.ending.end.click()
    assert stage.wishes(EndLive) == [EndLive()]


def test_summary_is_told_once(open_window: Open) -> None:
    stage = open_window(fakes.on_air())
    ended = fakes.ended()
    stage.push(ended)
    assert stage.window.sheets.summary.isVisible()
    stage.window.sheets.summary.done.click()
    stage.push(change(ended, default_title="x"))
    assert not stage.window.sheets.summary.isVisible()


def test_timer_counts_by_the_clock(open_window: Open) -> None:
    stage = open_window(fakes.on_air())
    header = stage.window.live.header
    assert header.timer.text() == "00:01:00"
    stage.clock.advance(61)
    stage.qtbot.waitUntil(lambda: header.timer.text() == "00:02:01", timeout=2000)


def test_pill_is_red_on_air_and_only_then(open_window: Open) -> None:
    stage = open_window()
    pill = stage.window.live.header.state
    spot = pill.mapTo(stage.window, QPoint(4, 12))
    assert has_near(stage, spot, DARK.pill)
    stage.push(fakes.on_air())
    assert has_near(stage, spot, DARK.on_air_fill)
    assert pill.accessibleName() == "直播中"
    assert stage.window.rail.buttons["live"].is_on_air
    assert stage.window.rail.buttons["live"].accessibleDescription() == "直播中"


def test_health_opens_by_itself_and_by_hand(open_window: Open) -> None:
    stage = open_window(fakes.on_air())
    card = stage.window.live.health
    assert not card.detail.isVisible()
    stage.push(fakes.slow_network())
    assert card.detail.isVisible()
    assert stage.window.live.tiles.is_folded
    assert stage.window.findChild(Curve) is not None
    card.fold.click()
    assert not card.detail.isVisible()
    card.fold.click()
    assert card.detail.isVisible()


def test_health_and_picture_offer_the_one_thing_to_do(open_window: Open, segment: FrameWriter) -> None:
    lost = SourceChanged(is_video=True, status=SourceStatus.FAILED, code="camera_in_use", name="C922")
    report = HealthReport(Grade.BAD, "health.no_picture", "health.no_picture.cause", action="settings")
    state = fakes.on_air(paint(segment, (9, 9, 9)))
    stage = open_window(change(state, engine=change(state.engine, video_status=lost), health=report))
    live = stage.window.live
    assert live.area.action.text() == "选择画面"
    area = live.area.preview.picture_rect()
    assert area.contains(live.area.banner.geometry())
    live.health.action.click()
    assert stage.window.desk_page == "settings"
    stage.push(state)
    stage.window.rail.buttons["live"].click()
    assert not live.area.banner.isVisible()
    assert not live.health.action.isVisible()


def test_address_and_codes_stay_in_reach_while_the_detail_is_open(open_window: Open) -> None:
    stage = open_window(fakes.slow_network())
    tiles = stage.window.live.tiles
    assert tiles.is_folded
    assert tiles.isVisible()
    tiles.strip_copy.click()
    assert QApplication.clipboard().text() == "http://127.0.0.1:8080/live/s1"
    assert (tiles.strip_phone.text(), tiles.strip_code.text()) == ("137****2208", "015577")
    stage.window.live.health.fold.click()
    assert not tiles.is_folded
    assert tiles.url.isVisible()


def test_a_waiting_session_can_be_ended_from_its_notice(open_window: Open) -> None:
    trouble = Trouble("session_waiting", {"title": "x"}, "go_live")
    state = change(fakes.off_air(), broadcast=BroadcastState(session=fakes.session(), trouble=trouble))
    stage = open_window(state)
    toast = stage.window.notices.toasts[0]
    assert (toast.action.text(), toast.second.text()) == ("接着播", "结束这场")
    toast.second.click()
    assert stage.wishes(EndLive) == [EndLive()]
    assert toast.isVisible()
    toast.action.click()
    assert stage.wishes(GoLive) == [GoLive("应届生简历逐行修改", fakes.Category.JOB_SEARCH)]


def test_why_it_ended_is_told_in_the_summary_and_not_again(open_window: Open) -> None:
    stage = open_window(fakes.on_air())
    ended = fakes.ended()
    ended = change(ended, broadcast=change(ended.broadcast, trouble=Trouble("grace_over", action="go_live")))
    stage.push(ended)
    summary = stage.window.sheets.summary
    assert summary.trouble.isVisible()
    assert not stage.window.notices.isVisible()
    summary.done.click()
    assert not stage.window.notices.isVisible()
    stage.push(change(ended, default_title="x"))
    assert not stage.window.notices.isVisible()


def test_curve_paints_rate_and_drops(open_window: Open) -> None:
    stage = open_window(fakes.slow_network())
    curve = stage.window.findChild(Curve)
    assert curve is not None
    image = curve.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(image.height())}
    assert QColor(DARK.text_3).name() in colours
    assert any(QColor(colour).blue() > 220 and QColor(colour).red() < 140 for colour in colours)


def test_chat_sends_keeps_and_retries(open_window: Open) -> None:
    stage = open_window(fakes.on_air())
    chat = stage.window.live.chat
    QTest.keyClicks(chat.input, "hello")
    QTest.keyClick(chat.input, Qt.Key.Key_Return)
    QTest.keyClick(chat.input, Qt.Key.Key_Return)
    sent = stage.wishes(SendChat)
    assert [wish.text for wish in sent] == ["hello"]  # type: ignore[attr-defined]
    stage.push(change(fakes.on_air(), room=fakes.room(fakes.failed_chat())))
    assert chat.model.rowCount() == 4
    chat.list.setCurrentIndex(chat.model.index(3))
    QTest.keyClick(chat.list, Qt.Key.Key_Return)
    assert stage.wishes(SendChat)[-1] == SendChat("大家把问题发在评论里", "r8")
    rectangle = chat.list.visualRect(chat.model.index(3))
    QTest.mouseClick(chat.list.viewport(), Qt.MouseButton.LeftButton, pos=rectangle.center())
    assert len(stage.wishes(SendChat)) == 3


def test_chat_model_follows_without_resets(open_window: Open) -> None:
    lines = fakes.chat(520)
    stage = open_window(change(fakes.on_air(), room=fakes.room(lines[:500])))
    model = stage.window.live.chat.model
    resets = model.resets
    stage.push(change(fakes.on_air(), room=fakes.room(lines[20:520])))
    assert model.rowCount() == 500
    assert model.resets == resets
    bar = stage.window.live.chat.list.verticalScrollBar()
    stage.qtbot.waitUntil(lambda: bar.maximum() > 0 and bar.value() == bar.maximum(), timeout=3000)


def test_empty_and_broken_chat_are_drawn(open_window: Open) -> None:
    stage = open_window()
    chat = stage.window.live.chat
    assert chat.empty.isVisible()
    assert not chat.input.isEnabled()
    stage.push(change(fakes.on_air(), room=fakes.room(fakes.chat(2), is_connected=False)))
    assert chat.trouble.isVisible()
    assert chat.input.isEnabled()


def test_nothing_is_wider_than_a_small_window(open_window: Open) -> None:
    for language in ("zh", "en"):
        state = fakes.on_air()
        settings = fakes.Settings(language=language)
        stage = open_window(change(state, settings=settings), (1024, 680))
        assert stage.window.size().width() == 1024
        for button in (stage.window.live.controls.mute, stage.window.live.controls.main):
            right = button.mapTo(stage.window, QPoint(button.width(), 0)).x()
            assert right <= 1024 - 300
            assert button.width() >= button.sizeHint().width()
