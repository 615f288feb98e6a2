"""The finder of a face's points as the engine has it: a process of its own, loaded when it is wanted.

mediapipe takes a second or three to load and two hundred megabytes; so it is loaded when a face check is about to begin
and kept for a while after the last one. One thread starts it, hands it a picture and takes the answer; whoever asks
waits for that, at most two seconds. A process that dies or hangs fails the one who asks, and is started again for the
next; one that says that there is no finder on this machine is left alone.
"""

from __future__ import annotations

import contextlib
import logging
import random
import subprocess
import sys
import threading
from collections.abc import Sequence

import cv2
import msgspec
import numpy as np

from app.domain.backoff import Backoff
from app.liveness.analysis import Found
from app.liveness.look import Picture
from app.runtime.clock import Clock
from capture.frames import Array
from capture.helper import end_helper, helper_command, keep_with_us, start_helper
from capture.liveness.mesh_child import HEADER, read_answer
from capture.meters.face_child import Hello

_LOG = logging.getLogger(__name__)

KEEP_S = 60.0
ANSWERS_S = 2.0
_LOOK_S = 1.0
"""How often an idle one is looked at."""
_JOIN_S = 1.5
_WIDTH_PX = 640
"""Wider pictures are made smaller for it: its own models look at 256 pixels."""
_PIPE_BYTES = 1024 * 1024
"""Holds a picture of 640 × 480, so that it is handed over at once (Linux)."""
_BACKOFF = Backoff(steps_s=(0.5, 1.0, 2.0, 5.0))


class MeshGoneError(Exception):
    """It died, hangs, or is not loaded."""


class MeshProcess:
    """A Mesh for one thread; ``prepare`` from any. ``start`` and ``close`` once."""

    def __init__(self, clock: Clock, command: Sequence[str] | None = None, *, keep_s: float = KEEP_S) -> None:
        """``command``: another process that speaks the same (tests)."""
        self._clock, self._keep_s = clock, keep_s
        self._command = list(command or helper_command("mesh"))
        self._stop = threading.Event()
        self._condition = threading.Condition()
        # Under the condition's lock:
        self._wanted_until_s: float | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._is_loaded = self._is_missing = False
        self._asked: Array | None = None
        self._scale = 1.0
        self._number = 0
        """Of the picture that was asked for last, and of the one that was answered last."""
        self._answered = 0
        self._answer: Found | None = None
        self._thread = threading.Thread(target=self._run, name="liveness-mesh", daemon=True)

    @property
    def is_missing(self) -> bool:
        """There is no finder on this machine."""
        return self._is_missing

    @property
    def is_loaded(self) -> bool:
        """It can be asked."""
        return self._is_loaded

    @property
    def pid(self) -> int | None:
        """Of the running process."""
        with self._condition:
            return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Nothing is loaded yet."""
        self._thread.start()

    def prepare(self) -> None:
        """Load it, or keep it for a while from now on."""
        with self._condition:
            self._wanted_until_s = self._clock.monotonic_s() + self._keep_s
            self._condition.notify_all()

    def begin(self, bgr: Picture) -> int:
        """Hand a picture over; ``find`` or ``answer`` waits for what becomes of it. Raises MeshGoneError."""
        scale = max(1.0, bgr.shape[1] / _WIDTH_PX)
        small = bgr
        if scale > 1:
            size = (_WIDTH_PX, round(bgr.shape[0] / scale))
            small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        with self._condition:
            if not self._is_loaded:
                raise MeshGoneError
            self._number += 1
            self._asked, self._scale = np.ascontiguousarray(small), scale
            self._condition.notify_all()
            return self._number

    def answer(self, number: int) -> Found:
        """Of that picture. Raises MeshGoneError."""
        with self._condition:
            self._condition.wait_for(lambda: self._answered >= number or not self._is_loaded, ANSWERS_S)
            found = self._answer
            if self._answered == number and found is not None:
                return found
            if self._process is not None:
                # It hangs. Its thread notices the end of the pipe.
                self._process.kill()
            self._is_loaded = False
        raise MeshGoneError

    def find(self, bgr: Picture) -> Found:
        """See Mesh. Raises MeshGoneError."""
        return self.answer(self.begin(bgr))

    def give_up(self) -> None:
        """It takes too long: end this one, another is started when it is wanted."""
        with self._condition:
            self._wanted_until_s = None
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """End the process and the thread, within two seconds."""
        with self._condition:
            self._stop.set()
            self._condition.notify_all()
            process = self._process
        if process is not None:
            end_helper(process, closes_pipes=False)
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    # ---- thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        deaths = 0
        while self._until_wanted():
            try:
                self._live()
                deaths = 0
            except (OSError, ValueError, msgspec.MsgspecError) as cause:
                deaths += 1
                _LOG.warning("the landmarker in its process has ended: %s", cause)
                self._clock.wait(self._stop, _BACKOFF.wait_s(deaths, random.random()))

    def _until_wanted(self) -> bool:
        with self._condition:
            while not self._stop.is_set() and (self._is_missing or not self._is_wanted()):
                self._condition.wait()
            return not self._stop.is_set()

    def _is_wanted(self) -> bool:
        return self._wanted_until_s is not None and self._clock.monotonic_s() < self._wanted_until_s

    def _live(self) -> None:
        """One life of the process; returns when it is no longer wanted, raises when it dies."""
        with self._condition:
            if self._stop.is_set():
                return
            process = self._process = start_helper(self._command)
        keep_with_us(process)
        try:
            self._greet(process)
            while (picture := self._next()) is not None:
                self._ask(process, *picture)
        finally:
            with self._condition:
                self._process, self._is_loaded, self._asked, self._answer = None, False, None, None
                self._condition.notify_all()
            end_helper(process, closes_pipes=True)

    def _greet(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        _widen(process.stdin.fileno())
        line = process.stdout.readline(1 << 16)
        if not line:
            raise OSError(f"no greeting, exit code {process.poll()}")
        hello = msgspec.json.decode(line, type=Hello)
        if not hello.is_available:
            _LOG.info("no landmarker on this machine: %s", hello.reason)
        with self._condition:
            self._is_missing, self._is_loaded = not hello.is_available, hello.is_available
            self._condition.notify_all()

    def _next(self) -> tuple[int, Array, float] | None:
        with self._condition:
            while self._asked is None:
                if self._stop.is_set() or not self._is_loaded or not self._is_wanted():
                    return None
                self._condition.wait(_LOOK_S)
            asked, self._asked = self._asked, None
            return self._number, asked, self._scale

    def _ask(self, process: subprocess.Popen[bytes], number: int, bgr: Array, scale: float) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(HEADER.pack(bgr.shape[1], bgr.shape[0]))
        process.stdin.write(bgr.data)
        process.stdin.flush()
        found = read_answer(process.stdout, scale)  # type: ignore[arg-type]  # a BufferedReader in fact
        with self._condition:
            self._answered, self._answer = number, found
            self._wanted_until_s = max(self._wanted_until_s or 0.0, self._clock.monotonic_s() + self._keep_s)
            self._condition.notify_all()


def _widen(pipe: int) -> None:
    if sys.platform.startswith("linux"):
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
