"""The media to measure with: an encoder's pictures, of whatever size is wanted, that any decoder takes."""

from __future__ import annotations

import zlib
from itertools import pairwise

import av
import pytest
from av.codec.context import CodecContext

from app.rtmp.flv import avcc_units, parse_avc_config
from capture.publish.probe_media import RATE_FPS, ProbeMedia


@pytest.fixture(scope="module")
def media() -> ProbeMedia:
    return ProbeMedia()


@pytest.mark.parametrize("size_bytes", [2500, 4096, 5208, 33_333, 41_667])
def test_pictures_have_the_size_that_is_wanted(media: ProbeMedia, size_bytes: int) -> None:
    media.begin()
    pictures = [media.next_picture(size_bytes) for _ in range(RATE_FPS + 1)]
    assert all(abs(len(one.payload) - size_bytes) <= 2 for one in pictures)
    assert [one.is_keyframe for one in pictures] == [True, *[False] * (RATE_FPS - 1), True]
    assert {round(later.dts_ms - earlier.dts_ms) for earlier, later in pairwise(pictures)} == {33, 34}


def test_one_that_is_too_small_for_more_is_the_picture_alone(media: ProbeMedia) -> None:
    media.begin()
    first = media.next_picture(1)
    assert first.is_keyframe
    assert [unit[0] & 0x1F for unit in avcc_units(first.payload)][-1] == 5


def test_a_decoder_shows_every_picture_and_complains_of_nothing(media: ProbeMedia) -> None:
    media.begin()
    decoder = CodecContext.create("h264", "r")
    decoder.extradata = media.stream.avc_config
    decoder.options = {"err_detect": "explode"}
    shown = []
    for _ in range(2 * RATE_FPS):
        shown += decoder.decode(av.Packet(media.next_picture(20_000).payload))
    shown += decoder.decode(None)
    assert len(shown) == 2 * RATE_FPS
    assert (shown[0].width, shown[0].height) == (media.stream.width_px, media.stream.height_px)
    assert parse_avc_config(media.stream.avc_config)


def test_what_fills_it_cannot_be_compressed(media: ProbeMedia) -> None:

    media.begin()
    whole = b"".join(media.next_picture(20_000).payload for _ in range(20))
    assert len(zlib.compress(whole)) > 0.95 * len(whole)
    assert b"\0\0\0" not in media.next_picture(20_000).payload[4:19_000], "nothing looks like the start of a unit"
