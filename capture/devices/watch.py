"""Notices by itself that devices come and go. One thread, ``device-watch``; the engine's process owns it.

Every two seconds something cheap is looked at: the folder of cameras (20 µs), the sound server's list (a millisecond).
Only when that has changed the whole list is made, and only a list that differs from the last one is told.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable

from app.ports.engine import DevicesListed
from app.runtime.clock import Clock

_LOG = logging.getLogger(__name__)
PERIOD_S = 2.0
SETTLE_S = 0.7
"""A device that was plugged in has several parts, which come one after the other."""
_JOIN_S = 2.0


class DeviceWatch:
    """``start`` and ``close`` once each; ``refresh`` from any worker thread."""

    def __init__(
        self,
        look: Callable[[], Hashable],
        list_devices: Callable[[], DevicesListed],
        tell: Callable[[DevicesListed], object],
        clock: Clock,
        period_s: float = PERIOD_S,
    ) -> None:
        self._look, self._list, self._tell = look, list_devices, tell
        self._clock = clock
        self._period_s = period_s
        self._stop = threading.Event()
        self._lock = threading.Lock()
        # Under it:
        self._told: DevicesListed | None = None
        self._seen: Hashable = None
        self._thread = threading.Thread(target=self.run, name="device-watch", daemon=True)

    def start(self) -> None:
        """Begin in a thread of its own. Nothing is told before somebody asked for the first list (``refresh``)."""
        self._thread.start()

    def close(self) -> None:
        """A driver that hangs while it is asked is left to its daemon thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def refresh(self) -> DevicesListed:
        """The list as it is now, for who asked; changes from it on are told."""
        seen = self._look()
        listed = self._list()
        with self._lock:
            self._seen, self._told = seen, listed
        return listed

    def run(self) -> None:
        """The loop; ends when closed."""
        while not self._clock.wait(self._stop, self._period_s):
            try:
                self._step()
            except Exception:
                _LOG.exception("devices cannot be listed")

    def _step(self) -> None:
        seen = self._look()
        with self._lock:
            if self._told is None or seen == self._seen:
                return
        if self._clock.wait(self._stop, SETTLE_S):
            return
        seen = self._look()
        listed = self._list()
        with self._lock:
            is_new = listed != self._told
            self._seen, self._told = seen, listed
            if is_new:
                _LOG.info("devices: %d cameras, %d microphones", len(listed.cameras), len(listed.microphones))
                # Told under the lock, so that what is told last is how it is.
                self._tell(listed)
