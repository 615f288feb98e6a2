"""How well the face check tells people from what is shown instead of them.

All of it is rendered here (bench.liveness_sim) and goes the whole way in this process: performed, encoded, chained,
packed, sealed, opened, checked, decoded and judged. ``live_*`` are people with an honest program; everybody else has a
program that claims what it likes. ``*_accepted`` counts what was decided to be living; what an operator would see is in
``*_review``. ``relit_*`` are clips that were lit anew with the right colours: nothing in a picture tells them from a
person, which is a limit of the method and no goal. ``frame_*_ms`` are by the wall, which a busy machine lengthens;
``frame_cpu_*_ms`` of the processor, all threads together.

``--material DIR``: clips of people with ``labels.csv`` instead (bench.liveness_sim.clips); then only what the
recognisers see in them is judged, and sessions that are cut from them.

``--only PART[,PART]`` runs some of it, ``--share RATIO`` fewer of each; what is not run is null. Whatever went wrong
goes to standard error.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from app.liveness.mesh import MediapipeMesh
from bench import liveness_parts as parts
from bench import liveness_signals as signals
from bench.liveness_sim.clip_figures import figures_of

GOALS = {
    "frame_p50_ms": "<=10",
    "frame_p95_ms": "<=20",
    "blink_precision": ">=0.95",
    "blink_recall": ">=0.95",
    "action_accuracy": ">=0.97",
    "wrong_side_accepted": "==0",
    "photo_tried": ">=200",
    "photo_accepted": "==0",
    "replay_tried": ">=500",
    "replay_accepted": "==0",
    "injection_tried": ">=200",
    "injection_accepted": "==0",
    "colour_true_2pct": ">=0.95",
    "colour_true_4pct": ">=0.99",
    "wrong_code_ratio": "<=0.001",
    "guidance_accuracy": ">=0.95",
    "actions_pass_ratio": ">=0.95",
    "live_pass_ratio": ">=0.95",
    "tampered_tried": ">=100",
    "tampered_accepted": "==0",
}
QUICK_CANNOT_FAIL = True
"""A few of each are too few to fail on."""
QUICK_SHARE = 0.01
QUICK_PARTS = ("frame", "colours", "tampered", "photo")
"""What there is time for."""
TAKES_MATERIAL = "folder"
Figures = dict[str, float | None]
_CLIP_SESSIONS = 20
_WRONG_CODES = 200
"""Other sequences for each flash."""


def _some(count: int, share: float) -> int:
    return max(1, round(count * share))


PARTS: dict[str, Callable[[float], Figures]] = {
    "frame": lambda share: signals.frame_cost(MediapipeMesh, max(60, round(900 * share))),
    "actions": lambda share: signals.actions(MediapipeMesh, _some(40, share)),
    "colours": lambda share: signals.colours(MediapipeMesh, _some(60, share), _WRONG_CODES),
    "guidance": lambda share: signals.guidance(MediapipeMesh, _some(12, share)),
    "live": lambda share: parts.live(MediapipeMesh, _some(40, share)),
    "tampered": lambda share: parts.tampered(MediapipeMesh, max(13, round(130 * share))),
    "relit": lambda share: parts.relit(MediapipeMesh, _some(20, share)),
    "injection": lambda share: parts.injections(MediapipeMesh, _some(200, share)),
    "photo": lambda share: parts.photos(MediapipeMesh, _some(200, share)),
    "replay": lambda share: parts.replays(MediapipeMesh, max(5, round(500 * share))),
}


def run(
    quick: bool, clip: Path | None, material: Path | None = None, only: Sequence[str] = (), share: float = 1.0
) -> Figures:
    """The figures; see the module. Raises ValueError for a part that there is not, ClipsError for bad material."""
    if material is not None:
        sessions = 1 if quick else max(1, round(_CLIP_SESSIONS * share))
        return {**dict.fromkeys(GOALS), **figures_of(material, MediapipeMesh, sessions)}
    for name in only:
        if name not in PARTS:
            raise ValueError(f"no part {name}: {', '.join(PARTS)}")
    figures: Figures = dict.fromkeys(GOALS)
    chosen = only or (QUICK_PARTS if quick else tuple(PARTS))
    for name, part in PARTS.items():
        if name not in chosen:
            continue
        began_s, cpu_s = time.perf_counter(), time.process_time()
        found = part(QUICK_SHARE if quick else share)
        figures.update(found)
        wall_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
        print(f"{name}: {found} in {wall_s:.0f} s, {cpu_s:.0f} s of the processor", file=sys.stderr, flush=True)
    return figures
