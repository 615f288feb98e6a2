"""How near two recordings of the same clip come to it: luma PSNR and bit rate over the same pictures of the clip."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Luma = npt.NDArray[np.uint8]
_SMALL = (80, 45)


@dataclass(frozen=True)
class Recording:
    """``numbers`` are the clip's pictures that its pictures show, by their time stamps: a busy machine leaves some out.

    ``sizes`` are bytes of each encoded picture.
    """

    path: Path
    numbers: tuple[int, ...]
    sizes: tuple[int, ...]

    @property
    def first(self) -> int:
        return self.numbers[0]

    @property
    def end(self) -> int:
        return self.numbers[-1] + 1


def thumbnails(path: Path, count: int = 0) -> Luma:
    """Small luma pictures, n × 45 × 80; all, or the first ``count``."""
    made = []
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            made.append(frame.reformat(*_SMALL, "gray").to_ndarray())
            if len(made) == count:
                break
    return np.stack(made)


def place(path: Path, clip: Luma, rate_fps: int) -> Recording:
    """Find where in the clip a recording begins: the offset whose pictures differ least over the first second."""
    with av.open(str(path)) as container:
        packets = sorted((packet.pts, packet.size) for packet in container.demux(video=0) if packet.pts is not None)
        base = container.streams.video[0].time_base or Fraction(1, 1000)
    steps = np.array([round((pts - packets[0][0]) * base * rate_fps) for pts, _ in packets])
    head = thumbnails(path, 30).astype(np.int16)
    whole = clip.astype(np.int16)
    shown = steps[: len(head)]
    offsets = range(len(whole) - int(shown[-1]))
    errors = [float(np.mean((whole[at + shown] - head) ** 2)) for at in offsets]
    first = int(np.argmin(errors))
    return Recording(path, tuple(int(first + step) for step in steps), tuple(size for _, size in packets))


def kbps(recording: Recording, first: int, last: int, rate_fps: float) -> float:
    """Bit rate of the pictures ``first`` … ``last`` of the clip."""
    sizes = sum(
        size for number, size in zip(recording.numbers, recording.sizes, strict=True) if first <= number < last
    )  # fmt: skip
    return sizes * 8 / 1000 / ((last - first) / rate_fps)


def psnr_db(recording: Recording, clip: Path, first: int, last: int) -> float:
    """Mean luma PSNR of the same pictures, peak 255 (ITU-T J.340)."""
    values = []
    wanted = [number for number in recording.numbers if first <= number < last]
    ours = _lumas(recording.path, recording.numbers, wanted)
    for one, other in zip(ours, _lumas(clip, itertools.count(), wanted), strict=True):
        error = float(np.mean((one.astype(np.int16) - other.astype(np.int16)) ** 2))
        values.append(10 * np.log10(255**2 / max(error, 1e-3)))
    return float(np.mean(values))


def _lumas(path: Path, numbers: Iterable[int], wanted: Sequence[int]) -> Iterator[Luma]:
    """Those pictures of a file whose number (``numbers``, in the order of the file) is ``wanted``."""
    left = set(wanted)
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for number, frame in zip(numbers, container.decode(video=0), strict=False):
            if number in left:
                plane = frame.planes[0]
                yield np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:, : frame.width]
                left.discard(number)
                if not left:
                    return
