"""The sealed packages on their way and until they were judged: a folder of files. Blocking; for worker threads.

What lies here is as the program sealed it: nobody reads it without the private key, which is elsewhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Collection
from pathlib import Path

from app.errors import StorageError
from server.disk import sync_folder

_NAME = re.compile(r"(?P<id>[0-9a-f]{16})\.parcel")
_READ_BYTES = 1 << 20


class Parcels:
    """By the ids of their sessions. One writes to a file at a time (server.liveness.desk)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, session_id: str) -> Path:
        return self._folder / f"{session_id}.parcel"

    def put(self, session_id: str, offset: int, part: bytes) -> None:
        """On the disk when it returns; what was behind ``offset`` is gone. Raises StorageError."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.path(session_id), os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(handle, "r+b") as file:
                file.truncate(offset)
                file.seek(offset)
                file.write(part)
                file.flush()
                os.fsync(file.fileno())
            if offset == 0:
                sync_folder(self._folder)
        except OSError as error:
            raise StorageError("storage_failed", retryable=True) from error

    def sha256(self, session_id: str) -> str:
        """Of all of it. Raises StorageError."""
        found = hashlib.sha256()
        try:
            with self.path(session_id).open("rb") as file:
                while piece := file.read(_READ_BYTES):
                    found.update(piece)
        except OSError as error:
            raise StorageError("storage_failed", retryable=True) from error
        return found.hexdigest()

    def drop(self, session_id: str) -> None:
        with contextlib.suppress(OSError):
            self.path(session_id).unlink()

    def ids(self) -> set[str]:
        """Of those there are."""
        with contextlib.suppress(OSError):
            return {found["id"] for name in os.listdir(self._folder) if (found := _NAME.fullmatch(name))}
        return set()

    def clear(self, found: Collection[str], kept: Collection[str]) -> int:
        """Take away those of ``found`` that are not ``kept``; how many."""
        gone = [one for one in found if one not in kept]
        for session_id in gone:
            self.drop(session_id)
        return len(gone)
