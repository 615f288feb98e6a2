"""Preview frames and sound levels in shared memory: one writer (the engine), one or more readers.

Layout, little endian. Header of 128 bytes:
    0  magic "ADFR" · 4 u32 version · 8 u32 slots · 12 u32 slot bytes · 16 u32 width · 20 u32 height
    24 u64 newest sequence (0: none yet) · 32 u64 levels sequence (odd while being written)
    40 f32 peak_db left · 44 f32 rms_db · 48 f32 peak hold · 52 u32 muted
then ``slots`` slots, each 16 bytes of header (u64 sequence, odd while being written; u64 pts_us of the
monotonic clock) and ``width·height·4`` bytes BGRA (0xAARRGGBB words, Qt's Format_RGB32), rows without padding.

The writer takes the slots in turn, so a reader that copies or paints within two frame times never sees a
frame change; it checks the sequence again after copying.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
from dataclasses import dataclass
from multiprocessing import resource_tracker, shared_memory
from pathlib import Path

MAGIC = b"ADFR"
VERSION = 2
SLOTS = 4
HEADER_BYTES = 128
SLOT_HEADER_BYTES = 16
_SHARED_FOLDER = Path("/dev/shm")  # noqa: S108 (the system's folder of POSIX shared memory)
_HEAD = struct.Struct("<4sIIIII")
_U64 = struct.Struct("<Q")
_LEVELS = struct.Struct("<fffI")


@dataclass(frozen=True)
class Levels:
    """Sound levels of the programme, dBFS (−90 … 0)."""

    level_db: float
    """The peak with the meter's ballistics: up at once, slowly down."""
    rms_db: float
    hold_db: float
    is_muted: bool
    is_over: bool = False
    """What came in was too loud for the limiter not to act."""


class SharedFramesError(OSError):
    """No such segment, or not one of ours."""


def remove_stale(prefix: str) -> int:
    """Remove segments of ``prefix`` that an engine left behind; returns how many (POSIX with /dev/shm only)."""
    removed = 0
    if _SHARED_FOLDER.is_dir():
        for path in _SHARED_FOLDER.glob(f"{prefix}*"):
            with contextlib.suppress(OSError):
                path.unlink()
                removed += 1
    return removed


class FrameWriter:
    """Owned by the engine; one thread writes frames, one may write levels."""

    def __init__(self, name: str, width_px: int, height_px: int) -> None:
        """Raises SharedFramesError when there is no room for it."""
        self.width_px, self.height_px = width_px, height_px
        self._frame_bytes = width_px * height_px * 4
        self._slot_bytes = SLOT_HEADER_BYTES + self._frame_bytes
        self._memory = _create(name, HEADER_BYTES + SLOTS * self._slot_bytes)
        self.name = name
        self._sequence = 0
        self._levels_sequence = 0
        self._view = view = _buffer(self._memory)
        _HEAD.pack_into(view, 0, MAGIC, VERSION, SLOTS, self._slot_bytes, width_px, height_px)
        _U64.pack_into(view, 24, 0)

    def slot(self) -> memoryview:
        """The pixels of the next slot to write to; finish with ``publish``. Release the view before ``close``."""
        start = HEADER_BYTES + (self._sequence + 1) % SLOTS * self._slot_bytes
        _U64.pack_into(self._view, start, 2 * (self._sequence + 1) - 1)
        return self._view[start + SLOT_HEADER_BYTES : start + self._slot_bytes]

    def publish(self, pts_us: int) -> int:
        """Make the slot that was written the newest; returns its number."""
        self._sequence += 1
        start = HEADER_BYTES + self._sequence % SLOTS * self._slot_bytes
        _U64.pack_into(self._view, start + 8, pts_us)
        _U64.pack_into(self._view, start, 2 * self._sequence)
        _U64.pack_into(self._view, 24, self._sequence)
        return self._sequence

    def levels(self, levels: Levels) -> None:
        """Replace the levels."""
        view, flags = self._view, int(levels.is_muted) | int(levels.is_over) << 1
        self._levels_sequence += 1
        _U64.pack_into(view, 32, 2 * self._levels_sequence - 1)
        _LEVELS.pack_into(view, 40, levels.level_db, levels.rms_db, levels.hold_db, flags)
        _U64.pack_into(view, 32, 2 * self._levels_sequence)

    def close(self) -> None:
        """Unmap and remove the segment."""
        self._view.release()
        self._memory.close()
        with contextlib.suppress(FileNotFoundError):
            self._memory.unlink()


class FrameReader:
    """Attached by the window; never removes the segment."""

    def __init__(self, name: str) -> None:
        try:
            self._memory = _attach_untracked(name)
        except (FileNotFoundError, OSError) as cause:
            raise SharedFramesError(str(cause)) from cause
        self._view = _buffer(self._memory)
        magic, version, slots, slot_bytes, width, height = _HEAD.unpack_from(self._view, 0)
        if magic != MAGIC or version != VERSION or slots != SLOTS:
            self.close()
            raise SharedFramesError("not a segment of frames")
        self.name = name
        self.width_px, self.height_px = int(width), int(height)
        self._slot_bytes = int(slot_bytes)

    def newest(self) -> int:
        """Number of the newest frame, 0 when there is none yet."""
        return int(_U64.unpack_from(self._view, 24)[0])

    def copy_newest(self, into: bytearray | memoryview) -> tuple[int, int] | None:
        """Copy the newest whole frame; (number, pts_us), or None when none could be had whole."""
        view = self._view
        for _ in range(3):
            number = self.newest()
            if number == 0:
                return None
            start = HEADER_BYTES + number % SLOTS * self._slot_bytes
            before = _U64.unpack_from(view, start)[0]
            pts_us = int(_U64.unpack_from(view, start + 8)[0])
            into[:] = view[start + SLOT_HEADER_BYTES : start + self._slot_bytes]
            if before == 2 * number and _U64.unpack_from(view, start)[0] == before:
                return number, pts_us
        return None

    def levels(self) -> Levels | None:
        """The newest levels; None when none were written or they were just being written."""
        view = self._view
        before = _U64.unpack_from(view, 32)[0]
        level, rms, hold, flags = _LEVELS.unpack_from(view, 40)
        if before == 0 or before % 2 or _U64.unpack_from(view, 32)[0] != before:
            return None
        return Levels(level, rms, hold, bool(flags & 1), bool(flags & 2))

    def close(self) -> None:
        """Unmap."""
        self._view.release()
        self._memory.close()


def _create(name: str, size_bytes: int) -> shared_memory.SharedMemory:
    try:
        memory = shared_memory.SharedMemory(name, create=True, size=size_bytes)
    except OSError as cause:
        raise SharedFramesError(str(cause)) from cause
    path = _SHARED_FOLDER / name
    try:
        if path.exists():
            os.chmod(path, 0o600)
            _reserve(path, size_bytes)
    except OSError as cause:
        memory.close()
        memory.unlink()
        raise SharedFramesError(str(cause)) from cause
    return memory


def _reserve(path: Path, size_bytes: int) -> None:
    # Without it the memory is promised only: the first write that finds none ends the process (SIGBUS).
    if sys.platform == "linux":
        descriptor = os.open(path, os.O_RDWR)
        try:
            os.posix_fallocate(descriptor, 0, size_bytes)
        finally:
            os.close(descriptor)


def _buffer(memory: shared_memory.SharedMemory) -> memoryview:
    if memory.buf is None:
        raise SharedFramesError("segment is closed")
    return memory.buf[:]


def _attach_untracked(name: str) -> shared_memory.SharedMemory:
    # Python 3.11 registers a segment with the tracker on attaching too, and the tracker of a reader that
    # exits would unlink it under the writer's feet.
    register = resource_tracker.register
    resource_tracker.register = lambda *_: None
    try:
        return shared_memory.SharedMemory(name)
    finally:
        resource_tracker.register = register
