"""One socket to an ingest: made within a deadline, never blocking afterwards. Publisher's thread only.

Foreign exceptions (OSError, ssl.SSLError) end here, as StreamError with the code that a person is told.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable
from typing import Any, Protocol

from app.errors import InputError, StreamError
from app.runtime.clock import Clock
from capture.publish.address import Address
from capture.publish.kernel import kernel_of
from capture.publish.policy import INGEST_CLOSED, INGEST_SILENT, INGEST_UNREACHABLE, TLS_FAILED

SEND_BUFFER_BYTES = 128 * 1024
_RECEIVE_BYTES = 16 * 1024
_SLICE_S = 0.1
_Place = tuple[Any, ...]
_NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Link(Protocol):
    """What the publisher needs of a connection; raises StreamError when it is lost."""

    def fileno(self) -> int: ...

    def send(self, data: memoryview) -> int:
        """Bytes that the kernel took; 0 when it takes none now."""

    def receive(self) -> bytes | None:
        """Bytes that came; None when there are none now, empty when the peer has closed."""

    def end_sending(self) -> None:
        """No more is sent; the peer may still answer."""

    def unsent_bytes(self) -> int | None:
        """Bytes in the kernel that the peer has not acknowledged; None where the platform does not tell."""

    def rtt_ms(self) -> float:
        """Smoothed round-trip time; 0 where the platform does not tell."""

    def close(self) -> None: ...

    def abort(self) -> None:
        """Close, and throw away what has not left yet."""


Connect = Callable[[Address, float, threading.Event], Link]
"""Address, seconds, stop event → a link. Raises StreamError; returns soon after the event is set."""


class SocketLink:
    """A TCP or TLS socket that does not block."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._kernel = kernel_of(sock)
        self._taken_bytes = 0

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, data: memoryview) -> int:
        try:
            taken_bytes = self._socket.send(data)
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0
        except OSError:
            raise StreamError(INGEST_CLOSED) from None
        self._taken_bytes += taken_bytes
        return taken_bytes

    def receive(self) -> bytes | None:
        try:
            return self._socket.recv(_RECEIVE_BYTES)
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""
        except OSError:
            raise StreamError(INGEST_CLOSED) from None

    def end_sending(self) -> None:
        if isinstance(self._socket, ssl.SSLSocket):
            # Python's shutdown would take the TLS layer off; the peer learns the end from the commands.
            return
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            raise StreamError(INGEST_CLOSED) from None

    def unsent_bytes(self) -> int | None:
        return self._kernel.unsent_bytes(self._taken_bytes)

    def rtt_ms(self) -> float:
        return self._kernel.rtt_ms()

    def close(self) -> None:
        self._socket.close()

    def abort(self) -> None:
        with contextlib.suppress(OSError):
            # Closed at once with a reset: the system would go on sending what it holds, a quarter of a megabyte.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._socket.close()


def connector_for(ca_file: str, clock: Clock) -> Connect:
    """For a target: trusts the certificates of ``ca_file``, or the system's when it is empty.

    Raises InputError ``tls_failed`` for a file that cannot be used.
    """
    if not ca_file:
        return SocketConnector(clock)
    try:
        return SocketConnector(clock, ssl.create_default_context(cafile=ca_file))
    except (OSError, ssl.SSLError) as cause:
        raise InputError("tls_failed") from cause


class SocketConnector:
    """Makes links: name, TCP and TLS within one deadline. ``tls`` verifies; tests and own authorities bring another."""

    def __init__(self, clock: Clock, tls: ssl.SSLContext | None = None) -> None:
        self._clock = clock
        self._tls = tls
        self._lookup: _Lookup | None = None

    def __call__(self, address: Address, seconds: float, stop: threading.Event) -> Link:
        deadline_s = self._clock.monotonic_s() + seconds
        places = self._resolve(address, deadline_s, stop)
        failure = StreamError(INGEST_UNREACHABLE)
        for index, (family, place) in enumerate(places):
            left_s = deadline_s - self._clock.monotonic_s()
            # A name's first address may be a black hole (IPv6 without a route): leave time for the others.
            share_s = left_s / (len(places) - index)
            if left_s <= 0 or stop.is_set():
                break
            try:
                sock = self._open(family, place, share_s, stop)
            except OSError:
                continue
            try:
                if address.is_tls:
                    sock = self._secure(sock, address.host, deadline_s, stop)
            except StreamError as error:
                sock.close()
                failure = error
                break
            return SocketLink(sock)
        raise failure

    def _resolve(self, address: Address, deadline_s: float, stop: threading.Event) -> list[tuple[int, _Place]]:
        lookup = self._lookup
        if lookup is None or lookup.is_done or lookup.key != (address.host, address.port):
            lookup = self._lookup = _Lookup(address.host, address.port)
            lookup.start()
        while not lookup.is_done:
            if stop.is_set() or self._clock.monotonic_s() >= deadline_s:
                raise StreamError(INGEST_UNREACHABLE)
            lookup.wait(_SLICE_S / 10)
        return lookup.places

    def _open(self, family: int, place: _Place, seconds: float, stop: threading.Event) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            result = sock.connect_ex(place)
            if result not in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
                raise OSError(result, "connect")
            deadline_s = self._clock.monotonic_s() + seconds
            while result:
                if stop.is_set() or self._clock.monotonic_s() >= deadline_s:
                    raise TimeoutError
                # Windows reports a failed connect among the exceptions only.
                _, writable, failed = select.select([], [sock], [sock], _SLICE_S)
                if writable or failed:
                    result = 0
            error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, "connect")
        except BaseException:
            sock.close()
            raise
        return sock

    def _secure(self, sock: socket.socket, host: str, deadline_s: float, stop: threading.Event) -> ssl.SSLSocket:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        try:
            secured = self._tls.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        except (OSError, ValueError):
            raise StreamError(TLS_FAILED) from None
        while True:
            try:
                secured.do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as wanted:
                if stop.is_set() or self._clock.monotonic_s() >= deadline_s:
                    secured.close()
                    raise StreamError(INGEST_SILENT) from None
                is_read = isinstance(wanted, ssl.SSLWantReadError)
                select.select([secured] if is_read else [], [] if is_read else [secured], [], _SLICE_S)
            except OSError:
                secured.close()
                raise StreamError(TLS_FAILED) from None
            else:
                return secured


class _Lookup:
    """A name lookup that may outlast our patience: getaddrinfo cannot be stopped, so it has a daemon thread."""

    def __init__(self, host: str, port: int) -> None:
        self.key = (host, port)
        self.places: list[tuple[int, _Place]] = []
        self._done = threading.Event()

    @property
    def is_done(self) -> bool:
        return self._done.is_set()

    def wait(self, seconds: float) -> None:
        self._done.wait(seconds)

    def start(self) -> None:
        """Numeric addresses are answered at once, without a thread."""
        if not self._ask(socket.AI_NUMERICHOST):
            threading.Thread(target=self._ask, args=(0,), name="publish-lookup", daemon=True).start()

    def _ask(self, flags: int) -> bool:
        try:
            found = socket.getaddrinfo(*self.key, type=socket.SOCK_STREAM, flags=flags)
        except (OSError, UnicodeError):
            if flags:
                return False
            found = []
        self.places = [(family, place) for family, _, _, _, place in found]
        self._done.set()
        return True
