"""FLV framing, tag bodies old and enhanced, and the records of H.264 and AAC."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rtmp import RtmpError, TagKind, flv
from tests.unit.rtmp.pair import in_pieces

SPS, PPS = b"\x67\x42\xc0\x1e\xd9\x00\xa0", b"\x68\xcb\x83"


@given(
    st.lists(
        st.tuples(st.sampled_from(list(TagKind)), st.integers(0, 0xFFFFFFFF), st.binary(max_size=300)), max_size=8
    ),
    st.lists(st.integers(1, 100), min_size=1, max_size=4),
)
def test_file_round_trip(sent: list[tuple[TagKind, int, bytes]], sizes: list[int]) -> None:
    data = flv.file_header(True, False) + b"".join(flv.tag(*one) for one in sent)
    demuxer = flv.FlvDemuxer()
    found = [tag for piece in in_pieces(sizes)(data) for tag in demuxer.feed(piece)]
    assert [(tag.kind, tag.timestamp_ms, tag.payload) for tag in found] == sent
    assert (demuxer.has_video, demuxer.has_audio) == (True, False)


def test_header_and_tag_bytes() -> None:
    assert flv.file_header(True, True) == b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"
    assert flv.tag(TagKind.AUDIO, 0x12345678, b"ab") == bytes.fromhex("08 000002 345678 12 000000 6162 0000000d")


@pytest.mark.parametrize("data", [b"RIFF", b"FLV\x02", b"FLV\x01\x05\xff\xff\xff\xff" + bytes(8)])
def test_what_is_no_flv(data: bytes) -> None:
    with pytest.raises(RtmpError):
        flv.FlvDemuxer().feed(data)


def test_tag_beyond_the_limit() -> None:
    with pytest.raises(RtmpError) as caught:
        flv.FlvDemuxer(max_tag_bytes=10).feed(flv.file_header(True, True) + flv.tag(TagKind.VIDEO, 0, bytes(11)))
    assert caught.value.code == "rtmp_too_large"


@given(st.binary(max_size=40))
def test_random_bodies_give_a_tag_or_rtmp_error(payload: bytes) -> None:
    for parse in (flv.parse_video, flv.parse_audio):
        try:
            parse(payload)
        except RtmpError:
            pass


def test_h264_bodies() -> None:
    config = flv.parse_video(flv.video_tag(b"record", True, flv.VideoPacket.SEQUENCE_START))
    assert (config.codec, config.is_config, config.is_keyframe, config.body) == ("avc1", True, True, b"record")
    frame = flv.parse_video(flv.video_tag(b"unit", False, composition_ms=-40))
    assert (frame.is_config, frame.is_keyframe, frame.composition_ms, frame.body) == (False, False, -40, b"unit")
    assert flv.video_tag(b"", True) == b"\x17\x01\x00\x00\x00"


@pytest.mark.parametrize("payload", [b"\x57\x00", b"\x57\x01", b"\x52\x00", b"\x57", b"\xd1\x00", b"\xd0\x01"])
def test_a_command_frame_is_no_picture_and_no_mistake(payload: bytes) -> None:
    tag = flv.parse_video(payload)
    assert tag.packet_type is flv.VideoPacket.COMMAND
    assert not tag.is_keyframe and not tag.is_config


def test_aac_bodies() -> None:
    assert flv.audio_tag(b"\x11\x90", is_config=True) == b"\xaf\x00\x11\x90"
    config = flv.parse_audio(b"\xaf\x00\x11\x90")
    assert (config.codec, config.is_config, config.body) == ("mp4a", True, b"\x11\x90")
    assert not flv.parse_audio(flv.audio_tag(b"frame")).is_config


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\x90hvc1conf", flv.VideoTag("hvc1", True, flv.VideoPacket.SEQUENCE_START, 0, b"conf", True)),
        (b"\xa1hvc1\x00\x00\x21unit", flv.VideoTag("hvc1", False, flv.VideoPacket.FRAMES, 33, b"unit", True)),
        (b"\x93hvc1unit", flv.VideoTag("hvc1", True, flv.VideoPacket.FRAMES_WITHOUT_OFFSET, 0, b"unit", True)),
        (b"\x91av01obu", flv.VideoTag("av01", True, flv.VideoPacket.FRAMES, 0, b"obu", True)),
        (b"\xa1vp09f", flv.VideoTag("vp09", False, flv.VideoPacket.FRAMES, 0, b"f", True)),
        (b"\x91avc1\xff\xff\xffu", flv.VideoTag("avc1", True, flv.VideoPacket.FRAMES, -1, b"u", True)),
        (b"\xa2av01", flv.VideoTag("av01", False, flv.VideoPacket.SEQUENCE_END, 0, b"", True)),
        (b"\x97\x02abc\x03hvc1u", flv.VideoTag("hvc1", True, flv.VideoPacket.FRAMES_WITHOUT_OFFSET, 0, b"u", True)),
        (b"\x96\x00hvc1", flv.VideoTag("", True, flv.VideoPacket.MULTITRACK, 0, b"\x00hvc1", True)),
        (b"\x1c\x00\x00\x00\x00conf", flv.VideoTag("hvc1", True, flv.VideoPacket.SEQUENCE_START, 0, b"conf")),
        (b"\x12data", flv.VideoTag("flv1", True, flv.VideoPacket.FRAMES, 0, b"data")),
    ],
)
def test_enhanced_and_other_video(payload: bytes, expected: flv.VideoTag) -> None:
    assert flv.parse_video(payload) == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\x90Opushead", flv.AudioTag("Opus", True, b"head", True)),
        (b"\x91mp4aframe", flv.AudioTag("mp4a", False, b"frame", True)),
        (b"\x92fLaC", flv.AudioTag("fLaC", False, b"", True, True)),
        (b"\x95\x01Opus", flv.AudioTag("", False, b"\x01Opus", True)),
        (b"\x97\x00x\x01ac-3f", flv.AudioTag("ac-3", False, b"f", True)),
        (b"\x2fmp3", flv.AudioTag(".mp3", False, b"mp3")),
    ],
)
def test_enhanced_and_other_audio(payload: bytes, expected: flv.AudioTag) -> None:
    assert flv.parse_audio(payload) == expected


@pytest.mark.parametrize(
    "payload", [b"", b"\x17", b"\x17\x09\x00\x00\x00", b"\x91hv", b"\x97\xff", b"\x1f", b"\x98avc1"]
)
def test_broken_video(payload: bytes) -> None:
    with pytest.raises(RtmpError):
        flv.parse_video(payload)


@pytest.mark.parametrize("payload", [b"", b"\xaf", b"\xaf\x02", b"\xc0", b"\x91Op\x00s"])
def test_broken_audio(payload: bytes) -> None:
    with pytest.raises(RtmpError):
        flv.parse_audio(payload)


def test_annexb() -> None:
    stream = b"\x00\x00\x00\x01\x09\xf0\x00\x00\x00\x01" + SPS[:-1] + b"\x00\x00\x01" + PPS + b"\x00\x00\x01\x65abc"
    assert flv.split_annexb(stream) == [b"\x09\xf0", SPS[:-1].rstrip(b"\x00"), PPS, b"\x65abc"]
    assert flv.annexb_to_avcc(stream) == b"\x00\x00\x00\x04\x65abc"
    assert flv.avcc_units(flv.annexb_to_avcc(stream)) == [b"\x65abc"]
    assert flv.split_annexb(b"no start code") == []
    with pytest.raises(RtmpError):
        flv.avcc_units(b"\x00\x00\x00\x09x")


def test_avc_config_round_trip() -> None:
    record = flv.avc_config(SPS, PPS)
    parsed = flv.parse_avc_config(record)
    assert (parsed.profile, parsed.level, parsed.length_bytes) == (0x42, 0x1E, 4)
    assert (parsed.sps, parsed.pps) == ((SPS,), (PPS,))
    high = flv.avc_config(b"\x67\x64\x00\x1f\xac", PPS)
    assert high.endswith(b"\xfd\xf8\xf8\x00")
    assert flv.avc_config_from_annexb(b"\x00\x00\x01" + SPS[:6] + b"\x01\x00\x00\x01" + PPS) == flv.avc_config(
        SPS[:6] + b"\x01", PPS
    )
    with pytest.raises(ValueError, match="missing"):
        flv.avc_config_from_annexb(b"\x00\x00\x01\x65")


@pytest.mark.parametrize("cut", range(1, 20))
def test_cut_avc_config(cut: int) -> None:
    record = flv.avc_config(SPS, PPS)
    if cut < len(record):
        with pytest.raises(RtmpError):
            flv.parse_avc_config(record[:cut])


def test_aac_config_round_trip() -> None:
    assert flv.aac_config(48000, 2) == b"\x11\x90"
    assert flv.aac_config(44100, 1) == b"\x12\x08"
    parsed = flv.parse_aac_config(b"\x11\x90")
    assert (parsed.object_type, parsed.sample_rate_hz, parsed.channels) == (2, 48000, 2)
    with pytest.raises(ValueError, match="no such"):
        flv.aac_config(48001, 2)
    with pytest.raises(RtmpError):
        flv.parse_aac_config(b"\x11")
