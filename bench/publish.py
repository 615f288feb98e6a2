"""What publishing costs: our engine against the ``ffmpeg`` CLI, doing the same with the same clip.

Both decode the clip, scale a preview, encode 720p30 with the same settings of libx264 and AAC, write a recording and
send away; each pair runs one after the other, in turns who is first. CPU time is that of the whole process over some
seconds after the start, for each second of pictures that it encoded then: on a busy machine the one that leaves
pictures out would otherwise look cheap. The receiver of the engine's RTMP is a process that is not counted; ffmpeg
writes to nowhere.

``frames_dropped`` are the pictures that a viewer of the engine's programme does not get: those that its queues dropped,
and ``frames_late``, slots that passed before it came to compose them. It leaves those out where ffmpeg would fall
behind, so they cannot be told from dropped ones by who watches. Both cores of a small machine that is busy with
something else are enough to lose one: measure on one that is not.
"""

from __future__ import annotations

import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.ports import engine as port
from bench.clip import fitting
from bench.compare import kbps, place, psnr_db, thumbnails
from bench.engine import ROOT, Engine
from capture.encode.video import threads
from tools import material
from tools.desktop import clean_environment, stop_process

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
_MARGIN_S = 8.0
"""How much more of the clip may be needed than is measured: the engine begins later in it than ffmpeg."""
_COUNT_S = 10.0
_RATE_FPS = _OUTPUT.rate_fps
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
    """By its queues."""
    frames_late: int = 0
    """Never composed."""


def run(quick: bool, clip: Path | None) -> dict[str, float | None]:
    """Measure."""
    pairs, measured_s = (_QUICK_PAIRS, _QUICK_S) if quick else (_PAIRS, _MEASURED_S)
    ours: list[Run] = []
    theirs: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="anchordesk-bench-") as name:
        folder = Path(name)
        source = fitting(clip, _OUTPUT, _WARM_S + measured_s + _MARGIN_S, folder) if clip else material.clip()
        for number in range(pairs):
            mine, yours = folder / f"engine-{number}", folder / f"ffmpeg-{number}"
            for is_engine in (True, False) if number % 2 else (False, True):
                if is_engine:
                    ours.append(_engine(source, mine, measured_s))
                else:
                    theirs.append(_ffmpeg(source, yours, measured_s))
            sys.stderr.write(
                f"pair {number + 1}: {ours[-1].cpu_s_per_s:.3f} / {theirs[-1].cpu_s_per_s:.3f}, "
                f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n"
            )
        bitrate, psnr = _differences(source, ours[-1].recording, theirs[-1].recording, measured_s)
    return figures(ours, theirs) | {
        "bitrate_difference_ratio": round(bitrate, 4),
        "psnr_difference_db": round(psnr, 3),
    }


def figures(ours: Sequence[Run], theirs: Sequence[Run]) -> dict[str, float | None]:
    """What alternating pairs of runs say."""
    ratios = [our.cpu_s_per_s / their.cpu_s_per_s for our, their in zip(ours, theirs, strict=True)]
    return {
        "ratio_720p": round(statistics.median(ratios), 3),
        "spread_720p": round((max(ratios) - min(ratios)) / statistics.median(ratios), 3),
        "cpu_s_per_s_720p": round(statistics.median(one.cpu_s_per_s for one in ours), 3),
        "ffmpeg_cpu_s_per_s_720p": round(statistics.median(one.cpu_s_per_s for one in theirs), 3),
        "frames_sent": sum(one.frames_sent for one in ours),
        "frames_dropped": sum(one.frames_dropped + one.frames_late for one in ours),
        "frames_late": sum(one.frames_late for one in ours),
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
            heard: list[port.Stats] = []

            def count() -> int:
                heard.append(engine.newest_stats())
                return heard[-1].encoded_frames

            cpu = _cpu_over(engine.process.pid, measured_s, count)
            engine.ask(port.StopRecording)
            taken = engine.wait_for(port.RecordChanged, lambda changed: changed.path.endswith(".mp4"))
            last = heard[-1]
            late = last.late_frames - heard[0].late_frames
            return Run(cpu, Path(taken.path), last.frames_sent, last.frames_dropped, late)
    finally:
        sink.communicate()


def _ffmpeg(source: Path, folder: Path, measured_s: float) -> Run:
    folder.mkdir()
    rate = f"{_OUTPUT.video_kbps}k"
    width_px, height_px = _PREVIEW_PX
    take = folder / "take.mkv"
    process = subprocess.Popen(
        [
            "ffmpeg", "-nostdin", "-v", "error", "-y", "-progress", "pipe:1", "-stats_period", "0.25",
            "-re", "-stream_loop", "-1", "-i", str(source),
            "-filter_complex", f"[0:v]split=2[a][b];[b]scale={width_px}:{height_px},format=bgra[p]",
            "-map", "[a]", "-map", "0:a", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency",
            "-profile:v", "high", "-sc_threshold", "0", "-g", str(round(_OUTPUT.gop_s * _OUTPUT.rate_fps)),
            "-r", str(_RATE_FPS), "-b:v", rate, "-maxrate", rate, "-bufsize", rate,
            "-threads:v", str(threads(_OUTPUT, os.cpu_count() or 1)), "-flags:v", "+global_header",
            "-c:a", "aac", "-b:a", f"{_OUTPUT.audio_kbps}k", "-ar", "48000", "-ac", "2", "-flags:a", "+global_header",
            "-f", "tee", f"[f=flv]{os.devnull}|[f=matroska:flush_packets=1]{take}",
            "-map", "[p]", "-c:v", "rawvideo", "-f", "rawvideo", os.devnull,
        ],
        env=clean_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        descriptor = process.stdout.fileno() if process.stdout is not None else -1
        cpu = _cpu_over(process.pid, measured_s, lambda: frames_told(descriptor))
    finally:
        stop_process(process)
    return Run(cpu, take)


def _cpu_over(pid: int, measured_s: float, count: Callable[[], int]) -> float:
    """CPU seconds a second of encoded pictures of a process and its children, over ``measured_s`` after the start.

    ``count`` waits for news of how many pictures were encoded so far.
    """
    time.sleep(_WARM_S)
    process = psutil.Process(pid)
    frames_before, before_s = count(), _cpu_s(process)
    time.sleep(measured_s)
    frames, after_s = count(), _cpu_s(process)
    return per_second(after_s - before_s, frames - frames_before, _RATE_FPS)


def per_second(cpu_s: float, frames: int, rate_fps: float) -> float:
    """CPU seconds for each second of ``rate_fps`` pictures. Raises RuntimeError when nothing was encoded."""
    if frames <= 0:
        raise RuntimeError("nothing was encoded while it was measured")
    return cpu_s / (frames / rate_fps)


def count_in(told: bytes) -> int | None:
    """The first whole ``frame=`` line of what ffmpeg's ``-progress`` wrote; it may begin and end within a line."""
    for line in told.splitlines(keepends=True):
        if line.startswith(b"frame=") and line.endswith(b"\n"):
            return int(line[len(b"frame=") :])
    return None


def frames_told(descriptor: int) -> int:
    """The next count that ffmpeg's ``-progress`` tells, not an old one. Raises RuntimeError."""
    while select.select([descriptor], [], [], 0)[0] and os.read(descriptor, 65536):
        pass
    told = b""
    deadline_s = time.monotonic() + _COUNT_S
    while select.select([descriptor], [], [], max(0.0, deadline_s - time.monotonic()))[0]:
        data = os.read(descriptor, 65536)
        if not data:
            break
        told += data
        if (frames := count_in(told)) is not None:
            return frames
    raise RuntimeError("ffmpeg tells nothing more")


def _cpu_s(process: psutil.Process) -> float:
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def _differences(clip: Path, ours: Path, theirs: Path, measured_s: float) -> tuple[float, float]:
    """(bit rates' difference relative to ffmpeg's, PSNR of ffmpeg less ours; both as absolute values)."""
    # The engine's recording begins some seconds into the clip.
    small = thumbnails(clip, round((_WARM_S + measured_s + 6) * _RATE_FPS))
    one, other = place(ours, small, _RATE_FPS), place(theirs, small, _RATE_FPS)
    first = max(one.first, other.first) + _SETTLED
    last = min(one.end, other.end, len(small))
    sys.stderr.write(f"compared: pictures {first} to {last} of the clip\n")
    if last - first < _OUTPUT.rate_fps * 2:
        raise RuntimeError("the two recordings have too little of the clip in common")
    rates = [kbps(recording, first, last, _OUTPUT.rate_fps) for recording in (one, other)]
    qualities = [psnr_db(recording, clip, first, last) for recording in (one, other)]
    sys.stderr.write(f"kbit/s {rates[0]:.0f} / {rates[1]:.0f}, PSNR {qualities[0]:.2f} / {qualities[1]:.2f} dB\n")
    return abs(rates[0] - rates[1]) / rates[1], abs(qualities[0] - qualities[1])
