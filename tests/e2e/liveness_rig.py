"""A person, or what poses as one, before the camera of the real program: does what the window asks for."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tools.program import CAMERA, ROOT, Program

READY_S, SEATED_S = 30.0, 60.0
OVER = ("done", "judging")
LOOK_S = 0.05


class Sitter:
    """A context: bench.liveness_sim.sitter in a process of its own. ``environment`` has the display that lights it."""

    def __init__(self, socket: Path, environment: Mapping[str, str]) -> None:
        self.socket = socket
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.liveness_sim.sitter", str(socket)],
            cwd=ROOT, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._said() == "ready"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def seat(self, who: str, seed: int) -> None:
        """Somebody, or something else, is before the camera from now on."""
        self._tell({"who": who, "seed": seed, "action": None})
        assert self._said() == "seated"

    def reads(self, action: str) -> None:
        """What the screen asks for; empty for nothing."""
        self._tell({"action": action or None})

    def close(self) -> float:
        """Pictures a second that were taken."""
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()
        fps = json.loads(self._said())["fps"] if self.process.poll() is None else 0.0
        self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return float(fps)

    def _tell(self, what: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        self.process.stdin.flush()

    def _said(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode().strip()
        assert line, f"the sitter ended with {self.process.poll()}"
        return line


def to_intro(program: Program) -> None:
    """From wherever one is to where the face check by camera begins, with the test camera chosen."""
    program.choose(CAMERA, {"type": "DemoSound"})
    program.open_page("prepare")
    program.until_window("click", "prepare.step.face")
    program.until_window("click", "prepare.status.main")
    program.until(lambda state: state["video"] == "live", "seeing the camera")
    program.until_window("click", "liveness.agree")


def attempt(
    program: Program, sitter: Sitter, *, wait_s: float = 90.0, picture: str = "", button: str = "liveness.start"
) -> tuple[dict[str, Any], float]:
    """Press ``button`` and do what is asked, until there is an outcome: the state, and seconds up to the receipt."""
    program.until_window("click", button)
    began_s = time.monotonic()
    sent_s = 0.0
    asked = ""
    shot: set[str] = set()
    program.until(lambda state: state["liveness"] not in ("idle", "done"), "started", 20)
    while True:
        state = program.state
        if state["liveness_action"] != asked:
            asked = state["liveness_action"]
            sitter.reads(asked)
        phase = f"{state['liveness']}-{asked}" if asked else state["liveness"]
        if picture and phase not in shot:
            shot.add(phase)
            program.window("screenshot", f"{picture}-{len(shot):02d}-{phase}.png")
        if state["liveness"] in OVER and not sent_s:
            sent_s = time.monotonic() - began_s
        if state["liveness"] == "done":
            sitter.reads("")
            return state, sent_s
        assert time.monotonic() - began_s < wait_s, state
        time.sleep(LOOK_S)
