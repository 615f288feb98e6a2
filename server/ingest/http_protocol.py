"""The ingest's HTTP connections and the server that takes them. Event loop; made by main.

=====================================  ============================================================
what a peer keeps us waiting for       until it is cut
=====================================  ============================================================
the TLS handshake                      ``handshake_s`` (``server.sockets``)
the head of a request                  ``http_request_s`` (``server.sockets``)
taking what was written                ``viewer_stall_s`` with the write buffer never below its low mark
the last bytes of a response           ``viewer_stall_s`` from its end on
=====================================  ============================================================
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Container, Generator
from typing import Any

import structlog
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from server.ingest.limits import IngestLimits
from server.sockets import Shares, StrictServer, raise_file_limit, request_protocol

log = structlog.get_logger("ingest.http")
_DISCARD = struct.pack("ii", 1, 0)


def media_protocol(limits: IngestLimits, proxies: Container[str] = ()) -> type[H11Protocol]:
    """The protocol of media connections: ``scope["state"]["abort"]()`` ends one at once.

    ``proxies`` are those whose connections carry many people's requests.
    """
    shares = Shares(limits.http_connections_per_address, min(limits.http_connections, raise_file_limit()), proxies)
    # mypy follows no class that a function makes.
    base: Any = request_protocol(shares, limits.http_request_s)

    class MediaProtocol(base):  # type: ignore[misc]
        """Invariant: no timer outlives the connection."""

        def __init__(
            self,
            config: Config,
            server_state: ServerState,
            app_state: dict[str, Any],
            _loop: asyncio.AbstractEventLoop | None = None,
        ) -> None:
            super().__init__(config, server_state, {**app_state, "abort": self._abort}, _loop)
            self._stall: asyncio.TimerHandle | None = None
            self._rest: asyncio.TimerHandle | None = None

        def connection_lost(self, exc: Exception | None) -> None:
            for timer in (self._stall, self._rest):
                if timer is not None:
                    timer.cancel()
            super().connection_lost(exc)

        def pause_writing(self) -> None:
            super().pause_writing()
            if self._stall is None:
                self._stall = self.loop.call_later(limits.viewer_stall_s, self._cut)

        def resume_writing(self) -> None:
            if self._stall is not None:
                self._stall.cancel()
                self._stall = None
            super().resume_writing()

        def on_response_complete(self) -> None:
            if self._rest is not None:
                self._rest.cancel()
            self._rest = self.loop.call_later(limits.viewer_stall_s, self._look)
            super().on_response_complete()

        def _look(self) -> None:
            """uvicorn closes what is idle, but waits for ever for a peer to take the last bytes."""
            if self.cycle.response_complete:
                self._cut()

        def _cut(self) -> None:
            log.info("http_connection_stalled", waiting_bytes=self.transport.get_write_buffer_size())
            self._abort()

        def _abort(self) -> None:
            """What waits in our buffer and in the kernel's is not sent any more."""
            sock = self.transport.get_extra_info("socket")
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DISCARD)
            self.transport.abort()

    return MediaProtocol


class MediaServer(StrictServer):
    """Says when it listens, and leaves signals to main."""

    def __init__(self, config: Config, limits: IngestLimits) -> None:
        super().__init__(config, limits.handshake_s)
        self.is_listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield
