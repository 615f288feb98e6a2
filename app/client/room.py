"""A room's events over a WebSocket: resumes by sequence number, repeats unacknowledged messages.

Runs in the I/O loop. ``chat.send`` keeps its id however often it is sent, so the service posts it once. The link is
made again, slower each time, until the room is left or the service refuses for good.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from app.contract import events, rest
from app.contract.errors import ErrorCode
from app.contract.events import CloseCode
from app.contract.rest import API_PREFIX
from app.errors import AppError
from app.runtime.clock import Clock, utc_ms

OPEN_S = 5.0
PING_S = 10.0
RETRY_MIN_S, RETRY_MAX_S = 0.3, 5.0
STEADY_S = 5.0
"""A link that held for so long was a good one: the next begins without waiting long."""
ANSWER_S = 10.0
PAUSE_MAX_S = 30.0
MAX_UNSENT = 100
RELOADED_SEQS = 500
"""So far back messages are asked for when the service keeps what was missed no longer."""
FINAL = frozenset({ErrorCode.NOT_SIGNED_IN, ErrorCode.DEVICE_ENDED, ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN})
"""Refusals of a hello that trying again cannot mend; an access token that ran out is renewed."""
SIGNED_OUT = frozenset({ErrorCode.NOT_SIGNED_IN, ErrorCode.DEVICE_ENDED, ErrorCode.TOKEN_EXPIRED})
_CLOSED_FOR_GOOD = {CloseCode.FORBIDDEN: ErrorCode.FORBIDDEN, CloseCode.ENDED_ELSEWHERE: ErrorCode.DEVICE_ENDED}

Load = Callable[[int], Awaitable[list[events.Envelope]]]
Heard = TypeVar("Heard")
log = structlog.get_logger("room")


@dataclass(frozen=True)
class RoomTokens:
    """``get`` gives an access token, raises PlatformError when signed out; ``refused`` tells that one was refused."""

    get: Callable[[], Awaitable[str]]
    refused: Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True)
class RoomEars:
    """Who hears the room; see ports.platform."""

    on_event: Callable[[events.Envelope], None]
    on_link: Callable[[bool], None]
    on_refused: Callable[[str], None]


class _Refused(Exception):
    """The service refused the hello, or closed the link with a reason of ours."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Room:
    """One followed room."""

    def __init__(
        self, base_url: str, ca_file: str, room: str, tokens: RoomTokens, ears: RoomEars, load: Load, clock: Clock
    ) -> None:
        """``load`` gives the messages after a sequence number, as ``chat.posted``; raises AppError."""
        parts = urlsplit(base_url)
        self._url = urlunsplit(
            ("wss" if parts.scheme == "https" else "ws", parts.netloc, f"{API_PREFIX}/events", "", "")
        )
        self._tls = ssl.create_default_context(cafile=ca_file or None) if parts.scheme == "https" else None
        self._room, self._tokens, self._ears, self._load, self._clock = room, tokens, ears, load, clock
        self._loading: asyncio.Task[None] | None = None
        self._last_seq = 0
        self._unacknowledged: dict[str, events.ChatSend] = {}
        self._changed = asyncio.Event()
        """A message was added, answered, or has to wait."""
        self._pause_s = 0.0
        self._refused_code = ""
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"room-{room}")

    def send_chat(self, request_id: str, text: str, reply_to: str = "") -> None:
        """Queue a message. One too many (a hundred wait already) or too long is refused at once, as an event."""
        if request_id in self._unacknowledged:
            return
        if self._refused_code:
            self._refuse(request_id, self._refused_code)
        elif len(text) > events.MAX_CHAT_CHARS:
            self._refuse(request_id, ErrorCode.MESSAGE_TOO_LONG)
        elif len(self._unacknowledged) >= MAX_UNSENT:
            self._refuse(request_id, ErrorCode.RATE_LIMITED)
        else:
            self._unacknowledged[request_id] = events.ChatSend(text, reply_to or None)
            self._changed.set()

    def _refuse(self, request_id: str, code: str) -> None:
        refused = events.Refused(request_id=request_id, code=code)
        _hand(self._ears.on_event, events.envelope(refused, "error", room=self._room))

    async def close(self) -> None:
        """Leave the room."""
        tasks = [task for task in (self._task, self._loading) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---- the link --------------------------------------------------------------------------------

    async def _run(self) -> None:
        wait_s = RETRY_MIN_S
        while True:
            began_s = self._clock.monotonic_s()
            try:
                await self._converse()
            except _Refused as refusal:
                if refusal.code in FINAL:
                    self._give_up(refusal.code)
                    return
                log.info("room_refused", code=refusal.code)
            except AppError as problem:
                if problem.code in SIGNED_OUT:
                    self._give_up(problem.code)
                    return
                log.info("no_token", code=problem.code)
            except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                pass  # the network's ordinary ends
            except Exception:
                log.exception("room_failed")
            if self._clock.monotonic_s() - began_s >= STEADY_S:
                wait_s = RETRY_MIN_S
            await asyncio.sleep(wait_s * random.uniform(0.8, 1.2))
            wait_s = min(RETRY_MAX_S, wait_s * 2)

    async def _converse(self) -> None:
        """One link, from its opening to its end."""
        token = await self._tokens.get()
        async with connect(
            self._url, ssl=self._tls, origin=None, open_timeout=OPEN_S, ping_interval=PING_S,
            ping_timeout=PING_S, close_timeout=1.0, max_size=4 * events.MAX_FRAME_BYTES, proxy=None,
        ) as socket:  # fmt: skip
            try:
                await self._greet(socket, token)
                await self._attend(socket)
            except _Refused as refusal:
                if refusal.code in SIGNED_OUT:
                    await self._tokens.refused(token, refusal.code)
                raise
            except ConnectionClosed as end:
                code = _code_of(socket.close_code)
                if code in SIGNED_OUT:
                    await self._tokens.refused(token, code)
                if code:
                    raise _Refused(code) from end
                raise

    async def _greet(self, socket: ClientConnection, token: str) -> None:
        """Only ``hello.ack`` lets us in."""
        hello = events.Hello(token=token, after_seq=self._last_seq)
        await socket.send(events.encode([events.envelope(hello, "hello", id="hello", room=self._room)]))
        async with asyncio.timeout(OPEN_S):
            first = await socket.recv()
        answer = next(iter(events.decode(first)), None)
        if answer is None or answer.t != "hello.ack":
            body = _body(answer) if answer is not None else None
            raise _Refused(body.code if isinstance(body, events.Refused) else "platform_not_ours")
        self._take(first)

    async def _attend(self, socket: ClientConnection) -> None:
        sender = asyncio.get_running_loop().create_task(self._send_waiting(socket), name=f"room-send-{self._room}")
        _hand(self._ears.on_link, True)
        try:
            while True:
                self._take(await socket.recv())
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
            _hand(self._ears.on_link, False)

    def _give_up(self, code: str) -> None:
        log.warning("room_given_up", code=code)
        self._refused_code = code
        waiting, self._unacknowledged = self._unacknowledged, {}
        for request_id in waiting:
            self._refuse(request_id, code)
        _hand(self._ears.on_refused, code)

    # ---- out -------------------------------------------------------------------------------------

    async def _send_waiting(self, socket: ClientConnection) -> None:
        """One message at a time, in order: the next when this one was acknowledged or refused."""
        while True:
            self._changed.clear()
            request_id = next(iter(self._unacknowledged), None)
            if request_id is None:
                await self._changed.wait()
                continue
            wish = self._unacknowledged[request_id]
            self._pause_s = 0.0
            await socket.send(events.encode([events.envelope(wish, "chat.send", id=request_id, room=self._room)]))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    while request_id in self._unacknowledged and not self._pause_s:
                        self._changed.clear()
                        await self._changed.wait()
            await asyncio.sleep(self._pause_s)

    # ---- in --------------------------------------------------------------------------------------

    def _take(self, frame: str | bytes) -> None:
        for envelope in events.decode(frame):
            if envelope.seq:
                if envelope.seq <= self._last_seq:
                    continue
                self._last_seq = envelope.seq
            body = _body(envelope)
            if body is None or (isinstance(body, events.Refused) and self._has_to_wait(body)):
                continue
            if envelope.t == "room.reset" and isinstance(body, events.HelloAck):
                self._last_seq = body.last_seq
                self._reload()
            if isinstance(body, events.ChatAck | events.Refused):
                self._unacknowledged.pop(body.request_id, None)
                self._changed.set()
            _hand(self._ears.on_event, envelope)

    def _has_to_wait(self, refused: events.Refused) -> bool:
        """Whether this one came too fast and is sent again, after the time that the service named."""
        if refused.code != ErrorCode.RATE_LIMITED or refused.request_id not in self._unacknowledged:
            return False
        self._pause_s = min(PAUSE_MAX_S, max(RETRY_MIN_S, refused.retry_after_ms / 1000))
        self._changed.set()
        return True

    def _reload(self) -> None:
        """The service no longer tells what was missed: the newest messages are asked for."""
        if self._loading is not None:
            self._loading.cancel()
        after_seq = max(0, self._last_seq - RELOADED_SEQS)
        self._loading = asyncio.get_running_loop().create_task(self._fetch(after_seq), name=f"reload-{self._room}")

    async def _fetch(self, after_seq: int) -> None:
        wait_s = RETRY_MIN_S
        while not self._refused_code:
            try:
                missed = await self._load(after_seq)
            except AppError as problem:
                log.info("messages_not_loaded", code=problem.code)
            except Exception:
                log.exception("messages_not_loaded")
            else:
                for envelope in missed:
                    _hand(self._ears.on_event, envelope)
                return
            await asyncio.sleep(wait_s)
            wait_s = min(RETRY_MAX_S, wait_s * 2)


def _hand(ear: Callable[[Heard], None], heard: Heard) -> None:
    """Tell it; a bug of the listener is logged, and the room goes on."""
    try:
        ear(heard)
    except Exception:
        log.exception("listener_failed")


def _body(envelope: events.Envelope) -> msgspec.Struct | None:
    """The typed body; None for what a newer service may tell and we do not know."""
    try:
        return events.body(envelope)
    except msgspec.ValidationError:
        log.info("event_unknown", type=envelope.t[:40])
        return None


def _code_of(close_code: int | None) -> str:
    """The error code of a close code that ends the room; empty for any other end of the link."""
    return next((code for closed, code in _CLOSED_FOR_GOOD.items() if closed == close_code), "")


def posted(message: rest.ChatMessage) -> events.Envelope:
    """A message of the archive as the event that once told it."""
    body = events.ChatPosted(
        message_id=message.id,
        author_id=message.author_id,
        author_name=message.author_name,
        is_anchor=message.is_anchor,
        text=message.text,
        role=message.role,
        reply=events.Quoted("", message.reply_author, message.reply_text) if message.reply_author else None,
    )
    return events.envelope(
        body, "chat.posted", id=message.id, seq=message.seq, ts=utc_ms(message.sent_at), room=message.session_id
    )
