"""What both ends of an RTMP connection share: handshake, chunk stream, acknowledgements, pings. Pure.

A connection belongs to one thread. After an RtmpError it is dead and answers every further call with an RtmpError.
"""

from __future__ import annotations

from app.errors import BugError
from app.rtmp import commands
from app.rtmp.chunks import ChunkReader, ChunkWriter, Message, MessageType
from app.rtmp.errors import RtmpError, invalid
from app.rtmp.handshake import ClientHandshake, ServerHandshake
from app.rtmp.limits import Limits

WINDOW_BYTES = 2_500_000
_MIN_WINDOW_BYTES = 4096


def misuse(text: str) -> BugError:
    """The driver called a method at the wrong time."""
    return BugError("rtmp_misuse", detail={"description": text})


class Session:
    """Bytes in, messages out, and back. The subclass gives the messages their meaning."""

    def __init__(self, handshake: ClientHandshake | ServerHandshake, limits: Limits) -> None:
        self._limits = limits
        self._handshake: ClientHandshake | ServerHandshake | None = handshake
        self._head = bytearray()
        self._reader = ChunkReader(limits)
        self._writer = ChunkWriter()
        self._out: list[bytes] = []
        self._received_bytes = 0
        self._acknowledged_bytes = 0
        self._window_bytes = WINDOW_BYTES
        self._told_window_bytes: int | None = None
        self._failure: RtmpError | None = None
        self.peer_acknowledged_bytes = 0
        """Bytes that the peer says it received (32 bits, it wraps)."""

    def tell_window(self, size_bytes: int) -> None:
        """Ask the peer to acknowledge each time that so many bytes more have come; after the handshake."""
        self._send_control(commands.window_ack_size(size_bytes))

    def data_to_send(self) -> bytes:
        """Everything that must be written, once."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def _messages(self, data: bytes) -> list[Message]:
        """Messages with a meaning to the subclass; the control messages are dealt with here. Raises RtmpError."""
        if self._failure is not None:
            raise self._failure
        self._received_bytes += len(data)
        data = self._shake_hands(data)
        if not data:
            return []
        messages = self._reader.feed(data)
        rest = [message for message in messages if not self._control(message)]
        if self._received_bytes - self._acknowledged_bytes >= self._window_bytes:
            self._acknowledged_bytes = self._received_bytes
            self._send_control(commands.acknowledgement(self._received_bytes))
        return rest

    def _shake_hands(self, data: bytes) -> bytes:
        if self._handshake is None:
            return data
        self._head += data
        while self._handshake is not None:
            step = self._handshake.advance(bytes(self._head[: 2 * 1536 + 1]))
            if step.send:
                self._out.append(step.send)
            del self._head[: step.used]
            if step.is_done:
                self._handshake = None
                self._on_hands_shaken()
            elif step.used == 0:
                return b""
        rest = bytes(self._head)
        self._head.clear()
        return rest

    def _on_hands_shaken(self) -> None:
        """Called once, before the first message."""

    def _control(self, message: Message) -> bool:
        payload = message.payload
        match message.type_id:
            case MessageType.SET_CHUNK_SIZE | MessageType.ABORT:
                return True
            case MessageType.ACKNOWLEDGEMENT | MessageType.WINDOW_ACK_SIZE | MessageType.SET_PEER_BANDWIDTH:
                if len(payload) < 4:
                    raise invalid("a control message is cut short")
                value = int.from_bytes(payload[:4], "big")
                if message.type_id == MessageType.ACKNOWLEDGEMENT:
                    self.peer_acknowledged_bytes = value
                elif message.type_id == MessageType.WINDOW_ACK_SIZE:
                    self._window_bytes = max(_MIN_WINDOW_BYTES, value)
                elif value != self._told_window_bytes:
                    self._told_window_bytes = value
                    self._send_control(commands.window_ack_size(value))
                return True
            case MessageType.USER_CONTROL:
                if len(payload) < 2:
                    raise invalid("a control message is cut short")
                kind = int.from_bytes(payload[:2], "big")
                value = int.from_bytes(payload[2:6], "big")
                if kind == commands.PING_REQUEST:
                    self._send_control(commands.user_control(commands.PING_RESPONSE, value))
                else:
                    self._on_user_control(kind)
                return True
        return False

    def _on_user_control(self, kind: int) -> None:
        """A user control event other than a ping."""

    def _send(self, chunk_stream: int, message: Message) -> None:
        self._out.append(self._writer.write(chunk_stream, message))

    def _send_control(self, message: Message) -> None:
        self._send(commands.CONTROL_CHUNK_STREAM, message)

    def _send_command(self, command: commands.Command, stream_id: int = 0) -> None:
        chunk_stream = commands.STREAM_CHUNK_STREAM if stream_id else commands.COMMAND_CHUNK_STREAM
        self._send(chunk_stream, command.message(stream_id))

    def _set_chunk_size(self, size_bytes: int) -> None:
        self._send_control(commands.set_chunk_size(size_bytes))
        self._writer.chunk_bytes = size_bytes
