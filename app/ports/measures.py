"""Measures against me (违规处理) and my appeals. Part of ``Platform``; coroutines as in ports.platform."""

from __future__ import annotations

from typing import Protocol

from app.contract.measures import Measure


class MeasuresPort(Protocol):
    """What the platform did, and what I say to it. Open to who is closed out too."""

    async def measures(self) -> list[Measure]:
        """All of them, the newest first."""

    async def appeal(self, measure_id: str, text: str, idempotency_key: str) -> Measure:
        """Once for each: PlatformError ``already_appealed``, ``appeal_too_late``. A repeat with the same key is the
        same appeal."""
