"""The burnt-in counter is read back at any scale, and never misread."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.frames import I420
from capture.sources import counter


def picture(width_px: int, height_px: int) -> I420:
    frame = I420(width_px, height_px)
    noise = np.random.default_rng(7)
    frame.data[:] = noise.integers(0, 255, frame.data.shape, np.uint8)
    return frame


@pytest.mark.parametrize(
    "size", [(1280, 720), (1920, 1080), (854, 480), (640, 360), (320, 180), (806, 452), (720, 1280)]
)
def test_it_is_read_back_at_any_size(size: tuple[int, int]) -> None:
    frame = picture(*size)
    counter.paint(frame, 123456, 1_790_000_000_123)
    assert counter.read(frame.y) == counter.Reading(123456, 1_790_000_000_123)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**48 - 1))
def test_all_values_survive(number: int, utc_ms: int) -> None:
    frame = I420(640, 360)
    counter.paint(frame, number, utc_ms)
    assert counter.read(frame.y) == counter.Reading(number, utc_ms)


def test_a_scaled_picture_is_read() -> None:
    import cv2

    frame = picture(1280, 720)
    counter.paint(frame, 77, 88)
    for size in ((640, 360), (426, 240), (1600, 900), (806, 453)):
        assert counter.read(cv2.resize(frame.y, size, interpolation=cv2.INTER_AREA)) == counter.Reading(77, 88)


def test_a_damaged_strip_gives_no_reading() -> None:
    frame = picture(1280, 720)
    counter.paint(frame, 5, 6)
    frame.y[0:16, 16 * 20 : 16 * 21] = 251 - frame.y[0:16, 16 * 20 : 16 * 21]
    assert counter.read(frame.y) is None
    assert counter.read(picture(1280, 720).y) is None
    assert counter.read(np.full((720, 1280), 40, np.uint8)) is None


def test_the_documented_check_value() -> None:
    assert counter.crc16(bytes((0, 0, 0, 1, 0, 0, 0, 0, 0, 2))) == 0x791A
    assert counter.crc16(b"123456789") == 0x29B1
