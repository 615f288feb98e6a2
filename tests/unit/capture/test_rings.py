"""Rings: nothing lost or doubled in step, gaps silent, a device's own clock followed, jumps counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.audio.rings import MAX_CORRECTION_RATIO, DriftRing, Sound, TimedRing
from capture.programme import BLOCK_SAMPLES, SAMPLE_RATE_HZ

RING_SAMPLES = 4800


def ramp(first: int, count: int) -> Sound:
    """Samples that say their own number: left n, right −n (exact in float32 below 2^24)."""
    numbers = np.arange(first, first + count, dtype=np.float32)
    return np.stack((numbers, -numbers))


# ---- TimedRing -----------------------------------------------------------------------------------


@given(st.integers(1, 10_000_000), st.lists(st.integers(1, 1500), min_size=1, max_size=12))
def test_what_is_written_in_sequence_is_read_in_place(first: int, counts: list[int]) -> None:
    ring = TimedRing(RING_SAMPLES)
    at = first
    for count in counts:
        ring.write(at, ramp(at, count))
        at += count
    kept = min(at - first, RING_SAMPLES)
    assert np.array_equal(ring.read(at - kept, kept), ramp(at - kept, kept))
    assert not ring.read(at, 100).any(), "what is not written yet is silent"
    assert not ring.read(at - kept - 100, 100).any(), "what is forgotten is silent"


@given(
    st.lists(
        st.tuples(st.integers(0, 12_000), st.integers(1, 6000)),
        min_size=1,
        max_size=15,
    )
)
def test_any_sample_read_is_the_right_one_or_silence(writes: list[tuple[int, int]]) -> None:
    ring = TimedRing(RING_SAMPLES)
    for at, count in writes:
        ring.write(at, ramp(at, count))
    got = ring.read(0, 20_000)
    wanted = ramp(0, 20_000)
    assert np.all((got == wanted) | (got == 0))
    at, count = writes[-1]
    last = min(count, RING_SAMPLES)
    end = at + count
    assert np.array_equal(ring.read(end - last, last), ramp(end - last, last)), "the newest write is whole"


def test_a_gap_is_silent_not_old_sound() -> None:
    ring = TimedRing(RING_SAMPLES)
    ring.write(1000, np.ones((2, RING_SAMPLES), np.float32))
    end = 1000 + RING_SAMPLES
    ring.write(end + 500, np.full((2, 100), 0.5, np.float32))
    assert not ring.read(end, 500).any()
    assert (ring.read(end + 500, 100) == 0.5).all()
    assert (ring.read(end - 100, 100) == 1.0).all()


def test_a_jump_back_begins_anew() -> None:
    ring = TimedRing(RING_SAMPLES)
    ring.write(100_000, ramp(100_000, 960))
    ring.write(10, ramp(10, 960))
    assert np.array_equal(ring.read(10, 960), ramp(10, 960))
    assert not ring.read(100_000, 960).any()


def test_a_short_step_back_before_the_start_is_kept() -> None:
    ring = TimedRing(RING_SAMPLES)
    ring.write(10_000, ramp(10_000, 960))
    ring.write(9_000, ramp(9_000, 960))
    assert np.array_equal(ring.read(9_000, 960), ramp(9_000, 960))


def test_more_than_the_ring_holds_keeps_the_end_in_its_place() -> None:
    ring = TimedRing(RING_SAMPLES)
    ring.write(500, ramp(500, RING_SAMPLES + 700))
    assert np.array_equal(ring.read(1200, RING_SAMPLES), ramp(1200, RING_SAMPLES))


def test_cleared_it_is_silent() -> None:
    ring = TimedRing(RING_SAMPLES)
    ring.write(0, ramp(1, 960))
    ring.clear()
    assert not ring.read(0, 960).any()


# ---- DriftRing -----------------------------------------------------------------------------------


class Device:
    """Writes a sine in blocks by a clock that is ``drift_ratio`` off; ``hear_until`` brings it to a moment."""

    def __init__(
        self, ring: DriftRing, rate_hz: int = SAMPLE_RATE_HZ, drift_ratio: float = 0.0, block_s: float = 0.01
    ) -> None:
        self._ring = ring
        self._rate_hz = rate_hz
        self._real_hz = rate_hz * (1 + drift_ratio)
        self._block = round(block_s * rate_hz)
        self._made = 0
        seconds = np.arange(rate_hz) / rate_hz
        tone = (0.5 * np.sin(2 * np.pi * 440 * seconds)).astype(np.float32)
        self._second = np.stack((tone, tone))

    def hear_until(self, time_s: float) -> None:
        while (self._made + self._block) / self._real_hz <= time_s:
            at = self._made % self._rate_hz
            self._ring.write(self._second[:, at : at + self._block])
            self._made += self._block


@given(st.lists(st.integers(1, 1920), min_size=5, max_size=40), st.integers(0, 4000))
def test_in_step_no_sample_is_lost_or_doubled(counts: list[int], ahead: int) -> None:
    ring = DriftRing(0.04)
    target = round(0.04 * SAMPLE_RATE_HZ)
    written = 0
    got: list[Sound] = []
    for count in counts:
        # The fill before each read is the target, give or take less than the calm zone.
        want = sum(part.shape[1] for part in got) + target + count + ahead % 300 + (1 if not got else 0)
        ring.write(ramp(written, max(0, want - written)))
        written = max(written, want)
        part = ring.read(count)
        assert part is not None
        got.append(part)
    heard = np.concatenate(got, axis=1)[0]
    assert np.array_equal(np.diff(heard), np.ones(len(heard) - 1, np.float32))
    assert ring.resyncs == 0


def test_it_is_silent_until_the_target_is_full() -> None:
    ring = DriftRing(0.04)
    ring.write(ramp(0, 1920 + BLOCK_SAMPLES - 1))
    assert ring.read(BLOCK_SAMPLES) is None
    ring.write(ramp(1920 + BLOCK_SAMPLES - 1, 1))
    sound = ring.read(BLOCK_SAMPLES)
    assert sound is not None
    assert np.array_equal(sound, ramp(0, BLOCK_SAMPLES))
    assert ring.resyncs == 0
    assert ring.fill_s == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("rate_hz", "drift_ratio"),
    [(48_000, 0.003), (48_000, -0.003), (44_100, 0.003), (16_000, -0.003), (48_000, 0.0001)],
)
def test_a_drifting_device_is_followed(rate_hz: int, drift_ratio: float) -> None:
    ring = DriftRing(0.04, rate_hz)
    device = Device(ring, rate_hz, drift_ratio)
    blocks: list[Sound] = []
    corrections = []
    for number in range(50 * 50):
        device.hear_until((number + 1) * 0.02)
        sound = ring.read(BLOCK_SAMPLES)
        if sound is None:
            assert number < 10, f"silence at {number * 0.02:.2f} s"
            continue
        blocks.append(sound)
        corrections.append(ring.correction_ratio)
    assert ring.resyncs == 0
    assert 0.005 < ring.fill_s < 0.1
    assert max(map(abs, corrections)) <= MAX_CORRECTION_RATIO
    assert np.mean(corrections[-1000:]) == pytest.approx(drift_ratio, abs=0.0005)
    # The last ten seconds: no click (a 440 Hz sine at half scale never moves faster than this), level kept.
    heard = np.concatenate(blocks[-500:], axis=1)[0]
    fastest = 0.5 * 2 * np.pi * 440 / SAMPLE_RATE_HZ
    assert np.abs(np.diff(heard)).max() < fastest * 1.1
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)


def test_another_rate_keeps_the_pitch() -> None:
    ring = DriftRing(0.04, 44_100)
    device = Device(ring, 44_100)
    parts = []
    for number in range(150):
        device.hear_until((number + 1) * 0.02)
        sound = ring.read(BLOCK_SAMPLES)
        if sound is not None:
            parts.append(sound[0])
    heard = np.concatenate(parts)[-SAMPLE_RATE_HZ:]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert int(spectrum.argmax()) == 440
    noise = spectrum.copy()
    noise[430:451] = 0
    assert noise.max() < spectrum.max() / 1000, "60 dB below the tone"


def test_a_late_reader_catches_up_without_loss() -> None:
    """A mixer that was kept from running for 400 ms takes what waits, block by block."""
    ring = DriftRing(0.04)
    ring.write(ramp(0, 1920 + BLOCK_SAMPLES))
    assert ring.read(BLOCK_SAMPLES) is not None
    ring.write(ramp(1920 + BLOCK_SAMPLES, 20 * BLOCK_SAMPLES))
    parts = [ring.read(BLOCK_SAMPLES) for _ in range(20)]
    assert all(part is not None for part in parts)
    heard = np.concatenate([part for part in parts if part is not None], axis=1)[0]
    # Played at most 0.5 % fast while catching up, never a jump.
    assert np.diff(heard).min() > 0.99
    assert np.diff(heard).max() < 1.01
    assert ring.resyncs == 0


def test_too_much_for_too_long_is_mended_by_one_counted_jump() -> None:
    ring = DriftRing(0.04)
    ring.write(ramp(0, 1920 + BLOCK_SAMPLES))
    assert ring.read(BLOCK_SAMPLES) is not None
    written = 1920 + BLOCK_SAMPLES
    ring.write(ramp(written, 14_400))  # 300 ms that nobody will ever catch up
    written += 14_400
    for _ in range(100):
        ring.write(ramp(written, BLOCK_SAMPLES))
        written += BLOCK_SAMPLES
        assert ring.read(BLOCK_SAMPLES) is not None
    assert ring.resyncs == 1
    assert ring.fill_s == pytest.approx(0.04, abs=0.01)


def test_a_reader_that_slept_longer_than_the_ring_hears_the_newest() -> None:
    ring = DriftRing(0.04)
    ring.write(ramp(0, 1920 + BLOCK_SAMPLES))
    assert ring.read(BLOCK_SAMPLES) is not None
    total = 5 * SAMPLE_RATE_HZ
    for at in range(1920 + BLOCK_SAMPLES, total, 480):
        ring.write(ramp(at, 480))
    sound = ring.read(BLOCK_SAMPLES)
    assert sound is not None
    assert ring.resyncs == 1
    assert np.array_equal(sound, ramp(total - 1920 - BLOCK_SAMPLES, BLOCK_SAMPLES))


def test_a_device_that_stops_gives_silence_then_fills_again() -> None:
    ring = DriftRing(0.04)
    device = Device(ring)
    device.hear_until(0.2)
    heard = [ring.read(BLOCK_SAMPLES) is not None for _ in range(20)]
    first_silence = heard.index(False)
    assert not any(heard[first_silence:])
    assert ring.resyncs == 1, "one gap is one resync, however long"
    device.hear_until(0.3)
    sound = ring.read(BLOCK_SAMPLES)
    assert sound is not None
    assert ring.fill_s == pytest.approx(0.04, abs=0.001)


def test_a_block_longer_than_the_ring_keeps_its_end() -> None:
    ring = DriftRing(0.04, keeps_s=0.5)
    ring.write(ramp(0, 48_000))
    sound = ring.read(BLOCK_SAMPLES)
    assert sound is not None
    assert np.array_equal(sound, ramp(48_000 - 1920 - BLOCK_SAMPLES, BLOCK_SAMPLES))
