"""What every picture source is to the compositor, and how a device thread keeps trying.

``DeviceLoop`` is the life of a camera or a screen in its own thread: open, deliver, notice loss or freeze,
close, wait, open again. Its table:

    STARTING → LIVE (first picture) → LOST (vanished: <kind>_lost · nothing new for 2 s: <kind>_frozen) → LIVE
    STARTING → FAILED (cannot be opened) → LIVE
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import av

from app.errors import DeviceError
from app.ports.engine import SourceStatus
from app.runtime.clock import Clock

_LOG = logging.getLogger(__name__)

FREEZE_S = 2.0
RETRY_LOST_S = 1.0
RETRY_FAILED_S = 2.0
JOIN_S = 2.0


@dataclass(frozen=True, slots=True)
class SourceState:
    """Status of a source; ``code`` as in SourceChanged."""

    status: SourceStatus
    code: str = ""
    name: str = ""
    width_px: int = 0
    height_px: int = 0


Report = Callable[[SourceState], None]


class PictureSource(Protocol):
    """A running source of programme-format pictures."""

    @property
    def has_counter(self) -> bool:
        """Whether the counter is to be burnt in."""

    def start(self) -> None:
        """Begin; returns at once."""

    def frame_at(self, time_s: float) -> av.VideoFrame | None:
        """The picture for a moment of the clock, None when there is none. Compositor's thread; never blocks."""

    def close(self) -> None:
        """End and join (≤ 2 s)."""


class PictureDevice(Protocol):
    """An opened camera or screen; used by one thread."""

    width_px: int
    height_px: int

    def read(self) -> av.VideoFrame | None:
        """The next picture in the programme's format; None when none came within about a second.

        Raises DeviceError when the device is gone.
        """

    def close(self) -> None:
        """Give the device back."""


class DeviceLoop:
    """A PictureSource over a device that may come and go. ``report`` is called in its thread and the compositor's."""

    has_counter = False

    def __init__(
        self,
        kind: str,
        name: str | Callable[[], str],
        open_device: Callable[[], PictureDevice],
        report: Report,
        clock: Clock,
    ) -> None:
        """``name`` may have to be looked up: then it is asked for in the loop's thread, before each opening."""
        self._kind = kind
        self._name = name if isinstance(name, str) else ""
        self._look_up_name = None if isinstance(name, str) else name
        self._open_device = open_device
        self._report = report
        self._clock = clock
        self._stop = threading.Event()
        self._lock = threading.Lock()
        # Held from a change of state until it was told; the lock above only while something is read or written.
        self._telling = threading.RLock()
        self._state = SourceState(SourceStatus.OFF)
        self._frame: av.VideoFrame | None = None
        self._frame_s = 0.0
        self._thread = threading.Thread(target=self.run, name=f"source-{kind}", daemon=True)

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._set(SourceStatus.STARTING)
        self._thread.start()

    def close(self) -> None:
        """A driver that hangs in read() is left to its daemon thread after 2 s."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)

    def frame_at(self, time_s: float) -> av.VideoFrame | None:
        """The newest picture while the device is live; here too a freeze is noticed, should read() hang."""
        self.check(time_s)
        with self._lock:
            return self._frame if self._state.status is SourceStatus.LIVE else None

    def check(self, now_s: float) -> bool:
        """Whether the device is frozen; reports it once."""
        if not self._is_frozen(now_s):
            return False
        with self._telling:
            # A picture may have come while the other thread was telling something.
            is_frozen = self._is_frozen(now_s)
            if is_frozen:
                self._set(SourceStatus.LOST, self._code("frozen"))
        return is_frozen

    def _is_frozen(self, now_s: float) -> bool:
        with self._lock:
            return self._state.status is SourceStatus.LIVE and now_s - self._frame_s > FREEZE_S

    def run(self) -> None:
        """The loop; ends when closed."""
        while not self._stop.is_set():
            wait_s = RETRY_LOST_S
            try:
                wait_s = self._once()
            except Exception:
                # Nor may a driver that fails in giving its device back end this thread.
                _LOG.exception("the %s failed", self._kind)
            self._clock.wait(self._stop, wait_s)

    def _once(self) -> float:
        """From opening to closing; how long to wait before the next time."""
        try:
            if self._look_up_name is not None:
                self._name = self._look_up_name()
            device = self._open_device()
        except Exception as error:
            # A device that was there before stays LOST while it is away: the reason has not changed.
            if self._state.status is not SourceStatus.LOST:
                self._set(SourceStatus.FAILED, self._code_of(error, "in_use"))
            return RETRY_LOST_S if self._state.status is SourceStatus.LOST else RETRY_FAILED_S
        try:
            self._deliver(device)
        except Exception as error:
            if self._state.status is not SourceStatus.LOST:
                has_run = self._state.status is SourceStatus.LIVE
                code = self._code_of(error, "lost" if has_run else "in_use")
                self._set(SourceStatus.LOST if has_run else SourceStatus.FAILED, code)
        finally:
            device.close()
        return RETRY_LOST_S

    def _deliver(self, device: PictureDevice) -> None:
        opened_s = self._clock.monotonic_s()
        has_frame = False
        while not self._stop.is_set():
            frame = device.read()
            now_s = self._clock.monotonic_s()
            if frame is None:
                if has_frame and (self.check(now_s) or self._state.status is SourceStatus.LOST):
                    return
                if not has_frame and now_s - opened_s > FREEZE_S:
                    raise DeviceError(self._code("in_use"))
                continue
            has_frame = True
            with self._lock:
                self._frame, self._frame_s = frame, now_s
            if self._state.status is not SourceStatus.LIVE:
                self._set(SourceStatus.LIVE, "", device.width_px, device.height_px)

    def _code(self, what: str) -> str:
        return "screen_unavailable" if self._kind == "screen" else f"{self._kind}_{what}"

    def _code_of(self, error: Exception, otherwise: str) -> str:
        if isinstance(error, DeviceError):
            return error.code
        # A driver or library that fails in an unforeseen way is tried again like a device that is away.
        _LOG.error("the %s failed", self._kind, exc_info=error)
        return self._code(otherwise)

    def _set(self, status: SourceStatus, code: str = "", width_px: int = 0, height_px: int = 0) -> None:
        state = SourceState(status, code, self._name, width_px, height_px)
        with self._telling:
            with self._lock:
                if state == self._state:
                    return
                self._state = state
                if status is not SourceStatus.LIVE:
                    self._frame = None
            _LOG.info("picture source: %s %s", status, code)
            self._report(state)
