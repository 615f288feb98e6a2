"""Fixtures of the tests that look at pages: one browser and one platform for a module, somebody new for each look."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psutil
import pytest

from tests.leftovers import Guard
from tests.viewer.browser import Viewer, ViewerBrowser
from tests.viewer.house import RESUME_FACTS, House


@pytest.fixture(scope="module")
def chromium(leftovers: Guard) -> Iterator[ViewerBrowser]:
    """Headless Chromium for all tests of the module."""
    before = set(psutil.Process().children())
    with ViewerBrowser() as browser:
        for driver in set(psutil.Process().children()) - before:
            leftovers.allow_process(driver.pid)
        yield browser


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, leftovers: Guard) -> Iterator[House]:
    """One platform for all tests of the module."""
    house = House(tmp_path_factory.mktemp("house"), RESUME_FACTS)
    leftovers.allow_process(house.pid)
    yield house
    house.close()


@pytest.fixture
def house(platform: House) -> House:
    """The platform with nothing open."""
    platform.begin()
    return platform


@pytest.fixture
def look(chromium: ViewerBrowser) -> Iterator[Callable[..., Viewer]]:
    """Opens a page for somebody new; the pages are without errors at the end."""
    viewers: list[Viewer] = []

    def look(**how: object) -> Viewer:
        viewers.append(chromium.viewer(**how))  # type: ignore[arg-type]  # handed through
        return viewers[-1]

    yield look
    errors = [viewer.errors() for viewer in viewers]
    for viewer in viewers:
        viewer.close()
    assert errors == [[] for _ in viewers]
