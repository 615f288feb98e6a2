"""One RTMP connection from an encoder: its steps, deadlines and end. Event loop; made by the listener.

The connection asks the desk (``Desk``) whether its key may publish before any media is looked at, and gives the
desk every tag. Whoever takes it off the air calls ``end``; the reason goes out as onStatus before the socket closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import uuid
from typing import Protocol

import structlog

from app.contract.errors import ErrorCode
from app.contract.hooks import PublishAsk, PublishGrant
from app.rtmp import (
    ConnectRequested,
    PlayRefused,
    PublishRequested,
    RtmpError,
    ServerConnection,
    ServerEvent,
    TagKind,
    TagReceived,
    Unpublished,
)
from app.runtime.clock import Clock
from server.errors import Refusal
from server.ingest.hub import MediaInvalid
from server.ingest.limits import IngestLimits
from server.ingest.meter import BitrateMeter
from server.messages import sentence

APP = "live"
READ_BYTES = 64 * 1024
MAX_UNSENT_BYTES = 256 * 1024
log = structlog.get_logger("ingest.rtmp")


class Desk(Protocol):
    """Who decides, and where media goes."""

    async def authorize(self, ask: PublishAsk) -> PublishGrant:
        """Raises Refusal."""

    def admit(self, publisher: Publisher) -> None:
        """The publisher is on; whoever held its key or session before is taken off."""

    def tag(self, publisher: Publisher, tag: TagReceived) -> bool:
        """Media. True when the first picture has come. Raises MediaInvalid, RtmpError."""

    def leave(self, publisher: Publisher, reason: str) -> None:
        """The publisher is off."""


class Publisher:
    """Invariant: the desk's ``leave`` is called exactly once after ``admit``; ``grant`` is set from one to the other.

    A connection may publish again after it stopped. To the service that is another one: it gets an id of its own.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        desk: Desk,
        limits: IngestLimits,
        clock: Clock,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._desk = desk
        self._limits = limits
        self._clock = clock
        self._connection = ServerConnection(limits.rtmp)
        self._is_ending = False
        self._is_admitted = False
        self._has_picture = False
        self._reason = "closed"
        self._step = "handshake"
        self._deadline_s = clock.monotonic_s() + limits.handshake_s
        self._picture_deadline_s = 0.0
        self._probe_ends_s = math.inf
        self._encoder = ""
        self._key = ""
        self.connection_id = uuid.uuid4().hex
        self.grant: PublishGrant | None = None
        self.meter = BitrateMeter(limits.bitrate_window_s, clock.monotonic_s())
        self.has_started = False
        """Whether the service was told that the first picture came."""

    def __repr__(self) -> str:
        return f"Publisher({self.connection_id})"

    @property
    def ask(self) -> PublishAsk:
        """What the service is asked about this connection, again when it comes back after it was away."""
        return PublishAsk(app=APP, key=self._key, connection_id=self.connection_id, encoder=self._encoder)

    async def run(self) -> None:
        """Serve the connection to its end. Never raises but when cancelled."""
        try:
            while not self._is_ending:
                data = await self._read()
                if not data:
                    break
                self._count(data)
                for event in self._connection.receive(data):
                    await self._on_event(event)
                self._flush()
            if self._is_ending:
                await self._farewell()
        except TimeoutError:
            step = "probe" if self._clock.monotonic_s() >= self._probe_ends_s else self._step
            await self._end_now(ErrorCode.MEDIA_INVALID, f"{step}_timeout")
        except (MediaInvalid, RtmpError) as error:
            await self._end_now(ErrorCode.MEDIA_INVALID, error.code, error.description)
        except OSError as error:
            self._reason = "connection_lost"
            log.info("connection_lost", connection_id=self.connection_id, error=type(error).__name__)
        finally:
            self._leave()
            self._writer.transport.abort()

    def end(self, code: str, description: str = "") -> None:
        """Take it off the air: say why, stop taking media now, close within ``farewell_s``. Any step after connect."""
        if self._is_ending:
            return
        self._is_ending = True
        self._reason = code
        with contextlib.suppress(Exception):
            # Before connect there is nobody to tell; the socket closes all the same.
            self._connection.end_publish(code, description or _sentence(code))
        self._say_farewell()
        self._leave()

    # ---- reading --------------------------------------------------------------------------------

    async def _read(self) -> bytes:
        deadline_s = min(self._deadline_s, self._probe_ends_s)
        if self._is_admitted and not self._has_picture:
            deadline_s = min(deadline_s, self._picture_deadline_s)
        wait_s = deadline_s - self._clock.monotonic_s()
        if wait_s <= 0:
            # A read that has data at once is not interrupted: who never pauses would have no deadline.
            raise TimeoutError
        async with asyncio.timeout(wait_s):
            return await self._reader.read(READ_BYTES)

    def _count(self, data: bytes) -> None:
        now_s = self._clock.monotonic_s()
        self.meter.add(now_s, len(data))
        if self.grant is not None:
            limits = self._limits
            most_kbps = self.grant.max_kbps * limits.bitrate_ratio
            allowed_kbps = limits.probe_max_kbps if self.grant.is_probe else most_kbps
            if self.meter.window_kbps(now_s) > allowed_kbps:
                raise MediaInvalid(f"more than {allowed_kbps:.0f} kbit/s")

    async def _on_event(self, event: ServerEvent) -> None:
        if self._is_ending:
            return
        match event:
            case TagReceived():
                self._on_tag(event)
            case ConnectRequested():
                await self._on_connect(event)
            case PublishRequested():
                await self._on_publish(event)
            case Unpublished():
                self._reason = "unpublished"
                self._leave()
                self._reason = "closed"
                self._probe_ends_s = math.inf
                self._begin_step("commands", self._limits.commands_s)
            case PlayRefused():
                self.end(ErrorCode.FORBIDDEN, "nothing is played here")

    async def _on_connect(self, event: ConnectRequested) -> None:
        self._encoder = event.flash_ver[:200]
        if event.app != APP:
            self._connection.refuse_connect(ErrorCode.KEY_FOREIGN, _sentence(ErrorCode.KEY_FOREIGN))
            self._reason = "wrong_app"
            self._is_ending = True
            self._say_farewell()
            return
        self._connection.accept_connect()
        self._begin_step("commands", self._limits.commands_s)
        self._flush()
        # An encoder that sends all its commands at once had to wait for this answer.
        for early in self._connection.receive(b""):
            await self._on_event(early)

    async def _on_publish(self, event: PublishRequested) -> None:
        if self._is_admitted:
            raise MediaInvalid("publish was sent twice")
        self._flush()
        self._key = event.key[:200]
        self.connection_id = uuid.uuid4().hex
        self.has_started = False
        try:
            self.grant = await self._desk.authorize(self.ask)
        except Refusal as refusal:
            self._connection.refuse_publish(refusal.code, _sentence(refusal.code))
            self._reason = refusal.code
            self._is_ending = True
            log.info("publish_refused", connection_id=self.connection_id, code=refusal.code)
            self._say_farewell()
            return
        now_s = self._clock.monotonic_s()
        self.meter = BitrateMeter(self._limits.bitrate_window_s, now_s)
        self._picture_deadline_s = now_s + self._limits.first_picture_s
        self._has_picture = self.grant.is_probe
        self._probe_ends_s = now_s + self._limits.probe_s if self.grant.is_probe else math.inf
        self._begin_step("media", self._limits.silence_s)
        self._is_admitted = True
        self._desk.admit(self)
        self._connection.accept_publish()
        self._flush()
        for early in self._connection.receive(b""):
            await self._on_event(early)

    def _on_tag(self, event: TagReceived) -> None:
        if not self._is_admitted:
            return
        if event.kind is not TagKind.DATA:
            self._begin_step("media", self._limits.silence_s)
        if self._desk.tag(self, event):
            self._has_picture = True

    def _begin_step(self, step: str, within_s: float) -> None:
        self._step = step
        self._deadline_s = self._clock.monotonic_s() + within_s

    # ---- writing and the end --------------------------------------------------------------------

    def _flush(self) -> None:
        data = self._connection.data_to_send()
        if data and not self._writer.is_closing():
            self._writer.write(data)
            if self._writer.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
                raise MediaInvalid("the peer does not read")

    def _say_farewell(self) -> None:
        """Send what is left and close our direction only: closing a socket with unread input loses the last words."""
        with contextlib.suppress(MediaInvalid, OSError, RuntimeError):
            self._flush()
            if self._writer.can_write_eof():
                self._writer.write_eof()
        asyncio.get_running_loop().call_later(self._limits.farewell_s, self._writer.transport.abort)

    async def _farewell(self) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(self._limits.farewell_s):
                while await self._reader.read(READ_BYTES):
                    pass

    async def _end_now(self, code: ErrorCode, reason: str, description: str = "") -> None:
        if not self._is_ending:
            log.info("publisher_ended", connection_id=self.connection_id, reason=reason, description=description)
            self.end(code, f"{description or reason}. {_sentence(code)}")
            self._reason = reason
        await self._farewell()

    def _leave(self) -> None:
        if self._is_admitted:
            self._is_admitted = False
            self._desk.leave(self, self._reason)
            self.grant = None


def no_delay(writer: asyncio.StreamWriter) -> None:
    """Answers are small and waited for."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _sentence(code: str) -> str:
    try:
        return sentence(ErrorCode(code), "en")
    except (ValueError, KeyError):
        return ""
