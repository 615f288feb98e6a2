"""What the service's tests share: a fake ingest, a service on a listening port, people who sign in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx2
import psycopg
import pyotp
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session as Db
from websockets.exceptions import ConnectionClosed

from app.contract.events import Envelope, decode, encode
from app.runtime.clock import Clock, ManualClock
from server.accounts import factors, people
from server.config import PUBLIC_HOTLINE, Lifetimes, Limits, ServiceConfig
from server.demo_data import ANCHOR_PHONE
from server.main import create_app, server_settings
from server.sockets import EventSocketProtocol, StrictServer
from server.store.engine import make_engines
from server.store.migrate import migrate
from server.store.models import AccountRow, AuditRow
from server.store.store import Tx

T = TypeVar("T")
HOOK_SECRET = "hook-secret-of-tests"
LOCAL_TOKEN = "local-token-of-tests"
HOOK = {"Authorization": f"Bearer {HOOK_SECRET}"}
LOCAL = {"Authorization": f"Bearer {LOCAL_TOKEN}"}
GENEROUS = Limits(
    requests_burst=100_000,
    sign_in_burst=10_000,
    codes_per_phone_per_hour=10_000,
    chat_burst=10_000,
    frames_burst=10_000,
)

# By design a password takes a third of a second; those of the tests are worth none.
people._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
people._NOBODY = people._hasher.hash("nobody")


@dataclass
class FakeIngest:
    """Takes orders and names the connections a test gives it."""

    orders: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    publishers: list[dict[str, Any]] | None = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    """Ids of the sessions it keeps something of; a close order takes one out."""
    is_away: bool = False
    failures_left: int = 0
    secrets_seen: set[str] = field(default_factory=set)

    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._answer)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.is_away:
            raise httpx2.ConnectError("away", request=request)
        self.secrets_seen.add(request.headers["authorization"])
        if request.url.path == "/control/sessions":
            return httpx2.Response(200, json=self.sessions)
        if request.url.path == "/control/publishers":
            if self.publishers is None:
                return httpx2.Response(404)
            return httpx2.Response(200, json=self.publishers)
        if self.failures_left > 0:
            self.failures_left -= 1
            return httpx2.Response(503)
        order = json.loads(request.content)
        self.orders.append((request.url.path, order))
        if request.url.path == "/control/close" and order["session_id"] in self.sessions:
            self.sessions.remove(order["session_id"])
        return httpx2.Response(204)

    def dropped(self) -> list[str]:
        return [order["key_id"] for path, order in self.orders if path == "/control/drop"]

    def closed(self) -> list[str]:
        return [order["session_id"] for path, order in self.orders if path == "/control/close"]


@cache
def _migrated() -> bytes:
    """A database of SQLite at its newest version, empty: migrating each test's own would take half of its time."""
    with tempfile.TemporaryDirectory(prefix="anchordesk-test-") as name:
        path = Path(name) / "platform.sqlite3"
        writer, reader = make_engines(f"sqlite:///{path}")
        migrate(writer)
        writer.dispose()
        reader.dispose()
        return path.read_bytes()


def config_for(folder: Path, database_url: str = "", **changes: Any) -> ServiceConfig:
    """What the tests' services are set to. One that keeps its data in ``folder`` finds an empty database there."""
    database = folder / "platform.sqlite3"
    if not database_url and folder.is_dir() and not database.exists():
        database.write_bytes(_migrated())
    plain = ServiceConfig(
        data_dir=folder,
        log_dir=folder / "log",
        database_url=database_url,
        allowed_hosts=("testserver",),
        is_demo=True,
        report_hotline=PUBLIC_HOTLINE,
        hook_secret=HOOK_SECRET,
        media_secret="media-secret-of-tests",
        local_token=LOCAL_TOKEN,
        ingest_http_url="http://ingest.test",
        ingest_public_http_url="http://media.test",
        ingest_public_rtmp_url="rtmp://media.test/live",
        limits=GENEROUS,
        lifetimes=Lifetimes(settle_s=0.0),
    )
    return replace(plain, **changes)


@dataclass
class Signed:
    """A person with a token, over any client of the service."""

    client: Any
    pair: dict[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.pair['access_token']}"}

    @property
    def account_id(self) -> str:
        return str(self.pair["account"]["id"])

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers=self.headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.post(f"/api/v1{path}", json=body, headers={**self.headers, **headers})

    def delete(self, path: str) -> Any:
        return self.client.delete(f"/api/v1{path}", headers=self.headers)


def code_of(client: Any, phone: str) -> str:
    codes = client.get("/internal/v1/demo/codes", headers=LOCAL).json()
    return str(next(one["code"] for one in codes if one["phone"] == phone))


def sign_in(client: Any, phone: str = ANCHOR_PHONE, device: str = "PC", device_id: str | None = None) -> Signed:
    sent = client.post("/api/v1/auth/code", json={"phone": phone})
    assert sent.status_code == 200, sent.text
    body = {"phone": phone, "code": code_of(client, phone), "device_name": device, "device_id": device_id}
    reply = client.post("/api/v1/auth/sign-in", json=body)
    assert reply.status_code == 200, reply.text
    return Signed(client, reply.json())


def error_code(reply: Any) -> str:
    error = reply.json()["error"]
    assert error["message"], "a refusal says something"
    return str(error["code"])


@dataclass
class Desk:
    """The service in this process, driven through its ASGI app, with a clock that the test moves."""

    client: TestClient
    clock: ManualClock
    ingest: FakeIngest
    config: ServiceConfig

    @property
    def services(self) -> Any:
        return self.client.app.state.services  # type: ignore[attr-defined]

    recovery_codes: list[str] = field(default_factory=list)
    """Of the operator, once enrolled: each signs in once."""

    def operator(self) -> Signed:
        """Sign in as the operator of the first start, with a second factor."""
        first = self.services.first_operator
        if not self.recovery_codes:
            self.recovery_codes += self.run(partial(enrol, self.services, first.name))
        body = {
            "name": first.name,
            "password": first.password,
            "device_name": "desk",
            "otp": self.recovery_codes.pop(),
        }
        reply = self.client.post("/api/v1/auth/operator", json=body)
        assert reply.status_code == 200, reply.text
        return Signed(self.client, reply.json())

    def run(self, job: Any) -> Any:
        """Run a coroutine function of the services on the service's loop."""
        assert self.client.portal is not None
        return self.client.portal.call(job)

    def read(self, work: Callable[[Db], T]) -> T:
        """Look into the database."""
        return cast(T, self.run(partial(self.services.store.read, work)))

    def audited(self) -> list[tuple[str, str, str]]:
        """Action, subject and reason of every audit record."""
        rows = self.read(lambda db: db.execute(select(AuditRow.action, AuditRow.subject_id, AuditRow.reason)).all())
        return [(row[0], row[1], row[2]) for row in rows]

    def open_session(self, anchor: Signed, title: str = "简历怎么写") -> dict[str, Any]:
        reply = anchor.post("/sessions", {"title": title, "category": "job_search"})
        assert reply.status_code == 201, reply.text
        return dict(reply.json())

    def authorize(self, key: str, connection_id: str, app: str = "live") -> Any:
        body = {"app": app, "key": key, "connection_id": connection_id, "encoder": "test"}
        return self.client.post("/internal/v1/publish/authorize", json=body, headers=HOOK)

    def report(self, what: str, grant: dict[str, Any], **more: Any) -> Any:
        body = {name: grant[name] for name in ("key_id", "session_id", "connection_id")} | more
        return self.client.post(f"/internal/v1/publish/{what}", json=body, headers=HOOK)

    def go_live(self, anchor: Signed, session_id: str, connection_id: str = "c1") -> dict[str, Any]:
        """Key, connection, first picture. Returns the grant."""
        target = anchor.post(f"/sessions/{session_id}/stream-key", {}).json()
        grant = self.authorize(target["key"], connection_id).json()
        assert self.report("started", grant).status_code == 204
        return dict(grant)

    def publish(self, grant: dict[str, Any], has_started: bool = True) -> None:
        """From now on the ingest names this connection."""
        fact = {name: grant[name] for name in ("key_id", "session_id", "connection_id")}
        self.ingest.publishers = [fact | {"has_started": has_started}]

    def state(self, session_id: str) -> str:
        return str(self.client.get(f"/api/v1/sessions/{session_id}").json()["state"])


async def enrol(services: Any, name: str) -> list[str]:
    """Give an operator a second factor; the recovery codes."""

    def work(tx: Tx) -> list[str]:
        account_id = tx.db.scalars(select(AccountRow.id).where(AccountRow.operator_name == name)).one()
        secret = factors.begin(tx, services.cipher, account_id)
        code = pyotp.TOTP(secret).at(int(tx.now.timestamp()))
        made = factors.confirm(tx, services.cipher, account_id, code)
        assert isinstance(made, list), made
        return made

    return cast(list[str], await services.store.write(work))


def desk_client(config: ServiceConfig, clock: Clock, ingest: FakeIngest, **more: Any) -> TestClient:
    app = create_app(config, clock, ingest_transport=ingest.transport(), **more)
    return TestClient(app, client=("203.0.113.7", 50000))


class LiveService:
    """The service on a loopback port, run by uvicorn in a thread ``test-service``."""

    def __init__(self, config: ServiceConfig, clock: Clock, ingest: FakeIngest, send_buffer_bytes: int = 0) -> None:
        self.ingest = ingest
        self._socket = socket.create_server(("127.0.0.1", 0))
        if send_buffer_bytes:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer_bytes)
        self.port = int(self._socket.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.events_url = f"ws://127.0.0.1:{self.port}/api/v1/events"
        self.app = create_app(config, clock, ingest_transport=ingest.transport())
        self.app.state.services.base_url = self.url
        self._server = StrictServer(server_settings(self.app, config), config.limits.request_head_s)
        self._thread = threading.Thread(target=self._run, name="test-service")
        self._loop: asyncio.AbstractEventLoop | None = None
        self.client = httpx2.Client(base_url=self.url, trust_env=False)

    @property
    def services(self) -> Any:
        return self.app.state.services

    def sockets(self) -> int:
        """Event sockets whose connection is still held."""
        return sum(isinstance(one, EventSocketProtocol) for one in list(self._server.server_state.connections))

    def run(self, job: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the service's loop, from another thread."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(job, self._loop).result(10)

    def cut_sockets(self) -> None:
        """Every event socket dies without a word."""
        for one in list(self._server.server_state.connections):
            if isinstance(one, EventSocketProtocol):
                one.loop.call_soon_threadsafe(one.transport.abort)

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve(sockets=[self._socket])

        asyncio.run(serve())

    def start(self) -> LiveService:
        self._thread.start()
        for _ in range(400):
            if self._server.started or not self._thread.is_alive():
                break
            threading.Event().wait(0.01)
        assert self._server.started
        return self

    def stop(self) -> None:
        self.client.close()
        self._server.should_exit = True
        self._thread.join(5)
        self._socket.close()
        assert not self._thread.is_alive()


def hello(room: str, token: str | None = None, after_seq: int = 0) -> str:
    return encode([Envelope(t="hello", id="h", room=room, d={"token": token, "after_seq": after_seq})])


def chat(request_id: str, text: str, room: str = "") -> str:
    return encode([Envelope(t="chat.send", id=request_id, room=room, d={"text": text})])


def close_code(connection: Any) -> int | None:
    """The code that the service closes with; None when it does not within some seconds of silence."""
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        while True:
            connection.recv(timeout=5)
    code: int | None = connection.close_code
    return code


class Listener:
    """A synchronous client of the event socket that keeps what it heard."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.heard: list[Envelope] = []

    def until(self, kind: str, count: int = 1, timeout_s: float = 5.0) -> list[Envelope]:
        """Read until ``count`` envelopes of ``kind`` came since the start; returns those."""
        while len(found := [one for one in self.heard if one.t == kind]) < count:
            self.heard.extend(decode(self.connection.recv(timeout=timeout_s)))
        return found

    def seqs(self) -> list[int]:
        return [one.seq for one in self.heard if one.seq]


class PostgresCluster:
    """A private PostgreSQL in a folder of its own, run as the user postgres, on a unix socket only."""

    def __init__(self) -> None:
        self._bin = max(Path("/usr/lib/postgresql").glob("*/bin"))
        self._folder = Path(tempfile.mkdtemp(prefix="ad-pg-"))
        self._data = self._folder / "data"

    def start(self) -> PostgresCluster:
        self._data.mkdir()
        shutil.chown(self._folder, "postgres")
        shutil.chown(self._data, "postgres")
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        options = f"-c listen_addresses='' -c unix_socket_directories={self._folder} -c fsync=off -c max_connections=40"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self._folder / "log"), "-o", options, "start")
        return self

    def new_database(self) -> str:
        name = f"t{uuid.uuid4().hex[:12]}"
        with psycopg.connect(host=str(self._folder), user="postgres", dbname="postgres", autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}")
        return f"postgresql://postgres@/{name}?host={self._folder}"

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> None:
        clean = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        command = ["runuser", "-u", "postgres", "--", str(self._bin / program), *arguments]
        subprocess.run(command, check=True, env=clean, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
