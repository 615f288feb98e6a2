"""Secrets of this user: the system's keyring, or a file of mode 0600 where there is none (containers, bare Linux).

Blocking (D-Bus, disk): called in worker threads only. Values never reach a log or a repr.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from pathlib import Path

from app.errors import StorageError

SERVICE = "AnchorDesk"


class FileSecrets:
    """The fallback. Readable by its owner only; written whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def get(self, name: str) -> str | None:
        """The secret, or None. Raises StorageError when the file cannot be read."""
        with self._lock:
            return self._read().get(name)

    def set(self, name: str, value: str) -> None:
        """Keep a secret. Raises StorageError."""
        with self._lock:
            self._write({**self._read(), name: value})

    def delete(self, name: str) -> None:
        """Forget it, if it is there. Raises StorageError."""
        with self._lock:
            kept = self._read()
            if kept.pop(name, None) is not None:
                self._write(kept)

    def _read(self) -> dict[str, str]:
        try:
            read = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as cause:
            raise _unreadable(cause) from cause
        except ValueError as cause:
            # Told once: the next one finds no file and begins anew.
            with contextlib.suppress(OSError):
                os.replace(self._path, self._path.with_suffix(".broken"))
            raise _unreadable(cause) from cause
        return {str(key): str(value) for key, value in read.items()} if isinstance(read, dict) else {}

    def _write(self, kept: dict[str, str]) -> None:
        temporary = self._path.with_suffix(".new")
        try:
            if not kept:
                # Also works when the disk is full.
                self._path.unlink(missing_ok=True)
                return
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(kept, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self._path)
        except OSError as cause:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise StorageError("storage_failed", detail={"reason": cause.strerror or ""}) from cause


class KeyringSecrets:
    """The system's keyring; the file for what it once refused to take.

    The file is asked first: it has a secret only while the keyring has none, or an older one.
    """

    def __init__(self, fallback: FileSecrets, scope: str) -> None:
        self._fallback = fallback
        self._scope = scope
        self._is_there: bool | None = None
        self._takes = True
        """False for good once it refused: it may take seconds to do so."""

    def get(self, name: str) -> str | None:
        """The secret, or None. Raises StorageError when keyring or file cannot be read."""
        kept = self._fallback.get(name)
        if kept is not None or not self._has_keyring():
            return kept
        import keyring

        try:
            value = keyring.get_password(SERVICE, self._name(name))
        except Exception as cause:  # backends raise what they like
            raise _unreadable(cause) from cause
        return None if value is None else str(value)

    def set(self, name: str, value: str) -> None:
        """Keep a secret. Raises StorageError when neither place takes it."""
        if not self._takes or not self._has_keyring():
            self._fallback.set(name, value)
            return
        import keyring

        if self._fallback.get(name) is not None:
            # Whenever this ends, the file is asked first: it must not keep the older one.
            self._fallback.set(name, value)
        try:
            keyring.set_password(SERVICE, self._name(name), value)
        except Exception:
            self._takes = False
            self._fallback.set(name, value)
        else:
            self._fallback.delete(name)

    def delete(self, name: str) -> None:
        """Forget it in both places. Raises StorageError when it is still in one."""
        self._fallback.delete(name)
        if not self._has_keyring():
            return
        import keyring

        try:
            if keyring.get_password(SERVICE, self._name(name)) is not None:
                keyring.delete_password(SERVICE, self._name(name))
        except Exception as cause:
            raise StorageError("storage_failed", detail={"reason": type(cause).__name__}) from cause

    def _name(self, name: str) -> str:
        return f"{self._scope}:{name}"

    def _has_keyring(self) -> bool:
        if self._is_there is None:
            try:
                import keyring
                from keyring.backends import fail

                self._is_there = not isinstance(keyring.get_keyring(), fail.Keyring)
            except Exception:
                self._is_there = False
        return self._is_there


def _unreadable(cause: Exception) -> StorageError:
    return StorageError("secrets_unreadable", retryable=True, detail={"reason": type(cause).__name__})
