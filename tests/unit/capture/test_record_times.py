"""Times of a recording: where it begins, and back from whole milliseconds to even steps."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.packets import EncodedPacket, StreamFormat
from capture.record.snap import Snapper
from capture.record.timeline import Timeline

BOTH = StreamFormat(640, 360, 30, 600, 64, 48000, avc_config=b"v", aac_config=b"a")
SOUND_ALONE = StreamFormat(0, 0, 30, 0, 64, 48000, aac_config=b"a")


def video(at_ms: int, is_keyframe: bool = False, composition_ms: int = 0) -> EncodedPacket:
    return EncodedPacket("video", at_ms + composition_ms, at_ms, is_keyframe, b"v")


def sound(at_ms: int) -> EncodedPacket:
    return EncodedPacket("audio", at_ms, at_ms, False, b"a")


def placed(timeline: Timeline, *packets: EncodedPacket) -> list[tuple[str, int, int]]:
    return [(p.packet.kind, p.pts_ms, p.dts_ms) for packet in packets for p in timeline.place(packet)]


def test_it_begins_with_the_first_key_frame_and_the_sound_of_that_moment() -> None:
    timeline = Timeline(BOTH)
    assert placed(timeline, sound(4960), video(4967), sound(4981), sound(5002)) == []
    assert placed(timeline, video(5000, True)) == [("video", 0, 0), ("audio", 2, 2)]
    # Sound from before the picture that comes after it.
    assert placed(timeline, sound(5023), video(5033, composition_ms=67)) == [("audio", 23, 23), ("video", 100, 33)]
    assert timeline.misplaced_packets == 0


def test_sound_that_waits_is_bounded() -> None:
    timeline = Timeline(BOTH)
    assert placed(timeline, *(sound(1000 + number) for number in range(1000))) == []
    assert len(placed(timeline, video(1000, True))) == 1 + 128


def test_time_does_not_go_back() -> None:
    timeline = Timeline(BOTH)
    made = placed(timeline, video(1000, True), sound(1000), video(1000), sound(999), video(1033), sound(1021))
    assert made == [("video", 0, 0), ("audio", 0, 0), ("video", 33, 33), ("audio", 21, 21)]
    assert timeline.misplaced_packets == 1


def test_without_pictures_it_begins_with_sound() -> None:
    assert placed(Timeline(SOUND_ALONE), video(7, True), sound(9), sound(30)) == [("audio", 0, 0), ("audio", 21, 21)]


@pytest.mark.parametrize(
    ("rate_hz", "step"), [(90_000, Fraction(90_000, 30)), (90_000, Fraction(90_000, 24)), (48_000, Fraction(1024))]
)
def test_rounded_times_become_even_again(rate_hz: int, step: Fraction) -> None:
    snapper = Snapper(rate_hz, step)
    base_ms = round(Fraction(17 * step, rate_hz) * 1000)
    made = [
        snapper.snap(Fraction(round(number * step / rate_hz * 1000) - base_ms, 1000)) for number in range(17, 5000)
    ]  # fmt: skip
    assert {round(later - earlier - step) for earlier, later in pairwise(made)} == {0}


@given(st.lists(st.integers(1, 400), min_size=1, max_size=100))
def test_any_times_stay_within_two_milliseconds_and_go_on(steps_ms: list[int]) -> None:
    snapper = Snapper(90_000, Fraction(3000))
    at_ms, last = 0, -1
    for step_ms in steps_ms:
        moment = snapper.snap(Fraction(at_ms, 1000))
        assert moment > last
        assert abs(moment - at_ms * 90) <= 180
        last, at_ms = moment, at_ms + step_ms
