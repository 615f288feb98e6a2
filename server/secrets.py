"""Random tokens, their hashes, and the cipher for personal fields. Pure; any thread. Its keys: server.field_keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.errors import StorageError

_NONCE_BYTES = 12
_FILE_MAGIC = b"ADF1"
_KEY_ID_BYTES = 4


def new_id() -> str:
    """64 random bits as hex: of accounts, sessions, messages."""
    return secrets.token_hex(8)


def new_token() -> str:
    """256 random bits: access and refresh tokens, stream keys."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """SHA-256 of a token that is itself random: no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class FieldCipher:
    """Encrypts personal fields (AES-256-GCM) and makes keyed hashes to find them by.

    The keys lie outside of the database: a stolen database shows no phone. The first one seals; the others are those
    that were in use before, and open what they sealed until it has been sealed anew (server.resealing). Each sealed
    text names its key by an id that tells nothing of it.
    """

    def __init__(self, key: bytes, *earlier: bytes) -> None:
        self._keys = {key_id(one): _Key(one) for one in (key, *earlier)}
        self.current_id = key_id(key)

    def __repr__(self) -> str:
        return "FieldCipher"

    @property
    def has_earlier(self) -> bool:
        """Whether there are keys of before: then something may still be sealed with them."""
        return len(self._keys) > 1

    def lookup(self, purpose: str, value: str) -> str:
        """Keyed hash, the same for the same value: what is stored."""
        return self._keys[self.current_id].lookup(purpose, value)

    def lookups(self, purpose: str, value: str) -> tuple[str, ...]:
        """The hashes by each key, the current one first: what is searched for."""
        return tuple(one.lookup(purpose, value) for one in self._keys.values())

    def seal(self, value: str) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._keys[self.current_id].aead.encrypt(nonce, value.encode(), None)
        return f"{self.current_id}.{base64.b64encode(sealed).decode()}"

    def open(self, sealed: str) -> str:
        """Raises StorageError when it was sealed with a key that is not here."""
        named, dot, body = sealed.partition(".")
        raw = base64.b64decode(body if dot else sealed)
        return self._opened(raw, None, named if dot else "").decode()

    def is_current(self, sealed: str) -> bool:
        """Whether it was sealed with the key that seals now."""
        return sealed.startswith(f"{self.current_id}.")

    def seal_bytes(self, data: bytes, label: str) -> bytes:
        """For files. ``label`` is bound to them: under another one they do not open."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._keys[self.current_id].aead.encrypt(nonce, data, label.encode())
        return _FILE_MAGIC + bytes.fromhex(self.current_id) + sealed

    def open_bytes(self, sealed: bytes, label: str) -> bytes:
        """Raises StorageError when the key or the label is another one, or the file was changed."""
        named, body = _split_file(sealed)
        return self._opened(body, label.encode(), named)

    def are_current_bytes(self, sealed: bytes) -> bool:
        return _split_file(sealed)[0] == self.current_id

    def _opened(self, raw: bytes, label: bytes | None, named: str) -> bytes:
        # What was sealed before keys had ids names none: then it is one of those there are.
        tried = [self._keys[named]] if named in self._keys else [] if named else list(self._keys.values())
        for key in tried:
            try:
                return key.aead.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], label)
            except (InvalidTag, ValueError):
                continue
        raise StorageError("field_key_broken")


class _Key:
    """Two keys that are made of one: to encrypt with, and to hash with."""

    def __init__(self, key: bytes) -> None:
        self.aead = AESGCM(hashlib.sha256(b"field" + key).digest())
        self._hash_key = hashlib.sha256(b"lookup" + key).digest()

    def lookup(self, purpose: str, value: str) -> str:
        return hmac.new(self._hash_key, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()


def key_id(key: bytes) -> str:
    """Eight hex digits by which a sealed text names its key."""
    return hashlib.sha256(b"id" + key).hexdigest()[: 2 * _KEY_ID_BYTES]


def _split_file(sealed: bytes) -> tuple[str, bytes]:
    """The id of the key, empty for a file from before keys had ids, and what it sealed."""
    if sealed.startswith(_FILE_MAGIC):
        at = len(_FILE_MAGIC) + _KEY_ID_BYTES
        return sealed[len(_FILE_MAGIC) : at].hex(), sealed[at:]
    return "", sealed


def masked_phone(phone: str) -> str:
    """138****8000"""
    return f"{phone[:3]}****{phone[-4:]}" if phone else ""
