"""The layers' contracts in pyproject.toml leave nothing out: no part of the program, no foreign package."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app", "capture", "server", "ui")

BY_NAME = {
    "app/__main__.py": {"capture.host", "capture.liveness.mesh_child", "capture.meters.face_child"},
    "capture/devices/endpoints.py": {"pulsectl"},
    "capture/devices/indexed_cameras.py": {"cv2_enumerate_cameras"},
    "capture/devices/microphones.py": {"sounddevice"},
    "capture/devices/permission.py": {"winreg", "AVFoundation"},
}
"""What import-linter cannot see: modules that are imported by a name at run time."""

TYPES_ONLY = {"types_psutil"}


def contracts() -> list[dict[str, Any]]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return list(told["tool"]["importlinter"]["contracts"])


def contract(name: str) -> dict[str, Any]:
    [found] = [contract for contract in contracts() if contract["name"] == name]
    return found


def sources() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def required() -> set[str]:
    """Distributions in requirements*.txt, in the spelling of imports."""
    lines = [line for path in ROOT.glob("requirements*.txt") for line in path.read_text().splitlines()]
    return {_plain(re.split(r"[\[=]", line)[0]) for line in lines if "==" in line}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def test_every_foreign_package_is_named() -> None:
    named = set(contract("domain and rtmp are standard library only")["forbidden_modules"])
    missing = set()
    for package, distributions in packages_distributions().items():
        is_private = package.startswith("_") or not package.isidentifier()
        if not is_private and package != "py" and {_plain(name) for name in distributions} & (required() - TYPES_ONLY):
            missing |= {package} - named
    assert len(required()) > 30
    assert missing == set()


@pytest.mark.parametrize("part", ["app/domain/", "app/rtmp/", "app/errors.py"])
def test_domain_and_rtmp_import_the_standard_library_and_each_other(part: str) -> None:
    allowed = {"app.domain", "app.rtmp", "app.errors"}
    seen = 0
    for name, tree in sources():
        if not name.startswith(part):
            continue
        for module in _imported(tree):
            seen += 1
            is_ours = any(f"{module}.".startswith(f"{ours}.") for ours in allowed)
            assert is_ours or module.split(".")[0] in sys.stdlib_module_names, f"{name} imports {module}"
    assert seen


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not checked here"
            yield node.module or ""


def test_every_part_of_the_program_is_under_a_contract() -> None:
    parts = {
        f"app.{path.stem}" for path in (ROOT / "app").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists() or any(path.glob("*.py"))
    }  # fmt: skip
    # The window's composition root and the entry point may see everything.
    free = {"app.__init__", "app.__main__", "app.main"}
    covered = {source for contract in contracts() for source in contract.get("source_modules", [])}
    assert parts - free - covered == set()
    assert {"capture", "server", "ui"} <= covered


def test_the_screen_sees_only_states_and_wishes_of_the_use_cases() -> None:
    named = set(contract("the screen takes states, wishes and their values, and no interface")["forbidden_modules"])
    allowed = {"app.usecases.state", "app.usecases.wishes", "app.ports.engine", "app.contract.rest"}
    allowed |= {"app.usecases.way_state", "app.usecases.schedule_state", "app.usecases.trouble", "app.contract.events"}
    allowed |= {"app.contract.applications", "app.contract.documents", "app.contract.inbox"}
    allowed |= {"app.contract.identity", "app.contract.measures", "app.contract.room", "app.contract.schedule"}
    allowed |= {"app.contract.reports", "app.contract.liveness", "app.usecases.liveness_state"}
    allowed |= {"app.usecases.quality_state", "app.usecases.moderation_state", "app.usecases.room_wishes"}
    allowed |= {"app.usecases.liveness_wishes"}
    allowed |= {"app.contract.questions", "app.usecases.questions_state", "app.usecases.reports_state"}
    there = {
        f"app.{folder}.{path.stem}"
        for folder in ("usecases", "ports", "contract")
        for path in (ROOT / "app" / folder).glob("*.py")
        if path.stem != "__init__"
    }
    assert there - allowed - named == set()


def test_what_is_imported_by_name_is_known() -> None:
    found: dict[str, set[str]] = {}
    for name, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "importlib.import_module", "import_module", "__import__",
            ):  # fmt: skip
                assert isinstance(node.args[0], ast.Constant), f"{name}:{node.lineno}: not a literal"
                found.setdefault(name, set()).add(str(node.args[0].value))
    assert found == BY_NAME
