"""An encoder for tests: a moving picture with the burnt-in strip and a tone that comes and goes, sent by ffmpeg.

A process of its own: ``python -m tests.viewer.source WIDTH HEIGHT FPS`` with the publish address on standard
input; ends at SIGTERM, or when ffmpeg does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import FrameType

import numpy as np

from capture.frames import I420
from capture.sources import counter

TONE = "aevalsrc='0.25*sin(880*PI*t)*(0.55+0.45*sin(2*PI*t))':s=48000"
GROUP_S = 1


class Ended(Exception):
    """SIGTERM came."""


def main(arguments: list[str]) -> int:
    """Send until told to end."""
    width_px, height_px, fps = (int(argument) for argument in arguments)
    address = sys.stdin.readline().strip()
    signal.signal(signal.SIGTERM, _end)
    encoder = subprocess.Popen(_command(width_px, height_px, fps, address), stdin=subprocess.PIPE)
    try:
        assert encoder.stdin is not None
        _paint(encoder.stdin.fileno(), width_px, height_px, fps)
    except (Ended, BrokenPipeError):
        pass
    finally:
        encoder.kill()
        encoder.wait()
    return 0


def _end(_number: int, _frame: FrameType | None) -> None:
    raise Ended


def _command(width_px: int, height_px: int, fps: int, address: str) -> list[str]:
    return [
        *("ffmpeg", "-nostdin", "-v", "error", "-probesize", "32", "-analyzeduration", "0"),
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", f"{width_px}x{height_px}"),
        *("-framerate", str(fps), "-use_wallclock_as_timestamps", "1", "-i", "pipe:0"),
        *("-re", "-f", "lavfi", "-i", TONE),
        *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", str(fps * GROUP_S)),
        *("-b:v", "900k", "-maxrate", "900k", "-bufsize", "900k", "-pix_fmt", "yuv420p", "-fps_mode", "passthrough"),
        *("-c:a", "aac", "-b:a", "96k", "-ac", "2", "-flush_packets", "1", "-f", "flv", address),
    ]


def _paint(pipe: int, width_px: int, height_px: int, fps: int) -> None:
    frame = I420(width_px, height_px)
    ramp = (np.add.outer(np.arange(height_px), np.arange(width_px)) % 160 + 40).astype(np.uint8)
    began_s = time.monotonic()
    number = 0
    while True:
        frame.y[:] = np.roll(ramp, -4 * number, axis=1)
        frame.u[:] = 118
        frame.v[:] = 140
        counter.paint(frame, number, int(time.time() * 1000))
        data = memoryview(frame.data.reshape(-1))
        while len(data):
            data = data[os.write(pipe, data) :]
        number += 1
        time.sleep(max(0.0, began_s + number / fps - time.monotonic()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
