"""The real service in a process of its own, with SQLite in a folder, and people who are signed in to it."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
import psutil

from app.contract.rest import API_PREFIX
from app.runtime.launch import ServiceLaunch, write_launch
from bench.engine import ROOT
from server.demo_data import ANCHOR_PHONE
from tools.desktop import clean_environment, stop_process

HOST = "127.0.0.1"
EVENTS_PATH = f"{API_PREFIX}/events"
_PEOPLE_AN_ADDRESS = 10
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is signed in."""

    account_id: str
    token: str


class RoomService:
    """A context: a service with one session that is open for chat. ``anchor`` owns its room."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "log" / "service.log"
        self._local_token, self._hook_secret = secrets.token_hex(16), secrets.token_hex(16)
        self._people = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "--role", "service"],
            cwd=ROOT, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        try:
            self.port = self._start(folder)
            self._client = httpx2.Client(base_url=f"http://{HOST}:{self.port}", trust_env=False, timeout=10)
            self.anchor = self._sign_in(ANCHOR_PHONE, HOST)
            self.room = str(self.ask("/sessions", {"title": "面试怎么准备", "category": "job_search"})["id"])
        except BaseException:
            stop_process(self.process)
            raise
        self._meter = psutil.Process(self.process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        stop_process(self.process)

    def ask(self, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
        """A request of the anchor's; its answer. Raises RuntimeError when it is refused."""
        own = {"Authorization": f"Bearer {self.anchor.token}", **headers}
        return self._post(f"{API_PREFIX}{path}", body, own)

    def moderate(self, action: str, **fields: Any) -> dict[str, Any]:
        """One act in the room."""
        key = secrets.token_hex(8)
        return self.ask(f"/sessions/{self.room}/moderation", {"action": action, **fields}, **{"Idempotency-Key": key})

    def go_on_air(self) -> None:
        """As if the anchor's encoder had connected at the ingest."""
        key = self.ask(f"/sessions/{self.room}/stream-key", {})["key"]
        by = {"Authorization": f"Bearer {self._hook_secret}"}
        wish = {"app": "live", "key": key, "connection_id": "bench", "encoder": "bench"}
        grant = self._post("/internal/v1/publish/authorize", wish, by)
        told = {name: grant[name] for name in ("key_id", "session_id", "connection_id")}
        self._client.post("/internal/v1/publish/started", json=told, headers=by).raise_for_status()

    def texts(self) -> list[str]:
        """Of all messages that the record of the room has, in their order."""
        found: list[str] = []
        after = 0
        while True:
            path = f"{API_PREFIX}/sessions/{self.room}/messages?after_seq={after}&limit={_PAGE}"
            page = self._client.get(path).json()
            found += [str(one["text"]) for one in page]
            if len(page) < _PAGE:
                return found
            after = int(page[-1]["seq"])

    def code_of(self, phone: str) -> str:
        """The code that was sent to this phone last."""
        by = {"Authorization": f"Bearer {self._local_token}"}
        codes = self._client.get("/internal/v1/demo/codes", headers=by).json()
        return str(next(one["code"] for one in codes if one["phone"] == phone))

    def messages(self) -> list[str]:
        """Ids of the newest messages that a page of the history has."""
        reply = self._client.get(f"{API_PREFIX}/sessions/{self.room}/messages")
        return [str(one["id"]) for one in reply.json()]

    def sign_in(self, count: int) -> list[Member]:
        """So many people whom nobody has seen before."""
        found = []
        for number in range(self._people, self._people + count):
            # As behind a proxy that is named to the service: one household does not sign in a whole audience.
            found.append(self._sign_in(f"137{number:08d}", f"10.0.0.{number // _PEOPLE_AN_ADDRESS + 1}"))
        self._people += count
        return found

    def cpu_s(self) -> float:
        """What the process has used of the processor so far."""
        times = self._meter.cpu_times()
        return float(times.user + times.system)

    def unsent_bytes(self, peer_port: int) -> int:
        """What the kernel holds for one connection of the service, where it tells."""
        wanted = (f":{self.port:04X}", f":{peer_port:04X}")
        with contextlib.suppress(OSError):
            for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
                _, local, remote, _, queues, *_ = line.split()
                if (local[-5:], remote[-5:]) == wanted:
                    return int(queues.partition(":")[0], 16)
        return 0

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Lines of its log."""
        lines = (json.loads(line) for line in self._log.read_text(encoding="utf-8").splitlines())
        return [line for line in lines if line.get("event") == event]

    def _start(self, folder: Path) -> int:
        launch = ServiceLaunch(
            data_dir=str(folder / "data"),
            log_dir=str(folder / "log"),
            is_demo=True,
            trusted_proxies=(HOST,),
            hook_secret=self._hook_secret,
            media_secret=secrets.token_hex(16),
            local_token=self._local_token,
            ingest_http_url="",
            ingest_public_http_url=f"http://{HOST}",
            ingest_public_rtmp_url=f"rtmp://{HOST}/live",
        )
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the service has no pipes")
        self.process.stdin.write(write_launch(launch))
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline() or b"{}")
        if "ready" not in said:
            raise RuntimeError(f"the service did not start: {said}")
        return int(said["ready"]["port"])

    def _sign_in(self, phone: str, address: str) -> Member:
        by = {"X-Forwarded-For": address}
        self._post(f"{API_PREFIX}/auth/code", {"phone": phone}, by)
        code = self.code_of(phone)
        wish = {"phone": phone, "code": code, "device_name": "bench", "device_id": None}
        pair = self._post(f"{API_PREFIX}/auth/sign-in", wish, by)
        return Member(str(pair["account"]["id"]), str(pair["access_token"]))

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        reply = self._client.post(path, json=body, headers=headers)
        if reply.is_error:
            raise RuntimeError(f"{path}: {reply.status_code} {reply.text}")
        answer: dict[str, Any] = reply.json()
        return answer
