"""The event sockets' protocol: uvicorn's, which also gets rid of a peer that stopped reading. Event loop."""

from __future__ import annotations

import asyncio

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LINGER_S = 2.0


class EventSocketProtocol(WebSocketsSansIOProtocol):
    """A close is sent at once even while the peer's window is shut, and the connection is cut soon after.

    Without this a close would wait for the peer to read, which the one that is closed for not reading
    never does: its buffers would stay until the keep-alive gives up, 40 s later.
    """

    _cutting: asyncio.TimerHandle | None = None

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.close":
            self.close_timeout = LINGER_S
            if not self.writable.is_set():
                self.writable.set()
            if self._cutting is None and self.transport is not None:
                self._cutting = self.loop.call_later(LINGER_S, self.transport.abort)
        await super().send(message)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._cutting is not None:
            self._cutting.cancel()
            self._cutting = None
        super().connection_lost(exc)
