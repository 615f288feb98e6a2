"""How long a start takes for somebody who is signed in: until the window is there, until they see themself.

Counted from before the program's process is made, on the live page with the demo scene as camera.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.clip import has_sound
from server.demo_data import ANCHOR_PHONE
from tools.desktop import Desktop
from tools.program import Program

GOALS: dict[str, str] = {}
_STARTS, _QUICK_STARTS = 7, 3
_WAIT_S = 20.0


def run(quick: bool, clip: Path | None) -> dict[str, float | None]:
    """Measure. A ``clip`` takes the place of the demo scene; of its sound too, when it has any."""
    video = {"type": "FileSource", "path": str(clip.resolve())} if clip else {"type": "DemoSource"}
    is_heard = clip is not None and has_sound(clip)
    audio = {"type": "FileSound", "path": video["path"]} if is_heard else {"type": "DemoSound", "path": ""}
    windows: list[float] = []
    previews: list[float] = []
    with tempfile.TemporaryDirectory(prefix="anchordesk-bench-") as name, Desktop(Path(name) / "desktop") as desktop:
        data = Path(name) / "data"
        with Program(data, desktop.environment) as program:
            program.try_here()
            program.sign_in(ANCHOR_PHONE)
            program.choose(video, audio)
        for _ in range(_QUICK_STARTS if quick else _STARTS):
            window_ms, preview_ms = _start(data, desktop)
            sys.stderr.write(f"window {window_ms:.0f} ms, preview {preview_ms:.0f} ms\n")
            windows.append(window_ms)
            previews.append(preview_ms)
    return {
        "first_window_ms": round(statistics.median(windows)),
        "first_preview_ms": round(statistics.median(previews)),
        "starts": len(windows),
    }


def _start(data: Path, desktop: Desktop) -> tuple[float, float]:
    with Program(data, desktop.environment) as program:
        deadline_s = time.monotonic() + _WAIT_S
        while "first_preview_ms" not in (seen := program.window("look")):
            if time.monotonic() > deadline_s:
                raise RuntimeError(f"no preview within {_WAIT_S:.0f} s: {seen}")
            time.sleep(0.05)
        # The window counts from its own start; the clock is the same in every process.
        before_ms = (seen["started_monotonic_s"] - program.started_s) * 1000
        return before_ms + seen["first_window_ms"], before_ms + seen["first_preview_ms"]
