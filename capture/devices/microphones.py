"""Microphones through PortAudio (sounddevice). One object a process: PortAudio is one library with one state.

PortAudio lists devices when it is initialised and never again. So the list is made anew (terminate, initialise)
before listing and opening, but only while none of our streams is open: terminating would tear it away. What comes and
goes meanwhile is told by the sound system itself (capture.devices.endpoints).
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from app.errors import DeviceError
from app.ports.engine import Microphone
from capture.audio.rings import Sound
from capture.devices.endpoints import Endpoints, SoundEndpoints
from capture.devices.microphone_list import (
    DEFAULT_ID,
    SERVER_DEVICE,
    Input,
    Located,
    has_cards,
    inputs_of,
    locate,
    microphones_of,
)
from capture.devices.permission import is_forbidden
from capture.devices.standing import Standing
from capture.devices.usb import Identity, identity_of
from capture.programme import SAMPLE_RATE_HZ

__all__ = ["DEFAULT_ID", "PortAudioHost", "why_refused"]

_BLOCK_S = 0.01
_LATENCY_S = 0.03
_CARDS = Path("/sys/class/sound")
_SOURCE_VARIABLE = "PULSE_SOURCE"
_UNAVAILABLE, _INVALID_DEVICE, _HOST_ERROR = -9985, -9996, -9999
"""paDeviceUnavailable, paInvalidDevice, paUnanticipatedHostError"""

Stream = TypeVar("Stream")


class PortAudioHost:
    """Opens and lists microphones. Any worker thread; calls exclude each other."""

    def __init__(self, endpoints: SoundEndpoints | None = None) -> None:
        self._endpoints = endpoints or SoundEndpoints()
        self._lock = threading.Lock()
        self._open_streams = 0

    def signature(self) -> Endpoints:
        """Something cheap that changes when a microphone comes or goes, or another is preferred."""
        return self._endpoints.look()

    def list_microphones(self) -> tuple[Microphone, ...]:
        """What there is now; empty without PortAudio or sound card."""
        endpoints = self._endpoints.look()
        with self._lock:
            library = self._fresh()
            if library is None:
                return ()
            try:
                inputs = inputs_of(library)
            except (library.PortAudioError, ValueError):
                return ()
            is_stale = self._open_streams > 0
            return microphones_of(inputs, _preferred(library, inputs), endpoints, _identify, is_stale=is_stale)

    def open(
        self, device_id: str, on_rate: Callable[[int], None], on_block: Callable[[Sound], None]
    ) -> _PortAudioStream:
        """See MicrophoneHost."""
        endpoints = self._endpoints.look()
        with self._lock:
            library = self._fresh()
            inputs = _inputs(library)
            located = locate(device_id, inputs, _preferred(library, inputs), endpoints, _identify)
            if is_forbidden("microphone") and (located is None or located.input.host != "ALSA"):
                # Elsewhere than on Linux it would open, and stay silent.
                raise DeviceError("microphone_forbidden")
            if located is None:
                raise DeviceError("microphone_forbidden" if endpoints.is_refused else "no_microphone")
            channels = 1 if located.input.channels == 1 else 2

            def copy(data: Any, frames: int, moment: Any, status: Any) -> None:
                on_block(data)

            problem: Exception | None = None
            for rate_hz in dict.fromkeys((SAMPLE_RATE_HZ, located.input.rate_hz)):
                on_rate(rate_hz)
                stream = None
                try:
                    with _through_server(located):
                        stream = library.InputStream(
                            samplerate=rate_hz, blocksize=round(_BLOCK_S * rate_hz), device=located.input.index,
                            channels=channels, dtype="float32", latency=_LATENCY_S, callback=copy,
                        )  # fmt: skip
                        stream.start()
                except (library.PortAudioError, ValueError) as error:
                    problem = error
                    if stream is not None:
                        # Left open it would keep the device from the next try.
                        with contextlib.suppress(library.PortAudioError):
                            stream.close()
                    continue
                self._open_streams += 1
                return _PortAudioStream(stream, rate_hz, located, self._closed, library, self._standing(located))
            raise DeviceError(_why(problem, located, inputs, endpoints))

    def hold(self, open_stream: Callable[[Any], Stream]) -> Stream:
        """For a stream that plays: what ``open_stream`` makes of the library, counted as open until ``release``.

        The library is None where there is none. Raises what ``open_stream`` raises; nothing is held then.
        """
        with self._lock:
            stream = open_stream(self._fresh())
            self._open_streams += 1
            return stream

    def release(self) -> None:
        """The stream that was held is closed."""
        self._closed()

    def _closed(self) -> None:
        with self._lock:
            self._open_streams -= 1

    def _standing(self, located: Located) -> Callable[[], Standing]:
        """By what the sound system told last; asks nothing itself, for it is called ten times a second."""
        opened = self._endpoints.last

        def standing() -> Standing:
            now = self._endpoints.last
            if located.source:
                # A server that is away is noticed by the silence. What it told before the opening says nothing of it.
                if not now.has_server or now is opened:
                    return Standing.HERE
                if all(source.name != located.source for source in now.sources):
                    return Standing.GONE
                # Servers move streams: PulseAudio does when the chosen source was preferred and another is then.
                is_elsewhere = bool(now.heard) and located.source not in now.heard
                return Standing.MOVED if is_elsewhere else Standing.HERE
            # A sound server moves the stream itself. While another stream is open PortAudio could not list anew.
            is_followed = located.is_default and not opened.has_server and self._open_streams <= 1
            is_moved = is_followed and bool(now.default) and bool(opened.default) and now.default != opened.default
            return Standing.MOVED if is_moved else Standing.HERE

        return standing

    def _fresh(self) -> Any:
        try:
            library = importlib.import_module("sounddevice")
        except OSError:
            return None
        if self._open_streams == 0:
            with contextlib.suppress(library.PortAudioError):
                library._terminate()
            try:
                library._initialize()
            except library.PortAudioError:
                return None
        return library


class _PortAudioStream:
    def __init__(
        self,
        stream: Any,
        rate_hz: int,
        located: Located,
        on_closed: Callable[[], None],
        library: Any,
        standing: Callable[[], Standing],
    ) -> None:
        self.rate_hz = rate_hz
        self.name = located.name
        self.standing = standing
        self._stream = stream
        self._on_closed = on_closed
        self._library = library

    def close(self) -> None:
        """Abort rather than stop: a dead device would never drain."""
        for action in (self._stream.abort, self._stream.close):
            with contextlib.suppress(self._library.PortAudioError):
                action()
        self._on_closed()


def why_refused(error: Exception | None) -> str:
    """The code for what PortAudio said when it could not open: PortAudioError(text, number, (api, number, text))."""
    arguments: tuple[Any, ...] = error.args if error is not None else ()
    number = arguments[1] if len(arguments) > 1 else 0
    if number == _INVALID_DEVICE:
        return "no_microphone"
    if number == _HOST_ERROR and len(arguments) > 2 and len(arguments[2]) > 1:
        # ALSA gives the system's own numbers, as negative ones.
        cause = abs(int(arguments[2][1]))
        if cause in (errno.EACCES, errno.EPERM):
            return "microphone_forbidden"
        if cause in (errno.ENODEV, errno.ENOENT, errno.ENXIO):
            return "no_microphone"
    return "microphone_in_use"


def _why(error: Exception | None, located: Located, inputs: list[Input], endpoints: Endpoints) -> str:
    is_pseudo = located.input.name == SERVER_DEVICE or not has_cards(inputs)
    if located.input.host == "ALSA" and is_pseudo and not endpoints.has_server:
        # The way to a sound server is always in ALSA's list, whether there is one or not.
        return "microphone_forbidden" if endpoints.is_refused or is_forbidden("microphone") else "no_microphone"
    return why_refused(error)


def _inputs(library: Any) -> list[Input]:
    if library is None:
        return []
    try:
        return inputs_of(library)
    except (library.PortAudioError, ValueError):
        return []


def _preferred(library: Any, inputs: list[Input]) -> Input | None:
    if library is None:
        return None
    try:
        index = library.query_devices(kind="input")["index"]
    except (library.PortAudioError, ValueError):
        return None
    return next((one for one in inputs if one.index == index), None)


def _identify(card: str) -> Identity | None:
    return identity_of(_CARDS / f"card{card}")


@contextlib.contextmanager
def _through_server(located: Located) -> Iterator[None]:
    """While a stream is opened, what ALSA's way to the sound server takes as the source's name."""
    if not located.source:
        yield
        return
    before = os.environ.get(_SOURCE_VARIABLE)
    os.environ[_SOURCE_VARIABLE] = located.source
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SOURCE_VARIABLE]
        else:
            os.environ[_SOURCE_VARIABLE] = before
