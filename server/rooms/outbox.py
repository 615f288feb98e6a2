"""What waits to be sent to one socket. Event loop; owned by its RoomSocket."""

from __future__ import annotations

import asyncio
from collections import deque


class Outbox:
    """Bounded by frames and bytes. Policy: nothing is dropped; a socket whose outbox is full is closed as too slow."""

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._has_some = asyncio.Event()
        self.is_through = True
        """Whether all that it was given is on its way: what comes now may be sent past it, and keeps its place."""

    @property
    def waiting_bytes(self) -> int:
        return self._bytes

    def put(self, frame: bytes) -> bool:
        """False when it is full: the frame was not taken."""
        if len(self._frames) >= self._max_frames or self._bytes + len(frame) > self._max_bytes:
            return False
        self._frames.append(frame)
        self.is_through = False
        self._bytes += len(frame)
        self._has_some.set()
        return True

    async def get(self) -> bytes:
        """The oldest frame, as soon as there is one. The one before it has been sent."""
        self.is_through = not self._frames
        await self._has_some.wait()
        frame = self._frames.popleft()
        self._bytes -= len(frame)
        if not self._frames:
            self._has_some.clear()
        return frame
