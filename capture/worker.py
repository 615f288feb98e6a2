"""One thread for what takes long: lists of devices, trials of encoders. A driver that hangs holds nothing up but it.

concurrent.futures will not do: it joins its threads when the interpreter ends, however long they take.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

_LOG = logging.getLogger(__name__)
_MOST_WAITING = 16
_JOIN_S = 2.0

Call = Callable[[], None]


class Worker:
    """``submit`` from any thread; ``start`` and ``close`` once each."""

    def __init__(self, name: str) -> None:
        self._calls: queue.Queue[Call | None] = queue.Queue(_MOST_WAITING)
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def submit(self, call: Call) -> bool:
        """Do it when those before are done; False when too many wait."""
        try:
            self._calls.put_nowait(call)
        except queue.Full:
            return False
        return True

    def close(self, join_s: float = _JOIN_S) -> bool:
        """What waits is dropped; whether the thread has ended. A driver that hangs is left to it."""
        self._is_closing.set()
        try:
            self._calls.put_nowait(None)
        except queue.Full:
            pass
        if self._thread.is_alive():
            self._thread.join(join_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            if self._is_closing.is_set():
                return
            try:
                call()
            except Exception:
                _LOG.exception("a task of the worker failed")
