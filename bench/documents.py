"""How well text files are read into documents, and how long two versions of a hundred pages take.

``boundary_*`` and ``heading_*``: precision and recall over all files together. Without ``--material`` these are the
ugly files of the tests and others that a seeded uglifier makes of their expected documents; with it the pairs
``NAME.txt`` and ``NAME.expected.md`` of that folder. ``open_ms``: opening two versions of a hundred pages, each until
its first screen is painted; ``compare_ms``: comparing them; the median. ``scroll_ms_p95``: a picture
while both together, two hundred pages, are scrolled through. All are the processor's time of this process.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from app.domain.documents.canonical import parse
from app.domain.documents.compare import compare
from app.domain.documents.outline import outline
from app.domain.documents.plain import read_plain
from bench.documents_material import two_versions
from bench.documents_score import Expected, Tally, read_expected, score
from bench.documents_ugly import taste, uglify

GOALS = {
    "boundary_precision": ">=0.98",
    "boundary_recall": ">=0.98",
    "heading_precision": ">=0.98",
    "heading_recall": ">=0.98",
    "open_ms": "<=300",
    "compare_ms": "<=300",
    "scroll_ms_p95": "<=33",
}
TAKES_MATERIAL = "folder"
FIXTURES = Path(__file__).resolve().parents[1] / "tests" / "fixtures" / "documents"
MADE_FILES = 120
QUICK_MADE_FILES = 24
RUNS = 7
QUICK_RUNS = 3
FRAMES = 120
ENDING = ".expected.md"
WIDTH_PX, HEIGHT_PX = 720, 688
"""Of the text in a window of 1280×800."""


class Window:
    """The reader's text as in the window, without a display."""

    def __init__(self) -> None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        from ui.app import make_application
        from ui.presenters.reader_text import whole
        from ui.views.reader.text import ReaderText

        self._application = make_application(["bench"])
        self._whole = whole
        self._reader = ReaderText("bench.reader")
        self._reader.resize(WIDTH_PX, HEIGHT_PX)

    def open_version(self, text: str) -> None:
        """Until its first screen is painted."""
        document = parse(text)
        outline(document)
        self._reader.show_text(self._whole(document), counts=True)
        self._reader.grab()

    def frames_ms(self, text: str) -> list[float]:
        """What each picture costs while a person scrolls through, three turns of a wheel at a time."""
        self.open_version(text)
        bar = self._reader.verticalScrollBar()
        found = []
        for _ in range(FRAMES):
            started_ns = time.process_time_ns()
            bar.setValue(bar.value() + 9 * bar.singleStep())
            self._reader.grab()
            found.append((time.process_time_ns() - started_ns) / 1e6)
        return found


def run(quick: bool, clip: Path | None, material: Path | None = None) -> dict[str, float | None]:
    """The figures; ValueError when the folder has no pair."""
    samples = [expected for _, _, expected in pairs(FIXTURES)]
    boundaries, headings = _read_well(quick, material)
    runs = QUICK_RUNS if quick else RUNS
    old, new = two_versions(samples)
    window = Window()
    first, second = parse(old), parse(new)
    return {
        "boundary_precision": round(boundaries.precision, 4),
        "boundary_recall": round(boundaries.recall, 4),
        "heading_precision": round(headings.precision, 4),
        "heading_recall": round(headings.recall, 4),
        "open_ms": _median_ms(lambda: list(map(window.open_version, (old, new))), runs),
        "compare_ms": _median_ms(lambda: compare(first, second), runs),
        "scroll_ms_p95": round(statistics.quantiles(window.frames_ms(old + "\n" + new), n=20)[-1], 2),
    }


def pairs(folder: Path) -> Iterator[tuple[str, str, Expected]]:
    """Name, text and expected document of each pair, by name."""
    for path in sorted(folder.glob(f"*{ENDING}")):
        name = path.name.removesuffix(ENDING)
        yield name, _decoded(folder / f"{name}.txt"), read_expected(path.read_text(encoding="utf-8"))


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _read_well(quick: bool, material: Path | None) -> tuple[Tally, Tally]:
    boundaries, headings = Tally(), Tally()
    found = list(pairs(material or FIXTURES))
    if not found:
        raise ValueError(f"no NAME.txt with NAME{ENDING} in {material}")
    texts = found if material else [*found, *_made(found, QUICK_MADE_FILES if quick else MADE_FILES)]
    for name, text, expected in texts:
        more_boundaries, more_headings = score(read_plain(text), expected)
        boundaries, headings = boundaries + more_boundaries, headings + more_headings
        told = (more_boundaries.precision, more_boundaries.recall, more_headings.precision, more_headings.recall)
        if material or min(told) < 1:
            print(name, *(f"{ratio:.3f}" for ratio in told), file=sys.stderr)
    return boundaries, headings


def _made(found: list[tuple[str, str, Expected]], count: int) -> Iterator[tuple[str, str, Expected]]:
    for seed in range(count):
        chance = random.Random(seed)
        name, _, expected = found[seed % len(found)]
        yield f"{name}-{seed}", uglify(expected, taste(chance), chance), expected


def _median_ms(work: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        begin = time.process_time()
        work()
        times.append((time.process_time() - begin) * 1000)
    return round(statistics.median(times), 1)
