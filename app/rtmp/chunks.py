"""The RTMP chunk stream: messages to chunks and back. Pure, bounded; both sides of a connection own one of each.

Timestamps are 32-bit milliseconds as on the wire; ``unwrap`` makes them grow for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from app.rtmp.errors import invalid, too_large
from app.rtmp.limits import Limits

DEFAULT_CHUNK_BYTES = 128
EXTENDED_TIMESTAMP = 0xFFFFFF
TIMESTAMP_MASK = 0xFFFFFFFF
_HEADER_BYTES = (11, 7, 3, 0)

# After a type-0 header a type-3 one that begins a message means, by the specification, "the delta is that timestamp";
# librtmp (OBS) and nginx write it for "the same timestamp again". Both hold for small values; for large ones the
# specification's reading would jump by the length of the broadcast.
_SPEC_DELTA_MAX_MS = 1000


class MessageType(IntEnum):
    SET_CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW_ACK_SIZE = 5
    SET_PEER_BANDWIDTH = 6
    AUDIO = 8
    VIDEO = 9
    DATA_AMF3 = 15
    COMMAND_AMF3 = 17
    DATA = 18
    COMMAND = 20
    AGGREGATE = 22


@dataclass(frozen=True, slots=True)
class Message:
    """One RTMP message. ``timestamp_ms`` has 32 bits."""

    type_id: int
    stream_id: int
    timestamp_ms: int
    payload: bytes = field(repr=False)


@dataclass(slots=True)
class _Incoming:
    """What a chunk stream remembers of its last header, and the message being put together."""

    timestamp_ms: int = 0
    delta_ms: int = 0
    length: int = 0
    type_id: int = 0
    stream_id: int = 0
    extended: int | None = None
    body: bytearray = field(default_factory=bytearray)
    is_open: bool = False
    has_header: bool = False


class ChunkReader:
    """Bytes in any pieces to messages. Applies SET_CHUNK_SIZE and ABORT itself and still hands them on."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._streams: dict[int, _Incoming] = {}
        self._pending = b""
        self._current: _Incoming | None = None
        self._left_in_chunk = 0
        self._buffered_bytes = 0
        self.chunk_bytes = DEFAULT_CHUNK_BYTES

    def feed(self, data: bytes) -> list[Message]:
        """Messages that ``data`` completed. Raises RtmpError."""
        if self._pending:
            data = self._pending + data
            self._pending = b""
        messages: list[Message] = []
        offset = 0
        while True:
            if self._current is None:
                used = self._header(data, offset)
                if used == 0:
                    self._pending = data[offset:]
                    break
                offset += used
            if self._left_in_chunk and offset >= len(data):
                break
            offset += self._body(data, offset, messages)
        return messages

    def _header(self, data: bytes, start: int) -> int:
        """Read one chunk header at ``start``; the bytes used, 0 when it is not whole yet."""
        have = len(data) - start
        if have < 1:
            return 0
        form = data[start] >> 6
        chunk_stream = data[start] & 0x3F
        used = 1
        if chunk_stream < 2:
            used += chunk_stream + 1
            if have < used:
                return 0
            chunk_stream = 64 + data[start + 1] + (data[start + 2] << 8 if chunk_stream else 0)
        size = _HEADER_BYTES[form]
        if have < used + size:
            return 0
        stream = self._streams.get(chunk_stream)
        field_at = start + used
        used += size
        if form < 3:
            value: int | None = int.from_bytes(data[field_at : field_at + 3], "big")
            has_extended = value == EXTENDED_TIMESTAMP
        else:
            value = None
            has_extended = stream is not None and stream.extended is not None
        extended = None
        if has_extended:
            if have < used + 4:
                return 0
            extended = int.from_bytes(data[start + used : start + used + 4], "big")
            # Old Flash encoders leave the extended field out of continuation chunks: it is there if it repeats.
            if form == 3 and stream is not None and stream.is_open and extended != stream.extended:
                extended = None
            else:
                used += 4
        self._open(chunk_stream, stream, form, value, extended, data[field_at : field_at + size])
        return used

    def _open(
        self,
        chunk_stream: int,
        stream: _Incoming | None,
        form: int,
        value: int | None,
        extended: int | None,
        head: bytes,
    ) -> None:
        if stream is None:
            if form > 1:
                raise invalid("a chunk stream begins without a header")
            if len(self._streams) >= self._limits.max_chunk_streams:
                raise too_large("too many chunk streams")
            stream = self._streams[chunk_stream] = _Incoming()
        if form < 3 and stream.is_open:
            raise invalid("a message begins inside another of its chunk stream")
        if not stream.is_open:
            self._begin(stream, form, value, extended, head)
        self._current = stream
        self._left_in_chunk = min(self.chunk_bytes, stream.length - len(stream.body))

    def _begin(self, stream: _Incoming, form: int, value: int | None, extended: int | None, head: bytes) -> None:
        if form == 3:
            stream.timestamp_ms = (stream.timestamp_ms + stream.delta_ms) & TIMESTAMP_MASK
        else:
            stream.extended = extended
            moment = extended if extended is not None else (value or 0)
            if form == 0:
                stream.timestamp_ms = moment
                stream.delta_ms = moment if moment <= _SPEC_DELTA_MAX_MS else 0
            else:
                stream.delta_ms = moment
                stream.timestamp_ms = (stream.timestamp_ms + moment) & TIMESTAMP_MASK
        if form <= 1:
            stream.length = int.from_bytes(head[3:6], "big")
            stream.type_id = head[6]
        if form == 0:
            stream.stream_id = int.from_bytes(head[7:11], "little")
        is_media = stream.type_id in (MessageType.AUDIO, MessageType.VIDEO, MessageType.AGGREGATE)
        if stream.length > (self._limits.max_message_bytes if is_media else self._limits.max_command_bytes):
            raise too_large("a message is too long")
        stream.is_open = True

    def _body(self, data: bytes, offset: int, messages: list[Message]) -> int:
        stream = self._current
        assert stream is not None
        take = min(self._left_in_chunk, len(data) - offset)
        if take == stream.length:
            payload = bytes(data[offset : offset + take])
            self._left_in_chunk = 0
            self._finish(stream, payload, messages)
            return take
        if self._buffered_bytes + take > self._limits.max_buffered_bytes:
            raise too_large("too many bytes in unfinished messages")
        stream.body += memoryview(data)[offset : offset + take]
        self._buffered_bytes += take
        self._left_in_chunk -= take
        if self._left_in_chunk == 0:
            self._current = None
            if len(stream.body) == stream.length:
                self._buffered_bytes -= stream.length
                payload = bytes(stream.body)
                stream.body = bytearray()
                self._finish(stream, payload, messages)
        return take

    def _finish(self, stream: _Incoming, payload: bytes, messages: list[Message]) -> None:
        self._current = None
        stream.is_open = False
        message = Message(stream.type_id, stream.stream_id, stream.timestamp_ms, payload)
        if stream.type_id == MessageType.SET_CHUNK_SIZE:
            self._set_chunk_size(payload)
        elif stream.type_id == MessageType.ABORT:
            self._abort(payload)
        messages.append(message)

    def _set_chunk_size(self, payload: bytes) -> None:
        if len(payload) < 4:
            raise invalid("set chunk size is cut short")
        size = int.from_bytes(payload[:4], "big") & 0x7FFFFFFF
        if size < 1:
            raise invalid("a chunk size of 0")
        if size > self._limits.max_chunk_bytes:
            raise too_large("the chunk size is too large")
        self.chunk_bytes = size

    def _abort(self, payload: bytes) -> None:
        if len(payload) < 4:
            raise invalid("abort is cut short")
        stream = self._streams.get(int.from_bytes(payload[:4], "big"))
        if stream is not None and stream.is_open:
            self._buffered_bytes -= len(stream.body)
            stream.body = bytearray()
            stream.is_open = False


@dataclass(slots=True)
class _Outgoing:
    timestamp_ms: int
    length: int
    type_id: int
    stream_id: int


class ChunkWriter:
    """Messages to chunks. Begins messages with types 0, 1 and 2 only: peers disagree on what type 3 means there."""

    def __init__(self, chunk_bytes: int = DEFAULT_CHUNK_BYTES) -> None:
        self.chunk_bytes = chunk_bytes
        self._streams: dict[int, _Outgoing] = {}

    def write(self, chunk_stream: int, message: Message) -> bytes:
        """The chunks of one message. ``chunk_stream`` is 2 … 65599."""
        timestamp_ms = message.timestamp_ms & TIMESTAMP_MASK
        length = len(message.payload)
        if length > 0xFFFFFF:
            raise ValueError("an RTMP message has at most 16 MB")
        last = self._streams.get(chunk_stream)
        moment = timestamp_ms
        if last is None or last.stream_id != message.stream_id or timestamp_ms < last.timestamp_ms:
            form = 0
        else:
            form = 2 if (last.length, last.type_id) == (length, message.type_id) else 1
            moment = timestamp_ms - last.timestamp_ms
        self._streams[chunk_stream] = _Outgoing(timestamp_ms, length, message.type_id, message.stream_id)
        out = bytearray(_basic_header(form, chunk_stream))
        out += min(moment, EXTENDED_TIMESTAMP).to_bytes(3, "big")
        if form <= 1:
            out += length.to_bytes(3, "big")
            out.append(message.type_id)
        if form == 0:
            out += message.stream_id.to_bytes(4, "little")
        extended = moment.to_bytes(4, "big") if moment >= EXTENDED_TIMESTAMP else b""
        out += extended
        continuation = _basic_header(3, chunk_stream) + extended
        view = memoryview(message.payload)
        out += view[: self.chunk_bytes]
        for start in range(self.chunk_bytes, length, self.chunk_bytes):
            out += continuation
            out += view[start : start + self.chunk_bytes]
        return bytes(out)


def _basic_header(form: int, chunk_stream: int) -> bytes:
    if chunk_stream < 64:
        return bytes((form << 6 | chunk_stream,))
    if chunk_stream < 320:
        return bytes((form << 6, chunk_stream - 64))
    rest = chunk_stream - 64
    return bytes((form << 6 | 1, rest & 0xFF, rest >> 8))


def unwrap(timestamp_ms: int, near_ms: int) -> int:
    """The timestamp with these low 32 bits that lies nearest to ``near_ms``; never negative."""
    difference = (timestamp_ms - near_ms) & TIMESTAMP_MASK
    if difference >= 1 << 31:
        difference -= 1 << 32
    full = near_ms + difference
    return full if full >= 0 else full + (1 << 32)
