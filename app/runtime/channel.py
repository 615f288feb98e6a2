"""Framed local channel between two processes of this user: msgspec structs, never pickle.

Built on ``multiprocessing.connection`` (AF_UNIX on Linux and macOS, a named pipe on Windows), whose HMAC
handshake checks the random key both ways. Only its byte frames are used. Each channel owns two threads:
one reads and calls ``on_message``, one writes from a bounded queue, so that ``send`` never waits for a
peer that hangs. The newest attachment replaces the one before it.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError, connection
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

import msgspec

MAX_FRAME_BYTES = 1024 * 1024
QUEUE_MESSAGES = 512
JOIN_S = 2.0
HANDSHAKE_S = 5.0

Out = TypeVar("Out")
In = TypeVar("In")


class ChannelError(OSError):
    """The other end is not there, or does not know the key."""


def family_of(endpoint: str) -> str:
    """AF_PIPE for a Windows pipe name, AF_UNIX for a path."""
    return "AF_PIPE" if endpoint.startswith("\\\\.\\pipe\\") else "AF_UNIX"


class Channel(Generic[Out, In]):
    """One end of an open channel. ``on_message`` and ``on_closed`` run in its reader thread."""

    def __init__(
        self,
        link: Connection,
        incoming: Any,
        on_message: Callable[[In], None],
        on_closed: Callable[[], None],
        name: str,
    ) -> None:
        self._link = link
        self._decoder = msgspec.msgpack.Decoder(incoming)
        self._encoder = msgspec.msgpack.Encoder()
        self._on_message = on_message
        self._on_closed = on_closed
        self._queue: queue.Queue[bytes | None] = queue.Queue(QUEUE_MESSAGES)
        self._closing = threading.Event()
        self.dropped_messages = 0
        self._reader = threading.Thread(target=self._read, name=f"{name}-read", daemon=True)
        self._writer = threading.Thread(target=self._write, name=f"{name}-write", daemon=True)

    def start(self) -> None:
        """Begin to read and write."""
        self._reader.start()
        self._writer.start()

    @property
    def is_open(self) -> bool:
        return not self._closing.is_set()

    def send(self, message: Out) -> bool:
        """Queue a message; False when the channel is closed or its queue is full (counted). Any thread."""
        if self._closing.is_set():
            return False
        try:
            self._queue.put_nowait(self._encoder.encode(message))
        except queue.Full:
            self.dropped_messages += 1
            return False
        return True

    def close(self, flush_s: float = 0.5) -> None:
        """Write what is queued for at most ``flush_s``, then close. Any thread, more than once."""
        if not self._closing.is_set():
            with contextlib.suppress(queue.Full):
                self._queue.put_nowait(None)
            if self._writer.is_alive() and threading.current_thread() is not self._writer:
                self._writer.join(flush_s)
            self._shut()
        for thread in (self._reader, self._writer):
            if thread.is_alive() and threading.current_thread() is not thread:
                thread.join(JOIN_S)

    def _shut(self) -> None:
        self._closing.set()
        # A shutdown wakes a reader that is blocked in read(); close() alone would not.
        if family_is_socket(self._link):
            _cut(self._link)
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(None)

    def _read(self) -> None:
        try:
            while not self._closing.is_set():
                data = self._link.recv_bytes(MAX_FRAME_BYTES)
                self._on_message(self._decoder.decode(data))
        except (EOFError, OSError, msgspec.DecodeError):
            pass
        finally:
            self._shut()
            self._on_closed()
            if self._writer.is_alive():
                self._writer.join(JOIN_S)
            self._link.close()

    def _write(self) -> None:
        try:
            while True:
                data = self._queue.get()
                if data is None:
                    return
                self._link.send_bytes(data)
        except OSError:
            self._shut()


def family_is_socket(link: Connection) -> bool:
    """Whether the link is a socket (not a Windows pipe)."""
    return sys.platform != "win32" and isinstance(link, Connection)


def _cut(link: Connection) -> None:
    """Wake whoever reads from it."""
    with contextlib.suppress(OSError, ValueError):
        if family_is_socket(link):
            _shutdown_fd(link.fileno())
        else:
            link.close()


def _shutdown_fd(descriptor: int) -> None:
    import socket

    copy = socket.socket(fileno=os.dup(descriptor))
    try:
        copy.shutdown(socket.SHUT_RDWR)
    finally:
        copy.close()


class ChannelListener(Generic[Out, In]):
    """Waits at an endpoint; the newest peer replaces the one before. Callbacks run in its threads.

    ``on_attached`` gets the channel before it starts to read, so that a first message can be queued.
    """

    def __init__(
        self,
        endpoint: str,
        key: bytes,
        incoming: Any,
        *,
        on_attached: Callable[[Channel[Out, In]], None],
        on_message: Callable[[In], None],
        on_detached: Callable[[], None],
        name: str,
        handshake_s: float = HANDSHAKE_S,
    ) -> None:
        self._endpoint = endpoint
        self._handshake_s = handshake_s
        self._key = key
        self._incoming = incoming
        self._on_attached = on_attached
        self._on_message = on_message
        self._on_detached = on_detached
        self._name = name
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._current: Channel[Out, In] | None = None
        if family_of(endpoint) == "AF_UNIX":
            with contextlib.suppress(FileNotFoundError):
                os.unlink(endpoint)
        previous = os.umask(0o177) if sys.platform != "win32" else 0
        try:
            self._listener = connection.Listener(endpoint, family_of(endpoint))
        finally:
            if sys.platform != "win32":
                os.umask(previous)
        self._thread = threading.Thread(target=self._accept, name=f"{name}-accept", daemon=True)

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    @property
    def is_attached(self) -> bool:
        """Whether a peer is there. Any thread."""
        with self._lock:
            return self._current is not None

    def send(self, message: Out) -> bool:
        """Send to the attached peer; False when there is none."""
        with self._lock:
            channel = self._current
        return channel.send(message) if channel is not None else False

    def close(self) -> None:
        """Close the peer and the endpoint."""
        self._closing.set()
        with self._lock:
            channel, self._current = self._current, None
        if channel is not None:
            channel.close()
        # A connection of our own wakes accept().
        if self._thread.is_alive():
            with contextlib.suppress(OSError):
                connection.Client(self._endpoint, family_of(self._endpoint)).close()
            self._thread.join(JOIN_S)
        self._listener.close()
        if family_of(self._endpoint) == "AF_UNIX":
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._endpoint)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                link = self._listener.accept()
            except OSError:
                if self._closing.is_set():
                    return
                continue
            if self._closing.is_set():
                link.close()
                return
            # A peer that hangs in the handshake must not keep others out.
            threading.Thread(target=self._greet, args=(link,), name=f"{self._name}-greet", daemon=True).start()

    def _greet(self, link: Connection) -> None:
        # Reads of this handshake have no deadline of their own.
        deadline = threading.Timer(self._handshake_s, _cut, (link,))
        deadline.name, deadline.daemon = f"{self._name}-deadline", True
        deadline.start()
        try:
            connection.deliver_challenge(link, self._key)
            connection.answer_challenge(link, self._key)
        except (OSError, EOFError, AuthenticationError, ValueError):
            # Nor must the number of this descriptor be another's by the time the deadline comes.
            deadline.cancel()
            deadline.join()
            link.close()
            return
        deadline.cancel()
        deadline.join()
        holder: list[Channel[Out, In]] = []

        def closed() -> None:
            with self._lock:
                was_current = self._current is holder[0]
                if was_current:
                    self._current = None
            if was_current and not self._closing.is_set():
                self._on_detached()

        channel: Channel[Out, In] = Channel(link, self._incoming, self._on_message, closed, self._name)
        holder.append(channel)
        with self._lock:
            previous, self._current = self._current, channel
        if previous is not None:
            previous.close(0.1)
        self._on_attached(channel)
        channel.start()


def attach(
    endpoint: str,
    key: bytes,
    incoming: Any,
    *,
    on_message: Callable[[Any], None],
    on_closed: Callable[[], None],
    name: str,
) -> Channel[Any, Any]:
    """Connect to an endpoint and start reading. Raises ChannelError. Blocks: not for the Qt thread."""
    try:
        link = connection.Client(endpoint, family_of(endpoint), authkey=key)
    except (OSError, EOFError, AuthenticationError) as cause:
        raise ChannelError(str(cause)) from cause
    channel: Channel[Any, Any] = Channel(link, incoming, on_message, on_closed, name)
    channel.start()
    return channel
