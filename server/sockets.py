"""Connections of the HTTP servers: how many, how slow, and how they end. uvicorn's protocols made strict. Event loop.

The service and the ingest use the same: ``raise_file_limit`` at start, ``request_protocol`` for ``http=``.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections import Counter
from collections.abc import Callable, Container
from functools import partial
from typing import cast

import h11
import uvicorn
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from server.proxies import household

LINGER_S = 2.0
REQUEST_HEAD_S = 10.0
BACKLOG = 2048
SPARE_FILES = 128
"""Of the files that may be open, what is kept for the database, logs and what is asked elsewhere."""


def raise_file_limit() -> int:
    """Let this process open as many files as it may. Returns how many connections that leaves room for."""
    if sys.platform == "win32":  # has no such limit on sockets
        return 1 << 16
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (ValueError, OSError):  # macOS says "unlimited" and takes less
            pass
    return 1 << 16 if soft == resource.RLIM_INFINITY else max(SPARE_FILES, soft - SPARE_FILES)


class Shares:
    """How many of something each household holds. Invariant: no more than ``per_address`` each, ``total`` in all."""

    def __init__(self, per_address: int, total: int, exempt: Container[str] = ()) -> None:
        """``exempt`` addresses count towards the total only."""
        self._per_address = per_address
        self._total = total
        self._exempt = exempt
        self._held: Counter[str] = Counter()
        self.count = 0
        self.refused = 0

    def take(self, address: str) -> bool:
        """False when there is none left for this address."""
        key = household(address)
        is_own_full = self._held[key] >= self._per_address and address not in self._exempt
        if is_own_full or self.count >= self._total:
            self.refused += 1
            return False
        self._held[key] += 1
        self.count += 1
        return True

    def give_back(self, address: str) -> None:
        key = household(address)
        self.count -= 1
        self._held[key] -= 1
        if not self._held[key]:
            del self._held[key]


def request_protocol(shares: Shares, head_s: float = REQUEST_HEAD_S) -> type[H11Protocol]:
    """The protocol to give to uvicorn: counts connections and does not wait for ever for the head of a request."""

    class RequestProtocol(H11Protocol):
        """uvicorn's own timer begins after an answer and ends with any byte: a peer that sends none, or one a
        minute, would hold its connection for as long as it likes."""

        _share: str | None = None
        _head_timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            address = self.client[0] if self.client else ""
            if not shares.take(address):
                transport.abort()
                return
            self._share = address
            self._watch_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_watching()
            self._give_back()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.transport.get_protocol() is self:
                self._watch_head()

        def handle_websocket_upgrade(self, event: h11.Request) -> None:
            self._stop_watching()
            super().handle_websocket_upgrade(event)
            # From now on the event socket's protocol is told when the connection is gone.
            cast(EventSocketProtocol, self.transport.get_protocol()).on_lost = self._give_back

        def _watch_head(self) -> None:
            is_waiting = self.cycle is None or self.cycle.response_complete
            if not is_waiting:
                self._stop_watching()
            elif self._head_timer is None:
                self._head_timer = self.loop.call_later(head_s, self.transport.abort)

        def _stop_watching(self) -> None:
            if self._head_timer is not None:
                self._head_timer.cancel()
                self._head_timer = None

        def _give_back(self) -> None:
            if self._share is not None:
                shares.give_back(self._share)
                self._share = None

    return RequestProtocol


class StrictServer(uvicorn.Server):
    """uvicorn on sockets of ours. It does not wait for ever for a TLS handshake, of which no protocol hears yet."""

    def __init__(self, config: uvicorn.Config, handshake_s: float = REQUEST_HEAD_S) -> None:
        super().__init__(config)
        self._handshake_s = handshake_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Raises SystemExit when the app cannot start, as uvicorn does."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            raise SystemExit(1)
        context = self.config.ssl
        loop = asyncio.get_running_loop()
        kind: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        make = partial(kind, self.config, self.server_state, self.lifespan.state)
        self.servers = [
            await loop.create_server(
                make,
                sock=one,
                ssl=context,
                ssl_handshake_timeout=self._handshake_s if context else None,
                backlog=BACKLOG,
            )
            for one in sockets or ()
        ]
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Half of the time to end is for peers to finish; then they are cut, as TLS waits long for a last goodbye."""
        patience_s = (self.config.timeout_graceful_shutdown or 0) / 2
        cutting = asyncio.get_running_loop().call_later(patience_s, self._cut)
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()

    def _cut(self) -> None:
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()


class EventSocketProtocol(WebSocketsSansIOProtocol):
    """A close is sent at once even while the peer's window is shut, and the connection is cut soon after.

    Without this a close would wait for the peer to read, which the one that is closed for not reading
    never does: its buffers would stay until the keep-alive gives up, 40 s later.
    """

    _cutting: asyncio.TimerHandle | None = None
    on_lost: Callable[[], None] | None = None

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
        if self.on_lost is not None:
            self.on_lost()
        super().connection_lost(exc)
