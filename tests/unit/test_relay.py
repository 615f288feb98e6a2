"""The relay passes, stalls, cuts and refuses: without that the fault tests would prove nothing."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.net.relay import Relay, SilentPeer


class Echo:
    """Answers what it is told, one connection at a time."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._run, name="echo")
        self._thread.start()

    def _run(self) -> None:
        while True:
            link, _ = self._server.accept()
            with link:
                while data := link.recv(100):
                    if data == b"end":
                        return
                    link.sendall(data)

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), 2) as link:
            link.sendall(b"end")
            self._thread.join(2)
        self._server.close()


def test_bytes_pass_stall_and_are_cut() -> None:
    echo = Echo()
    with Relay(echo.port) as relay:
        with socket.create_connection(("127.0.0.1", relay.port), 2) as link:
            link.settimeout(0.3)
            link.sendall(b"one")
            assert link.recv(10) == b"one"
            relay.is_stalled = True
            link.sendall(b"two")
            with pytest.raises(TimeoutError):
                link.recv(10)
            relay.is_stalled = False
            assert link.recv(10) == b"two"
            relay.cut()
            assert link.recv(10) == b""
        relay.is_refusing = True
        with socket.create_connection(("127.0.0.1", relay.port), 2) as link:
            link.settimeout(2)
            assert link.recv(10) == b""
        assert relay.connections == 1
    echo.close()


def test_the_silent_peer_accepts_and_says_nothing() -> None:
    with SilentPeer() as peer, socket.create_connection(("127.0.0.1", peer.port), 2) as link:
        link.settimeout(0.2)
        link.sendall(b"hello")
        with pytest.raises(TimeoutError):
            link.recv(1)
        assert peer.connections == 1
