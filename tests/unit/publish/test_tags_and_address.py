"""Packets to tags, and publish addresses."""

from __future__ import annotations

import pytest

from app.errors import InputError
from app.rtmp import TagKind, flv
from capture.packets import EncodedPacket, StreamFormat
from capture.publish.address import parse_address
from capture.publish.tags import TagMaker

BOTH = StreamFormat(
    width_px=1280, height_px=720, rate_fps=30, video_kbps=2500, audio_kbps=128, sample_rate_hz=48000,
    avc_config=b"\x01avc", aac_config=b"\x11\x90",
)  # fmt: skip


def picture(pts_ms: int, dts_ms: int, is_keyframe: bool = False) -> EncodedPacket:
    return EncodedPacket("video", pts_ms, dts_ms, is_keyframe, b"frame")


def sound(at_ms: int) -> EncodedPacket:
    return EncodedPacket("audio", at_ms, at_ms, False, b"aac")


def test_nothing_before_the_key_frame_and_headers_in_front_of_it() -> None:
    maker = TagMaker(BOTH)
    assert maker.tags(sound(5000)) == []
    assert maker.tags(picture(5000, 5000)) == []
    tags = maker.tags(picture(5066, 5033, is_keyframe=True))
    assert [(tag.kind, tag.timestamp_ms) for tag in tags] == [
        (TagKind.VIDEO, 0),
        (TagKind.AUDIO, 0),
        (TagKind.VIDEO, 0),
    ]
    assert flv.parse_video(tags[0].payload).body == b"\x01avc"
    assert flv.parse_audio(tags[1].payload).is_config
    assert flv.parse_video(tags[2].payload).composition_ms == 33
    assert maker.tags(sound(5010))[0].timestamp_ms == 0, "never negative"
    assert maker.tags(sound(5040))[0].timestamp_ms == 7


def test_time_goes_on_over_a_new_connection() -> None:
    maker = TagMaker(BOTH)
    maker.tags(picture(1000, 1000, is_keyframe=True))
    maker.begin()
    assert maker.tags(picture(9000, 9000)) == []
    tags = maker.tags(picture(9500, 9500, is_keyframe=True))
    assert [tag.timestamp_ms for tag in tags] == [8500, 8500, 8500]


def test_sound_alone_needs_no_key_frame() -> None:
    stream = StreamFormat(
        width_px=0, height_px=0, rate_fps=0, video_kbps=0, audio_kbps=64, sample_rate_hz=48000, aac_config=b"\x11\x90"
    )  # fmt: skip
    maker = TagMaker(stream)
    assert [tag.kind for tag in maker.tags(sound(7))] == [TagKind.AUDIO, TagKind.AUDIO]
    assert "width" not in maker.metadata()
    assert stream.total_kbps == 64


def test_metadata_says_what_is_sent() -> None:
    about = TagMaker(BOTH).metadata()
    assert (about["width"], about["height"], about["framerate"]) == (1280.0, 720.0, 30.0)
    assert (about["audiosamplerate"], about["stereo"]) == (48000.0, True)


def test_addresses() -> None:
    plain = parse_address("rtmp://Host.example/live/inst/")
    assert (plain.host, plain.port, plain.is_tls, plain.app) == ("host.example", 1935, False, "live/inst")
    assert plain.tc_url == "rtmp://host.example:1935/live/inst"
    secure = parse_address("rtmps://[::1]:8443/live?a=1")
    assert (secure.host, secure.port, secure.is_tls, secure.app) == ("::1", 8443, True, "live?a=1")
    assert secure.tc_url == "rtmps://[::1]:8443/live?a=1"
    assert "a=1" not in repr(secure)


@pytest.mark.parametrize(
    "url", ["", "http://host/live", "rtmp://host", "rtmp:///live", "rtmp://host:99999/live", "rtmp://u:p@host/live"]
)
def test_addresses_that_cannot_be_used(url: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_address(url)
    assert caught.value.code == "ingest_address_invalid"
