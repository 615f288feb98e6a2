"""Material for demo, tests and benches, rendered on this machine and kept in ``build/material``.

Speech comes from espeak-ng, pictures from ffmpeg's own sources: nothing is fetched. A file's name holds
everything that it depends on, so a changed wish makes a new file.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from tools.desktop import clean_environment

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "material"

SPEECH = (
    "大家好，欢迎来到求职直播间。今天我们聊一聊，面试的时候怎样介绍自己。"
    "第一，先说清楚你做过什么，用数字说话。第二，讲一个你解决问题的例子，背景、做法、结果，一个都不能少。"
    "第三，说明你为什么想来这家公司。简历不要超过两页，重点放在最前面。"
    "有问题可以在评论区留言，我会一条一条地回答。谢谢大家，祝各位面试顺利。"
)


def speech() -> Path:
    """A WAV file of speech, mono, some thirty seconds."""
    name = f"speech-{_digest(SPEECH)}.wav"
    return _made(name, lambda path: ["espeak-ng", "-v", "cmn", "-s", "165", "-a", "160", "-w", str(path), SPEECH])


def clip(seconds: int = 30, width_px: int = 1280, height_px: int = 720, rate_fps: int = 30) -> Path:
    """A media file (H.264, AAC) of a moving scene with camera noise, and speech."""
    sound = speech()
    scene = (
        f"mandelbrot=size={width_px}x{height_px}:rate={rate_fps}:maxiter=120:start_scale=2.2:end_scale=0.02:"
        f"end_pts={rate_fps * seconds}[m];"
        f"testsrc2=size={width_px // 2}x{height_px // 2}:rate={rate_fps}[t];"
        f"[m][t]overlay=x='(W-w)/2+(W-w)/2*sin(t*0.9)':y='(H-h)/2+(H-h)/2*cos(t*0.7)',noise=alls=6:allf=t,"
        f"trim=duration={seconds},format=yuv420p[v]"
    )
    name = f"clip-{_digest(scene + sound.name)}.mp4"

    def command(path: Path) -> list[str]:
        return [
            "ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-stream_loop", "-1", "-i", str(sound),
            "-filter_complex", scene, "-map", "[v]", "-map", "0:a", "-t", str(seconds),
            "-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-c:a", "aac", "-b:a", "128k", "-ar", "48000",
            "-movflags", "+faststart", str(path),
        ]  # fmt: skip

    return _made(name, command)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _made(name: str, command: Callable[[Path], list[str]]) -> Path:
    path = FOLDER / name
    if path.exists():
        return path
    FOLDER.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}-{name}")
    subprocess.run(command(partial), check=True, env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True)
    partial.replace(path)
    return path
