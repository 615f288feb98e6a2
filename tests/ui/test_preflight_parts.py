"""Sources, sample, meter, preview and report of the page 开播前检查."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QFileDialog

from app.domain.quality.measures import FaceBox
from app.domain.quality.model import Defect
from app.ports.engine import DemoSource, PreviewReady, SampleChanged, SampleStatus, SourceChanged, SourceStatus
from app.runtime.shared_frames import FrameWriter, Levels
from app.usecases.wishes import (
    ChooseVideo,
    ListSources,
    PlaySample,
    StopSample,
    TakeSample,
)
from tests.ui import fakes, quality_fakes
from tests.ui.fakes import change
from tests.ui.preflight_stage import Open, checked, last, opened
from tests.ui.quality_fakes import blocked
from ui.theme.tokens import DARK


@pytest.fixture
def segment() -> Iterator[FrameWriter]:
    writer = FrameWriter(f"adtest{uuid.uuid4().hex[:12]}", 748, 420)
    yield writer
    writer.close()


# ---- sources, sound, preview ---------------------------------------------------------------------


def test_sources_are_chosen_here_too(open_window: Open) -> None:
    stage, page = opened(open_window)
    place = page.sources.video.findText("演示画面")
    page.sources.video.activated.emit(place)
    assert last(stage) == ChooseVideo(DemoSource())
    assert page.sources.video.currentText().startswith("罗技"), "it stands there once it is in force"
    lost = SourceChanged(is_video=True, status=SourceStatus.LOST, code="camera_lost", name="C922")
    base = fakes.off_air()
    stage.push(checked(blocked(Defect.NO_PICTURE), change(base, engine=change(base.engine, video_status=lost))))
    assert page.sources.video_trouble.text.text().startswith("摄像头断开了")
    assert not page.sources.audio_trouble.isVisible()
    page.sources.video_trouble.button.click()
    assert last(stage) == ListSources()


def test_a_sample_is_taken_counted_down_and_played(open_window: Open) -> None:
    stage, page = opened(open_window)
    page.sound.sample.click()
    assert last(stage) == TakeSample()

    def at(status: SampleStatus, code: str = "") -> None:
        desk = replace(quality_fakes.some_bad(), sample=SampleChanged(status=status, code=code, seconds=5.0))
        stage.push(checked(desk))

    at(SampleStatus.TAKING)
    assert page.sound.note.text() == "正在录，还有 5 秒"
    stage.clock.advance(2.5)
    page.sound._count()
    assert page.sound.note.text() == "正在录，还有 3 秒"
    page.sound.sample.click()
    assert last(stage) == StopSample()
    at(SampleStatus.READY)
    page.sound.sample.click()
    page.sound.again.click()
    assert stage.desk.wishes[-2:] == [PlaySample(), TakeSample()]
    at(SampleStatus.PLAYING)
    assert not page.sound.again.isVisible()
    page.sound.sample.click()
    assert last(stage) == StopSample()
    at(SampleStatus.FAILED, "no_speaker")
    assert page.sound.note.text().startswith("没有找到扬声器")


def test_the_meter_shows_the_level_on_its_scale(open_window: Open, segment: FrameWriter) -> None:
    slot = segment.slot()
    slot.release()
    segment.publish(0)
    segment.levels(Levels(-30.0, -33.0, -12.0, False))
    ready = PreviewReady(name=segment.name, width_px=segment.width_px, height_px=segment.height_px)
    _, page = opened(open_window, base=fakes.off_air(ready))
    meter = page.sound.meter
    meter._pull()
    seen = meter.grab().toImage()
    scale = seen.devicePixelRatio()

    def colour(level_db: float) -> QColor:
        return seen.pixelColor(int((1 + level_db / 60) * meter.width() * scale), int(6 * scale))

    assert colour(-40.0) == QColor(DARK.good)
    assert colour(-25.0) != QColor(DARK.good), "not reached"
    assert colour(-12.0 + 0.05) == QColor(DARK.text), "the peak is held"
    segment.levels(Levels(-30.0, -33.0, -12.0, True))
    meter._pull()
    seen = meter.grab().toImage()
    assert colour(-40.0) == QColor(DARK.text_3), "grey while muted, and it still moves"


def test_the_face_is_framed_where_the_preview_shows_it(open_window: Open) -> None:
    face = FaceBox(0.1, 0.2, 0.2, 0.3)
    desk = quality_fakes.desk(picture=change(quality_fakes.PICTURE, face=face))
    stage, page = opened(open_window, desk)
    shown = page.look.overlay.face
    assert shown is not None
    assert shown.left_ratio == pytest.approx(0.7), "mirrored as the picture is"
    assert page.look.overlay.geometry() == page.look.preview.rect()
    chip = page.look.chip.geometry()
    assert chip.topLeft() == page.look.preview.picture_rect().topLeft() + QPoint(12, 12)
    stage.push(checked(quality_fakes.desk(picture=change(quality_fakes.PICTURE, face=None, faces=0))))
    assert page.look.overlay.face is None


# ---- the report ----------------------------------------------------------------------------------


@pytest.mark.qt_log_ignore("does not support (raise|grabbing|propagateSizeHints)")
def test_the_report_is_copied_and_saved(open_window: Open, tmp_path: Path) -> None:
    stage, page = opened(open_window)
    page.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("主播台检测报告")
    assert "罗技" not in copied
    assert page.copy.text() == "已复制"
    page.save.click()
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    file = tmp_path / "report.txt"
    dialog.fileSelected.emit(str(file))
    dialog.close()
    stage.qtbot.waitUntil(lambda: page.saved.text.text() == "已保存为 report.txt")
    assert file.read_text(encoding="utf-8-sig").startswith("主播台检测报告")
    page._save(str(tmp_path / "none" / "report.txt"))
    stage.qtbot.waitUntil(lambda: page.saved.text.text().startswith("报告没有保存"))
    page._copied.stop()
