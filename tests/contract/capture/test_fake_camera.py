"""The camera that stands in for hardware: its pictures do what its controls say, through the real loop and controls."""

from __future__ import annotations

import numpy as np
import pytest

from app.errors import DeviceError
from app.ports.engine import CameraControls, CameraSettings, SourceStatus
from app.runtime.clock import ManualClock
from capture.devices import v4l2
from capture.devices.controls import CameraBook
from capture.frames import PictureFormat, planes
from capture.sources.base import DeviceLoop, SourceState
from tests.contract.capture.fake_camera import FakeCamera, FakeHardware, Light, Script, encoded, grey_scene, linear

PICTURE = PictureFormat(320, 180, 30)
CAM = "usb:046d:082d:1:00"


class Stage:
    """An opened camera, and what one wants of it."""

    def __init__(self, hardware: FakeHardware) -> None:
        self.hardware = hardware
        self.clock = ManualClock()
        self.told: list[CameraControls] = []
        self.book = CameraBook(self.told.append)
        self.camera = self.open()

    def open(self) -> FakeCamera:
        return FakeCamera(self.hardware, PICTURE, self.clock, self.book, CAM)

    def luma(self, **wanted: object) -> np.ndarray:
        """Of the second picture after these settings."""
        if wanted:
            self.book.want(CAM, CameraSettings(**wanted))  # type: ignore[arg-type]
        self.camera.read()
        frame = self.camera.read()
        assert frame is not None
        return planes(frame)[0].astype(np.float64)

    def colour(self, **wanted: object) -> tuple[float, float]:
        """Mean Cb and Cr less grey."""
        self.luma(**wanted)
        frame = self.camera.read()
        assert frame is not None
        _, blue, red = planes(frame)
        return float(blue.mean()) - 128, float(red.mean()) - 128


def stage(**light: float) -> Stage:
    return Stage(FakeHardware(grey_scene(), Light(**light)))


def bands(luma: np.ndarray) -> float:
    """How much lines of pixels differ from their mean, as a part of it."""
    rows = luma[:, 20:140].mean(axis=1)
    return float(rows.std() / rows.mean())


def test_in_good_light_the_picture_is_well_exposed_and_still() -> None:
    luma = stage().luma()
    assert 100 < luma.mean() < 150
    assert bands(luma) < 0.01


@pytest.mark.parametrize("setting", [0, 60])
def test_lamps_of_50_hz_leave_bands_until_the_camera_is_told_of_them(setting: int) -> None:
    lamp = stage(level=0.7, mains_hz=50)
    assert bands(lamp.luma(power_line_hz=setting)) > 0.03
    assert bands(lamp.luma(power_line_hz=50)) < 0.005


def test_more_exposure_is_a_brighter_picture_and_so_is_more_gain() -> None:
    room = stage(level=1.0)
    means = [room.luma(exposure=part, gain=0.0).mean() for part in (0.3, 0.4, 0.5)]
    assert means[0] < means[1] < means[2]
    assert room.luma(exposure=0.3, gain=0.2).mean() > means[0] * 1.3


def test_an_exposure_that_was_fixed_wrongly_is_mended_by_the_automatic() -> None:
    room = stage()
    assert room.luma(exposure=0.1).mean() < 60
    assert 100 < room.luma(is_exposure_auto=True).mean() < 150


def test_in_the_dark_a_slower_picture_has_less_noise() -> None:
    room = stage(level=0.02)

    def noise() -> float:
        return float(np.diff(room.luma()[:, 20:140], axis=1).std())

    fast, fast_fps = noise(), room.camera.rate_fps
    room.book.want(CAM, CameraSettings(may_slow_in_dark=True))
    room.luma()
    slow, slow_fps = noise(), room.camera.rate_fps
    assert slow < fast * 0.7
    assert (fast_fps, slow_fps) == (30.0, pytest.approx(7.5))


def test_a_white_balance_that_is_mistaken_tints_until_it_is_set() -> None:
    lamp = Stage(FakeHardware(grey_scene(), Light(kelvin=2900), white_balance_auto_kelvin=5000))
    blue, red = lamp.colour()
    assert blue < -8
    assert red > 5
    blue, red = lamp.colour(white_balance_kelvin=2900)
    assert abs(blue) < 2
    assert abs(red) < 2


def test_settings_outlive_being_closed_as_in_a_camera_that_keeps_its_power() -> None:
    room = stage()
    room.luma(power_line_hz=50)
    room.camera.close()
    room.camera = room.open()
    assert room.hardware.driver.controls[v4l2.POWER_LINE_FREQUENCY].now == 1


def test_a_photograph_comes_back_as_it_was_when_the_light_is_right() -> None:
    photograph = np.tile(np.linspace(20, 220, 320, dtype=np.uint8)[None, :, None], (180, 1, 3))
    back = encoded(linear(photograph)).astype(int)
    # Exposed as an automatic would expose it: brighter or darker in all parts alike.
    assert np.all(np.diff(back[0, :, 0]) >= 0)
    assert 0.18 < float(linear(photograph).mean()) < 0.24


def test_the_script_in_seconds_through_the_real_loop() -> None:
    hardware = FakeHardware(grey_scene(32, 18), script=Script(frozen_s=2.0, unplugged_s=6.0, replugged_s=9.0))
    clock, told = ManualClock(), list[SourceState]()
    book = CameraBook(lambda _: None)

    def open_device() -> FakeCamera:
        if clock.monotonic_s() >= 1009:
            hardware.script.frozen_s = None
        return FakeCamera(hardware, PictureFormat(32, 18, 30), clock, book, CAM)

    def report(state: SourceState) -> None:
        told.append(state)
        if [one.status for one in told].count(SourceStatus.LIVE) == 2:
            loop.close()

    loop = DeviceLoop("camera", lambda: "Cam", open_device, report, clock)
    loop.run()
    assert [(state.status, state.code) for state in told] == [
        (SourceStatus.LIVE, ""),
        (SourceStatus.LOST, "camera_frozen"),
        (SourceStatus.LIVE, ""),
    ]
    assert told[-1].name == "Cam"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (Script(unplugged_s=0.0), "no_camera"),
        (Script(is_busy=True), "camera_in_use"),
        (Script(is_forbidden=True), "camera_forbidden"),
    ],
)
def test_missing_busy_and_forbidden_are_three_things(script: Script, code: str) -> None:
    with pytest.raises(DeviceError) as refused:
        Stage(FakeHardware(grey_scene(32, 18), script=script))
    assert refused.value.code == code
