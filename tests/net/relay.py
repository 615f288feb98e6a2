"""A TCP relay with faults, and a peer that accepts and says nothing. Loopback only; for tests.

``Relay`` passes bytes between those who connect to ``port`` and a target. A test may stall it (nothing passes,
connections stay), cut it (all connections closed, new ones refused while ``is_refusing``) and limit its rate.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from types import TracebackType
from typing import Self

_CHUNK_BYTES = 16 * 1024
_STEP_S = 0.02


class _Listener:
    """A listening socket of the loopback with one thread that accepts."""

    def __init__(self, name: str) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(_STEP_S)
        self.port = int(self._server.getsockname()[1])
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._accept, name=name, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close everything."""
        self._stop.set()
        self._thread.join(2)
        self._server.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                link, _ = self._server.accept()
            except TimeoutError:
                continue
            self._accepted(link)

    def _accepted(self, link: socket.socket) -> None:
        link.close()


class SilentPeer(_Listener):
    """Accepts, reads what comes, and never answers."""

    def __init__(self) -> None:
        self._links: list[socket.socket] = []
        super().__init__("silent-peer")

    @property
    def connections(self) -> int:
        """How many connected so far."""
        return len(self._links)

    def close(self) -> None:
        super().close()
        for link in self._links:
            link.close()

    def _accepted(self, link: socket.socket) -> None:
        self._links.append(link)


class Relay(_Listener):
    """Passes bytes to ``target_port`` of the loopback, with faults on demand. Controls: any thread."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.is_stalled = False
        self.is_refusing = False
        self.limit_kbps = 0
        """0: no limit. Holds for each direction of each connection."""
        self.connections = 0
        self.passed_bytes = 0
        self._pairs: dict[threading.Thread, threading.Event] = {}
        self._lock = threading.Lock()
        super().__init__("relay-accept")

    def cut(self) -> None:
        """Close all connections that are open now."""
        with self._lock:
            pairs = dict(self._pairs)
        for cut in pairs.values():
            cut.set()
        for thread in pairs:
            thread.join(2)

    def close(self) -> None:
        super().close()
        self.cut()

    def _accepted(self, link: socket.socket) -> None:
        if self.is_refusing:
            link.close()
            return
        try:
            peer = socket.create_connection(("127.0.0.1", self.target_port), 2)
        except OSError:
            link.close()
            return
        self.connections += 1
        cut = threading.Event()
        thread = threading.Thread(
            target=self._pass, args=(link, peer, cut), name=f"relay-{self.connections}", daemon=True
        )
        with self._lock:
            self._pairs[thread] = cut
        thread.start()

    def _pass(self, link: socket.socket, peer: socket.socket, cut: threading.Event) -> None:
        selector = selectors.DefaultSelector()
        selector.register(link, selectors.EVENT_READ, peer)
        selector.register(peer, selectors.EVENT_READ, link)
        with selector, link, peer, contextlib.suppress(OSError):
            while not cut.is_set():
                if self.is_stalled:
                    cut.wait(_STEP_S)
                    continue
                for key, _ in selector.select(_STEP_S):
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    data = source.recv(_CHUNK_BYTES)
                    if not data:
                        return
                    key.data.sendall(data)
                    self.passed_bytes += len(data)
                    if self.limit_kbps:
                        time.sleep(len(data) * 8 / (self.limit_kbps * 1000))
        with self._lock:
            self._pairs.pop(threading.current_thread(), None)
