"""A recording whose process is killed in the middle plays, and becomes an MP4 at the next start."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.runtime.clock import SystemClock
from capture.record.finisher import Finisher
from tests.contract.record_kit import RATE_FPS, apart_s, play
from tests.net.rtmp_peers import clean_env, wait_until

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
GOP_S = 1
CUT_OFF = "File ended prematurely"


# Different places between two key frames and within a cluster.
@pytest.mark.slow
@pytest.mark.parametrize("after_pictures", [61, 77, 104])
def test_a_recording_plays_after_its_process_was_killed(after_pictures: int, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.recording_child", str(tmp_path), "6"],
        cwd=ROOT, env=clean_env(), stdout=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        offered = 0
        for line in child.stdout:
            offered = int(line)
            if offered == after_pictures:
                break
        killed_s = time.monotonic()
        child.kill()
        # What it still said before the signal reached it.
        offered = max([offered, *(int(line) for line in child.stdout if line.endswith("\n"))])
    assert time.monotonic() - killed_s < 2
    assert [path.name for path in tmp_path.iterdir()] == ["live.mkv"]
    recording = tmp_path / "live.mkv"
    played = play(recording)
    # Whether the last block was whole depends on the moment; anything else that is said would be a fault.
    assert [line for line in played.complaints.splitlines() if not line.endswith(CUT_OFF)] == []
    assert offered - played.pictures <= (GOP_S + 1) * RATE_FPS
    assert played.sounds * 1024 / 48_000 >= played.pictures / RATE_FPS - 0.1
    assert max(map(abs, apart_s(recording))) < 1 / RATE_FPS

    finisher = Finisher(SystemClock(), floor_free_bytes=0)
    finisher.recover(str(tmp_path))
    wait_until(lambda: not recording.exists(), 10)
    finisher.close()
    mended = play(tmp_path / "live.mp4")
    assert (mended.complaints, mended.pictures) == ("", played.pictures)
