"""Some seconds of sound to listen to before going on air: kept in memory only, played once, gone with the engine.

NONE → TAKING → READY ⇄ PLAYING; TAKING → FAILED (no_microphone); PLAYING → FAILED (no_speaker, speaker_in_use)
From FAILED after playing it can be played again; taking again begins anew from anywhere.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

import numpy as np

from app.errors import DeviceError, InputError
from app.ports.engine import SampleChanged, SampleStatus
from app.runtime.clock import Clock, SystemClock
from capture.audio.resampled import true_peak
from capture.audio.rings import Sound
from capture.programme import BLOCK_SAMPLES, SAMPLE_RATE_HZ

_LOG = logging.getLogger(__name__)

LEAST_S, MOST_S = 0.5, 15.0
CEILING = 10 ** (-3 / 20)
"""−3 dBTP: loud enough to judge by, with room for a loudspeaker's own processing."""
_NOTHING_S = 1.0
"""A source that gives nothing for so long from the beginning on has nothing to be kept."""
_FADE = SAMPLE_RATE_HZ // 200
"""5 ms: a cut in the middle of a word must not crack."""
_OVERDUE_S = 4.0
"""A loudspeaker that has not come to its end so long after it should is gone: a Bluetooth one takes a second or two."""
JOIN_S = 2.0


class OpenedSpeaker(Protocol):
    """A running output stream."""

    def close(self) -> None:
        """Silence at once, and give the device back. Not from ``on_end``."""


class SpeakerHost(Protocol):
    """Plays over the system's default loudspeaker; the real one is PortAudio."""

    def open(self, sound: Sound, on_end: Callable[[bool], None]) -> OpenedSpeaker:
        """Begin to play 2 × n at 48 kHz; ``on_end`` in any thread, with whether all was played.

        Raises DeviceError no_speaker, speaker_in_use.
        """


class Playback:
    """One time through. ``run`` in a thread of its own: opening may take a sound server seconds."""

    def __init__(
        self,
        sound: Sound,
        speaker: SpeakerHost,
        clock: Clock,
        on_over: Callable[[Playback, str], None],
        before: threading.Thread | None = None,
    ) -> None:
        """``on_over`` gets the code, empty when all is well. ``before``: whoever may still hold the device."""
        self._sound, self._speaker, self._clock, self._on_over = sound, speaker, clock, on_over
        self._before = before
        self._is_stopping = False
        self._is_whole = False
        self._woken = threading.Event()
        self.thread = threading.Thread(target=self.run, name="sample-player", daemon=True)

    def stop(self) -> None:
        """End soon; ``on_over`` is called all the same. Any thread."""
        self._is_stopping = True
        self._woken.set()

    def run(self) -> None:
        """Until it was played, was stopped, or failed."""
        if self._before is not None and self._before.is_alive():
            self._before.join(JOIN_S)
        self._before = None
        code = "no_speaker"
        try:
            code = self._play()
        except DeviceError as error:
            code = error.code
        except Exception:
            # A driver that fails in an unforeseen way costs this playing.
            _LOG.exception("the loudspeaker failed")
        self._on_over(self, code)

    def _play(self) -> str:
        if self._is_stopping:
            return ""
        opened = self._speaker.open(audible(self._sound), self._ended)
        try:
            seconds = self._sound.shape[1] / SAMPLE_RATE_HZ
            self._clock.wait(self._woken, seconds + _OVERDUE_S)
        finally:
            # Read before closing, which ends it too.
            is_well = self._is_whole or self._is_stopping
            opened.close()
        if not is_well:
            _LOG.warning("the loudspeaker is gone or stands still")
        return "" if is_well else "no_speaker"

    def _ended(self, is_whole: bool) -> None:
        self._is_whole = is_whole
        self._woken.set()


class Sampler:
    """``feed`` in the mixer's thread, the rest in the control thread.

    ``on_changed`` is called in any thread with a lock held, so that states come in their order: it must neither block
    nor call back.
    """

    def __init__(
        self,
        speaker: SpeakerHost,
        on_changed: Callable[[SampleChanged], object],
        clock: Clock | None = None,
        start: Callable[[threading.Thread], None] = threading.Thread.start,
    ) -> None:
        self._speaker, self._on_changed, self._start = speaker, on_changed, start
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        # Under the lock:
        self._kept: Sound | None = None
        self._taking: Sound | None = None
        self._filled = 0
        self._has_heard = False
        self._playback: Playback | None = None
        self._thread: threading.Thread | None = None

    def feed(self, sound: Sound | None) -> None:
        """A block as viewers would hear it if it is not muted, 2 × n at 48 kHz; None: the source gives nothing."""
        if self._taking is None:
            return
        with self._lock:
            taking = self._taking
            if taking is None:
                return
            count = min(BLOCK_SAMPLES if sound is None else sound.shape[1], taking.shape[1] - self._filled)
            if sound is not None:
                taking[:, self._filled : self._filled + count] = sound[:, :count]
                self._has_heard = True
            self._filled += count
            is_whole = self._filled == taking.shape[1]
            if not self._has_heard and (is_whole or self._filled >= _NOTHING_S * SAMPLE_RATE_HZ):
                self._taking = None
                self._tell(SampleStatus.FAILED, "no_microphone")
            elif is_whole:
                self._kept, self._taking = taking, None
                self._tell(SampleStatus.READY)

    def take(self, seconds: float) -> None:
        """Keep the next 0.5 … 15 s; what was kept before stays until they are whole, what plays ends."""
        samples = round(max(LEAST_S, min(MOST_S, seconds)) * SAMPLE_RATE_HZ)
        with self._lock:
            self._end_playback()
            self._taking, self._filled, self._has_heard = np.zeros((2, samples), np.float32), 0, False
            self._tell(SampleStatus.TAKING)

    def play(self) -> None:
        """From the beginning, over the default loudspeaker; does nothing while it plays.

        Raises InputError ``sample_missing`` when nothing was kept. That there is no loudspeaker is told by
        ``on_changed``, when it is known.
        """
        with self._lock:
            if self._playback is not None:
                return
            if self._kept is None:
                raise InputError("sample_missing")
            self._taking = None
            playback = Playback(self._kept, self._speaker, self._clock, self._over, self._thread)
            self._playback, self._thread = playback, playback.thread
            self._tell(SampleStatus.PLAYING)
        self._start(playback.thread)

    def stop(self) -> None:
        """Neither keep nor play any longer; what was kept whole stays."""
        with self._lock:
            if self._taking is None and self._playback is None:
                return
            self._taking = None
            self._end_playback()
            self._tell(SampleStatus.NONE if self._kept is None else SampleStatus.READY)

    def close(self) -> None:
        """End, join and forget; says nothing more."""
        with self._lock:
            self._end_playback()
            self._taking = self._kept = None
            thread = self._thread
        if thread is not None and thread.is_alive():
            thread.join(JOIN_S)

    def _end_playback(self) -> None:
        if self._playback is not None:
            self._playback.stop()
            self._playback = None

    def _over(self, playback: Playback, code: str) -> None:
        """In the playback's thread."""
        with self._lock:
            # One that was stopped has been told already.
            if playback is self._playback:
                self._playback = None
                self._tell(SampleStatus.FAILED if code else SampleStatus.READY, code)

    def _tell(self, status: SampleStatus, code: str = "") -> None:
        # While it is taken, as long as it will be; otherwise as long as what could be played.
        held = self._taking if self._taking is not None else self._kept
        seconds = 0.0 if held is None else held.shape[1] / SAMPLE_RATE_HZ
        self._on_changed(SampleChanged(status=status, code=code, seconds=seconds))


def audible(sound: Sound) -> Sound:
    """A copy to play: as loud as it is, but −3 dBTP at most, with soft ends."""
    gain = min(1.0, CEILING / max(true_peak(sound), 1e-9))
    made = sound * np.float32(gain)
    fade = np.linspace(0.0, 1.0, _FADE, dtype=np.float32)
    made[:, :_FADE] *= fade
    made[:, -_FADE:] *= fade[::-1]
    return np.asarray(made, np.float32)
