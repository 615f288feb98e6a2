"""The real program on a desktop of its own, brought as far as a test needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server.demo_data import ANCHOR_PHONE
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
    """A real media file: moving picture and speech."""
    return str(material.clip())


@pytest.fixture
def start(desktop: Desktop, tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Starts programs; each is ended with the test."""
    programs: list[Program] = []

    def start(name: str = "data", **settings: Any) -> Program:
        programs.append(Program(tmp_path / name, desktop.environment))
        return programs[-1]

    yield start
    for program in reversed(programs):
        program.close()


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
