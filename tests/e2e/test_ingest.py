"""The real ingest process with the ffmpeg CLI as encoder and player, and a service that knows only the hooks."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.rtmp import TagKind
from app.rtmp.flv import FlvDemuxer, FlvTag, parse_audio, parse_video
from app.runtime.launch import IngestLaunch, write_launch
from server.media_token import sign
from tests.net.fake_service import HOOK_SECRET, FakeService

pytestmark = pytest.mark.e2e
MEDIA_SECRET = "media-" + "m" * 32
ROOT = Path(__file__).resolve().parents[2]
PAGE = "http://page.example"
KEY = "a1b2-stream-5f0e9c"


class Ingest:
    """One ingest process; ``kill`` and ``start`` again on the same ports and data."""

    def __init__(self, service: FakeService, tmp_path: Path) -> None:
        self.service = service
        self.tmp_path = tmp_path
        self.rtmp_port = self.http_port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        launch = IngestLaunch(
            data_dir=str(self.tmp_path / "data"),
            log_dir=str(self.tmp_path / "logs"),
            rtmp_port=self.rtmp_port,
            http_port=self.http_port,
            service_url=self.service.url,
            allowed_origins=(PAGE,),
            hook_secret=HOOK_SECRET,
            media_secret=MEDIA_SECRET,
        )
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "server.ingest.main"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(write_launch(launch))
        self.process.stdin.close()
        assert select.select([self.process.stdout], [], [], 15)[0], "the ingest did not start in 15 s"
        ready = json.loads(self.process.stdout.readline())["ready"]
        self.rtmp_port, self.http_port = ready["rtmp_port"], ready["http_port"]

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(8)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status

    def url(self, path: str, session_id: str, viewer_id: str = "viewer", lifetime_s: int = 50) -> str:
        token = sign(MEDIA_SECRET, session_id, viewer_id, int(time.time()) + lifetime_s)
        return f"http://127.0.0.1:{self.http_port}/{path}?token={token}"

    def flv_url(self, session_id: str, viewer_id: str = "viewer") -> str:
        return self.url(f"live/{session_id}.flv", session_id, viewer_id)

    def order(self, name: str, body: dict[str, Any]) -> int:
        return self._ask(f"control/{name}", json.dumps(body).encode())[0]

    def health(self) -> dict[str, Any]:
        return json.loads(self._ask("health")[1])

    def session(self, session_id: str) -> dict[str, Any]:
        return next((one for one in self.health()["sessions"] if one["session_id"] == session_id), {})

    def _ask(self, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.http_port}/{path}", body)
        request.add_header("Authorization", f"Bearer {HOOK_SECRET}")
        with urllib.request.urlopen(request, timeout=5) as reply:
            return reply.status, reply.read()


class FlvViewer:
    """Reads a response in a thread and takes it apart; keeps when each tag came."""

    def __init__(self, url: str) -> None:
        self.tags: list[FlvTag] = []
        self.data = bytearray()
        self.is_ended = False
        self._reply = urllib.request.urlopen(url, timeout=20)
        self._thread = threading.Thread(target=self._run, name="flv-viewer")
        self._thread.start()

    def _run(self) -> None:
        demuxer = FlvDemuxer()
        try:
            while data := self._reply.read1(65536):
                self.data += data
                self.tags += demuxer.feed(data)
        except (OSError, ValueError, http.client.HTTPException):
            pass
        self.is_ended = True

    @property
    def frames(self) -> int:
        return sum(tag.kind is TagKind.VIDEO and not parse_video(tag.payload).is_config for tag in list(self.tags))

    def close(self) -> None:
        sock = self._reply.fp.raw._sock if self._reply.fp is not None else None
        if sock is not None:
            try:
                sock.shutdown(2)
            except OSError:
                pass
        self._thread.join(3)
        self._reply.close()


def until(condition: Callable[[], bool], timeout_s: float = 10.0, what: str = "") -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, what or "did not come true in time"
        time.sleep(0.02)


def ffmpeg_env() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}


@contextmanager
def encoder(
    ingest: Ingest, key: str, *, app: str = "live", size: str = "320x180", seconds: float = 60, tone_hz: int = 440
) -> Iterator[subprocess.Popen[bytes]]:
    """The ffmpeg CLI sending a moving test picture and a tone in real time."""
    process = subprocess.Popen(
        [
            *("nice", "-n", "5", "ffmpeg", "-hide_banner", "-loglevel", "info", "-nostdin", "-re"),
            *("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=30"),
            *("-f", "lavfi", "-i", f"sine=frequency={tone_hz}:sample_rate=48000", "-t", str(seconds)),
            *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30", "-threads", "1"),
            *("-pix_fmt", "yuv420p", "-b:v", "600k", "-c:a", "aac", "-b:a", "64k"),
            *("-f", "flv", f"rtmp://127.0.0.1:{ingest.rtmp_port}/{app}/{key}"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=ffmpeg_env(),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def decode(source: str, seconds: float | None = None, data: bytes | None = None) -> tuple[int, int, str]:
    """Decode with ffmpeg: frames of picture, packets of sound, and what it complained about."""
    limit = ["-t", str(seconds)] if seconds else []
    done = subprocess.run(
        [
            *("ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "warning", "-stats", "-i", source, *limit),
            *("-map", "0:v", "-map", "0:a", "-f", "framehash", "-hash", "adler32", "-"),
        ],
        input=data,
        capture_output=True,
        timeout=30,
        env=ffmpeg_env(),
        check=False,
    )
    lines = [line for line in done.stdout.decode().splitlines() if line and not line.startswith("#")]
    picture = sum(line.startswith("0,") for line in lines)
    return picture, len(lines) - picture, done.stderr.decode()


@pytest.fixture
def service() -> Iterator[FakeService]:
    fake = FakeService()
    yield fake
    fake.stop()


@pytest.fixture
def ingest(service: FakeService, tmp_path: Path) -> Iterator[Ingest]:
    process = Ingest(service, tmp_path)
    yield process
    process.end()
    log = (tmp_path / "logs" / "ingest.log").read_text()
    assert "Traceback" not in log, log[-3000:]
    for secret in (HOOK_SECRET, MEDIA_SECRET, *service.keys):
        assert secret not in log, "a secret is in the log"


def test_flv_and_hls_decode(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY):
        started = service.wait_for("started")[0]
        assert [call.path.rpartition("/")[2] for call in service.calls[:2]] == ["authorize", "started"]
        assert started.body["session_id"] == "s1"
        picture, sound, complaints = decode(ingest.flv_url("s1"), seconds=3)
        assert picture >= 85, complaints
        assert sound >= 125, complaints
        list_path = ingest.tmp_path / "data" / "media" / "s1" / "index.m3u8"
        until(lambda: list_path.is_file() and list_path.read_text().count("#EXTINF") >= 3)
        picture, sound, complaints = decode(ingest.url("hls/s1/index.m3u8", "s1"), seconds=2.5)
        assert picture >= 70, complaints
        assert sound >= 100, complaints
        # The newest segment ended less than two seconds ago.
        text = list_path.read_text()
        assert time.time() - list_path.stat().st_mtime < 1.6
        assert "#EXT-X-TARGETDURATION:1\n" in text
        assert ingest.session("s1")["fps"] > 20
    stopped = service.wait_for("stopped")[0]
    assert stopped.body["reason"] in ("unpublished", "closed", "connection_lost")
    assert ingest.order("close", {"session_id": "s1", "code": "ended"}) == 204
    until(lambda: "#EXT-X-ENDLIST" in list_path.read_text())
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(ingest.flv_url("s1"), timeout=5)
    assert json.loads(refused.value.read())["error"]["code"] == "session_ended"
    refused.value.close()


@pytest.mark.parametrize(
    ("key", "app", "code"),
    [
        ("wrong", "live", "key_unknown"),
        ("dead", "live", "key_dead"),
        ("foreign", "live", "key_foreign"),
        (KEY, "other", "key_foreign"),
    ],
)
def test_a_bad_key_is_refused_with_its_reason(
    ingest: Ingest, service: FakeService, key: str, app: str, code: str
) -> None:
    service.grant(KEY, "s1")
    service.refusals |= {"dead": "key_dead", "foreign": "key_foreign"}
    with encoder(ingest, key, app=app, seconds=5) as process:
        said = process.communicate(timeout=10)[1].decode()
    assert process.returncode != 0
    assert f"{code}: " in said
    assert not service.of("started")
    assert not ingest.health()["sessions"]


def test_a_newer_connection_replaces_the_older(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY) as older:
        service.wait_for("started")
        viewer = FlvViewer(ingest.flv_url("s1"))
        try:
            until(lambda: viewer.frames > 20)
            with encoder(ingest, KEY, size="640x360"):
                service.wait_for("authorize", 2)
                granted_s = service.of("authorize")[1].at_s
                stopped = service.wait_for("stopped")[0]
                assert stopped.body["reason"] == "replaced"
                assert stopped.at_s - granted_s < 1.0
                assert older.wait(5) is not None
                second = service.wait_for("started", 2)[1]
                assert second.body["connection_id"] != stopped.body["connection_id"]
                before = viewer.frames
                until(lambda: viewer.frames > before + 40)
        finally:
            viewer.close()
    assert_goes_on(viewer)
    picture, _, complaints = decode("pipe:0", data=bytes(viewer.data))
    assert picture >= 60, complaints


def assert_goes_on(viewer: FlvViewer) -> None:
    """Timestamps never go back within a kind, and picture has no hole."""
    for kind in (TagKind.AUDIO, TagKind.VIDEO):
        moments = [tag.timestamp_ms for tag in viewer.tags if tag.kind is kind]
        assert moments == sorted(moments)
    moments = [
        tag.timestamp_ms for tag in viewer.tags if tag.kind is TagKind.VIDEO and not parse_video(tag.payload).is_config
    ]
    assert max(b - a for a, b in itertools.pairwise(moments)) < 200


def test_a_publisher_that_returns_goes_on_in_the_same_responses(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY):
        service.wait_for("started")
        viewer = FlvViewer(ingest.flv_url("s1"))
        until(lambda: viewer.frames > 30)
    service.wait_for("stopped")
    try:
        left = viewer.frames
        time.sleep(0.5)
        assert not viewer.is_ended
        with encoder(ingest, KEY):
            service.wait_for("started", 2)
            until(lambda: viewer.frames > left + 40)
    finally:
        viewer.close()
    assert_goes_on(viewer)
    configs = [tag for tag in viewer.tags if tag.kind is TagKind.AUDIO and parse_audio(tag.payload).is_config]
    assert len(configs) == 1, "the same configuration was sent again"
    picture, sound, complaints = decode("pipe:0", data=bytes(viewer.data))
    assert picture >= viewer.frames - 2, complaints
    assert sound > 80, complaints


def test_a_killed_worker_is_replaced_and_the_list_goes_on(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    list_path = ingest.tmp_path / "data" / "media" / "s1" / "index.m3u8"

    def numbers() -> list[int]:
        return [int(number) for number in re.findall(r"seg-(\d+)", list_path.read_text())]

    with encoder(ingest, KEY):
        service.wait_for("started")
        viewer = FlvViewer(ingest.flv_url("s1"))
        try:
            until(lambda: list_path.is_file() and len(numbers()) >= 2)
            before = numbers()
            os.kill(ingest.session("s1")["worker_pid"], signal.SIGKILL)
            until(lambda: numbers()[-1] >= before[-1] + 3)
            text = list_path.read_text()
            assert "#EXT-X-DISCONTINUITY\n" in text
            assert numbers() == list(range(numbers()[0], numbers()[-1] + 1))
            picture, _, complaints = decode(ingest.url("hls/s1/index.m3u8", "s1"), seconds=2)
            assert picture >= 50, complaints
            assert not viewer.is_ended
        finally:
            viewer.close()
    assert_goes_on(viewer)
    assert len(service.of("started")) == 1


@pytest.mark.slow
def test_a_hanging_worker_is_replaced_and_viewers_do_not_notice(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY):
        service.wait_for("started")
        until(lambda: ingest.session("s1").get("worker_pid") is not None)
        stuck = ingest.session("s1")["worker_pid"]
        os.kill(stuck, signal.SIGSTOP)
        until(lambda: ingest.session("s1").get("worker_pid") not in (None, stuck), timeout_s=14)
        picture, _, complaints = decode(ingest.flv_url("s1"), seconds=1)
        assert picture >= 25, complaints
    assert not Path(f"/proc/{stuck}").exists()


def test_an_ingest_that_was_killed_takes_the_publisher_again_without_the_service(
    ingest: Ingest, service: FakeService
) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY) as process:
        service.wait_for("started")
        ingest.end(signal.SIGKILL)
        assert process.wait(5) is not None
    service.stop()
    ingest.start()
    with encoder(ingest, "unknown-key", seconds=3) as process:
        assert b"ingest_unavailable" in process.communicate(timeout=12)[1]
    with encoder(ingest, KEY):
        until(lambda: ingest.session("s1").get("is_running", False), timeout_s=12)
        service.start()
        again = service.wait_for("started", 2)[1]
        assert service.of("authorize")[-1].body["connection_id"] == again.body["connection_id"]
        picture, _, complaints = decode(ingest.flv_url("s1"), seconds=1)
        assert picture >= 25, complaints


def test_a_dropped_key_is_off_within_a_second(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY) as process:
        service.wait_for("started")
        ordered_s = time.monotonic()
        assert ingest.order("drop", {"key_id": "id-of-s1", "code": "key_dead"}) == 204
        stopped = service.wait_for("stopped")[0]
        assert stopped.at_s - ordered_s < 1.0
        assert stopped.body["reason"] == "key_dead"
        assert process.wait(5) is not None


def test_a_probe_is_measured_and_seen_by_nobody(ingest: Ingest, service: FakeService) -> None:
    service.grant("a1b2-probe-77", "s1", key_id="p1", is_probe=True)
    with encoder(ingest, "a1b2-probe-77"):
        reports = service.wait_for("stats", 3)
        assert 300 < reports[-1].body["kbps"] < 2000
        assert not ingest.session("s1")
        assert not (ingest.tmp_path / "data" / "media" / "s1").exists()
    assert not service.of("started")


def test_tokens_hosts_and_origins(ingest: Ingest, service: FakeService) -> None:
    def code_of(url: str, headers: dict[str, str] | None = None, method: str = "GET") -> tuple[int, str]:
        request = urllib.request.Request(url, headers=headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as reply:
                return reply.status, reply.headers.get("Access-Control-Allow-Origin", "")
        except urllib.error.HTTPError as error:
            body = error.read()
            return error.code, json.loads(body)["error"]["code"] if body else ""

    good = ingest.flv_url("s1")
    assert code_of(good, method="HEAD") == (200, "")
    assert code_of(good, {"Origin": PAGE}, "HEAD") == (200, PAGE)
    assert code_of(good, {"Origin": "http://evil.example"}) == (403, "origin_refused")
    assert code_of(good, {"Host": "evil.example"}) == (421, "host_refused")
    assert code_of(ingest.url("live/s1.flv", "s1", lifetime_s=-1)) == (401, "token_expired")
    assert code_of(ingest.url("live/s1.flv", "s1", lifetime_s=90)) == (401, "token_expired")
    assert code_of(ingest.url("live/s1.flv", "s2")) == (401, "token_expired")
    assert code_of(good[:-1] + ("A" if good[-1] != "A" else "B")) == (401, "token_expired")
    assert code_of(ingest.url("hls/s1/index.m3u8", "s1")) == (404, "not_found")
    assert code_of(ingest.url("hls/s1/..%2f..%2fingest-grants.json", "s1"))[0] == 404
    assert code_of(f"http://127.0.0.1:{ingest.http_port}/control/publishers") == (401, "credentials_wrong")
    assert code_of(f"http://127.0.0.1:{ingest.http_port}/nowhere") == (404, "not_found")


def test_a_removed_viewer_is_cut_and_kept_out(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY):
        service.wait_for("started")
        removed, other = FlvViewer(ingest.flv_url("s1", "removed")), FlvViewer(ingest.flv_url("s1", "other"))
        try:
            until(lambda: min(removed.frames, other.frames) > 10)
            assert ingest.order("drop-viewer", {"session_id": "s1", "viewer_id": "removed"}) == 204
            until(lambda: removed.is_ended, timeout_s=1)
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(ingest.flv_url("s1", "removed"), timeout=5)
            refused.value.close()
            assert refused.value.code == 403
            seen = other.frames
            until(lambda: other.frames > seen + 10)
        finally:
            removed.close()
            other.close()
