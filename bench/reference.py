"""The yardstick: one ``ffmpeg`` that does with a clip what the engine does, with the encoder set in the same way.

It reads the clip at real speed, encodes it once, publishes it and records the same packets, and makes a scaled
preview that is thrown away. What the engine does beyond that (meters, mixing) is its own cost.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.ports.engine import Output
from bench.processes import MeasureError, start
from capture.encode.video import threads
from tools.desktop import stop_process

PREVIEW_PX = (888, 500)


@dataclass(frozen=True)
class Wishes:
    """What both sides do."""

    clip: Path
    output: Output
    preview_px: tuple[int, int]
    recording: Path
    url: str
    """RTMP application, without the key."""


def command(wishes: Wishes, cores: int) -> list[str]:
    """ffmpeg's command line."""
    output = wishes.output
    rate = f"{output.video_kbps}k"
    width_px, height_px = wishes.preview_px
    frames = round(output.gop_s * output.rate_fps)
    preview = f"[0:v]split[v][s];[s]scale={width_px}:{height_px}:flags=bilinear,format=bgra[p]"
    outputs = f"[f=flv]{wishes.url}/reference|[f=matroska:flush_packets=1:cluster_time_limit=500]{wishes.recording}"
    return [
        "ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y",
        # One thread, as the engine has: more cost processor time without need.
        "-threads", "1", "-stream_loop", "-1", "-re", "-i", str(wishes.clip),
        "-filter_complex_threads", "1", "-filter_complex", preview,
        "-map", "[v]", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v", "high",
        "-level:v", "3.1", "-sc_threshold", "0", "-b:v", rate, "-maxrate", rate, "-bufsize", rate,
        "-g", str(frames), "-bf", "0", "-threads:v", str(threads(output, cores)), "-flags", "+global_header",
        "-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
        "-map", "0:a", "-c:a", "aac", "-b:a", f"{output.audio_kbps}k", "-ar", "48000", "-ac", "2",
        "-f", "tee", outputs,
        "-map", "[p]", "-c:v", "rawvideo", "-f", "rawvideo", os.devnull,
    ]  # fmt: skip


class Reference:
    """One run; begins at once."""

    def __init__(self, wishes: Wishes) -> None:
        if shutil.which("ffmpeg") is None:
            raise MeasureError("ffmpeg is not installed (make setup)")
        self._process = start(command(wishes, os.cpu_count() or 1), stdin=subprocess.DEVNULL)

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        """End it, so that the recording is whole."""
        is_early = self._process.poll() is not None
        stop_process(self._process)
        if is_early:
            raise MeasureError(f"ffmpeg ended early with {self._process.returncode}")
