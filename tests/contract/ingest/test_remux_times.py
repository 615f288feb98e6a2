"""Whatever an encoder's clock does, no tag ends the remuxing, and what comes out plays in order."""

from __future__ import annotations

import io
import itertools
import subprocess
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.rtmp import TagKind
from app.rtmp.flv import FlvTag, VideoPacket, file_header, parse_audio, parse_video
from app.rtmp.flv import tag as write_tag
from app.runtime.launch import RemuxLaunch, write_launch
from server.ingest.fragments import Fragmenter
from server.ingest.logs import WORKER_LOG
from server.ingest.playlist import LIST_NAME, parse
from server.ingest.timeline import Timeline
from server.ingest.workers import remux_command
from tests.contract.ingest.test_remux import Bench, encode

CLIP = encode(2, gop=10)
CONFIGS = [
    next(tag for tag in CLIP if tag.kind is TagKind.VIDEO and parse_video(tag.payload).is_config),
    next(tag for tag in CLIP if tag.kind is TagKind.AUDIO and parse_audio(tag.payload).is_config),
]


def is_media(tag: FlvTag) -> bool:
    if tag.kind is TagKind.VIDEO:
        return parse_video(tag.payload).packet_type is VideoPacket.FRAMES
    return tag.kind is TagKind.AUDIO and not parse_audio(tag.payload).is_config


MEDIA = [tag for tag in CLIP if is_media(tag)][:60]
STEPS_MS = st.one_of(
    st.just(0), st.integers(-5, 40), st.sampled_from([-5000, -1000, -400, 400, 2999, 3001, 10_000_000])
)


def packets_of(init: bytes, fragments: list[bytes]) -> dict[str, list[int]]:
    """Decoding times of each track; libavformat would move those that do not rise, and say so."""
    times: dict[str, list[int]] = {"video": [], "audio": []}
    with av.open(io.BytesIO(init + b"".join(fragments))) as source:
        for packet in source.demux():
            if packet.dts is not None:
                times[packet.stream.type].append(packet.dts)
    return times


@settings(max_examples=40)
@given(st.lists(STEPS_MS, min_size=len(MEDIA), max_size=len(MEDIA)), st.integers(0, len(MEDIA)))
def test_any_clock_makes_fragments_that_rise(steps_ms: list[int], new_publisher_at: int) -> None:
    timeline = Timeline()
    timestamp_ms = 5000
    fragmenter: Fragmenter | None = None
    fragments = []
    pictures = 0
    for place, (tag, step_ms) in enumerate(zip(MEDIA, steps_ms, strict=True)):
        timestamp_ms = max(0, timestamp_ms + step_ms)
        if place == new_publisher_at:
            timeline.begin()
        moment_ms = timeline.map(tag.kind, timestamp_ms)
        if tag.kind is TagKind.AUDIO:
            if fragmenter is not None:
                fragments += fragmenter.audio(moment_ms, parse_audio(tag.payload))
            continue
        video = parse_video(tag.payload)
        if fragmenter is None:
            if not video.is_keyframe:
                continue
            fragmenter = Fragmenter(CONFIGS, FlvTag(tag.kind, moment_ms, tag.payload))
        fragments += fragmenter.video(moment_ms, video)
        pictures += 1
    assert fragmenter is not None
    fragments += fragmenter.close()
    times = packets_of(fragmenter.init, [fragment.data for fragment in fragments])
    assert len(times["video"]) == pictures
    for track in times.values():
        assert all(earlier < later for earlier, later in itertools.pairwise(track))
    for earlier, later in itertools.pairwise(fragments):
        assert earlier.begins_ms < earlier.ends_ms == later.begins_ms


def test_sound_that_runs_ahead_of_its_clock_is_left_out_rather_than_drifting() -> None:
    key = next(tag for tag in MEDIA if tag.kind is TagKind.VIDEO)
    sound = next(tag for tag in MEDIA if tag.kind is TagKind.AUDIO)
    fragmenter = Fragmenter(CONFIGS, key)
    fragments = fragmenter.video(key.timestamp_ms, parse_video(key.payload))
    # 47 frames of 21 ms each in half a second.
    for number in range(47):
        fragments += fragmenter.audio(key.timestamp_ms + number * 500 // 47, parse_audio(sound.payload))
    fragments += fragmenter.close()
    times = packets_of(fragmenter.init, [fragment.data for fragment in fragments])["audio"]
    assert 500 * 48 - 1024 <= times[-1] <= (500 + 40) * 48 + 1024
    assert all(later - earlier >= 1024 for earlier, later in itertools.pairwise(times))


def test_a_configuration_that_no_mp4_takes_is_passed_over_until_one_comes_that_does(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "s1")
    broken = FlvTag(TagKind.VIDEO, 0, CONFIGS[0].payload[:6])
    key = next(tag for tag in MEDIA if tag.kind is TagKind.VIDEO)
    for tag in (broken, CONFIGS[1], key, key):
        try:
            bench.remuxer.tag(tag)
        except (av.FFmpegError, ValueError):
            continue
    with pytest.raises(FileNotFoundError):
        bench.list()
    bench.feed([tag for tag in CLIP if tag.kind is not TagKind.DATA])
    bench.remuxer.finish()
    assert bench.frames()[0] == 50


def test_a_worker_passes_over_a_tag_that_is_of_no_use(tmp_path: Path) -> None:
    broken = [FlvTag(TagKind.VIDEO, 0, b"\x17"), FlvTag(TagKind.AUDIO, 0, b"\xaf")]
    launch = RemuxLaunch(data_dir=str(tmp_path / "s1"), log_dir=str(tmp_path / "logs"), session_id="s1")
    media = file_header(has_video=True, has_audio=True)
    media += b"".join(write_tag(one.kind, one.timestamp_ms, one.payload) for one in [*broken, *CLIP, *broken])
    done = subprocess.run(remux_command(), input=write_launch(launch) + media, check=False, timeout=20)
    assert done.returncode == 0
    assert len(parse((tmp_path / "s1" / LIST_NAME).read_text()).segments) == 2
    said = (tmp_path / "logs" / WORKER_LOG).read_text()
    # The third of four is not said.
    assert said.count("tag_passed_over") == 3


def test_a_list_does_not_begin_without_the_sound_that_was_promised(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "s1")
    bench.remuxer.expects_sound = True
    late = next(place for place, tag in enumerate(CLIP) if tag is MEDIA[0]) + 3
    tags = [tag for tag in CLIP if tag is not CONFIGS[1]]
    bench.feed([*tags[:late], CONFIGS[1], *tags[late:]])
    bench.remuxer.finish()
    made = bench.list()
    assert not any(segment.is_discontinuity for segment in made.segments)
    assert bench.frames()[0] == 40
