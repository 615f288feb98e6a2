"""The handshake, plain and signed, in any pieces."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rtmp import ConnectRequested, RtmpError, ServerConnection
from app.rtmp.handshake import _PLAYER_TEXT, _SERVER_TEXT, _SUFFIX, ServerHandshake, find_digest
from tests.unit.rtmp.pair import NOISE, Pair, in_pieces


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=5))
def test_any_fragmentation(sizes: list[int]) -> None:
    pair = Pair(split=in_pieces(sizes))
    pair.client.start()
    pair.carry()
    [event] = pair.server_events
    assert isinstance(event, ConnectRequested)


def test_signed_hello_gets_a_signed_answer() -> None:
    pair = Pair()
    pair.client.start()
    hello = pair.client.data_to_send()
    digest = find_digest(hello[1:], _PLAYER_TEXT)
    assert digest is not None
    pair.server.receive(hello)
    answer = pair.server.data_to_send()
    assert len(answer) == 1 + 2 * 1536
    assert find_digest(answer[1:1537], _SERVER_TEXT) is not None
    body, signature = answer[1537:-32], answer[-32:]
    key = hmac.digest(_SERVER_TEXT + _SUFFIX, digest, hashlib.sha256)
    assert hmac.digest(key, body, hashlib.sha256) == signature


def test_plain_hello_gets_its_echo() -> None:
    server = ServerConnection(noise=NOISE)
    block = bytes(8) + bytes(range(191)) * 8
    server.receive(b"\x03" + block)
    answer = server.data_to_send()
    assert answer[0] == 3
    assert answer[1537:] == block


def test_second_digest_place_is_found() -> None:
    block = bytearray(bytes(4) + b"\x80\x00\x03\x02" + NOISE[:1528])
    position = sum(block[772:776]) % 728 + 776
    without = bytes(block[:position] + block[position + 32 :])
    block[position : position + 32] = hmac.digest(_PLAYER_TEXT, without, hashlib.sha256)
    assert find_digest(bytes(block), _PLAYER_TEXT) is not None


def test_other_protocols_are_refused_at_the_first_byte() -> None:
    server = ServerConnection()
    with pytest.raises(RtmpError) as caught:
        server.receive(b"GET / HTTP/1.1\r\n")
    assert caught.value.code == "rtmp_handshake"
    with pytest.raises(RtmpError):
        server.receive(b"\x03")


def test_server_waits_for_whole_blocks() -> None:
    shake = ServerHandshake(NOISE)
    assert shake.advance(b"\x03" + bytes(1535)).used == 0
    assert shake.advance(b"\x03" + bytes(1536)).used == 1537
    assert not shake.advance(bytes(1535)).is_done
    assert shake.advance(bytes(1536)).is_done
