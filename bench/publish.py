"""What publishing costs: our engine against the ``ffmpeg`` CLI, doing the same with the same clip.

Both decode the clip, scale a preview, encode 720p30 with the same settings of libx264 and AAC, write a recording and
send away; each pair runs one after the other, in turns who is first. CPU time is that of the whole process over the
same stretch of seconds, after the start. The receiver of the engine's RTMP is a process that is not counted; ffmpeg
writes to nowhere.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.ports import engine as port
from bench.compare import kbps, place, psnr_db, thumbnails
from bench.engine import ROOT, Engine
from capture.encode.video import threads
from tools import material
from tools.desktop import clean_environment

GOALS = {
    "ratio_720p": "<=1.15",
    "frames_dropped": "<=0",
    "bitrate_difference_ratio": "<=0.03",
    "psnr_difference_db": "<=0.3",
}
QUICK_CANNOT_FAIL = True
"""Two short pairs tell the ratio within 15 % or so, no better."""
_OUTPUT = port.Output(encoder="libx264")
_PREVIEW_PX = (806, 454)
_WARM_S = 2.5
_PAIRS, _QUICK_PAIRS = 5, 2
_MEASURED_S, _QUICK_S = 12.0, 4.0
_SETTLED = 45
"""Pictures at the start of a recording that are not compared: the rate control is finding its level."""


@dataclass(frozen=True)
class Run:
    cpu_s_per_s: float
    recording: Path
    frames_sent: int = 0
    frames_dropped: int = 0


def run(quick: bool, clip: Path | None) -> dict[str, float | None]:
    """Measure."""
    source = clip or material.clip()
    pairs, measured_s = (_QUICK_PAIRS, _QUICK_S) if quick else (_PAIRS, _MEASURED_S)
    ours: list[Run] = []
    theirs: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="anchordesk-bench-") as name:
        folder = Path(name)
        for number in range(pairs):
            mine, yours = folder / f"engine-{number}", folder / f"ffmpeg-{number}"
            for is_engine in (True, False) if number % 2 else (False, True):
                if is_engine:
                    ours.append(_engine(source, mine, measured_s))
                else:
                    theirs.append(_ffmpeg(source, yours, measured_s))
            sys.stderr.write(f"pair {number + 1}: {ours[-1].cpu_s_per_s:.3f} / {theirs[-1].cpu_s_per_s:.3f}\n")
        ratios = [our.cpu_s_per_s / their.cpu_s_per_s for our, their in zip(ours, theirs, strict=True)]
        bitrate, psnr = _differences(source, ours[-1].recording, theirs[-1].recording, measured_s)
    return {
        "ratio_720p": round(statistics.median(ratios), 3),
        "spread_720p": round((max(ratios) - min(ratios)) / statistics.median(ratios), 3),
        "cpu_s_per_s_720p": round(statistics.median(one.cpu_s_per_s for one in ours), 3),
        "ffmpeg_cpu_s_per_s_720p": round(statistics.median(one.cpu_s_per_s for one in theirs), 3),
        "frames_sent": sum(one.frames_sent for one in ours),
        "frames_dropped": sum(one.frames_dropped for one in ours),
        "bitrate_difference_ratio": round(bitrate, 4),
        "psnr_difference_db": round(psnr, 3),
    }


def _engine(source: Path, folder: Path, measured_s: float) -> Run:
    folder.mkdir()
    sink = subprocess.Popen(
        [sys.executable, "-m", "bench.sink"],
        cwd=ROOT, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        port_number = int(sink.stdout.readline()) if sink.stdout is not None else 0
        with Engine(folder) as engine:
            width_px, height_px = _PREVIEW_PX
            engine.ask(port.SetOutput, output=_OUTPUT)
            engine.ask(port.SetPreview, width_px=width_px, height_px=height_px)
            engine.ask(port.SetVideo, source=port.FileSource(path=str(source)))
            engine.ask(port.SetAudio, source=port.FileSound(path=str(source)))
            # The first picture after the start of the file is where its sound begins, too.
            engine.wait_for(port.Stats, lambda stats: stats.programme_fps > 25)
            target = port.Target(url=f"rtmp://127.0.0.1:{port_number}/live", key="bench")
            engine.ask(port.StartPublish, targets=(target,))
            engine.ask(port.StartRecording, directory=str(folder), name="take")
            cpu = _cpu_over(engine.process.pid, measured_s)
            stats = engine.newest_stats()
            engine.ask(port.StopRecording)
            taken = engine.wait_for(port.RecordChanged, lambda changed: changed.path.endswith(".mp4"))
            return Run(cpu, Path(taken.path), stats.frames_sent, stats.frames_dropped)
    finally:
        sink.communicate()


def _ffmpeg(source: Path, folder: Path, measured_s: float) -> Run:
    folder.mkdir()
    rate = f"{_OUTPUT.video_kbps}k"
    width_px, height_px = _PREVIEW_PX
    take = folder / "take.mkv"
    length_s = _WARM_S + measured_s + 1
    process = subprocess.Popen(
        [
            "ffmpeg", "-nostdin", "-v", "error", "-y", "-re", "-stream_loop", "-1", "-t", str(length_s),
            "-i", str(source),
            "-filter_complex", f"[0:v]split=2[a][b];[b]scale={width_px}:{height_px},format=bgra[p]",
            "-map", "[a]", "-map", "0:a", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency",
            "-profile:v", "high", "-sc_threshold", "0", "-g", str(round(_OUTPUT.gop_s * _OUTPUT.rate_fps)),
            "-r", str(_OUTPUT.rate_fps), "-b:v", rate, "-maxrate", rate, "-bufsize", rate,
            "-threads:v", str(threads(_OUTPUT, os.cpu_count() or 1)), "-flags:v", "+global_header",
            "-c:a", "aac", "-b:a", f"{_OUTPUT.audio_kbps}k", "-ar", "48000", "-ac", "2", "-flags:a", "+global_header",
            "-f", "tee", f"[f=flv]{os.devnull}|[f=matroska:flush_packets=1]{take}",
            "-map", "[p]", "-c:v", "rawvideo", "-f", "rawvideo", os.devnull,
        ],
        env=clean_environment(), stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        cpu = _cpu_over(process.pid, measured_s)
        process.wait(length_s)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return Run(cpu, take)


def _cpu_over(pid: int, measured_s: float) -> float:
    """CPU seconds a second of a process and its children, over ``measured_s`` after the start."""
    time.sleep(_WARM_S)
    process = psutil.Process(pid)
    before_s, began_s = _cpu_s(process), time.monotonic()
    time.sleep(measured_s)
    return (_cpu_s(process) - before_s) / (time.monotonic() - began_s)


def _cpu_s(process: psutil.Process) -> float:
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def _differences(clip: Path, ours: Path, theirs: Path, measured_s: float) -> tuple[float, float]:
    """(bit rates' difference relative to ffmpeg's, PSNR of ffmpeg less ours; both as absolute values)."""
    # The engine's recording begins some seconds into the clip.
    small = thumbnails(clip, round((_WARM_S + measured_s + 6) * _OUTPUT.rate_fps))
    one, other = place(ours, small), place(theirs, small)
    first = max(one.first, other.first) + _SETTLED
    last = min(one.end, other.end, len(small))
    sys.stderr.write(f"compared: pictures {first} to {last} of the clip\n")
    if last - first < _OUTPUT.rate_fps * 2:
        raise RuntimeError("the two recordings have too little of the clip in common")
    rates = [kbps(recording, first, last, _OUTPUT.rate_fps) for recording in (one, other)]
    qualities = [psnr_db(recording, clip, first, last) for recording in (one, other)]
    sys.stderr.write(f"kbit/s {rates[0]:.0f} / {rates[1]:.0f}, PSNR {qualities[0]:.2f} / {qualities[1]:.2f} dB\n")
    return abs(rates[0] - rates[1]) / rates[1], abs(qualities[0] - qualities[1])
