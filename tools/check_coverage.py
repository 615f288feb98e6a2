"""Checks that the unit tests visit every line and branch of the files in ``build_spec/fully_covered.txt``.

``python -m tools.check_coverage`` runs them under coverage and ends with 1 when a test fails or something was not
visited. A file that is on the list stays on it: who adds a line there adds its test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "build_spec" / "fully_covered.txt"
LEFT_OUT = "not SessionMachine and not fuzz and not any_text and not bit_rate_changes and not fragmentation"
"""Long searches by chance, and encoders: what is covered must not hang on them."""


def main() -> int:
    """Print what was not visited; 1 when there is any."""
    files = listed(LIST.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="anchordesk-coverage-") as name:
        folder = Path(name)
        environment = {**os.environ, "COVERAGE_FILE": str(folder / "data")}
        coverage = [sys.executable, "-m", "coverage"]
        # The files beside these folders start processes of their own.
        tests = [str(path.parent) for path in sorted((ROOT / "tests" / "unit").glob("*/__init__.py"))]
        done = subprocess.run(
            [
                *coverage, "run", "--branch", f"--include={','.join(files)}",
                "-m", "pytest", "--no-header", "-m", "not slow", "-k", LEFT_OUT, *tests,
            ],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            print(done.stdout[-8000:] + done.stderr[-2000:])
            return 1
        report = folder / "report.json"
        subprocess.run(
            [*coverage, "json", "-o", str(report)], cwd=ROOT, env=environment, capture_output=True, check=True
        )  # fmt: skip
        found = findings(json.loads(report.read_text()), files)
    for finding in found:
        print(finding)
    return 1 if found else 0


def listed(text: str, root: Path = ROOT) -> list[str]:
    """The Python files that a list of files and folders names, relative to ``root``. ValueError where one is gone."""
    files: list[str] = []
    for line in text.splitlines():
        name = line.partition("#")[0].strip()
        if not name:
            continue
        path = root / name
        found = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        if not found or not all(one.is_file() for one in found):
            raise ValueError(f"no such file or folder: {name}")
        files += [one.relative_to(root).as_posix() for one in found if one.stat().st_size]
    return files


def findings(report: Mapping[str, Any], files: Iterable[str]) -> list[str]:
    """A sentence for each of ``files`` that coverage's report (JSON) does not show as wholly visited."""
    found = []
    for name in files:
        told = report["files"].get(name)
        if told is None:
            found.append(f"{name}: no test imports it")
            continue
        lines = [str(line) for line in told["missing_lines"]]
        lines += [f"{begin}→{end if end > 0 else 'exit'}" for begin, end in told.get("missing_branches", [])]
        if lines:
            found.append(f"{name}: not visited: {', '.join(lines)}")
    return found


if __name__ == "__main__":
    sys.exit(main())
