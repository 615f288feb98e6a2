"""The page 开播前检查 in the real program: real sound devices, real pictures, the real ingest, and what goes wrong."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.quality_person import person_clip
from server.demo_data import ANCHOR_PHONE
from tests.contract.capture.sound_server import SoundServer
from tests.e2e.test_bad_input import reads
from tools import material
from tools.program import ROOT, Program

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PICTURES = ROOT / "build" / "screens" / "preflight-real"
MICROPHONE = {"type": "MicSource", "device_id": "default"}
EVENT_MS = 4.0
LARGEST_MS = 6.0
"""Of the dearest event of a round. The best of three rounds was 3.6 to 5.3 ms, by what else ran beside it: an event
of 2.5 ms costs up to twice that where others work on the same core."""


@pytest.fixture(scope="module")
def bright() -> str:
    """A person in good light who speaks."""
    return str(person_clip())


@pytest.fixture(scope="module")
def dark() -> str:
    """The same person in the dark."""
    return str(person_clip("dark", 0.7))


@pytest.fixture
def server() -> Iterator[SoundServer]:
    with SoundServer() as server:
        yield server


@pytest.fixture
def anchor(start: Callable[..., Program]) -> Program:
    program = start()
    program.try_here()
    program.sign_in(ANCHOR_PHONE)
    return program


def plays(program: Program, clip: str) -> None:
    """A film takes the place of camera and microphone."""
    program.choose({"type": "FileSource", "path": clip}, {"type": "FileSound", "path": clip})


def open_preflight(program: Program) -> None:
    program.open_page("live")
    program.until_window("click", "live.preflight")
    program.until_window("widget", "preflight.headline")


def takes_picture(program: Program, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    program.window("screenshot", str(PICTURES / f"{name}.png"))


def settled(program: Program, is_so: Callable[[dict[str, Any]], bool], what: str, wait_s: float = 30) -> dict[str, Any]:
    return program.until(lambda state: state["is_settled"] and is_so(state), what, wait_s)


def test_poor_light_is_found_and_one_click_mends_it(anchor: Program, bright: str, dark: str) -> None:
    plays(anchor, dark)
    open_preflight(anchor)
    before = settled(anchor, lambda state: "dark" in state["mendable"], "found to be dark")
    takes_picture(anchor, "dark")
    score = before["group_scores"]["picture"]
    anchor.until_window("click", "preflight.row.light.action")
    after = settled(anchor, lambda state: "dark" in state["mended"] and state["luma"] is not None, "mended")
    takes_picture(anchor, "dark-mended")
    assert after["group_scores"]["picture"] > score
    assert after["face_luma"] > before["face_luma"] + 20
    anchor.until_window("click", "preflight.row.light.undo")
    anchor.until(lambda state: "dark" not in state["mended"], "taken back")
    plays(anchor, bright)
    well = settled(anchor, lambda state: "dark" not in state["found"], "well lit")
    assert well["group_scores"]["picture"] > score
    takes_picture(anchor, "bright")


def test_computer_and_network_are_tried_and_the_proposal_is_taken(anchor: Program, bright: str) -> None:
    plays(anchor, bright)
    open_preflight(anchor)
    done = anchor.until(
        lambda state: state["probe"] == "done" and {"network", "computer"} <= set(state["group_scores"]), "tried", 60
    )
    assert done["blocks"] == []
    assert done["group_scores"]["network"] >= 90, "this machine's own ingest"
    takes_picture(anchor, "tried")
    assert any("Mbps" in text for text in anchor.window("texts")["texts"])


def test_no_event_of_the_window_takes_long(anchor: Program, bright: str, dark: str) -> None:
    plays(anchor, dark)
    told = [turns_of(anchor, bright, dark) for _ in range(3)]
    assert min(one["turns"] for one in told) > 1000
    # other work on the machine makes single turns dearer, also in CPU time: the best of three is the program's own
    assert min(one["p99_ms"] for one in told) <= EVENT_MS, told
    assert min(one["max_ms"] for one in told) <= LARGEST_MS, told


def turns_of(program: Program, bright: str, dark: str) -> dict[str, float]:
    """Of the window's event loop: the page is opened, measures, mends and takes back, is given another picture, checks
    again and is left."""
    program.window("turns", {"is_on": True})
    open_preflight(program)
    settled(program, lambda state: "dark" in state["mendable"], "found to be dark")
    program.until_window("click", "preflight.row.light.action")
    settled(program, lambda state: "dark" in state["mended"], "mended")
    program.until_window("click", "preflight.row.light.undo")
    program.until(lambda state: "dark" not in state["mended"], "taken back")
    plays(program, bright)
    settled(program, lambda state: "dark" not in state["found"], "well lit")
    program.until_window("click", "preflight.check_again")
    program.until(lambda state: state["probe"] != "done", "tried again", 30)
    settled(program, lambda state: state["probe"] == "done", "tried", 60)
    plays(program, dark)
    program.open_page("live")
    return program.window("turns", {"is_on": False})


@pytest.mark.provokes("pa_linux_alsa.c")
def test_a_microphone_is_silent_unplugged_and_back(
    start: Callable[..., Program], server: SoundServer, bright: str
) -> None:
    sound = {"PULSE_SERVER": server.environment["PULSE_SERVER"], "PULSE_SOURCE": "speaker.monitor"}
    program = start("data", sound)
    program.try_here()
    program.sign_in(ANCHOR_PHONE)
    program.choose({"type": "FileSource", "path": bright}, MICROPHONE)
    open_preflight(program)
    settled(program, lambda state: "silent" in state["found"], "silent: nothing plays into it")
    takes_picture(program, "silent")
    speaker = subprocess.Popen(
        ["paplay", "--device=speaker", str(material.speech())], env=server.environment, stdin=subprocess.DEVNULL
    )
    try:
        settled(program, lambda state: "silent" not in state["found"] and state["blocks"] == [], "heard")
        takes_picture(program, "heard")
    finally:
        speaker.kill()
        speaker.wait()
    server.kill()
    program.until(lambda state: state["audio"] in ("lost", "failed"), "unplugged", 30)
    program.until(lambda state: "no_sound" in state["blocks"], "blocked")
    reads(program, f"preflight.source.{program.state['audio_code']}")
    takes_picture(program, "unplugged")
    program.until_window("click", "preflight.enter")
    program.until_window("click", "controls.main")
    program.until_window("type", {"name": "go_live.title_field", "text": "没有声音"})
    program.until_window("click", "go_live.submit")
    program.until(lambda state: state["broadcast_trouble"] == "no_sound_to_send", "refused")
    reads(program, "error.no_sound_to_send")
    takes_picture(program, "refused")
    server.start()
    program.until(lambda state: state["audio"] == "live", "plugged in again", 40)
    program.until(lambda state: state["blocks"] == [], "free to go")


def test_a_camera_that_the_system_forbids(anchor: Program, tmp_path: Path) -> None:
    """Even root may not open a file that was made immutable: what a system's privacy setting looks like."""
    camera = tmp_path / "video0"
    camera.write_bytes(b"")
    subprocess.run(["chattr", "+i", str(camera)], check=True)
    try:
        open_preflight(anchor)
        anchor.wish("ChooseVideo", source={"type": "CameraSource", "device_id": str(camera)})
        anchor.until(lambda state: state["video_code"] == "camera_forbidden", "told camera_forbidden")
        anchor.until(lambda state: "no_picture" in state["blocks"], "blocked")
        reads(anchor, "preflight.source.camera_forbidden")
        takes_picture(anchor, "forbidden")
        anchor.wish("ChooseVideo", source={"type": "CameraSource", "device_id": "/dev/video-none"})
        anchor.until(lambda state: state["video_code"] == "no_camera", "told no_camera")
        reads(anchor, "preflight.source.no_camera")
        takes_picture(anchor, "missing")
    finally:
        subprocess.run(["chattr", "-i", str(camera)], check=True)


def test_no_network_blocks_and_is_over_when_it_is_back(anchor: Program, bright: str) -> None:
    plays(anchor, bright)
    ingest = anchor.children()["ingest"]
    os.kill(ingest, signal.SIGSTOP)
    try:
        open_preflight(anchor)
        anchor.until(lambda state: "no_ingest" in state["blocks"], "without an ingest", 60)
        takes_picture(anchor, "no-network")
    finally:
        os.kill(ingest, signal.SIGCONT)
    anchor.until_window("click", "preflight.check_again")
    anchor.until(lambda state: state["probe"] == "done" and state["blocks"] == [], "reachable again", 60)


def test_on_air_what_gets_worse_is_told_once_and_talk_while_muted_is_noticed(
    anchor: Program, bright: str, dark: str
) -> None:
    plays(anchor, bright)
    anchor.go_live("越播越暗")
    # The meter has looked at the picture as it is when the broadcast begins.
    anchor.until(lambda state: state["luma"] is not None and "dark" not in state["found"], "measured on air")
    anchor.wish("ChooseVideo", source={"type": "FileSource", "path": dark})
    anchor.until(lambda state: state["advice"] == "dark", "told to be dark", 40)
    reads(anchor, "advice.dark")
    takes_picture(anchor, "on-air-advice")
    anchor.until_window("click", "live.advice_action")
    anchor.until(lambda state: "dark" in state["mended"] and "dark" not in state["found"], "mended on air", 30)
    assert anchor.state["broadcast"] == "on_air"
    anchor.wish("MuteMicrophone", is_muted=True)
    anchor.until(lambda state: state["is_talking_muted"], "heard talking while muted", 30)
    takes_picture(anchor, "on-air-muted-talk")
    anchor.wish("MuteMicrophone", is_muted=False)
    anchor.until(lambda state: not state["is_talking_muted"], "unmuted", 10)
