"""Carries a sealed package from the engine to the service, part by part. I/O loop.

The service says from where to go on, so that what was interrupted goes on where it was, and a part whose answer was
lost is not sent twice. The engine holds the package until all of it has arrived.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from app.contract.liveness import PART_BYTES
from app.domain.backoff import Backoff
from app.errors import AppError, PlatformError
from app.ports.engine import LivenessPart, LivenessSealed, ReadLiveness
from app.ports.local import Engine
from app.ports.platform import Platform

BACKOFF = Backoff()
MOST_WAIT_S = 60.0
MOST_CONFLICTS, MOST_DAMAGED, MOST_AWAY = 8, 1, 8


def wait_s(error: AppError, attempt: int) -> float:
    """Before the next try: longer each time, and as long as the service asks for."""
    asked = error.detail.get("retry_after_s", 0)
    asked_s = float(asked) if isinstance(asked, int | float) else 0.0
    return max(BACKOFF.wait_s(attempt, random.random()), min(asked_s, MOST_WAIT_S))


class LivenessUpload:
    """One package. ``on_sent`` is told how much of it has arrived, 0 … 1; ``on_away`` why it waits, None: no longer."""

    def __init__(
        self,
        engine: Engine,
        sealed: LivenessSealed,
        on_sent: Callable[[float], None],
        on_away: Callable[[AppError | None], None],
    ) -> None:
        self._engine, self._sealed, self._on_sent, self._on_away = engine, sealed, on_sent, on_away
        self._part: LivenessPart | None = None
        self._conflicts = self._damaged = self._lost = self._away = 0

    def on_part(self, part: LivenessPart) -> None:
        """What the engine read."""
        self._part = part

    async def run(self, platform: Platform) -> None:
        """Until all of it has arrived. Raises AppError; ``liveness_lost`` when the engine has it no longer."""
        while True:
            try:
                await self._send(platform)
                return
            except AppError as error:
                await self._bear(error)

    async def _bear(self, error: AppError) -> None:
        """Wait, when it may be tried again; else raise it."""
        if error.code == "state_conflict" and "received_bytes" in error.detail and self._conflicts < MOST_CONFLICTS:
            self._conflicts += 1
        elif error.code == "package_damaged" and self._damaged < MOST_DAMAGED:
            self._damaged += 1
        elif error.code == "engine_away" and self._away < MOST_AWAY:
            self._away += 1
            await asyncio.sleep(wait_s(error, self._away))
        elif error.code == "engine_away":
            raise AppError("liveness_lost") from error
        elif error.retryable:
            self._lost += 1
            self._on_away(error)
            await asyncio.sleep(wait_s(error, self._lost))
        else:
            raise error

    async def _send(self, platform: Platform) -> None:
        sealed = self._sealed
        received = await platform.announce_liveness(sealed.session_id, sealed.size_bytes, sealed.sha256)
        self._on_away(None)
        while not received.receipt:
            offset = received.received_bytes
            if not 0 <= offset < sealed.size_bytes:
                raise PlatformError("platform_not_ours", retryable=False)
            self._on_sent(offset / sealed.size_bytes)
            part = await self._read(offset, min(PART_BYTES, sealed.size_bytes - offset))
            received = await platform.send_liveness(sealed.session_id, offset, part)
            if received.received_bytes <= offset and not received.receipt:
                raise PlatformError("platform_not_ours", retryable=False)
            self._lost = self._conflicts = self._away = 0
        self._on_sent(1.0)

    async def _read(self, offset: int, count: int) -> bytes:
        self._part = None
        done = await self._engine.ask(ReadLiveness(offset=offset, max_bytes=count))
        if done.code == "engine_away":
            raise AppError("engine_away")
        part = self._part
        is_it = part is not None and (part.session_id, part.offset) == (self._sealed.session_id, offset)
        if done.code or part is None or not is_it or not 0 < len(part.data) <= count:
            raise AppError("liveness_lost")
        return part.data
