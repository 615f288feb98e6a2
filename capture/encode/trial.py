"""What one second of the programme costs this machine to encode, by trial. Any worker thread; not on air.

Pictures like a camera's are made beforehand, so that only the encoder is timed: soft shapes and fine texture that move
slowly, and grain that is new in each. A still or rendered picture would cost a half of that.
"""

from __future__ import annotations

import itertools
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import av
import av.logging
import cv2
import msgspec
import numpy as np

from app.ports.engine import EncodeTrial, Output
from app.runtime.clock import Clock
from capture.encode.video import EncoderError, VideoEncoder
from capture.frames import I420

_LOG = logging.getLogger(__name__)

SIZES = ((960, 540, 1200), (1280, 720, 2500), (1920, 1080, 4500))
"""Width, height, kbps: what a session can be proposed."""
RATE_FPS = 30
MEASURED_S = 1.0
"""Of media: with a key frame a second exactly one is in it, wherever it lies."""
_WARM_FRAMES, _WARM_S = 5, 0.3
"""Not counted: caches and the encoder's own beginning."""
_MOST_S = 1.6
"""Of real time for one size: a machine that needs longer is known to be too slow."""
_LEAST_FRAMES = 6
_PICTURES = 10
"""Shown forth and back, so that nothing jumps; more would only take memory (3 MB each at 1080p)."""
_SPEED_PX = 3
_GRAIN = 2.5
"""Standard deviation of a webcam's noise in a lit room, steps of luma."""


@dataclass(frozen=True)
class Costs:
    """How processor time is asked for. ``cpu_s``: of this process with all its threads; ``cores``: that it may use."""

    cpu_s: Callable[[], float] = time.process_time
    cores: int = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def outputs_to_try(output: Output) -> tuple[Output, ...]:
    """The chosen one first, then the sizes that could be proposed, each with its own bit rate."""
    chosen = (output.width_px, output.height_px, output.rate_fps)
    others = [
        msgspec.structs.replace(output, width_px=width, height_px=height, rate_fps=RATE_FPS, video_kbps=kbps)
        for width, height, kbps in SIZES
        if (width, height, RATE_FPS) != chosen
    ]
    return (output, *others)


def try_encoding(
    output: Output,
    name: str,
    clock: Clock,
    stop: threading.Event,
    *,
    idle_cpu_ratio: float = 0.0,
    costs: Costs | None = None,
    make: Callable[[Output, str], VideoEncoder] = VideoEncoder,
) -> EncodeTrial | None:
    """Encode a second as fast as it goes, at most 1.6 s long; None when stopped or when the encoder fails.

    ``encode_ratio`` is the larger of processor time over all cores' time and real time, each of one second of media:
    the first tells what is left for everything else, the second whether pictures come out in time (one slice thread
    may be too slow while other cores idle, and a hardware encoder takes no processor time at all).
    ``idle_cpu_ratio``: processor time a second that the rest of this process takes meanwhile.
    """
    costs = costs or Costs()
    frames = max(2, round(MEASURED_S * output.rate_fps))
    # FFmpeg tells why a driver is missing; here that is noise.
    level = av.logging.get_level()
    av.logging.set_level(av.logging.PANIC)
    try:
        encoder = make(output, name)
        pictures = _there_and_back(camera_like(output.width_px, output.height_px, _PICTURES, stop))
        slots = itertools.count()
        began_s = clock.monotonic_s()
        for slot in itertools.islice(slots, _WARM_FRAMES):
            encoder.encode(slot, next(pictures))
            if clock.monotonic_s() - began_s > _WARM_S:
                break
        began_s, began_cpu_s, done = clock.monotonic_s(), costs.cpu_s(), 0
        while done < frames and not stop.is_set():
            encoder.encode(next(slots), next(pictures))
            done += 1
            if done >= _LEAST_FRAMES and clock.monotonic_s() - began_s > _MOST_S:
                break
        passed_s, cpu_s = clock.monotonic_s() - began_s, costs.cpu_s() - began_cpu_s
        encoder.flush()
    except (EncoderError, StopIteration):
        return None
    finally:
        av.logging.set_level(level)
    if stop.is_set():
        return None
    media_s = done / output.rate_fps
    own_cpu_s = max(0.0, cpu_s - idle_cpu_ratio * passed_s)
    ratio = max(own_cpu_s / (costs.cores * media_s), passed_s / media_s)
    _LOG.info(
        "encoder %s: %d × %d takes %.2f of the time there is (%.2f s of CPU, %.2f s for %.2f s of media)",
        encoder.name, output.width_px, output.height_px, ratio, own_cpu_s, passed_s, media_s,
    )  # fmt: skip
    return EncodeTrial(
        width_px=output.width_px, height_px=output.height_px, rate_fps=output.rate_fps, encode_ratio=ratio
    )


def camera_like(width_px: int, height_px: int, count: int, stop: threading.Event | None = None) -> list[av.VideoFrame]:
    """Pictures of a soft scene with texture that moves by 3 px a picture, with grain; fewer when stopped."""
    random = np.random.default_rng(1)
    margin = _SPEED_PX * count + 2
    scene = _scene(random, width_px + margin + margin % 2, height_px)
    grain = random.normal(0.0, _GRAIN, (height_px + 64, width_px + 64)).astype(np.float32)
    made = []
    for number in range(count):
        if stop is not None and stop.is_set():
            break
        picture = I420(width_px, height_px)
        left = _SPEED_PX * number
        top, side = (int(value) for value in random.integers(0, 64, 2))
        part = grain[top : top + height_px, side : side + width_px]
        picture.y[:] = cv2.add(scene[:, left : left + width_px], part, dtype=cv2.CV_8U)
        half = scene[::2, left : left + width_px : 2]
        # Colours follow the shapes, as skin and clothes do.
        picture.u[:] = np.clip(140 - half * 0.15, 16, 240).astype(np.uint8)
        picture.v[:] = np.clip(120 + half * 0.1, 16, 240).astype(np.uint8)
        made.append(picture.frame())
    return made


def _scene(random: np.random.Generator, width_px: int, height_px: int) -> np.ndarray:
    """Luma, float32: coarse, middle and fine structure, each half as strong, as in natural pictures (1/f)."""
    scene = np.full((height_px, width_px), 120.0, np.float32)
    for cells, strength in ((6, 45.0), (24, 20.0), (96, 9.0), (384, 4.0)):
        few = random.normal(0.0, 1.0, (max(2, cells * height_px // width_px), cells)).astype(np.float32)
        scene += strength * cv2.resize(few, (width_px, height_px), interpolation=cv2.INTER_CUBIC)
    return np.clip(scene, 24, 228)


def _there_and_back(pictures: Sequence[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    """0 1 2 … n … 2 1 0 1 2 …; ends at once when there are none."""
    return itertools.cycle([*pictures, *pictures[-2:0:-1]])
