"""A room's events over a WebSocket: resumes by sequence number, repeats unacknowledged messages, never gives up.

Runs in the I/O loop. ``chat.send`` keeps its id however often it is sent, so the service posts it once.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit, urlunsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from app.contract import events, rest
from app.contract.rest import API_PREFIX
from app.errors import PlatformError
from app.runtime.clock import utc_ms

OPEN_S = 5.0
PING_S = 10.0
RETRY_MIN_S, RETRY_MAX_S = 0.3, 5.0
MAX_UNSENT = 100
RELOADED_SEQS = 500
"""So far back messages are asked for when the service keeps what was missed no longer."""

Token = Callable[[], Awaitable[str | None]]
Load = Callable[[int], Awaitable[list[events.Envelope]]]


class Room:
    """One followed room."""

    def __init__(
        self,
        base_url: str,
        ca_file: str,
        room: str,
        token: Token,
        on_event: Callable[[events.Envelope], None],
        on_link: Callable[[bool], None],
        load: Load,
    ) -> None:
        """``load`` gives the messages after a sequence number, as ``chat.posted``; raises PlatformError."""
        parts = urlsplit(base_url)
        self._url = urlunsplit(
            ("wss" if parts.scheme == "https" else "ws", parts.netloc, f"{API_PREFIX}/events", "", "")
        )
        self._tls = ssl.create_default_context(cafile=ca_file or None) if parts.scheme == "https" else None
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._room, self._token = room, token
        self._on_event, self._on_link, self._load = on_event, on_link, load
        self._loading: asyncio.Task[None] | None = None
        self._last_seq = 0
        self._unacknowledged: dict[str, str] = {}
        self._socket: ClientConnection | None = None
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"room-{room}")

    def send_chat(self, request_id: str, text: str) -> None:
        """Queue a message; the oldest is refused with ``rate_limited`` when a hundred wait."""
        if len(self._unacknowledged) >= MAX_UNSENT:
            refused = events.Refused(request_id=request_id, code="rate_limited")
            self._on_event(events.envelope(refused, "error", room=self._room))
            return
        self._unacknowledged[request_id] = text
        if self._socket is not None:
            asyncio.get_running_loop().create_task(self._push(self._socket, [request_id]))

    async def close(self) -> None:
        """Leave the room."""
        for task in (self._task, self._loading):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def _run(self) -> None:
        wait_s = RETRY_MIN_S
        while True:
            try:
                async with connect(
                    self._url, ssl=self._tls, origin=None, open_timeout=OPEN_S, ping_interval=PING_S,
                    ping_timeout=PING_S, close_timeout=1.0, max_size=4 * events.MAX_FRAME_BYTES, proxy=None,
                ) as socket:  # fmt: skip
                    await self._greet(socket)
                    wait_s = RETRY_MIN_S
                    async for frame in socket:
                        self._take(frame)
            except (OSError, ConnectionClosed, InvalidHandshake, InvalidURI, TimeoutError, PlatformError):
                pass
            except msgspec.MsgspecError:
                pass
            finally:
                if self._socket is not None:
                    self._socket = None
                    self._on_link(False)
            await asyncio.sleep(wait_s * random.uniform(0.8, 1.2))
            wait_s = min(RETRY_MAX_S, wait_s * 2)

    async def _greet(self, socket: ClientConnection) -> None:
        hello = events.Hello(token=await self._token(), after_seq=self._last_seq)
        await socket.send(events.encode([events.envelope(hello, "hello", id="hello", room=self._room)]))
        first = await asyncio.wait_for(socket.recv(), OPEN_S)
        self._socket = socket
        self._take(first)
        self._on_link(True)
        await self._push(socket, list(self._unacknowledged))

    async def _push(self, socket: ClientConnection, request_ids: list[str]) -> None:
        wanted = [
            events.envelope(events.ChatSend(text=self._unacknowledged[name]), "chat.send", id=name, room=self._room)
            for name in request_ids
            if name in self._unacknowledged
        ]
        if wanted:
            with contextlib.suppress(ConnectionClosed):
                await socket.send(events.encode(wanted))

    def _take(self, frame: str | bytes) -> None:
        for envelope in events.decode(frame):
            if envelope.seq:
                if envelope.seq <= self._last_seq:
                    continue
                self._last_seq = envelope.seq
            if envelope.t == "room.reset":
                reset = events.body(envelope)
                self._last_seq = reset.last_seq if isinstance(reset, events.HelloAck) else 0
                self._reload()
            if envelope.t in ("chat.ack", "error"):
                body = events.body(envelope)
                if isinstance(body, events.ChatAck | events.Refused):
                    self._unacknowledged.pop(body.request_id, None)
            self._on_event(envelope)

    def _reload(self) -> None:
        """The service no longer tells what was missed: the newest messages are asked for."""
        if self._loading is not None:
            self._loading.cancel()
        after_seq = max(0, self._last_seq - RELOADED_SEQS)
        self._loading = asyncio.get_running_loop().create_task(self._fetch(after_seq), name=f"reload-{self._room}")

    async def _fetch(self, after_seq: int) -> None:
        wait_s = RETRY_MIN_S
        while True:
            try:
                missed = await self._load(after_seq)
            except PlatformError:
                await asyncio.sleep(wait_s)
                wait_s = min(RETRY_MAX_S, wait_s * 2)
            else:
                break
        for envelope in missed:
            self._on_event(envelope)


def posted(message: rest.ChatMessage) -> events.Envelope:
    """A message of the archive as the event that once told it."""
    body = events.ChatPosted(
        message_id=message.id,
        author_id=message.author_id,
        author_name=message.author_name,
        is_anchor=message.is_anchor,
        text=message.text,
    )
    return events.envelope(
        body, "chat.posted", id=message.id, seq=message.seq, ts=utc_ms(message.sent_at), room=message.session_id
    )
