"""The process of the viewers (bench.room_load), and how it is told what to do."""

from __future__ import annotations

import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

from bench.engine import ROOT
from tools.desktop import clean_environment, stop_process


class CrowdProcess:
    """A context. Commands are methods of ``room_load.Crowd``."""

    def __init__(self, host: str, port: int, path: str, room: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.room_load"],
            cwd=ROOT, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._write({"host": host, "port": port, "path": path, "room": room})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stop_process(self._process)

    def ask(self, command: str, **given: Any) -> dict[str, Any]:
        """Carry out a command; its answer."""
        self.begin(command, **given)
        return self.answer()

    def begin(self, command: str, **given: Any) -> None:
        """Carry out a command whose ``answer`` is asked for later."""
        self._write([command, given])

    def answer(self) -> dict[str, Any]:
        """Of the command that was begun last. Raises RuntimeError when the process is gone; it has said why."""
        line = self._process.stdout.readline() if self._process.stdout is not None else b""
        if not line:
            raise RuntimeError("the viewers are gone")
        told: dict[str, Any] = json.loads(line)
        return told

    def _write(self, what: Any) -> None:
        if self._process.stdin is None:
            raise RuntimeError("the viewers have no standard input")
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        self._process.stdin.flush()
