"""Drafts of this user's applications: a file each, mode 0600, encrypted with a key that lies with the secrets.

A form holds a phone number and what a person says of themself. AES-256-GCM over JSON; the owner is authenticated with
it, so that one person's file cannot be put in another's place. Blocking (disk, keyring): called in worker threads only.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pydantic

from app.contract.applications import ApplicationForm
from app.errors import StorageError
from app.ports.drafts import KeptDraft
from app.ports.platform import SecretStore
from app.runtime.clock import Clock

KEY_NAME = "draft_key"
KEY_BYTES, NONCE_BYTES = 32, 12
MAX_FILE_BYTES = 256 * 1024
KEPT_DAYS = 180
"""What was not touched for so long is deleted, as on the service."""
_MAGIC = b"AD1\n"


class DraftFiles:
    """Drafts in ``folder``, which is made when it is needed."""

    def __init__(self, folder: Path, secrets: SecretStore, clock: Clock) -> None:
        self._folder, self._secrets, self._clock = folder, secrets, clock
        self._lock = threading.Lock()
        self._key: bytes | None = None

    def load(self, owner: str) -> KeptDraft | None:
        """See ports.drafts. A file that cannot be read any more is set aside."""
        with self._lock:
            path = self._path(owner)
            self._sweep()
            try:
                with path.open("rb") as file:
                    data = file.read(MAX_FILE_BYTES + 1)
            except FileNotFoundError:
                return None
            except OSError as cause:
                raise _failed(cause) from cause
            key = self._known_key()
            draft = _opened(data, key, owner) if key is not None else None
            if draft is None:
                with contextlib.suppress(OSError):
                    os.replace(path, path.with_suffix(".broken"))
            return draft

    def keep(self, owner: str, draft: KeptDraft) -> None:
        with self._lock:
            data = _sealed(draft, self._known_key() or self._new_key(), owner)
            path = self._path(owner)
            temporary = path.with_suffix(".new")
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, path)
            except OSError as cause:
                with contextlib.suppress(OSError):
                    temporary.unlink(missing_ok=True)
                raise _failed(cause) from cause

    def forget(self, owner: str) -> None:
        with self._lock:
            try:
                self._path(owner).unlink(missing_ok=True)
            except OSError as cause:
                raise _failed(cause) from cause

    def _sweep(self) -> None:
        """Delete what is too old, of whoever it was."""
        oldest_s = self._clock.utc().timestamp() - KEPT_DAYS * 24 * 3600
        with contextlib.suppress(OSError):
            for path in self._folder.iterdir():
                if path.stat().st_mtime < oldest_s:
                    path.unlink(missing_ok=True)

    def _path(self, owner: str) -> Path:
        return self._folder / f"{hashlib.sha256(owner.encode()).hexdigest()[:32]}.draft"

    def _known_key(self) -> bytes | None:
        """Raises StorageError when the secrets cannot be read now: a new key would make the drafts unreadable."""
        if self._key is None:
            kept = self._secrets.get(KEY_NAME)
            with contextlib.suppress(ValueError):
                key = base64.b64decode(kept or "", validate=True)
                self._key = key if len(key) == KEY_BYTES else None
        return self._key

    def _new_key(self) -> bytes:
        key = os.urandom(KEY_BYTES)
        self._secrets.set(KEY_NAME, base64.b64encode(key).decode())
        self._key = key
        return key


def _sealed(draft: KeptDraft, key: bytes, owner: str) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    body = {
        "form": draft.form.model_dump(mode="json"),
        "application_id": draft.application_id,
        "base_revision": draft.base_revision,
        "is_unsaved": draft.is_unsaved,
        "sent": draft.sent,
    }
    nonce = os.urandom(NONCE_BYTES)
    return _MAGIC + nonce + AESGCM(key).encrypt(nonce, msgspec.json.encode(body), owner.encode())


def _opened(data: bytes, key: bytes, owner: str) -> KeptDraft | None:
    """None for anything that was not sealed with this key for this owner."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, sealed = data[len(_MAGIC) :][:NONCE_BYTES], data[len(_MAGIC) + NONCE_BYTES :]
    if not data.startswith(_MAGIC) or len(nonce) < NONCE_BYTES or len(data) > MAX_FILE_BYTES:
        return None
    try:
        body = msgspec.json.decode(AESGCM(key).decrypt(nonce, sealed, owner.encode()), type=dict[str, Any])
        return _draft(body)
    except (InvalidTag, ValueError, KeyError, TypeError, pydantic.ValidationError):
        return None


def _draft(body: Mapping[str, Any]) -> KeptDraft:
    return KeptDraft(
        form=ApplicationForm.model_validate(body["form"]),
        application_id=str(body["application_id"]),
        base_revision=int(body["base_revision"]),
        is_unsaved=bool(body["is_unsaved"]),
        sent=tuple(str(digest) for digest in body["sent"]),
    )


def _failed(cause: OSError) -> StorageError:
    return StorageError("storage_failed", detail={"reason": cause.strerror or ""})
