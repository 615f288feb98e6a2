"""What a person does first: clone, ``make demo``, and everything is set up and shown."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tools.desktop import clean_environment
from tools.program import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

WAIT_S = 900
OURS = ("XDG_CACHE_HOME", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")
"""Of this test run and of the make that started it; pip's cache is the person's own."""


@pytest.mark.timeout(WAIT_S + 60)
def test_a_fresh_clone_shows_itself(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    done = subprocess.run(
        ["make", "demo"],
        cwd=clone, env={name: value for name, value in clean_environment().items() if name not in OURS},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WAIT_S, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "watch it at http://127.0.0.1:" in said
    assert "demo: all well" in said
    folder = clone / "build" / "demo"
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["faults"] == []
    assert len(summary["viewers"]) == 3
    assert len(list(folder.glob("*.png"))) >= 8
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True
    ).stdout
    assert status == "", "set-up and demonstration leave the sources alone"
