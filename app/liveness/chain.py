"""The chain over the encoded clip: what was said of it while it grew cannot be changed afterwards. Pure.

Each link is SHA-256 over the link before, the time of an access unit and its bytes, with lengths, so that no two clips
are read alike. It begins from the challenge, so that a clip made for another one does not fit. The capture says the
running link in each progress message; the service recomputes all of them from the clip.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

LINK_BYTES = 32
_START = b"anchordesk liveness clip 1"
_HEAD = struct.Struct("!qI")
"""Microseconds of the capture clock, and length."""


class ClipChain:
    """One clip. ``link`` and ``count`` are those after the last unit."""

    def __init__(self, session_id: str, nonce: bytes) -> None:
        """Raises ValueError for an empty nonce."""
        if not nonce:
            raise ValueError("nonce")
        named = session_id.encode()
        start = _START + struct.pack("!II", len(named), len(nonce)) + named + nonce
        self.link = hashlib.sha256(start).digest()
        self.count = 0

    def add(self, at_us: int, unit: bytes) -> bytes:
        """The next access unit, as encoded. Returns the link after it."""
        self.link = hashlib.sha256(self.link + _HEAD.pack(at_us, len(unit)) + unit).digest()
        self.count += 1
        return self.link


def links_of(session_id: str, nonce: bytes, units: Iterable[tuple[int, bytes]]) -> list[bytes]:
    """The link after each of these units."""
    chain = ClipChain(session_id, nonce)
    return [chain.add(at_us, unit) for at_us, unit in units]
