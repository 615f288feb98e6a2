"""What is asked of a driver, and what its answers mean."""

from __future__ import annotations

from fractions import Fraction

import pytest

from app.ports.engine import CameraFormat
from capture.devices import v4l2
from tests.contract.capture.fake_v4l2 import FakeControl, FakeDriver, FakeFormat

THIRTY, TEN = (Fraction(1, 30), Fraction(1, 15)), (Fraction(1, 10),)


def test_formats_are_sizes_rates_and_packing_largest_first() -> None:
    driver = FakeDriver(
        formats=(
            FakeFormat("YUYV", {(640, 480): THIRTY, (1280, 720): TEN}),
            FakeFormat("MJPG", {(1920, 1080): THIRTY, (1280, 720): (Fraction(1001, 30000),)}),
        )
    )
    with driver.node() as node:
        assert node.formats() == (
            CameraFormat(width_px=1920, height_px=1080, rates_fps=(30.0, 15.0), fourcc="MJPG"),
            CameraFormat(width_px=1280, height_px=720, rates_fps=(10.0,), fourcc="YUYV"),
            CameraFormat(width_px=1280, height_px=720, rates_fps=(29.97,), fourcc="MJPG"),
            CameraFormat(width_px=640, height_px=480, rates_fps=(30.0, 15.0), fourcc="YUYV"),
        )


def test_any_size_between_two_is_told_as_the_usual_ones() -> None:
    driver = FakeDriver(formats=(FakeFormat("BGR3", {}, stepwise=(2, 1920, 2, 1200)),))
    with driver.node() as node:
        found = node.formats()
    assert [(one.width_px, one.height_px) for one in found] == [(1920, 1080), (1280, 720), (640, 480)]
    assert {one.rates_fps for one in found} == {(60.0,)}


@pytest.mark.parametrize(
    ("capabilities", "device_caps", "is_camera"),
    [
        (0x85200001, 0x04200001, True),
        (0x85200001, 0x04A00000, False),  # the metadata node of the same camera
        (0x00000001, 0, True),  # a driver from before device_caps
        (0x84203000, 0x04201000, True),  # several planes
        (0x85008003, 0x05008002, False),  # v4l2loopback that only takes pictures
    ],
)
def test_a_node_that_gives_no_pictures_is_no_camera(capabilities: int, device_caps: int, is_camera: bool) -> None:
    with FakeDriver(capabilities=capabilities, device_caps=device_caps).node() as node:
        assert node.is_camera() is is_camera


def test_controls_have_ranges_and_keep_to_them() -> None:
    driver = FakeDriver(
        controls={v4l2.GAIN: FakeControl(10, 100, 40, step=5), v4l2.BRIGHTNESS: FakeControl(-64, 64, 0)}
    )
    with driver.node() as node:
        gain, brightness = node.control(v4l2.GAIN), node.control(v4l2.BRIGHTNESS)
        assert gain is not None
        assert brightness is not None
        assert (gain.minimum, gain.maximum, gain.step, gain.default) == (10, 100, 5, 40)
        assert [gain.fit(value) for value in (-3, 11, 13, 99.9, 500)] == [10, 10, 15, 100, 100]
        assert (brightness.minimum, brightness.fit(-20.4)) == (-64, -20)
        assert node.get(v4l2.GAIN) == 40
        assert node.set(v4l2.GAIN, 55)
        assert node.get(v4l2.GAIN) == 55
        assert not node.set(v4l2.GAIN, 1000), "out of range is refused by the driver"
        assert node.control(v4l2.FOCUS_AUTO) is None
        assert node.get(v4l2.FOCUS_AUTO) is None
        assert not node.set(v4l2.FOCUS_AUTO, 1)


@pytest.mark.parametrize("flags", [0x1, 0x4, 0x40])
def test_one_that_is_disabled_or_only_to_be_read_counts_as_lacking(flags: int) -> None:
    with FakeDriver(controls={v4l2.GAIN: FakeControl(0, 10, 5, flags=flags)}).node() as node:
        assert node.control(v4l2.GAIN) is None


def test_one_that_an_automatic_holds_is_told_so() -> None:
    with FakeDriver(controls={v4l2.GAIN: FakeControl(0, 10, 5, flags=0x10)}).node() as node:
        gain = node.control(v4l2.GAIN)
    assert gain is not None
    assert gain.is_inactive


def test_a_signal_in_between_is_no_answer() -> None:
    driver = FakeDriver(controls={v4l2.GAIN: FakeControl(0, 10, 5)}, interruptions=3)
    with driver.node() as node:
        assert node.get(v4l2.GAIN) == 5


def test_a_camera_that_goes_away_while_it_is_asked_has_nothing() -> None:
    driver = FakeDriver(controls={v4l2.GAIN: FakeControl(0, 10, 5)}, formats=(FakeFormat("YUYV", {(640, 480): TEN}),))
    with driver.node() as node:
        driver.is_gone = True
        assert node.formats() == ()
        assert node.control(v4l2.GAIN) is None


def test_a_driver_whose_list_never_ends_is_cut_off() -> None:
    class Endless(FakeDriver):
        def _interval(self, data: bytearray) -> None:
            data[16:28] = b"\x01\0\0\0\x01\0\0\0\x1e\0\0\0"

    with Endless(formats=(FakeFormat("YUYV", {(640, 480): TEN}),)).node() as node:
        assert node.formats()[0].rates_fps == (30.0,)
