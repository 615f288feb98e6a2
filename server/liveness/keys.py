"""The keys of the face check by camera: one signs challenges, one opens the packages that are sealed to it. Pure.

They lie in ``liveness.key`` in the service's folder, as the keys of the fields do in theirs (server.field_keys): the
first line issues, the others open what was sealed to them. Of each line both keys are made.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.errors import StorageError
from server import field_keys
from server.secrets import key_id

FILE = "liveness.key"


def keys_for(data_dir: Path) -> LivenessKeys:
    """Those of the file, which is made when there is none. Raises StorageError."""
    return LivenessKeys(*field_keys.kept_in(data_dir / FILE))


class LivenessKeys:
    """``current_id`` names what issues now."""

    def __init__(self, key: bytes, *earlier: bytes) -> None:
        self._pairs = {key_id(one): _Pair(one) for one in (key, *earlier)}
        self.current_id = key_id(key)

    def __repr__(self) -> str:
        return "LivenessKeys"

    def has(self, named: str) -> bool:
        return named in self._pairs

    def seal_key(self) -> bytes:
        """Public half, 32 bytes, of the current one: who seals to it is opened by ``private_key``."""
        return self._pairs[self.current_id].seal.public_key().public_bytes_raw()

    def sign(self, document: bytes, named: str) -> tuple[bytes, bytes]:
        """The signature, and the public half of what signed. Raises StorageError when that key is not here."""
        pair = self._pair(named)
        return pair.sign.sign(document), pair.sign.public_key().public_bytes_raw()

    def private_key(self, named: str) -> bytes:
        """For the worker that opens a package. Raises StorageError when that key is not here."""
        return self._pair(named).seal.private_bytes_raw()

    def _pair(self, named: str) -> _Pair:
        if named not in self._pairs:
            raise StorageError("liveness_key_missing")
        return self._pairs[named]


class _Pair:
    def __init__(self, key: bytes) -> None:
        self.sign = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"liveness sign" + key).digest())
        self.seal = X25519PrivateKey.from_private_bytes(hashlib.sha256(b"liveness seal" + key).digest())
