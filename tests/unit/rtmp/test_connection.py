"""Client and server connection against each other, in memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BugError
from app.rtmp import (
    ClientConnection,
    Connected,
    ConnectRequested,
    Limits,
    PeerClosedStream,
    PlayRefused,
    PublishAccepted,
    PublishRefused,
    PublishRequested,
    RtmpError,
    ServerConnection,
    TagKind,
    TagReceived,
    Unpublished,
    amf0,
    commands,
)
from app.rtmp.chunks import ChunkReader, ChunkWriter, Message, MessageType
from app.rtmp.commands import Command
from tests.unit.rtmp.pair import NOISE, Pair, in_pieces

tags = st.lists(
    st.tuples(st.sampled_from([TagKind.AUDIO, TagKind.VIDEO]), st.integers(0, 40), st.binary(max_size=3000)),
    max_size=15,
)


@given(tags, st.lists(st.integers(1, 5000), min_size=1, max_size=5), st.sampled_from([128, 4096, 60_000]))
def test_tags_arrive_as_sent_under_any_fragmentation(
    sent: list[tuple[TagKind, int, bytes]], sizes: list[int], chunk_bytes: int
) -> None:
    pair = Pair(split=in_pieces(sizes), chunk_bytes=chunk_bytes).publish()
    moment_ms, expected = 0, []
    for kind, step_ms, payload in sent:
        moment_ms += step_ms
        pair.client.send_tag(kind, moment_ms, payload)
        expected.append(TagReceived(kind, moment_ms, payload))
    pair.client.finish()
    pair.carry()
    assert pair.server_events[2:] == [*expected, Unpublished()]
    assert pair.client_events == [Connected(), PublishAccepted()]


def test_key_with_query_and_slashes() -> None:
    pair = Pair(key="abc?sign=1&t=2", app="live/").publish()
    connect, publish = pair.server_events
    assert isinstance(connect, ConnectRequested)
    assert connect.app == "live"
    assert publish == PublishRequested("live", "abc", "sign=1&t=2")
    assert "abc" not in repr(publish)
    assert "sign" not in repr(publish)


def test_metadata_loses_its_wrapper() -> None:
    pair = Pair().publish()
    pair.client.send_metadata({"width": 1280.0}, timestamp_ms=4)
    pair.carry()
    tag = pair.server_events[-1]
    assert isinstance(tag, TagReceived)
    assert (tag.kind, tag.timestamp_ms) == (TagKind.DATA, 4)
    assert amf0.decode(tag.payload) == ["onMetaData", {"width": 1280.0}]


def test_timestamps_grow_beyond_32_bits() -> None:
    pair = Pair().publish()
    start_ms = 0xFFFFFFFF - 50
    moments = [start_ms + step * 20 for step in range(6)]
    for number, moment_ms in enumerate(moments):
        pair.client.send_tag(TagKind.VIDEO if number % 2 else TagKind.AUDIO, moment_ms, b"x")
    pair.carry()
    assert [tag.timestamp_ms for tag in pair.server_events if isinstance(tag, TagReceived)] == moments


def test_refusals_carry_our_code() -> None:
    pair = Pair()
    pair.client.start()
    pair.carry()
    pair.server.accept_connect()
    pair.carry()
    pair.server.refuse_publish("key_dead", "the session has ended")
    pair.carry()
    assert pair.client_events == [
        Connected(),
        PublishRefused("NetStream.Publish.BadName", "key_dead: the session has ended"),
    ]
    other = Pair()
    other.client.start()
    other.carry()
    other.server.refuse_connect("key_foreign", "")
    other.carry()
    assert other.client_events == [PublishRefused("NetConnection.Connect.Rejected", "key_foreign")]


def test_service_takes_a_publisher_off() -> None:
    pair = Pair().publish()
    pair.server.end_publish("replaced", "another device")
    pair.client.send_tag(TagKind.VIDEO, 0, b"late")
    pair.carry()
    assert pair.client_events[-1] == PublishRefused("NetStream.Publish.Denied", "replaced: another device")
    assert not any(isinstance(event, TagReceived) for event in pair.server_events)


def test_early_media_waits_for_the_answer_and_is_bounded() -> None:
    pair = Pair()
    pair.client.start()
    pair.carry()
    pair.server.accept_connect()
    pair.carry()
    writer = ChunkWriter(60_000)
    early = Message(MessageType.VIDEO, 1, 7, b"early")
    assert pair.server.receive(writer.write(6, early)) == []
    pair.server.accept_publish()
    assert pair.server.receive(b"") == [TagReceived(TagKind.VIDEO, 7, b"early")]
    assert pair.server.receive(b"") == []


def test_a_peer_that_waits_for_no_answer() -> None:
    server = ServerConnection(noise=NOISE)
    writer = ChunkWriter()
    impatient = [
        Command("connect", 1, ({"app": "live"},)).message(),
        Command("createStream", 2, (None,)).message(),
        Command("publish", 3, (None, "k", "live")).message(1),
        Message(MessageType.AUDIO, 1, 5, b"early"),
    ]
    hello = b"\x03" + bytes(1536) + bytes(1536)
    [connect] = server.receive(hello + b"".join(writer.write(3, message) for message in impatient))
    assert isinstance(connect, ConnectRequested)
    assert server.receive(b"") == []
    server.accept_connect()
    assert server.receive(b"") == [PublishRequested("live", "k")]
    server.accept_publish()
    assert server.receive(b"") == [TagReceived(TagKind.AUDIO, 5, b"early")]


def test_early_media_beyond_the_limit() -> None:
    server = connected_server(Limits(max_buffered_bytes=5000))
    server.receive(ChunkWriter().write(3, Command("createStream", 2, (None,)).message()))
    server.receive(ChunkWriter().write(3, Command("publish", 3, (None, "k", "live")).message(1)))
    writer = ChunkWriter()
    early = b"".join(writer.write(6, Message(MessageType.VIDEO, 1, 0, bytes(1000))) for _ in range(20))
    with pytest.raises(RtmpError, match="before the answer"):
        server.receive(early)


def connected_server(limits: Limits | None = None) -> ServerConnection:
    server = ServerConnection(limits, noise=NOISE)
    server.receive(b"\x03" + bytes(1536) + bytes(1536))
    server.receive(
        ChunkWriter().write(3, Command("connect", 1, ({"app": "live", "tcUrl": "rtmp://h/live"},)).message())
    )
    server.accept_connect()
    server.data_to_send()
    return server


def answers(server: ServerConnection) -> list[Command]:
    reader = ChunkReader()
    reader.chunk_bytes = 4096
    found = reader.feed(server.data_to_send())
    return [commands.read_command(message, Limits()) for message in found if message.type_id == MessageType.COMMAND]


def test_play_is_refused_with_a_reason() -> None:
    server = connected_server()
    server.receive(ChunkWriter().write(3, Command("createStream", 2, (None,)).message()))
    assert server.receive(ChunkWriter().write(3, Command("play", 3, (None, "key")).message(1))) == [PlayRefused()]
    assert answers(server)[-1].mapping(1)["code"] == "NetStream.Play.Failed"


def test_small_calls_of_encoders_are_answered() -> None:
    server = connected_server()
    for number, name in enumerate(["releaseStream", "FCPublish", "_checkbw"], 5):
        server.receive(ChunkWriter().write(3, Command(name, number, (None, "key")).message()))
    assert [(answer.name, answer.transaction) for answer in answers(server)] == [
        ("_result", 5),
        ("_result", 6),
        ("_result", 7),
    ]


def test_ping_is_answered_and_bytes_are_acknowledged() -> None:
    pair = Pair().publish()
    pair.server.ping(4711)
    pair.carry()
    for moment_ms in range(30):
        pair.client.send_tag(TagKind.VIDEO, moment_ms, bytes(100_000))
    pair.carry()
    assert pair.client.peer_acknowledged_bytes >= 2_500_000


def test_a_second_stream_after_the_first() -> None:
    server = connected_server()
    writer = ChunkWriter()
    server.receive(writer.write(3, Command("createStream", 2, (None,)).message()))
    server.receive(writer.write(3, Command("publish", 3, (None, "one", "live")).message(1)))
    server.accept_publish()
    assert server.receive(writer.write(3, Command("deleteStream", 4, (None, 1.0)).message())) == [Unpublished()]
    assert server.receive(writer.write(3, Command("publish", 5, (None, "two", "live")).message(1))) == [
        PublishRequested("live", "two")
    ]


def test_aggregate_is_taken_apart() -> None:
    server = connected_server()
    writer = ChunkWriter(4096)
    server.receive(ChunkWriter().write(3, Command("createStream", 2, (None,)).message()))
    server.receive(ChunkWriter().write(3, Command("publish", 3, (None, "k", "live")).message(1)))
    server.accept_publish()
    parts = b"".join(
        bytes((kind,)) + (2).to_bytes(3, "big") + (90 + number).to_bytes(3, "big") + bytes(4) + b"ab" + bytes(4)
        for number, kind in enumerate([8, 9])
    )
    server.receive(writer.write(2, commands.set_chunk_size(4096)))
    events = server.receive(writer.write(6, Message(MessageType.AGGREGATE, 1, 1000, parts)))
    assert events == [TagReceived(TagKind.AUDIO, 1000, b"ab"), TagReceived(TagKind.VIDEO, 1001, b"ab")]


@pytest.mark.parametrize(
    "message",
    [
        Command("publish", 1, (None, "k")).message(1),
        Command("createStream", 1).message(),
        Message(MessageType.VIDEO, 1, 0, b"x"),
        Message(MessageType.COMMAND, 0, 0, b"\x05"),
        Message(MessageType.COMMAND, 0, 0, amf0.encode("x", float("nan"))),
        Message(MessageType.WINDOW_ACK_SIZE, 0, 0, b"\x00"),
        Message(MessageType.USER_CONTROL, 0, 0, b"\x00"),
    ],
)
def test_out_of_order_or_broken_messages_end_the_connection(message: Message) -> None:
    server = ServerConnection(noise=NOISE)
    server.receive(b"\x03" + bytes(1536) + bytes(1536))
    with pytest.raises(RtmpError):
        server.receive(ChunkWriter().write(3, message))
    with pytest.raises(RtmpError):
        server.receive(b"")


@pytest.mark.parametrize("name", ["createStream", "FCPublish"])
def test_commands_are_counted(name: str) -> None:
    server = connected_server()
    writer = ChunkWriter()
    flood = b"".join(writer.write(3, Command(name, number, (None,)).message()) for number in range(100))
    with pytest.raises(RtmpError) as caught:
        server.receive(flood)
    assert caught.value.code == "rtmp_too_large"


def test_peer_ends_the_stream() -> None:
    pair = Pair().publish()
    writer = ChunkWriter(4096)
    assert pair.client.receive(writer.write(2, commands.user_control(commands.STREAM_EOF, 1))) == [PeerClosedStream()]
    assert pair.client.receive(writer.write(3, Command("close", 0, (None,)).message())) == [PeerClosedStream()]


def test_errors_of_optional_calls_are_no_refusal() -> None:
    pair = Pair()
    pair.client.start()
    pair.carry()
    pair.server.accept_connect()
    for piece in pair.split(pair.server.data_to_send()):
        pair.client.receive(piece)
    assert pair.client.receive(ChunkWriter(4096).write(5, Command("_error", 2, (None, {"code": "x"})).message())) == []


@pytest.mark.parametrize(
    "message",
    [
        Command("connect", 9, ({"app": "live"},)).message(),
        Command("publish", 3, (None, "k")).message(1),
        Message(MessageType.AGGREGATE, 1, 0, b"\x08\x00"),
        Message(MessageType.AGGREGATE, 1, 0, b"\x08\x00\x00\x09" + bytes(8)),
        Command("publish", 3, (None, "k" * 600)).message(1),
    ],
)
def test_what_a_connected_peer_may_not_do(message: Message) -> None:
    server = connected_server()
    with pytest.raises(RtmpError):
        server.receive(ChunkWriter().write(3, message))


def test_media_outside_the_published_stream_is_thrown_away() -> None:
    pair = Pair().publish()
    writer = ChunkWriter()
    assert pair.server.receive(writer.write(7, Message(MessageType.VIDEO, 9, 0, b"other stream"))) == []
    clear = Message(MessageType.DATA, 1, 0, amf0.encode("@clearDataFrame", "onMetaData"))
    assert pair.server.receive(writer.write(7, clear)) == []
    flash = Message(MessageType.DATA_AMF3, 1, 0, b"\x00" + amf0.encode("onCuePoint", None))
    [tag] = pair.server.receive(writer.write(7, flash))
    assert tag == TagReceived(TagKind.DATA, 0, amf0.encode("onCuePoint", None))
    call = Command("FCPublish", 0, (None, "k")).message()
    wrapped = Message(MessageType.COMMAND_AMF3, 0, 0, b"\x00" + call.payload)
    assert pair.server.receive(writer.write(7, wrapped)) == []


def test_stream_number_must_be_one() -> None:
    client = ClientConnection(app="a", tc_url="t", stream_key="k", noise=NOISE)
    client.start()
    client.receive(b"\x03" + bytes(3072))
    writer = ChunkWriter()
    assert client.receive(writer.write(3, Command("_result", 1, (None, None)).message())) == [Connected()]
    with pytest.raises(RtmpError, match="number"):
        client.receive(writer.write(3, Command("_result", 4, (None, "one")).message()))


def test_status_of_a_refused_stream_goes_to_the_driver() -> None:
    pair = Pair().publish()
    writer = ChunkWriter(4096)
    warning = commands.status("warning", "NetStream.Record.NoAccess", "disk").message(1)
    ended = commands.status("status", "NetStream.Unpublish.Success", "").message(1)
    assert pair.client.receive(writer.write(5, warning)) == [], "the stream goes on"
    assert pair.client.receive(writer.write(5, ended)) == [PeerClosedStream()]
    pair.client.finish()
    assert pair.client.receive(writer.write(5, warning)) == [], "deaf after the end"


def test_a_peers_bandwidth_is_answered_once_with_the_window_it_names() -> None:
    client = ClientConnection(app="a", tc_url="t", stream_key="k", noise=NOISE)
    client.start()
    client.receive(b"\x03" + bytes(3072))
    client.data_to_send()
    reader, writer = ChunkReader(Limits()), ChunkWriter()
    for sizes, expected in (([70_000, 70_000], [70_000]), ([90_000], [90_000])):
        for size in sizes:
            client.receive(writer.write(2, commands.peer_bandwidth(size)))
        told = [m for m in reader.feed(client.data_to_send()) if m.type_id == MessageType.WINDOW_ACK_SIZE]
        assert [int.from_bytes(message.payload, "big") for message in told] == expected


def test_driver_mistakes_are_bugs() -> None:
    server = ServerConnection()
    client = ClientConnection(app="a", tc_url="t", stream_key="k")
    client.start()
    for call in (server.accept_connect, server.accept_publish, client.start):
        with pytest.raises(BugError):
            call()
    with pytest.raises(BugError):
        client.send_tag(TagKind.AUDIO, 0, b"")
    with pytest.raises(BugError):
        server.end_publish("replaced", "")


def test_a_peer_that_is_asked_to_acknowledges_more_often() -> None:
    pair = Pair().publish()
    pair.client.tell_window(16_384)
    pair.carry()
    before_bytes = pair.client.peer_acknowledged_bytes
    pair.client.send_tag(TagKind.VIDEO, 0, bytes(20_000))
    pair.carry()
    assert pair.client.peer_acknowledged_bytes - before_bytes >= 16_384
