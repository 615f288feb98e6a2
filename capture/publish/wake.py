"""Wakes a thread that waits in ``select``: a pair of sockets, as that works on every platform."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading


class Waiter:
    """Waits for one link and for ``wake``. ``wait`` is for the owning thread, ``wake`` for any."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ours, selectors.EVENT_READ)
        self._lock = threading.Lock()
        self._is_woken = False
        self._is_closed = False
        self._mask = 0

    def watch(self, file: int, wants_write: bool) -> None:
        """Watch this descriptor, the only one besides our own."""
        mask = selectors.EVENT_READ | (selectors.EVENT_WRITE if wants_write else 0)
        if self._mask == 0:
            self._selector.register(file, mask)
        elif mask != self._mask:
            self._selector.modify(file, mask)
        self._mask = mask

    def unwatch(self, file: int) -> None:
        if self._mask:
            self._selector.unregister(file)
            self._mask = 0

    def wait(self, timeout_s: float) -> bool:
        """Wait; True when the watched descriptor may be read."""
        is_readable = False
        for key, events in self._selector.select(max(0.0, timeout_s)):
            if key.fileobj is self._ours:
                with self._lock:
                    self._is_woken = False
                    with contextlib.suppress(BlockingIOError):
                        self._ours.recv(64)
            elif events & selectors.EVENT_READ:
                is_readable = True
        return is_readable

    def wake(self) -> None:
        """Let ``wait`` return. Never blocks; harmless after ``close``."""
        with self._lock:
            if not self._is_woken and not self._is_closed:
                self._is_woken = True
                with contextlib.suppress(BlockingIOError):
                    self._theirs.send(b"\0")

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            self._selector.close()
            self._ours.close()
            self._theirs.close()
