"""Clips of recordings, and what is wrong with those that somebody made up: for the tests of service and client."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from functools import lru_cache
from typing import Any

import av
import numpy as np

RATE_FPS, RATE_HZ = 10, 48_000


@lru_cache(maxsize=8)
def make_clip(seconds: float = 2.0, *, has_sound: bool = True, has_picture: bool = True, options: str = "") -> bytes:
    """A small MP4 with its index: H.264 of 160 × 90, AAC. ``options``: one of the muxer, ``name=value``."""
    held = io.BytesIO()
    with av.open(held, "w", format="mp4", options=dict([options.split("=")]) if options else {}) as made:
        streams: list[Any] = []
        if has_picture:
            video = made.add_stream("libx264", rate=RATE_FPS, options={"preset": "ultrafast"})
            video.width, video.height, video.pix_fmt = 160, 90, "yuv420p"
            streams.append(video)
        if has_sound:
            audio = made.add_stream("aac", rate=RATE_HZ, layout="mono")
            streams.append(audio)
        if has_picture:
            for at in range(round(seconds * RATE_FPS)):
                picture = av.VideoFrame.from_ndarray(np.full((135, 160), 60 + at % 100, np.uint8), "yuv420p")
                picture.pts, picture.time_base = at, Fraction(1, RATE_FPS)
                made.mux(video.encode(picture))
        if has_sound:
            for at in range(round(seconds * RATE_HZ / 1024)):
                sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
                sound.sample_rate, sound.pts, sound.time_base = RATE_HZ, at * 1024, Fraction(1, RATE_HZ)
                made.mux(audio.encode(sound))
        for stream in streams:
            made.mux(stream.encode(None))
    return held.getvalue()


def box(kind: bytes, content: bytes) -> bytes:
    """One box of an MP4."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


def with_field(data: bytes, kind: bytes, at: int, value: bytes, number: int = 0) -> bytes:
    """With the bytes at ``at`` of the content of the ``number``-th box of that kind replaced."""
    start = -1
    for _ in range(number + 1):
        start = data.index(kind, start + 1)
    start += 4 + at
    return data[:start] + value + data[start + len(value) :]


def hostile_clips() -> dict[str, bytes]:
    """By what is wrong with each."""
    good, size = make_clip(), struct.pack
    return {
        "nothing": b"",
        "text": b"no film at all" * 100,
        "html": b"<html><script>alert(1)</script></html>",
        "a picture": b"\xff\xd8\xff\xe0" + bytes(2000),
        "cut short": good[: len(good) // 2],
        "cut in a box": good[:-1],
        "something behind": good + b"<script>alert(1)</script>",
        "only a beginning": box(b"ftyp", b"isom\0\0\2\0isom"),
        "another box first": box(b"free", b"") + good,
        "a web page in a box": good + box(b"html", b"<script>"),
        "two indexes": good + good[good.index(b"moov") - 4 :],
        "sound only": make_clip(has_picture=False),
        "too long": make_clip(41.0, has_sound=False),
        "in fragments": make_clip(options="movflags=frag_keyframe+empty_moov"),
        "sizes beyond the file": with_field(good, b"moov", -8, size(">I", 2**31)),
        "a box within itself": with_field(good, b"mvhd", -8, size(">I", 4)),
        "endless": with_field(good, b"mdhd", 16, size(">I", 2**32 - 1)),
        "no time": with_field(good, b"mdhd", 12, bytes(4)),
        "another codec": good.replace(b"avc1\0", b"mjpg\0").replace(b"avc1", b"mjpg"),
        "of no size": with_field(good, b"avcC", -8 - 78 + 24, bytes(4)),
        "more samples than there are": with_field(good, b"stsz", 8, size(">I", 2**31)),
        "samples elsewhere": with_field(good, b"stco", 8, size(">I", 2**31)),
        "media in another file": with_field(good, b"url ", 0, size(">I", 0)),
        "times that do not add up": with_field(good, b"stts", 8, size(">I", 7)),
    }
