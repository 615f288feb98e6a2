"""``python -m bench NAME [--quick] [--clip FILE] [--material PATH]``: measure, and print one line of JSON.

    {"bench": NAME, "figures": {key: number}, "goals": {key: "<=1.15"}, "met": true | false | null}

Each bench is a module with ``run(quick, clip) -> dict[str, float | None]`` and ``GOALS``; a figure that this
run could not judge is null, and so is ``met`` when a goal hangs on it. Anything else goes to standard error.
One with ``TAKES_MATERIAL = "file" | "folder"`` is given that path as ``run(quick, clip, material)``.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import operator
import sys
from collections.abc import Mapping
from pathlib import Path

NAMES = ("publish", "startup", "viewer", "documents", "text_rules", "quality", "room", "liveness")
_COMPARISONS = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}


def verdict(figures: Mapping[str, float | None], goals: Mapping[str, str]) -> bool | None:
    """Whether all goals are met: False when one is missed, None when one cannot be judged."""
    results: list[bool | None] = []
    for key, goal in goals.items():
        value = figures.get(key)
        results.append(None if value is None else _COMPARISONS[goal[:2]](value, float(goal[2:])))
    if False in results:
        return False
    return None if None in results else True


def main(arguments: list[str]) -> int:
    """Run one bench; 0 unless it could not measure at all."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--quick", action="store_true", help="within 45 seconds; met is null where that cannot judge")
    parser.add_argument("--clip", type=Path, help="a media file with motion and speech instead of the rendered one")
    parser.add_argument("--material", type=Path, help="what to measure instead of the samples: see the bench")
    parser.add_argument("--only", help="parts of the bench, with commas between: for those that have parts")
    parser.add_argument("--share", type=float, help="fewer of each, 0 … 1: for those that have parts")
    options = parser.parse_args(arguments)
    if options.clip is not None and not options.clip.is_file():
        parser.error(f"no such file: {options.clip}")
    bench = importlib.import_module(f"bench.{options.name}")
    goals: dict[str, str] = bench.GOALS
    given: dict[str, object] = {} if options.material is None else {"material": options.material}
    if given:
        wanted = getattr(bench, "TAKES_MATERIAL", None)
        if wanted is None:
            parser.error(f"{options.name} takes no material")
        if not (options.material.is_dir() if wanted == "folder" else options.material.is_file()):
            parser.error(f"no such {wanted}: {options.material}")
    if options.only or options.share:
        if not hasattr(bench, "PARTS"):
            parser.error(f"{options.name} has no parts")
        given |= {"only": options.only.split(",")} if options.only else {}
        given |= {"share": options.share} if options.share else {}
    # Whatever a part prints must not break the one line of JSON.
    with contextlib.redirect_stdout(sys.stderr):
        figures: dict[str, float | None] = bench.run(options.quick, options.clip, **given)
    met = verdict(figures, goals)
    if options.quick and met is False:
        met = None if getattr(bench, "QUICK_CANNOT_FAIL", False) else met
    print(json.dumps({"bench": options.name, "figures": figures, "goals": goals, "met": met}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
