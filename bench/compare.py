"""How near two recordings of the same clip come to it: luma PSNR and bit rate over the same pictures of the clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Luma = npt.NDArray[np.uint8]
_SMALL = (80, 45)


@dataclass(frozen=True)
class Recording:
    """``first`` is the clip's picture that its first picture shows; ``sizes`` are bytes of each encoded picture."""

    path: Path
    first: int
    sizes: tuple[int, ...]

    @property
    def end(self) -> int:
        return self.first + len(self.sizes)


def thumbnails(path: Path, count: int = 0) -> Luma:
    """Small luma pictures, n × 45 × 80; all, or the first ``count``."""
    made = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            made.append(frame.reformat(*_SMALL, "gray").to_ndarray())
            if len(made) == count:
                break
    return np.stack(made)


def place(path: Path, clip: Luma) -> Recording:
    """Find where in the clip a recording begins: the offset whose pictures differ least over the first second."""
    head = thumbnails(path, 30).astype(np.int16)
    whole = clip.astype(np.int16)
    offsets = range(len(whole) - len(head) + 1)
    errors = [float(np.mean((whole[at : at + len(head)] - head) ** 2)) for at in offsets]
    with av.open(str(path)) as container:
        sizes = tuple(packet.size for packet in container.demux(video=0) if packet.dts is not None)
    return Recording(path, int(np.argmin(errors)), sizes)


def kbps(recording: Recording, first: int, last: int, rate_fps: float) -> float:
    """Bit rate of the pictures ``first`` … ``last`` of the clip."""
    sizes = recording.sizes[first - recording.first : last - recording.first]
    return sum(sizes) * 8 / 1000 / (len(sizes) / rate_fps)


def psnr_db(recording: Recording, clip: Path, first: int, last: int) -> float:
    """Mean luma PSNR of the same pictures, peak 255 (ITU-T J.340)."""
    values = []
    ours = _lumas(recording.path, first - recording.first, last - recording.first)
    for one, other in zip(ours, _lumas(clip, first, last), strict=True):
        error = float(np.mean((one.astype(np.int16) - other.astype(np.int16)) ** 2))
        values.append(10 * np.log10(255**2 / max(error, 1e-3)))
    return float(np.mean(values))


def _lumas(path: Path, first: int, last: int) -> Iterator[Luma]:
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for number, frame in enumerate(container.decode(video=0)):
            if number >= last:
                return
            if number >= first:
                plane = frame.planes[0]
                yield np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:, : frame.width]
