"""The real service and the real ingest as processes, an anchor who is signed in, and an encoder: what viewers need.

Everything is started in the constructor and ended by ``close``; each part can be killed and started again on
the same port. For the thread that made it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from app.runtime.launch import IngestLaunch, ServiceLaunch, write_launch
from server.demo_data import ANCHOR_PHONE

ROOT = Path(__file__).resolve().parents[2]
LOCAL_TOKEN = "local-token-of-the-stage"
_HOOK_SECRET = "hook-" + "h" * 32
_MEDIA_SECRET = "media-" + "m" * 32
_SERVICE = (
    "import sys; from app.runtime.launch import ServiceLaunch, read_launch; from server.main import run_service; "
    "sys.exit(run_service(read_launch(ServiceLaunch)))"
)
READY_S = 20.0


class Stage:
    """Service, ingest and at most one encoder."""

    def __init__(self, folder: Path, *, width_px: int = 640, height_px: int = 360, fps: int = 30) -> None:
        self._folder = folder
        self._size = (width_px, height_px, fps)
        self._service_port, self._http_port, self._rtmp_port = _free_ports(3)
        self.url = f"http://127.0.0.1:{self._service_port}"
        self._service: subprocess.Popen[bytes] | None = None
        self._ingest: subprocess.Popen[bytes] | None = None
        self._encoder: subprocess.Popen[bytes] | None = None
        self._client = httpx2.Client(base_url=f"{self.url}/api/v1", trust_env=False, timeout=10)
        try:
            self.start_service()
            self.start_ingest()
            self._sign_in()
        except BaseException:
            self.close()
            raise

    # ---- processes ---------------------------------------------------------------------------------

    def start_service(self) -> None:
        self._service = _launch(
            [sys.executable, "-c", _SERVICE],
            ServiceLaunch(
                data_dir=str(self._folder / "service"),
                log_dir=str(self._folder / "log"),
                port=self._service_port,
                is_demo=True,
                local_token=LOCAL_TOKEN,
                ingest_http_url=f"http://127.0.0.1:{self._http_port}",
                ingest_public_http_url=f"http://127.0.0.1:{self._http_port}",
                ingest_public_rtmp_url=f"rtmp://127.0.0.1:{self._rtmp_port}/live",
                hook_secret=_HOOK_SECRET,
                media_secret=_MEDIA_SECRET,
            ),
        )

    def start_ingest(self) -> None:
        self._ingest = _launch(
            [sys.executable, "-m", "server.ingest.main"],
            IngestLaunch(
                data_dir=str(self._folder / "ingest"),
                log_dir=str(self._folder / "log"),
                rtmp_port=self._rtmp_port,
                http_port=self._http_port,
                service_url=self.url,
                allowed_origins=(self.url,),
                hook_secret=_HOOK_SECRET,
                media_secret=_MEDIA_SECRET,
            ),
        )

    def kill_service(self) -> None:
        _end(self._service, signal.SIGKILL)

    def kill_ingest(self) -> None:
        _end(self._ingest, signal.SIGKILL)

    def start_encoder(self, target: dict[str, Any]) -> None:
        """Publish to a target of ``stream_key``."""
        self.stop_encoder()
        self._encoder = _spawn([sys.executable, "-m", "tests.viewer.source", *map(str, self._size)])
        assert self._encoder.stdin is not None
        self._encoder.stdin.write(f"{target['url']}/{target['key']}\n".encode())
        self._encoder.stdin.close()

    def stop_encoder(self) -> None:
        _end(self._encoder, signal.SIGTERM)
        self._encoder = None

    @property
    def is_encoding(self) -> bool:
        return self._encoder is not None and self._encoder.poll() is None

    def close(self) -> None:
        self.stop_encoder()
        self._client.close()
        for process in (self._ingest, self._service):
            _end(process, signal.SIGTERM)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---- the anchor --------------------------------------------------------------------------------

    def open_session(self, title: str = "应届生简历逐行修改") -> str:
        """A new session's id; not on air yet."""
        return str(self.ask("POST", "/sessions", {"title": title, "category": "job_search"})["id"])

    def stream_key(self, session_id: str) -> dict[str, Any]:
        return self.ask("POST", f"/sessions/{session_id}/stream-key", {})

    def go_live(self, session_id: str) -> dict[str, Any]:
        """Start an encoder and wait until the service says ``live``; the target, to publish again after a break."""
        target = self.stream_key(session_id)
        self.start_encoder(target)
        self.wait_for_state(session_id, "live")
        return target

    def end_session(self, session_id: str) -> None:
        self.ask("POST", f"/sessions/{session_id}/end")

    def wait_for_state(self, session_id: str, state: str, timeout_s: float = 15.0) -> None:
        deadline_s = time.monotonic() + timeout_s
        while (found := self.ask("GET", f"/sessions/{session_id}")["state"]) != state:
            assert time.monotonic() < deadline_s, f"{found}, not {state}"
            time.sleep(0.1)

    def page(self, session_id: str) -> str:
        return f"{self.url}/s/{session_id}"

    def code_of(self, phone: str) -> str:
        """The sign-in code that the anchor's window would show."""
        return str(next(item["code"] for item in self._codes() if item["phone"] == phone))

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request as the anchor."""
        reply = self._client.request(method, path, json=body)
        assert reply.is_success, reply.text
        return dict(reply.json())

    def _sign_in(self) -> None:
        self._client.post("/auth/code", json={"phone": ANCHOR_PHONE}).raise_for_status()
        wish = {"phone": ANCHOR_PHONE, "code": self.code_of(ANCHOR_PHONE), "device_name": "stage"}
        pair = self.ask("POST", "/auth/sign-in", wish)
        self._client.headers["Authorization"] = f"Bearer {pair['access_token']}"

    def _codes(self) -> list[dict[str, Any]]:
        reply = httpx2.get(
            f"{self.url}/internal/v1/demo/codes",
            headers={"Authorization": f"Bearer {LOCAL_TOKEN}"},
            trust_env=False,
        )
        return list(reply.raise_for_status().json())


def _spawn(command: list[str]) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _launch(command: list[str], launch: ServiceLaunch | IngestLaunch) -> subprocess.Popen[bytes]:
    process = _spawn(command)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(write_launch(launch))
    process.stdin.close()
    readable, _, _ = select.select([process.stdout], [], [], READY_S)
    said = json.loads(process.stdout.readline() or b"{}") if readable else {}
    if "ready" not in said:
        _end(process, signal.SIGKILL)
        raise AssertionError(f"it did not start: {said}")
    return process


def _end(process: subprocess.Popen[bytes] | None, number: int) -> None:
    if process is None:
        return
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(8)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(8)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
