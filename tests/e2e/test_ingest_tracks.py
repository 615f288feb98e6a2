"""Encoders with and without sound, played by the page's own line (mpegts.js) in Chromium, and as HLS."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route

from tests.e2e.ingest_rig import KEY, ROOT, Ingest, decode, encoder, ingest, newest_segment, service, until
from tests.net.fake_service import FakeService
from tests.viewer.browser import ViewerBrowser

pytestmark = pytest.mark.e2e
__all__ = ["ingest", "service"]

FILES = {"/static/vendor/": ROOT / "resources/vendor", "/static/js/": ROOT / "server/pages/static/js"}
WATCH = """async url => {
    const { FlvLine } = await import("/static/js/line_flv.js");
    await FlvLine.load();
    window.isLost = false;
    window.line?.destroy();
    window.video = document.querySelector("video");
    window.line = new FlvLine(window.video, { flv_url: url }, () => (window.isLost = true));
    window.video.play().catch(() => {});
}"""
IS_MOVING = "() => window.video.currentTime > 0.5 && window.video.videoWidth === 320"


def serve(route: Route) -> None:
    """A page of nothing but the player's own parts."""
    path = urlsplit(route.request.url).path
    for prefix, folder in FILES.items():
        if path.startswith(prefix):
            route.fulfill(path=folder / Path(path).name, content_type="text/javascript")
            return
    route.fulfill(body="<!doctype html><video muted width=320></video>", content_type="text/html")


def watch(page: Page, ingest: Ingest) -> None:
    """Play until the picture moves."""
    page.evaluate(WATCH, ingest.flv_url("s1"))
    page.wait_for_function(IS_MOVING, timeout=10_000)


@pytest.mark.slow
def test_sound_may_be_absent_come_and_go(ingest: Ingest, service: FakeService, browser: ViewerBrowser) -> None:
    service.grant(KEY, "s1")
    page = browser.viewer().page
    # On the ingest's own address: a browser lets no page of a foreign one come near the loopback.
    base = f"http://127.0.0.1:{ingest.http_port}"
    for part in ("page", "static/**"):
        page.route(f"{base}/{part}", serve)
    page.goto(f"{base}/page")
    list_path = ingest.tmp_path / "data" / "media" / "s1" / "index.m3u8"

    def segments() -> int:
        return int(re.findall(r"seg-(\d+)", list_path.read_text())[-1]) if list_path.is_file() else -1

    for turn, has_sound in enumerate([False, True, False], start=1):
        with encoder(ingest, KEY, has_sound=has_sound):
            service.wait_for("started", turn)
            if turn > 1:
                # The player cannot take other tracks up; it is told to come again.
                page.wait_for_function("() => window.isLost", timeout=10_000)
            watch(page, ingest)
            assert not page.evaluate("window.isLost")
            picture, sound, complaints = decode(ingest.flv_url("s1"), seconds=1)
            assert picture >= 25, complaints
            assert (sound > 0) == has_sound
            until(lambda before=segments(): segments() >= before + 2)
            picture, sound, complaints = decode("pipe:0", data=newest_segment(ingest, "s1")[0])
            assert picture >= 25, complaints
            assert (sound > 0) == has_sound
        service.wait_for("stopped", turn)
    page.close()


@pytest.mark.slow
def test_a_picture_without_sound_plays(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY, has_sound=False):
        service.wait_for("started")
        picture, sound, complaints = decode(ingest.flv_url("s1"), seconds=1.5)
        assert (picture >= 40, sound) == (True, 0), complaints
