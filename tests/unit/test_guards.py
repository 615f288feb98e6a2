"""The guards of tests/conftest.py and pyproject.toml fire: pytest is run on tests that do what is forbidden."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.desktop import clean_environment

ROOT = Path(__file__).resolve().parents[2]

FORBIDDEN = """
import logging, subprocess, sys, threading, time, warnings
from multiprocessing import shared_memory

import pytest
from PySide6.QtCore import qWarning
from PySide6.QtWidgets import QWidget

kept = []


def test_window(qapp):
    kept.append(QWidget(objectName="forgotten"))
    kept[-1].show()


@pytest.fixture
def closes():
    yield
    kept.pop().close()


def test_window_of_the_one_before_is_closed(qapp, closes):
    pass


def test_qt_message(qapp):
    qWarning("something is wrong with a widget")


def test_warning():
    warnings.warn("old", DeprecationWarning, stacklevel=1)


def test_unclosed():
    open(__file__)


def test_thread_that_fails():
    def fail():
        raise ValueError("nobody sees this")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


@pytest.mark.timeout(0.5)
def test_hangs():
    time.sleep(5)


def test_child():
    kept.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3)"]))


def test_all_well(qapp):
    widget = QWidget()
    widget.show()
    widget.close()
"""

FIRES = {
    "test_window": "left behind: window forgotten",
    "test_qt_message": "something is wrong with a widget",
    "test_warning": "DeprecationWarning: old",
    "test_unclosed": "ResourceWarning",
    "test_thread_that_fails": "nobody sees this",
    "test_hangs": "Timeout",
    "test_child": "left behind: process",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of the forbidden tests, under this repository's own settings and conftest."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "tests").mkdir()
    for name in ("__init__.py", "conftest.py", "leftovers.py"):
        shutil.copy(ROOT / "tests" / name, folder / "tests" / name)
    with (folder / "tests" / "leftovers.py").open("a") as guard:
        guard.write("\n\nGRACE_S = 0.2\n")
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "tests" / "test_forbidden.py").write_text(FORBIDDEN, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:randomly", "-rA", "--basetemp", str(folder / "tmp")],
        cwd=folder, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", sorted(FIRES))
def test_a_forbidden_thing_fails_its_test(said: str, name: str) -> None:
    assert re.search(rf"^(FAILED|ERROR) tests/test_forbidden.py::{name}\b", said, re.MULTILINE), said
    [part] = re.findall(
        rf"^_+ (?:ERROR at teardown of )?{name} _+$(.*?)^(?=_{{3,}} |=+ )", said, re.MULTILINE | re.DOTALL
    )
    assert FIRES[name] in part


def test_who_does_nothing_forbidden_passes(said: str) -> None:
    assert "PASSED tests/test_forbidden.py::test_all_well" in said
    assert "ERROR tests/test_forbidden.py::test_all_well" not in said
