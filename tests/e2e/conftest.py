"""The real program on a desktop of its own, brought as far as a test needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from server.demo_data import ANCHOR_PHONE
from tests.e2e.aftermath import command_lines, findings
from tests.leftovers import Guard
from tests.viewer.browser import ViewerBrowser
from tools import material
from tools.desktop import Desktop
from tools.program import Program


@pytest.fixture(scope="session")
def desktop(tmp_path_factory: pytest.TempPathFactory, leftovers: Guard) -> Iterator[Desktop]:
    """One X server, window manager and session bus for all."""
    with Desktop(tmp_path_factory.mktemp("desktop")) as desktop:
        for pid in desktop.pids:
            leftovers.allow_process(pid)
        yield desktop


@pytest.fixture(scope="session")
def clip() -> str:
    """A real media file: moving picture and speech; small, so that a fresh clone has rendered it in a moment."""
    return str(material.clip(seconds=12, width_px=640, height_px=360))


@pytest.fixture
def start(desktop: Desktop, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Program]]:
    """Starts programs; each is ended with the test, and must have nothing to be ashamed of.

    ``@pytest.mark.provokes("event", …)`` names what a test means to be logged as an error, or printed by a library.
    """
    programs: list[Program] = []
    # Shown, not raised: the program is to run as it runs for people, and whatever it prints fails the test. What a
    # process had open when it ended is the kernel's; leaks are looked for in process, by tests/contract.
    environment = {**desktop.environment, "PYTHONWARNINGS": "default,ignore::ResourceWarning"}

    def start(name: str = "data", more: Mapping[str, str] | None = None, camera: Path | None = None) -> Program:
        programs.append(Program(tmp_path / name, environment | dict(more or {}), camera))
        return programs[-1]

    yield start
    provoked = [str(event) for mark in request.node.iter_markers("provokes") for event in mark.args]
    found: list[str] = []
    for program in reversed(programs):
        is_running = program.process.poll() is None
        lines = command_lines(program.process.pid) if is_running else []
        code = program.close()
        if is_running and code:
            found.append(f"asked to end, it ended with {code}")
        found += findings(program.data_dir, lines, provoked)
    assert not found, "\n".join(found)


@pytest.fixture
def program(start: Callable[..., Program], clip: str) -> Program:
    """Signed in on a platform of this machine, with a media file as camera and microphone."""
    program = start()
    program.try_here()
    program.sign_in(ANCHOR_PHONE)
    program.choose({"type": "FileSource", "path": clip, "has_counter": True}, {"type": "FileSound", "path": clip})
    return program


@pytest.fixture
def browser() -> Iterator[ViewerBrowser]:
    """Headless Chromium."""
    with ViewerBrowser() as browser:
        yield browser
