"""The least of a WebSocket client: what a load generator needs of RFC 6455, and nothing that costs time."""

from __future__ import annotations

import base64
import secrets
import struct

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
_FIN, _MASKED = 0x80, 0x80


def upgrade(host: str, port: int, path: str) -> bytes:
    """The request that opens a WebSocket."""
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A frame of a client. Its mask is all zeros, which leaves the payload as it is and costs nothing."""
    head = bytes((_FIN | opcode,))
    if len(payload) < 126:
        head += bytes((_MASKED | len(payload),))
    elif len(payload) < 1 << 16:
        head += struct.pack("!BH", _MASKED | 126, len(payload))
    else:
        head += struct.pack("!BQ", _MASKED | 127, len(payload))
    return head + bytes(4) + payload


def split(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Whole frames of a service, as opcode and payload, and what is left over of the next."""
    frames: list[tuple[int, bytes]] = []
    at, end = 0, len(data)
    while end - at >= 2:
        size, start = data[at + 1], at + 2
        if size == 126:
            if end - at < 4:
                break
            size, start = (data[at + 2] << 8) | data[at + 3], at + 4
        elif size == 127:
            if end - at < 10:
                break
            size, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
        if end - start < size:
            break
        frames.append((data[at] & 0x0F, data[start : start + size]))
        at = start + size
    return frames, data[at:]
