"""A person's own clip, brought into the programme's format, so that both sides read the very same pictures."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from app.ports.engine import Output
from tools.desktop import clean_environment


def fitting(clip: Path, output: Output, least_s: float, folder: Path) -> Path:
    """``clip`` itself when it has size and rate of ``output``, sound, and is long enough; else a copy in ``folder``.

    A short one is looped. Raises RuntimeError when it holds no picture or cannot be read.
    """
    told = _probe(clip)
    streams = told.get("streams", [])
    video = next((stream for stream in streams if stream["codec_type"] == "video"), None)
    if video is None:
        raise RuntimeError(f"{clip.name} holds no picture")
    is_sounding = any(stream["codec_type"] == "audio" for stream in streams)
    form = (video["width"], video["height"], video["r_frame_rate"], video["pix_fmt"])
    is_long = float(told["format"].get("duration", 0)) >= least_s
    if is_sounding and is_long and form == (output.width_px, output.height_px, f"{output.rate_fps}/1", "yuv420p"):
        return clip
    path = folder / "clip.mp4"
    _run(command(clip, output, least_s, path, has_sound=is_sounding))
    return path


def has_sound(clip: Path) -> bool:
    """Whether a media file holds sound. Raises RuntimeError when it cannot be read."""
    return any(stream["codec_type"] == "audio" for stream in _probe(clip).get("streams", []))


def command(clip: Path, output: Output, length_s: float, path: Path, *, has_sound: bool) -> list[str]:
    """ffmpeg's command line that makes the copy; silence where there is no sound."""
    size = f"{output.width_px}:{output.height_px}"
    picture = (
        f"fps={output.rate_fps},scale={size}:force_original_aspect_ratio=decrease:force_divisible_by=2:"
        f"out_color_matrix=bt709:out_range=tv,pad={size}:-1:-1,setsar=1,format=yuv420p"
    )
    silence = [] if has_sound else ["-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo"]
    return [
        "ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", str(clip), *silence,
        "-map", "0:v:0", "-map", "0:a:0" if has_sound else "1:a", "-vf", picture, "-t", str(length_s),
        "-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", "-colorspace", "bt709",
        "-c:a", "aac", "-b:a", "160k", "-ar", "48000", "-ac", "2", str(path),
    ]  # fmt: skip


def _probe(path: Path) -> dict[str, Any]:
    entries = "format=duration:stream=codec_type,width,height,r_frame_rate,pix_fmt"
    told: dict[str, Any] = json.loads(
        _run(["ffprobe", "-v", "error", "-show_entries", entries, "-of", "json", str(path)])
    )
    return told


def _run(command: list[str]) -> bytes:
    try:
        return subprocess.run(
            command, check=True, env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True
        ).stdout
    except subprocess.CalledProcessError as cause:
        raise RuntimeError(f"{command[0]}: {cause.stderr.decode(errors='replace').strip()[-300:]}") from cause
