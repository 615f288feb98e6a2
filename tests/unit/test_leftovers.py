"""The guard against what tests leave behind sees what it must."""

from __future__ import annotations

import subprocess
import sys
import threading
from multiprocessing import shared_memory

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


def test_shared_memory_is_seen() -> None:
    guard = Guard()
    before = guard.look()
    segment = shared_memory.SharedMemory("anchordesk-test-leftover", create=True, size=64)
    try:
        assert guard.left_since(before) == ["shared memory anchordesk-test-leftover"]
    finally:
        segment.close()
        segment.unlink()
    assert guard.left_since(before) == []
