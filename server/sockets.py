"""Connections of the HTTP servers: how many, how slow, and how they end. uvicorn's protocols made strict. Event loop.

The service and the ingest use the same: ``raise_file_limit`` at start, ``request_protocol`` for ``http=``.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from collections import Counter
from collections.abc import Callable, Container
from functools import lru_cache, partial
from typing import Any, cast

import h11
import uvicorn
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from server.proxies import household

DIRECT = "anchordesk.direct"
"""Under ``extensions`` of a WebSocket's scope: its ``EventSocketProtocol``."""
EVENTS_BUFFER_BYTES = 32 * 1024
"""More than a room in a flood sends within the way to the far side of the world and back."""
_TEXT = 0x81
"""RFC 6455, 5.2: the last (and only) part of a text. What a service sends is not masked."""
_LINGER = "hh" if sys.platform == "win32" else "ii"
_HEAD_16, _HEAD_64 = struct.Struct("!BBH"), struct.Struct("!BBQ")
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
        for one in sockets or ():
            # What is accepted inherits it. asyncio sets it only where a socket names its protocol, which ours do not:
            # the second part of an answer would wait some 40 ms until the peer has acknowledged the first.
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.servers = [
            await loop.create_server(
                make,
                sock=one,
                ssl=context,
                ssl_handshake_timeout=self._handshake_s if context else None,
                ssl_shutdown_timeout=LINGER_S if context else None,
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


@lru_cache(maxsize=8)
def framed(text: bytes) -> bytes:
    """With its head. What a room sends goes to all of its sockets: made once, it is the same bytes for each."""
    size = len(text)
    if size < 126:
        return bytes((_TEXT, size)) + text
    return (_HEAD_16.pack(_TEXT, 126, size) if size < 1 << 16 else _HEAD_64.pack(_TEXT, 127, size)) + text


class _ClosedOnce:
    """A transport whose second ``close`` does nothing. That of TLS lets go of its connection then: it cannot be asked
    or cut any more, and would be waited for until a peer that may never say goodbye has (CPython 3.11, sslproto)."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.write = transport.write
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        if not self._transport.is_closing():
            self._transport.close()


class EventSocketProtocol(WebSocketsSansIOProtocol):
    """A close is sent at once even while the peer's window is shut, and the connection is cut soon after.

    Without this a close would wait for the peer to read, which the one that is closed for not reading
    never does: its buffers would stay until the keep-alive gives up, 40 s later.
    """

    _cutting: asyncio.TimerHandle | None = None
    on_lost: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, _ClosedOnce(cast(asyncio.Transport, transport))))

    def handle_connect(self, event: Any) -> None:
        """The app finds this connection in its scope, to write to it past the events of ASGI."""
        super().handle_connect(event)
        scope = getattr(self, "scope", None)  # there is none where the request was refused
        if scope is not None and not self.conn.extensions:
            scope["extensions"][DIRECT] = self
        # Whoever stops reading is found out when these are full: what lies in them is a peer's for as long as it likes.
        self.transport.set_write_buffer_limits(high=EVENTS_BUFFER_BYTES)
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, EVENTS_BUFFER_BYTES)

    @property
    def held_bytes(self) -> int:
        return self.transport.get_write_buffer_size()

    def write(self, frame: bytes) -> bool:
        """A whole text frame, at once. False when the connection cannot take it now."""
        if not self.writable.is_set() or self.close_sent or self.disconnected or self.transport.is_closing():
            return False
        self.transport.write(framed(frame))
        return True

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.close":
            self.close_timeout = LINGER_S
            if not self.writable.is_set():
                self.writable.set()
            if self._cutting is None and self.transport is not None:
                self._cutting = self.loop.call_later(LINGER_S, self._cut)
        await super().send(message)

    def _cut(self) -> None:
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            # A reset. Else the kernel would go on offering what lies in its buffers to a peer that takes nothing.
            # It may have gone by itself a moment ago, which we are told of next.
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 1, 0))
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._cutting is not None:
            self._cutting.cancel()
            self._cutting = None
        if self.on_lost is not None:
            self.on_lost()
        super().connection_lost(exc)
