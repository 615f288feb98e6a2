"""The real camera class on a rendered film: OpenCV's FFMPEG backend stands in for the driver."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from app.errors import DeviceError
from app.ports.engine import CameraControls, CameraFormat, CameraSettings, CameraSource, SourceStatus
from app.runtime.clock import SystemClock
from capture.devices.cameras import Cameras, Place
from capture.devices.controls import CameraBook
from capture.frames import PictureFormat, planes
from capture.sources.base import SourceState
from capture.sources.camera import OpenCvCamera, camera_source

PICTURE = PictureFormat(320, 180, 30)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Red, and long enough that it does not end while somebody looks."""
    path = tmp_path / "device.mkv"
    scene = "color=c=red:size=640x360:rate=30:duration=20,format=yuv420p"
    tags = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", f"{scene},{tags}", "-preset", "ultrafast"]
    subprocess.run([*command, str(path)], check=True)
    return path


def opened(path: Path) -> OpenCvCamera:
    return OpenCvCamera(CameraSource(device_id=str(path)), PICTURE, SystemClock(), cv2.CAP_FFMPEG)


def until(is_so: Callable[[], bool], what: object) -> None:
    deadline_s = time.monotonic() + 8
    while not is_so():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.01)


def test_its_pictures_have_the_programmes_size_and_the_right_colour(film: Path) -> None:
    camera = opened(film)
    try:
        frames = [camera.read() for _ in range(10)]
        assert (camera.width_px, camera.height_px) == (640, 360)
        for frame in frames:
            assert isinstance(frame, av.VideoFrame)
            assert (frame.width, frame.height, frame.format.name) == (320, 180, "yuv420p")
            # Red in BT.709, limited range; OpenCV itself goes by BT.601 from a file, which is a little off.
            found = [int(np.median(plane)) for plane in planes(frame)]
            assert found == pytest.approx([63, 102, 240], abs=16)
    finally:
        camera.close()


def test_one_that_vanishes_is_lost_and_comes_back_by_itself(film: Path) -> None:
    told: list[SourceState] = []
    source = camera_source(CameraSource(device_id=str(film)), PICTURE, told.append, SystemClock(), lambda: opened(film))
    source.start()
    try:
        until(lambda: bool(told) and told[-1].status is SourceStatus.LIVE, told)
        assert source.frame_at(time.monotonic()) is not None
        assert (told[-1].width_px, told[-1].height_px) == (640, 360)
        away = film.rename(film.with_suffix(".away"))
        until(lambda: told[-1].status is SourceStatus.LOST, told)
        assert told[-1].code == "camera_lost"
        assert source.frame_at(time.monotonic()) is None
        away.rename(film)
        until(lambda: told[-1].status is SourceStatus.LIVE, told)
    finally:
        source.close()
    assert [state.status.value for state in told] == ["starting", "live", "lost", "live"]


def test_what_is_no_camera_is_said(tmp_path: Path) -> None:
    with pytest.raises(DeviceError) as missing:
        opened(tmp_path / "none")
    assert missing.value.code == "no_camera"
    (tmp_path / "mute").write_bytes(b"no pictures here")
    with pytest.raises(DeviceError) as mute:
        opened(tmp_path / "mute")
    assert mute.value.code == "camera_in_use"


class Moving(Cameras):
    """One camera that is plugged in here and there: a film, as far as the driver is concerned."""

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        self.path = path

    def place(self, device_id: str) -> Place | None:
        if self.path is None or device_id != "usb:046d:082d:1:00":
            return None
        # A size that the driver does not have is a wish like any other.
        formats = (CameraFormat(width_px=640, height_px=360, rates_fps=(30.0,), fourcc="YUYV"),)
        return Place(device_id, "C920", str(self.path), formats)


def test_plugged_in_again_under_another_name_it_goes_on_by_itself(film: Path, tmp_path: Path) -> None:
    told: list[SourceState] = []
    controls: list[CameraControls] = []
    known, book = Moving(film), CameraBook(controls.append)
    wish = CameraSource(device_id="usb:046d:082d:1:00")
    book.want(wish.device_id, CameraSettings(power_line_hz=50))

    def open_device() -> OpenCvCamera:
        return OpenCvCamera(wish, PICTURE, SystemClock(), cv2.CAP_FFMPEG, book=book, cameras=known)

    source = camera_source(wish, PICTURE, told.append, SystemClock(), open_device, cameras=known)
    source.start()
    try:
        until(lambda: bool(told) and told[-1].status is SourceStatus.LIVE, told)
        known.path = None
        away = film.rename(tmp_path / "away.mkv")
        until(lambda: told[-1].status is SourceStatus.LOST, told)
        known.path = away.rename(tmp_path / "video4.mkv")
        until(lambda: told[-1].status is SourceStatus.LIVE, told)
    finally:
        source.close()
    assert [(state.status.value, state.code) for state in told] == [
        ("starting", ""),
        ("live", ""),
        ("lost", "camera_lost"),
        ("live", ""),
    ]
    assert {state.name for state in told[1:]} == {"C920"}
    # A film has no controls, and says so each time it is opened.
    assert controls == [CameraControls(device_id=wish.device_id, present=CameraSettings())] * 2


def test_one_that_no_list_has_is_missing() -> None:
    with pytest.raises(DeviceError) as missing:
        OpenCvCamera(CameraSource(device_id="usb:none"), PICTURE, SystemClock(), cameras=Moving(None))
    assert missing.value.code == "no_camera"
