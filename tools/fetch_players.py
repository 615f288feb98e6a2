"""Copies the player scripts of the viewer page from ``node_modules`` to ``resources/vendor``. Standard library only.

Called by set-up after ``npm ci``; ``python3 tools/fetch_players.py`` by hand does the same. The scripts and
their licences go into every package of the program, and not into the repository.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLAYERS = {
    "mpegts.js": {"dist/mpegts.js": "mpegts.js", "LICENSE": "mpegts.LICENSE.txt"},
    "hls.js": {"dist/hls.light.min.js": "hls.js", "LICENSE": "hls.LICENSE.txt"},
}
"""Of each npm package: its file, and the name under which the page asks for it."""


def copy_players(modules: Path, vendor: Path, pinned: dict[str, str]) -> list[str]:
    """Copy all; the names written. Raises FileNotFoundError, or ValueError when a version is not the pinned one."""
    written: list[str] = []
    vendor.mkdir(parents=True, exist_ok=True)
    for package, files in PLAYERS.items():
        found = json.loads((modules / package / "package.json").read_text(encoding="utf-8"))["version"]
        if found != pinned[package]:
            raise ValueError(f"{package} {found} is installed, {pinned[package]} is pinned")
        for source, name in files.items():
            shutil.copyfile(modules / package / source, vendor / name)
            written.append(name)
    return written


def main() -> int:
    """Copy into this clone; 0, or 1 with a sentence on standard error."""
    pinned = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    try:
        copy_players(ROOT / "node_modules", ROOT / "resources" / "vendor", pinned)
    except (OSError, KeyError, ValueError) as cause:
        print(f"player scripts: {cause}; run `npm ci` in {ROOT} first", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
