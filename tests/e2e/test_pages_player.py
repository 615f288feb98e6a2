"""The player of the viewer page in a real browser: what it shows, whose wishes it follows, and that it has one line.

The picture is painted in the page (``tests/viewer/line.js`` in place of mpegts.js), so that a line breaks when a test
says so; the last test plays a real stream.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.viewer.browser import Viewer
from tests.viewer.house import House, connected
from tests.viewer.stage import Stage

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
pytest_plugins = ("tests.viewer.fixtures",)

LINE = Path(__file__).parents[1] / "viewer" / "line.js"
ALIVE = "window.lines.filter((line) => line.isAlive).length"
BREAK = "window.lines.findLast((line) => line.isAlive).fail()"
# As a media key does it: the browser acts on the element, the page only hears of it.
MEDIA_KEY = "void document.querySelector('video').{}()?.catch(() => 0)"


def painted(viewer: Viewer, url: str) -> Page:
    """A page whose line with low delay is painted; does not wait for a picture."""
    # Handed over as text: from a file, Playwright reads it in a thread that outlives the test.
    script = LINE.read_text(encoding="utf-8")
    viewer.page.route("**/vendor/mpegts.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    return connected(viewer, url)


def asked_to_play(page: Page) -> list[str]:
    """Grows with each request for an address to play."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/play") else None)
    return asked


def until(page: Page, is_so: Callable[[], bool], timeout_s: float = 15.0) -> None:
    """Through the page, so that its events go on."""
    deadline_s = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline_s
        page.wait_for_timeout(50)


@pytest.mark.slow
def test_a_media_key_pauses_and_plays(house: House, look: Callable[..., Viewer]) -> None:
    viewer = look()
    page = painted(viewer, house.page(house.live_session()))
    viewer.wait_for_state("playing")
    page.evaluate(MEDIA_KEY.format("pause"))
    viewer.wait_for_state("paused")
    expect(page.locator("#play")).to_have_accessible_name("播放")
    assert page.evaluate(ALIVE) == 0
    page.evaluate(MEDIA_KEY.format("play"))
    viewer.wait_for_state("playing")
    expect(page.locator("#play")).to_have_accessible_name("暂停")
    # Our own button does the same, and what a line does when it goes is nobody's wish.
    page.click("#play")
    viewer.wait_for_state("paused")
    page.click("#play")
    viewer.wait_for_state("playing")
    page.evaluate(BREAK)
    viewer.wait_for_state("reconnecting")
    viewer.wait_for_state("playing")
    assert page.evaluate(ALIVE) == 1


@pytest.mark.slow
def test_a_picture_that_may_not_start_asks_for_a_tap(house: House, look: Callable[..., Viewer]) -> None:
    viewer = look()
    viewer.page.add_init_script(
        """const play = HTMLMediaElement.prototype.play;
        let isTapped = false;
        addEventListener("click", () => { isTapped = true; }, true);
        HTMLMediaElement.prototype.play = function () {
            if (isTapped) return play.call(this);
            return Promise.reject(new DOMException("", "NotAllowedError"));
        };"""
    )
    page = painted(viewer, house.page(house.live_session()))
    viewer.wait_for_state("blocked")
    page.click("#tap-play")
    viewer.wait_for_state("playing")
    expect(page.locator("#tap-unmute")).to_be_hidden()
    assert not page.evaluate("document.querySelector('video').muted")


@pytest.mark.slow
def test_what_is_wrong_is_said_while_the_last_picture_stays(house: House, look: Callable[..., Viewer]) -> None:
    viewer = look()
    session_id = house.open_session()
    page = painted(viewer, house.page(session_id))
    viewer.wait_for_state("waiting")
    grant = house.go_live(session_id)
    viewer.wait_for_state("playing")
    page.route("**/play", lambda route: route.abort())
    page.evaluate(BREAK)
    viewer.wait_for_state("reconnecting")
    expect(page.locator("#cover-title")).to_have_text("连接断开，正在重新连接…")
    expect(page.locator("#still")).to_be_visible()
    viewer.context.set_offline(True)
    viewer.wait_for_state("offline")
    viewer.context.set_offline(False)
    house.report("stopped", grant, reason="gone")
    viewer.wait_for_state("interrupted")
    expect(page.locator("#state-pill.warn")).to_have_text("暂时中断")
    page.unroute("**/play")
    house.resume()
    viewer.wait_for_state("playing")
    expect(page.locator("#state-pill.air")).to_have_text("直播中")


@pytest.mark.slow
def test_a_line_that_cannot_be_had_does_not_cost_the_one_that_plays(house: House, look: Callable[..., Viewer]) -> None:
    viewer = look()
    page = painted(viewer, house.page(house.live_session()))
    viewer.wait_for_state("playing")
    asked = asked_to_play(page)
    page.route("**/play", lambda route: route.abort())
    page.select_option("#line", "hls")
    page.wait_for_timeout(1200)
    assert len(asked) > 1, "it is tried again"
    assert (viewer.player_state, viewer.transport, page.evaluate(ALIVE)) == ("playing", "flv", 1)
    page.unroute("**/play")
    page.wait_for_function(f"() => {ALIVE} === 0")


@pytest.mark.slow
def test_a_line_that_this_browser_cannot_play_gives_way(house: House, look: Callable[..., Viewer]) -> None:
    viewer = look()
    viewer.page.add_init_script("window.isFlvUnusable = true")
    # Media that neither comes nor fails.
    viewer.page.route("http://media.test/**", lambda route: None)
    page = painted(viewer, f"{house.page(house.live_session())}?via=flv")
    expect(page.locator("#line")).to_have_value("auto")
    assert "via" not in page.url
    expect(page.locator("#player")).to_have_attribute("data-transport", "hls")
    # Chosen again it gives way again, and nothing is "not supported".
    page.select_option("#line", "flv")
    expect(page.locator("#line")).to_have_value("auto")
    assert viewer.player_state != "unsupported"


@pytest.mark.parametrize("ends", [pytest.param("paused", marks=pytest.mark.slow), "ended"])
def test_no_address_is_asked_for_when_there_is_no_line(house: House, look: Callable[..., Viewer], ends: str) -> None:
    viewer = look()
    session_id = house.live_session()
    held: list[Route] = []
    answers: list[dict[str, Any]] = []

    def shorten(route: Route) -> None:
        # Half a second later the address is renewed; that answer is held until the line has gone.
        if answers:
            held.append(route)
            return
        answers.append({**route.fetch().json(), "expires_in_s": 0.5})
        route.fulfill(json=answers[0])

    page = viewer.page
    asked = asked_to_play(page)
    page.route("**/play", shorten)
    connected(viewer, f"{house.page(session_id)}?via=hls")
    until(page, lambda: bool(held))
    if ends == "paused":
        page.click("#play")
    else:
        house.end(session_id)
    viewer.wait_for_state(ends)
    for route in held:
        route.fulfill(json=answers[0])
    before = len(asked)
    page.wait_for_timeout(1000)
    assert len(asked) == before
    assert viewer.player_state == ends


@pytest.mark.slow
def test_a_line_lost_while_it_is_replaced_leaves_one(house: House, look: Callable[..., Viewer]) -> None:
    viewer = look()
    page = painted(viewer, house.page(house.live_session()))
    viewer.wait_for_state("playing")
    held: list[Route] = []
    page.route("**/play", lambda route: route.continue_() if held else held.append(route))
    page.evaluate("window.lines[0].freeze()")
    until(page, lambda: bool(held))
    # The standing picture is being replaced; now its line is lost too, and both find a new one.
    page.evaluate("window.lines[0].fail()")
    held[0].continue_()
    viewer.wait_for_state("playing")
    page.wait_for_timeout(2000)
    assert page.evaluate("[window.lines.length, " + ALIVE + "]") == [2, 1]


@pytest.mark.slow
@pytest.mark.parametrize("via", ["flv", "hls"])
def test_a_media_key_pauses_and_plays_a_real_stream(look: Callable[..., Viewer], tmp_path: Path, via: str) -> None:
    with Stage(tmp_path) as stage:
        session_id = stage.open_session()
        stage.go_live(session_id)
        viewer = look()
        viewer.open(stage.page(session_id), via)  # type: ignore[arg-type]  # literals of the list
        page = viewer.page
        for _ in range(2):
            viewer.wait_for_state("playing")
            page.evaluate(MEDIA_KEY.format("pause"))
            viewer.wait_for_state("paused")
            page.wait_for_timeout(5000)
            assert viewer.player_state == "paused", "nothing fights it"
            page.evaluate(MEDIA_KEY.format("play"))
        # A new line in place of the old one is nobody's wish to pause.
        viewer.wait_for_state("playing")
        page.select_option("#line", "hls" if via == "flv" else "flv")
        page.wait_for_function("via => document.getElementById('player').dataset.transport !== via", arg=via)
        viewer.wait_for_state("playing")
        page.wait_for_timeout(2000)
        assert viewer.player_state == "playing"
