"""The real engine process, driven over its real channel."""

from __future__ import annotations

import os
import queue
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from app.ports import engine as port
from app.runtime.channel import Channel, ChannelError, attach
from app.runtime.children import clean_environment
from app.runtime.launch import EngineLaunch, write_launch

ROOT = Path(__file__).resolve().parents[3]
WAIT_S = 15.0

E = TypeVar("E")


class Window:
    """What a window is to the engine: an attached channel, and everything it heard."""

    def __init__(self, endpoint: str, key: bytes) -> None:
        self._inbox: queue.Queue[Any] = queue.Queue()
        self.heard: list[Any] = []
        self.is_open = True
        self._requests = 0
        self._channel: Channel[Any, Any] = self._attach(endpoint, key)

    def _attach(self, endpoint: str, key: bytes) -> Channel[Any, Any]:
        deadline_s = time.monotonic() + WAIT_S
        while True:
            try:
                return attach(
                    endpoint, key, port.AnyEvent, on_message=self._inbox.put, on_closed=self._closed, name="test-window"
                )
            except ChannelError:
                if time.monotonic() > deadline_s:
                    raise
                time.sleep(0.05)

    def _closed(self) -> None:
        self.is_open = False

    def send(self, make: Callable[..., Any], **fields: Any) -> int:
        """Send a command; its number."""
        self._requests += 1
        self._channel.send(make(request_id=self._requests, **fields))
        return self._requests

    def ask(self, make: Callable[..., Any], **fields: Any) -> str:
        """Send a command and wait; the code of its answer."""
        number = self.send(make, **fields)
        return self.wait_for(port.CommandDone, lambda done: done.request_id == number).code

    def wait_for(self, kind: type[E], is_it: Callable[[E], bool] = lambda _: True) -> E:
        """The first event of a kind, heard already or to come, that ``is_it`` takes; it is taken out."""
        deadline_s = time.monotonic() + WAIT_S
        while True:
            for number, event in enumerate(self.heard):
                if isinstance(event, kind) and is_it(event):
                    return self.heard.pop(number)
            try:
                self.heard.append(self._inbox.get(timeout=max(0.01, deadline_s - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"no such {kind.__name__} among {self.heard}") from None

    def close(self) -> None:
        self._channel.close()


class EngineProcess:
    """A context: ends what it started."""

    def __init__(
        self, folder: Path, *, window_grace_s: float = 120.0, environment: Mapping[str, str] | None = None,
        test_camera: str = "",
    ) -> None:  # fmt: skip
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.key = secrets.token_bytes(32)
        self.shared_name = f"adtest{secrets.token_hex(4)}"
        self.endpoint = str(folder / "engine.sock")
        self._grace_s, self._test_camera = window_grace_s, test_camera
        self._environment = environment or clean_environment(os.environ)
        self._windows: list[Window] = []
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "--role", "engine"],
            cwd=ROOT, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        launch = EngineLaunch(
            data_dir=str(self.folder),
            log_dir=str(self.folder / "log"),
            endpoint=self.endpoint,
            key_hex=self.key.hex(),
            shared_name=self.shared_name,
            window_grace_s=self._grace_s,
            test_camera=self._test_camera,
        )
        assert process.stdin is not None
        process.stdin.write(write_launch(launch))
        process.stdin.flush()
        return process

    def start_again(self) -> None:
        """After it died."""
        self._close_process()
        self.process = self._start()

    def window(self, key: bytes | None = None) -> Window:
        window = Window(self.endpoint, key or self.key)
        self._windows.append(window)
        return window

    def shared(self) -> list[str]:
        """Segments of shared memory that are there now."""
        return sorted(path.name for path in Path("/dev/shm").glob(f"{self.shared_name}*"))

    def __enter__(self) -> EngineProcess:
        return self

    def __exit__(self, *_: object) -> None:
        for window in self._windows:
            window.close()
        self._close_process()
        for name in self.shared():
            (Path("/dev/shm") / name).unlink()

    def _close_process(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()
