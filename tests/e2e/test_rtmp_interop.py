"""Our RTMP against others: ffmpeg and OBS publish to us, nginx passes on to us, we publish to nginx.

To a scripted ingest, where each tag is looked at; and to the real one, from which the picture is decoded again.
"""

from __future__ import annotations

import subprocess
import threading
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import pytest

from app.ports import engine as port
from app.ports.engine import PublishChanged, PublishStatus, Target
from app.rtmp import TagKind, flv
from app.runtime.clock import SystemClock
from capture.publish import Publisher
from tests.contract.engine.rig import EngineProcess
from tests.e2e.ingest_rig import KEY, Ingest, decode, ingest, newest_segment, service, until
from tests.net.clip import make_clip, offer_in_real_time
from tests.net.fake_service import FakeService
from tests.net.rtmp_peers import clean_env, ffmpeg_publish, ffprobe, nginx, obs, wait_until
from tests.net.toy_ingest import Script, Seen, ToyIngest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
__all__ = ["ingest", "service"]


@pytest.fixture(autouse=True)
def no_session_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    """OBS would start one, which outlives it."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")


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
    with ToyIngest() as toy:
        log = ffmpeg_publish(f"{toy.url}/test-key?sign=1", 2).communicate(timeout=20)[1]
        seen = toy.connections[0]
        wait_until(lambda: seen.did_unpublish, 2)
    assert log == b""
    assert (seen.app, seen.key, seen.query) == ("live", "test-key", "sign=1")
    path = written(seen, tmp_path / "in.flv")
    assert codecs(path) == {"h264", "aac"}
    assert decoded(path) == 30


def test_ffmpeg_is_told_why_it_is_refused() -> None:
    with ToyIngest(Script(refuse_publish=("key_dead", "this session has ended"))) as toy:
        process = ffmpeg_publish(f"{toy.url}/test-key", 5)
        log = process.communicate(timeout=20)[1]
    assert process.returncode != 0
    assert b"key_dead: this session has ended" in log
    assert toy.connections[0].tags == []


def test_new_ffmpeg_publishes_enhanced_tags_to_us(tmp_path: Path) -> None:
    program = imageio_ffmpeg.get_ffmpeg_exe()
    hevc = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-b:v", "80k", "-g", "15")
    with ToyIngest() as toy:
        process = ffmpeg_publish(f"{toy.url}/k", 1, program=program, video=hevc, audio=("-c:a", "libopus", "-ac", "2"))
        process.communicate(timeout=30)
        seen = toy.connections[0]
        wait_until(lambda: seen.did_unpublish, 2)
    assert process.returncode == 0
    assert seen.error is None
    video = [flv.parse_video(tag.payload) for tag in seen.of(TagKind.VIDEO)]
    audio = [flv.parse_audio(tag.payload) for tag in seen.of(TagKind.AUDIO)]
    assert {tag.codec for tag in video} == {"hvc1"}
    assert {tag.codec for tag in audio} == {"Opus"}
    assert video[0].is_config
    assert decoded(written(seen, tmp_path / "in.flv"), program) == 15


@pytest.mark.slow
def test_nginx_passes_on_to_us(tmp_path: Path, free_port: int) -> None:
    with ToyIngest() as toy, nginx(tmp_path, free_port, application=f"push {toy.url};"):
        ffmpeg_publish(f"rtmp://127.0.0.1:{free_port}/live/passed-on", 2).communicate(timeout=20)
        wait_until(lambda: bool(toy.connections) and len(toy.connections[0].of(TagKind.VIDEO)) >= 30, 5)
        seen = toy.connections[0]
    assert seen.key == "passed-on"
    assert seen.error is None
    path = written(seen, tmp_path / "in.flv")
    assert codecs(path) == {"h264", "aac"}
    assert decoded(path) >= 29


@pytest.mark.slow
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


@pytest.mark.slow
def test_obs_publishes_to_us(tmp_path: Path) -> None:
    with ToyIngest() as toy:
        with obs(tmp_path, toy.url, "obs-key"):
            wait_until(lambda: any(len(seen.of(TagKind.VIDEO)) > 45 for seen in toy.connections), 40)
        seen = toy.connections[0]
        tags = list(seen.tags)
    assert (seen.app, seen.key) == ("live", "obs-key")
    assert seen.error is None
    times_ms = [tag.timestamp_ms for tag in tags if tag.kind is TagKind.VIDEO]
    assert all(earlier <= later for earlier, later in pairwise(times_ms))
    path = written(Seen(tags=tags), tmp_path / "in.flv")
    assert codecs(path) == {"h264", "aac"}
    assert decoded(path) >= 44


# ---- the real ingest --------------------------------------------------------------------------------


def plays(ingest: Ingest, session_id: str, rate_fps: int) -> None:
    """Picture and sound are decoded from both lines."""
    picture, sound, complaints = decode(ingest.flv_url(session_id), seconds=2)
    assert picture >= 2 * rate_fps * 0.9, complaints
    assert sound >= 60, complaints
    list_path = ingest.tmp_path / "data" / "media" / session_id / "index.m3u8"
    # OBS left to itself sends a key frame every 250 pictures: a segment of 17 seconds.
    until(lambda: list_path.is_file() and list_path.read_text().count("#EXTINF") >= 1, timeout_s=45)
    segment, lasts_s = newest_segment(ingest, session_id)
    picture, sound, complaints = decode("pipe:0", data=segment)
    assert picture >= lasts_s * rate_fps * 0.9, complaints
    assert sound >= lasts_s * 40 * 0.9, complaints


@pytest.mark.slow
def test_obs_goes_on_air_at_the_real_ingest(tmp_path: Path, ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    with obs(tmp_path / "obs", f"rtmp://127.0.0.1:{ingest.rtmp_port}/live", KEY):
        service.wait_for("started", timeout_s=40)
        assert service.of("authorize")[0].body["key"] == KEY
        plays(ingest, "s1", 15)
    assert service.wait_for("stopped")[0].body["reason"] in ("unpublished", "closed", "connection_lost")


@pytest.mark.slow
def test_obs_with_a_wrong_key_is_refused_by_the_real_ingest(
    tmp_path: Path, ingest: Ingest, service: FakeService
) -> None:
    service.grant(KEY, "s1")
    with obs(tmp_path / "obs", f"rtmp://127.0.0.1:{ingest.rtmp_port}/live", "somebody-elses"):
        service.wait_for("authorize", timeout_s=40)
        log = tmp_path / "logs" / "ingest.log"
        until(lambda: '"publish_refused"' in log.read_text(), timeout_s=5)
    assert not service.of("started")
    assert ingest.sessions() == []


@pytest.mark.slow
def test_nginx_passes_on_to_the_real_ingest(
    tmp_path: Path, free_port: int, ingest: Ingest, service: FakeService
) -> None:
    service.grant(KEY, "s1")
    folder = tmp_path / "nginx"
    folder.mkdir()
    with nginx(folder, free_port, application=f"push rtmp://127.0.0.1:{ingest.rtmp_port}/live;"):
        stranger = ffmpeg_publish(f"rtmp://127.0.0.1:{free_port}/live/somebody-elses", 30)
        encoder = ffmpeg_publish(f"rtmp://127.0.0.1:{free_port}/live/{KEY}", 30)
        try:
            service.wait_for("started", timeout_s=20)
            plays(ingest, "s1", 15)
        finally:
            for process in (stranger, encoder):
                process.kill()
                process.communicate()
    assert {call.body["key"] for call in service.of("authorize")} == {KEY, "somebody-elses"}
    assert {call.body["session_id"] for call in service.of("started")} == {"s1"}
    assert ingest.sessions() == ["s1"]


@pytest.mark.slow
def test_our_engine_publishes_to_nginx(tmp_path: Path, free_port: int) -> None:
    folder = tmp_path / "nginx"
    folder.mkdir()
    with nginx(folder, free_port, record=True) as recordings, EngineProcess(tmp_path / "engine") as engine:
        window = engine.window()
        output = port.Output(width_px=320, height_px=180, rate_fps=25, video_kbps=400)
        for make, fields in (
            (port.SetOutput, {"output": output}),
            (port.SetVideo, {"source": port.DemoSource()}),
            (port.SetAudio, {"source": port.DemoSound()}),
            (port.StartPublish, {"targets": (Target(url=f"rtmp://127.0.0.1:{free_port}/live", key="ours"),)}),
        ):
            assert window.ask(make, **fields) == ""
        window.wait_for(PublishChanged, lambda changed: changed.status is PublishStatus.ON_AIR)
        assert codecs(f"rtmp://127.0.0.1:{free_port}/live/ours", "-read_intervals", "%+1") == {"h264", "aac"}
        stats = window.wait_for(port.Stats, lambda stats: stats.frames_sent > 75)
        assert window.ask(port.StopPublish) == ""
        window.wait_for(PublishChanged, lambda changed: changed.status is PublishStatus.IDLE)
        wait_until(lambda: "deleteStream" in (folder / "error.log").read_text(), 3)
    assert stats.frames_dropped == 0
    [recording] = list(recordings.iterdir())
    assert decoded(recording) >= stats.frames_sent
    picture, sound, complaints = decode(str(recording))
    assert (picture >= stats.frames_sent, sound > 100) == (True, True), complaints
