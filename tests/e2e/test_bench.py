"""A bench run as a person runs it: one line of JSON, with the keys that were promised."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tools import material
from tools.desktop import clean_environment
from tools.program import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

QUICK_S = 45.0
KEYS = {
    "publish": {
        "ratio_720p", "spread_720p", "cpu_s_per_s_720p", "ffmpeg_cpu_s_per_s_720p", "frames_sent", "frames_dropped",
        "bitrate_difference_ratio", "psnr_difference_db",
    },
    "startup": {"first_window_ms", "first_preview_ms"},
    "viewer": {"flv_p95_ms", "hls_p95_ms", "first_frame_ms", "stalls"},
}  # fmt: skip


@pytest.fixture(scope="module")
def silent_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a person might have: short, small, without sound."""
    path = tmp_path_factory.mktemp("clip") / "mine.mp4"
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "mandelbrot=size=640x360:rate=25:maxiter=60",
         "-t", "4", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(path)],
        env=clean_environment(), check=True, capture_output=True,
    )  # fmt: skip
    return path


def run(name: str, *more: str) -> tuple[dict[str, Any], float]:
    """What a bench printed, and how long it took."""
    # Set-up has rendered these; where it has not run, their rendering is not the bench's time.
    material.clip()
    began_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "bench", name, *more],
        cwd=ROOT, env=clean_environment() | {"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=180,
        check=False,
    )  # fmt: skip
    took_s = time.monotonic() - began_s
    assert done.returncode == 0, done.stderr[-2000:]
    [line] = done.stdout.splitlines()
    told: dict[str, Any] = json.loads(line)
    return told, took_s


@pytest.mark.parametrize("name", sorted(KEYS))
def test_a_quick_bench_prints_one_line_in_time(name: str) -> None:
    told, took_s = run(name, "--quick")
    assert took_s < QUICK_S
    assert told["bench"] == name
    assert set(told["figures"]) >= KEYS[name]
    assert told["met"] in (True, False, None)
    assert all(isinstance(value, int | float) for value in told["figures"].values())


@pytest.mark.parametrize("name", sorted(KEYS))
def test_any_clip_will_do(name: str, silent_clip: Path) -> None:
    told, _ = run(name, "--quick", "--clip", str(silent_clip))
    assert set(told["figures"]) >= KEYS[name]
    assert all(isinstance(value, int | float) for value in told["figures"].values())
    if name == "publish":
        assert told["figures"]["frames_sent"] > 0
        # Both sides encoded the very same pictures.
        assert told["figures"]["psnr_difference_db"] < 1
