"""What the camera itself gives, beside what is shown: a film as device, a feeder at a socket, a webcam's controls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.errors import DeviceError
from app.ports.engine import CameraSettings, CameraSource, SourceStatus
from app.runtime.clock import SystemClock
from capture.devices import v4l2
from capture.frames import Array, PictureFormat
from capture.liveness.tap import CameraTap, OpenedCamera, captured_us
from capture.programme import ProgrammeTime
from capture.sources.base import SourceState
from capture.sources.camera import OpenCvCamera
from capture.sources.make import SourceDevices, SourceMaker
from capture.sources.socket_camera import DEVICE_ID, HEADER, NAME, CameraFeeder, SocketCamera
from tests.contract.capture.test_camera import PICTURE, film
from tests.contract.capture.test_fake_camera import CAM, stage

__all__ = ["film"]


class Ear:
    def __init__(self) -> None:
        self.cameras: list[OpenedCamera] = []
        self.shown: list[tuple[Array, int]] = []

    def opened(self, camera: OpenedCamera) -> None:
        self.cameras.append(camera)

    def show(self, bgr: Array, at_us: int) -> None:
        self.shown.append((bgr, at_us))


def test_each_picture_is_offered_as_it_was_captured(film: Path) -> None:
    tap, ear = CameraTap(), Ear()
    tap.listen(ear)
    camera = OpenCvCamera(CameraSource(device_id=str(film)), PICTURE, SystemClock(), cv2.CAP_FFMPEG, tap=tap)
    try:
        began_us = round(time.monotonic() * 1_000_000)
        for _ in range(5):
            camera.read()
        tap.listen(None)
        camera.read()
    finally:
        camera.close()
    [told] = ear.cameras
    assert (told.device_id, told.path, told.rate_fps) == (str(film), str(film), 30.0)
    assert tap.camera == told
    assert [bgr.shape for bgr, _ in ear.shown] == [(360, 640, 3)] * 5
    times = [at_us for _, at_us in ear.shown]
    assert times == sorted(set(times)) and times[0] >= began_us
    assert ear.shown[0][0][100, 100, 2] > 200, "red"


@pytest.mark.parametrize(
    ("told_ms", "expected_us"),
    [
        (99_950.0, 99_950_000),
        (99_499.0, 100_000_000),
        (100_001.0, 100_000_000),
        (0.0, 100_000_000),
        (-1.0, 100_000_000),
    ],
)
def test_the_drivers_stamp_is_taken_where_it_can_be(told_ms: float, expected_us: int) -> None:
    assert captured_us(100.0, lambda: told_ms) == expected_us


# ---- a camera over a socket ----------------------------------------------------------------------


def until(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def test_its_pictures_come_as_they_were_sent(tmp_path: Path) -> None:
    path = tmp_path / "c.sock"
    clock, tap, ear = SystemClock(), CameraTap(), Ear()
    tap.listen(ear)
    with pytest.raises(DeviceError) as refused:
        SocketCamera(str(path), PICTURE, clock, tap)
    assert refused.value.code == "no_camera"
    with CameraFeeder(path) as feeder:
        assert not feeder.send(np.zeros((2, 2, 3), np.uint8), 1)
        camera = SocketCamera(str(path), PICTURE, clock, tap)
        bgr = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)
        assert feeder.send(bgr, 123_456)
        shown = camera.read()
        assert shown is not None and (shown.width, shown.height) == (320, 180)
        assert (camera.width_px, camera.height_px) == (64, 48)
        [(told, at_us)] = ear.shown
        assert at_us == 123_456 and np.array_equal(told, bgr)
        assert ear.cameras == [OpenedCamera(DEVICE_ID, NAME, str(path))]
        assert camera.read() is None
        feeder.unplug()
        with pytest.raises(DeviceError) as lost:
            camera.read()
        assert lost.value.code == "camera_lost"
        camera.close()
    assert not path.exists()


def test_what_is_no_picture_is_no_camera(tmp_path: Path) -> None:
    path = tmp_path / "c.sock"
    with CameraFeeder(path) as feeder:
        camera = SocketCamera(str(path), PICTURE, SystemClock(), None)
        assert feeder.is_attached and feeder._link is not None
        feeder._link.sendall(HEADER.pack(65_000, 1, 0))
        with pytest.raises(DeviceError):
            camera.read()
        camera.close()


def test_only_an_engine_with_the_switch_has_it_and_it_comes_back_as_a_camera_does(tmp_path: Path) -> None:
    path = tmp_path / "c.sock"
    clock, states = SystemClock(), list[SourceState]()
    time_ = ProgrammeTime(0.0, 30)
    source = CameraSource(device_id=DEVICE_ID)

    def made(switch: str) -> SourceMaker:
        return SourceMaker(PictureFormat(320, 180, 30), time_, clock, SourceDevices(None, test_camera=switch))  # type: ignore[arg-type]

    plain = made("").picture(source, states.append)
    assert plain is not None
    plain.start()
    until(lambda: states[-1].status is SourceStatus.FAILED)
    plain.close()
    assert states[-1].code == "no_camera" and states[-1].name == ""
    states.clear()
    running = made(str(path)).picture(source, states.append)
    assert running is not None
    stop = threading.Event()

    def feed() -> None:
        with CameraFeeder(path) as feeder:
            while not stop.is_set():
                feeder.send(np.zeros((48, 64, 3), np.uint8), round(time.monotonic() * 1e6))
                time.sleep(0.02)

    for _ in range(2):
        stop.clear()
        feeding = threading.Thread(target=feed)
        feeding.start()
        if not states:
            running.start()
        until(lambda: states[-1].status is SourceStatus.LIVE)
        assert states[-1].name == NAME
        stop.set()
        feeding.join()
        until(lambda: (states[-1].status, states[-1].code) == (SourceStatus.LOST, "camera_lost"))
    running.close()


# ---- exposure and white balance during the flash -------------------------------------------------


def test_a_camera_keeps_exposure_and_white_balance_and_has_its_own_way_again() -> None:
    camera = stage()
    controls = camera.hardware.driver.controls
    camera.book.want(CAM, CameraSettings(power_line_hz=50))
    camera.camera.read()
    assert (controls[v4l2.EXPOSURE_AUTO].now, controls[v4l2.AUTO_WHITE_BALANCE].now) == (3, 1)
    camera.book.fix(CAM)
    camera.camera.read()
    assert (controls[v4l2.EXPOSURE_AUTO].now, controls[v4l2.AUTO_WHITE_BALANCE].now) == (1, 0)
    told = camera.book.told
    assert told is not None and told == camera.told[-1]
    assert (told.present.is_exposure_auto, told.present.is_white_balance_auto) == (False, False)
    assert controls[v4l2.POWER_LINE_FREQUENCY].now == 1, "what a person wished stays"
    camera.book.fix(None)
    camera.camera.read()
    assert (controls[v4l2.EXPOSURE_AUTO].now, controls[v4l2.AUTO_WHITE_BALANCE].now) == (3, 1)
    camera.book.fix("another")
    camera.camera.read()
    assert controls[v4l2.EXPOSURE_AUTO].now == 3
