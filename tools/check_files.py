"""Guard of the house: no source file grows beyond what one can hold in the head."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MAX_LINES = 400
SUFFIXES = {".py", ".js", ".css", ".html", ".qss"}


def main() -> int:
    """0 when every file that git knows is short enough."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], capture_output=True, text=True, check=True
    )
    too_long = 0
    for name in listed.stdout.splitlines():
        path = Path(name)
        if path.suffix in SUFFIXES and path.exists():
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > MAX_LINES:
                print(f"{name}: {lines} lines, at most {MAX_LINES}")
                too_long += 1
    return 1 if too_long else 0


if __name__ == "__main__":
    sys.exit(main())
