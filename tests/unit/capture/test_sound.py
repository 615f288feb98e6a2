"""Meters, limiter and mixer on known signals."""

from __future__ import annotations

import numpy as np
import pytest

from app.runtime.clock import ManualClock
from app.runtime.shared_frames import Levels
from capture.audio.limiter import Limiter
from capture.audio.meters import FLOOR_DB, FLOOR_LUFS, Meter
from capture.audio.mixer import Mixer
from capture.audio.rings import Sound
from capture.programme import BLOCK_SAMPLES, SAMPLE_RATE_HZ, ProgrammeTime


def sine(hz: float, amplitude: float, seconds: float, at: int = 0) -> Sound:
    place = np.arange(at, at + int(seconds * SAMPLE_RATE_HZ))
    tone = (amplitude * np.sin(2 * np.pi * hz * place / SAMPLE_RATE_HZ)).astype(np.float32)
    return np.stack((tone, tone))


AHEAD = SAMPLE_RATE_HZ // 1000
"""The limiter looks 1 ms ahead, and so all sound comes that much later."""


def blocks(sound: Sound) -> list[Sound]:
    return [sound[:, at : at + BLOCK_SAMPLES] for at in range(0, sound.shape[1], BLOCK_SAMPLES)]


# ---- meters --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("channels", "lufs"), [(2, 0.0), (1, -3.01)])
def test_loudness_of_the_reference_tone(channels: int, lufs: float) -> None:
    """BS.1770: a 997 Hz sine at full scale in one channel reads −3.01 LKFS, in both 0.0."""
    meter = Meter()
    sound = sine(997, 1.0, 1.0)
    if channels == 1:
        sound[1] = 0
    for block in blocks(sound):
        meter.feed(block)
    assert meter.momentary_lufs == pytest.approx(lufs, abs=0.1)


def test_bass_counts_less_and_treble_more() -> None:
    def loudness(hz: float) -> float:
        meter = Meter()
        for block in blocks(sine(hz, 0.1, 1.0)):
            meter.feed(block)
        return meter.momentary_lufs

    assert loudness(30) < loudness(997) - 6
    assert loudness(4000) > loudness(997) + 2


def test_levels_of_a_sine_and_of_nothing() -> None:
    meter = Meter()
    for block in blocks(sine(1000, 0.5, 0.1)):
        meter.feed(block)
    assert meter.peak_db == pytest.approx(-6.02, abs=0.05)
    assert meter.rms_db == pytest.approx(-9.03, abs=0.05)
    silent = Meter()
    for block in blocks(sine(1000, 0.0, 0.6)):
        silent.feed(block)
    assert (silent.peak_db, silent.rms_db, silent.momentary_lufs) == (FLOOR_DB, FLOOR_DB, FLOOR_LUFS)


def test_the_level_is_up_at_once_and_falls_by_twenty_db_in_seventeen_tenths() -> None:
    meter = Meter()
    meter.feed(sine(1000, 0.5, 0.02))
    assert meter.level_db == pytest.approx(-6.02, abs=0.05)
    quiet = sine(1000, 0.0001, 0.02)
    for _ in range(85):
        meter.feed(quiet)
    assert meter.level_db == pytest.approx(-26.02, abs=0.1)
    assert meter.peak_db == pytest.approx(-80, abs=0.1), "what it is stands beside what is shown"
    meter.feed(sine(1000, 0.25, 0.02))
    assert meter.level_db == pytest.approx(-12.04, abs=0.05)


def test_the_highest_peak_stays_marked_for_twenty_seconds() -> None:
    meter = Meter()
    meter.feed(sine(1000, 0.5, 0.02))
    quiet = sine(1000, 0.01, 0.02)
    for _ in range(1000):
        meter.feed(quiet)
    assert meter.hold_db == pytest.approx(-6.02, abs=0.1)
    meter.feed(quiet)
    assert meter.hold_db == pytest.approx(-40, abs=0.1)


def test_the_lamp_tells_of_what_came_in_and_not_of_what_the_limiter_left() -> None:
    meter = Meter()
    limited = sine(1000, 0.8, 0.02)
    meter.feed(limited, 0.9)
    assert not meter.is_over
    meter.feed(limited, 1.5)
    assert meter.is_over
    for _ in range(49):
        meter.feed(limited, 0.5)
    assert meter.is_over, "long enough to be seen"
    meter.feed(limited, 0.5)
    assert not meter.is_over


# ---- limiter -------------------------------------------------------------------------------------


def test_what_is_not_loud_passes_untouched_a_millisecond_later() -> None:
    limiter = Limiter()
    sound = sine(440, 0.5, 0.2)
    out = np.concatenate([limiter.process(block, 0.5) for block in blocks(sound)], axis=1)
    assert np.array_equal(out[:, AHEAD:], sound[:, :-AHEAD])
    assert not out[:, :AHEAD].any()


def test_what_is_too_loud_is_turned_down_and_comes_back() -> None:
    limiter = Limiter()
    loud = [limiter.process(block, 4.0) for block in blocks(sine(440, 4.0, 0.4))]
    assert max(float(np.abs(block).max()) for block in loud) <= 10 ** (-1 / 20) + 1e-6, "never above −1 dBFS"
    soft = blocks(sine(440, 0.25, 4.0))
    after = [limiter.process(block, 0.25) for block in soft]
    assert np.abs(after[0][:, AHEAD:]).max() < 0.2, "still turned down"
    assert np.abs(after[-1]).max() == pytest.approx(0.25, rel=0.02), "and back"


# ---- mixer ---------------------------------------------------------------------------------------


class Source:
    def __init__(self, sound: Sound | None) -> None:
        self.sound = sound
        self.asked: list[int] = []

    def start(self) -> None:
        """Nothing runs."""

    def read(self, at: int, count: int) -> Sound | None:
        self.asked.append(at)
        return self.sound

    def close(self) -> None:
        """Nothing is held."""


class Desk:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.heard: list[tuple[int, Sound]] = []
        self.levels: list[Levels] = []
        self.mixer = Mixer(
            ProgrammeTime(self.clock.monotonic_s(), 30),
            self.clock,
            lambda at, sound: self.heard.append((at, sound)),
            self.levels.append,
        )


ONES = np.full((2, BLOCK_SAMPLES), 0.5, np.float32)


def test_blocks_follow_each_other_and_the_source_is_asked_for_its_place() -> None:
    desk = Desk()
    source = Source(ONES)
    desk.mixer.set_source(source)
    for number in range(5):
        desk.mixer.mix(number)
    places = [number * BLOCK_SAMPLES for number in range(5)]
    assert source.asked == places
    assert [at for at, _ in desk.heard] == places
    assert all(np.array_equal(sound, ONES) for _, sound in desk.heard[1:])
    assert len(desk.levels) == 3


def test_gain_is_reached_within_a_block_without_a_jump() -> None:
    desk = Desk()
    desk.mixer.set_source(Source(ONES))
    desk.mixer.mix(0)
    desk.mixer.set_gain_db(-6.0206)
    heard = np.concatenate([desk.mixer.mix(number)[0] for number in (1, 2)])
    assert heard[0] == pytest.approx(0.5)
    assert np.abs(np.diff(heard)).max() < 0.001
    assert heard[BLOCK_SAMPLES + AHEAD :] == pytest.approx(0.25, rel=1e-3)


def test_gain_is_bounded() -> None:
    desk = Desk()
    desk.mixer.set_source(Source(np.full((2, BLOCK_SAMPLES), 0.001, np.float32)))
    desk.mixer.set_gain_db(500)
    desk.mixer.mix(0)
    assert desk.mixer.mix(1).max() == pytest.approx(0.001 * 10 ** (24 / 20), rel=0.01)


def test_muting_fades_and_is_told_with_the_levels() -> None:
    desk = Desk()
    desk.mixer.set_source(Source(ONES))
    desk.mixer.mix(0)
    desk.mixer.set_muted(True)
    heard = np.concatenate([desk.mixer.mix(number)[0] for number in (1, 2)])
    assert np.abs(np.diff(heard)).max() < 0.001, "no click"
    assert not heard[BLOCK_SAMPLES + AHEAD :].any()
    assert desk.levels[-1].is_muted
    desk.mixer.set_muted(False)
    heard = np.concatenate([desk.mixer.mix(number)[0] for number in (3, 4, 5)])
    assert np.abs(np.diff(heard)).max() < 0.001, "no click"
    assert (heard[-BLOCK_SAMPLES + AHEAD :] == 0.5).all()


def test_without_a_source_or_sound_there_is_silence() -> None:
    desk = Desk()
    assert not desk.mixer.mix(0).any()
    desk.mixer.set_source(Source(None))
    assert not desk.mixer.mix(1).any()


def test_nothing_leaves_above_full_scale() -> None:
    desk = Desk()
    desk.mixer.set_source(Source(np.full((2, BLOCK_SAMPLES), 5.0, np.float32)))
    for number in range(20):
        assert np.abs(desk.mixer.mix(number)).max() <= 1.0


def test_a_source_that_fails_costs_its_sound_only() -> None:
    class Wild(Source):
        def read(self, at: int, count: int) -> Sound | None:
            raise ArithmeticError

    desk = Desk()
    desk.mixer.set_source(Wild(None))
    assert not desk.mixer.mix(0).any()
    desk.mixer.set_source(Source(ONES))
    assert desk.mixer.mix(1).any()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_does_not_get_through(value: float) -> None:
    desk = Desk()
    sound = ONES.copy()
    sound[0, 100] = value
    desk.mixer.set_source(Source(sound))
    heard = [desk.mixer.mix(number) for number in range(3)]
    assert all(np.isfinite(block).all() and np.abs(block).max() <= 1.0 for block in heard)
    assert np.isfinite(desk.mixer.meter.rms_db)
