"""From the anchor's picture to the viewer's eye: delay, first picture and stalls, by the clock burnt into the picture.

The real program on air with the real service and ingest, Chromium as viewers by HTTP-FLV and by HLS. The delay is the
time at which the browser shows a picture less the time at which the engine composed it; both clocks are the machine's.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from bench.clip import has_sound
from server.demo_data import ANCHOR_PHONE
from tests.viewer.browser import Via, Viewer, ViewerBrowser
from tools import material
from tools.desktop import Desktop
from tools.program import Program

GOALS = {"flv_p95_ms": "<=450", "hls_p95_ms": "<=4500", "first_frame_ms": "<=1100", "stalls": "<=0"}
_WATCHED_S, _QUICK_S = 60.0, 12.0
_OPENINGS, _QUICK_OPENINGS = 7, 3
_SETTLE_MS = 3000.0
"""A viewer who has just come catches up; what is seen in these first moments is not its delay."""


def run(quick: bool, clip: Path | None) -> dict[str, float | None]:
    """Measure. A ``clip`` takes the place of the demo scene; of its sound too, when it has any."""
    video = (
        {"type": "FileSource", "path": str(clip.resolve()), "has_counter": True} if clip else {"type": "DemoSource"}
    )  # fmt: skip
    sound = clip if clip and has_sound(clip) else material.speech()
    audio = {"type": "FileSound", "path": str(sound.resolve())}
    with (
        tempfile.TemporaryDirectory(prefix="anchordesk-bench-") as name,
        Desktop(Path(name) / "desktop") as desktop,
        Program(Path(name) / "data", desktop.environment) as program,
    ):
        program.try_here()
        program.sign_in(ANCHOR_PHONE)
        program.choose(video, audio)
        url = str(program.go_live("bench")["viewer_url"])
        figures = _watch(url, quick)
        program.end_live()
        return figures


def _watch(url: str, quick: bool) -> dict[str, float | None]:
    with ViewerBrowser() as browser:
        firsts: list[float] = []
        # The very first page of a browser pays for starting its processes.
        _opened(browser, url, "flv").close()
        for _ in range(_QUICK_OPENINGS if quick else _OPENINGS):
            viewer = _opened(browser, url, "flv")
            firsts.append(viewer.first_frame_ms() or float("inf"))
            viewer.close()
        hls, flv = _opened(browser, url, "hls"), _opened(browser, url, "flv")
        hls_first_ms = hls.first_frame_ms()
        flv.page.wait_for_timeout((_QUICK_S if quick else _WATCHED_S) * 1000 + _SETTLE_MS)
        delays = {viewer.transport: _delays(viewer) for viewer in (flv, hls)}
        stalls = [stall for viewer in (flv, hls) for stall in viewer.stalls()]
    sys.stderr.write(f"first pictures {[round(first) for first in firsts]} ms, stalls {stalls}\n")
    figures: dict[str, float | None] = {
        f"{via}_p{share}_ms": round(statistics.quantiles(values, n=100)[share - 1])
        for via, values in sorted(delays.items())
        for share in (50, 95)
    }
    figures["first_frame_ms"] = round(statistics.median(firsts))
    figures["hls_first_frame_ms"] = round(hls_first_ms) if hls_first_ms is not None else None
    figures["stalls"] = len(stalls)
    figures["readings"] = sum(map(len, delays.values()))
    return figures


def _opened(browser: ViewerBrowser, url: str, via: Via) -> Viewer:
    viewer = browser.viewer(width_px=800, height_px=560)
    viewer.open(url, via)
    viewer.wait_for_state("playing", 30)
    viewer.page.wait_for_function("window.__viewer.firstFrameMs > 0", timeout=20_000)
    return viewer


def _delays(viewer: Viewer) -> list[float]:
    readings = viewer.frame_readings()
    since_ms = readings[0].at_ms + _SETTLE_MS
    return [reading.delay_ms for reading in readings if reading.at_ms >= since_ms]
