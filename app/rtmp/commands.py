"""Commands and control messages of RTMP: their payloads, built and read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.rtmp import amf0
from app.rtmp.chunks import Message, MessageType
from app.rtmp.errors import invalid
from app.rtmp.limits import Limits

CONTROL_CHUNK_STREAM = 2
COMMAND_CHUNK_STREAM = 3
AUDIO_CHUNK_STREAM = 4
STREAM_CHUNK_STREAM = 5
VIDEO_CHUNK_STREAM = 6

STREAM_BEGIN, STREAM_EOF, PING_REQUEST, PING_RESPONSE = 0, 1, 6, 7


@dataclass(frozen=True, slots=True)
class Command:
    """A remote call, or the answer to one. ``arguments`` begins with the command object (often None)."""

    name: str
    transaction: int
    arguments: tuple[amf0.Value, ...] = field(default=(), repr=False)

    def text(self, index: int) -> str:
        """The argument at ``index`` as text, empty when it is missing or something else."""
        value = self.arguments[index] if index < len(self.arguments) else None
        return value if isinstance(value, str) else ""

    def mapping(self, index: int) -> Mapping[str, amf0.Value]:
        """The argument at ``index`` as an object, empty when it is missing or something else."""
        value = self.arguments[index] if index < len(self.arguments) else None
        return value if isinstance(value, Mapping) else {}

    def message(self, stream_id: int = 0) -> Message:
        """As it goes on the wire."""
        payload = amf0.encode(self.name, float(self.transaction), *self.arguments)
        return Message(MessageType.COMMAND, stream_id, 0, payload)


def read_command(message: Message, limits: Limits) -> Command:
    """The command in a COMMAND or COMMAND_AMF3 message. Raises RtmpError."""
    payload = message.payload
    if message.type_id == MessageType.COMMAND_AMF3:
        # Format 0: the values are AMF0 all the same; nothing else is sent by encoders.
        payload = payload[1:]
    values = amf0.decode(payload, limits)
    if not values or not isinstance(values[0], str):
        raise invalid("a command without a name")
    # FFmpeg's own server sends onFCPublish without the number that every command should have.
    number = values[1] if len(values) > 1 else 0.0
    if not isinstance(number, float):
        raise invalid("a command without a number")
    if not 0 <= number < 1 << 31:
        raise invalid("a command number out of range")
    return Command(values[0], int(number), tuple(values[2:]))


def status(level: str, code: str, description: str) -> Command:
    """An onStatus command."""
    return Command("onStatus", 0, (None, {"level": level, "code": code, "description": description}))


def refusal_text(code: str, description: str) -> str:
    """How a refusal carries our own code, as "key_dead: …"."""
    return f"{code}: {description}" if description else code


def u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def set_chunk_size(size_bytes: int) -> Message:
    return Message(MessageType.SET_CHUNK_SIZE, 0, 0, u32(size_bytes))


def window_ack_size(size_bytes: int) -> Message:
    return Message(MessageType.WINDOW_ACK_SIZE, 0, 0, u32(size_bytes))


def peer_bandwidth(size_bytes: int) -> Message:
    dynamic = b"\x02"
    return Message(MessageType.SET_PEER_BANDWIDTH, 0, 0, u32(size_bytes) + dynamic)


def acknowledgement(received_bytes: int) -> Message:
    return Message(MessageType.ACKNOWLEDGEMENT, 0, 0, u32(received_bytes & 0xFFFFFFFF))


def user_control(kind: int, value: int) -> Message:
    return Message(MessageType.USER_CONTROL, 0, 0, kind.to_bytes(2, "big") + u32(value & 0xFFFFFFFF))
