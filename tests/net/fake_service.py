"""A service that knows only the ingest's hooks: grants by a table, records every call; its own thread."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOOK_SECRET = "hook-" + "h" * 32


@dataclass
class Call:
    """One request as it came; ``at_s`` is monotonic."""

    path: str
    body: dict[str, Any]
    at_s: float = field(default_factory=time.monotonic)


class FakeService:
    """``keys`` maps a stream key to (key_id, session_id, is_probe); ``refusals`` maps one to a code."""

    def __init__(self, port: int = 0) -> None:
        self.keys: dict[str, tuple[str, str, bool]] = {}
        self.refusals: dict[str, str] = {}
        self.max_kbps = 20_000
        self.calls: list[Call] = []
        self._changed = threading.Condition()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self.port = port
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, on the same port as before."""
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 5

            def log_message(self, *_: object) -> None:
                """Quiet."""

            def do_GET(self) -> None:
                self._answer(200, {"status": "ok"})

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                body = json.loads(self.rfile.read(length))
                if self.headers.get("Authorization") != f"Bearer {HOOK_SECRET}":
                    self._answer(401, {"error": {"code": "credentials_wrong", "message": "", "retryable": False}})
                    return
                status, answer = service._judge(self.path, body)
                self._answer(status, answer)
                service._record(Call(self.path, body))

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode() if status != 204 else b""
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(data)

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = False
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="fake-service")
        self._thread.start()

    def stop(self) -> None:
        """Be away."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = self._thread = None

    def grant(self, key: str, session_id: str, *, key_id: str = "", is_probe: bool = False) -> None:
        self.keys[key] = (key_id or f"id-of-{session_id}", session_id, is_probe)

    def of(self, name: str) -> list[Call]:
        """The calls of /publish/<name> so far."""
        return [call for call in list(self.calls) if call.path.endswith(f"/publish/{name}")]

    def wait_for(self, name: str, count: int = 1, timeout_s: float = 10.0) -> list[Call]:
        """Wait until there are ``count`` calls of /publish/<name>."""
        with self._changed:
            done = self._changed.wait_for(lambda: len(self.of(name)) >= count, timeout_s)
        assert done, f"{name}: {len(self.of(name))} of {count}; all: {[call.path for call in self.calls]}"
        return self.of(name)

    def _record(self, call: Call) -> None:
        with self._changed:
            self.calls.append(call)
            self._changed.notify_all()

    def _judge(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if not path.endswith("/authorize"):
            return 204, {}
        key = body["key"]
        if key in self.refusals or key not in self.keys:
            code = self.refusals.get(key, "key_unknown")
            return 403, {"error": {"code": code, "message": "no", "retryable": False}}
        key_id, session_id, is_probe = self.keys[key]
        return 200, {
            "key_id": key_id,
            "session_id": session_id,
            "connection_id": body["connection_id"],
            "is_probe": is_probe,
            "max_kbps": self.max_kbps,
        }
