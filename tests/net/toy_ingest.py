"""A toy ingest that speaks true RTMP on a loopback socket and follows a script, one step a connection.

A thread accepts, one thread serves each connection; ``close`` ends and joins them all.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType

from app.rtmp import (
    ConnectRequested,
    PublishRequested,
    RtmpError,
    ServerConnection,
    ServerEvent,
    TagKind,
    TagReceived,
    Unpublished,
)


@dataclass(frozen=True)
class Script:
    """What happens to one connection. Without anything it is a good ingest."""

    is_silent: bool = False
    """Takes the connection and never says a word."""
    refuse_connect: tuple[str, str] | None = None
    refuse_publish: tuple[str, str] | None = None
    close_after_tags: int | None = None
    end_after_tags: tuple[int, str, str] | None = None
    stall_after_tags: int | None = None
    """Stops reading, keeps the socket open."""
    read_bytes_per_s: float | None = None
    receive_buffer_bytes: int | None = None
    garbage: bytes = b""
    """Sent instead of an answer."""


@dataclass
class Seen:
    """What one connection brought."""

    raw: bytearray = field(default_factory=bytearray)
    tags: list[TagReceived] = field(default_factory=list)
    arrived_s: list[float] = field(default_factory=list)
    app: str = ""
    key: str = ""
    query: str = ""
    flash_ver: str = ""
    did_unpublish: bool = False
    error: RtmpError | None = None

    def of(self, kind: TagKind) -> list[TagReceived]:
        return [tag for tag in self.tags if tag.kind is kind]


class ToyIngest:
    """Listens from construction on. ``scripts`` are used in turn; the last one goes on."""

    def __init__(self, *scripts: Script, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._scripts = scripts or (Script(),)
        self._tls = tls
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", port))
        # Accepted sockets inherit it, and only before the connection is made does it bound the window.
        sizes = [script.receive_buffer_bytes for script in self._scripts if script.receive_buffer_bytes]
        if sizes:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, min(sizes))
        self._listener.settimeout(0.05)
        self.port = int(self._listener.getsockname()[1])
        self.connections: list[Seen] = []
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, name="toy-ingest")
        self._acceptor.start()

    @property
    def url(self) -> str:
        return f"{'rtmps' if self._tls else 'rtmp'}://127.0.0.1:{self.port}/live"

    def __enter__(self) -> ToyIngest:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Reset every connection, as a killed server would, and join."""
        self._stop.set()
        self._acceptor.join(2)
        self._listener.close()
        for thread in self._threads:
            thread.join(2)

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                sock, _ = self._listener.accept()
            except TimeoutError:
                continue
            script = self._scripts[min(len(self.connections), len(self._scripts) - 1)]
            seen = Seen()
            self.connections.append(seen)
            thread = threading.Thread(target=self._serve, args=(sock, script, seen), name="toy-ingest-peer")
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, script: Script, seen: Seen) -> None:
        sock.settimeout(2)
        with contextlib.suppress(OSError), contextlib.closing(sock):
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
            with contextlib.closing(sock):
                self._talk(sock, script, seen)
                if self._stop.is_set():
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _talk(self, sock: socket.socket, script: Script, seen: Seen) -> None:
        if script.is_silent:
            self._stop.wait(30)
            return
        server = ServerConnection()
        started_s = time.monotonic()
        while not self._stop.is_set():
            if script.read_bytes_per_s and len(seen.raw) > script.read_bytes_per_s * (time.monotonic() - started_s):
                self._stop.wait(0.01)
                continue
            has_pending = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
            if not has_pending and not select.select([sock], [], [], 0.05)[0]:
                continue
            data = sock.recv(4096 if script.read_bytes_per_s else 65536)
            if not data:
                return
            seen.raw += data
            if script.garbage:
                sock.sendall(script.garbage)
                continue
            try:
                is_going_on = self._on_data(server, data, script, seen)
            except RtmpError as error:
                seen.error = error
                return
            sock.sendall(server.data_to_send())
            if not is_going_on:
                return
            if script.stall_after_tags is not None and len(seen.tags) >= script.stall_after_tags:
                self._stop.wait(30)
                return

    def _on_data(self, server: ServerConnection, data: bytes, script: Script, seen: Seen) -> bool:
        events = server.receive(data)
        while events:
            for event in events:
                if not self._on_event(server, event, script, seen):
                    return False
            # What the peer sent behind a question waits for the answer.
            events = server.receive(b"")
        if script.end_after_tags is not None and len(seen.tags) >= script.end_after_tags[0]:
            server.end_publish(*script.end_after_tags[1:])
            return False
        return script.close_after_tags is None or len(seen.tags) < script.close_after_tags

    def _on_event(self, server: ServerConnection, event: ServerEvent, script: Script, seen: Seen) -> bool:
        match event:
            case ConnectRequested():
                seen.app, seen.flash_ver = event.app, event.flash_ver
                if script.refuse_connect:
                    server.refuse_connect(*script.refuse_connect)
                    return False
                server.accept_connect()
            case PublishRequested():
                seen.key, seen.query = event.key, event.query
                if script.refuse_publish:
                    server.refuse_publish(*script.refuse_publish)
                    return False
                server.accept_publish()
            case TagReceived():
                seen.tags.append(event)
                seen.arrived_s.append(time.monotonic())
            case Unpublished():
                seen.did_unpublish = True
        return True
