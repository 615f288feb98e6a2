"""``python -m bench NAME [--quick] [--clip FILE]``: one JSON line; ``all`` runs every bench, a line each.

A bench is a module with ``run(quick: bool, clip: Path | None) -> dict`` that measures in this very run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from pathlib import Path

import bench


def names() -> list[str]:
    """Every bench there is."""
    found = [module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_")]
    return [name for name in found if hasattr(importlib.import_module(f"bench.{name}"), "run")]


def main() -> int:
    """0 unless a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--quick", action="store_true", help="at most 45 s")
    parser.add_argument("--clip", type=Path, help="a media file with motion and speech")
    given = parser.parse_args()
    known = names()
    if given.name != "all" and given.name not in known:
        parser.error(f"no bench {given.name!r}; there are: {', '.join([*known, 'all'])}")
    if given.clip is not None and not given.clip.is_file():
        parser.error(f"no such file: {given.clip}")
    is_missed = False
    for name in known if given.name == "all" else [given.name]:
        result = importlib.import_module(f"bench.{name}").run(quick=given.quick, clip=given.clip)
        print(json.dumps(result), flush=True)
        is_missed = is_missed or result["met"] is False
    return 1 if is_missed else 0


if __name__ == "__main__":
    sys.exit(main())
