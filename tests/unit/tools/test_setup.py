"""Set-up asks only for what is missing, and tells a person without rights what to type."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools import setup


def test_levels_hold_one_another() -> None:
    run, demo, test = (set(setup.wanted_packages(level)) for level in setup.LEVELS)
    assert run < demo < test


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "dpkg-query"
    tool.write_text("#!/bin/sh\necho 'here installed'\necho 'gone not-installed'\nexit 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert setup.missing_packages(["here", "gone", "never-heard-of"]) == ["gone", "never-heard-of"]
    monkeypatch.setattr(setup, "wanted_packages", lambda _: ["here", "gone"])
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(setup.SetupError, match="sudo apt-get install -y --no-install-recommends gone\n"):
        setup._install_debian_packages("run")


def test_material_is_rendered_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "build" / "material").mkdir(parents=True)
    (tmp_path / "tools" / "material.py").write_text("a = 1\n")
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    runs: list[list[str]] = []
    monkeypatch.setattr(setup, "_run", runs.append)
    for level in (*setup.LEVELS, *setup.LEVELS):
        setup._render_material(level)
    assert [command[2].partition("; ")[2] for command in runs] == [setup.MATERIAL["demo"], setup.MATERIAL["test"]]
    (tmp_path / "tools" / "material.py").write_text("a = 2\n")
    setup._render_material("demo")
    assert len(runs) == 3


def test_the_stamp_follows_the_requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*setup.REQUIREMENTS.values(), setup.WITHOUT_DEPENDENCIES):
        (tmp_path / name).write_text("a==1\n")
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "VENV", tmp_path)
    setup._stamp("demo").write_text(setup._digest("demo"))
    assert setup._is_stamped("demo")
    assert not setup._is_stamped("test")
    (tmp_path / "requirements.txt").write_text("a==2\n")
    assert not setup._is_stamped("demo")
    setup._stamp("demo").write_text(setup._digest("demo"))
    (tmp_path / setup.WITHOUT_DEPENDENCIES).write_text("a==2\n")
    assert not setup._is_stamped("demo")
