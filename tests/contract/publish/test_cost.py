"""What publishing costs: CPU time of the publisher's thread at 2.5 Mbit/s, and how late packets leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.net.toy_ingest import ToyIngest

_PROGRAM = """
import json, threading, time
from app.ports.engine import PublishStatus, Target
from app.runtime.clock import SystemClock
from capture.publish import Publisher
from tests.net.clip import make_clip, offer_in_real_time

clip = make_clip(8, width_px=1280, height_px=720, video_kbps=2500)
accepted = threading.Event()
publisher = Publisher(
    Target(url=URL, key="k"), clip.stream,
    lambda change: accepted.set() if change.status is PublishStatus.STARTING else None, SystemClock(),
)
publisher.start()
assert accepted.wait(5)
thread = next(t for t in threading.enumerate() if t.name == "publish-main")
clock = time.pthread_getcpuclockid(thread.ident)
begun_s, cpu_s = time.monotonic(), time.clock_gettime(clock)
offer_in_real_time(clip, publisher.offer)
took_s, cpu_s = time.monotonic() - begun_s, time.clock_gettime(clock) - cpu_s
figures = publisher.figures()
publisher.stop()
print(json.dumps({
    "cores": cpu_s / took_s, "kbps": figures.sent_bytes * 8 / took_s / 1000, "frames": figures.frames_sent,
    "dropped": figures.frames_dropped, "clip_frames": clip.frames, "rtt_ms": figures.rtt_ms,
}))
"""


@pytest.mark.slow
def test_the_thread_needs_little_of_a_core() -> None:
    with ToyIngest() as ingest:
        # A process of its own, so that the ingest's work does not count and does not hold its interpreter.
        program = _PROGRAM.replace("URL", repr(ingest.url))
        run = subprocess.run(
            [sys.executable, "-c", program], cwd=Path(__file__).parents[3], env=dict(os.environ),
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        seen = ingest.connections[0]
    figures = json.loads(run.stdout)
    assert figures["frames"] == figures["clip_frames"]
    assert figures["dropped"] == 0
    assert figures["kbps"] > 2300
    assert figures["rtt_ms"] > 0
    assert figures["cores"] <= 0.03, figures
    assert seen.did_unpublish
