"""How many connections an address may hold, how slowly it may ask, and that places are given back."""

from __future__ import annotations

import contextlib
import logging
import resource
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.protocol import State
from websockets.sync.client import connect
from websockets.uri import parse_uri

from app.runtime.clock import SystemClock
from server.proxies import TrustedProxies
from server.sockets import LINGER_S, SPARE_FILES, raise_file_limit
from tests.contract.server.kit import GENEROUS, FakeIngest, Listener, LiveService, chat, config_for, hello, sign_in
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


@pytest.mark.parametrize("closes", ["the service", "the peer"])
def test_a_closed_event_socket_does_not_wait_for_a_goodbye(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, closes: str
) -> None:
    """Over TLS, from a peer that neither reads nor ends the connection after the close."""
    certificate, key = make_certificate(tmp_path)
    trusted = ssl.create_default_context(cafile=certificate)
    with service(tmp_path, tls=(certificate, key)) as live, contextlib.ExitStack() as stack:
        mute = stack.enter_context(trusted.wrap_socket(dial(live), server_hostname="127.0.0.1"))
        client = ClientProtocol(parse_uri(live.events_url))

        def exchange(until: Callable[[], bool]) -> None:
            mute.sendall(b"".join(client.data_to_send()))
            while not until():
                client.receive_data(mute.recv(4000))

        client.send_request(client.connect())
        exchange(lambda: client.state is State.OPEN)
        if closes == "the service":
            client.send_text(b"no hello")
        else:
            client.send_close(1000)
        exchange(lambda: client.close_rcvd is not None)
        mute.sendall(b"".join(client.data_to_send()))
        time.sleep(LINGER_S * 1.5)
        assert not live._server.server_state.connections
    assert not [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])
def test_a_peer_that_never_reads_is_reset(tmp_path: Path, is_tls: bool) -> None:
    """With a FIN what the kernel holds for it would stay until it reads, which it never does."""
    certificate, key = make_certificate(tmp_path)
    config = config_for(
        tmp_path,
        limits=replace(GENEROUS, stalled_s=0.5, outbox_bytes=32 * 1024),
        tls_certificate=certificate if is_tls else "",
        tls_key=key if is_tls else "",
    )
    trusted = ssl.create_default_context(cafile=certificate)
    live = LiveService(config, SystemClock(), FakeIngest()).start()
    try:
        scheme = "s" if is_tls else ""
        with httpx2.Client(base_url=live.url.replace("http", f"http{scheme}"), verify=trusted, trust_env=False) as asks:
            anchor = sign_in(asks)
            room = anchor.post("/sessions", {"title": "t", "category": "other"}).json()["id"]
        with (
            stalled_peer(live, room, trusted if is_tls else None) as raw,
            connect(
                live.events_url.replace("ws", f"ws{scheme}"), proxy=None, ssl=trusted if is_tls else None
            ) as events,
        ):
            events.send(hello(room, anchor.pair["access_token"]))
            heard = Listener(events)
            heard.until("hello.ack")
            sent = 0
            while live.services.hub.too_slow == 0 and sent < 4000:
                for _ in range(50):
                    sent += 1
                    events.send(chat(f"m{sent}", "字" * 200))
                heard.until("chat.ack", sent)
            assert live.services.hub.too_slow == 1
            gone_by_s = time.monotonic() + 2 * LINGER_S
            while live.sockets() > 1 and time.monotonic() < gone_by_s:
                time.sleep(0.05)
            assert live.sockets() == 1
            assert is_reset(raw)
    finally:
        live.stop()


def is_reset(raw: socket.socket) -> bool:
    """What had reached it by then may be read still; how it ends then."""
    try:
        while raw.recv(64 * 1024):
            pass
    except ConnectionResetError:
        return True
    return False


@contextlib.contextmanager
def stalled_peer(live: LiveService, room: str, trusted: ssl.SSLContext | None) -> Iterator[socket.socket]:
    """In the room, and reads nothing more: the connection itself, beneath any TLS."""
    with contextlib.ExitStack() as stack:
        raw = stack.enter_context(socket.socket())
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.settimeout(5)
        raw.connect(("127.0.0.1", live.port))
        beneath = stack.enter_context(raw.dup())
        beneath.settimeout(5)
        peer = raw if trusted is None else stack.enter_context(trusted.wrap_socket(raw, server_hostname="127.0.0.1"))
        client = ClientProtocol(parse_uri(live.events_url))
        client.send_request(client.connect())
        peer.sendall(b"".join(client.data_to_send()))
        while client.state is not State.OPEN:
            client.receive_data(peer.recv(4000))
        client.send_text(hello(room).encode())
        peer.sendall(b"".join(client.data_to_send()))
        while not any(b"hello.ack" in getattr(event, "data", b"") for event in client.events_received()):
            client.receive_data(peer.recv(4000))
        yield beneath


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


def test_answers_do_not_wait_for_an_acknowledgement(tmp_path: Path) -> None:
    with service(tmp_path) as live, dial(live) as raw:
        raw.sendall(b"GET /api/v1/platform HTTP/1.1\r\nHost: testserver\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 200")
        (one,) = live._server.server_state.connections
        assert one.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
