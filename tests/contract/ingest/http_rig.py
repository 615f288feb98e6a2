"""The HTTP side of the ingest in this process, with short deadlines, and clients that read as slowly as they like."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from app.rtmp import TagKind
from app.runtime.clock import SystemClock
from server.ingest.desk import PublishDesk
from server.ingest.grants import GrantBook
from server.ingest.hooks import ServiceHooks
from server.ingest.http_app import ControlRoutes, MediaRoutes, create_http_app
from server.ingest.http_protocol import MediaServer, media_protocol
from server.ingest.hub import SessionHub
from server.ingest.limits import IngestLimits
from server.ingest.main import VIEWER_SEND_BUFFER_BYTES
from server.ingest.stats import Stats
from server.ingest.workers import WorkerPool
from server.media_token import sign
from tests.unit.ingest.media import configure, picture

HOOK_SECRET = "h" * 32
MEDIA_SECRET = "m" * 32


@dataclass
class Reply:
    """A response's head, and the streams that go on."""

    status: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def until_end(self) -> int:
        """Read on, quickly; how many bytes there were before the connection ended."""
        size_bytes = 0
        with contextlib.suppress(ConnectionError):
            while data := await self.reader.read(1 << 16):
                size_bytes += len(data)
        return size_bytes

    async def close(self) -> None:
        self.writer.transport.abort()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


class HttpRig:
    """``port`` serves; sessions have no publisher but ``fill``."""

    def __init__(self, path: Path, limits: IngestLimits) -> None:
        self.media_dir = path / "media"
        clock = SystemClock()
        self.workers = WorkerPool(self.media_dir, path / "logs", limits, clock)
        self.workers.sweep()
        grants = GrantBook(path / "grants.json", HOOK_SECRET, clock, 600)
        self.desk = PublishDesk(limits, clock, grants, lambda _: None, self.workers.close)
        client = httpx2.AsyncClient(base_url="http://service", transport=httpx2.MockTransport(_never))
        self.hooks = ServiceHooks(client, limits, self.desk.on_service_back)
        self.desk.attach(self.hooks)
        media = MediaRoutes(self.desk, self.media_dir, MEDIA_SECRET, limits, clock)
        control = ControlRoutes(
            self.desk, media, Stats(self.desk, self.workers, clock), self.workers.unfinished, HOOK_SECRET
        )
        config = uvicorn.Config(
            create_http_app(media, control),
            http=media_protocol(limits),
            log_config=None,
            lifespan="off",
            ws="none",
            access_log=False,
        )
        self.server = MediaServer(config, limits)
        self.clock = clock
        self.port = 0
        self._replies: list[Reply] = []

    @property
    def connections(self) -> int:
        return len(self.server.server_state.connections)

    def hub(self, session_id: str) -> SessionHub:
        hub = self.desk.hub_of(session_id)
        assert hub is not None
        return hub

    def fill(self, session_id: str, seconds: int, *, from_s: int = 0, frame_bytes: int = 40_000) -> None:
        """Pictures of about 8 Mbit/s, all at once."""
        hub = self.hub(session_id)
        if not hub.is_running:
            hub.begin()
            configure(hub)
        for number in range(from_s * 25, (from_s + seconds) * 25):
            hub.publish(TagKind.VIDEO, number * 40, picture(number % 25 == 0, frame_bytes))

    async def dial(self, *, recv_buffer_bytes: int = 0) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        sock = socket.socket()
        if recv_buffer_bytes:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, recv_buffer_bytes)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        # A small limit: what the test has not read stays in the kernel.
        return await asyncio.open_connection(sock=sock, limit=4096)

    async def ask(
        self, path: str, *, method: str = "GET", body: Any = None, secret: str = "", recv_buffer_bytes: int = 0
    ) -> Reply:
        """Send a request; returns when the head of the response is there."""
        reader, writer = await self.dial(recv_buffer_bytes=recv_buffer_bytes)
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(content)}\r\n"
        if secret:
            head += f"Authorization: Bearer {secret}\r\n"
        writer.write(head.encode() + b"\r\n" + content)
        line = await reader.readuntil(b"\r\n\r\n")
        reply = Reply(int(line.split()[1]), reader, writer)
        self._replies.append(reply)
        return reply

    async def watch(
        self, session_id: str, viewer_id: str, *, recv_buffer_bytes: int = 0, lifetime_s: int = 50
    ) -> Reply:
        token = sign(MEDIA_SECRET, session_id, viewer_id, int(self.clock.utc().timestamp()) + lifetime_s)
        return await self.ask(f"/live/{session_id}.flv?token={token}", recv_buffer_bytes=recv_buffer_bytes)

    async def order(self, name: str, body: dict[str, Any]) -> int:
        reply = await self.ask(f"/control/{name}", method="POST", body=body, secret=HOOK_SECRET)
        return reply.status

    async def sessions(self) -> list[str]:
        reply = await self.ask("/control/sessions", secret=HOOK_SECRET)
        assert reply.status == 200
        return list(json.loads(await reply.reader.readuntil(b"]")))

    async def close(self) -> None:
        for reply in self._replies:
            await reply.close()


def _never(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("nobody asks here", request=request)


@asynccontextmanager
async def serving(path: Path, limits: IngestLimits) -> AsyncIterator[HttpRig]:
    rig = HttpRig(path, limits)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, VIEWER_SEND_BUFFER_BYTES)
    rig.port = listener.getsockname()[1]
    task = asyncio.create_task(rig.server.serve(sockets=[listener]))
    await rig.server.is_listening.wait()
    try:
        yield rig
    finally:
        await rig.close()
        rig.desk.end_all("ended")
        await rig.workers.stop()
        rig.server.should_exit = True
        await task
        await rig.hooks.close()
        await asyncio.sleep(0.02)


async def until(condition: Any, timeout_s: float = 5) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)
