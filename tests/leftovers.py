"""Looks for what a test left behind: threads, child processes, shared memory, visible windows."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

GRACE_S = 2.0
"""What ends by itself in this time is not held against the test (the join deadline of the house)."""
_SHARED = Path("/dev/shm")


@dataclass(frozen=True)
class Sight:
    """What was there at one moment."""

    threads: frozenset[threading.Thread]
    children: frozenset[int]
    segments: frozenset[str]


class Guard:
    """Compares what is there before and after a test. Long-lived fixtures register their own with ``allow_*``."""

    def __init__(self) -> None:
        self._pids: set[int] = set()

    def allow_process(self, pid: int) -> None:
        """A child that a fixture of the whole run started and will end."""
        self._pids.add(pid)

    def look(self) -> Sight:
        """What is there now."""
        return Sight(frozenset(threading.enumerate()), frozenset(_children()), frozenset(_segments()))

    def left_since(self, before: Sight) -> list[str]:
        """What is there now, was not there before, and does not end within ``GRACE_S``."""
        deadline_s = time.monotonic() + GRACE_S
        while True:
            found = self._difference(before)
            if not found or time.monotonic() > deadline_s:
                return found
            time.sleep(0.02)

    def _difference(self, before: Sight) -> list[str]:
        now = self.look()
        found = [f"thread {thread.name}" for thread in now.threads - before.threads]
        found += [
            f"process {pid} {_command(pid)}"
            for pid in now.children - before.children - self._pids
            # The tracker of shared memory starts with the first segment and stays for the life of the process.
            if "multiprocessing.resource_tracker" not in _command(pid)
        ]
        found += [f"shared memory {name}" for name in now.segments - before.segments if not _is_anothers(name)]
        return found + [f"window {name}" for name in _windows()]


def _children() -> list[int]:
    path = Path(f"/proc/{os.getpid()}/task")
    if not path.is_dir():
        return []
    pids: list[int] = []
    for task in path.iterdir():
        try:
            pids += [int(pid) for pid in (task / "children").read_text().split()]
        except OSError:
            continue  # the thread ended while we looked
    return [pid for pid in pids if not _is_zombie(pid)]


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:120].strip()
    except OSError:
        return ""


def _segments() -> list[str]:
    if not _SHARED.is_dir():
        return []
    return [entry.name for entry in _SHARED.iterdir() if entry.stat().st_uid == os.getuid() and _is_ours(entry.name)]


def _is_ours(name: str) -> bool:
    # Shared memory of other programs of this user (a browser, PulseAudio) is no concern of a test.
    return name.startswith(("anchordesk", "adfr", "ad-", "psm_"))


def _is_anothers(name: str) -> bool:
    """Whether a segment is held by a program that somebody else started, such as a second run of these tests.

    An orphan (its parent is the first process) may well be ours.
    """
    holders = [process for process in psutil.process_iter() if _maps(process.pid, name)]
    try:
        return bool(holders) and all(
            process.ppid() > 1 and os.getpid() not in (process.pid, *(parent.pid for parent in process.parents()))
            for process in holders
        )  # fmt: skip
    except psutil.Error:
        return False


def _maps(pid: int, name: str) -> bool:
    try:
        return f"{_SHARED}/{name}" in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return False


def _windows() -> list[str]:
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return []
    return [
        widget.objectName() or type(widget).__name__
        for widget in widgets.QApplication.topLevelWidgets()
        if widget.isVisible()
    ]
