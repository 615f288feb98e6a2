"""Microphones through PortAudio (sounddevice). One object a process: PortAudio is one library with one state.

PortAudio lists devices when it is initialised and never again. So the list is made anew (terminate, initialise)
before listing and opening, but only while none of our streams is open: terminating would tear it away.
"""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Callable
from typing import Any

from app.errors import DeviceError
from app.ports.engine import Microphone
from capture.audio.rings import Sound
from capture.programme import SAMPLE_RATE_HZ

_BLOCK_S = 0.01
_LATENCY_S = 0.03
DEFAULT_ID = "default"


class PortAudioHost:
    """Opens and lists microphones. Any worker thread; calls exclude each other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open_streams = 0

    def list_microphones(self) -> tuple[Microphone, ...]:
        """What there is now; empty without PortAudio or sound card."""
        with self._lock:
            library = self._fresh()
            if library is None:
                return ()
            try:
                default = library.query_devices(kind="input")["name"]
            except (library.PortAudioError, ValueError):
                default = ""
            return tuple(
                Microphone(
                    device_id=_id(library, device), name=str(device["name"]), is_default=device["name"] == default
                )
                for device in library.query_devices()
                if device["max_input_channels"] > 0
            )

    def open(
        self, device_id: str, on_rate: Callable[[int], None], on_block: Callable[[Sound], None]
    ) -> _PortAudioStream:
        """See MicrophoneHost."""
        with self._lock:
            library = self._fresh()
            if library is None:
                raise DeviceError("no_microphone")
            device = _find(library, device_id)
            if device is None:
                raise DeviceError("no_microphone")
            channels = 1 if device["max_input_channels"] == 1 else 2

            def copy(data: Any, frames: int, moment: Any, status: Any) -> None:
                on_block(data)

            for rate_hz in dict.fromkeys((SAMPLE_RATE_HZ, int(device["default_samplerate"]))):
                on_rate(rate_hz)
                stream = None
                try:
                    stream = library.InputStream(
                        samplerate=rate_hz, blocksize=round(_BLOCK_S * rate_hz), device=device["index"],
                        channels=channels, dtype="float32", latency=_LATENCY_S, callback=copy,
                    )  # fmt: skip
                    stream.start()
                except (library.PortAudioError, ValueError):
                    if stream is not None:
                        # Left open it would keep the device from the next try.
                        with contextlib.suppress(library.PortAudioError):
                            stream.close()
                    continue
                self._open_streams += 1
                return _PortAudioStream(stream, rate_hz, self._closed, library)
            raise DeviceError("microphone_in_use")

    def _closed(self) -> None:
        with self._lock:
            self._open_streams -= 1

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
    def __init__(self, stream: Any, rate_hz: int, on_closed: Callable[[], None], library: Any) -> None:
        self.rate_hz = rate_hz
        self._stream = stream
        self._on_closed = on_closed
        self._library = library

    def close(self) -> None:
        """Abort rather than stop: a dead device would never drain."""
        for action in (self._stream.abort, self._stream.close):
            with contextlib.suppress(self._library.PortAudioError):
                action()
        self._on_closed()


def _id(library: Any, device: Any) -> str:
    # Indices change when something is plugged in; host and name stay.
    return f"{library.query_hostapis(device['hostapi'])['name']}/{device['name']}"


def _find(library: Any, device_id: str) -> Any:
    try:
        if device_id in ("", DEFAULT_ID):
            return library.query_devices(kind="input")
        for device in library.query_devices():
            if device["max_input_channels"] > 0 and device_id in (_id(library, device), device["name"]):
                return device
    except (library.PortAudioError, ValueError):
        return None
    return None
