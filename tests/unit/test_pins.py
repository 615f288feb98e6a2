"""What is installed is pinned, and comes from wherever the machine's own index says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = ("requirements.txt", "requirements-demo.txt", "requirements-dev.txt", "requirements-nodeps.txt")

_PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[a-z,]+\])?==[0-9][0-9A-Za-z.]*(; [a-z_]+ [!=<>]+ \"[^\"]+\")?")
_BASE = re.compile(r"-r requirements(-[a-z]+)?\.txt")


def wrong(line: str) -> bool:
    """Whether a line is neither a pin, a comment, nor the mention of another of these files."""
    return bool(line.strip()) and not (line.startswith("#") or _BASE.fullmatch(line) or _PIN.fullmatch(line))


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_is_one_version(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if wrong(line)] == []
    assert any("==" in line for line in lines)


def test_there_are_no_other_requirement_files() -> None:
    assert sorted(path.name for path in ROOT.glob("requirements*")) == sorted(FILES)


@pytest.mark.parametrize(
    "line",
    [
        "av", "av>=18", "av==18.*", "av @ https://example.org/av.whl", "https://example.org/av.whl",
        "--index-url https://example.org/simple", "-i https://example.org/simple", "av==18.1.0 --hash=sha256:0",
        "-f wheels", "-e .", "--extra-index-url=https://example.org",
    ],
)  # fmt: skip
def test_what_is_no_pin_is_found(line: str) -> None:
    assert wrong(line)


def test_a_marker_is_allowed() -> None:
    assert not wrong('jeepney==0.9.0; sys_platform == "linux"')
    assert not wrong("psycopg[binary]==3.3.9")


def test_the_players_are_pinned_without_an_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: told for name, told in lock["packages"].items() if name}
    assert packages
    assert [name for name, told in packages.items() if "resolved" in told] == []
    assert [name for name, told in packages.items() if not told.get("integrity", "").startswith("sha512-")] == []
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
