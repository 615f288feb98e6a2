"""Guards over every test: nothing may be left behind, and property tests are repeatable."""

from __future__ import annotations

import gc
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

JOIN_S = 2.0
SHARED_MEMORY = Path("/dev/shm")


def _children() -> set[int]:
    """Processes whose parent is this one, and that still run."""
    mine = str(os.getpid())
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if fields[1] == mine and fields[0] != "Z":
            found.add(int(path.parent.name))
    return found


def _segments() -> set[str]:
    if not SHARED_MEMORY.is_dir():
        return set()
    return {path.name for path in SHARED_MEMORY.iterdir() if path.name.startswith("ad")}


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread, a child process or a shared memory segment."""
    threads, children, segments = set(threading.enumerate()), _children(), _segments()
    yield
    left = [thread for thread in threading.enumerate() if thread not in threads]
    for thread in left:
        thread.join(JOIN_S)
    left = [thread for thread in left if thread.is_alive()]
    gc.collect()
    assert not left, f"threads left behind: {[thread.name for thread in left]}"
    assert not _children() - children, "child processes left behind"
    assert not _segments() - segments, "shared memory left behind"


@pytest.fixture
def free_port() -> int:
    """A TCP port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
