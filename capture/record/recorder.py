"""The local recording: a thread that writes packets to a file, and makes an MP4 of it at the end.

What goes wrong here never touches the broadcast: ``offer`` does not wait, a slow disk costs whole groups of
pictures (counted), a full one ends the recording with a reason and leaves what was written playable.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

import av

from app.errors import StorageError
from app.ports.engine import RecordChanged, RecordStatus
from app.runtime.clock import Clock
from capture.packets import EncodedPacket, StreamFormat
from capture.record.matroska import MatroskaFile
from capture.record.remux import UNFINISHED, claim, finish, free_path, release, unfinished

_LOG = logging.getLogger(__name__)

BEGIN_FREE_BYTES = 200_000_000
KEEP_FREE_BYTES = 100_000_000
"""A system without any free space fails in other places too."""
MOST_WAITING_BYTES = 16_000_000
"""Half a minute of 4 Mbit/s."""
_CHECK_S = 5.0
_JOIN_S = 2.0
_NAME_CHARACTERS = 120
# Windows forbids these; a dot or space at either end is lost there.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)$")


class Recorder:
    """``start`` and ``stop`` once each, from the control thread. ``on_changed`` is called in the recorder's thread
    (RECORDING in ``start``'s).
    """

    def __init__(
        self,
        directory: str,
        name: str,
        stream: StreamFormat,
        on_changed: Callable[[RecordChanged], None],
        clock: Clock,
        begin_free_bytes: int = BEGIN_FREE_BYTES,
        keep_free_bytes: int = KEEP_FREE_BYTES,
        most_waiting_bytes: int = MOST_WAITING_BYTES,
    ) -> None:
        self._directory = Path(directory)
        self._name = safe_name(name)
        self._stream = stream
        self._on_changed = on_changed
        self._clock = clock
        self._begin_free_bytes = begin_free_bytes
        self._keep_free_bytes = keep_free_bytes
        self._most_waiting_bytes = most_waiting_bytes
        self.path = self._begun = Path()
        self._condition = threading.Condition()
        # Under the condition:
        self._waiting: deque[EncodedPacket] = deque()
        self._waiting_bytes = 0
        self._awaits_keyframe = True
        self._is_stopping = False
        self._has_failed = False
        self.dropped_packets = 0
        # Written by the recorder's thread only:
        self._written_bytes = 0
        self._is_abandoned = False
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    @property
    def recorded_bytes(self) -> int:
        """Payload written so far; the file is a few per mille larger."""
        return self._written_bytes

    def start(self) -> None:
        """Begin. Raises StorageError folder_missing, folder_unwritable, disk_full."""
        try:
            if not self._directory.is_dir():
                raise StorageError("folder_missing")
            if shutil.disk_usage(self._directory).free < self._begin_free_bytes:
                raise StorageError("disk_full")
            self.path = self._begun = free_path(self._directory, self._name, UNFINISHED)
            # Made by us and nobody else, and private from its first moment.
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            claim(self.path)
        except OSError as cause:
            raise StorageError(_code(cause)) from cause
        self._thread.start()
        self._on_changed(RecordChanged(status=RecordStatus.RECORDING, path=str(self.path)))

    def offer(self, packet: EncodedPacket) -> None:
        """Hand over one packet. Any thread; never blocks."""
        with self._condition:
            if self._has_failed or self._is_stopping:
                return
            if self._awaits_keyframe:
                if not packet.is_keyframe:
                    self.dropped_packets += 1
                    return
                self._awaits_keyframe = False
            if self._waiting_bytes + len(packet.payload) > self._most_waiting_bytes:
                # Half a group of pictures would be rubbish until the next key frame.
                self._awaits_keyframe = True
                self.dropped_packets += 1
                return
            self._waiting.append(packet)
            self._waiting_bytes += len(packet.payload)
            self._condition.notify()

    def stop(self, wait_s: float = _JOIN_S) -> None:
        """End. What waits is written; the MP4 is made behind this call when it takes longer than ``wait_s``."""
        with self._condition:
            self._is_stopping = True
            self._condition.notify()
        if self._thread.is_alive():
            self._thread.join(wait_s)

    def abandon(self, wait_s: float = _JOIN_S) -> None:
        """The process ends: an MP4 that is not made by then is made by the next recording into this folder."""
        self.stop(wait_s)
        self._is_abandoned = True
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    # ---- the recorder's thread ----------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._record()
        finally:
            release(self._begun)

    def _record(self) -> None:
        try:
            is_empty = self._write_all()
        except (OSError, av.FFmpegError) as cause:
            self._fail(_code(cause))
            return
        except Exception:
            _LOG.exception("the recorder failed")
            self._fail("recording_failed")
            return
        if is_empty:
            self.path.unlink(missing_ok=True)
            self._on_changed(RecordChanged(status=RecordStatus.IDLE))
            return
        self._on_changed(RecordChanged(status=RecordStatus.IDLE, path=str(self.path)))
        self.path = finish(self.path, lambda: self._is_abandoned)
        self._on_changed(RecordChanged(status=RecordStatus.IDLE, path=str(self.path)))
        self._recover()

    def _write_all(self) -> bool:
        file: MatroskaFile | None = None
        checked_s = self._clock.monotonic_s()
        try:
            while (packets := self._take()) is not None:
                for packet in packets:
                    if file is None:
                        file = MatroskaFile(self.path, self._stream, packet)
                    file.write(packet)
                    self._written_bytes += len(packet.payload)
                now_s = self._clock.monotonic_s()
                if now_s - checked_s >= _CHECK_S:
                    checked_s = now_s
                    if shutil.disk_usage(self._directory).free < self._keep_free_bytes:
                        raise OSError(errno.ENOSPC, "too little is free")
        finally:
            if file is not None:
                file.close()
        return file is None

    def _take(self) -> list[EncodedPacket] | None:
        with self._condition:
            while not self._waiting and not self._is_stopping:
                self._condition.wait()
            if not self._waiting:
                return None
            packets = list(self._waiting)
            self._waiting.clear()
            self._waiting_bytes = 0
            return packets

    def _fail(self, code: str) -> None:
        _LOG.warning("recording ended: %s", code)
        with self._condition:
            self._has_failed = True
            self._waiting.clear()
            self._waiting_bytes = 0
        self._on_changed(RecordChanged(status=RecordStatus.FAILED, path=str(self.path), code=code))

    def _recover(self) -> None:
        """What a process that died left here becomes an MP4 too."""
        for path in unfinished(self._directory):
            if not self._is_abandoned and claim(path):
                _LOG.info("a recording from before is finished")
                try:
                    finish(path, lambda: self._is_abandoned)
                finally:
                    release(path)


def safe_name(name: str) -> str:
    """A file name for every system, without a folder."""
    cleaned = _FORBIDDEN.sub("_", name).strip(" .")[:_NAME_CHARACTERS].strip(" .")
    return f"_{cleaned}" if not cleaned or _RESERVED.match(cleaned.split(".")[0]) else cleaned


def _code(cause: BaseException) -> str:
    number = getattr(cause, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "disk_full"
    if number in (errno.ENOENT, errno.ENOTDIR, errno.ENODEV):
        return "folder_missing"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "folder_unwritable"
    return "recording_failed"
