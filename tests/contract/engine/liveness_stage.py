"""A landmarker's process that reads its stick head from the picture's first pixel, and a camera that plays it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.domain.liveness import Abort, LivenessPath
from app.liveness.package import Challenge
from app.liveness.policy import VERSION
from app.ports import engine as port
from app.runtime.clock import SystemClock
from capture.devices.controls import CameraBook
from capture.frames import Array
from capture.liveness.liveness import Liveness
from capture.liveness.mesh_process import MeshProcess
from capture.liveness.tap import CameraTap, OpenedCamera
from tests.unit.capture.liveness.stage import begin_of, picture
from tests.unit.liveness.stick import Stance

MESH = """
import sys
from app.liveness.analysis import Found
from capture.liveness.mesh_child import serve
from tests.unit.liveness.stick import Stance, points_of
class Stick:
    def find(self, bgr):
        told = [float(value) for value in bgr[0, 0]] + [float(value) for value in bgr[0, 1]]
        if not any(told):
            return Found(None)
        yaw, pitch, eyes = told[0] - 90, told[1] - 90, told[2] / 100
        return Found(points_of(Stance(yaw_deg=yaw, pitch_deg=pitch, eyes=eyes, mouth_mm=told[3])))
    def close(self):
        pass
sys.exit(serve(sys.stdin.buffer, sys.stdout.buffer, Stick))
"""
MISSING = """
import sys
from app.liveness.mesh import MeshMissingError
from capture.liveness.mesh_child import serve
def make():
    raise MeshMissingError("none here")
sys.exit(serve(sys.stdin.buffer, sys.stdout.buffer, make))
"""
DEAF = "import time; print('{\"is_available\": true}', flush=True); time.sleep(600)"
CAMERA = OpenedCamera("cam", "Cam", "/dev/video9", 30.0)


def scripted(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def painted(stance: Stance | None) -> Array:
    bgr = picture().copy()
    told = (0, 0, 0, 0, 0, 0)
    if stance is not None:
        told = (
            round(stance.yaw_deg + 90), round(stance.pitch_deg + 90), round(stance.eyes * 100), round(stance.mouth_mm),
            1, 1,
        )  # fmt: skip
    bgr[0, :2] = np.array(told, np.uint8).reshape(2, 3)
    return bgr


class Camera:
    """Plays at 30 a second in a thread of its own, as a real one does."""

    def __init__(self, tap: CameraTap) -> None:
        self._tap = tap
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._change: Callable[[float], dict[str, float]] | None = None
        self._since_s = 0.0
        self.is_there = True
        self._thread = threading.Thread(target=self._run, name="test-camera")

    def start(self) -> None:
        self._tap.opened(CAMERA)
        self._thread.start()

    def act(self, change: Callable[[float], dict[str, float]] | None) -> None:
        with self._lock:
            self._change, self._since_s = change, time.monotonic()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        due_s = time.monotonic()
        while not self._stop.is_set():
            with self._lock:
                change, since_s = self._change, self._since_s
            told = change(time.monotonic() - since_s) if change is not None else {}
            bgr = painted(replace(Stance(), **told) if self.is_there else None)  # type: ignore[arg-type]
            self._tap.offer(bgr, round(time.monotonic() * 1_000_000))
            due_s = max(due_s + 1 / 30, time.monotonic() - 0.05)
            self._stop.wait(max(0.0, due_s - time.monotonic()))


class StumbledError(Exception):
    """Frames are missing: the machine was too busy for a camera, a landmarker and an encoder in real time."""


class Part:
    """The face check as the engine has it, with its real thread and a real process."""

    def __init__(self, command: list[str] | None) -> None:
        self.clock = SystemClock()
        self.events: list[Any] = []
        self._heard = threading.Condition()
        self.tap, self.mesh = CameraTap(), MeshProcess(self.clock, command)
        self.book = CameraBook(lambda _: None)
        self.liveness = Liveness(self.clock, self._hear, self.tap, self.book, self.mesh)
        self.camera = Camera(self.tap)
        self.seal = X25519PrivateKey.generate()
        self.challenge = Challenge(
            session_id="l1", nonce=bytes(range(32)), issued_ms=0, expires_s=180, path=LivenessPath.FULL, actions=2,
            min_fps=15.0, min_size_px=480, policy_version=VERSION, seal_key_id="k",
            seal_key=self.seal.public_key().public_bytes_raw(),
        )  # fmt: skip

    def begin(self) -> None:
        self.liveness.begin(begin_of(self.challenge))

    def _hear(self, event: Any) -> None:
        with self._heard:
            self.events.append(event)
            self._heard.notify_all()

    def until(self, is_it: Callable[[Any], bool], timeout_s: float = 20.0) -> Any:
        """The first event that is so, heard already or to come."""

        def found() -> list[Any]:
            return [event for event in self.events if is_it(event)]

        with self._heard:
            assert self._heard.wait_for(lambda: bool(found()) or self._stumbled(), timeout_s), self.events[-3:]
            if not found():
                raise StumbledError
            return found()[0]

    def _stumbled(self) -> bool:
        changes = [event for event in self.events if isinstance(event, port.LivenessChanged)]
        return bool(changes) and changes[-1].abort is Abort.FRAMES_MISSING

    def said(self, number: int) -> port.LivenessSaid:
        told: port.LivenessSaid = self.until(lambda one: isinstance(one, port.LivenessSaid) and one.number == number)
        return told


@contextmanager
def playing(command: list[str] | None) -> Iterator[Part]:
    part = Part(command)
    part.liveness.start()
    part.camera.start()
    try:
        yield part
    finally:
        part.camera.close()
        part.liveness.close()
