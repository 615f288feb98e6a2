"""Clips of people, cut by ``labels.csv`` (file,start_s,end_s,label), instead of rendered ones.

Labels are ``neutral blink mouth_open turn_left turn_right nod``. Each file is cut to 640 × 480, in which the face of
its first neutral frames is as wide as that of somebody who sits before a webcam.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from app.domain.liveness import Action
from app.liveness.analysis import Analyser, Mesh
from app.liveness.face import Box, Motion, box_of
from bench.liveness_sim.attacks import Library, Take, take_of
from bench.liveness_sim.coding import Bgr
from bench.liveness_sim.scene import Camera

NEUTRAL = "neutral"
LABELS = (NEUTRAL, *(action.value for action in Action))
FACE_RATIO = 0.38
_SIZE = (640, 480)


class ClipsError(Exception):
    """The folder or its labels are not as they should be; the text says where."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Seconds of one file."""

    path: Path
    start_s: float
    end_s: float
    label: str

    @property
    def action(self) -> Action | None:
        return None if self.label == NEUTRAL else Action(self.label)


def segments_of(folder: Path) -> list[Segment]:
    """In the order of the labels. Raises ClipsError."""
    labels = folder / "labels.csv"
    if not labels.is_file():
        raise ClipsError(f"no {labels}")
    found = []
    with labels.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                segment = Segment(
                    folder / row["file"], float(row["start_s"]), float(row["end_s"]), row["label"].strip()
                )
            except (KeyError, TypeError, ValueError) as cause:
                raise ClipsError(f"{labels}:{number}: file,start_s,end_s,label are needed") from cause
            if segment.label not in LABELS:
                raise ClipsError(f"{labels}:{number}: {segment.label!r} is none of {', '.join(LABELS)}")
            if not segment.path.is_file():
                raise ClipsError(f"{labels}:{number}: no file {segment.path}")
            if not 0 <= segment.start_s < segment.end_s:
                raise ClipsError(f"{labels}:{number}: from {segment.start_s} to {segment.end_s}")
            found.append(segment)
    return found


def read(segment: Segment) -> Iterator[tuple[float, Bgr]]:
    """Seconds of the file, and pictures. Raises ClipsError for what is no clip."""
    try:
        with av.open(str(segment.path)) as file:
            for frame in file.decode(video=0):
                at_s = float(frame.time or 0.0)
                if at_s > segment.end_s:
                    return
                if at_s >= segment.start_s:
                    yield at_s, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    except (av.FFmpegError, IndexError) as cause:
        raise ClipsError(f"{segment.path}: {cause}") from cause


def window(box: Box, width_px: int, height_px: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of the part of a picture in which this face is FACE_RATIO wide, as far as the
    picture goes; 4 to 3."""
    wide = min(box.width_px / FACE_RATIO, float(width_px), height_px * 4 / 3)
    high = wide * 3 / 4
    middle_x, middle_y = box.centre
    left = min(max(0.0, middle_x - wide / 2), width_px - wide)
    top = min(max(0.0, middle_y - high / 2), height_px - high)
    return int(left), int(top), int(wide), int(high)


def framed(bgr: Bgr, part: tuple[int, int, int, int]) -> Bgr:
    """That part, as 640 × 480."""
    left, top, wide, high = part
    cut = bgr[top : top + high, left : left + wide]
    return np.asarray(cv2.resize(cut, _SIZE, interpolation=cv2.INTER_CUBIC), np.uint8)


def parts_of(segments: list[Segment], meshes: Callable[[], Mesh]) -> dict[Path, tuple[int, int, int, int]]:
    """For each file the part that is looked at. A file without a face is left out."""
    found: dict[Path, tuple[int, int, int, int]] = {}
    for segment in sorted(segments, key=lambda one: one.label != NEUTRAL):
        if segment.path in found:
            continue
        mesh = meshes()
        for _, bgr in read(segment):
            points = mesh.find(bgr).points
            if points is not None:
                found[segment.path] = window(box_of(points), bgr.shape[1], bgr.shape[0])
                break
        mesh.close()
    return found


def motions_of(segment: Segment, part: tuple[int, int, int, int], meshes: Callable[[], Mesh]) -> list[Motion]:
    """What is seen of the face in it."""
    analyser = Analyser(mesh := meshes())
    seen = [analyser.see(framed(bgr, part), at_s * 1000).frame.motion for at_s, bgr in read(segment)]
    mesh.close()
    return [motion for motion in seen if motion is not None]


def rest_of(path: Path, segments: list[Segment], seen: dict[Segment, list[Motion]]) -> list[Motion]:
    """At rest, of the same file; without a neutral part the beginnings of the others."""
    own = [one for one in segments if one.path == path]
    neutral = [motion for one in own if one.label == NEUTRAL for motion in seen[one]]
    starts = [motion for one in own for motion in seen[one][:3]]
    return neutral or starts


def library_of(
    path: Path, segments: list[Segment], part: tuple[int, int, int, int], fps: float = 25.0
) -> Library | None:
    """To cut sessions from: only of a file with a neutral part and actions. Colours of another time it has none."""
    own = [one for one in segments if one.path == path]
    neutral = next((one for one in own if one.label == NEUTRAL), None)
    actions = {one.action: _take(one, part) for one in own if one.action is not None}
    if neutral is None or not actions:
        return None
    rest = _take(neutral, part)
    return Library(Camera(fps=fps), rest, {key: take for key, take in actions.items() if key is not None}, rest)


def _take(segment: Segment, part: tuple[int, int, int, int]) -> Take:
    return take_of((at_s - segment.start_s, framed(bgr, part)) for at_s, bgr in read(segment))
