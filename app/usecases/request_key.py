"""The key of a request whose answer was lost: with it the repeat is the same request. I/O loop."""

from __future__ import annotations

import hmac
import secrets
import uuid


class RequestKey:
    """Of a request that was not answered yet. What it asks for is known by a digest that only this run can make."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._key, self._digest = "", b""

    def of(self, wanted: str) -> str:
        """The key of the same request, when its answer was lost; else a new one."""
        digest = hmac.digest(self._secret, wanted.encode("utf-8", "surrogatepass"), "sha256")
        if not self._key or digest != self._digest:
            self._key, self._digest = uuid.uuid4().hex, digest
        return self._key

    def forget(self) -> None:
        """It was answered."""
        self._key, self._digest = "", b""
