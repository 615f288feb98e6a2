"""The face check by camera with the real program and the real service, before a simulated person at a test camera."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.flash import GREY
from app.domain.liveness import Action
from app.runtime import paths
from bench.liveness_sim.subjects import LiveCamera, Seen
from capture.sources.socket_camera import CameraFeeder
from server.demo_data import ANCHOR_PHONE
from tools.program import CAMERA, Program

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

NAME, NUMBER = "欧阳清风", "110000198805120045"
"""Nobody's: no district has the code 110000."""
RATE_FPS = 18.0
"""Rendered beside all the rest on a small machine; without the flash that is enough."""


class Booth:
    """Who sits before the camera; does what the screen asks for."""

    def __init__(self, path: Path) -> None:
        self.action: Action | None = None
        self._camera = LiveCamera(lambda: Seen(GREY, self.action))
        self._feeder = CameraFeeder(path)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="booth")
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._feeder.close()

    def _run(self) -> None:
        due_s = time.monotonic()
        while not self._stop.wait(max(0.0, due_s - time.monotonic())):
            due_s = max(due_s + 1 / RATE_FPS, time.monotonic() - 0.02)
            if self._feeder.is_attached:
                now_s = time.monotonic()
                self._feeder.send(self._camera.frame(now_s), round(now_s * 1_000_000))


def before_the_camera(program: Program) -> None:
    """Signed in as an anchor whose face has to be looked at, with the test camera live."""
    program.try_here()
    program.sign_in(ANCHOR_PHONE)
    program.ask(wish="CheckIdentity", args={"name": NAME, "number": NUMBER})
    program.until(lambda state: state["face"] == "voided", "asked for the face anew")
    program.wish("ChooseVideo", source=CAMERA)
    program.until(lambda state: state["video"] == "live", "showing the camera")


def test_a_person_who_does_what_is_asked(start: Callable[..., Program], tmp_path: Path) -> None:
    path = Path(paths.endpoint(paths.runtime_dir(tmp_path / "data"), "camera"))
    path.parent.mkdir(parents=True, exist_ok=True)
    booth = Booth(path)
    try:
        program = start(camera=path)
        before_the_camera(program)
        program.wish("LoadLiveness")
        program.wish("StartLiveness", path="no_flash")
        ended_s = time.monotonic() + 90
        while (state := program.state)["liveness"] not in ("judging", "done"):
            assert time.monotonic() < ended_s, state["liveness"]
            booth.action = Action(state["liveness_action"]) if state["liveness_action"] else None
            time.sleep(0.05)
        assert state["liveness"] == "judging" or state["liveness_outcome"] == "waiting", {
            key: value for key, value in state.items() if key.startswith("liveness")
        }
        state = program.until(lambda state: state["liveness"] == "done", "decided", 90)
        assert (state["liveness_outcome"], state["liveness_trouble"]) == ("waiting", "")
        assert len(state["liveness_done"]) in (2, 3)
        assert program.quit() == 0
    finally:
        booth.close()
