"""A microphone that may come and go. Its thread opens and watches; PortAudio's callback copies and leaves.

STARTING → LIVE (first block) → LOST (no block for a second: microphone_lost) → LIVE
STARTING → FAILED (cannot be opened) → LIVE
LIVE → LIVE (the system prefers another now: opened again, within some tenths of a second)
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

import numpy as np

from app.errors import DeviceError
from app.ports.engine import MicSource, SourceStatus
from app.runtime.clock import Clock
from capture.audio.rings import DriftRing, Sound
from capture.devices.standing import Standing
from capture.sources.base import JOIN_S, RETRY_FAILED_S, RETRY_LOST_S, Report, SourceState

_LOG = logging.getLogger(__name__)

TARGET_S = 0.04
_SILENT_S = 1.0
_WAKES_WITHIN_S = 5.0
"""A headset on Bluetooth changes its profile first, a sound server its period: seconds pass before the first block."""
_WATCH_S = 0.1

OnBlock = Callable[[Sound], None]


class OpenedMicrophone(Protocol):
    """A running input stream."""

    rate_hz: int
    name: str

    def standing(self) -> Standing:
        """Whether it is still of the microphone that was asked for; never waits."""

    def close(self) -> None:
        """Stop and give the device back."""


class MicrophoneHost(Protocol):
    """Opens microphones; the real one is PortAudio."""

    def open(self, device_id: str, on_rate: Callable[[int], None], on_block: OnBlock) -> OpenedMicrophone:
        """Start a stream: ``on_rate`` before the first block. Blocks are n × channels, reused after the call.

        Raises DeviceError no_microphone, microphone_in_use, microphone_forbidden.
        """


class MicrophoneSound:
    """A SoundSource over a microphone."""

    def __init__(self, source: MicSource, name: str, host: MicrophoneHost, report: Report, clock: Clock) -> None:
        self._device_id = source.device_id
        self._name = name
        self._host = host
        self._report = report
        self._clock = clock
        self._stop = threading.Event()
        self._ring = DriftRing(TARGET_S)
        self._state = SourceState(SourceStatus.OFF)
        self._last_block_s = 0.0
        self._noted_resyncs = 0
        self._thread = threading.Thread(target=self.run, name="source-microphone", daemon=True)

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._set(SourceStatus.STARTING)
        self._thread.start()

    def read(self, at: int, count: int) -> Sound | None:
        """See SoundSource."""
        return self._ring.read(count)

    def close(self) -> None:
        """End and join."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)

    def run(self) -> None:
        """The loop; ends when closed."""
        while not self._stop.is_set():
            wait_s = RETRY_LOST_S
            try:
                wait_s = self._once()
            except Exception:
                # Nor may a driver that fails in giving its device back end this thread.
                _LOG.exception("the microphone failed")
            self._clock.wait(self._stop, wait_s)

    def _once(self) -> float:
        """From opening to closing; how long to wait before the next time."""
        self._last_block_s = 0.0
        try:
            stream = self._host.open(self._device_id, self._on_rate, self._on_block)
        except Exception as error:
            if self._state.status is not SourceStatus.LOST:
                self._set(SourceStatus.FAILED, _code_of(error))
            return RETRY_LOST_S if self._state.status is SourceStatus.LOST else RETRY_FAILED_S
        self._name = stream.name
        try:
            if self._watch(stream) is Standing.MOVED:
                return 0.0
        except Exception as error:
            _LOG.error("the microphone failed", exc_info=error)
            self._set(SourceStatus.LOST, "microphone_lost")
        finally:
            stream.close()
        return RETRY_LOST_S

    def _watch(self, stream: OpenedMicrophone) -> Standing:
        """Until it is closed, silent or no longer what it was; LOST is told here."""
        opened_s = self._clock.monotonic_s()
        while not self._clock.wait(self._stop, _WATCH_S):
            heard_s = self._last_block_s
            self._note_jumps()
            if heard_s:
                self._set(SourceStatus.LIVE)
            standing = stream.standing()
            if standing is Standing.MOVED:
                _LOG.info("microphone: another one is preferred or heard now; it is opened again")
                return standing
            limit_s = _SILENT_S if heard_s else _WAKES_WITHIN_S
            is_mute = self._clock.monotonic_s() - max(heard_s, opened_s) > limit_s
            if is_mute or standing is Standing.GONE:
                self._set(SourceStatus.LOST, "microphone_lost")
                return Standing.GONE
        return Standing.HERE

    def _note_jumps(self) -> None:
        resyncs = self._ring.resyncs
        if resyncs > self._noted_resyncs:
            _LOG.info("microphone: its sound jumped, %d times so far", resyncs)
        self._noted_resyncs = resyncs

    def _on_rate(self, rate_hz: int) -> None:
        self._ring = DriftRing(TARGET_S, rate_hz)

    def _on_block(self, block: Sound) -> None:
        self._last_block_s = self._clock.monotonic_s()
        self._ring.write(np.broadcast_to(block.T, (2, len(block))) if block.shape[1] == 1 else block.T[:2])

    def _set(self, status: SourceStatus, code: str = "") -> None:
        state = SourceState(status, code, self._name)
        if state != self._state:
            self._state = state
            _LOG.info("microphone: %s %s", status, code)
            self._report(state)


def _code_of(error: Exception) -> str:
    if isinstance(error, DeviceError):
        return error.code
    # A driver or library that fails in an unforeseen way is tried again like a device that is taken.
    _LOG.error("the microphone failed", exc_info=error)
    return "microphone_in_use"
