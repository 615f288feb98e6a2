"""The sound's meter on signals whose figures follow from their making."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from app.domain.quality.measures import SoundMeasures
from capture.audio.rings import Sound
from capture.meters.sound import SoundMeter

RATE_HZ = 48_000
BLOCK = 960


def both(one: npt.NDArray[np.floating]) -> Sound:
    return np.asarray(np.stack((one, one)), np.float32)


def tone(hz: float, level_db: float, seconds: float = 6.0) -> npt.NDArray[np.float64]:
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return np.asarray(10 ** (level_db / 20) * np.sin(2 * np.pi * hz * times), np.float64)


def noise(level_db: float, seconds: float = 6.0, seed: int = 1) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, 10 ** (level_db / 20), round(seconds * RATE_HZ))


def measured(raw: Sound, voiced: Sound | None = None) -> SoundMeasures:
    meter = SoundMeter()
    for at in range(0, raw.shape[1] - BLOCK + 1, BLOCK):
        block = raw[:, at : at + BLOCK]
        meter.feed(block, block if voiced is None else voiced[:, at : at + BLOCK])
    return meter.look()


def test_levels_and_loudness_of_a_tone() -> None:
    found = measured(both(tone(997.0, -20.0)))
    assert found.observed_s == pytest.approx(6.0)
    assert found.peak_db == pytest.approx(-20.0, abs=0.05)
    assert found.true_peak_db == pytest.approx(-20.0, abs=0.1)
    for lufs in (found.momentary_lufs, found.short_term_lufs, found.integrated_lufs):
        assert lufs == pytest.approx(-20.0, abs=0.1)


def test_a_peak_between_samples_is_seen() -> None:
    times = np.arange(6 * RATE_HZ) / RATE_HZ
    # An abrupt beginning swings higher than the tone itself.
    fade_in = np.minimum(1.0, times / 0.1)
    found = measured(both(0.5 * fade_in * np.sin(2 * np.pi * 12_000 * times + math.pi / 4)))
    assert found.peak_db == pytest.approx(-9.03, abs=0.05)
    assert found.true_peak_db == pytest.approx(-6.02, abs=0.1)


def test_nothing_at_all_is_silent_and_the_least_noise_is_not() -> None:
    assert measured(both(np.zeros(3 * RATE_HZ))).is_silent
    assert measured(both(np.full(3 * RATE_HZ, 0.2))).is_silent, "a constant is no sound"
    assert not measured(both(noise(-78.0, 3.0))).is_silent


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
@pytest.mark.parametrize("level_db", [-50.0, -30.0])
def test_hum_is_told_with_its_mains(mains_hz: float, level_db: float) -> None:
    lines = sum(tone(mains_hz * number, level_db - 4 * number, 6.0) for number in (1, 2, 3))
    found = measured(both(lines + noise(-75.0)))
    assert found.hum_hz == mains_hz
    assert found.hum_db is not None and found.hum_db > 15


def test_noise_and_a_tone_elsewhere_are_no_hum() -> None:
    for sound in (noise(-40.0), tone(440.0, -20.0) + noise(-70.0), tone(85.0, -25.0) + noise(-60.0)):
        found = measured(both(sound))
        assert found.hum_hz is None or (found.hum_db or 0) < 10


@pytest.mark.parametrize("level", [1.0, 0.3])
def test_cut_tops_are_counted_at_any_level_and_round_ones_are_not(level: float) -> None:
    whole = tone(310.0, 0.0, 4.0)
    cut = np.clip(1.6 * whole, -1, 1) * level
    assert measured(both(cut)).clipped_per_s > 100
    assert measured(both(whole * level * 0.98)).clipped_per_s == 0
    in_16_bits = np.round(cut * 32767) / 32768
    assert measured(both(in_16_bits)).clipped_per_s > 100


def test_gaps_cut_into_sound_are_counted_and_pauses_are_not() -> None:
    sound = noise(-20.0, 10.0)
    broken = sound.copy()
    for at in range(2, 8):
        broken[at * RATE_HZ : at * RATE_HZ + 1200] = 0
    assert measured(both(broken)).dropouts_per_min == pytest.approx(36.0, abs=1)
    assert measured(both(sound)).dropouts_per_min == 0
    paused = sound.copy()
    fade = np.linspace(1, 0, 4800)
    for at in range(2, 8):
        start = at * RATE_HZ
        paused[start - 4800 : start] *= fade
        paused[start : start + 9600] = 0
        paused[start + 9600 : start + 14_400] *= fade[::-1]
    assert measured(both(paused)).dropouts_per_min == 0


def test_blocks_that_never_came_are_dropouts() -> None:
    meter, block = SoundMeter(), both(noise(-30.0, 0.02))
    for number in range(500):
        meter.feed(None if number in (200, 201, 300) else block, block)
    meter.note_lost(7)
    meter.feed(block, block)
    for _ in range(4):
        meter.feed(block, block)
    assert meter.look().dropouts_per_min == pytest.approx(3 * 60 / 10.1, abs=1.0), "two in the signal, one never made"


@pytest.mark.parametrize(("left_db", "right_db"), [(-20.0, -50.0), (-50.0, -20.0), (-20.0, -20.0)])
def test_sides(left_db: float, right_db: float) -> None:
    sides = np.stack((noise(left_db), noise(right_db, seed=2))).astype(np.float32)
    assert measured(sides).side_db == pytest.approx(left_db - right_db, abs=0.3)


def test_without_sound_no_side_is_said() -> None:
    assert measured(both(np.zeros(2 * RATE_HZ))).side_db is None


def test_fans_tones_and_clicks_are_no_speech() -> None:
    clicks = noise(-65.0)
    clicks[:: RATE_HZ // 3] += 0.3
    for sound in (noise(-30.0), tone(220.0, -20.0) + noise(-60.0), clicks):
        found = measured(both(sound))
        assert found.speech_s < 0.8 and not found.is_speaking


def test_mends_are_heard_in_what_is_sent_and_faults_in_what_came() -> None:
    cut = both(np.clip(1.6 * tone(310.0, 0.0, 4.0), -1, 1))
    found = measured(cut, cut * np.float32(0.01))
    assert found.clipped_per_s > 100
    assert found.peak_db == pytest.approx(-40.0, abs=0.1)


def test_reset_forgets() -> None:
    meter = SoundMeter()
    block = both(noise(-10.0, 0.02))
    for _ in range(100):
        meter.feed(block, block)
    meter.reset()
    assert meter.look() == SoundMeter().look()


def voice(seconds: float = 6.0) -> npt.NDArray[np.float64]:
    """Pulses of a gliding pitch through three resonances, in syllables: no two tops are of one height."""
    rng = np.random.default_rng(4)
    count = round(seconds * RATE_HZ)
    phase = np.cumsum(110 + 25 * np.sin(2 * np.pi * 0.7 * np.arange(count) / RATE_HZ)) / RATE_HZ
    pulses = np.diff(np.floor(phase), prepend=0.0) * rng.uniform(0.7, 1.0, count)
    times = np.arange(2400) / RATE_HZ
    ringing = sum(np.exp(-times * 90 * number) * np.sin(2 * np.pi * 500 * number * times) for number in (1, 2, 4))
    size = 1 << (count + len(times)).bit_length()
    made = np.fft.irfft(np.fft.rfft(pulses, size) * np.fft.rfft(ringing, size), size)[:count]
    made *= 0.55 + 0.45 * np.sin(2 * np.pi * 3.1 * np.arange(count) / RATE_HZ)
    return np.asarray(made / np.abs(made).max(), np.float64)


def band_limited(sound: npt.NDArray[np.float64], highest_hz: float) -> npt.NDArray[np.float64]:
    """As a change of the rate leaves it: straight tops ripple, corners are round."""
    spectrum = np.fft.rfft(sound)
    spectrum[np.fft.rfftfreq(len(sound), 1 / RATE_HZ) > highest_hz] = 0
    return np.fft.irfft(spectrum, len(sound))


@pytest.mark.parametrize("level", [0.9, 0.2])
def test_tops_that_were_cut_before_the_rate_was_changed_are_found(level: float) -> None:
    whole = band_limited(0.9 * voice(), 7500)
    cut = band_limited(np.clip(4 * voice(), -1, 1), 7500)
    assert measured(both(whole * level)).clipped_per_s < 0.1
    assert measured(both(cut * level * 0.8)).clipped_per_s > 1


def test_a_value_that_is_held_is_a_dropout_and_a_cut_top_is_none() -> None:
    sound = noise(-20.0, 10.0)
    held = sound.copy()
    for at in range(2, 8):
        start = at * RATE_HZ
        held[start : start + 1200] = 0.05
    assert measured(both(held)).dropouts_per_min == pytest.approx(36.0, abs=1)
    assert measured(both(np.clip(4 * tone(30.0, -6.0), -0.5, 0.5))).dropouts_per_min == 0


def test_every_third_second_is_enough_on_air_and_makes_no_gap_of_its_own() -> None:
    sound, meter = both(noise(-20.0, 21.0)), SoundMeter()
    heard, missed = round(6.5 * RATE_HZ), round(8.5 * RATE_HZ)
    for start in (heard, missed):
        sound[:, start : start + 1200] = 0
    meter.set_sparse(True)
    for at in range(0, sound.shape[1] - BLOCK + 1, BLOCK):
        meter.feed(sound[:, at : at + BLOCK], sound[:, at : at + BLOCK])
    found = meter.look()
    assert found.observed_s == pytest.approx(7.0, abs=0.2)
    assert found.dropouts_per_min == pytest.approx(60 / 7, abs=0.2)
    assert found.integrated_lufs == pytest.approx(measured(sound).integrated_lufs, abs=0.3)
