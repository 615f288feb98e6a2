"""Makes MP4 of finished recordings, one after another, in a thread of its own that ends when there is nothing to do.

The engine owns one. It goes slowly on purpose: the broadcast may still be on, on the same cores and the same disk.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections import deque
from collections.abc import Callable

from app.errors import StorageError
from app.runtime.clock import Clock
from capture.record.disk import Claim, free_bytes
from capture.record.remux import CutShort, rate_of, remux

_LOG = logging.getLogger(__name__)

FLOOR_FREE_BYTES = 100_000_000
MAX_WAITING = 32
"""Recordings that wait; what is beyond stays Matroska, and the next start finds it."""
_MAX_RECOVERED = 20
_BURST_PACKETS = 64
_PAUSE_S = 0.004
"""After each burst: an hour takes about half a minute, and a fifth of a core meanwhile."""
_JOIN_S = 2.0

Done = Callable[[str], None]


class Finisher:
    """``submit`` and ``recover`` return at once; any thread. After ``close`` both do nothing."""

    def __init__(
        self, clock: Clock, *, floor_free_bytes: int = FLOOR_FREE_BYTES, space: Callable[[str], int] = free_bytes
    ) -> None:
        self._clock = clock
        self._floor_bytes = floor_free_bytes
        self._space = space
        self._closing = threading.Event()
        self._lock = threading.Lock()
        # Under the lock:
        self._jobs: deque[Callable[[], None]] = deque()
        self._thread: threading.Thread | None = None
        self.refused_jobs = 0
        # The thread's own:
        self._read_packets = 0
        self._made: dict[str, str] = {}

    def submit(self, path: str, on_done: Done) -> bool:
        """Make the MP4 of a recording, remove the .mkv, then call ``on_done`` with the path of what there is.

        That is the .mkv when there is no space or it was cut short. ``on_done`` is called in the finisher's thread;
        never when this returns False, or when ``close`` came before the turn of this recording.
        """
        return self._add(lambda: on_done(self._finish(path)))

    def recover(self, directory: str) -> None:
        """The same for recordings that a killed process left in a folder; those of others are not touched."""
        self._add(lambda: self._recover(directory))

    def close(self) -> None:
        """Cut short what is under way; its .mkv stays. Joins within 2 s."""
        self._closing.set()
        with self._lock:
            self._jobs.clear()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_JOIN_S)

    def _add(self, job: Callable[[], None]) -> bool:
        with self._lock:
            if self._closing.is_set() or len(self._jobs) >= MAX_WAITING:
                self.refused_jobs += 1
                return False
            self._jobs.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="recording-finisher", daemon=True)
                self._thread.start()
            return True

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._jobs:
                    self._thread = None
                    return
                job = self._jobs.popleft()
            try:
                job()
            except Exception:
                _LOG.exception("a recording could not be finished")

    def _recover(self, directory: str) -> None:
        try:
            with os.scandir(directory) as entries:
                names = sorted(entry.name for entry in entries if entry.name.endswith(".mkv"))
        except OSError as cause:
            _LOG.info("no recordings to look after: %s", cause.strerror)
            return
        # The newest names last: they are dates.
        for name in names[-_MAX_RECOVERED:]:
            if self._closing.is_set():
                return
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                self._finish(path)

    def _finish(self, path: str) -> str:
        if not os.path.lexists(path):
            # Looking for orphans, this thread may have met it before its own turn came.
            return self._made.pop(path, path)
        try:
            with Claim(path):
                if not rate_of(path):
                    return path
                needed_bytes = os.path.getsize(path) * 17 // 16 + self._floor_bytes
                if self._space(os.path.dirname(path)) < needed_bytes:
                    _LOG.info("a recording stays Matroska: the disk has no room for a second copy")
                    return path
                final = remux(path, self._tick)
        except CutShort:
            return path
        except StorageError as cause:
            _LOG.warning("a recording stays Matroska: %s", cause.code)
            return path
        except OSError as cause:
            _LOG.info("a recording stays Matroska: %s", cause.strerror)
            return path
        with contextlib.suppress(OSError):
            os.unlink(path)
            self._made[path] = final
        while len(self._made) > MAX_WAITING:
            del self._made[next(iter(self._made))]
        return final

    def _tick(self) -> None:
        self._read_packets += 1
        if self._read_packets % _BURST_PACKETS == 0:
            self._clock.wait(self._closing, _PAUSE_S)
        if self._closing.is_set():
            raise CutShort
