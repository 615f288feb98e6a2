"""The service as a process of its own: start, end, kill, TLS, and what it says when it cannot start."""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from app.runtime.launch import ServiceLaunch, write_launch
from tests.contract.server.kit import LOCAL_TOKEN, Listener, chat, close_code, hello, sign_in
from tests.net.certificate import make_certificate

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).parents[2]
PROGRAM = (
    "import sys; from app.runtime.launch import ServiceLaunch, read_launch; from server.main import run_service; "
    "sys.exit(run_service(read_launch(ServiceLaunch)))"
)
READY_S = 20.0


def launch_for(folder: Path, **changes: Any) -> ServiceLaunch:
    """A demo platform that keeps its data and logs in ``folder``."""
    settings: dict[str, Any] = {
        "data_dir": str(folder),
        "log_dir": str(folder / "log"),
        "is_demo": True,
        "hook_secret": "hook-secret-of-the-end-to-end-tests",
        "media_secret": "media-secret-of-the-end-to-end-tests",
        "local_token": LOCAL_TOKEN,
        "ingest_http_url": "",
        "ingest_public_http_url": "http://127.0.0.1:9",
        "ingest_public_rtmp_url": "rtmp://127.0.0.1:9/live",
    }
    return ServiceLaunch(**settings | changes)


class Service:
    """A running service process."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        launch = launch_for(folder, **changes)
        self._start([sys.executable, "-W", "error", "-c", PROGRAM], {}, write_launch(launch))
        scheme = "https" if changes.get("tls_certificate") else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"

    def _start(self, command: list[str], environment: dict[str, str], told: bytes = b"") -> None:
        """``told``: on its standard input. Returns once it says that it listens, or why it does not."""
        plain = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
        self.process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=plain | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(told)
        self.process.stdin.close()
        readable, _, _ = select.select([self.process.stdout], [], [], READY_S)
        assert readable, "no word of the service"
        self.said: dict[str, Any] = json.loads(self.process.stdout.readline() or b"{}")
        self.port = int(self.said.get("ready", {}).get("port", 0))
        self.url = f"http://127.0.0.1:{self.port}"
        self.events_url = f"ws://127.0.0.1:{self.port}/api/v1/events"

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, trust_env=False, timeout=10)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float, str]:
        """Exit status, how long it took (s), and what it wrote to standard error."""
        began_s = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(10)
        took_s = time.monotonic() - began_s
        assert self.process.stderr is not None
        return status, took_s, self.process.stderr.read().decode()

    def clear(self) -> None:
        """Whatever happened, leave neither process nor pipe."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


@contextlib.contextmanager
def running(folder: Path, **changes: Any) -> Iterator[Service]:
    service = Service(folder, **changes)
    try:
        yield service
    finally:
        service.clear()


@pytest.mark.slow
def test_it_starts_serves_and_ends_in_time_with_sockets_open(tmp_path: Path) -> None:
    with running(tmp_path) as service, service.client() as client:
        ready = service.said["ready"]
        assert set(ready) == {"port", "operator_name", "operator_password"}
        anchor = sign_in(client)
        room = anchor.post("/sessions", {"title": "t", "category": "other"}).json()["id"]
        with contextlib.ExitStack() as stack:
            for _ in range(20):
                connection = stack.enter_context(connect(service.events_url, proxy=None, close_timeout=0.2))
                connection.send(hello(room))
                Listener(connection).until("hello.ack")
            status, took_s, errors = service.end()
            assert close_code(connection) == 1012, "the peer is told that the service restarts"
        assert (status, errors) == (0, "")
        assert took_s <= 3.0
        log = "".join(path.read_text() for path in (tmp_path / "log").iterdir())
        lines = [json.loads(line) for line in log.splitlines()]
        assert {"service_started", "service_stopped"} <= {line["event"] for line in lines}
        assert not [line for line in lines if line["level"] in {"error", "critical"}]
        for secret in (
            ready["operator_password"],
            anchor.pair["access_token"],
            anchor.pair["refresh_token"],
            "13800138000",
            "hook-secret-of-the-end-to-end-tests",
            "media-secret-of-the-end-to-end-tests",
            LOCAL_TOKEN,
        ):
            assert secret not in log
    with running(tmp_path) as again:
        assert set(again.said["ready"]) == {"port"}, "the password is shown once"
        assert again.end(signal.SIGINT)[0] == 0


@pytest.mark.slow
def test_what_was_acknowledged_survives_kills(tmp_path: Path) -> None:
    chance = random.Random(20261124)
    phones = [f"1390000{number:04d}" for number in range(10)]
    acknowledged: dict[str, tuple[str, int]] = {}
    tried: dict[str, str] = {}
    lock = threading.Lock()

    def write(url: str, room: str, token: str, name: str) -> None:
        with (
            contextlib.suppress(ConnectionClosed, OSError, TimeoutError),
            connect(url, proxy=None, close_timeout=0.1) as connection,
        ):
            connection.send(hello(room, token))
            heard = Listener(connection)
            heard.until("hello.ack")
            for number in range(10):
                request_id = f"{name}.{number}"
                with lock:
                    tried[request_id] = token
                connection.send(chat(request_id, request_id))
            known = 0
            while known < 10:
                acks = heard.until("chat.ack", known + 1)
                with lock:
                    for ack in acks[known:]:
                        acknowledged[ack.d["request_id"]] = (ack.d["message_id"], ack.d["seq"])
                known = len(acks)

    room = ""
    tokens: list[str] = []
    kills = 0
    for turn in range(4):
        with running(tmp_path) as service:
            if not room:
                with service.client() as client:
                    body = {"title": "t", "category": "other"}
                    room = sign_in(client).post("/sessions", body).json()["id"]
                    tokens = [sign_in(client, phone).pair["access_token"] for phone in phones]
            writers = [
                threading.Thread(
                    target=write, name=f"writer-{number}", args=(service.events_url, room, token, f"{turn}.{number}")
                )
                for number, token in enumerate(tokens)
            ]
            before = len(acknowledged)
            for writer in writers:
                writer.start()
            enough = before + chance.randrange(1, 70)
            give_up_s = time.monotonic() + 5
            while len(acknowledged) < enough and time.monotonic() < give_up_s:
                time.sleep(0.001)
            service.end(signal.SIGKILL)
            kills += 1
            for writer in writers:
                writer.join(5)
                assert not writer.is_alive()
    assert kills == 4
    assert 4 <= len(acknowledged) < len(tried), "some were cut off under way"

    with running(tmp_path) as service, service.client() as client:
        kept = client.get(f"/api/v1/sessions/{room}/messages", params={"limit": 500}).json()
        by_text = {one["text"]: (one["id"], one["seq"]) for one in kept}
        assert len(by_text) == len(kept), "nothing was posted twice"
        for request_id, fact in acknowledged.items():
            assert by_text.get(request_id) == fact
        with connect(service.events_url, proxy=None, close_timeout=0.2) as connection:
            connection.send(hello(room))
            heard = Listener(connection)
            heard.until("chat.posted", len(kept))
            assert heard.seqs() == list(range(1, heard.heard[0].d["last_seq"] + 1))
        # What was cut off is sent again with its own number: posted once, whether it had arrived or not.
        request_id = next(one for one in tried if one not in acknowledged)
        with connect(service.events_url, proxy=None, close_timeout=0.2) as connection:
            connection.send(hello(room, tried[request_id]))
            connection.send(chat(request_id, request_id))
            ack = Listener(connection).until("chat.ack")[0]
            if request_id in by_text:
                assert (ack.d["message_id"], ack.d["seq"]) == by_text[request_id]
            else:
                assert ack.d["seq"] == kept[-1]["seq"] + 1
        assert service.end()[0] == 0


@pytest.mark.slow
def test_it_speaks_tls(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    trust = ssl.create_default_context(cafile=certificate)
    with (
        running(tmp_path, tls_certificate=certificate, tls_key=key) as service,
        httpx2.Client(base_url=service.url, verify=trust, trust_env=False) as client,
    ):
        reply = client.get("/health")
        assert reply.json()["status"] == "ok"
        assert "strict-transport-security" in reply.headers
        anchor = sign_in(client)
        session = anchor.post("/sessions", {"title": "t", "category": "other"}).json()
        assert session["viewer_url"].startswith(f"https://127.0.0.1:{service.port}/s/")
        with connect(
            service.events_url.replace("ws:", "wss:"),
            ssl=trust,
            proxy=None,
            origin=service.url,  # type: ignore[arg-type]
        ) as connection:
            connection.send(hello(session["id"]))
            Listener(connection).until("hello.ack")
        assert service.end()[0] == 0


def test_it_says_why_it_cannot_start(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        running(tmp_path / "a", port=taken.getsockname()[1]) as service,
    ):
        assert service.said == {"failed": {"code": "address_unavailable"}}
        assert service.process.wait(5) == 1
    broken = tmp_path / "b"
    broken.mkdir()
    (broken / "platform.sqlite3").write_bytes(b"no database at all" * 1000)
    with running(broken) as service:
        assert service.said == {"failed": {"code": "database_failed"}}
        assert service.process.wait(5) == 1
