"""A real ingest process, the ffmpeg CLI as its encoder and player, and viewers of its HTTP-FLV."""

from __future__ import annotations

import http.client
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
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.rtmp import TagKind
from app.rtmp.flv import FlvDemuxer, FlvTag, parse_video
from app.runtime.launch import IngestLaunch, write_launch
from server.media_token import sign
from tests.net.fake_service import HOOK_SECRET, FakeService

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

    def sessions(self) -> list[str]:
        """The sessions that it says it holds."""
        return list(json.loads(self._ask("control/sessions")[1]))

    def _ask(self, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.http_port}/{path}", body)
        request.add_header("Authorization", f"Bearer {HOOK_SECRET}")
        with urllib.request.urlopen(request, timeout=5) as reply:
            return reply.status, reply.read()


def newest_segment(ingest: Ingest, session_id: str) -> tuple[bytes, float]:
    """The newest HLS segment behind its init segment, as a player would fetch them, and how long it lasts."""
    base = ingest.url(f"hls/{session_id}/index.m3u8", session_id)

    def fetch(name: str) -> bytes:
        with urllib.request.urlopen(urllib.parse.urljoin(base, name), timeout=5) as reply:
            return bytes(reply.read())

    text = fetch(base).decode()
    init = re.findall(r'URI="(.*?)"', text)[-1]
    name = [line for line in text.splitlines() if line and not line.startswith("#")][-1]
    return fetch(init) + fetch(name), float(re.findall(r"#EXTINF:([\d.]+)", text)[-1])


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
    ingest: Ingest,
    key: str,
    *,
    app: str = "live",
    size: str = "320x180",
    seconds: float = 60,
    tone_hz: int = 440,
    has_sound: bool = True,
) -> Iterator[subprocess.Popen[bytes]]:
    """The ffmpeg CLI sending a moving test picture and a tone in real time."""
    sound = ["-c:a", "aac", "-b:a", "64k"] if has_sound else ["-an"]
    process = subprocess.Popen(
        [
            *("nice", "-n", "5", "ffmpeg", "-hide_banner", "-loglevel", "info", "-nostdin", "-re"),
            *("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=30"),
            *("-f", "lavfi", "-i", f"sine=frequency={tone_hz}:sample_rate=48000", "-t", str(seconds)),
            *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30", "-threads", "1"),
            *("-pix_fmt", "yuv420p", "-b:v", "600k", *sound),
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
            *("-map", "0:v", "-map", "0:a?", "-f", "framehash", "-hash", "adler32", "-"),
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
