"""What the camera itself gives, for whoever listens: as captured, before scaling, correction and mirror. Any thread.

A camera's thread offers each picture; while nobody listens that costs a comparison. A picture that was offered is never
written to again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from capture.frames import Array


@dataclass(frozen=True, slots=True)
class OpenedCamera:
    """The camera that is open. ``path``: what the system calls its place; ``rate_fps`` 0 where it is not told."""

    device_id: str
    name: str
    path: str = ""
    rate_fps: float = 0.0


class Listener(Protocol):
    """Both run in the camera's thread and must not wait."""

    def opened(self, camera: OpenedCamera) -> None:
        """It was opened, anew or first."""

    def show(self, bgr: Array, at_us: int) -> None:
        """The next picture, H × W × 3; ``at_us``: when it was captured, by the monotonic clock."""


class CameraTap:
    """One for the engine."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._camera: OpenedCamera | None = None
        self._listener: Listener | None = None

    @property
    def camera(self) -> OpenedCamera | None:
        """The one that was opened last, and is open unless its source says otherwise."""
        return self._camera

    def listen(self, listener: Listener | None) -> None:
        """From the next picture on, in the place of the one before; None: nobody."""
        with self._lock:
            self._listener = listener

    def opened(self, camera: OpenedCamera) -> None:
        """By the camera's thread, before its first picture."""
        with self._lock:
            self._camera, listener = camera, self._listener
        if listener is not None:
            listener.opened(camera)

    def offer(self, bgr: Array, at_us: int) -> None:
        """By the camera's thread, each picture."""
        listener = self._listener
        if listener is not None:
            listener.show(bgr, at_us)


def captured_us(now_s: float, told_ms: Callable[[], float]) -> int:
    """When a picture was captured: as the driver says, where that can be (V4L2 has the monotonic clock); else now."""
    told_s = told_ms() / 1000
    return round((told_s if 0 <= now_s - told_s < _LATEST_S else now_s) * 1_000_000)


_LATEST_S = 0.5
"""A stamp that is older was not meant that way: films and some drivers count from their own beginning."""
