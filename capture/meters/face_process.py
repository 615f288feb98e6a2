"""The finder of faces as the engine has it: a process of its own, which may be slow, crash or be missing.

mediapipe takes a second or three to load and runs native code; none of that may touch the broadcast. One thread starts
the process, hands it a picture at a time and takes the answer; between pictures both wait and cost nothing. A process
that dies, or that owes an answer for too long, is started again, later each time; one that says that there is no finder
on this machine is left alone: then nobody looks for faces.
"""

from __future__ import annotations

import logging
import random
import subprocess
import threading
from collections.abc import Sequence

import msgspec
import numpy as np

from app.domain.backoff import Backoff
from app.domain.quality.measures import FaceBox
from app.runtime.clock import Clock
from capture.frames import Array
from capture.helper import end_helper, helper_command, keep_with_us, start_helper
from capture.meters.face_child import HEADER, LARGEST_PX, Answer, Hello

_LOG = logging.getLogger(__name__)

_BACKOFF = Backoff(steps_s=(1.0, 2.0, 5.0, 15.0, 60.0))
_STARTS_S, _ANSWERS_S = 60.0, 10.0
"""Loading from a slow disk; a picture takes some milliseconds."""
_JOIN_S = 1.0


class FaceProcess:
    """``start`` and ``close`` once; ``offer`` and ``latest`` from one thread, which they never hold up."""

    def __init__(self, clock: Clock, command: Sequence[str] | None = None) -> None:
        """``command``: another process that speaks the same (tests)."""
        self._clock = clock
        self._command = list(command or helper_command("faces"))
        self._stop = threading.Event()
        self._condition = threading.Condition()
        # Under the condition's lock:
        self._offered: tuple[float, Array] | None = None
        self._busy_since_s: float | None = None
        self._is_loaded = False
        self._latest: tuple[float, tuple[FaceBox, ...]] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._is_missing = False
        self._deaths = 0
        # Linux ends a child with the thread that started it: this one lives until close.
        self._thread = threading.Thread(target=self._run, name="meter-faces", daemon=True)

    @property
    def is_missing(self) -> bool:
        """There is no finder on this machine."""
        return self._is_missing

    @property
    def is_loaded(self) -> bool:
        """The process has told that it can look."""
        with self._condition:
            return self._is_loaded

    @property
    def pid(self) -> int | None:
        """Of the running process."""
        with self._condition:
            return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Begin; the first answer may take some seconds."""
        self._thread.start()

    def offer(self, rgb: Array) -> bool:
        """Look at a picture (H × W × 3, RGB) when the one before is done; False when it is not, and for no finder."""
        now_s = self._clock.monotonic_s()
        with self._condition:
            if self._is_missing or self._stop.is_set():
                return False
            if self._busy_since_s is not None:
                limit_s = _ANSWERS_S if self._is_loaded else _STARTS_S
                if now_s - self._busy_since_s > limit_s and self._process is not None:
                    # It hangs. Its thread notices the end of the pipe and starts another.
                    self._process.kill()
                return False
            self._offered, self._busy_since_s = (now_s, rgb), now_s
            self._condition.notify()
        return True

    def latest(self) -> tuple[float, tuple[FaceBox, ...]] | None:
        """When the newest picture that was looked at had been offered, and its faces, largest first."""
        with self._condition:
            return self._latest

    def close(self) -> None:
        """End the process and the thread, within two seconds."""
        with self._condition:
            self._stop.set()
            self._condition.notify()
            process = self._process
        if process is not None:
            end_helper(process, closes_pipes=False)
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    # ---- thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set() and not self._is_missing:
            try:
                self._live()
            except (OSError, ValueError, msgspec.MsgspecError) as cause:
                _LOG.warning("the finder in its process has ended: %s", cause)
            if self._stop.is_set() or self._is_missing:
                return
            self._deaths += 1
            self._clock.wait(self._stop, _BACKOFF.wait_s(self._deaths, random.random()))

    def _live(self) -> None:
        """One life of the process; returns or raises at its end."""
        process = self._spawn()
        if process is None:
            return
        try:
            hello = msgspec.json.decode(_line(process), type=Hello)
            if not hello.is_available:
                _LOG.info("no finder on this machine: %s", hello.reason)
                self._give_up()
                return
            with self._condition:
                self._is_loaded = True
            while (offered := self._next()) is not None:
                self._ask(process, *offered)
        finally:
            with self._condition:
                self._process, self._is_loaded = None, False
                self._offered = self._busy_since_s = None
            end_helper(process, closes_pipes=True)

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        with self._condition:
            if self._stop.is_set():
                return None
            process = self._process = start_helper(self._command)
        keep_with_us(process)
        return process

    def _next(self) -> tuple[float, Array] | None:
        with self._condition:
            while self._offered is None and not self._stop.is_set():
                self._condition.wait()
            offered, self._offered = self._offered, None
            return None if self._stop.is_set() else offered

    def _ask(self, process: subprocess.Popen[bytes], offered_s: float, rgb: Array) -> None:
        height_px, width_px = rgb.shape[:2]
        if max(height_px, width_px) > LARGEST_PX:
            raise ValueError(f"a picture of {width_px} × {height_px} is too large")
        assert process.stdin is not None
        process.stdin.write(HEADER.pack(width_px, height_px) + np.ascontiguousarray(rgb).tobytes())
        process.stdin.flush()
        answer = msgspec.json.decode(_line(process), type=Answer)
        with self._condition:
            self._latest = (offered_s, answer.faces)
            self._busy_since_s = None
            self._deaths = 0

    def _give_up(self) -> None:
        with self._condition:
            self._is_missing = True
            self._latest = None


def _line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    line = process.stdout.readline(1 << 16)
    if not line:
        raise OSError(f"no answer, exit code {process.poll()}")
    return line
