"""FLV tags to HLS files, decoded again by PyAV; a clock that the test moves."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np

from app.rtmp import TagKind
from app.rtmp.flv import FlvDemuxer, FlvTag, parse_audio, parse_video
from app.runtime.clock import ManualClock
from server.ingest.playlist import LIST_NAME, LiveList, PlaylistWriter, finish, parse
from server.ingest.remux import Remuxer


def encode(seconds: int, width_px: int = 64, gop: int = 25) -> list[FlvTag]:
    """H.264 and AAC in FLV, 25 frames a second."""
    file = io.BytesIO()
    with av.open(file, "w", format="flv") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = width_px, 48, "yuv420p"
        video.options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(gop), "keyint_min": str(gop)}
        audio = out.add_stream("aac", rate=48000)
        for number in range(seconds * 25):
            picture = av.VideoFrame.from_ndarray(np.full((48, width_px, 3), number * 5 % 256, np.uint8), "rgb24")
            picture.pts = number
            out.mux(video.encode(picture))
            samples = np.zeros((2, 1920), np.float32)
            sound = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
            sound.sample_rate = 48000
            sound.pts = number * 1920
            out.mux(audio.encode(sound))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    return FlvDemuxer().feed(file.getvalue())


def shifted(tags: list[FlvTag], by_ms: int) -> list[FlvTag]:
    return [FlvTag(tag.kind, tag.timestamp_ms + by_ms, tag.payload) for tag in tags]


class Bench:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = ManualClock()
        self.remuxer = Remuxer(PlaylistWriter(directory), self.clock)
        self._last_ms = 0

    def feed(self, tags: list[FlvTag]) -> None:
        for tag in tags:
            self.clock.advance(max(0, tag.timestamp_ms - self._last_ms) / 1000)
            self._last_ms = max(self._last_ms, tag.timestamp_ms)
            self.remuxer.tag(tag)

    def list(self) -> LiveList:
        return parse((self.directory / LIST_NAME).read_text())

    def frames(self) -> tuple[int, int]:
        """Decoded pictures and sounds of all segments in the list."""
        pictures = sounds = 0
        for segment in self.list().segments:
            data = (self.directory / segment.init_name).read_bytes() + (self.directory / segment.name).read_bytes()
            with av.open(io.BytesIO(data)) as source:
                for packet in source.demux():
                    for _ in packet.decode():
                        if packet.stream.type == "video":
                            pictures += 1
                        else:
                            sounds += 1
        return pictures, sounds


def test_every_frame_is_in_a_segment_of_a_second(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "s1")
    bench.feed(encode(4))
    assert [segment.duration_ms for segment in bench.list().segments] == [1000, 1000, 1000]
    bench.remuxer.finish()
    made = bench.list()
    assert [segment.number for segment in made.segments] == [0, 1, 2, 3]
    assert made.target_s == 1
    pictures, sounds = bench.frames()
    assert pictures == 100
    assert sounds >= 180
    dates = [segment.begins for segment in made.segments]
    assert [(later - dates[0]).total_seconds() for later in dates] == [0, 1, 2, 3]


def test_a_segment_is_there_as_soon_as_the_next_key_frame_came(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "s1")
    tags = encode(3)
    keys = [
        place
        for place, tag in enumerate(tags)
        if tag.kind is TagKind.VIDEO and not (video := parse_video(tag.payload)).is_config and video.is_keyframe
    ]
    # Two frames of sound behind the key frame let the muxer go on.
    bench.feed(tags[: keys[1] + 5])
    assert len(bench.list().segments) == 1


def test_short_groups_share_a_segment(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "s1")
    bench.feed(encode(4, gop=10))
    durations = [segment.duration_ms for segment in bench.list().segments]
    assert durations == [1200] * len(durations)
    assert len(durations) >= 2


def test_other_parameters_begin_a_new_init_as_a_discontinuity(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "s1")
    bench.feed(encode(2))
    bench.feed(shifted(encode(2, width_px=128), 2040))
    bench.remuxer.finish()
    made = bench.list()
    assert [segment.is_discontinuity for segment in made.segments] == [False, False, True, False]
    assert [segment.init_name for segment in made.segments] == ["init-0.mp4"] * 2 + ["init-2.mp4"] * 2
    assert bench.frames()[0] == 100


def test_the_same_parameters_go_on_without_a_discontinuity(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "s1")
    bench.feed(encode(2))
    bench.clock.advance(30)
    bench.feed(shifted(encode(2), 2040))
    bench.remuxer.finish()
    made = bench.list()
    assert not any(segment.is_discontinuity for segment in made.segments)
    assert bench.frames()[0] == 100
    # The publisher was away for half a minute: the dates know it.
    assert (made.segments[-1].begins - made.segments[0].begins).total_seconds() > 30


def test_picture_does_not_wait_for_sound_that_stopped(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "s1")
    tags = encode(6)
    bench.feed(
        [
            tag
            for tag in tags
            if tag.kind is not TagKind.AUDIO or parse_audio(tag.payload).is_config or tag.timestamp_ms < 1500
        ]
    )
    assert len(bench.list().segments) >= 4


def test_another_run_goes_on_in_the_list_and_old_files_go(tmp_path: Path) -> None:
    directory = tmp_path / "s1"
    first = Bench(directory)
    first.feed(encode(4))
    (directory / "seg-3.m4s").write_bytes(b"left by a killed run")
    second = Bench(directory)
    second.feed(encode(20))
    made = second.list()
    assert [segment.number for segment in made.segments] == list(range(16, 22))
    assert made.discontinuity_sequence == 1
    assert len(list(directory.iterdir())) <= 6 + 8 + 1 + 2
    assert (directory / "init-3.mp4").exists()
    assert second.frames()[0] == 150
    third = Bench(directory)
    third.feed(encode(3))
    made = third.list()
    assert [segment.number for segment in made.segments] == list(range(18, 24))
    assert [segment.is_discontinuity for segment in made.segments] == [False] * 4 + [True, False]


def test_the_end_is_written_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "s1")
    assert not finish(tmp_path / "s1")
    bench.feed(encode(2))
    assert finish(tmp_path / "s1")
    assert finish(tmp_path / "s1")
    assert (tmp_path / "s1" / LIST_NAME).read_text().count("#EXT-X-ENDLIST") == 1
    assert bench.list().is_ended
