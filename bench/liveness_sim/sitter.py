"""Somebody before the camera of the real program, in a process of their own: lit by what the X display shows.

``python -m bench.liveness_sim.sitter SOCKET`` listens there as a test camera (capture.sources.socket_camera). Each line
of its standard input is JSON: ``{"who": "living", "seed": 3}`` sits somebody else down, ``{"action": "blink"}``
(or null) is what they read on the screen. It ends with its standard input, and says then how many pictures it made a
second.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import mss
import numpy as np

from app.domain.flash import GREY, Colour
from app.domain.liveness import Action
from app.liveness.mesh import MediapipeMesh
from bench.liveness_sim.attacks import Light, OnScreen, PhotoKind, Spliced, library, photo
from bench.liveness_sim.client import Subject
from bench.liveness_sim.scene import Camera, Room
from bench.liveness_sim.subjects import someone
from capture.sources.socket_camera import CameraFeeder

FPS = 27.0
KEPT_S = 2.0
STEP_PX = 24
"""Of the screen every so manieth pixel is looked at, across and down."""


class Screen:
    """What the display shows, as a mean colour, and what it showed a moment ago."""

    def __init__(self) -> None:
        self._grabber = mss.MSS()
        self._area = self._grabber.monitors[0]
        self._times: deque[float] = deque()
        self._colours: deque[Colour] = deque()

    def look(self, at_s: float) -> None:
        """Now."""
        shot = self._grabber.grab(self._area)
        pixels = np.frombuffer(shot.bgra, np.uint8).reshape(shot.height, shot.width, 4)[::STEP_PX, ::STEP_PX, :3]
        blue, green, red = (round(float(value)) for value in pixels.reshape(-1, 3).mean(axis=0))
        self._times.append(at_s)
        self._colours.append((red, green, blue))
        while self._times[0] < at_s - KEPT_S:
            self._times.popleft()
            self._colours.popleft()

    def shown(self, at_s: float) -> Colour:
        """At a second up to now."""
        index = bisect_right(self._times, at_s) - 1
        return self._colours[index] if index >= 0 else GREY

    def close(self) -> None:
        self._grabber.close()


def subject_of(who: str, seed: int) -> Subject:
    """living, photo_<kind>, replay (a clip of another session on a tablet), injection (clips cut to the order)."""
    if who == "living":
        # The way over the real screen takes its own time.
        room = Room(screen_ratio=0.3, lag_ms=40.0)
        return someone(seed, Camera(fps=FPS, noise=2.0, jitter_ms=0.0), room)
    if who.startswith("photo_"):
        made = photo(PhotoKind(who.removeprefix("photo_")), seed)
        made.scene.camera = made.camera = replace(made.camera, fps=FPS)
        return made
    material = library(seed, MediapipeMesh)
    if who == "injection":
        return Spliced(material, Light.NONE, seed)
    if who == "replay":
        return OnScreen(Spliced(material, Light.OLD, seed), seed)
    raise ValueError(who)


def main(arguments: Sequence[str]) -> int:
    """Until standard input ends."""
    (path,) = arguments
    screen, subject, action = Screen(), subject_of("living", 1), None
    pictures, began_s = 0, time.monotonic()
    lines = _Lines()
    with CameraFeeder(Path(path)) as feeder:
        print("ready", flush=True)
        due_s = time.monotonic()
        while not lines.is_over:
            for line in lines.read(max(0.0, due_s - time.monotonic())):
                told = json.loads(line)
                if "who" in told:
                    subject = subject_of(told["who"], int(told["seed"]))
                    print("seated", flush=True)
                if "action" in told:
                    action = Action(told["action"]) if told["action"] else None
            now_s = time.monotonic()
            if now_s < due_s:
                continue
            # One that is late does not hurry after.
            due_s = max(due_s + 1 / FPS, now_s)
            screen.look(now_s)
            subject.tell(action, now_s)
            if feeder.is_attached:
                pictures += feeder.send(subject.frame(now_s, screen.shown), round(now_s * 1e6))
    screen.close()
    print(json.dumps({"fps": round(pictures / (time.monotonic() - began_s), 1)}), flush=True)
    return 0


class _Lines:
    """Standard input, as far as it is there."""

    def __init__(self) -> None:
        self.is_over = False
        self._rest = b""

    def read(self, wait_s: float) -> list[bytes]:
        if not select.select([sys.stdin], [], [], wait_s)[0]:
            return []
        got = os.read(sys.stdin.fileno(), 65_536)
        self.is_over = not got
        *lines, self._rest = (self._rest + got).split(b"\n")
        return [line for line in lines if line.strip()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
