"""Controls of a camera: what is told, what is set, what is given back. The driver is played."""

from __future__ import annotations

from typing import Any

import pytest

from app.ports.engine import CameraControls, CameraSettings
from capture.devices import v4l2
from capture.devices.controls import CameraBook, NoControls, PropertyControls, Steering, V4l2Controls
from tests.contract.capture.fake_camera import webcam_controls
from tests.contract.capture.fake_v4l2 import FakeControl, FakeDriver

CAM = "usb:046d:082d:1:00"


class Desk:
    """A book, a driver and what was told."""

    def __init__(self, controls: dict[int, FakeControl] | None = None) -> None:
        self.told: list[CameraControls] = []
        self.driver = FakeDriver(webcam_controls() if controls is None else controls)
        self.book = CameraBook(self.told.append)

    def open(self) -> Steering:
        return Steering(self.book, CAM, V4l2Controls(self.driver.node()))

    def now(self, control_id: int) -> int:
        return self.driver.controls[control_id].now


def test_an_opened_camera_tells_what_it_has_and_nothing_is_changed() -> None:
    desk = Desk()
    desk.open().close()
    (told,) = desk.told
    assert told.present == CameraSettings(
        power_line_hz=60, is_exposure_auto=True, exposure=0.678, gain=0.0, is_white_balance_auto=True,
        white_balance_kelvin=4000, may_slow_in_dark=False, brightness=0.502, is_focus_auto=True,
    )  # fmt: skip
    assert (told.kelvin_min, told.kelvin_max, told.power_lines_hz) == (2000, 6500, (0, 50, 60))
    assert desk.driver.asked == []
    desk.book.tell_again(desk.told.append)
    assert desk.told == [told, told]


def test_what_is_wanted_is_set_at_opening_and_at_once_while_it_runs() -> None:
    desk = Desk()
    desk.book.want(CAM, CameraSettings(power_line_hz=50))
    desk.book.want("another", CameraSettings(power_line_hz=0))
    steering = desk.open()
    assert desk.now(v4l2.POWER_LINE_FREQUENCY) == 1
    desk.book.want(CAM, CameraSettings(power_line_hz=50, may_slow_in_dark=True))
    assert desk.now(v4l2.EXPOSURE_AUTO_PRIORITY) == 0, "only the camera's own thread sets it"
    steering.keep_up()
    assert desk.now(v4l2.EXPOSURE_AUTO_PRIORITY) == 1
    assert [told.present.may_slow_in_dark for told in desk.told] == [False, True]
    asked = len(desk.driver.asked)
    steering.keep_up()
    assert len(desk.driver.asked) == asked
    steering.close()


def test_a_value_turns_its_automatic_off_first() -> None:
    desk = Desk()
    desk.book.want(CAM, CameraSettings(exposure=0.5, gain=1.0, white_balance_kelvin=9000))
    desk.open().close()
    assert desk.driver.asked == [
        (v4l2.EXPOSURE_AUTO, 1),
        (v4l2.AUTO_WHITE_BALANCE, 0),
        # Half way in stops: 3 · √(2047 / 3).
        (v4l2.EXPOSURE_ABSOLUTE, 78),
        (v4l2.GAIN, 255),
        (v4l2.WHITE_BALANCE_TEMPERATURE, 6500),
    ]
    assert desk.told[0].present.exposure == pytest.approx(0.5, abs=0.01)


def test_while_an_automatic_is_wanted_its_value_is_left_to_it() -> None:
    desk = Desk()
    wish = CameraSettings(is_exposure_auto=True, exposure=0.2, is_white_balance_auto=True, white_balance_kelvin=3000)
    desk.book.want(CAM, wish)
    desk.open().close()
    assert desk.driver.asked == [(v4l2.EXPOSURE_AUTO, 3), (v4l2.AUTO_WHITE_BALANCE, 1)]


def test_what_is_no_longer_wanted_goes_back_to_the_cameras_own_even_after_it_was_closed() -> None:
    desk = Desk()
    desk.book.want(CAM, CameraSettings(power_line_hz=50, exposure=0.1, white_balance_kelvin=3000))
    desk.open().close()
    desk.book.want(CAM, CameraSettings(power_line_hz=50))
    desk.open().close()
    present = desk.told[-1].present
    assert (present.is_exposure_auto, present.is_white_balance_auto, present.power_line_hz) == (True, True, 50)
    assert desk.now(v4l2.EXPOSURE_ABSOLUTE) == 250
    # The automatic comes last: it must find its value free.
    ids = [control_id for control_id, _ in desk.driver.asked]
    assert ids.index(v4l2.EXPOSURE_AUTO, 5) > ids.index(v4l2.EXPOSURE_ABSOLUTE, 5)


def test_what_somebody_else_has_set_is_left_alone() -> None:
    desk = Desk()
    desk.driver.controls[v4l2.GAIN].value = 77
    desk.book.want(CAM, CameraSettings(power_line_hz=50))
    steering = desk.open()
    desk.book.want(CAM, CameraSettings())
    steering.keep_up()
    steering.close()
    assert desk.now(v4l2.GAIN) == 77


def test_a_camera_without_controls_is_told_as_one_and_takes_every_wish() -> None:
    desk = Desk({})
    desk.book.want(CAM, CameraSettings(power_line_hz=50, exposure=0.5, gain=0.5, white_balance_kelvin=4000))
    desk.open().close()
    assert desk.told == [CameraControls(device_id=CAM, present=CameraSettings())]


def test_mains_that_the_camera_chooses_by_itself_are_not_a_frequency() -> None:
    desk = Desk({v4l2.POWER_LINE_FREQUENCY: FakeControl(0, 3, 3, menu=(0, 1, 2, 3))})
    desk.open().close()
    assert desk.told[0].present.power_line_hz is None
    assert desk.told[0].power_lines_hz == (0, 50, 60)


def test_an_old_camera_has_its_automatic_under_another_name() -> None:
    desk = Desk({v4l2.AUTOGAIN: FakeControl(0, 1, 1), v4l2.EXPOSURE_OLD: FakeControl(0, 255, 20)})
    desk.book.want(CAM, CameraSettings(exposure=1.0))
    steering = desk.open()
    assert (desk.now(v4l2.AUTOGAIN), desk.now(v4l2.EXPOSURE_OLD)) == (0, 255)
    desk.book.want(CAM, CameraSettings(is_exposure_auto=True))
    steering.keep_up()
    assert desk.told[-1].present.is_exposure_auto is True
    steering.close()


def test_cameras_with_a_full_automatic_use_it() -> None:
    desk = Desk({v4l2.EXPOSURE_AUTO: FakeControl(0, 3, 2, menu=(0, 2))})
    desk.book.want(CAM, CameraSettings(is_exposure_auto=True))
    steering = desk.open()
    assert desk.now(v4l2.EXPOSURE_AUTO) == 0
    desk.book.want(CAM, CameraSettings(is_exposure_auto=False))
    steering.keep_up()
    assert desk.now(v4l2.EXPOSURE_AUTO) == 2
    assert desk.told[-1].present.is_exposure_auto is False
    steering.close()


def test_a_driver_that_fails_costs_the_controls_and_not_the_picture() -> None:
    class Wild(NoControls):
        def apply(self, settings: CameraSettings, touched: set[str]) -> None:
            raise ArithmeticError

    desk = Desk()
    steering = Steering(desk.book, CAM, Wild())
    steering.keep_up()
    assert desk.told == []


# ---- elsewhere -----------------------------------------------------------------------------------


class Capture:
    """cv2.VideoCapture as far as properties go."""

    def __init__(self, **values: float) -> None:
        self.values: dict[int, float] = {int(name[1:]): value for name, value in values.items()}
        self.taken: list[tuple[int, float]] = []

    def get(self, number: int) -> float:
        return self.values.get(number, -1.0)

    def set(self, number: int, value: float) -> bool:
        if number not in self.values:
            return False
        self.values[number] = value
        self.taken.append((number, value))
        return True


def through_opencv(capture: Any) -> tuple[CameraBook, list[CameraControls], Steering]:
    told: list[CameraControls] = []
    book = CameraBook(told.append)
    return book, told, Steering(book, CAM, PropertyControls(capture))


def test_through_opencv_only_switches_that_exist_are_offered() -> None:
    _, told, _ = through_opencv(Capture(_39=1.0))
    assert told[0].present == CameraSettings(is_focus_auto=True)


def test_through_opencv_what_is_no_longer_wanted_is_automatic_again() -> None:
    capture = Capture(_21=1.0, _44=1.0, _45=4200.0)
    book, told, steering = through_opencv(capture)
    book.want(CAM, CameraSettings(white_balance_kelvin=3100, is_exposure_auto=False, power_line_hz=50))
    steering.keep_up()
    assert (capture.values[44], capture.values[45], capture.values[21]) == (0.0, 3100.0, 0.0)
    assert told[-1].present.white_balance_kelvin == 3100
    book.want(CAM, CameraSettings())
    steering.keep_up()
    assert (capture.values[44], capture.values[21]) == (1.0, 1.0)
    steering.close()
