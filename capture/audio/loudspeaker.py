"""Plays a piece of sound over the system's default loudspeaker through PortAudio. The callback copies and leaves.

PortAudio is one library with one state: PortAudioHost lets us in (capture.devices.microphones), so that it is never
made anew while this stream or a microphone's is open.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np

from app.errors import DeviceError
from capture.audio.resampled import resampled
from capture.audio.rings import Sound
from capture.programme import SAMPLE_RATE_HZ

_LATENCY_S = 0.1
"""Nobody speaks against it: rather safe than soon."""
_TAIL_S = 0.3
"""Silence behind it: a sound server below PortAudio throws away what it still holds when the stream ends (measured with
PulseAudio: the last 0.12 s)."""
_UNAVAILABLE = -9985
"""paDeviceUnavailable: another program has the device for itself. Whatever else fails, there is none that plays."""

Stream = TypeVar("Stream")


class PortAudio(Protocol):
    """What is needed of capture.devices.microphones.PortAudioHost."""

    def hold(self, open_stream: Callable[[Any], Stream]) -> Stream:
        """What ``open_stream`` makes of the library, counted as an open stream until ``release``.

        The library is None where there is none. Raises what ``open_stream`` raises, and then nothing is held.
        """

    def release(self) -> None:
        """The stream is closed."""


class Loudspeaker:
    """See SpeakerHost in capture.audio.sample."""

    def __init__(self, host: PortAudio) -> None:
        self._host = host

    def open(self, sound: Sound, on_end: Callable[[bool], None]) -> _Playing:
        """Begin to play; see SpeakerHost."""
        return self._host.hold(lambda library: _opened(library, sound, on_end, self._host.release))


class _Playing:
    def __init__(self, stream: Any, library: Any, on_closed: Callable[[], None]) -> None:
        self._stream, self._library, self._on_closed = stream, library, on_closed

    def close(self) -> None:
        """Abort rather than stop: nobody waits for what a dead device still holds."""
        for action in (self._stream.abort, self._stream.close):
            with contextlib.suppress(self._library.PortAudioError):
                action()
        self._on_closed()


def _opened(library: Any, sound: Sound, on_end: Callable[[bool], None], on_closed: Callable[[], None]) -> _Playing:
    if library is None:
        raise DeviceError("no_speaker")
    try:
        device = library.query_devices(kind="output")
    except (library.PortAudioError, ValueError):
        raise DeviceError("no_speaker") from None
    channels = 1 if device["max_output_channels"] == 1 else 2
    code = "no_speaker"
    for rate_hz in dict.fromkeys((SAMPLE_RATE_HZ, int(device["default_samplerate"]))):
        stream, score = None, _Score(_interleaved(sound, rate_hz, channels), rate_hz, library.CallbackStop)
        try:
            stream = library.OutputStream(
                samplerate=rate_hz, device=device["index"], channels=channels, dtype="float32", latency=_LATENCY_S,
                callback=score.play, finished_callback=partial(_finished, score, on_end),
            )  # fmt: skip
            stream.start()
        except (library.PortAudioError, ValueError) as error:
            if stream is not None:
                # Left open it would keep the device from the next try.
                with contextlib.suppress(library.PortAudioError):
                    stream.close()
            if error.args[1:2] == (_UNAVAILABLE,):
                code = "speaker_in_use"
            continue
        return _Playing(stream, library, on_closed)
    raise DeviceError(code)


def _interleaved(sound: Sound, rate_hz: int, channels: int) -> np.ndarray:
    """n × channels, as PortAudio takes it."""
    at_rate = resampled(sound, rate_hz)
    return np.ascontiguousarray((at_rate.mean(axis=0, keepdims=True) if channels == 1 else at_rate).T, np.float32)


class _Score:
    """What is played, and how far it has come. ``play`` in PortAudio's thread."""

    def __init__(self, data: np.ndarray, rate_hz: int, stop: type[Exception]) -> None:
        self._data, self._stop = data, stop
        self._place = 0
        self._end = len(data) + round(_TAIL_S * rate_hz)

    @property
    def is_whole(self) -> bool:
        """All was handed over."""
        return self._place >= self._end

    def play(self, out: Any, frames: int, moment: Any, status: Any) -> None:
        """PortAudio's callback: ``out`` is frames × channels."""
        part = self._data[self._place : self._place + frames]
        out[: len(part)] = part
        out[len(part) :] = 0.0
        self._place += frames
        if self.is_whole:
            raise self._stop


def _finished(score: _Score, on_end: Callable[[bool], None]) -> None:
    # Called as well when the device or its sound server is gone.
    on_end(score.is_whole)
