"""The demonstration as a person runs it: to its end, and ended by Ctrl+C early and late."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psutil
import pytest

from tools.desktop import clean_environment
from tools.program import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ON_AIR_S = 45
"""A busy machine's player needs two seconds to its first picture: of a short broadcast that is a tenth and more."""


class Terminal:
    """``python -m tools.demo`` and what it prints."""

    def __init__(self, folder: Path, on_air_s: int, *more: str) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self._queue: queue.Queue[str] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.demo", "--folder", str(folder), *more],
            cwd=ROOT, env={**clean_environment(), "DEMO_S": str(on_air_s)}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, name="terminal")
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            # Twice: the second does not wait for the broadcast's end.
            for _ in range(2):
                self.process.send_signal(signal.SIGINT)
                time.sleep(0.5)
            self.process.wait(30)
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def until(self, text: str, wait_s: float) -> None:
        """Until a line with ``text`` was printed."""
        deadline_s = time.monotonic() + wait_s
        while True:
            try:
                line = self._queue.get(timeout=max(0.01, deadline_s - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no “{text}” in {self.lines}") from None
            if text in line:
                return

    def ctrl_c(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def end(self, wait_s: float) -> int:
        """The exit code."""
        code = self.process.wait(wait_s)
        self._reader.join(5)
        return code

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def left_running(self) -> list[str]:
        """Processes that name the demonstration's folder on their command line or in their environment."""
        return [f"{process.pid} {process.info['cmdline']}" for process in _all() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            return False
        return process.pid != os.getpid() and any(str(self.folder) in word for word in words)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            self._queue.put(line)


def _all() -> Iterator[psutil.Process]:
    return psutil.process_iter(["cmdline"])


def test_it_ends_by_itself_after_its_time(tmp_path: Path) -> None:
    with Terminal(tmp_path / "demo", ON_AIR_S) as terminal:
        began_s = time.monotonic()
        assert terminal.end(120) == 0, terminal.said
        assert time.monotonic() - began_s > ON_AIR_S
        assert re.search(r"on air; watch it at http://127\.0\.0\.1:\d+/s/\w+ ", terminal.said), terminal.said
        assert re.search(r"^frames sent \d{3,}, dropped \d+; messages sent \d+$", terminal.said, re.MULTILINE)
        for name, via in (("viewer 1", "flv"), ("viewer 2", "flv"), ("viewer 3", "hls")):
            assert re.search(rf"^{name} +{via} +\d+ +\d+ +\d+\.\d% ", terminal.said, re.MULTILINE), terminal.said
        assert "demo: all well" in terminal.said
        assert json.loads((terminal.folder / "summary.json").read_text(encoding="utf-8"))["faults"] == []
        assert terminal.left_running() == []


def test_a_silent_broadcast_is_a_fault(tmp_path: Path) -> None:
    silence = tmp_path / "silence.wav"
    with wave.open(str(silence), "wb") as file:
        file.setparams((1, 2, 48_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 48_000 * 5))
    with Terminal(tmp_path / "demo", 12, "--speech", str(silence)) as terminal:
        assert terminal.end(120) == 1, terminal.said
        for number in (1, 2, 3):
            assert f"FAULT: viewer {number} heard sound above -40 dBFS in 0% of the seconds" in terminal.said
        assert "demo: failed" in terminal.said
        assert terminal.left_running() == []


def test_ctrl_c_ends_the_demonstration_with_its_verdict(tmp_path: Path) -> None:
    with Terminal(tmp_path / "demo", 0) as terminal:
        terminal.until("watches by HLS", 90)
        assert terminal.left_running(), "the search finds nothing"
        time.sleep(ON_AIR_S)
        terminal.ctrl_c()
        assert terminal.end(90) == 0, terminal.said
        assert "demo: all well" in terminal.said
        assert terminal.left_running() == []
        summary = json.loads((terminal.folder / "summary.json").read_text(encoding="utf-8"))
        assert summary["faults"] == []
        assert [viewer["via"] for viewer in summary["viewers"]] == ["flv", "flv", "hls"]
        assert len(summary["messages"]) >= 4
        pictures = {path.stem for path in terminal.folder.glob("*.png")}
        assert pictures >= {"window-4-on-air", "window-5-on-air-light", "viewer-1-flv", "viewer-3-hls"}


def test_ctrl_c_before_the_air_leaves_nothing(tmp_path: Path) -> None:
    with Terminal(tmp_path / "demo", 0) as terminal:
        terminal.until("starting a platform", 40)
        terminal.ctrl_c()
        assert terminal.end(60) == 130, terminal.said
        assert terminal.left_running() == []


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    with Terminal(tmp_path / "demo", 0) as terminal:
        terminal.until("watches by FLV", 60)
        terminal.ctrl_c()
        time.sleep(0.5)
        terminal.ctrl_c()
        assert terminal.end(40) == 143, terminal.said
        assert terminal.left_running() == []
