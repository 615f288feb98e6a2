"""Random tokens, their hashes, and the cipher for personal fields. Pure but for the key file. Any thread."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.errors import StorageError

_KEY_BYTES = 32
_NONCE_BYTES = 12


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

    The key lies in a file of the service's own folder, never in the database: a stolen database shows no phone.
    """

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(hashlib.sha256(b"field" + key).digest())
        self._hash_key = hashlib.sha256(b"lookup" + key).digest()

    def __repr__(self) -> str:
        return "FieldCipher"

    @classmethod
    def from_file(cls, path: Path) -> FieldCipher:
        """Read the key, or make it at the first start. Raises StorageError."""
        try:
            if not path.exists():
                # Written aside and renamed: a power cut leaves either no key or a whole one.
                aside = path.with_suffix(".new")
                handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(handle, "wb") as file:
                    file.write(secrets.token_bytes(_KEY_BYTES))
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(aside, path)
            key = path.read_bytes()
        except OSError as error:
            raise StorageError("field_key_unreadable") from error
        if len(key) != _KEY_BYTES:
            raise StorageError("field_key_broken")
        return cls(key)

    def lookup(self, purpose: str, value: str) -> str:
        """Keyed hash, the same for the same value."""
        return hmac.new(self._hash_key, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()

    def seal(self, value: str) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        return base64.b64encode(nonce + self._aead.encrypt(nonce, value.encode(), None)).decode()

    def open(self, sealed: str) -> str:
        """Raises StorageError when the key is another one."""
        raw = base64.b64decode(sealed)
        try:
            return self._aead.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()
        except InvalidTag as error:
            raise StorageError("field_key_broken") from error


def masked_phone(phone: str) -> str:
    """138****8000"""
    return f"{phone[:3]}****{phone[-4:]}" if phone else ""
