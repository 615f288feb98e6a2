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
        """The secret, or None."""
        with self._lock:
            return self._read().get(name)

    def set(self, name: str, value: str) -> None:
        """Keep a secret. Raises StorageError."""
        with self._lock:
            self._write({**self._read(), name: value})

    def delete(self, name: str) -> None:
        """Forget it, if it is there."""
        with self._lock:
            kept = self._read()
            if kept.pop(name, None) is not None:
                self._write(kept)

    def _read(self) -> dict[str, str]:
        try:
            read = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(key): str(value) for key, value in read.items()} if isinstance(read, dict) else {}

    def _write(self, kept: dict[str, str]) -> None:
        temporary = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(kept, file)
            os.replace(temporary, self._path)
        except OSError as cause:
            raise StorageError("storage_failed", detail={"reason": cause.strerror or ""}) from cause


class KeyringSecrets:
    """The system's keyring; falls back to the file for good once it fails."""

    def __init__(self, fallback: FileSecrets, scope: str) -> None:
        self._fallback = fallback
        self._scope = scope
        self._is_usable: bool | None = None

    def get(self, name: str) -> str | None:
        """The secret, or None."""
        if self._has_keyring():
            import keyring

            with contextlib.suppress(Exception):  # backends raise what they like; the file answers then
                value = keyring.get_password(SERVICE, self._name(name))
                if value is not None:
                    return str(value)
        return self._fallback.get(name)

    def set(self, name: str, value: str) -> None:
        """Keep a secret. Raises StorageError when neither place takes it."""
        if self._has_keyring():
            import keyring

            try:
                keyring.set_password(SERVICE, self._name(name), value)
            except Exception:
                self._is_usable = False
            else:
                self._fallback.delete(name)
                return
        self._fallback.set(name, value)

    def delete(self, name: str) -> None:
        """Forget it in both places."""
        if self._has_keyring():
            import keyring

            with contextlib.suppress(Exception):  # a missing entry is an error in some backends
                keyring.delete_password(SERVICE, self._name(name))
        self._fallback.delete(name)

    def _name(self, name: str) -> str:
        return f"{self._scope}:{name}"

    def _has_keyring(self) -> bool:
        if self._is_usable is None:
            try:
                import keyring
                from keyring.backends import fail

                self._is_usable = not isinstance(keyring.get_keyring(), fail.Keyring)
            except Exception:
                self._is_usable = False
        return self._is_usable
