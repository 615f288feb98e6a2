"""A bench run as a person runs it: one line of JSON, with the keys that were promised."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tools.desktop import clean_environment
from tools.program import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

KEYS = {
    "publish": {
        "ratio_720p", "spread_720p", "cpu_s_per_s_720p", "ffmpeg_cpu_s_per_s_720p", "frames_sent", "frames_dropped",
        "bitrate_difference_ratio", "psnr_difference_db",
    },
    "startup": {"first_window_ms", "first_preview_ms"},
    "viewer": {"flv_p95_ms", "hls_p95_ms", "first_frame_ms", "stalls"},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(KEYS))
def test_a_quick_bench_prints_one_line(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", name, "--quick"],
        cwd=ROOT, env=clean_environment() | {"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    [line] = done.stdout.splitlines()
    told = json.loads(line)
    assert told["bench"] == name
    assert set(told["figures"]) >= KEYS[name]
    assert told["met"] in (True, False, None)
    assert all(isinstance(value, int | float) for value in told["figures"].values())
