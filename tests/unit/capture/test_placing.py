"""Where a file's pictures and sound lie in the programme, by the times that files bring."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest

from capture.programme import SAMPLE_RATE_HZ, ProgrammeTime
from capture.sources.media import decoder_threads
from capture.sources.placing import Placing, Span, first_s

PROGRAMME = ProgrammeTime(100.0, 30)
FRAME = 1024
FRAME_S = FRAME / SAMPLE_RATE_HZ


def placing(start_s: float = 0.0) -> Placing:
    return Placing(PROGRAMME, 101.0, start_s)


def samples(at_s: float) -> int:
    return round((1.0 + at_s) * SAMPLE_RATE_HZ)


def test_sound_is_counted_on_over_times_that_are_rounded() -> None:
    made = placing()
    found = [made.sample(round(number * FRAME_S, 3), FRAME) for number in range(500)]
    assert found == [samples(0) + number * FRAME for number in range(500)]


@pytest.mark.parametrize("jump_s", [0.5, 30.0, -5.0])
def test_sound_after_a_gap_lies_where_the_file_says(jump_s: float) -> None:
    made = placing()
    made.sample(10.0, FRAME)
    assert made.sample(10.0 + FRAME_S + jump_s, FRAME) == samples(10.0 + FRAME_S + jump_s)
    assert made.sample(10.0 + 2 * FRAME_S + jump_s, FRAME) == samples(10.0 + FRAME_S + jump_s) + FRAME


def test_sound_that_is_wanted_again_does_not_follow_the_last() -> None:
    made = placing()
    made.sample(1.0, FRAME)
    made.restart_sound()
    assert made.sample(1.0 + FRAME_S + 0.01, FRAME) == samples(1.0 + FRAME_S + 0.01)


def test_the_first_sound_that_is_decoded_is_not_the_beginning_of_the_file() -> None:
    made = placing(start_s=1.4)
    assert made.sample(6.4, FRAME) == samples(5.0)
    assert made.picture_s(6.4, 0.0) == pytest.approx(106.0)


@dataclass
class Stream:
    start_time: int | None
    time_base: Fraction | None = Fraction(1, 1000)


def test_a_file_begins_with_its_earliest_stream() -> None:
    assert first_s([Stream(1400), Stream(1377)], 9_000_000) == pytest.approx(1.377)
    assert first_s([Stream(None), Stream(-20)], None) == pytest.approx(-0.02)
    assert first_s([Stream(None), Stream(5, None)], 9_000_000) == 9.0
    assert first_s([], None) == 0.0


@pytest.mark.parametrize("rate", [24, 30, 60, 120, 240])
def test_no_slot_gets_two_pictures(rate: int) -> None:
    made = placing()
    found = [made.picture_s(number / rate, 0.0) for number in range(4 * rate)]
    kept = [moment_s for moment_s in found if moment_s is not None]
    assert len(kept) in (min(rate, 30) * 4, min(rate, 30) * 4 + 1)
    slots = [round((moment_s - 100.0) * 30 - 1e-6) for moment_s in kept]
    assert len(set(slots)) == len(slots)


def test_a_file_without_times_follows_its_rate() -> None:
    made = placing()
    due = [made.passed(True, Span(None, None, 0.04)) for _ in range(5)]
    assert due == pytest.approx([0.0, 0.04, 0.08, 0.12, 0.16])
    assert made.length_s == pytest.approx(0.2)
    assert made.picture_s(None, due[2]) == pytest.approx(101.08)


def test_the_length_is_that_of_the_picture_shown_last() -> None:
    made = placing()
    # As with pictures that are decoded earlier than shown: I P B B.
    for due, shown in ((-0.08, 0.0), (-0.04, 0.12), (0.0, 0.04), (0.04, 0.08)):
        made.passed(True, Span(due, shown, 0.04))
    assert made.length_s == pytest.approx(0.16)
    assert made.next_origin_s() == pytest.approx(101.0 + 5 / 30)


def test_what_was_slept_through_moves_all_that_follows() -> None:
    made = placing()
    made.sample(1.0, FRAME)
    made.shift(500.0, 1.0 + FRAME_S)
    assert made.origin_s == pytest.approx(499.0, abs=1 / 30)
    at = made.sample(1.0 + FRAME_S, FRAME)
    assert at == PROGRAMME.sample_at(made.origin_s + 1.0 + FRAME_S)


def test_a_pass_that_brings_nothing_is_known() -> None:
    made = placing()
    assert made.is_worthless
    made.passed(True, Span(0.0, 0.0, 1.0))
    assert not made.is_worthless, "nobody wanted anything decoded"
    made.tried(True)
    assert made.is_worthless
    made.passed(False, Span(0.0, 0.0, 1.0))
    made.tried(False)
    made.sample(0.0, FRAME)
    assert not made.is_worthless
    assert made.broken == {True}


@pytest.mark.parametrize(
    ("width", "height", "rate", "cores", "expected"),
    [(1280, 720, 60, 8, 1), (1920, 1080, 60, 8, 1), (3840, 2160, 30, 8, 4), (3840, 2160, 30, 2, 2), (0, 0, 30, 4, 1)],
)
def test_heavy_files_get_more_threads(width: int, height: int, rate: int, cores: int, expected: int) -> None:
    assert decoder_threads(width, height, rate, cores) == expected


def test_what_was_wanted_for_a_part_of_the_pass_only_is_not_called_broken() -> None:
    made = placing()
    for _ in range(3):
        made.passed(True, Span(None, None, 1.0))
    made.tried(True)
    assert made.broken == frozenset()
