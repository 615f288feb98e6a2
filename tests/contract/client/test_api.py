"""The REST side against a service of a few lines that misbehaves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.client.api import Api
from app.errors import PlatformError

PART = b"x" * 65536


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def _begin(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Connection": "close", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def do_GET(self) -> None:
        if self.path.endswith("/busy"):
            self._begin(503, Retry_After="3600", Content_Length="0")
        elif self.path.endswith("/endless"):
            self._begin(200, Content_Type="application/json")
            try:
                while True:
                    self.wfile.write(PART)
            except OSError:
                return

    def do_DELETE(self) -> None:
        self._begin(302, Location="http://127.0.0.1:9/elsewhere", Content_Length="0")


@contextmanager
def listening() -> Iterator[Api]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="misbehaving")
    thread.start()
    api = Api(f"http://127.0.0.1:{server.server_address[1]}")
    try:
        yield api
    finally:
        api.close()
        server.shutdown()
        server.server_close()
        thread.join()


def code_of(api: Api, method: str, path: str) -> str:
    with pytest.raises(PlatformError) as told:
        api.call(method, path)
    return told.value.code


def test_a_proxy_that_says_try_in_an_hour_holds_no_thread() -> None:
    with listening() as api:
        began_s = time.monotonic()
        assert code_of(api, "GET", "/busy") == "platform_unreachable"
        assert time.monotonic() - began_s < 5.0


def test_an_endless_reply_is_given_up() -> None:
    with listening() as api:
        assert code_of(api, "GET", "/endless") == "platform_not_ours"


def test_a_redirect_is_no_success() -> None:
    with listening() as api:
        assert code_of(api, "DELETE", "/me/devices/1") == "platform_not_ours"
