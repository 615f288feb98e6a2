"""Corners of the protocol that no encoder visits: each is a rule of its own."""

from __future__ import annotations

import pytest

from app.rtmp import RtmpError, TagKind, TagReceived, Unpublished, amf0, flv
from app.rtmp.chunks import ChunkReader, ChunkWriter, Message, MessageType
from app.rtmp.commands import Command, read_command
from app.rtmp.handshake import ClientHandshake
from app.rtmp.limits import Limits
from tests.unit.rtmp.pair import NOISE, Pair

TOO_LONG = bytes(0x1000000)


def test_what_has_no_length_on_the_wire_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="16 MB"):
        ChunkWriter().write(6, Message(MessageType.VIDEO, 1, 0, TOO_LONG))
    with pytest.raises(ValueError, match="16 MB"):
        flv.tag(TagKind.VIDEO, 0, TOO_LONG)


def test_finishing_without_a_stream_says_nothing_and_may_be_repeated() -> None:
    pair = Pair()
    pair.client.finish()
    pair.client.finish()
    pair.carry(is_accepting=True)
    assert pair.server_events == []


def test_a_ping_before_the_handshake_is_not_sent() -> None:
    pair = Pair()
    pair.server.ping(7)
    assert pair.server.data_to_send() == b""


def test_a_commands_number_is_a_number() -> None:
    with pytest.raises(RtmpError, match="without a number"):
        read_command(Message(MessageType.COMMAND, 0, 0, amf0.encode("connect", "one")), Limits())


def test_an_empty_unit_between_two_start_codes_is_none() -> None:
    assert flv.split_annexb(b"\x00\x00\x01\x00\x00\x01\x65\x01") == [b"\x65\x01"]


def test_a_sample_rate_that_aac_does_not_know() -> None:
    with pytest.raises(RtmpError, match="nobody knows"):
        flv.parse_aac_config(b"\x17\x80")


def test_a_file_with_tags_of_another_kind_and_a_long_header() -> None:
    header = b"FLV\x01\x05\x00\x00\x00\x0a?" + bytes(4)
    other = bytes((7,)) + flv.tag(TagKind.DATA, 1, b"x")[1:]
    [tag] = flv.FlvDemuxer().feed(header + other + flv.tag(TagKind.VIDEO, 2, b"y"))
    assert (tag.kind, tag.timestamp_ms, tag.payload) == (TagKind.VIDEO, 2, b"y")


@pytest.mark.parametrize("size", [8, 1025])
def test_a_header_of_no_possible_length(size: int) -> None:
    with pytest.raises(RtmpError, match="no FLV"):
        flv.FlvDemuxer().feed(b"FLV\x01\x05" + size.to_bytes(4, "big") + bytes(4))


def test_enhanced_bodies_that_end_too_early() -> None:
    for body in (b"\x91hvc1\x00\x00", b"\x97\x00"):
        with pytest.raises(RtmpError):
            flv.parse_video(body)


def test_a_modifier_may_be_long() -> None:
    long = b"\x97\xff\x01\x00" + bytes(257)
    tag = flv.parse_video(long + b"\x01" + b"hvc1" + b"\x00\x00\x05" + b"data")
    assert (tag.codec, tag.packet_type, tag.composition_ms, tag.body) == ("hvc1", flv.VideoPacket.FRAMES, 5, b"data")


def test_deleting_another_stream_ends_nothing_and_answers_are_not_answered() -> None:
    pair = Pair().publish()
    before = list(pair.server_events)
    writer = ChunkWriter()
    for command in (Command("deleteStream", 4, (None, 7.0)), Command("_result", 4, (None,))):
        assert pair.server.receive(writer.write(3, command.message())) == []
    assert pair.server.is_publishing
    assert pair.server_events == before
    assert pair.server.data_to_send() == b""


def test_what_is_no_media_in_an_aggregate_is_left_out() -> None:
    pair = Pair().publish()
    tags = flv.tag(TagKind.AUDIO, 5, b"\xaf\x01a")
    strange = bytes((4,)) + tags[1:]
    message = Message(MessageType.AGGREGATE, 1, 100, strange + tags)
    [received] = pair.server.receive(ChunkWriter(65_536).write(6, message))
    assert isinstance(received, TagReceived)
    assert (received.kind, received.timestamp_ms, received.payload) == (TagKind.AUDIO, 100, b"\xaf\x01a")


def test_a_chunk_size_that_is_cut_short() -> None:
    with pytest.raises(RtmpError, match="cut short"):
        ChunkReader(Limits()).feed(ChunkWriter().write(2, Message(MessageType.SET_CHUNK_SIZE, 0, 0, b"\x00\x01")))


def test_aborting_what_was_not_begun_changes_nothing() -> None:
    writer = ChunkWriter()
    abort = Message(MessageType.ABORT, 0, 0, (6).to_bytes(4, "big"))
    sound = Message(MessageType.AUDIO, 1, 0, b"a")
    assert ChunkReader(Limits()).feed(writer.write(2, abort) + writer.write(6, sound)) == [abort, sound]


def test_a_file_whose_header_has_not_come_whole() -> None:
    demuxer = flv.FlvDemuxer()
    assert demuxer.feed(b"FLV\x01\x05" + (20).to_bytes(4, "big") + bytes(4)) == []
    assert not demuxer.has_video
    [tag] = demuxer.feed(bytes(11) + flv.tag(TagKind.VIDEO, 2, b"y"))
    assert demuxer.has_video
    assert tag.payload == b"y"


def test_a_server_that_speaks_something_else() -> None:
    with pytest.raises(RtmpError, match="plain RTMP"):
        ClientHandshake(NOISE).advance(b"H")


def test_a_client_ignores_what_it_did_not_ask_for() -> None:
    pair = Pair().publish()
    writer = ChunkWriter()
    strange = [
        Message(MessageType.AUDIO, 1, 0, b"a"),
        Command("onBWDone", 0, (None,)).message(),
        Command("onStatus", 0, (None, {"level": "status", "code": "NetStream.Data.Start"})).message(1),
        Command("onStatus", 0, (None, {"level": "status", "code": "NetStream.Publish.Start"})).message(1),
        Command("_result", 77, (None,)).message(),
    ]
    assert [pair.client.receive(writer.write(3, message)) for message in strange] == [[]] * len(strange)
    assert pair.client.is_publishing


def test_a_server_ignores_what_it_does_not_know_and_media_that_nobody_publishes() -> None:
    pair = Pair().publish()
    writer = ChunkWriter()
    assert pair.server.receive(writer.write(6, Message(16, 1, 0, b"shared object"))) == []
    assert pair.server.receive(writer.write(3, Command("deleteStream", 4, (None, 1.0)).message())) == [Unpublished()]
    assert pair.server.receive(writer.write(6, Message(MessageType.AUDIO, 1, 0, b"\xaf\x01a"))) == []
