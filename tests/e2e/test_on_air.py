"""From the anchor's window to a viewer's eyes, ears and keyboard, and back: everything real."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from server.demo_data import ANCHOR_PHONE
from tests.viewer.browser import Viewer, ViewerBrowser
from tools.demo_verdict import LEAST_LOUD_RATIO, LOUD_DBFS
from tools.program import Program

pytestmark = pytest.mark.e2e

VIEWER_PHONES = ("13800138001", "13800138002")


def wait(viewer: Viewer, seconds: float) -> None:
    """Through the page, so that its events go on."""
    viewer.page.wait_for_timeout(seconds * 1000)


def told(viewer: Viewer, start: int) -> str:
    """What there is to know about a viewer whose picture stands still."""
    playing = viewer.page.evaluate(
        """() => { const video = document.querySelector("video"); return {time: video.currentTime, paused: video.paused,
        ready: video.readyState, error: video.error && video.error.message,
        buffered: [...Array(video.buffered.length).keys()].map((n) => [video.buffered.start(n), video.buffered.end(n)])
        }; }"""
    )
    return (
        f"{viewer.transport} {viewer.player_state}: {len(viewer.frame_readings()) - start} pictures read, "
        f"{viewer.unread_frames()} unread, {viewer.decoded_frames()} decoded, {playing}, {viewer.errors()}"
    )


def watches(viewer: Viewer, when: str = "", *, least: int = 20, wait_s: float = 20.0) -> list[int]:
    """Frame numbers that were read from the picture, once there are enough of them."""
    deadline_s = time.monotonic() + wait_s
    start = len(viewer.frame_readings())
    while len(viewer.frame_readings()) - start < least:
        assert time.monotonic() < deadline_s, f"{when}: {told(viewer, start)}"
        wait(viewer, 0.2)
    return [reading.number for reading in viewer.frame_readings()[start:]]


def listed(program: Program, text: str) -> int:
    """How many rows of the window's chat end with ``text``, once there is one."""
    deadline_s = time.monotonic() + 10
    while not (rows := [row for row in program.listed("chat.list") if row.endswith(f" {text}")]):
        if time.monotonic() > deadline_s:
            break
        time.sleep(0.1)
    return len(rows)


@pytest.mark.slow
def test_viewers_see_hear_and_talk_by_flv_and_hls(program: Program, browser: ViewerBrowser, tmp_path: Path) -> None:
    url = program.go_live("面试怎样介绍自己")["viewer_url"]
    guests = [browser.viewer(width_px=900, height_px=600) for _ in VIEWER_PHONES]
    for guest, phone, via in zip(guests, VIEWER_PHONES, ("flv", "hls"), strict=True):
        guest.open(url, via)  # type: ignore[arg-type]  # literals of the tuple
        guest.wait_for_state("playing", 30)
        assert guest.transport == via
        guest.sign_in(phone, program.code_for)
    program.say("大家好")
    guests[0].send("老师好，简历写几页？")
    guests[1].send("应届生怎么办？")
    texts = ["大家好", "老师好，简历写几页？", "应届生怎么办？"]
    for guest in guests:
        for text in texts:
            guest.wait_for_message(text)
        numbers = watches(guest)
        assert numbers == sorted(set(numbers)), "the counter goes up with every picture"
        # Chinese speech of the file, not silence and not a click.
        levels = guest.sound_levels()
        assert len(levels) >= 3, levels
        assert sum(level > LOUD_DBFS for level in levels) >= len(levels) * LEAST_LOUD_RATIO, levels
        assert [sorted(message.text for message in guest.messages()).count(text) for text in texts] == [1, 1, 1]
        assert guest.errors() == []
    state = program.until(lambda state: len(state["lines"]) == 3, "three messages in the window")
    assert sorted(line["text"] for line in state["lines"]) == sorted(texts)
    assert {line["status"] for line in state["lines"]} == {"posted"}
    # What is drawn, not only what the desk knows.
    assert [listed(program, text) for text in texts] == [1, 1, 1], program.listed("chat.list")
    assert state["stats"]["frames_sent"] > 100
    assert program.window("look")["frames_seen"] > 20, "the preview stood still"
    program.end_live()
    for guest in guests:
        guest.wait_for_state("ended", 20)
        guest.close()


@pytest.mark.slow
def test_on_the_local_network_everything_is_encrypted(
    start: Callable[..., Program], browser: ViewerBrowser, clip: str
) -> None:
    program = start()
    program.wish("TryHere", on_lan=True)
    state = program.until(lambda state: state["platform"] == "ready", "a platform", 40)
    assert state["platform_url"].startswith("https://")
    program.until_window("click", "password.noted")
    program.sign_in(ANCHOR_PHONE)
    program.choose({"type": "FileSource", "path": clip, "has_counter": True}, {"type": "FileSound", "path": clip})
    url = program.go_live("局域网")["viewer_url"]
    assert url.startswith("https://")
    for via in ("flv", "hls"):
        # The certificate is of the machine's own making: a person is asked once, here it is taken.
        guest = browser.viewer(width_px=800, height_px=560, ignores_certificate=True)
        guest.open(url, via)  # type: ignore[arg-type]  # literals of the tuple
        guest.wait_for_state("playing", 30)
        assert guest.transport == via
        watches(guest, via, least=10)
        assert guest.errors() == []
        guest.close()
    program.end_live()
