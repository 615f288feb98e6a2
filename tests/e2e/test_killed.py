"""Processes killed in the midst of a broadcast: what comes back, and that nothing acknowledged is lost."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.contract.record_kit import play
from tests.e2e.test_on_air import VIEWER_PHONES, wait, watches
from tests.viewer.browser import Viewer, ViewerBrowser
from tools.program import Program, ProgramError

# The tracker of a killed engine removes its shared memory, and says so.
pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.provokes("resource_tracker")]

ROLES = ("engine", "service", "ingest", "window")
COMES_BACK_S = 30.0


def kill(program: Program, role: str) -> int:
    """SIGKILL one child; the id of the one that takes its place."""
    before = program.children()[role]
    os.kill(before, signal.SIGKILL)
    deadline_s = time.monotonic() + COMES_BACK_S
    while program.children().get(role, before) == before:
        assert time.monotonic() < deadline_s, f"no new {role}"
        time.sleep(0.05)
    return program.children()[role]


def attach_again(program: Program) -> None:
    program.attach()
    program.until(lambda state: state["account"] == "signed_in", "signed in again", COMES_BACK_S)


class Audience:
    """A viewer by FLV and one by HLS, signed in, who must never have to reload."""

    def __init__(self, program: Program, browser: ViewerBrowser, url: str) -> None:
        self.viewers: list[Viewer] = []
        for phone, via in zip(VIEWER_PHONES, ("flv", "hls"), strict=True):
            viewer = browser.viewer(width_px=800, height_px=560)
            viewer.open(url, via)  # type: ignore[arg-type]  # literals of the tuple
            viewer.wait_for_state("playing", 30)
            viewer.sign_in(phone, program.code_for)
            viewer.page.evaluate("window.notReloaded = true")
            self.viewers.append(viewer)

    def check_pictures(self, when: str) -> None:
        """Every viewer sees new pictures, on the same page as before."""
        for viewer in self.viewers:
            viewer.wait_for_state("playing", COMES_BACK_S)
            numbers = watches(viewer, when, least=15, wait_s=COMES_BACK_S)
            assert len(set(numbers)) == len(numbers)
            assert viewer.page.evaluate("window.notReloaded") is True, "the page was reloaded"

    def check_messages(self, texts: list[str]) -> None:
        """Each saw each message once, in the same order."""
        seen = []
        for viewer in self.viewers:
            for text in texts:
                viewer.wait_for_message(text, 20)
            seen.append([message.text for message in viewer.messages()])
        assert all(one == seen[0] for one in seen)
        assert sorted(seen[0]) == sorted(texts)


def talk(program: Program, audience: Audience, text: str) -> None:
    """A message that the service acknowledged."""
    audience.viewers[0].send(text)
    for viewer in audience.viewers:
        viewer.wait_for_message(text, 20)


def test_whatever_is_killed_the_broadcast_goes_on(program: Program, browser: ViewerBrowser, tmp_path: Path) -> None:
    takes = tmp_path / "takes"
    takes.mkdir()
    program.wish("ChangeSettings", changes={"recording_dir": str(takes)})
    state = program.go_live("杀不死的直播")
    program.wish("Record", is_on=True)
    program.until(lambda state: state["record"] == "recording" and state["stats"]["recorded_bytes"] > 0, "recording")
    session_id = state["session_id"]
    audience = Audience(program, browser, state["viewer_url"])
    seed = int.from_bytes(os.urandom(4), "big")
    chance = random.Random(seed)
    order = [*ROLES, *chance.sample(ROLES, len(ROLES))]
    chance.shuffle(order)
    texts: list[str] = []
    for number, role in enumerate(order):
        texts.append(f"{number} before {role}")
        talk(program, audience, texts[-1])
        wait(audience.viewers[0], chance.uniform(0.5, 3.0))
        kill(program, role)
        if role == "window":
            attach_again(program)
        state = program.until(
            lambda state: state["broadcast"] == "on_air" and state["session_state"] == "live" and bool(
                state["is_room_connected"]
            ),
            f"on air again after {role} ({order}, seed {seed})",
            COMES_BACK_S,
        )  # fmt: skip
        assert state["session_id"] == session_id
        audience.check_pictures(f"after {role} of {order}, seed {seed}")
        texts.append(f"{number} after {role}")
        talk(program, audience, texts[-1])
    audience.check_messages(texts)
    state = program.until(lambda state: len(state["lines"]) >= len(texts), "all messages in the window")
    assert sorted(line["text"] for line in state["lines"]) == sorted(texts)
    for viewer in audience.viewers:
        assert viewer.errors() == []
    # Whatever was killed, what had been recorded until then plays.
    found = sorted(path for path in takes.iterdir() if path.suffix in (".mkv", ".mp4"))
    assert found
    for path in found:
        played = play(path)
        assert played.complaints == "", path.name
        assert played.pictures > 0
    program.end_live()
    for viewer in audience.viewers:
        viewer.wait_for_state("ended", 20)


def test_a_killed_supervisor_takes_everything_with_it(program: Program) -> None:
    program.go_live("到此为止")
    children = program.children()
    assert set(children) >= set(ROLES)
    os.kill(program.process.pid, signal.SIGKILL)
    program.process.wait(10)
    deadline_s = time.monotonic() + 10
    while left := [pid for pid in children.values() if os.path.exists(f"/proc/{pid}")]:
        assert time.monotonic() < deadline_s, f"still there: {left}"
        time.sleep(0.05)
    with pytest.raises(ProgramError):
        _ = program.state
