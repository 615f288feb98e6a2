"""The picture's part of ``bench quality``: which defects are found, in what, and how the score follows their amount.

Own material: living clips (``quality_material_picture``). With ``material``: a folder of clips for each defect, and
``clean``; the score's correlation is then taken on the clean clips, degraded by known amounts.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from app.domain.quality.model import Defect, Finding
from app.domain.quality.picture import judge_picture
from bench import quality_clips_picture as clips
from bench import quality_material_picture as own
from bench.quality_outcome import Outcome
from capture.convert import Converter
from capture.frames import PictureFormat
from capture.meters.picture import PictureMeter

LOOK_S = 0.25
KEPT_LOOKS = 5
"""What most of the last looks say is what is found, as a window shows it: one look may fall into a gesture."""
FOLDER_DEFECTS = {
    "dark": {Defect.DARK}, "bright": {Defect.BRIGHT, Defect.CLIPPED}, "backlit": {Defect.BACKLIT},
    "tint": {Defect.TINT}, "blur": {Defect.BLUR}, "noise": {Defect.NOISE}, "flicker": {Defect.FLICKER},
    "frozen": {Defect.FROZEN}, "black": {Defect.BLACK}, "lowres": {Defect.LOW_RESOLUTION},
    "offcentre": {Defect.OFF_CENTRE}, "far": {Defect.FAR}, "close": {Defect.CLOSE},
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """Of one clip."""

    found: frozenset[Defect]
    score: float
    told: str


def judged(pictures: Iterable[tuple[av.VideoFrame, float]]) -> Verdict:
    """Feeds a whole clip and looks four times a second, with faces."""
    meter = PictureMeter()
    looks: list[tuple[Finding, ...]] = []
    looked_s = 0.0
    measures = None
    first_s: float | None = None
    for frame, at_s in pictures:
        first_s = at_s if first_s is None else first_s
        meter.feed(frame, at_s)
        if at_s - first_s >= looked_s + LOOK_S:
            looked_s = at_s - first_s
            small = meter.small()
            measures = meter.look(own.finder().find(small) if small is not None else None)
            looks.append(judge_picture(measures))
    if not looks:
        small = meter.small()
        measures = meter.look(own.finder().find(small) if small is not None else None)
        looks.append(judge_picture(measures))
    last = looks[-KEPT_LOOKS:]
    found = {one.defect for one in last[-1] if _most(last, one.defect)}
    shares = {one.defect: float(np.median([_share(look, one.defect) for look in last])) for one in last[-1]}
    shares[Defect.FROZEN] = _share(last[-1], Defect.FROZEN)
    if shares[Defect.FROZEN] >= 0.05:
        found.add(Defect.FROZEN)
    score = 100 * math.prod(1 - share for share in shares.values())
    listed = " ".join(f"{defect.value}={share:.2f}" for defect, share in shares.items() if share > 0)
    return Verdict(frozenset(found), score, f"{listed} | {_figures(measures)}")


def _share(look: tuple[Finding, ...], defect: Defect) -> float:
    return next((one.share for one in look if one.defect is defect), 0.0)


def _most(looks: list[tuple[Finding, ...]], defect: Defect) -> bool:
    return sum(_share(look, defect) >= 0.05 for look in looks) * 2 > len(looks)


def _figures(measures: object) -> str:
    parts = []
    for name in getattr(measures, "__dataclass_fields__", {}):
        value = getattr(measures, name)
        parts.append(
            f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}" if name == "faces" else ""
        )
    face = getattr(measures, "face", None)
    if face is not None:
        parts.append(
            f"face=({face.left_ratio:.2f} {face.top_ratio:.2f} {face.width_ratio:.2f} {face.height_ratio:.2f})"
        )
    return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Task:
    """One clip to judge: rendered, or a file, perhaps degraded."""

    folder: str
    amount: float = 0.0
    take: own.Take | None = None
    path: Path | None = None


def _judge(task: Task) -> Verdict:
    if task.take is not None:
        return judged(clips.frames(task.take))
    assert task.path is not None
    pictures = clip(task.path)
    if task.amount:
        pictures = clips.degraded_clip(pictures, task.folder, task.amount)
    return judged(pictures)


def clip(path: Path) -> Iterator[tuple[av.VideoFrame, float]]:
    """A file's pictures as the programme would have them, at its own size, with their times."""
    converter: Converter | None = None
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        step_s = 1 / float(stream.average_rate or 30)
        at_s = -step_s
        for frame in container.decode(stream):
            if converter is None:
                rate_fps = max(1, round(1 / step_s))
                converter = Converter(PictureFormat(frame.width // 2 * 2, frame.height // 2 * 2, rate_fps))
            at_s = at_s + step_s if frame.time is None else max(float(frame.time), at_s + 1e-3)
            yield converter.from_frame(frame), at_s


def outcome(quick: bool, material: Path | None) -> Outcome:
    """The whole part; ``quick`` within 40 s."""
    tasks = _own_tasks(quick) if material is None else _given_tasks(material, quick)
    workers = max(1, min(4, os.cpu_count() or 1))
    with _one_thread_each(), ProcessPoolExecutor(workers, get_context("spawn"), _begin) as pool:
        verdicts = list(pool.map(_judge, tasks, chunksize=1))
    return _summed(tasks, verdicts, is_own=material is None)


_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Each worker has a core; libraries that spread over all of them would only get in each other's way."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _begin() -> None:
    cv2.setNumThreads(1)
    # The detector's library chats on standard error.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _own_tasks(quick: bool) -> list[Task]:
    tasks = [Task("clean", take=take) for take in own.takes(6 if quick else 50, seed=11)]
    for number, defect in enumerate(own.DEFECTS):
        for take in own.takes(1 if quick else 2, seed=100 + number):
            for amount in own.AMOUNTS[1::3] if quick else own.AMOUNTS:
                tasks.append(Task(defect, float(amount), own.for_defect(take, defect, float(amount))))
    return tasks


def _given_tasks(material: Path, quick: bool) -> list[Task]:
    files = {folder: clips.files_of(material / folder) for folder in ("clean", *own.DEFECTS)}
    tasks = [Task(folder, path=path) for folder, paths in files.items() for path in paths]
    for defect in own.DEFECTS:
        for path in files["clean"][: 1 if quick else 2]:
            tasks += [Task(defect, float(amount), path=path) for amount in own.AMOUNTS]
    return tasks


def _summed(tasks: list[Task], verdicts: list[Verdict], *, is_own: bool) -> Outcome:
    hits: dict[str, list[bool]] = {}
    curves: dict[tuple[str, object], list[tuple[float, float]]] = {}
    notes: list[str] = []
    clean: list[bool] = []
    for task, verdict in zip(tasks, verdicts, strict=True):
        name = str(task.path) if task.path else f"seed {task.take.seed if task.take else 0}"
        if task.folder == "clean":
            clean.append(bool(verdict.found))
            if verdict.found:
                notes.append(f"clean, {name}: {verdict.told}")
            continue
        is_hit = bool(verdict.found & FOLDER_DEFECTS[task.folder])
        if task.amount:
            curves.setdefault((task.folder, task.path or (task.take.seed if task.take else 0)), []).append(
                (task.amount, verdict.score)
            )
        if task.amount < own.SEEN_FROM[task.folder] if is_own else task.amount > 0:
            continue
        hits.setdefault(task.folder, []).append(is_hit)
        if not is_hit:
            notes.append(f"{task.folder} {task.amount:.2f}, {name}: {verdict.told}")
    spearman: dict[str, list[float]] = {}
    for (folder, piece), points in curves.items():
        value = correlation([amount for amount, _ in points], [score for _, score in points])
        spearman.setdefault(folder, []).append(value)
        if value > -0.95:
            notes.append(
                f"{folder}, {piece}: score against amount {value:.3f}: {[round(score, 1) for _, score in points]}"
            )
    return Outcome(
        detection={folder: sum(found) / len(found) for folder, found in hits.items()},
        false_alarms=sum(clean),
        clean_pieces=len(clean),
        spearman={folder: float(np.mean(values)) for folder, values in spearman.items()},
        notes=tuple(notes),
    )


def correlation(first: list[float], second: list[float]) -> float:
    """Spearman's; ties share their ranks, and values that do not differ at all correlate with nothing."""
    ranks = [_ranks(np.round(np.asarray(values), 6)) for values in (first, second)]
    if any(float(np.std(one)) == 0 for one in ranks):
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    _, back, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[back], np.float64)
