"""What the anchor reads after a broadcast agrees with what the viewers did, also when the service was killed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.e2e.test_killed import kill
from tests.viewer.browser import Viewer, ViewerBrowser
from tools.program import ROOT, Program

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PICTURES = ROOT / "build" / "screens" / "counts-real"
PHONE = "13800138001"
NEAR_S = 1.0
"""What it may take to notice who comes and goes, and to come back after signing in."""


class Guest:
    """Somebody at a page; knows how long they were there at least, and at most."""

    def __init__(self, browser: ViewerBrowser, url: str) -> None:
        self._opened_s = time.monotonic()
        self.viewer: Viewer = browser.viewer(width_px=800, height_px=560)
        self.viewer.open(url)
        in_room(self.viewer.page)
        self._since_s = time.monotonic()

    def leave(self) -> tuple[float, float]:
        """Seconds: since they were in the room, and since they were on the way there until they are out."""
        least_s = time.monotonic() - self._since_s
        self.viewer.close()
        return least_s, time.monotonic() - self._opened_s


def in_room(page: Any) -> None:
    page.wait_for_selector('#chat[data-socket="open"]', timeout=20_000)


def stay(guest: Guest, seconds: float) -> None:
    guest.viewer.page.wait_for_timeout(seconds * 1000)


def ended(program: Program) -> dict[str, Any]:
    program.end_live()
    return program.until(lambda state: state["figures_phase"] == "told", "the service told its figures")


def test_the_summary_agrees_with_what_three_viewers_did(program: Program, browser: ViewerBrowser) -> None:
    url = program.go_live("三个人看的一场")["viewer_url"]
    first, second = Guest(browser, url), Guest(browser, url)
    # Whoever signs in is no second person, nor is another tab of theirs.
    second.viewer.sign_in(PHONE, program.code_for)
    tab = second.viewer.context.new_page()
    tab.goto(url, wait_until="domcontentloaded")
    in_room(tab)
    second.viewer.send("学到了")
    second.viewer.wait_for_message("学到了")
    stay(first, 3)
    stays = [first.leave()]
    program.until(lambda state: state["viewers"] == 1, "the first is gone")
    third = Guest(browser, url)
    shown = program.until(lambda state: state["onlookers"] == 3, "three were there")
    assert (shown["viewers"], shown["peak"], shown["messages"]) == (2, 2, 1)
    program.until_window("click", "room.tab.audience")
    assert "围观 3 人 · 最高在线 2 人" in program.until_text("围观 3 人 ·")
    stay(third, 3)
    stays += [second.leave(), third.leave()]
    program.until(lambda state: state["viewers"] == 0, "all are gone")
    state = ended(program)
    told = state["figures"]
    assert (told["onlookers"], told["viewers_peak"], state["comments"]) == (3, 2, 1)
    least_s, most_s = (sum(seconds) for seconds in zip(*stays, strict=True))
    assert least_s - NEAR_S <= told["watch_ms"] / 1000 <= most_s + NEAR_S
    assert told["watch_each_ms"] == told["watch_ms"] // 3
    assert told["viewers_average"] == pytest.approx(told["watch_ms"] / told["on_air_ms"], abs=0.01)
    PICTURES.mkdir(parents=True, exist_ok=True)
    program.window("screenshot", str(PICTURES / "summary.png"))
    read = program.texts()
    for text in ("围观人数", "最高在线", f"{told['viewers_average']:,.1f}", "观看总时长"):
        assert text in read, (text, read)


def test_a_killed_service_counts_nobody_twice_and_loses_seconds(program: Program, browser: ViewerBrowser) -> None:
    url = program.go_live("服务被杀的一场")["viewer_url"]
    guests = [Guest(browser, url) for _ in range(2)]
    program.until(lambda state: state["onlookers"] == 2, "both are there")
    stay(guests[0], 7)
    for _ in range(2):
        kill(program, "service")
        program.until(lambda state: state["is_room_connected"] and state["viewers"] == 2, "both are back", 60)
        stay(guests[0], 7)
    most_s = sum(guest.leave()[1] for guest in guests)
    program.until(lambda state: state["viewers"] == 0, "both are gone")
    state = ended(program)
    told = state["figures"]
    assert (told["onlookers"], told["viewers_peak"]) == (2, 2)
    assert told["watch_ms"] / 1000 <= most_s + NEAR_S
    # Three times seven seconds were watched by both; each kill may cost the five since the last batch.
    assert told["watch_ms"] / 1000 >= 2 * (21 - 2 * 6) - NEAR_S
