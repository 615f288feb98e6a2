"""Records the programme into a file that plays wherever it ends. A thread of its own writes; the engine owns it.

Failing never reaches the broadcast: it is reported once, and packets are let go from then on.

| from      | by                                      | to        |
| --------- | --------------------------------------- | --------- |
| idle      | start                                   | recording |
| recording | stop                                    | idle      |
| recording | disk full, folder gone, no right to it  | failed    |

Idle is said twice: with ``is_finishing`` when the file is closed, and again with its path when the MP4 is made.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass

from app.errors import StorageError
from app.ports.engine import RecordChanged, RecordStatus
from app.runtime.clock import Clock
from capture.packets import EncodedPacket, StreamFormat
from capture.record.disk import RecordingFile, free_bytes, storage_error
from capture.record.finisher import FLOOR_FREE_BYTES, Finisher
from capture.record.matroska import MatroskaWriter
from capture.record.names import clean_name, numbered
from capture.record.queue import RecordQueue
from capture.record.remux import PART

_LOG = logging.getLogger(__name__)

_IDLE_WAIT_S = 0.5


@dataclass(frozen=True, slots=True)
class Limits:
    """What a recording keeps to."""

    start_free_bytes: int = 200_000_000
    """Less counts as full: it does not begin."""
    floor_free_bytes: int = FLOOR_FREE_BYTES
    """Less, while it runs: it ends by itself, cleanly."""
    queue_bytes: int = 32_000_000
    """A minute and a half of 2.5 Mbit/s for a disk that stalls."""
    check_s: float = 5.0
    join_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Disk:
    """How a recorder reaches the disk."""

    create: Callable[[str], RecordingFile] = RecordingFile
    free_bytes: Callable[[str], int] = free_bytes


class Recorder:
    """One recording. ``on_changed`` is called in the thread of ``start``, of ``stop``, the writer or the finisher."""

    def __init__(
        self,
        directory: str,
        name: str,
        stream: StreamFormat,
        on_changed: Callable[[RecordChanged], None],
        clock: Clock,
        finisher: Finisher | None = None,
        limits: Limits | None = None,
        disk: Disk | None = None,
    ) -> None:
        """``directory`` must be there. Without a ``finisher`` it has its own, which ends with the process."""
        self._directory = os.path.abspath(directory)
        self._stem = clean_name(name)
        self._stream = stream
        self._on_changed = on_changed
        self._clock = clock
        self._limits = limits or Limits()
        self._disk = disk or Disk()
        self._finisher = finisher or Finisher(clock)
        self._condition = threading.Condition()
        # Under the condition:
        self._queue = RecordQueue(self._limits.queue_bytes)
        self._is_taking = False
        self._is_hurried = False
        self._last: RecordChanged | None = None
        self._path = ""
        # Set by start, then the writer's own:
        self._free_bytes = 0
        self._file: RecordingFile | None = None
        self._writer: MatroskaWriter | None = None
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    @property
    def path(self) -> str:
        """The .mkv while it is written, the .mp4 once that is complete; empty before ``start``."""
        with self._condition:
            return self._path

    @property
    def recorded_bytes(self) -> int:
        """Written to the file so far."""
        return self._file.size_bytes if self._file is not None else 0

    @property
    def free_bytes(self) -> int:
        """Left on the disk when it was last looked at, at the start and then every few seconds. Never blocks."""
        return self._free_bytes

    @property
    def waiting_bytes(self) -> int:
        """In the queue for the disk; at most 9/8 of ``Limits.queue_bytes``."""
        with self._condition:
            return self._queue.bytes

    @property
    def dropped_packets(self) -> int:
        """Packets that the disk was too slow for, or whose time went back."""
        misplaced = self._writer.misplaced_packets if self._writer is not None else 0
        with self._condition:
            return self._queue.dropped_packets + misplaced

    def start(self) -> None:
        """Make the file and begin, once. Raises StorageError: disk_full, folder_missing, folder_unwritable."""
        if not os.path.isdir(self._directory):
            raise StorageError("folder_missing")
        self._free_bytes = self._disk.free_bytes(self._directory)
        if self._free_bytes < self._limits.start_free_bytes:
            raise StorageError("disk_full")
        file = self._create()
        try:
            self._writer = MatroskaWriter(file, self._stream)
        except StorageError:
            self._discard(file)
            raise
        self._file = file
        with self._condition:
            self._path = file.path
            self._is_taking = True
        self._say(RecordChanged(status=RecordStatus.RECORDING, path=file.path))
        self._thread.start()

    def offer(self, packet: EncodedPacket) -> None:
        """Take one packet. Any thread; never blocks: what the disk cannot take in time is dropped and counted."""
        with self._condition:
            if self._is_taking:
                self._queue.push(packet)
                self._condition.notify()

    def stop(self) -> None:
        """End the file within 2 s; the MP4 is made behind. Harmless when it never began, failed, or has ended."""
        with self._condition:
            self._is_taking = False
            self._condition.notify()
        if not self._thread.is_alive() or threading.current_thread() is self._thread:
            return
        self._thread.join(self._limits.join_s)
        if self._thread.is_alive():
            # A disk that hangs: the thread ends with the one write that it is in.
            with self._condition:
                self._is_hurried = True
            self._say(RecordChanged(status=RecordStatus.IDLE, path=self.path))

    def _create(self) -> RecordingFile:
        for stem in numbered(os.path.join(self._directory, self._stem)):
            # The three names belong together: the MP4 must be able to take its own later.
            if os.path.lexists(f"{stem}.mp4") or os.path.lexists(f"{stem}{PART}"):
                continue
            try:
                return self._disk.create(f"{stem}.mkv")
            except FileExistsError:
                continue
            except OSError as cause:
                raise storage_error(cause) from cause
        raise StorageError("folder_unwritable")

    # ---- writer's thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        file, writer = self._file, self._writer
        if file is None or writer is None:
            return
        try:
            self._write_all(file, writer)
            writer.close()
        except StorageError as cause:
            self._fail(file, writer, cause.code)
        except Exception:
            _LOG.exception("the recording broke off")
            self._fail(file, writer, StorageError.default_code)
        else:
            self._end(file, writer)

    def _write_all(self, file: RecordingFile, writer: MatroskaWriter) -> None:
        due_s = self._clock.monotonic_s() + self._limits.check_s
        while True:
            with self._condition:
                self._condition.wait_for(lambda: len(self._queue) > 0 or not self._is_taking, _IDLE_WAIT_S)
                if self._is_hurried:
                    self._queue.drop_all()
                packet = self._queue.pop()
                if packet is None and not self._is_taking:
                    return
            if packet is not None:
                writer.write(packet)
            if self._clock.monotonic_s() >= due_s:
                due_s = self._clock.monotonic_s() + self._limits.check_s
                self._check(file, writer)

    def _check(self, file: RecordingFile, writer: MatroskaWriter) -> None:
        if not file.is_in_place():
            raise StorageError("folder_missing")
        self._free_bytes = self._disk.free_bytes(self._directory)
        if self._free_bytes < self._limits.floor_free_bytes:
            # There is still room for the index.
            writer.close()
            raise StorageError("disk_full")
        try:
            # So that a power cut, too, takes seconds and no more.
            file.sync()
        except OSError as cause:
            raise storage_error(cause) from cause

    def _end(self, file: RecordingFile, writer: MatroskaWriter) -> None:
        if not writer.packets:
            self._discard(file)
            with self._condition:
                self._path = ""
            self._say(RecordChanged(status=RecordStatus.IDLE))
            return
        file.close()
        self._say(RecordChanged(status=RecordStatus.IDLE, path=file.path, is_finishing=True))
        if not self._finisher.submit(file.path, self._finished):
            self._finished(file.path)

    def _fail(self, file: RecordingFile, writer: MatroskaWriter, code: str) -> None:
        with self._condition:
            self._is_taking = False
            self._queue.drop_all()
        writer.abandon()
        if writer.packets:
            file.close()
        else:
            self._discard(file)
        self._say(RecordChanged(status=RecordStatus.FAILED, path=file.path if writer.packets else "", code=code))

    def _finished(self, path: str) -> None:
        with self._condition:
            self._path = path
        self._say(RecordChanged(status=RecordStatus.IDLE, path=path))

    def _discard(self, file: RecordingFile) -> None:
        file.close()
        with contextlib.suppress(OSError):
            os.unlink(file.path)

    def _say(self, changed: RecordChanged) -> None:
        with self._condition:
            if changed == self._last:
                return
            self._last = changed
        self._on_changed(changed)
