"""How well the conduct rules tell what may not be written, and how long a check takes.

``precision`` and ``recall`` are micro-averaged over the four labels that are not ``clean``: a line is predicted by
its strongest label (posing as staff or a state body counts as prohibited), a wrong label is both a false alarm and a
miss, ``clean`` is no label. ``check_ms_p95``: one line of the material in an introduction, the processor's time.
``check_2000_ms``: two thousand characters made of such lines, the median.

Without ``--material`` these are the labelled lines of the tests. With it: a UTF-8 file of lines of a label, a tab
and a text; a line that starts with # and an empty one do not count. A third column may name the place.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from server.conduct.checker import RULES_FOLDER, Checker, Label, Place, strongest

GOALS = {"precision": ">=0.95", "recall": ">=0.95", "check_2000_ms": "<=20"}
TAKES_MATERIAL = "file"
FIXTURES = Path(__file__).resolve().parents[1] / "tests" / "fixtures" / "conduct"
CLEAN = "clean"
LABELS = ("contact", "advert", "recruit", "prohibited")
LONG_CHARS = 2000
LONG_RUNS = 15
QUICK_LONG_RUNS = 5


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    text: str
    place: Place = Place.INTRODUCTION


def run(quick: bool, clip: Path | None, material: Path | None = None) -> dict[str, float | None]:
    """The figures; ValueError when a line of the material has no label and text."""
    paths = sorted(FIXTURES.glob("*.tsv")) if material is None else [material]
    lines = [line for path in paths for line in read_lines(path)]
    checker = Checker.from_folder(RULES_FOLDER)
    counts: Counter[str] = Counter()
    times_ms: list[float] = []
    for line in lines:
        checker.check(line.text, line.place)  # its characters are known afterwards, as in a service that runs
        started_ns = time.process_time_ns()
        found = strongest(checker.check(line.text, line.place))
        times_ms.append((time.process_time_ns() - started_ns) / 1e6)
        predicted = as_label(found)
        if predicted != line.label:
            print(f"{line.label} taken for {predicted}: {line.text}", file=sys.stderr)
        counts["predicted"] += predicted != CLEAN
        counts["labelled"] += line.label != CLEAN
        counts["right"] += predicted == line.label != CLEAN
    return {
        "precision": _ratio(counts["right"], counts["predicted"]),
        "recall": _ratio(counts["right"], counts["labelled"]),
        "check_ms_p95": round(statistics.quantiles(times_ms, n=20)[-1], 3) if len(times_ms) > 1 else None,
        "check_2000_ms": _long_ms(checker, lines, QUICK_LONG_RUNS if quick else LONG_RUNS),
        "lines": len(lines),
    }


def as_label(found: Label | None) -> str:
    """In the words of the material."""
    if found is None:
        return CLEAN
    return "prohibited" if found is Label.IMPERSONATION else found.value


def read_lines(path: Path) -> list[Line]:
    """The labelled lines of a file; ValueError names the line that is none."""
    lines: list[Line] = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
        row = line.rstrip("\r")
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        label, tab, rest = row.partition("\t")
        text, _, place = rest.partition("\t")
        label = label.strip().lower()
        if not tab or label not in (CLEAN, *LABELS) or not text.strip():
            raise ValueError(f"{path}:{number}: not a label of {', '.join((CLEAN, *LABELS))}, a tab and a text")
        is_place = place.strip().lower() in {one.value for one in Place}
        lines.append(Line(label, text, Place(place.strip().lower()) if is_place else Place.INTRODUCTION))
    return lines


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _long_ms(checker: Checker, lines: list[Line], runs: int) -> float | None:
    if not lines:
        return None
    joined = "".join(itertools.islice(itertools.cycle("，".join(line.text for line in lines)), LONG_CHARS))
    times_ms: list[float] = []
    for _ in range(runs):
        started_ns = time.process_time_ns()
        checker.check(joined, Place.INTRODUCTION)
        times_ms.append((time.process_time_ns() - started_ns) / 1e6)
    return round(statistics.median(times_ms), 2)
