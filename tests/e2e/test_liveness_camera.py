"""The face check by camera with the real program and the real service, before a simulated person at a test camera."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.domain.flash import GREY, Colour, shown_at
from app.domain.liveness import Action
from app.runtime import paths
from bench.liveness_sim.subjects import LiveCamera, Seen
from capture.sources.socket_camera import CameraFeeder
from server.demo_data import ANCHOR_PHONE
from tools.program import CAMERA, Program

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

NAME, NUMBER = "欧阳清风", "110000198805120045"
"""Nobody's: no district has the code 110000."""
RATES_FPS = {"no_flash": 18.0, "full": 26.0}
"""Rendered beside all the rest on a small machine: no faster than each way needs."""


class Booth:
    """Who sits before the camera, in the light of the screen; does what it asks for."""

    def __init__(self, path: Path, rate_fps: float) -> None:
        self.action: Action | None = None
        self.colours: tuple[Colour, ...] = ()
        self.flash_s: float | None = None
        self._rate_fps = rate_fps
        self._camera = LiveCamera(self._seen)
        self._feeder = CameraFeeder(path)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="booth")
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._feeder.close()

    def _seen(self) -> Seen:
        flash_s = self.flash_s
        colour = GREY if flash_s is None else shown_at(self.colours, (time.monotonic() - flash_s) * 1000)
        return Seen(colour, self.action)

    def _run(self) -> None:
        due_s = time.monotonic()
        while not self._stop.wait(max(0.0, due_s - time.monotonic())):
            due_s = max(due_s + 1 / self._rate_fps, time.monotonic() - 0.02)
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


def attempt(program: Program, booth: Booth, way: str) -> dict[str, Any]:
    """One, to its end; the state then."""
    booth.flash_s, booth.action = None, None
    program.wish("StartLiveness", path=way)
    program.until(lambda state: state["liveness"] not in ("idle", "done"), "begun")
    ended_s = time.monotonic() + 90
    while (state := program.state)["liveness"] not in ("judging", "done"):
        assert time.monotonic() < ended_s, state["liveness"]
        booth.action = Action(state["liveness_action"]) if state["liveness_action"] else None
        if state["liveness"] == "flash_ready" and booth.flash_s is None:
            # What the page does when it has painted the first grey.
            booth.colours = tuple(tuple(colour) for colour in state["liveness_colours"])
            booth.flash_s = time.monotonic()
            program.wish("FlashShown", at_ms=round(booth.flash_s * 1000))
        time.sleep(0.05)
    return program.until(lambda state: state["liveness"] == "done", "decided", 90)


@pytest.mark.parametrize("way", ["no_flash", "full"])
def test_a_person_who_does_what_is_asked(start: Callable[..., Program], tmp_path: Path, way: str) -> None:
    path = Path(paths.endpoint(paths.runtime_dir(tmp_path / "data"), "camera"))
    path.parent.mkdir(parents=True, exist_ok=True)
    booth = Booth(path, RATES_FPS[way])
    try:
        program = start(camera=path)
        before_the_camera(program)
        program.wish("LoadLiveness")
        state = attempt(program, booth, way)
        for _ in range(2):
            if state["liveness_abort"] == "frames_missing":
                # A camera that is simulated beside all the rest stumbles on a busy machine; a person begins anew.
                state = attempt(program, booth, way)
        told = {key: value for key, value in state.items() if key.startswith("liveness")}
        assert (told["liveness_outcome"], told["liveness_trouble"]) == ("waiting", ""), told
        # A machine that is busy may lose frames of the flash: then an operator looks.
        assert told["liveness_state"] in (("live", "review") if way == "full" else ("review",)), told
        assert len(told["liveness_done"]) in (2, 3)
        assert (booth.flash_s is not None) is (way == "full")
        assert program.quit() == 0
    finally:
        booth.close()
