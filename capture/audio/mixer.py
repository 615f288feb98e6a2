"""The mixer: takes 20 ms of sound at a time from the source, in step with the programme's clock. Its own thread.

Blocks are numbered from the programme's start, so sound pts is a sample count. A mixer that was kept from
running catches up block by block for up to a second (the rings still hold that), beyond that it jumps.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

import numpy as np

from app.ports.engine import SoundMends
from app.runtime.clock import Clock
from app.runtime.shared_frames import Levels
from capture.audio.chain import SoundChain
from capture.audio.limiter import CEILING, Limiter
from capture.audio.meters import Meter
from capture.audio.rings import Sound
from capture.audio.sources import SoundSource
from capture.programme import BLOCK_S, BLOCK_SAMPLES, SAMPLE_RATE_HZ, ProgrammeTime

_LOG = logging.getLogger(__name__)
_CATCH_UP_BLOCKS = 50
_LEVELS_EVERY_BLOCKS = 2
_JOIN_S = 2.0
_SILENCE: Sound = np.zeros((2, BLOCK_SAMPLES), np.float32)


class Listener(Protocol):
    """Hears each block before it can be muted. Mixer's thread; must return at once."""

    def heard(self, raw: Sound | None, voiced: Sound, limited: Sound) -> None:
        """``raw`` as the source gave it (None: nothing), ``voiced`` after mends and gain, then after the limiter."""


class Mixer:
    """``on_sound`` gets (first sample number, sound) of each block, ``on_levels`` 25 times a second."""

    def __init__(
        self,
        programme: ProgrammeTime,
        clock: Clock,
        on_sound: Callable[[int, Sound], None],
        on_levels: Callable[[Levels], None],
        listener: Listener | None = None,
    ) -> None:
        self._programme = programme
        self._clock = clock
        self._on_sound = on_sound
        self._on_levels = on_levels
        self._listener = listener
        self._chain = SoundChain()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._source: SoundSource | None = None
        self._gain = 1.0
        self._is_muted = False
        self._last_gain = 1.0
        self._last_opening = 1.0
        self._limiter = Limiter()
        self.meter = Meter()
        self.late_blocks = 0
        self._thread = threading.Thread(target=self._run, name="mixer", daemon=True)

    def start(self) -> None:
        """Begin to mix."""
        self._thread.start()

    def set_source(self, source: SoundSource | None) -> None:
        """Replace the source from the next block on."""
        with self._lock:
            self._source = source

    def set_gain_db(self, gain_db: float) -> None:
        """−60 … +24 dB, reached within one block."""
        self._gain = 10 ** (max(-60.0, min(24.0, gain_db)) / 20)

    def set_mends(self, mends: SoundMends) -> None:
        """Correct the source's sound, from the next block on."""
        self._chain.set(mends)

    def set_muted(self, is_muted: bool) -> None:
        """Silence, faded over one block."""
        self._is_muted = is_muted

    def close(self) -> None:
        """End and join."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        number = self._block_at(self._clock.monotonic_s()) + 1
        while not self._clock.wait(self._stop, self._due_s(number) - self._clock.monotonic_s()):
            behind = self._block_at(self._clock.monotonic_s()) - number
            if behind > _CATCH_UP_BLOCKS:
                self.late_blocks += behind
                number += behind
            try:
                self.mix(number)
            except Exception:
                # Whatever it was, it costs 20 ms of sound, never all that follows.
                _LOG.exception("mixing a block failed")
            number += 1

    def mix(self, number: int) -> Sound:
        """Make one block of the programme."""
        with self._lock:
            source = self._source
        at = number * BLOCK_SAMPLES
        raw = self._read(source, at)
        gain, opening = self._gain, 0.0 if self._is_muted else 1.0
        voiced = self._faded(self._chain.process(raw), self._last_gain, gain) if raw is not None else _SILENCE
        highest = 0.0 if voiced is _SILENCE else float(max(voiced.max(), -voiced.min()))
        limited = self._limiter.process(voiced, highest)
        if highest > CEILING:
            np.clip(limited, -1.0, 1.0, out=limited)
        if self._listener is not None:
            self._listener.heard(raw, voiced, limited)
        sound = self._faded(limited, self._last_opening, opening)
        self._last_gain, self._last_opening = gain, opening
        highest *= opening
        self.meter.feed(sound, highest)
        self._on_sound(at, sound)
        if number % _LEVELS_EVERY_BLOCKS == 0:
            meter = self.meter
            self._on_levels(Levels(meter.level_db, meter.rms_db, meter.hold_db, self._is_muted, meter.is_over))
        return sound

    @staticmethod
    def _faded(sound: Sound, before: float, after: float) -> Sound:
        """Multiplied; a factor that changes is reached at the end of the block."""
        if before != after:
            return np.asarray(sound * np.linspace(before, after, BLOCK_SAMPLES, dtype=np.float32), np.float32)
        return sound if after == 1.0 else np.asarray(sound * np.float32(after), np.float32)

    def _read(self, source: SoundSource | None, at: int) -> Sound | None:
        try:
            sound = source.read(at, BLOCK_SAMPLES) if source is not None else None
        except Exception:
            # A source that fails in an unforeseen way costs its sound, never the programme's.
            _LOG.exception("reading sound failed")
            return None
        # What is no number would stay in filters and encoder for ever.
        return sound if sound is None or np.isfinite(sound).all() else np.nan_to_num(sound, posinf=0.0, neginf=0.0)

    def _due_s(self, number: int) -> float:
        """A block is due when its last sample has passed."""
        return self._programme.start_s + (number + 1) * BLOCK_S

    def _block_at(self, time_s: float) -> int:
        return int((time_s - self._programme.start_s) * SAMPLE_RATE_HZ) // BLOCK_SAMPLES - 1
