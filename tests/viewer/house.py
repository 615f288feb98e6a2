"""The real service as a process whose clock a test moves, its anchor and operator: for pages without media.

What an ingest would report is reported by the test. For the thread that made it.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Page, expect
from websockets.sync.client import connect

from tests.contract.server.kit import HOOK, Listener, Signed, chat, code_of, hello, sign_in
from tests.viewer.browser import Viewer

ROOT = Path(__file__).resolve().parents[2]
TITLE = "应届生简历逐行修改"
READY_S = 20.0
RESUME_FACTS = 12
"""So few that a test can miss more."""


class House:
    """A platform with its anchor."""

    def __init__(self, folder: Path, resume_facts: int) -> None:
        command = [sys.executable, "-m", "tests.viewer.house_child", str(folder), str(resume_facts)]
        self._child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._child.pid
        try:
            ready = self._answer()
        except BaseException:
            self.close()
            raise
        self.url = str(ready["url"])
        self._operator = {"name": ready["operator"], "password": ready["password"], "device_name": "desk"}
        self._codes: list[str] = list(ready["codes"])
        self._client = httpx2.Client(base_url=self.url, trust_env=False, timeout=10)
        self._sent = self._connections = 0
        self._key = ""
        self.anchor = sign_in(self._client)

    def begin(self) -> None:
        """A test begins: tokens are new, codes may be asked for again, nothing is open."""
        self.advance(61)
        self.anchor = sign_in(self._client)
        current = self.anchor.get("/sessions/current")
        if current.status_code == 200:
            self.end(current.json()["id"])

    def open_session(self, title: str = TITLE) -> str:
        reply = self.anchor.post("/sessions", {"title": title, "category": "job_search"})
        assert reply.status_code == 201, reply.text
        return str(reply.json()["id"])

    def plan(self, starts_at: datetime, title: str = TITLE) -> dict[str, Any]:
        """An entry of the schedule."""
        wish = {"title": title, "category": "job_search", "starts_at": starts_at.isoformat(), "length_min": 60}
        reply = self.anchor.post("/me/schedule", wish)
        assert reply.status_code == 201, reply.text
        return dict(reply.json())

    def change_plan(self, entry: dict[str, Any], **changes: Any) -> dict[str, Any]:
        wish = {"base_revision": entry["revision"], "plan": {**entry["plan"], **changes}}
        path = f"/api/v1/me/schedule/{entry['session']['id']}"
        reply = self._client.put(path, json=wish, headers=self.anchor.headers)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    @property
    def now(self) -> datetime:
        """By the clock of the service."""
        return datetime.fromisoformat(self._client.get("/api/v1/platform").json()["server_time"])

    def go_live(self, session_id: str) -> dict[str, Any]:
        """As if an encoder had connected; what to report of its connection."""
        self._key = self.anchor.post(f"/sessions/{session_id}/stream-key", {}).json()["key"]
        return self.resume()

    def resume(self) -> dict[str, Any]:
        """As if the encoder had connected again with the same key."""
        self._connections += 1
        body = {"app": "live", "key": self._key, "connection_id": f"c{self._connections}", "encoder": "test"}
        grant: dict[str, Any] = self._hook("authorize", body).json()
        self.report("started", grant)
        return grant

    def live_session(self) -> str:
        session_id = self.open_session()
        self.go_live(session_id)
        return session_id

    def report(self, what: str, grant: dict[str, Any], **more: Any) -> None:
        self._hook(what, {name: grant[name] for name in ("key_id", "session_id", "connection_id")} | more)

    def end(self, session_id: str) -> None:
        assert self.anchor.post(f"/sessions/{session_id}/end").status_code == 200

    def cut_off(self, session_id: str) -> None:
        wish = self._operator | {"otp": self._codes.pop()}
        operator = Signed(self._client, self._client.post("/api/v1/auth/operator", json=wish).json())
        assert operator.post(f"/sessions/{session_id}/cut-off", {"reason": "test"}).status_code == 200

    def say(self, session_id: str, *texts: str) -> None:
        """Messages of the anchor, acknowledged."""
        token = self.anchor.pair["access_token"]
        with connect(f"{self.url.replace('http', 'ws')}/api/v1/events") as socket:
            listener = Listener(socket)
            socket.send(hello(session_id, token))
            listener.until("hello.ack")
            for count, text in enumerate(texts, 1):
                self._sent += 1
                socket.send(chat(f"message-{self._sent}", text, session_id))
                listener.until("chat.ack", count)

    def page(self, session_id: str) -> str:
        return f"{self.url}/s/{session_id}"

    def code_of(self, phone: str) -> str:
        return code_of(self._client, phone)

    def advance(self, seconds: float) -> None:
        """Time goes by for the service alone."""
        self._tell("advance", seconds)

    def cut_sockets(self) -> None:
        """Every event socket dies without a word."""
        self._tell("cut")

    def close(self) -> None:
        if hasattr(self, "_client"):
            self._client.close()
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            pipe.close()
        try:
            self._child.wait(8)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _tell(self, *order: Any) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(order) + "\n")
        self._child.stdin.flush()
        self._answer()

    def _answer(self) -> Any:
        assert self._child.stdout is not None
        readable, _, _ = select.select([self._child.stdout], [], [], READY_S)
        line = self._child.stdout.readline() if readable else ""
        assert line, "the service of the house is gone"
        return json.loads(line)

    def _hook(self, what: str, body: dict[str, Any]) -> Any:
        reply = self._client.post(f"/internal/v1/publish/{what}", json=body, headers=HOOK)
        assert reply.is_success, reply.text
        return reply


def connected(viewer: Viewer, url: str) -> Page:
    """Its page, once the room has answered."""
    viewer.page.goto(url)
    expect(viewer.page.locator("#chat")).to_have_attribute("data-socket", "open")
    return viewer.page
