"""The microphone's corrections: each does its work, changes without a click, and fails alone."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from app.ports.engine import SoundMends
from capture.audio import chain as chain_module
from capture.audio.chain import SoundChain
from capture.audio.rings import Sound

RATE_HZ, BLOCK = 48_000, 960


def tone(hz: float, seconds: float = 2.0, level: float = 0.2) -> np.ndarray:
    return level * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)


def both(one: np.ndarray) -> Sound:
    return np.asarray(np.stack((one, one)), np.float32)


def through(sound: Sound, mends: SoundMends, chain: SoundChain | None = None) -> Sound:
    chain = chain or SoundChain()
    chain.set(mends)
    blocks = [chain.process(sound[:, at : at + BLOCK]) for at in range(0, sound.shape[1] - BLOCK + 1, BLOCK)]
    return np.concatenate(blocks, axis=1)


def level_db(sound: Sound) -> float:
    return 20 * float(np.log10(np.sqrt((sound[:, RATE_HZ // 2 :] ** 2).mean())))


def test_without_mends_it_is_the_sound_itself() -> None:
    sound = both(tone(440))[:, :BLOCK]
    assert SoundChain().process(sound) is sound


@pytest.mark.parametrize("mains_hz", [50, 60])
def test_hum_and_rumble_go_and_a_voice_stays(mains_hz: int) -> None:
    mends = SoundMends(is_high_pass=True, mains_hz=mains_hz)
    for hz in (20, mains_hz, 2 * mains_hz, 3 * mains_hz):
        sound = both(tone(hz, 3.0))
        assert level_db(through(sound, mends)) < level_db(sound) - 20, hz
    for hz in (130, 330, 1000, 4000):
        sound = both(tone(hz))
        assert level_db(through(sound, mends)) == pytest.approx(level_db(sound), abs=1.5), hz


def test_steady_noise_is_lowered() -> None:
    sound = both(np.random.default_rng(1).normal(0, 0.02, 6 * RATE_HZ))
    assert level_db(through(sound, SoundMends(is_noise_suppressed=True))[:, 3 * RATE_HZ :]) < level_db(sound) - 10


def test_one_living_side_becomes_both_at_its_own_level() -> None:
    sound = both(tone(300))
    sound[1] *= 0.001
    after = through(sound, SoundMends(is_mono=True))
    assert (after[0, BLOCK:] == after[1, BLOCK:]).all()
    assert level_db(after) == pytest.approx(level_db(sound[:1]), abs=0.1)


def test_two_sides_become_their_mean() -> None:
    sound = np.asarray(np.stack((tone(300), tone(300, level=0.1))), np.float32)
    after = through(sound, SoundMends(is_mono=True))
    assert np.allclose(after[:, RATE_HZ:], (sound[0] + sound[1])[None, RATE_HZ : after.shape[1]] / 2, atol=1e-6)


def test_a_change_makes_no_click() -> None:
    sound, chain = both(tone(200, 1.0)), SoundChain()
    parts = [
        through(sound, mends, chain)
        for mends in (
            SoundMends(),
            SoundMends(is_high_pass=True),
            SoundMends(is_high_pass=True, is_mono=True),
            SoundMends(),
        )
    ]
    steps = np.abs(np.diff(np.concatenate(parts, axis=1)[0]))
    assert steps.max() < 1.5 * np.abs(np.diff(sound[0])).max()


def test_what_fails_is_left_out_and_the_voice_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def process(self, sound: Sound) -> Sound:
            raise RuntimeError("no")

    monkeypatch.setattr(chain_module, "_NoiseSuppression", Broken)
    sound, chain = both(tone(300, 0.2)), SoundChain()
    with caplog.at_level(logging.ERROR):
        after = through(sound, SoundMends(is_noise_suppressed=True, is_mono=True), chain)
    assert np.allclose(after, sound[:, : after.shape[1]], atol=1e-6)
    assert len([record for record in caplog.records if "is off" in record.message]) == 1
