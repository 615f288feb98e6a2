"""A folder of files that rows name: written whole or not at all. Blocking; for worker threads, owned by the services.

A file is on the disk before the row that names it is committed: what no row names is taken away by housekeeping.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from app.errors import StorageError
from server.disk import sync_folder
from server.secrets import FieldCipher

ORPHAN_S = 3600.0
"""An upload whose row is not committed yet is never as old."""
_NAME = re.compile(r"(?P<id>[0-9a-f]{16})\.(jpg|sealed)")


class Shelf:
    """Files by id. What is not to be public is encrypted, bound to its id."""

    def __init__(self, folder: Path, cipher: FieldCipher) -> None:
        self._folder = folder
        self._cipher = cipher

    def put(self, file_id: str, data: bytes, *, is_public: bool) -> None:
        """On the disk when it returns. Raises StorageError."""
        path = self._path(file_id, is_public)
        aside = path.with_suffix(".new")
        content = data if is_public else self._cipher.seal_bytes(data, file_id)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)
            sync_folder(self._folder)
        except OSError as error:
            for left in (aside, path):
                with contextlib.suppress(OSError):
                    left.unlink()
            raise StorageError("storage_failed", retryable=True) from error

    def get(self, file_id: str, *, is_public: bool) -> bytes | None:
        """What is in it; None when the file is gone. Raises StorageError."""
        try:
            content = self._path(file_id, is_public).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError("storage_failed", retryable=True) from error
        return content if is_public else self._cipher.open_bytes(content, file_id)

    def reseal(self) -> int:
        """Seal anew what an earlier key sealed, each file whole or not at all; how many. Raises StorageError."""
        count = 0
        for name in sorted(self._names()):
            found = _NAME.fullmatch(name)
            if not found or not name.endswith(".sealed"):
                continue
            try:
                content = (self._folder / name).read_bytes()
            except FileNotFoundError:
                continue  # taken away meanwhile
            except OSError as error:
                raise StorageError("storage_failed", retryable=True) from error
            if not self._cipher.are_current_bytes(content):
                self.put(found["id"], self._cipher.open_bytes(content, found["id"]), is_public=False)
                count += 1
        return count

    def drop(self, file_id: str, *, is_public: bool) -> None:
        with contextlib.suppress(OSError):
            self._path(file_id, is_public).unlink()

    def ids(self) -> set[str]:
        """Of the files there are."""
        return {found["id"] for name in self._names() if (found := _NAME.fullmatch(name))}

    def clear(self, kept: Collection[str], now: datetime) -> int:
        """Take away what is not of the files ``kept``, and what a killed upload left; how many. ``now``: UTC."""
        count = 0
        for name in self._names():
            found = _NAME.fullmatch(name)
            if found and found["id"] in kept:
                continue
            path = self._folder / name
            with contextlib.suppress(OSError):
                if now.timestamp() - path.stat().st_mtime >= ORPHAN_S:
                    path.unlink()
                    count += 1
        return count

    def _names(self) -> list[str]:
        try:
            return os.listdir(self._folder)
        except OSError:
            return []

    def _path(self, file_id: str, is_public: bool) -> Path:
        return self._folder / f"{file_id}.{'jpg' if is_public else 'sealed'}"
