"""The RTMP listener: takes connections within the limits and runs a publisher for each. Event loop; owned by main."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter

import structlog

from app.runtime.clock import Clock
from server.ingest.limits import IngestLimits
from server.ingest.publisher import Desk, Publisher, no_delay

log = structlog.get_logger("ingest.rtmp")


class RtmpListener:
    """Invariant: never more than ``limits.connections``, nor ``connections_per_address`` of one address."""

    def __init__(self, desk: Desk, limits: IngestLimits, clock: Clock) -> None:
        self._desk = desk
        self._limits = limits
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._addresses: Counter[str] = Counter()
        self.refused = 0

    async def start(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        """Listen on a bound socket."""
        self._server = await asyncio.start_server(
            self._serve,
            sock=listener,
            ssl=context,
            ssl_handshake_timeout=self._limits.handshake_s if context else None,
            backlog=256,
        )

    async def stop(self) -> None:
        """Take no more, and let those who were told to end do so."""
        if self._server is not None:
            self._server.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._limits.farewell_s + 0.2)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        is_full = len(self._tasks) >= self._limits.connections
        if is_full or self._addresses[address] >= self._limits.connections_per_address:
            self.refused += 1
            log.warning("too_many_connections", is_full=is_full)
            writer.transport.abort()
            return
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("not in a task")
        self._tasks.add(task)
        self._addresses[address] += 1
        no_delay(writer)
        try:
            await Publisher(reader, writer, self._desk, self._limits, self._clock).run()
        except asyncio.CancelledError:
            # The listener stops; a handler of start_server must not end cancelled, or asyncio reports it.
            writer.transport.abort()
        finally:
            self._tasks.discard(task)
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]
