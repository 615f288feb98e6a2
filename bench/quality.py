"""How well the meters see and hear: on material degraded by known amounts, or on material that is given.

``--material DIR``: subfolders of clips ``clean dark bright backlit tint blur noise flicker frozen black lowres
offcentre far close`` and of WAV files ``snd-clean snd-noise snd-hum snd-clip snd-reverb snd-quiet snd-loud
snd-dropout snd-oneside``; a folder that is missing is not judged, and what hangs on it is null. ``detection_min`` is
the worst of all defects, ``false_alarm_max`` the worse of picture and sound, ``spearman_worst`` the weakest fall of a
group's score with the amount of a defect (on given material: of its clean pieces, degraded here).

Figures of single defects go to standard error, with the pieces that were judged wrongly.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench import quality_cost, quality_network, quality_picture, quality_sound
from bench.quality_outcome import Outcome

GOALS = {
    "detection_min": ">=0.95",
    "false_alarm_max": "<=0.02",
    "spearman_worst": "<=-0.95",
    "snr_error_db": "<=2",
    "loudness_error_lu": "<=0.1",
    "level_error_db": "<=0.1",
    "throughput_error_ratio": "<=0.1",
    "cpu_share": "<=0.02",
}
TAKES_MATERIAL = "folder"
QUICK_CANNOT_FAIL = True
"""A few pieces of each kind, and one rate of the network, are too few to fail on."""


def run(quick: bool, clip: Path | None, material: Path | None = None) -> dict[str, float | None]:
    """The figures; see the module."""
    parts = {
        "picture": quality_picture.outcome(quick, material),
        "sound": quality_sound.outcome(quick, material),
    }
    for name, part in parts.items():
        _tell(name, part)
    figures = joined(tuple(parts.values()))
    figures.update(quality_network.figures(quick))
    figures.update(quality_cost.figures(quick, clip))
    return figures


def joined(parts: tuple[Outcome, ...]) -> dict[str, float | None]:
    """The worst of each; None where no part could judge."""
    detection = [value for part in parts for value in part.detection.values()]
    alarms = [part.false_alarms / part.clean_pieces for part in parts if part.clean_pieces]
    falls = [value for part in parts for value in part.spearman.values()]
    figures: dict[str, float | None] = {
        "detection_min": min(detection, default=None),
        "false_alarm_max": max(alarms, default=None),
        "spearman_worst": max(falls, default=None),
    }
    for part in parts:
        figures.update(part.more)
    return figures


def _tell(name: str, part: Outcome) -> None:
    print(f"{name}: {part.false_alarms} false alarms on {part.clean_pieces} clean pieces", file=sys.stderr)
    for defect, found in part.detection.items():
        fall = part.spearman.get(defect)
        print(f"  {defect}: found {found:.3f}" + ("" if fall is None else f", spearman {fall:.3f}"), file=sys.stderr)
    for note in part.notes:
        print(f"  {note}", file=sys.stderr)
