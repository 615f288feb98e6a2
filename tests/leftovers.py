"""Looks for what a test left behind: threads, child processes, shared memory, visible windows."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

GRACE_S = 2.0
"""What ends by itself in this time is not held against the test (the join deadline of the house)."""
SEGMENT_PREFIXES = ("ad", "anchordesk", "psm_")
"""Of the program, its tests and benches, and of multiprocessing; a browser's or PulseAudio's are no concern here."""
_SHARED = Path("/dev/shm")
_PROC = Path("/proc")


@dataclass(frozen=True)
class Sight:
    """What was there at one moment. ``pids`` are those of the whole machine."""

    threads: frozenset[threading.Thread]
    pids: frozenset[int]
    segments: frozenset[str]


class Guard:
    """Compares what is there before and after a test. Long-lived fixtures register their own with ``allow_*``.

    A process belongs to the tests when it descends from them, or when one of ``marks`` (folders of this run) stands
    in its command or environment: the children of a killed supervisor have no parent that would lead back here.
    """

    def __init__(self, *marks: str) -> None:
        self._marks = tuple(mark.encode() for mark in marks)
        self._pids: set[int] = set()

    def allow_process(self, pid: int) -> None:
        """A child that a fixture of the whole run started and will end; with all that descends from it."""
        self._pids.add(pid)

    def look(self) -> Sight:
        """What is there now."""
        return Sight(frozenset(threading.enumerate()), frozenset(_pids()), frozenset(_segments()))

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
            f"process {pid} {_command(pid)}" for pid in sorted(now.pids - before.pids) if self._is_our_process(pid)
        ]
        found += [f"shared memory {name}" for name in now.segments - before.segments if not _is_anothers(name)]
        return found + [f"window {name}" for name in _windows()]

    def _is_our_process(self, pid: int) -> bool:
        if _is_zombie(pid):
            return False
        line = {pid, *_ancestors(pid)}
        # The tracker of shared memory starts with the first segment and stays for the life of the process.
        if line & self._pids or "multiprocessing.resource_tracker" in _command(pid):
            return False
        told = _read(pid, "cmdline") + _read(pid, "environ")
        return os.getpid() in line or any(mark in told for mark in self._marks)


def _pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()] if _PROC.is_dir() else []


def _ancestors(pid: int) -> Iterator[int]:
    while (fields := _read(pid, "stat").rpartition(b")")[2].split()) and (pid := int(fields[1])) > 1:
        yield pid


def _is_zombie(pid: int) -> bool:
    fields = _read(pid, "stat").rpartition(b")")[2].split()
    return not fields or fields[0] == b"Z"


def _command(pid: int) -> str:
    return _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace")[:120].strip()


def _read(pid: int, name: str) -> bytes:
    """A file of a process; nothing when it is gone or somebody else's."""
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""


def _segments() -> list[str]:
    if not _SHARED.is_dir():
        return []
    return [entry.name for entry in _SHARED.iterdir() if entry.name.startswith(SEGMENT_PREFIXES) and _is_users(entry)]


def _is_users(path: Path) -> bool:
    try:
        return path.stat().st_uid == os.getuid()
    except OSError:
        return False  # gone while we looked


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
    return f"{_SHARED}/{name}".encode() in _read(pid, "maps")


def _windows() -> list[str]:
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return []
    return [
        widget.objectName() or type(widget).__name__
        for widget in widgets.QApplication.topLevelWidgets()
        if widget.isVisible()
    ]
