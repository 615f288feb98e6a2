"""The face check by camera as the platform does it. Part of ``Platform``; coroutines as in ports.platform."""

from __future__ import annotations

from typing import Protocol

from app.contract.liveness import LivenessOrder, LivenessReceived, LivenessSession, LivenessStanding
from app.domain.liveness import Abort, LivenessPath


class LivenessPort(Protocol):
    """One session at a time; errors as app.contract.liveness says."""

    async def liveness(self) -> LivenessStanding:
        """How it stands."""

    async def begin_liveness(self, path: LivenessPath, idempotency_key: str) -> LivenessSession:
        """A challenge whose signature was checked. A repeat with the same key gives the same session.

        Raises PlatformError ``liveness_challenge_invalid`` for one that is not signed as it says.
        """

    async def liveness_progress(
        self, session_id: str, number: int, link: bytes, units: int, at_us: int, public_key: bytes = b""
    ) -> LivenessOrder:
        """The next order. May be repeated."""

    async def abort_liveness(self, session_id: str, reason: Abort) -> None: ...

    async def announce_liveness(self, session_id: str, size_bytes: int, sha256: bytes) -> LivenessReceived:
        """From where to go on: 0 at first. May be repeated."""

    async def send_liveness(self, session_id: str, offset: int, part: bytes) -> LivenessReceived: ...
