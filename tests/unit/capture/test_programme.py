"""The programme's time: slots and samples lie on one clock and never drift apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.programme import BLOCK_S, BLOCK_SAMPLES, SAMPLE_RATE_HZ, ProgrammeTime, audio_pts_ms

starts_s = st.floats(0, 10_000_000, allow_nan=False)
rates_fps = st.integers(5, 60)
slots = st.integers(0, 60 * 3600 * 12)


@given(starts_s, rates_fps, slots)
def test_a_slot_is_found_again_by_its_time(start_s: float, rate_fps: int, slot: int) -> None:
    time = ProgrammeTime(start_s, rate_fps)
    assert time.slot_at(time.slot_s(slot)) == slot
    assert time.next_slot_s(time.slot_s(slot)) == time.slot_s(slot)


@given(starts_s, rates_fps, slots, st.floats(0.01, 0.99))
def test_a_moment_inside_a_slot_belongs_to_it(start_s: float, rate_fps: int, slot: int, part: float) -> None:
    time = ProgrammeTime(start_s, rate_fps)
    moment_s = time.slot_s(slot) + part / rate_fps
    assert time.slot_at(moment_s) == slot
    assert time.next_slot_s(moment_s) == time.slot_s(slot + 1)


@given(starts_s, rates_fps, slots)
def test_sound_and_picture_of_a_moment_have_the_same_pts(start_s: float, rate_fps: int, slot: int) -> None:
    time = ProgrammeTime(start_s, rate_fps)
    sample = time.sample_at(time.slot_s(slot))
    assert abs(audio_pts_ms(sample) - slot * 1000 / rate_fps) <= 1


def test_a_block_is_twenty_milliseconds() -> None:
    assert BLOCK_S == 0.02
    assert BLOCK_SAMPLES * 50 == SAMPLE_RATE_HZ
    assert audio_pts_ms(BLOCK_SAMPLES) == 20


@pytest.mark.parametrize("rate_fps", [24, 25, 30, 50, 60])
def test_before_the_start_slots_are_negative(rate_fps: int) -> None:
    time = ProgrammeTime(100.0, rate_fps)
    assert time.slot_at(100.0 - 0.5 / rate_fps) == -1
    assert time.sample_at(99.0) == -SAMPLE_RATE_HZ
