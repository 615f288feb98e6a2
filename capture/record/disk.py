"""The disk as recordings see it: a new file, the space left, what an error means. Any thread; blocks as disks do."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys

from app.errors import StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# A drive that was pulled out reads as a failed transfer or as no such device.
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO, errno.EIO, errno.ESTALE, errno.ENOTCONN}
_WINDOWS_FULL = {39, 112}
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def storage_error(cause: OSError) -> StorageError:
    """disk_full, folder_missing or folder_unwritable."""
    if cause.errno in _FULL or getattr(cause, "winerror", None) in _WINDOWS_FULL:
        return StorageError("disk_full")
    return StorageError("folder_missing" if cause.errno in _GONE else "folder_unwritable")


def free_bytes(directory: str) -> int:
    """What this user can still write there. Raises StorageError."""
    try:
        return shutil.disk_usage(directory).free
    except OSError as cause:
        raise storage_error(cause) from cause


class RecordingFile:
    """A new file, written by libav through ``write`` and ``seek``; written here, since then no write holds the GIL.

    Raises FileExistsError rather than writing over anything, and OSError. While it is open, ``Claim`` refuses it.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor = os.open(path, _NEW, 0o666)
        self._position_bytes = 0
        self._is_abandoned = False
        self.size_bytes = 0
        self.error: OSError | None = None
        """The first one that a write met."""
        _lock(self._descriptor)

    def write(self, data: bytes) -> int:
        """All of it, or an OSError."""
        if self._is_abandoned:
            return len(data)
        view, done = memoryview(data), 0
        try:
            while done < len(view):
                done += os.write(self._descriptor, view[done:])
        except OSError as cause:
            self.error = self.error or cause
            raise
        self._position_bytes += done
        self.size_bytes = max(self.size_bytes, self._position_bytes)
        return done

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As of files."""
        self._position_bytes = os.lseek(self._descriptor, offset, whence)
        return self._position_bytes

    def tell(self) -> int:
        """As of files."""
        return self._position_bytes

    def sync(self) -> None:
        """Onto the disk itself. Raises OSError."""
        os.fsync(self._descriptor)

    def is_in_place(self) -> bool:
        """Whether the path still leads to this file."""
        try:
            return os.path.samestat(os.stat(self.path), os.fstat(self._descriptor))
        except OSError:
            return False

    def abandon(self, keep_bytes: int) -> None:
        """Keep only the beginning, and swallow what libav still writes."""
        self._is_abandoned = True
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, keep_bytes)
            self.size_bytes = keep_bytes

    def close(self) -> None:
        """At most once."""
        os.close(self._descriptor)


class Claim:
    """A finished file that nobody else writes or converts: a context. Raises OSError when another has it."""

    def __init__(self, path: str) -> None:
        if sys.platform == "win32":
            # Moving a file onto itself fails there while anybody has it open.
            os.rename(path, path)
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            _lock(self._descriptor)
        except OSError:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _lock(descriptor: int) -> None:
    """Raises BlockingIOError when another descriptor holds it; a killed process holds nothing."""
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            # Some network disks know no locks; there, one program a user must do.
            return
