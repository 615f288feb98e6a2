"""Uploaded pictures: chosen, shown small, replaced, removed; in the form and in the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Picture
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QWidget

from app.domain.application import ApplicationKind, ApplicationState
from app.domain.images import ImagePurpose, ImageState
from app.usecases.state import DeskState
from app.usecases.wishes import (
    BeginApplication,
    LoadApplication,
    RemoveImage,
    UploadImage,
)
from tests.ui import fakes, way_fakes
from tests.ui.conftest import Stage
from tests.ui.way_fakes import on_the_way
from ui.views.images import ImageRow
from ui.widgets.thumbs import thumbnail, thumbnail_of

pytestmark = pytest.mark.slow

Open = Callable[..., Stage]
States = ApplicationState


def writing(**changes: Any) -> DeskState:
    return on_the_way(fakes.off_air(), States.DRAFT, **changes)


def uploads_of(stage: Stage) -> dict[ImagePurpose, ImageRow]:
    return stage.window.prepare.form.uploads


def opened(open_window: Open, state: DeskState) -> Stage:
    stage = open_window(state)
    stage.window.rail.buttons["prepare"].click()
    return stage


def jpeg(folder: Path, colour: tuple[int, int, int] = (200, 30, 30)) -> Path:
    path = folder / "licence.jpg"
    Picture.new("RGB", (400, 300), colour).save(path)
    return path


@pytest.mark.qt_log_ignore("does not support (raise|grabbing|propagateSizeHints)")
def test_a_licence_is_chosen_shown_replaced_and_removed(open_window: Open, tmp_path: Path) -> None:
    base = writing(form=way_fakes.organisation_form(licence_image_id=""))
    stage = opened(open_window, base)
    upload = uploads_of(stage)[ImagePurpose.LICENCE]
    assert not upload.remove.isVisible()
    assert upload.choose.accessibleName() == "选择图片：营业执照"
    path = jpeg(tmp_path)
    upload.choose.click()
    dialog = stage.window.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.close()
    assert stage.wishes(UploadImage) == [UploadImage(ImagePurpose.LICENCE, str(path))]
    assert str(path) not in repr(stage.desk.wishes)
    stage.push(replace(base, application=replace(base.application, uploading=ImagePurpose.LICENCE)))
    assert upload.status.text() == "正在上传…"
    assert not upload.choose.isEnabled()
    done = replace(base.application, images=(way_fakes.image(ImagePurpose.LICENCE),))
    stage.push(replace(base, application=done))
    stage.qtbot.waitUntil(lambda: upload.thumb.has_picture, timeout=2000)
    assert upload.choose.text() == "更换"
    upload.remove.click()
    assert stage.wishes(RemoveImage) == [RemoveImage(ImagePurpose.LICENCE)]
    stage.push(base)
    assert not upload.thumb.has_picture


def test_a_picture_that_was_not_taken_is_not_shown(open_window: Open, tmp_path: Path) -> None:
    base = writing(form=way_fakes.organisation_form(licence_image_id=""))
    stage = opened(open_window, base)
    upload = uploads_of(stage)[ImagePurpose.LICENCE]
    upload.choose_file(str(jpeg(tmp_path)))
    stage.qtbot.waitUntil(lambda: upload.thumb.has_picture, timeout=2000)
    stage.push(replace(base, application=replace(base.application, uploading=ImagePurpose.LICENCE)))
    stage.push(base)
    assert not upload.thumb.has_picture


def test_a_picture_of_another_day_is_shown_as_the_service_has_it(open_window: Open, tmp_path: Path) -> None:
    image = way_fakes.image(ImagePurpose.LICENCE)
    base = writing(form=way_fakes.organisation_form(licence_image_id=image.id), images=(image,))
    stage = opened(open_window, base)
    upload = uploads_of(stage)[ImagePurpose.LICENCE]
    assert not upload.thumb.has_picture
    fetched = {image.id: jpeg(tmp_path).read_bytes()}
    stage.push(replace(base, application=replace(base.application, pictures=fetched)))
    stage.qtbot.waitUntil(lambda: upload.thumb.has_picture, timeout=2000)
    stage.push(replace(base, application=replace(base.application, images=())))
    assert not upload.thumb.has_picture


def test_a_file_that_is_no_picture_makes_no_thumbnail(tmp_path: Path) -> None:
    from PySide6.QtCore import QSize

    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "big.png").write_bytes(b"\0" * (6 * 1024 * 1024 + 1))
    for name in ("text.jpg", "big.png", "missing.png"):
        assert thumbnail(str(tmp_path / name), QSize(64, 48)).isNull()
    assert thumbnail_of(b"no picture", QSize(64, 48)).isNull()
    small = thumbnail(str(jpeg(tmp_path)), QSize(64, 48))
    assert thumbnail_of(jpeg(tmp_path).read_bytes(), QSize(64, 48)) == small
    assert (small.width(), small.height()) == (64, 48)


def test_avatar_and_cover_stand_in_the_settings(open_window: Open) -> None:
    images = (way_fakes.image(ImagePurpose.COVER, ImageState.REFUSED, reason="有联系方式"),)
    stage = open_window(on_the_way(fakes.off_air(), States.APPROVED, images=images))
    window = stage.window
    window.rail.buttons["settings"].click()
    window.settings.show_section("account")
    assert stage.wishes(LoadApplication) == [LoadApplication()]
    find = window.settings.findChild
    assert find(QWidget, "settings.cover.status").text() == "未通过：有联系方式"
    assert find(QWidget, "settings.avatar.status").text() == "至少 200×200，6 MB 以内"
    find(QAbstractButton, "settings.cover.remove").click()
    assert stage.wishes(RemoveImage) == [RemoveImage(ImagePurpose.COVER)]
    assert "求职指导" in find(QWidget, "settings.scopes").text()
    find(QAbstractButton, "settings.scope_change").click()
    assert window.desk_page == "prepare"
    assert window.prepare.status.main.text() == "申请变更范围"
    window.prepare.status.main.click()
    assert stage.wishes(BeginApplication) == [BeginApplication(ApplicationKind.SCOPE_CHANGE)]
