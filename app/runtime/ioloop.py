"""The asyncio loop in a thread of its own. The Qt thread only ever posts to it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any

JOIN_S = 5.0
_CANCEL_S = 2.0


class IoLoop:
    """``start``, ``post`` from any thread, ``run_last`` and the end from the owner."""

    def __init__(self, name: str = "io") -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._is_up = threading.Event()

    def start(self) -> None:
        """Start the thread; returns when the loop runs."""
        self._thread.start()
        self._is_up.wait()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._is_up.set)
        try:
            self._loop.run_forever()
        finally:
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            if left:
                self._loop.run_until_complete(asyncio.wait(left, timeout=_CANCEL_S))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    def post(self, call: Callable[[], object]) -> None:
        """Run ``call`` in the loop soon. Ignored once the loop has ended."""
        # It may end between a look and the call; then the call says so.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call)

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Run ``last`` in the loop, cancel what is left, end the thread. Blocks at most JOIN_S twice.

        What ``last`` raises is raised here, after the thread has ended.
        """
        done = asyncio.run_coroutine_threadsafe(last, self._loop)
        try:
            done.result(JOIN_S)
        except TimeoutError:
            done.cancel()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(JOIN_S)
