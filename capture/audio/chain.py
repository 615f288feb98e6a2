"""Corrects the microphone's sound: one signal on both sides, rumble and hum, noise. Mixer's thread, 20 ms at a time.

Order: mono, high-pass with notches at the mains and its multiples, noise suppression. A change is faded over one block.
Noise suppression (WebRTC's, by pywebrtc-audio) delays by 7 ms: less than lips and voice are apart by anyway.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

import av
import av.filter
import numpy as np
from pywebrtc_audio import NoiseSuppressor

from app.ports.engine import SoundMends
from capture.audio.rings import Sound
from capture.programme import BLOCK_SAMPLES, SAMPLE_RATE_HZ

_LOG = logging.getLogger(__name__)

HIGH_PASS_HZ = 85
"""Below the pitch of a deep voice."""
NOTCHES = 8
"""At the mains and its multiples."""
_NOTCH_QUALITY = 30
"""3 Hz wide at 100: what a voice loses is not heard."""
_NOISE_LEVEL = 2
"""0 … 3: 18 dB at most; at 3 voices begin to gurgle."""
_STEP = SAMPLE_RATE_HZ // 100
_SIDE_RATIO = 16.0
"""Power of the louder side over the other (12 dB): then the other has nothing to add but noise."""
_SIDE_MEMORY = 0.98


class _Stage(Protocol):
    def process(self, sound: Sound) -> Sound: ...


class _Mono:
    """The mean of two sides, or the living one where one is dead: half of a voice would be 6 dB less of it."""

    def __init__(self) -> None:
        self._powers = np.zeros(2)
        self._weights = np.array((0.5, 0.5), np.float32)

    def process(self, sound: Sound) -> Sound:
        powers = np.einsum("ij,ij->i", sound, sound)
        self._powers = _SIDE_MEMORY * self._powers + (1 - _SIDE_MEMORY) * powers
        left, right = self._powers
        wanted = (1.0, 0.0) if left > _SIDE_RATIO * right else (0.0, 1.0) if right > _SIDE_RATIO * left else (0.5, 0.5)
        before, self._weights = self._weights, np.asarray(wanted, np.float32)
        if (before == self._weights).all():
            one = self._weights @ sound
        else:
            rise = np.linspace(0.0, 1.0, sound.shape[1], dtype=np.float32)
            one = (before @ sound) * (1 - rise) + (self._weights @ sound) * rise
        return np.stack((one, one))


class _HighPass:
    """libavfilter's biquads: 0.3 ms a block."""

    def __init__(self, mains_hz: int) -> None:
        self._graph = av.filter.Graph()
        self._source = self._graph.add_abuffer(
            format="fltp", sample_rate=SAMPLE_RATE_HZ, layout="stereo", time_base=Fraction(1, SAMPLE_RATE_HZ)
        )
        filters = [("highpass", f"f={HIGH_PASS_HZ}:poles=2")]
        filters += [
            ("bandreject", f"f={mains_hz * number}:width_type=q:w={_NOTCH_QUALITY}") for number in range(1, NOTCHES + 1)
        ]
        last = self._source
        for name, options in filters:
            made = self._graph.add(name, options)
            last.link_to(made)
            last = made
        self._sink = self._graph.add("abuffersink")
        last.link_to(self._sink)
        self._graph.configure()
        self._at = 0

    def process(self, sound: Sound) -> Sound:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, self._at
        self._at += sound.shape[1]
        self._source.push(frame)
        out = self._sink.pull()
        assert isinstance(out, av.AudioFrame)
        return np.asarray(out.to_ndarray(), np.float32)


class _NoiseSuppression:
    """A suppressor for each side that differs; two sides that are the same share one."""

    def __init__(self) -> None:
        self._sides = [
            NoiseSuppressor(sample_rate=SAMPLE_RATE_HZ, num_channels=1, level=_NOISE_LEVEL) for _ in range(2)
        ]

    def process(self, sound: Sound) -> Sound:
        if np.array_equal(sound[0], sound[1]):
            one = self._side(0, sound[0])
            return np.stack((one, one))
        return np.stack((self._side(0, sound[0]), self._side(1, sound[1])))

    def _side(self, index: int, sound: np.ndarray) -> np.ndarray:
        steps = [
            self._sides[index].process(np.ascontiguousarray(sound[at : at + _STEP]))
            for at in range(0, len(sound), _STEP)
        ]
        return np.concatenate(steps)


class SoundChain:
    """``set`` from any thread, ``process`` from the mixer's."""

    def __init__(self) -> None:
        self._wanted = SoundMends()
        self._mends = SoundMends()
        self._stages: tuple[_Stage, ...] = ()

    def set(self, mends: SoundMends) -> None:
        """From the next block on."""
        self._wanted = mends

    def process(self, sound: Sound) -> Sound:
        """2 × 960 in and out; the sound itself when there is nothing to correct."""
        wanted = self._wanted
        if wanted == self._mends:
            return self._through(self._stages, sound) if self._stages else sound
        before = self._through(self._stages, sound)
        self._mends, self._stages = wanted, self._made(wanted)
        after = self._through(self._stages, sound)
        rise = np.linspace(0.0, 1.0, BLOCK_SAMPLES, dtype=np.float32)
        return np.asarray(before * (1 - rise) + after * rise, np.float32)

    def _made(self, mends: SoundMends) -> tuple[_Stage, ...]:
        """New ones, with nothing of before in them."""
        chosen: tuple[tuple[bool, Callable[[], _Stage]], ...] = (
            (mends.is_mono, _Mono),
            (mends.is_high_pass, lambda: _HighPass(60 if mends.mains_hz == 60 else 50)),
            (mends.is_noise_suppressed, _NoiseSuppression),
        )
        return tuple(make() for is_on, make in chosen if is_on)

    def _through(self, stages: tuple[_Stage, ...], sound: Sound) -> Sound:
        for stage in stages:
            try:
                sound = stage.process(sound)
            except Exception:
                # What fails is left out from now on; the voice goes on.
                _LOG.exception("%s failed and is off", type(stage).__name__)
                self._stages = tuple(one for one in self._stages if one is not stage)
        return sound
