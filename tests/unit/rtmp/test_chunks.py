"""The chunk stream: any messages, chunk sizes, interleaving and split points come back whole; limits hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rtmp import Limits, RtmpError
from app.rtmp.chunks import ChunkReader, ChunkWriter, Message, MessageType, unwrap
from tests.unit.rtmp.pair import in_pieces

streams = st.sampled_from([2, 3, 6, 63, 64, 319, 320, 65599])
timestamps = st.one_of(st.integers(0, 3000), st.integers(0xFFFFF0, 0x1000010), st.integers(0, 0xFFFFFFFF))
media = st.sampled_from(
    [int(MessageType.AUDIO), int(MessageType.VIDEO), int(MessageType.DATA), int(MessageType.COMMAND)]
)
messages = st.builds(Message, media, st.integers(0, 0xFFFFFFFF), timestamps, st.binary(max_size=700))
LIMITS = Limits(max_message_bytes=100_000)


def read_all(reader: ChunkReader, data: bytes, sizes: list[int]) -> list[Message]:
    return [message for piece in in_pieces(sizes)(data) for message in reader.feed(piece)]


@given(
    st.lists(st.tuples(streams, messages), max_size=12),
    st.integers(1, 900),
    st.lists(st.integers(1, 400), min_size=1, max_size=5),
)
def test_messages_come_back_whole(sent: list[tuple[int, Message]], chunk_bytes: int, sizes: list[int]) -> None:
    writer, reader = ChunkWriter(chunk_bytes), ChunkReader(LIMITS)
    reader.chunk_bytes = chunk_bytes
    data = b"".join(writer.write(stream, message) for stream, message in sent)
    assert read_all(reader, data, sizes) == [message for _, message in sent]


def chunks_of(stream: int, message: Message, chunk_bytes: int) -> list[bytes]:
    """The message's chunks one by one, so that a test can mix them."""
    moment = min(message.timestamp_ms, 0xFFFFFF).to_bytes(3, "big")
    extended = message.timestamp_ms.to_bytes(4, "big") if message.timestamp_ms >= 0xFFFFFF else b""
    size = len(message.payload)
    head = bytes((stream,)) + moment + size.to_bytes(3, "big") + bytes((message.type_id,))
    head += message.stream_id.to_bytes(4, "little") + extended
    pieces = [message.payload[at : at + chunk_bytes] for at in range(0, size, chunk_bytes)] or [b""]
    return [head + pieces[0]] + [bytes((0xC0 | stream,)) + extended + piece for piece in pieces[1:]]


@given(
    st.lists(messages, min_size=1, max_size=5),
    st.integers(1, 200),
    st.lists(st.integers(1, 97), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
def test_any_interleaving_of_chunk_streams(
    sent: list[Message], chunk_bytes: int, sizes: list[int], random: object
) -> None:
    waiting = [(message, chunks_of(3 + number, message, chunk_bytes)) for number, message in enumerate(sent)]
    data, finished = b"", []
    while waiting:
        pick = random.randrange(len(waiting))  # type: ignore[attr-defined]
        message, chunks = waiting[pick]
        data += chunks.pop(0)
        if not chunks:
            finished.append(message)
            del waiting[pick]
    reader = ChunkReader(LIMITS)
    reader.chunk_bytes = chunk_bytes
    assert read_all(reader, data, sizes) == finished


@given(st.binary(max_size=2000), st.lists(st.integers(1, 300), min_size=1, max_size=4))
def test_random_bytes_give_messages_or_rtmp_error(data: bytes, sizes: list[int]) -> None:
    reader = ChunkReader(Limits(max_message_bytes=5000, max_command_bytes=5000, max_buffered_bytes=10_000))
    try:
        read_all(reader, data, sizes)
    except RtmpError:
        pass


def header(form: int, stream: int, moment: int = 0, size: int = 0, kind: int = 9, stream_id: int = 1) -> bytes:
    parts = [bytes((form << 6 | stream,))]
    parts += [moment.to_bytes(3, "big")] if form < 3 else []
    parts += [size.to_bytes(3, "big") + bytes((kind,))] if form < 2 else []
    parts += [stream_id.to_bytes(4, "little")] if form == 0 else []
    return b"".join(parts)


def test_type_three_repeats_the_delta() -> None:
    data = header(0, 4, 5000, 1) + b"a" + header(2, 4, 33) + b"b" + header(3, 4) + b"c"
    assert [message.timestamp_ms for message in ChunkReader().feed(data)] == [5000, 5033, 5066]


def test_type_three_after_a_full_header_means_the_same_time_again() -> None:
    late = header(0, 4, 3_600_000, 1) + b"a" + header(3, 4) + b"b"
    assert [message.timestamp_ms for message in ChunkReader().feed(late)] == [3_600_000, 3_600_000]
    early = header(0, 4, 23, 1) + b"a" + header(3, 4) + b"b"
    assert [message.timestamp_ms for message in ChunkReader().feed(early)] == [23, 46]


def test_extended_timestamp_may_be_missing_in_continuations() -> None:
    head = header(0, 4, 0xFFFFFF, 200) + (0x01000000).to_bytes(4, "big")
    payload = bytes(range(200))
    left_out = head + payload[:128] + header(3, 4) + payload[128:]
    repeated = head + payload[:128] + header(3, 4) + (0x01000000).to_bytes(4, "big") + payload[128:]
    for data in (left_out, repeated):
        [message] = ChunkReader().feed(data)
        assert (message.timestamp_ms, message.payload) == (0x01000000, payload)


def test_set_chunk_size_holds_at_once_and_abort_forgets() -> None:
    reader = ChunkReader()
    opened = header(0, 4, 0, 300) + bytes(128)
    abort = header(0, 2, 0, 4, MessageType.ABORT, 0) + (4).to_bytes(4, "big")
    size = header(0, 2, 0, 4, MessageType.SET_CHUNK_SIZE, 0) + (4096).to_bytes(4, "big")
    kinds = [message.type_id for message in reader.feed(opened + abort + size + header(0, 4, 7, 300) + b"x" * 300)]
    assert kinds == [MessageType.ABORT, MessageType.SET_CHUNK_SIZE, MessageType.VIDEO]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (header(3, 4), "rtmp_invalid"),
        (header(2, 4, 1), "rtmp_invalid"),
        (header(0, 4, 0, 300) + bytes(128) + header(0, 4, 0, 300), "rtmp_invalid"),
        (header(0, 4, 0, 5_000_000), "rtmp_too_large"),
        (header(0, 4, 0, 70_000, MessageType.COMMAND), "rtmp_too_large"),
        (header(0, 2, 0, 4, MessageType.SET_CHUNK_SIZE) + bytes(4), "rtmp_invalid"),
        (header(0, 2, 0, 4, MessageType.SET_CHUNK_SIZE) + b"\x7f\xff\xff\xff", "rtmp_too_large"),
        (header(0, 2, 0, 2, MessageType.ABORT) + bytes(2), "rtmp_invalid"),
        (b"".join(header(0, stream, 0, 300) + bytes(128) for stream in range(3, 40)), "rtmp_too_large"),
    ],
)
def test_broken_or_oversized_chunks(data: bytes, code: str) -> None:
    with pytest.raises(RtmpError) as caught:
        ChunkReader().feed(data)
    assert caught.value.code == code


def test_unfinished_messages_are_bounded_together() -> None:
    reader = ChunkReader(Limits(max_buffered_bytes=1000))
    data = b"".join(header(0, stream, 0, 100_000) + bytes(128) for stream in range(3, 20))
    with pytest.raises(RtmpError, match="unfinished"):
        reader.feed(data)


@given(st.integers(0, 1 << 40), st.integers(-(1 << 31) + 1, (1 << 31) - 1))
def test_unwrap_follows_the_clock(near_ms: int, step_ms: int) -> None:
    true_ms = near_ms + step_ms
    if true_ms >= 0:
        assert unwrap(true_ms & 0xFFFFFFFF, near_ms) == true_ms
