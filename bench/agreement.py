"""Whether two recordings of one clip are of the same quality at the same cost in bits: pictures matched one by one.

Each recorded picture is matched with the picture of the clip that it looks most like, by a small grey image of
both; so it does not matter where in the clip a recording begins, how often the clip is looped, or whether a picture
is missing. Bits and squared errors are then compared over the pictures of the clip that both recordings hold.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.uint8]

_SMALL_PX = (64, 36)
_PEAK = 255.0
_PLAIN = 0.8
"""Much below 1, so that pictures of a still scene, alike but for the coding, are taken in their order."""
_KEPT = 45


@dataclass(frozen=True)
class Recorded:
    """One picture of a recording."""

    clip_picture: int
    """Which picture of the clip it shows."""
    size_bytes: int
    squared_error: float
    """Mean over all samples of the three planes."""


@dataclass(frozen=True)
class Agreement:
    """Over the pictures that both recordings hold."""

    pictures: int
    bitrate_difference_ratio: float
    """|first − second| / second, of the bytes of the pictures."""
    psnr_difference_db: float
    first_psnr_db: float
    second_psnr_db: float


@dataclass(frozen=True)
class _Sums:
    size_bytes: float
    squared_error: float


def compare(first: Iterable[Recorded], second: Iterable[Recorded]) -> Agreement | None:
    """How well they agree; None when they hold no picture in common. A picture held twice counts by its mean."""
    ours, theirs = _by_picture(first), _by_picture(second)
    common = sorted(ours.keys() & theirs.keys())
    if not common:
        return None
    first_bytes = sum(ours[picture].size_bytes for picture in common)
    second_bytes = sum(theirs[picture].size_bytes for picture in common)
    first_db = psnr_db([ours[picture].squared_error for picture in common])
    second_db = psnr_db([theirs[picture].squared_error for picture in common])
    return Agreement(
        len(common),
        abs(first_bytes - second_bytes) / max(1.0, second_bytes),
        abs(first_db - second_db),
        first_db,
        second_db,
    )


def psnr_db(squared_errors: Sequence[float]) -> float:
    """Of the mean squared error, as FFmpeg's psnr filter tells its average; at most 100."""
    mean = sum(squared_errors) / len(squared_errors)
    return min(100.0, 10 * math.log10(_PEAK**2 / mean)) if mean > 0 else 100.0


def nearest(small: Array, clip: Array, expected: int) -> int:
    """Which row of ``clip`` (pictures × samples) looks most like ``small``; ``expected``, when none is plainly nearer."""
    difference = clip.astype(np.int32) - small.astype(np.int32)[None, :]
    distances = np.einsum("ij,ij->i", difference, difference)
    best = int(np.argmin(distances))
    is_plain = distances[best] < _PLAIN * distances[expected % len(clip)]
    return best if is_plain else expected % len(clip)


class Clip:
    """The pictures of a clip, small; whole ones are decoded when they are asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._small = np.stack([small(picture) for picture in _pictures(path)])

    def look_at(self, recording: Path, skip_s: float) -> list[Recorded]:
        """Every picture of ``recording`` after its first ``skip_s`` seconds."""
        found: list[Recorded] = []
        originals = _Originals(self._path)
        sizes = _packet_sizes(recording)
        number = -1
        for (time_s, size_bytes), picture in zip(sizes, _pictures(recording), strict=False):
            if time_s < sizes[0][0] + skip_s:
                continue
            number = nearest(small(picture), self._small, number + 1)
            error = cv2.norm(originals.at(number), picture, cv2.NORM_L2SQR) / picture.size
            found.append(Recorded(number, size_bytes, float(error)))
        return found


class _Originals:
    """Pictures by number, quick when asked for more or less in order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pictures = enumerate(_pictures(path))
        self._kept: OrderedDict[int, Array] = OrderedDict()

    def at(self, number: int) -> Array:
        if number not in self._kept:
            if self._kept and number < next(reversed(self._kept)):
                self._kept.clear()
                self._pictures = enumerate(_pictures(self._path))
            for index, picture in self._pictures:
                self._kept[index] = picture
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
                if index == number:
                    break
        return self._kept[number]


def small(picture: Array) -> Array:
    """The luma of an I420 picture (1.5 H × W), small and flat."""
    luma = picture[: picture.shape[0] * 2 // 3]
    return np.asarray(cv2.resize(luma, _SMALL_PX, interpolation=cv2.INTER_AREA), np.uint8).reshape(-1)


def _pictures(path: Path) -> Iterator[Array]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8)


def _packet_sizes(path: Path) -> list[tuple[float, int]]:
    # Without B-frames packets come in the order of their pictures.
    with av.open(str(path)) as container:
        return [
            (float(packet.pts * packet.time_base), packet.size) for packet in container.demux(video=0) if packet.size
        ]


def _by_picture(recorded: Iterable[Recorded]) -> dict[int, _Sums]:
    found: dict[int, list[Recorded]] = {}
    for picture in recorded:
        found.setdefault(picture.clip_picture, []).append(picture)
    return {
        number: _Sums(
            sum(picture.size_bytes for picture in group) / len(group),
            sum(picture.squared_error for picture in group) / len(group),
        )
        for number, group in found.items()
    }
