"""The RTMP handshake, plain and with digests, for both sides. Pure.

A client that signs its C1 (ffmpeg, Flash) may insist on a signed answer; one that does not (OBS) gets an echo.
Our own client always signs, as ffmpeg does: servers that know no digests take it for random bytes.
The layout and the keys are those of the public descriptions of Adobe's handshake.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from app.rtmp.errors import RtmpError

BLOCK_BYTES = 1536
VERSION = 3

_SUFFIX = bytes.fromhex("f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae")
_PLAYER_TEXT = b"Genuine Adobe Flash Player 001"
_SERVER_TEXT = b"Genuine Adobe Flash Media Server 001"
_PLAYER_VERSION = bytes((10, 0, 32, 18))
_SERVER_VERSION = bytes((5, 0, 17, 1))
_OFFSETS_AT = (8, 772)
_DIGEST_BYTES = 32


def _digest_position(block: bytes, offsets_at: int) -> int:
    return sum(block[offsets_at : offsets_at + 4]) % 728 + offsets_at + 4


def _digest(block: bytes, position: int, key: bytes) -> bytes:
    without = block[:position] + block[position + _DIGEST_BYTES :]
    return hmac.digest(key, without, hashlib.sha256)


def find_digest(block: bytes, key: bytes) -> bytes | None:
    """The digest inside a C1 or S1, or None when it is a plain one."""
    for offsets_at in _OFFSETS_AT:
        position = _digest_position(block, offsets_at)
        found = block[position : position + _DIGEST_BYTES]
        if hmac.compare_digest(found, _digest(block, position, key)):
            return found
    return None


def _signed_block(version: bytes, noise: bytes, key: bytes) -> bytes:
    block = bytes(4) + version + noise
    position = _digest_position(block, _OFFSETS_AT[0])
    return block[:position] + _digest(block, position, key) + block[position + _DIGEST_BYTES :]


def _answer(peer_digest: bytes, noise: bytes, key: bytes) -> bytes:
    body = noise[: BLOCK_BYTES - _DIGEST_BYTES]
    return body + hmac.digest(hmac.digest(key, peer_digest, hashlib.sha256), body, hashlib.sha256)


@dataclass(slots=True)
class Step:
    """What a handshake wants next: bytes to send, and how many of the input it used."""

    send: bytes = b""
    used: int = 0
    is_done: bool = False


class ServerHandshake:
    """C0 C1 → S0 S1 S2, then C2. ``noise`` is 1528 + 1504 random bytes."""

    def __init__(self, noise: bytes) -> None:
        self._noise = noise
        self._has_answered = False

    def advance(self, data: bytes) -> Step:
        """Take from the head of ``data``; ``used`` is 0 until a whole block is there."""
        if self._has_answered:
            if len(data) < BLOCK_BYTES:
                return Step()
            return Step(b"", BLOCK_BYTES, True)
        if data and data[0] != VERSION:
            raise RtmpError("rtmp_handshake", "the peer does not speak plain RTMP")
        if len(data) < 1 + BLOCK_BYTES:
            return Step()
        block = data[1 : 1 + BLOCK_BYTES]
        self._has_answered = True
        digest = find_digest(block, _PLAYER_TEXT) if block[4:8] != bytes(4) else None
        noise = self._noise
        if digest is None:
            ours, reply = bytes(8) + noise[: BLOCK_BYTES - 8], block
        else:
            ours = _signed_block(_SERVER_VERSION, noise[: BLOCK_BYTES - 8], _SERVER_TEXT)
            reply = _answer(digest, noise[BLOCK_BYTES - 8 :], _SERVER_TEXT + _SUFFIX)
        return Step(bytes((VERSION,)) + ours + reply, 1 + BLOCK_BYTES)


class ClientHandshake:
    """C0 C1, then S0 S1 S2 → C2. ``noise`` is 1528 + 1504 random bytes."""

    def __init__(self, noise: bytes) -> None:
        self._noise = noise
        self.hello = bytes((VERSION,)) + _signed_block(_PLAYER_VERSION, noise[: BLOCK_BYTES - 8], _PLAYER_TEXT)

    def advance(self, data: bytes) -> Step:
        """Take from the head of ``data``; done when S2 is there."""
        if data and data[0] != VERSION:
            raise RtmpError("rtmp_handshake", "the peer does not speak plain RTMP")
        if len(data) < 1 + 2 * BLOCK_BYTES:
            return Step()
        block = data[1 : 1 + BLOCK_BYTES]
        digest = find_digest(block, _SERVER_TEXT)
        reply = block if digest is None else _answer(digest, self._noise[BLOCK_BYTES - 8 :], _PLAYER_TEXT + _SUFFIX)
        return Step(reply, 1 + 2 * BLOCK_BYTES, True)


NOISE_BYTES = BLOCK_BYTES - 8 + BLOCK_BYTES - _DIGEST_BYTES
