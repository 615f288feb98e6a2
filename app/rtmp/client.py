"""The publishing side of RTMP as a pure state machine; driven by capture.publish on its own thread.

============  =====================================================================================
phase         goes on when
============  =====================================================================================
fresh         ``start``: C0 C1 are queued
handshake     S0 S1 S2 came: connect is queued
connecting    _result: Connected; releaseStream, FCPublish, createStream are queued
creating      _result with the stream's number: publish is queued
requesting    onStatus NetStream.Publish.Start: PublishAccepted
publishing    tags go out, until ``finish``
finished      nothing more is sent
============  =====================================================================================
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from enum import StrEnum

from app.rtmp import amf0, commands
from app.rtmp.chunks import Message, MessageType
from app.rtmp.commands import Command
from app.rtmp.errors import RtmpError, invalid
from app.rtmp.events import (
    ClientEvent,
    Connected,
    PeerClosedStream,
    PublishAccepted,
    PublishRefused,
    TagKind,
)
from app.rtmp.handshake import NOISE_BYTES, ClientHandshake
from app.rtmp.limits import Limits
from app.rtmp.session import Session, misuse

CHUNK_BYTES = 60_000
"""ffmpeg's value: most frames leave in one chunk; nginx-rtmp, SRS and node-media-server take it."""

_CONNECT, _RELEASE, _FC_PUBLISH, _CREATE, _PUBLISH, _FC_UNPUBLISH, _DELETE = range(1, 8)


class _Phase(StrEnum):
    FRESH = "fresh"
    HANDSHAKE = "handshake"
    CONNECTING = "connecting"
    CREATING = "creating"
    REQUESTING = "requesting"
    PUBLISHING = "publishing"
    FINISHED = "finished"


class ClientConnection(Session):
    """Publishes one stream. ``stream_key`` may carry a query ("key?token=…"); it is sent as it is."""

    def __init__(
        self,
        *,
        app: str,
        tc_url: str,
        stream_key: str,
        flash_ver: str = "FMLE/3.0 (compatible; AnchorDesk)",
        chunk_bytes: int = CHUNK_BYTES,
        limits: Limits | None = None,
        noise: bytes | None = None,
    ) -> None:
        self._client_handshake = ClientHandshake(noise or secrets.token_bytes(NOISE_BYTES))
        super().__init__(self._client_handshake, limits or Limits())
        self._app = app
        self._tc_url = tc_url
        self._stream_key = stream_key
        self._flash_ver = flash_ver
        self._chunk_bytes = chunk_bytes
        self._phase = _Phase.FRESH
        self._stream_id = 0
        self._has_peer_ended = False

    @property
    def is_publishing(self) -> bool:
        return self._phase is _Phase.PUBLISHING

    def start(self) -> None:
        """Queue C0 and C1. Once."""
        if self._phase is not _Phase.FRESH:
            raise misuse("start was called twice")
        self._phase = _Phase.HANDSHAKE
        self._out.append(self._client_handshake.hello)

    def receive(self, data: bytes) -> list[ClientEvent]:
        """What the peer's bytes mean. Raises RtmpError; then the socket is to be closed."""
        try:
            events: list[ClientEvent] = []
            for message in self._messages(data):
                if message.type_id in (MessageType.COMMAND, MessageType.COMMAND_AMF3):
                    self._on_command(commands.read_command(message, self._limits), events)
            if self._has_peer_ended:
                self._has_peer_ended = False
                events.append(PeerClosedStream())
        except RtmpError as error:
            self._failure = error
            raise
        return events

    def send_tag(self, kind: TagKind, timestamp_ms: int, payload: bytes) -> None:
        """Queue one tag (FLV body). DATA begins with its name; use ``send_metadata`` for onMetaData."""
        if self._phase is not _Phase.PUBLISHING:
            raise misuse("a tag before the publish was accepted, or after its end")
        chunk_stream = {
            TagKind.AUDIO: commands.AUDIO_CHUNK_STREAM,
            TagKind.VIDEO: commands.VIDEO_CHUNK_STREAM,
            TagKind.DATA: commands.STREAM_CHUNK_STREAM,
        }[kind]
        self._send(chunk_stream, Message(kind, self._stream_id, timestamp_ms, payload))

    def send_metadata(self, metadata: Mapping[str, amf0.Value], timestamp_ms: int = 0) -> None:
        """Queue @setDataFrame onMetaData."""
        payload = amf0.encode("@setDataFrame", "onMetaData", amf0.EcmaArray(metadata))
        self.send_tag(TagKind.DATA, timestamp_ms, payload)

    def finish(self) -> None:
        """Queue FCUnpublish and deleteStream; harmless when there is no stream."""
        if self._phase in (_Phase.REQUESTING, _Phase.PUBLISHING):
            self._send_command(Command("FCUnpublish", _FC_UNPUBLISH, (None, self._stream_key)))
            self._send_command(Command("deleteStream", _DELETE, (None, float(self._stream_id))))
        self._phase = _Phase.FINISHED

    def _on_hands_shaken(self) -> None:
        self._phase = _Phase.CONNECTING
        self._set_chunk_size(self._chunk_bytes)
        about: dict[str, amf0.Value] = {
            "app": self._app,
            "type": "nonprivate",
            "flashVer": self._flash_ver,
            "tcUrl": self._tc_url,
        }
        self._send_command(Command("connect", _CONNECT, (about,)))

    def _on_user_control(self, kind: int) -> None:
        if kind == commands.STREAM_EOF:
            self._has_peer_ended = True

    def _on_command(self, command: Command, events: list[ClientEvent]) -> None:
        if self._phase is _Phase.FINISHED:
            return
        match command.name:
            case "_result":
                self._on_result(command, events)
            case "_error":
                self._on_error(command, events)
            case "onStatus":
                self._on_status(command, events)
            case "close":
                events.append(PeerClosedStream())

    def _on_result(self, command: Command, events: list[ClientEvent]) -> None:
        if command.transaction == _CONNECT and self._phase is _Phase.CONNECTING:
            self._phase = _Phase.CREATING
            events.append(Connected())
            self._send_command(Command("releaseStream", _RELEASE, (None, self._stream_key)))
            self._send_command(Command("FCPublish", _FC_PUBLISH, (None, self._stream_key)))
            self._send_command(Command("createStream", _CREATE, (None,)))
        elif command.transaction == _CREATE and self._phase is _Phase.CREATING:
            number = command.arguments[1] if len(command.arguments) > 1 else None
            if not isinstance(number, float) or not 0 <= number < 1 << 32:
                raise invalid("createStream was answered without a number")
            self._stream_id = int(number)
            self._phase = _Phase.REQUESTING
            self._send_command(Command("publish", _PUBLISH, (None, self._stream_key, "live")), self._stream_id)

    def _on_error(self, command: Command, events: list[ClientEvent]) -> None:
        # releaseStream and FCPublish are answered with _error by servers that do not know them: no refusal.
        is_fatal = {
            _Phase.CONNECTING: command.transaction == _CONNECT,
            _Phase.CREATING: command.transaction == _CREATE,
            _Phase.REQUESTING: command.transaction == _PUBLISH,
        }
        if is_fatal.get(self._phase, False):
            events.append(_refusal(command))

    def _on_status(self, command: Command, events: list[ClientEvent]) -> None:
        about = command.mapping(1)
        level, code = _text(about, "level"), _text(about, "code")
        if code == "NetStream.Publish.Start":
            if self._phase is _Phase.REQUESTING:
                self._phase = _Phase.PUBLISHING
                events.append(PublishAccepted())
        elif level == "error":
            events.append(_refusal(command))
        elif code.startswith("NetStream.Unpublish"):
            events.append(PeerClosedStream())


def _text(about: Mapping[str, amf0.Value], name: str) -> str:
    value = about.get(name)
    return value if isinstance(value, str) else ""


def _refusal(command: Command) -> PublishRefused:
    about = command.mapping(1)
    return PublishRefused(_text(about, "code"), _text(about, "description"))
