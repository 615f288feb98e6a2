"""The keys of the personal fields: from the environment or from a file beside the database, the current one first.

``ANCHORDESK_FIELD_KEYS`` holds them as base64 (32 bytes each) with commas between. It is taken out of the environment
as it is read: no child inherits it. Without it they are the lines of ``field.key`` in the service's own folder, which
is made at the first start with mode 0600. A new key is put in front (``rotate``, or the variable); what the earlier
ones sealed is sealed anew by and by (server.resealing), and then they may go.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import MutableMapping
from pathlib import Path

from app.errors import InputError, StorageError
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
    return FieldCipher(*(from_environment or _read(data_dir / FILE, is_made=True)))


def rotate(data_dir: Path) -> str:
    """Put a new key in front of those in the file; its id. Takes effect at the next start. Raises StorageError."""
    path = data_dir / FILE
    keys = (secrets.token_bytes(KEY_BYTES), *_read(path, is_made=True))
    if len(keys) > MAX_KEYS:
        raise StorageError("field_keys_too_many")
    _write(path, keys)
    return key_id(keys[0])


def _read(path: Path, *, is_made: bool) -> tuple[bytes, ...]:
    try:
        if is_made and not path.exists():
            _write(path, (secrets.token_bytes(KEY_BYTES),))
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
    aside = path.with_suffix(".new")
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(b"".join(base64.b64encode(one) + b"\n" for one in keys))
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        raise StorageError("field_key_unreadable") from error


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
