"""The keys of the personal fields, and those of the face check by camera (server.liveness.keys), kept alike.

Those of the fields come from the environment or from a file beside the database, the current one first.

``ANCHORDESK_FIELD_KEYS`` holds them as base64 (32 bytes each) with commas between. It is taken out of the environment
as it is read: no child inherits it. Without it they are the lines of ``field.key`` in the service's own folder, which
is made at the first start with mode 0600. A new key is put in front (``rotate``, or the variable); what the earlier
ones sealed is sealed anew by and by (server.resealing), and then they may go.

Nothing may be sealed with a key that a power cut could take away: the file is on the disk before its keys are used.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import sys
from collections.abc import MutableMapping
from pathlib import Path

from app.errors import InputError, StorageError
from server.disk import sync_folder
from server.secrets import FieldCipher, key_id

VARIABLE = "ANCHORDESK_FIELD_KEYS"
FILE = "field.key"
KEY_BYTES = 32
MAX_KEYS = 8


def take_from(environment: MutableMapping[str, str]) -> tuple[bytes, ...]:
    """The keys in the environment, which loses them; empty when there are none. Raises InputError."""
    listed = environment.pop(VARIABLE, "")
    if not listed.strip():
        return ()
    keys = _parsed(listed.split(","))
    if keys is None:
        raise InputError("field_keys_invalid", detail={"variable": VARIABLE})
    return keys


def cipher_for(data_dir: Path, from_environment: tuple[bytes, ...] = ()) -> FieldCipher:
    """By the environment, else by the file, which is made when there is none. Raises StorageError."""
    return FieldCipher(*(from_environment or kept_in(data_dir / FILE)))


def rotate(data_dir: Path, file: str = FILE) -> str:
    """Put a new key in front of those in the file; its id. Takes effect at the next start. Raises StorageError.

    A folder without the file is refused: its keys are elsewhere, and a new one in it would protect nothing.
    """
    path = data_dir / file
    if not os.path.exists(path):  # also where the folder may not be looked into
        raise StorageError("field_key_missing", detail={"folder": str(data_dir)})
    keys = (secrets.token_bytes(KEY_BYTES), *_read(path))
    if len(keys) > MAX_KEYS:
        raise StorageError("field_keys_too_many")
    _write(path, keys)
    return key_id(keys[0])


def kept_in(path: Path) -> tuple[bytes, ...]:
    """The keys of a file, the current one first; made with one when there is none. Raises StorageError."""
    try:
        # Of a rotation that was killed: it holds keys, and nobody would think of it.
        _aside(path).unlink(missing_ok=True)
        if not path.exists():
            _write(path, (secrets.token_bytes(KEY_BYTES),))
    except OSError as error:
        raise StorageError("field_key_unreadable") from error
    return _read(path)


def _read(path: Path) -> tuple[bytes, ...]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StorageError("field_key_unreadable") from error
    if len(raw) == KEY_BYTES:
        return (raw,)  # from before there were several
    keys = _parsed(raw.decode("ascii", "replace").split("\n"))
    if keys is None:
        raise StorageError("field_key_broken")
    return keys


def _write(path: Path, keys: tuple[bytes, ...]) -> None:
    """Written aside and renamed: a power cut leaves the keys of before or the new ones, whole. Raises StorageError."""
    aside = _aside(path)
    try:
        aside.unlink(missing_ok=True)
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(b"".join(base64.b64encode(one) + b"\n" for one in keys))
            _keep_owner(file.fileno(), path)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
        sync_folder(path.parent)
    except OSError as error:
        raise StorageError("field_key_unreadable") from error


def _aside(path: Path) -> Path:
    return path.with_suffix(".new")


def _keep_owner(handle: int, path: Path) -> None:
    """The service reads it as its own user, whoever makes the new key: often that is root."""
    if sys.platform == "win32" or not path.exists():
        return
    found = path.stat()
    if (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(handle, found.st_uid, found.st_gid)


def _parsed(lines: list[str]) -> tuple[bytes, ...] | None:
    keys: list[bytes] = []
    for line in lines:
        if not line.strip():
            continue
        try:
            key = base64.b64decode(line.strip(), validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(key) != KEY_BYTES:
            return None
        keys.append(key)
    is_sound = 0 < len(keys) <= MAX_KEYS and len(set(keys)) == len(keys)
    return tuple(keys) if is_sound else None
