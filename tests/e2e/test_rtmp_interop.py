"""Our RTMP against others: ffmpeg and OBS publish to us, nginx passes on to us, we publish to nginx."""

from __future__ import annotations

import subprocess
import threading
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import pytest

from app.ports.engine import PublishChanged, PublishStatus, Target
from app.rtmp import TagKind, flv
from app.runtime.clock import SystemClock
from capture.publish import Publisher
from tests.net.clip import make_clip, offer_in_real_time
from tests.net.rtmp_peers import clean_env, ffmpeg_publish, ffprobe, nginx, obs, wait_until
from tests.net.toy_ingest import Script, Seen, ToyIngest

pytestmark = pytest.mark.e2e


def written(seen: Seen, path: Path) -> Path:
    """What came in, as an FLV file."""
    path.write_bytes(
        flv.file_header(True, True) + b"".join(flv.tag(t.kind, t.timestamp_ms, t.payload) for t in seen.tags)
    )
    return path


def decoded(path: Path, program: str = "ffmpeg") -> int:
    """Pictures that ffmpeg decodes; it must not complain about one of them."""
    run = subprocess.run(
        [program, "-v", "warning", "-nostats", "-progress", "-", "-i", str(path), "-f", "null", "-"],
        env=clean_env(), capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert run.stderr == ""
    return int(run.stdout.rsplit("frame=", 1)[1].split()[0])


def codecs(address: str | Path, *more: str) -> set[str]:
    return {stream["codec_name"] for stream in ffprobe(str(address), *more)}


def test_ffmpeg_publishes_to_us(tmp_path: Path) -> None:
    with ToyIngest() as ingest:
        log = ffmpeg_publish(f"{ingest.url}/test-key?sign=1", 2).communicate(timeout=20)[1]
        seen = ingest.connections[0]
        wait_until(lambda: seen.did_unpublish, 2)
    assert log == b""
    assert (seen.app, seen.key, seen.query) == ("live", "test-key", "sign=1")
    path = written(seen, tmp_path / "in.flv")
    assert codecs(path) == {"h264", "aac"}
    assert decoded(path) == 30


def test_ffmpeg_is_told_why_it_is_refused() -> None:
    with ToyIngest(Script(refuse_publish=("key_dead", "this session has ended"))) as ingest:
        process = ffmpeg_publish(f"{ingest.url}/test-key", 5)
        log = process.communicate(timeout=20)[1]
    assert process.returncode != 0
    assert b"key_dead: this session has ended" in log
    assert ingest.connections[0].tags == []


def test_new_ffmpeg_publishes_enhanced_tags_to_us(tmp_path: Path) -> None:
    program = imageio_ffmpeg.get_ffmpeg_exe()
    hevc = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-b:v", "80k", "-g", "15")
    with ToyIngest() as ingest:
        process = ffmpeg_publish(
            f"{ingest.url}/k", 1, program=program, video=hevc, audio=("-c:a", "libopus", "-ac", "2")
        )
        process.communicate(timeout=30)
        seen = ingest.connections[0]
        wait_until(lambda: seen.did_unpublish, 2)
    assert process.returncode == 0
    assert seen.error is None
    video = [flv.parse_video(tag.payload) for tag in seen.of(TagKind.VIDEO)]
    audio = [flv.parse_audio(tag.payload) for tag in seen.of(TagKind.AUDIO)]
    assert {tag.codec for tag in video} == {"hvc1"}
    assert {tag.codec for tag in audio} == {"Opus"}
    assert video[0].is_config
    assert decoded(written(seen, tmp_path / "in.flv"), program) == 15


def test_nginx_passes_on_to_us(tmp_path: Path, free_port: int) -> None:
    with ToyIngest() as ingest, nginx(tmp_path, free_port, application=f"push {ingest.url};"):
        ffmpeg_publish(f"rtmp://127.0.0.1:{free_port}/live/passed-on", 2).communicate(timeout=20)
        wait_until(lambda: bool(ingest.connections) and len(ingest.connections[0].of(TagKind.VIDEO)) >= 30, 5)
        seen = ingest.connections[0]
    assert seen.key == "passed-on"
    assert seen.error is None
    path = written(seen, tmp_path / "in.flv")
    assert codecs(path) == {"h264", "aac"}
    assert decoded(path) >= 29


def test_we_publish_to_nginx_without_a_lost_frame(tmp_path: Path, free_port: int) -> None:
    clip = make_clip(4)
    changes: list[PublishChanged] = []
    accepted = threading.Event()

    def on_changed(change: PublishChanged) -> None:
        changes.append(change)
        if change.status is PublishStatus.STARTING:
            accepted.set()

    with nginx(tmp_path, free_port, record=True) as recordings:
        target = Target(url=f"rtmp://127.0.0.1:{free_port}/live", key="ours?token=1")
        publisher = Publisher(target, clip.stream, on_changed, SystemClock())
        publisher.start()
        try:
            assert accepted.wait(5)
            offering = threading.Thread(target=offer_in_real_time, args=(clip, publisher.offer), name="fake-encoder")
            offering.start()
            watched = codecs(f"rtmp://127.0.0.1:{free_port}/live/ours", "-read_intervals", "%+1")
            offering.join(10)
        finally:
            publisher.stop()
        wait_until(lambda: any(path.stat().st_size > 0 for path in recordings.iterdir()), 2)
        # nginx closes the recording when the publisher has said goodbye.
        wait_until(lambda: "deleteStream" in (tmp_path / "error.log").read_text(), 3)
    [recording] = list(recordings.iterdir())
    figures = publisher.figures()
    assert watched == {"h264", "aac"}
    assert [change.status for change in changes] == ["connecting", "starting", "on_air", "idle"]
    assert (figures.frames_sent, figures.frames_dropped) == (clip.frames, 0)
    assert decoded(recording) == clip.frames


def test_nginx_refuses_a_second_publisher_and_we_say_so(tmp_path: Path, free_port: int) -> None:
    changes: list[PublishChanged] = []
    refused = threading.Event()

    def on_changed(change: PublishChanged) -> None:
        changes.append(change)
        if change.status is PublishStatus.REFUSED:
            refused.set()

    clip = make_clip(0.5)
    with nginx(tmp_path, free_port):
        holder = ffmpeg_publish(f"rtmp://127.0.0.1:{free_port}/live/taken", 30)
        try:
            wait_until(lambda: "publish: name='taken'" in (tmp_path / "error.log").read_text(), 10)
            target = Target(url=f"rtmp://127.0.0.1:{free_port}/live", key="taken")
            publisher = Publisher(target, clip.stream, on_changed, SystemClock())
            publisher.start()
            try:
                assert refused.wait(5)
            finally:
                publisher.stop()
        finally:
            holder.kill()
            holder.communicate()
    assert [(change.status, change.code) for change in changes][-1] == (PublishStatus.REFUSED, "key_unknown")


def test_obs_publishes_to_us(tmp_path: Path) -> None:
    with ToyIngest() as ingest:
        with obs(tmp_path, ingest.url, "obs-key"):
            wait_until(lambda: any(len(seen.of(TagKind.VIDEO)) > 45 for seen in ingest.connections), 40)
        seen = ingest.connections[0]
        tags = list(seen.tags)
    assert (seen.app, seen.key) == ("live", "obs-key")
    assert seen.error is None
    times_ms = [tag.timestamp_ms for tag in tags if tag.kind is TagKind.VIDEO]
    assert all(earlier <= later for earlier, later in pairwise(times_ms))
    path = written(Seen(tags=tags), tmp_path / "in.flv")
    assert codecs(path) == {"h264", "aac"}
    assert decoded(path) >= 44
