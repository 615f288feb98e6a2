"""The window as a process among others: it asks before it goes, may go alone, and waits for nobody."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server.demo_data import ANCHOR_PHONE
from tests.e2e.test_bad_input import DEMO, goes_on, reads
from tools.desktop import Desktop
from tools.program import ROOT, Program

pytestmark = pytest.mark.e2e

ANSWERS_S = 0.5


@pytest.fixture
def anchor(start: Callable[..., Program]) -> Program:
    program = start()
    program.try_here()
    program.sign_in(ANCHOR_PHONE)
    program.choose(*DEMO)
    return program


def start_again(program: Program, desktop: Desktop) -> int:
    """What a second double-click on the icon does; its exit code."""
    command = [sys.executable, "-m", "app", "--data-dir", str(program.data_dir)]
    return subprocess.run(command, cwd=ROOT, env=desktop.environment, timeout=20, check=False).returncode


def until_role(program: Program, role: str, is_there: bool) -> None:
    deadline_s = time.monotonic() + 20
    while (role in program.children()) != is_there:
        assert time.monotonic() < deadline_s, program.children()
        time.sleep(0.05)


@pytest.mark.slow
def test_closing_on_air_asks_and_may_be_taken_back(anchor: Program) -> None:
    anchor.go_live("先别关")
    children = anchor.children()
    assert maps(children["engine"], "cv2"), "the search finds nothing"
    assert maps(children["window"], "PySide6")
    assert maps(children["window"], "cv2") == [], "it brings a Qt of its own"
    anchor.window("close")
    reads(anchor, "closing.title")
    anchor.until_window("click", "closing.cancel")
    goes_on(anchor)
    assert anchor.state["broadcast"] == "on_air"
    anchor.window("close")
    anchor.until_window("click", "closing.end")
    assert anchor.process.wait(20) == 0, "the program is over"


@pytest.mark.slow
def test_the_window_may_go_alone_and_come_back(anchor: Program, desktop: Desktop) -> None:
    before = anchor.go_live("只关窗口")
    children = anchor.children()
    anchor.window("close")
    anchor.until_window("click", "closing.keep")
    until_role(anchor, "window", is_there=False)
    time.sleep(1.0)
    rest = {role: pid for role, pid in children.items() if role != "window"}
    assert anchor.children() == rest, "all the others run on"
    assert start_again(anchor, desktop) == 0
    until_role(anchor, "window", is_there=True)
    anchor.attach()
    sent = before["stats"]["frames_sent"]
    anchor.until(
        lambda state: state["broadcast"] == "on_air" and state["stats"].get("frames_sent", 0) > sent, "on air as before"
    )
    # The engine says that it is on air before the service has told in which session.
    anchor.until(lambda state: state["session_id"] == before["session_id"], "in the same session")
    goes_on(anchor)
    anchor.end_live()
    assert {role: anchor.children()[role] for role in rest} == rest


@pytest.mark.slow
def test_a_second_start_shows_the_first(anchor: Program, desktop: Desktop) -> None:
    children = anchor.children()
    assert start_again(anchor, desktop) == 0
    assert anchor.children() == children


def test_nothing_is_left_when_the_person_leaves(anchor: Program) -> None:
    children = anchor.children()
    anchor.window("close")
    assert anchor.process.wait(20) == 0
    assert [pid for pid in children.values() if os.path.exists(f"/proc/{pid}")] == []
    left = [path.name for path in anchor.data_dir.glob("*.sock")]
    assert left in ([], ["script.sock"])


def maps(pid: int, package: str) -> list[str]:
    """Files of a package that a process has mapped."""
    lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    return sorted({line.split()[-1] for line in lines if f"/{package}/" in line})


@contextlib.contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_the_window_answers_while_everything_else_hangs(anchor: Program, tmp_path: Path) -> None:
    children = anchor.children()
    waited_s: list[float] = []

    def ask(**command: object) -> dict[str, Any]:
        asked_s = time.monotonic()
        answer = anchor.ask(**command)
        waited_s.append(time.monotonic() - asked_s)
        return answer

    with stopped([children[role] for role in ("engine", "service", "ingest")]):
        # Each of these would have to wait for somebody who does not answer.
        ask(wish="MuteMicrophone", args={"is_muted": True})
        ask(wish="RefreshDevices", args={})
        ask(wish="ListSources", args={})
        for page in ("settings", "live") * 3:
            ask(window={"page": page})
            assert ask(window={"look": {}})["page"] == page
        ask(window={"screenshot": str(tmp_path / "hanging.png")})
    assert statistics.median(waited_s) < ANSWERS_S, waited_s
    # Whoever waits for one of them waits for a deadline of seconds, once at least.
    assert max(waited_s) < ANSWERS_S * 4, waited_s
    anchor.until(lambda state: bool(state["is_engine_attached"]) and state["video"] == "live", "back")
