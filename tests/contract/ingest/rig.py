"""The RTMP side of the ingest in this process, with short deadlines, and an encoder over ``app.rtmp``."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from app.contract.errors import ErrorBody, ErrorCode, ErrorReply
from app.contract.hooks import PublishAsk, PublishGrant
from app.rtmp import ClientConnection, ClientEvent, PublishAccepted, PublishRefused, TagKind
from app.rtmp.client import _Phase
from app.rtmp.commands import Command
from app.runtime.clock import SystemClock
from server.ingest.desk import PublishDesk
from server.ingest.grants import GrantBook
from server.ingest.hooks import ServiceHooks
from server.ingest.hub import SessionHub
from server.ingest.limits import IngestLimits
from server.ingest.listener import RtmpListener
from tests.unit.ingest.media import AUDIO_CONFIG, VIDEO_CONFIG, picture

SHORT = IngestLimits(
    handshake_s=0.4, commands_s=0.4, first_picture_s=0.6, silence_s=0.5, farewell_s=0.3, health_poll_s=0.1
)


@dataclass
class Rig:
    """``keys`` maps a key to its session; ``is_away`` takes the service off the net."""

    path: Path
    limits: IngestLimits
    keys: dict[str, str] = field(default_factory=dict)
    is_away: bool = False
    max_kbps: int = 8000
    probes: set[str] = field(default_factory=set)
    calls: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    port: int = 0
    encoders: list[Encoder] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = SystemClock()
        grants = GrantBook(self.path / "grants.json", "hook", clock, 600)
        self.desk = PublishDesk(
            self.limits, clock, grants, lambda hub: self.pictures.append(hub.session_id), lambda _: None
        )
        client = httpx2.AsyncClient(base_url="http://service", transport=httpx2.MockTransport(self._serve))
        self.hooks = ServiceHooks(client, self.limits, self.desk.on_service_back)
        self.desk.attach(self.hooks)
        self.listener = RtmpListener(self.desk, self.limits, clock)

    def hub(self, session_id: str) -> SessionHub:
        hub = self.desk.hub_of(session_id)
        assert hub is not None
        return hub

    def _serve(self, request: httpx2.Request) -> httpx2.Response:
        if self.is_away:
            raise httpx2.ConnectError("away", request=request)
        name = request.url.path.rpartition("/")[2]
        if name == "health":
            return httpx2.Response(200, json={"status": "ok"})
        self.calls.append((name, request.content.decode()))
        if name != "authorize":
            return httpx2.Response(204)
        ask = PublishAsk.model_validate_json(request.content)
        if ask.key not in self.keys:
            body = ErrorReply(error=ErrorBody(code=ErrorCode.KEY_UNKNOWN, message=""))
            return httpx2.Response(403, text=body.model_dump_json())
        session_id = self.keys[ask.key]
        grant = PublishGrant(
            key_id=f"id-{session_id}",
            session_id=session_id,
            connection_id=ask.connection_id,
            is_probe=ask.key in self.probes,
            max_kbps=self.max_kbps,
        )
        return httpx2.Response(200, text=grant.model_dump_json())

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]


@asynccontextmanager
async def running(path: Path, limits: IngestLimits = SHORT) -> AsyncIterator[Rig]:
    rig = Rig(path, limits)
    listener = socket.create_server(("127.0.0.1", 0))
    rig.port = listener.getsockname()[1]
    rig.hooks.start()
    await rig.listener.start(listener, None)
    try:
        yield rig
    finally:
        rig.desk.end_all(ErrorCode.INGEST_UNAVAILABLE)
        await rig.listener.stop()
        await rig.hooks.close()
        for encoder in rig.encoders:
            await encoder.leave()
        # The listener's aborted sockets go with the next turns of the loop.
        await asyncio.sleep(0.02)


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close a stream and wait until its socket is."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


class Encoder:
    """Sends what the test says, and keeps what it is told."""

    def __init__(self, rig: Rig, key: str, app: str = "live") -> None:
        self._rig = rig
        self._key = key
        self._connection = ClientConnection(app=app, tc_url=f"rtmp://127.0.0.1/{app}", stream_key=key)
        self.events: list[ClientEvent] = []
        self.is_closed = False
        self._writer: asyncio.StreamWriter | None = None
        rig.encoders.append(self)

    async def connect(self) -> None:
        """Up to the answer to publish, whatever it is."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._rig.port)
        self._connection.start()
        await self._until_answered()

    async def publish_again(self) -> None:
        """Stop and publish anew on the same connection, which our own publisher never does."""
        connection = self._connection
        self.events.clear()
        connection._send_command(Command("FCUnpublish", 6, (None, self._key)))
        connection._send_command(Command("publish", 7, (None, self._key, "live")), connection._stream_id)
        connection._phase = _Phase.REQUESTING
        await self._until_answered()

    async def _until_answered(self) -> None:
        while not any(isinstance(event, PublishAccepted | PublishRefused) for event in self.events):
            if self.is_closed:
                return
            await self.listen()

    async def listen(self) -> None:
        """One read."""
        self.flush()
        async with asyncio.timeout(5):
            data = await self._reader.read(65536)
        self.is_closed = not data
        self.events += self._connection.receive(data)

    async def until_closed(self) -> list[str]:
        """Read to the end; the refusals that came, as code of ours."""
        while not self.is_closed:
            try:
                await self.listen()
            except OSError:
                self.is_closed = True
        return [event.description.partition(":")[0] for event in self.events if isinstance(event, PublishRefused)]

    def start_media(self) -> None:
        self._connection.send_tag(TagKind.VIDEO, 0, VIDEO_CONFIG)
        self._connection.send_tag(TagKind.AUDIO, 0, AUDIO_CONFIG)
        self.frame(0, is_key=True)

    def frame(self, moment_ms: int, *, is_key: bool = False, size_bytes: int = 200) -> None:
        self._connection.send_tag(TagKind.VIDEO, moment_ms, picture(is_key, size_bytes))
        self.flush()

    def flush(self) -> None:
        data = self._connection.data_to_send()
        if data and self._writer is not None:
            self._writer.write(data)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()

    async def leave(self) -> None:
        """Close, and wait until the socket is."""
        self.close()
        if self._writer is not None:
            await closed(self._writer)
