"""How many connections an address may hold, how slowly it may ask, and that places are given back."""

from __future__ import annotations

import contextlib
import resource
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from app.runtime.clock import SystemClock
from server.proxies import TrustedProxies
from server.sockets import SPARE_FILES, raise_file_limit
from tests.contract.server.kit import GENEROUS, FakeIngest, Listener, LiveService, config_for, hello, sign_in
from tests.net.certificate import make_certificate

pytestmark = pytest.mark.slow

HEAD_S = 0.4


@contextlib.contextmanager
def service(
    folder: Path, proxies: tuple[str, ...] = (), tls: tuple[str, str] = ("", ""), **limits: Any
) -> Iterator[LiveService]:
    config = config_for(
        folder,
        limits=replace(GENEROUS, **limits),
        proxies=TrustedProxies(proxies),
        tls_certificate=tls[0],
        tls_key=tls[1],
    )
    live = LiveService(config, SystemClock(), FakeIngest()).start()
    try:
        yield live
    finally:
        live.stop()


def dial(live: LiveService) -> socket.socket:
    return socket.create_connection(("127.0.0.1", live.port), timeout=3)


def is_cut(raw: socket.socket) -> bool:
    """Whether the service ends the connection before three seconds are over."""
    try:
        return raw.recv(100) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize("drip", [b"", b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"GET /h"])
@pytest.mark.slow
def test_the_head_of_a_request_is_not_waited_for_for_ever(tmp_path: Path, drip: bytes) -> None:
    with service(tmp_path, request_head_s=HEAD_S) as live, dial(live) as raw:
        began_s = time.monotonic()
        raw.sendall(drip)
        assert is_cut(raw)
        assert time.monotonic() - began_s >= HEAD_S * 0.9


def test_a_tls_handshake_is_not_waited_for_either(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    with service(tmp_path, request_head_s=HEAD_S, tls=(certificate, key)) as live, dial(live) as raw:
        assert is_cut(raw)


def test_a_peer_that_says_no_goodbye_does_not_hold_up_the_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    certificate, key = make_certificate(tmp_path)
    trusted = ssl.create_default_context(cafile=certificate)
    with service(tmp_path, tls=(certificate, key)) as live:
        mute = trusted.wrap_socket(dial(live), server_hostname="127.0.0.1", suppress_ragged_eofs=True)
        mute.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert mute.recv(100).startswith(b"HTTP/1.1 200")
    mute.close()
    assert not [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")]


def test_the_head_of_a_later_request_is_not_waited_for_either(tmp_path: Path) -> None:
    with service(tmp_path, request_head_s=HEAD_S) as live, dial(live) as raw:
        raw.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        while b'"status"' not in raw.recv(4000):
            pass
        time.sleep(HEAD_S * 1.5)
        raw.sendall(b"GET /health HTTP/1.1\r\n")
        assert is_cut(raw)


def test_an_address_holds_so_many_connections(tmp_path: Path) -> None:
    with service(tmp_path, connections_per_address=3) as live:
        room = sign_in(live.client).post("/sessions", {"title": "t", "category": "other"}).json()["id"]
        live.client.close()
        with connect(live.events_url, proxy=None) as events:
            events.send(hello(room))
            Listener(events).until("hello.ack")
            with dial(live), dial(live), dial(live) as fourth:
                assert is_cut(fourth)
        # The event socket and the others gave their places back.
        for _ in range(5):
            with dial(live) as raw:
                raw.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                assert raw.recv(100).startswith(b"HTTP/1.1 200")


def test_the_process_may_open_what_the_system_lets_it() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    hard = before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(before[0], 512), hard))
    try:
        room = raise_file_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
        assert room == (1 << 16 if hard == resource.RLIM_INFINITY else hard - SPARE_FILES)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_behind_a_named_proxy_sockets_are_counted_by_client(tmp_path: Path) -> None:
    with (
        service(tmp_path, ("127.0.0.1",), connections_per_address=1, sockets_per_address=1) as live,
        contextlib.ExitStack() as stack,
    ):

        def join(address: str) -> Any:
            return stack.enter_context(
                connect(live.events_url, proxy=None, additional_headers={"X-Forwarded-For": address})
            )

        first = join("198.51.100.1")
        join("198.51.100.2")
        with pytest.raises(InvalidStatus):
            join("198.51.100.1")
        first.close()
        # The peer hears the close a moment before the service is done with it.
        for _ in range(50):
            with contextlib.suppress(InvalidStatus):
                join("198.51.100.1")
                return
            time.sleep(0.05)
        pytest.fail("its place was not given back")
