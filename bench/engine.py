"""The real engine in its own process, driven like a window drives it."""

from __future__ import annotations

import os
import queue
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from app.ports import engine as port
from app.runtime.channel import Channel, ChannelError, attach
from app.runtime.children import clean_environment
from app.runtime.launch import EngineLaunch, write_launch

ROOT = Path(__file__).resolve().parents[1]
_WAIT_S = 15.0

E = TypeVar("E")


class Engine:
    """A context."""

    def __init__(self, folder: Path) -> None:
        key = secrets.token_bytes(32)
        endpoint = str(folder / "engine.sock")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "--role", "engine"],
            cwd=ROOT, env=clean_environment(os.environ), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        launch = EngineLaunch(
            data_dir=str(folder), log_dir=str(folder), endpoint=endpoint, key_hex=key.hex(),
            shared_name=f"adbench{secrets.token_hex(4)}",
        )  # fmt: skip
        if self.process.stdin is not None:
            self.process.stdin.write(write_launch(launch))
            self.process.stdin.flush()
        self._events: queue.Queue[Any] = queue.Queue()
        self._numbers = 0
        self._channel = self._attach(endpoint, key)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def ask(self, make: Callable[..., Any], **fields: Any) -> None:
        """Carry out a command. Raises RuntimeError with its code when it fails."""
        self._numbers += 1
        number = self._numbers
        self._channel.send(make(request_id=number, **fields))
        code = self.wait_for(port.CommandDone, lambda done: done.request_id == number).code
        if code:
            raise RuntimeError(f"{make.__name__}: {code}")

    def wait_for(self, kind: type[E], is_it: Callable[[E], bool] = lambda _: True, wait_s: float = _WAIT_S) -> E:
        """The next event of a kind; others are dropped. Raises RuntimeError."""
        deadline_s = time.monotonic() + wait_s
        while True:
            try:
                event = self._events.get(timeout=max(0.01, deadline_s - time.monotonic()))
            except queue.Empty:
                raise RuntimeError(f"no {kind.__name__} within {wait_s:.0f} s") from None
            if isinstance(event, kind) and is_it(event):
                return event

    def newest_stats(self) -> port.Stats:
        """Figures that were made after this call."""
        while not self._events.empty():
            self._events.get()
        return self.wait_for(port.Stats)

    def _attach(self, endpoint: str, key: bytes) -> Channel[Any, Any]:
        deadline_s = time.monotonic() + _WAIT_S
        while True:
            try:
                return attach(
                    endpoint, key, port.AnyEvent, on_message=self._events.put, on_closed=lambda: None, name="bench"
                )
            except ChannelError:
                if time.monotonic() > deadline_s:
                    raise
                time.sleep(0.02)
