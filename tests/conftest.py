"""What holds for every test: a home of its own, a fixed hypothesis profile, nothing left behind."""

from __future__ import annotations

import gc
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.leftovers import Guard

settings.register_profile(
    "house",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("house")

_home = tempfile.TemporaryDirectory(prefix="anchordesk-test-home-")
for _name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_VIDEOS_DIR"):
    os.environ[_name] = str(Path(_home.name) / _name.lower())
# Widgets of unit and screen tests are drawn offscreen; whole programs get a display of their own.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.pop("DISPLAY", None)
os.environ.pop("WAYLAND_DISPLAY", None)
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"


_SLOW_S = 600
UNTIL = "ANCHORDESK_TESTS_UNTIL_S"
"""Of the environment (tools/run_tests.py): the monotonic second from which no further test is begun."""


def pytest_unconfigure() -> None:
    _home.cleanup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow proofs have more time than the limit in pyproject.toml."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(_SLOW_S))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A long proof for which no time is left is not begun, and named at the end (tools/run_tests.py)."""
    if time.monotonic() > float(os.environ.get(UNTIL, "inf")):
        raise pytest.skip.Exception("no time was left for it")


def pytest_collection_finish() -> None:
    """What was imported and collected stays: looked through at each collection of garbage it took half of all time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def leftovers(tmp_path_factory: pytest.TempPathFactory) -> Guard:
    """Where a fixture that lives longer than a test says which processes and threads are its own."""
    # Every child inherits the first in its environment; the second stands in its arguments.
    return Guard(_home.name, str(tmp_path_factory.getbasetemp()))


@pytest.fixture(autouse=True)
def nothing_left_behind(leftovers: Guard) -> Iterator[None]:
    """Fails a test that leaves a thread, a child process, shared memory or an open window behind."""
    before = leftovers.look()
    yield
    found = leftovers.left_since(before)
    assert not found, "left behind: " + "; ".join(found)


@pytest.fixture
def free_port() -> int:
    """A TCP port of the loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty folder for a program's data, readable by this user alone."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder
