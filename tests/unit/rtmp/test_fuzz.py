"""Mutated sessions: nothing but RtmpError, bounded memory, bounded time."""

from __future__ import annotations

import random
import time
import tracemalloc

import pytest

from app.rtmp import ClientConnection, Limits, RtmpError, ServerConnection, TagKind
from app.rtmp.chunks import ChunkReader
from app.rtmp.events import ConnectRequested, PublishRequested
from tests.unit.rtmp.pair import NOISE, Pair

LIMITS = Limits(max_message_bytes=64 * 1024, max_buffered_bytes=128 * 1024)


def session_bytes() -> tuple[bytes, bytes]:
    """A whole publish as client and server sent it."""
    up, down = bytearray(), bytearray()
    pair = Pair(chunk_bytes=500)
    send_up, send_down = pair.client.data_to_send, pair.server.data_to_send

    def tap_up() -> bytes:
        data = send_up()
        up.extend(data)
        return data

    def tap_down() -> bytes:
        data = send_down()
        down.extend(data)
        return data

    pair.client.data_to_send = tap_up  # type: ignore[method-assign]
    pair.server.data_to_send = tap_down  # type: ignore[method-assign]
    pair.publish()
    pair.client.send_metadata({"width": 640.0, "encoder": "x"})
    for number in range(6):
        pair.client.send_tag(TagKind.VIDEO, number * 33, bytes(1500))
        pair.client.send_tag(TagKind.AUDIO, number * 33 + 0xFFFFF0, bytes(200))
    pair.client.finish()
    pair.carry()
    return bytes(up), bytes(down)


def mutate(data: bytes, rng: random.Random, start: int) -> bytes:
    mutated = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(start, len(mutated))
        match rng.randrange(4):
            case 0:
                mutated[at] = rng.randrange(256)
            case 1:
                mutated[at] ^= 1 << rng.randrange(8)
            case 2:
                del mutated[at : at + rng.randint(1, 40)]
            case 3:
                mutated[at:at] = rng.randbytes(rng.randint(1, 40))
        if len(mutated) <= start + 50:
            break
    return bytes(mutated)


def drive_server(data: bytes, piece: int) -> None:
    server = ServerConnection(LIMITS, noise=NOISE)
    for at in range(0, len(data), piece):
        for event in server.receive(data[at : at + piece]):
            if isinstance(event, ConnectRequested):
                server.accept_connect()
            elif isinstance(event, PublishRequested):
                server.accept_publish()
        server.data_to_send()


def drive_client(data: bytes, piece: int) -> None:
    client = ClientConnection(app="live", tc_url="rtmp://h/live", stream_key="k", noise=NOISE, limits=LIMITS)
    client.start()
    for at in range(0, len(data), piece):
        client.receive(data[at : at + piece])
        client.data_to_send()


@pytest.mark.slow
def test_mutated_sessions_raise_nothing_but_rtmp_error_within_memory_and_time() -> None:
    up, down = session_bytes()
    rng = random.Random(20)
    refused = 0
    tracemalloc.start()
    worst_s = 0.0
    worst_bytes = 0
    try:
        for round_number in range(1500):
            is_server = round_number % 2 == 0
            # Half of the mutations leave the handshake whole, so that they reach the messages.
            data = mutate(up if is_server else down, rng, 3073 if round_number % 4 < 3 else 0)
            pieces = rng.choice([1000, 64, 4096])
            tracemalloc.reset_peak()
            begun_bytes = tracemalloc.get_traced_memory()[0]
            begun_s = time.process_time()
            try:
                (drive_server if is_server else drive_client)(data, pieces)
            except RtmpError:
                refused += 1
            worst_s = max(worst_s, time.process_time() - begun_s)
            worst_bytes = max(worst_bytes, tracemalloc.get_traced_memory()[1] - begun_bytes)
    finally:
        tracemalloc.stop()
    assert 150 < refused < 1500, "mutations must both break and not break things"
    assert worst_bytes < 2 * LIMITS.max_buffered_bytes
    assert worst_s < 1.0


def test_random_bytes_after_a_good_handshake() -> None:
    rng = random.Random(21)
    for _ in range(300):
        data = b"\x03" + bytes(3072) + rng.randbytes(rng.randint(1, 3000))
        try:
            drive_server(data, 700)
        except RtmpError:
            pass


def test_a_peer_that_announces_much_and_sends_little_costs_little() -> None:
    reader = ChunkReader()
    tracemalloc.start()
    try:
        for stream in range(3, 30):
            header = bytes((stream, 0, 0, 0)) + (4_000_000).to_bytes(3, "big") + b"\x09" + bytes(4)
            reader.feed(header + bytes(128))
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()
