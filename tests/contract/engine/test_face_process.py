"""The finder of faces in its process: the same on a scripted child and on the real one."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import psutil
import pytest

from app.runtime.clock import ManualClock, SystemClock
from capture.frames import Array
from capture.meters.face_process import FaceProcess

pytestmark = pytest.mark.slow

_SCRIPT = """
import sys
from app.domain.quality.measures import FaceBox
from capture.meters.face_child import serve
class Finder:
    def find(self, rgb):
        return (FaceBox(0.25, 0.25, 0.5, 0.5),) if rgb.any() else ()
sys.exit(serve(sys.stdin.buffer, sys.stdout.buffer, Finder))
"""
_MISSING = """
import sys
from capture.meters.face_child import serve
from capture.meters.faces import FinderMissingError
def make():
    raise FinderMissingError("none here")
sys.exit(serve(sys.stdin.buffer, sys.stdout.buffer, make))
"""
_DEAF = "import sys, time; print('{\"is_available\": true}', flush=True); time.sleep(600)"
_NONE = np.zeros((90, 160, 3), np.uint8)


def scripted(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def portrait() -> Array:
    import skimage.data

    return np.asarray(cv2.resize(skimage.data.astronaut(), (256, 256), interpolation=cv2.INTER_AREA))


@contextmanager
def running(command: list[str] | None, clock: SystemClock | ManualClock | None = None) -> Iterator[FaceProcess]:
    process = FaceProcess(clock or SystemClock(), command)
    process.start()
    try:
        yield process
    finally:
        process.close()


def until(condition: Callable[[], object], timeout_s: float = 30.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        time.sleep(0.02)


def looked_at(process: FaceProcess, rgb: Array) -> int:
    """How many faces, once this picture was looked at."""
    before = process.latest()
    until(lambda: process.offer(rgb))
    until(lambda: process.latest() != before and process.latest() is not None)
    latest = process.latest()
    assert latest is not None
    return len(latest[1])


@pytest.mark.parametrize("command", [scripted(_SCRIPT), None], ids=["scripted", "mediapipe"])
def test_a_face_is_found_and_none_is_not(command: list[str] | None) -> None:
    with running(command) as process:
        assert process.latest() is None
        assert looked_at(process, portrait()) == 1
        assert looked_at(process, _NONE) == 0
        pid = process.pid
        assert pid is not None
    assert not psutil.pid_exists(pid)


def test_while_it_looks_nothing_else_is_taken() -> None:
    with running(scripted(_DEAF)) as process:
        assert process.offer(_NONE)
        assert not process.offer(_NONE)
        assert process.latest() is None


def test_a_child_that_was_killed_is_started_again() -> None:
    with running(scripted(_SCRIPT)) as process:
        assert looked_at(process, portrait()) == 1
        first = process.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        latest = process.latest()

        def is_back() -> bool:
            process.offer(portrait())
            return process.latest() != latest

        until(is_back)
        assert process.pid != first


def test_a_child_that_hangs_is_ended() -> None:
    clock = ManualClock()
    with running(scripted(_DEAF), clock) as process:
        until(lambda: process.pid is not None)
        hanging = process.pid
        assert process.offer(_NONE)
        until(lambda: process.is_loaded)
        clock.advance(11)
        assert not process.offer(_NONE)
        until(lambda: process.pid != hanging)


def test_a_child_that_hangs_does_not_hold_up_the_end() -> None:
    with running(scripted(_DEAF)) as process:
        until(lambda: process.pid is not None)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGSTOP)
        process.offer(np.zeros((600, 800, 3), np.uint8))
    assert not [thread for thread in threading.enumerate() if thread.name == "meter-faces"]


def test_without_a_finder_it_is_quiet_and_stays_so() -> None:
    with running(scripted(_MISSING)) as process:
        until(lambda: process.is_missing)
        assert not process.offer(_NONE)
        assert process.latest() is None
        until(lambda: process.pid is None)


def test_it_can_be_closed_before_it_began() -> None:
    process = FaceProcess(SystemClock())
    process.close()
    assert not process.offer(_NONE)
