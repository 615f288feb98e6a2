"""The guard against what tests leave behind sees what it must."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from multiprocessing import shared_memory
from pathlib import Path

import psutil
import pytest

from tests import leftovers
from tests.leftovers import Guard


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "GRACE_S", 0.05)


def test_a_thread_is_seen() -> None:
    guard, stop = Guard(), threading.Event()
    before = guard.look()
    thread = threading.Thread(target=stop.wait, name="forgotten", daemon=True)
    thread.start()
    assert guard.left_since(before) == ["thread forgotten"]
    stop.set()
    thread.join(2)
    assert guard.left_since(before) == []


def test_a_child_is_seen_unless_it_was_announced() -> None:
    guard = Guard()
    before = guard.look()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = guard.left_since(before)
        assert len(found) == 1
        assert str(child.pid) in found[0]
        guard.allow_process(child.pid)
        assert guard.left_since(before) == []
        child.communicate(b"\n")


def _orphan(guard: Guard, environment: dict[str, str], *arguments: str) -> tuple[int, list[str]]:
    """Start a process whose parent ends at once; its id and what the guard says of it while it runs."""
    before = guard.look()
    waits = "import os; os.read(0, 1)"
    starter = (
        "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', sys.argv[1], *sys.argv[2:]], "
        "stdin=0, stdout=-3, stderr=-3, start_new_session=True).pid)"
    )
    read_fd, write_fd = os.pipe()
    try:
        done = subprocess.run(
            [sys.executable, "-c", starter, waits, *arguments],
            env=environment, stdin=read_fd, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return int(done.stdout), guard.left_since(before)
    finally:
        os.close(read_fd)
        os.close(write_fd)


def test_an_orphan_is_seen_by_the_folders_of_this_run(tmp_path: Path) -> None:
    guard = Guard(str(tmp_path))
    pid, found = _orphan(guard, {"HOME": str(tmp_path)})
    assert [entry.split()[:2] for entry in found] == [["process", str(pid)]]
    pid, found = _orphan(guard, {}, "--data-dir", str(tmp_path / "data"))
    assert [entry.split()[:2] for entry in found] == [["process", str(pid)]]


def test_a_process_of_somebody_else_is_none_of_our_business(tmp_path: Path) -> None:
    _, found = _orphan(Guard(str(tmp_path)), {})
    assert found == []


def test_what_descends_from_an_announced_process_is_announced() -> None:
    guard = Guard()
    before = guard.look()
    parent = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE) as child:
        while not psutil.Process(child.pid).children():
            time.sleep(0.01)
        assert len(guard.left_since(before)) == 2
        guard.allow_process(child.pid)
        assert guard.left_since(before) == []
        child.communicate(b"\n")


@pytest.mark.parametrize("beginning", ["anchordesk-test-", "adtest", "adbench", "adscreens", "ad-1f-", "psm_"])
def test_shared_memory_is_seen(beginning: str) -> None:
    name = f"{beginning}{os.getpid()}"
    guard = Guard()
    before = guard.look()
    segment = shared_memory.SharedMemory(name, create=True, size=64)
    try:
        # Beside whatever another run of tests is just making.
        assert f"shared memory {name}" in guard.left_since(before)
    finally:
        segment.close()
        segment.unlink()
    assert f"shared memory {name}" not in guard.left_since(before)
