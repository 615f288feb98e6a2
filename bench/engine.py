"""The real engine's process, started as the supervisor starts it, worked through its channel. Main thread."""

from __future__ import annotations

import itertools
import os
import queue
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app.ports import engine as port
from app.runtime.channel import Channel, ChannelError, attach
from app.runtime.launch import EngineLaunch, write_launch
from bench.processes import MeasureError, start
from tools.desktop import stop_process

_START_S = 20.0
_WAIT_S = 15.0


class EngineProcess:
    """A context: the engine with a channel to it. ``folder`` takes its logs and its endpoint."""

    def __init__(self, folder: Path) -> None:
        self._numbers = itertools.count(1)
        self._events: queue.Queue[port.AnyEvent] = queue.Queue()
        self._channel: Channel[port.AnyCommand, port.AnyEvent] | None = None
        self.stats = port.Stats(at_ms=0)
        """The newest that ``wait`` has come across."""
        key = secrets.token_bytes(32)
        endpoint = folder / f"e{secrets.token_hex(4)}.sock"
        launch = EngineLaunch(
            data_dir=str(folder),
            log_dir=str(folder),
            endpoint=str(endpoint),
            key_hex=key.hex(),
            shared_name=f"ad-bench-{secrets.token_hex(4)}-",
        )
        command = [sys.executable, "-m", "app", "--role", "engine", "--parent", str(os.getpid())]
        self._process: subprocess.Popen[bytes] = start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(write_launch(launch))
            self._process.stdin.flush()
            self._attach(str(endpoint), key)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, kind: type[port.Command], **fields: Any) -> None:
        """One command; waits until it is done. Raises MeasureError."""
        number = next(self._numbers)
        if self._channel is None or not self._channel.send(kind(request_id=number, **fields)):  # type: ignore[arg-type]
            raise MeasureError("the engine is not there")
        done = self.wait(
            lambda event: isinstance(event, port.CommandDone) and event.request_id == number, kind.__name__
        )
        if isinstance(done, port.CommandDone) and done.code:
            raise MeasureError(f"the engine answered {kind.__name__} with {done.code}")

    def wait(self, is_it: Callable[[port.AnyEvent], bool], what: str, wait_s: float = _WAIT_S) -> port.AnyEvent:
        """The next event of a kind. Raises MeasureError."""
        deadline_s = time.monotonic() + wait_s
        while True:
            try:
                event = self._events.get(timeout=max(0.001, deadline_s - time.monotonic()))
            except queue.Empty:
                raise MeasureError(f"the engine did not tell: {what}") from None
            if isinstance(event, port.Stats):
                self.stats = event
            if is_it(event):
                return event

    def next_stats(self) -> port.Stats:
        """The figures of the second that ends next."""
        while True:
            try:
                self._events.get_nowait()
            except queue.Empty:
                break
        self.wait(lambda event: isinstance(event, port.Stats), "statistics")
        return self.stats

    def close(self) -> None:
        """Ask it to end, then insist."""
        if self._channel is not None:
            self._channel.send(port.Shutdown(request_id=next(self._numbers)))
            self._channel.close()
            self._channel = None
        stop_process(self._process)

    def _attach(self, endpoint: str, key: bytes) -> None:
        deadline_s = time.monotonic() + _START_S
        while True:
            try:
                self._channel = attach(
                    endpoint,
                    key,
                    port.AnyEvent,
                    on_message=self._events.put,
                    on_closed=lambda: None,
                    name="bench-engine",
                )
                return
            except ChannelError as cause:
                if self._process.poll() is not None or time.monotonic() > deadline_s:
                    raise MeasureError("the engine did not start") from cause
                time.sleep(0.05)
