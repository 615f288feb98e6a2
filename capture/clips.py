"""The files of clips that were cut from recordings: in a folder of the engine's own, few, and gone with the next start.

``cut`` runs in the engine's worker, the rest in its control thread.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import threading
from collections.abc import Callable

from app.errors import AppError
from app.ports.engine import ClipCut, CutClip
from app.runtime.clock import Clock
from capture.record.clip import UNAVAILABLE, cut_clip

_LOG = logging.getLogger(__name__)
FOLDER = "report-clips"
MAX_KEPT = 5
_BURST_PACKETS = 64
_PAUSE_S = 0.002
"""After each burst: thirty seconds take a fifth of a second, beside a broadcast that needs the same interpreter."""
_ID = re.compile(r"[0-9a-f]{1,32}")


class Clips:
    """``path_of`` gives where the recording is that runs or ran last; empty without one. Any thread."""

    def __init__(self, data_dir: str, clock: Clock, path_of: Callable[[], str]) -> None:
        self._folder = os.path.join(data_dir, FOLDER)
        self._clock = clock
        self._path_of = path_of
        self._closing = threading.Event()
        self._read_packets = 0

    def clear(self) -> None:
        """Remove what an earlier engine left."""
        for name in self._names():
            self._remove(name)

    def close(self) -> None:
        """A cut that is under way ends early; no clip is left."""
        self._closing.set()
        self.clear()

    def cut(self, command: CutClip) -> ClipCut:
        """Make one; never raises what a disk or a recording can be the cause of."""
        source = self._path_of()
        if not source or not _ID.fullmatch(command.clip_id):
            return ClipCut(clip_id=command.clip_id, code=UNAVAILABLE)
        path = self._path(command.clip_id)
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            self._make_room()
            made = cut_clip(source, path, seconds=command.seconds, max_bytes=command.max_bytes, tick=self._tick)
        except _Closed:
            return ClipCut(clip_id=command.clip_id, code=UNAVAILABLE)
        except AppError as error:
            _LOG.info("no clip: %s", error.code)
            return ClipCut(clip_id=command.clip_id, code=error.code)
        except OSError as cause:
            _LOG.info("no clip: %s", cause.strerror)
            return ClipCut(clip_id=command.clip_id, code="storage_failed")
        return ClipCut(
            clip_id=command.clip_id,
            path=path,
            duration_ms=made.duration_ms,
            size_bytes=made.size_bytes,
            is_shortened=made.is_shortened,
        )

    def drop(self, clip_id: str) -> None:
        """Harmless without it."""
        if _ID.fullmatch(clip_id):
            self._remove(f"{clip_id}.mp4")

    def _make_room(self) -> None:
        """The oldest go first."""
        names = sorted(self._names(), key=self._age_of)
        for name in names[: max(0, len(names) - MAX_KEPT + 1)]:
            self._remove(name)

    def _age_of(self, name: str) -> float:
        with contextlib.suppress(OSError):
            return os.path.getmtime(os.path.join(self._folder, name))
        return 0.0

    def _tick(self) -> None:
        self._read_packets += 1
        if self._read_packets % _BURST_PACKETS == 0:
            self._clock.wait(self._closing, _PAUSE_S)
        if self._closing.is_set():
            raise _Closed

    def _path(self, clip_id: str) -> str:
        return os.path.join(self._folder, f"{clip_id}.mp4")

    def _names(self) -> list[str]:
        try:
            return os.listdir(self._folder)
        except OSError:
            return []

    def _remove(self, name: str) -> None:
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(self._folder, name))


class _Closed(Exception):
    """The engine ends."""
