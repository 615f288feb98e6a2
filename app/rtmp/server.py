"""The receiving side of RTMP as a pure state machine; driven by the ingest.

============  =====================================================================================
phase         goes on when
============  =====================================================================================
handshake     C0 C1 C2 came
open          connect: ConnectRequested
asked         ``accept_connect`` or ``refuse_connect``
connected     createStream, then publish: PublishRequested
requested     ``accept_publish`` or ``refuse_publish`` (then connected again)
publishing    tags; until FCUnpublish, closeStream, deleteStream: Unpublished (then connected again)
closed        after ``refuse_connect`` or ``end_publish``: what still comes is thrown away
============  =====================================================================================

While a question (asked, requested) is open, what the peer sends on is kept, within the limits; the next ``receive``
after the answer goes on with it.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterator
from enum import StrEnum

from app.rtmp import amf0, commands
from app.rtmp.chunks import Message, MessageType, unwrap
from app.rtmp.commands import Command
from app.rtmp.errors import RtmpError, invalid, too_large
from app.rtmp.events import (
    ConnectRequested,
    PlayRefused,
    PublishRequested,
    ServerEvent,
    TagKind,
    TagReceived,
    Unpublished,
)
from app.rtmp.handshake import NOISE_BYTES, ServerHandshake
from app.rtmp.limits import Limits
from app.rtmp.session import WINDOW_BYTES, Session, misuse

CHUNK_BYTES = 4096
_SET_DATA_FRAME = amf0.encode("@setDataFrame")
_CLEAR_DATA_FRAME = amf0.encode("@clearDataFrame")
_MEDIA = (MessageType.AUDIO, MessageType.VIDEO, MessageType.DATA, MessageType.DATA_AMF3)
_MAX_KEY_CHARS = 512
_MESSAGE_COST_BYTES = 128
"""What a kept message costs beside its payload."""


class _Phase(StrEnum):
    HANDSHAKE = "handshake"
    OPEN = "open"
    ASKED = "asked"
    CONNECTED = "connected"
    REQUESTED = "requested"
    PUBLISHING = "publishing"
    CLOSED = "closed"


class ServerConnection(Session):
    """Takes one publisher. The driver answers each question, then calls ``receive(b"")``; it owns the deadlines."""

    def __init__(self, limits: Limits | None = None, noise: bytes | None = None) -> None:
        super().__init__(ServerHandshake(noise or secrets.token_bytes(NOISE_BYTES)), limits or Limits())
        self._phase = _Phase.HANDSHAKE
        self._app = ""
        self._connect_transaction = 1
        self._streams = 0
        self._publish_stream_id = 0
        self._command_count = 0
        self._waiting: deque[Message] = deque()
        self._waiting_bytes = 0
        self._last_ms: int | None = None

    @property
    def is_publishing(self) -> bool:
        return self._phase is _Phase.PUBLISHING

    def receive(self, data: bytes) -> list[ServerEvent]:
        """What the peer's bytes mean. Raises RtmpError; then the socket is to be closed."""
        try:
            events: list[ServerEvent] = []
            for message in self._messages(data):
                self._waiting.append(message)
                self._waiting_bytes += len(message.payload) + _MESSAGE_COST_BYTES
            while self._waiting and self._phase not in (_Phase.ASKED, _Phase.REQUESTED):
                message = self._waiting.popleft()
                self._waiting_bytes -= len(message.payload) + _MESSAGE_COST_BYTES
                if self._phase is not _Phase.CLOSED:
                    self._on_message(message, events)
            if self._waiting_bytes > self._limits.max_buffered_bytes:
                raise too_large("too much was sent before the answer")
        except RtmpError as error:
            self._failure = error
            raise
        return events

    # ---- answers of the driver ------------------------------------------------------------------

    def accept_connect(self) -> None:
        """Let the peer in."""
        self._expect(_Phase.ASKED, "accept_connect")
        self._phase = _Phase.CONNECTED
        self._send_control(commands.window_ack_size(WINDOW_BYTES))
        self._send_control(commands.peer_bandwidth(WINDOW_BYTES))
        self._set_chunk_size(CHUNK_BYTES)
        properties: dict[str, amf0.Value] = {"fmsVer": "FMS/3,0,1,123", "capabilities": 31.0}
        about: dict[str, amf0.Value] = {
            "level": "status",
            "code": "NetConnection.Connect.Success",
            "description": "Connection succeeded.",
            "objectEncoding": 0.0,
        }
        self._send_command(Command("_result", self._connect_transaction, (properties, about)))

    def refuse_connect(self, code: str, description: str) -> None:
        """Say why not; the driver closes the socket once this is sent."""
        self._expect(_Phase.ASKED, "refuse_connect")
        self._phase = _Phase.CLOSED
        about: dict[str, amf0.Value] = {
            "level": "error",
            "code": "NetConnection.Connect.Rejected",
            "description": commands.refusal_text(code, description),
        }
        self._send_command(Command("_error", self._connect_transaction, (None, about)))

    def accept_publish(self) -> None:
        """Let the tags come."""
        self._expect(_Phase.REQUESTED, "accept_publish")
        self._phase = _Phase.PUBLISHING
        self._send_control(commands.user_control(commands.STREAM_BEGIN, self._publish_stream_id))
        self._send_status("status", "NetStream.Publish.Start", "Publishing.")

    def refuse_publish(self, code: str, description: str) -> None:
        """Say why not, as "key_dead: …"; the driver may keep the connection or close it once this is sent."""
        self._expect(_Phase.REQUESTED, "refuse_publish")
        self._phase = _Phase.CONNECTED
        self._send_status("error", "NetStream.Publish.BadName", commands.refusal_text(code, description))

    def end_publish(self, code: str, description: str) -> None:
        """Take the publisher off, saying why; the driver then closes the socket. Any time after connect."""
        if self._phase not in (_Phase.CONNECTED, _Phase.REQUESTED, _Phase.PUBLISHING):
            raise misuse("end_publish without a connection")
        self._phase = _Phase.CLOSED
        self._send_status("error", "NetStream.Publish.Denied", commands.refusal_text(code, description))

    def ping(self, timestamp_ms: int) -> None:
        """Queue a ping; the peer's bytes that follow show that it lives."""
        if self._phase is not _Phase.HANDSHAKE:
            self._send_control(commands.user_control(commands.PING_REQUEST, timestamp_ms))

    # ---- messages -------------------------------------------------------------------------------

    def _expect(self, phase: _Phase, call: str) -> None:
        if self._phase is not phase:
            raise misuse(f"{call} while {self._phase}")

    def _on_hands_shaken(self) -> None:
        self._phase = _Phase.OPEN

    def _on_message(self, message: Message, events: list[ServerEvent]) -> None:
        if message.type_id in (MessageType.COMMAND, MessageType.COMMAND_AMF3):
            self._on_command(message.stream_id, commands.read_command(message, self._limits), events)
        elif message.type_id == MessageType.AGGREGATE:
            for part in _split_aggregate(message):
                self._on_media(part, events)
        elif message.type_id in _MEDIA:
            self._on_media(message, events)

    def _on_media(self, message: Message, events: list[ServerEvent]) -> None:
        if self._phase is _Phase.PUBLISHING:
            if message.stream_id == self._publish_stream_id:
                self._give(message, events)
        elif self._phase is _Phase.OPEN:
            raise invalid("media before connect")

    def _give(self, message: Message, events: list[ServerEvent]) -> None:
        payload = message.payload
        if message.type_id in (MessageType.AUDIO, MessageType.VIDEO):
            near_ms = message.timestamp_ms if self._last_ms is None else self._last_ms
            self._last_ms = unwrap(message.timestamp_ms, near_ms)
            events.append(TagReceived(TagKind(message.type_id), self._last_ms, payload))
            return
        if message.type_id == MessageType.DATA_AMF3:
            payload = payload[1:]
        if payload.startswith(_CLEAR_DATA_FRAME):
            return
        near_ms = message.timestamp_ms if self._last_ms is None else self._last_ms
        payload = payload.removeprefix(_SET_DATA_FRAME)
        events.append(TagReceived(TagKind.DATA, unwrap(message.timestamp_ms, near_ms), payload))

    def _on_command(self, stream_id: int, command: Command, events: list[ServerEvent]) -> None:
        if self._phase is not _Phase.PUBLISHING:
            self._command_count += 1
            if self._command_count > self._limits.max_unanswered_commands:
                raise too_large("too many commands")
        match command.name:
            case "connect":
                self._on_connect(command, events)
            case "createStream" | "publish" | "play" if self._phase is _Phase.OPEN:
                raise invalid("a stream before connect")
            case "createStream":
                self._streams += 1
                if self._streams > self._limits.max_message_streams:
                    raise too_large("too many streams")
                self._send_command(Command("_result", command.transaction, (None, float(self._streams))))
            case "publish":
                self._on_publish(stream_id, command, events)
            case "play" | "play2":
                about = commands.status("error", "NetStream.Play.Failed", "this is an ingest: nothing is played here")
                self._send_command(about, stream_id)
                events.append(PlayRefused())
            case "FCUnpublish":
                self._unpublish(events)
            case "deleteStream" | "closeStream":
                number = command.arguments[1] if len(command.arguments) > 1 else float(stream_id)
                if number == self._publish_stream_id:
                    self._unpublish(events)
            case "_result" | "_error" | "onStatus":
                pass
            case _:
                # releaseStream, FCPublish, _checkbw, getStreamLength: encoders only want some answer.
                if command.transaction:
                    self._send_command(Command("_result", command.transaction, (None, None)))

    def _on_connect(self, command: Command, events: list[ServerEvent]) -> None:
        if self._phase is not _Phase.OPEN:
            raise invalid("connect was sent twice")
        self._phase = _Phase.ASKED
        self._connect_transaction = command.transaction
        about = command.mapping(0)
        app, _, query = _field(about, "app").partition("?")
        self._app = app.strip("/")
        events.append(ConnectRequested(self._app, _field(about, "tcUrl"), _field(about, "flashVer"), query))

    def _on_publish(self, stream_id: int, command: Command, events: list[ServerEvent]) -> None:
        name = command.text(1)
        if len(name) > _MAX_KEY_CHARS:
            raise too_large("a stream name is too long")
        if self._phase is not _Phase.CONNECTED or not 1 <= stream_id <= self._streams:
            raise invalid("publish out of order")
        self._phase = _Phase.REQUESTED
        self._publish_stream_id = stream_id
        self._last_ms = None
        key, _, query = name.strip("/").partition("?")
        events.append(PublishRequested(self._app, key, query))

    def _unpublish(self, events: list[ServerEvent]) -> None:
        if self._phase is _Phase.PUBLISHING:
            self._phase = _Phase.CONNECTED
            self._send_status("status", "NetStream.Unpublish.Success", "Stream ended.")
            events.append(Unpublished())

    def _send_status(self, level: str, code: str, description: str) -> None:
        self._send_command(commands.status(level, code, description), self._publish_stream_id)


def _field(about: object, name: str) -> str:
    value = about.get(name) if isinstance(about, dict) else None
    return value if isinstance(value, str) else ""


def _split_aggregate(message: Message) -> Iterator[Message]:
    """The tags inside an aggregate message; their timestamps are moved so that the first is the message's."""
    data = message.payload
    offset = 0
    shift_ms: int | None = None
    while offset < len(data):
        if len(data) - offset < 11:
            raise invalid("an aggregate is cut short")
        size = int.from_bytes(data[offset + 1 : offset + 4], "big")
        moment = int.from_bytes(data[offset + 4 : offset + 7], "big") | data[offset + 7] << 24
        if shift_ms is None:
            shift_ms = message.timestamp_ms - moment
        body = data[offset + 11 : offset + 11 + size]
        if len(body) < size:
            raise invalid("an aggregate is cut short")
        if data[offset] in (MessageType.AUDIO, MessageType.VIDEO, MessageType.DATA):
            yield Message(data[offset], message.stream_id, (moment + shift_ms) & 0xFFFFFFFF, body)
        offset += 11 + size + 4
