"""The supervisor between children that die when told to: starting again, giving up, the operator's password."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

import app.supervisor as module
from app.ports.supervision import (
    ChildChanged,
    OperatorTaken,
    PlatformFailed,
    PlatformStarted,
    StartEngine,
    StartPlatform,
    StopPlatform,
    WindowWish,
)
from app.runtime.clock import ManualClock
from app.runtime.launch import ServiceLaunch
from app.supervisor import Supervisor


class FakeChild:
    """A child that lives until ``die``."""

    def __init__(
        self,
        name: str,
        command: list[str],
        launch_line: bytes,
        *,
        on_line: Callable[[bytes], None],
        on_exit: Callable[[int], None],
    ) -> None:
        self.name, self.launch_line, self.on_line, self._on_exit = name, launch_line, on_line, on_exit
        self.is_running = True
        Rig.here.started.append(self)

    def die(self, code: int = 1) -> None:
        self.is_running = False
        self._on_exit(code)

    def end(self, timeout_s: float) -> None:
        self.die(0)


class Rig:
    """A supervisor without endpoints; what it tells is in ``told``."""

    here: Rig

    def __init__(self, folder: Path) -> None:
        Rig.here = self
        self.clock = ManualClock()
        self.started: list[FakeChild] = []
        self.told: list[Any] = []
        self.is_attached = True
        self.supervisor = Supervisor(folder, self.clock)
        self.supervisor._listener = self  # type: ignore[assignment]

    def send(self, event: Any) -> bool:
        if self.is_attached:
            self.told.append(event)
        return self.is_attached

    def close(self) -> None:
        """As the listener's."""

    def wish(self, wish: WindowWish) -> None:
        self.supervisor._happenings.put(lambda: self.supervisor._take(wish))
        self.run()

    def run(self) -> None:
        """Let it work off what has happened."""
        while not self.supervisor._happenings.empty():
            self.supervisor._step()
        self.supervisor._happenings.put(lambda: None)
        self.supervisor._step()

    def start(self, role: str) -> None:
        self.supervisor._happenings.put(lambda: self.supervisor._start(role))
        self.run()

    def attach(self) -> None:
        """A new window."""
        self.is_attached = True
        self.told.clear()
        self.supervisor._greet(self)  # type: ignore[arg-type]

    def living(self) -> list[str]:
        return sorted(child.name for child in self.started if child.is_running)

    def child(self, role: str) -> FakeChild:
        return next(child for child in self.started if child.name == role and child.is_running)

    def kill_until_given_up(self, role: str) -> int:
        """How often it died."""
        for deaths in range(1, 20):
            self.child(role).die()
            self.run()
            if role not in self.supervisor._due and role not in self.living():
                return deaths
            self.clock.advance(5.0)
            self.run()
        return 0

    def ready(self, **said: str) -> None:
        """Both parts of the platform say that they listen."""
        for role in ("ingest", "service"):
            line = {"ready": {"port": 1, **(said if role == "service" else {})}}
            self.child(role).on_line(json.dumps(line).encode())
        self.run()

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]

    def service_launch(self) -> ServiceLaunch:
        launch = msgspec.json.decode(self.child("service").launch_line)
        return msgspec.convert({name: value for name, value in launch.items() if name != "type"}, ServiceLaunch)


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setattr(module, "Child", FakeChild)
    monkeypatch.setattr(module.paths, "runtime_dir", lambda data_dir: data_dir)
    return Rig(tmp_path)


def test_a_child_that_died_is_started_again_after_its_wait(rig: Rig) -> None:
    rig.start("engine")
    for _ in range(2):
        rig.child("engine").die()
        rig.run()
        assert rig.living() == ["engine"], "at once"
    rig.child("engine").die()
    rig.run()
    assert rig.living() == []
    rig.clock.advance(0.9)
    rig.run()
    assert rig.living() == []
    rig.clock.advance(0.1)
    rig.run()
    assert rig.living() == ["engine"]


def test_an_engine_that_was_given_up_is_told_and_starts_when_a_person_asks(rig: Rig) -> None:
    rig.start("engine")
    assert rig.kill_until_given_up("engine") == 6
    assert [event.is_given_up for event in rig.of(ChildChanged) if not event.is_up] == [False] * 5 + [True]
    rig.clock.advance(3600.0)
    rig.run()
    assert rig.living() == [], "it stays away until somebody asks"
    rig.attach()
    assert [(event.role, event.is_given_up) for event in rig.of(ChildChanged)] == [("engine", True)]
    rig.wish(StartEngine())
    assert rig.living() == ["engine"]
    rig.wish(StartEngine())
    assert rig.living() == ["engine"], "one is enough"
    assert rig.kill_until_given_up("engine") == 6, "as if it had never died"
    rig.attach()
    rig.wish(StartEngine())
    rig.attach()
    assert [(event.is_up, event.is_given_up) for event in rig.of(ChildChanged)] == [(True, False)]


@pytest.mark.parametrize("role", ["service", "ingest"])
def test_a_platform_of_which_a_part_was_given_up_starts_again_when_asked(rig: Rig, role: str) -> None:
    rig.wish(StartPlatform(request_id=1))
    rig.ready()
    assert [event.request_id for event in rig.of(PlatformStarted)] == [1]
    before = len(rig.started)
    assert rig.kill_until_given_up(role) == 6
    failed = rig.of(PlatformFailed)
    assert [(event.code, event.detail) for event in failed] == [("part_given_up", role)]
    rig.wish(StartPlatform(request_id=2))
    assert rig.living() == ["ingest", "service"]
    assert len(rig.started) == before + 6, "the other one was left alone"
    rig.child(role).on_line(b'{"ready": {"port": 1}}')
    rig.run()
    assert rig.of(PlatformStarted)[-1].request_id == 2
    assert rig.kill_until_given_up(role) == 6, "as if it had never died"


def test_a_part_that_is_about_to_start_keeps_its_wait(rig: Rig) -> None:
    rig.wish(StartPlatform(request_id=1))
    for _ in range(3):
        rig.child("ingest").die()
        rig.run()
    rig.wish(StartPlatform(request_id=2))
    assert rig.living() == ["service"]
    rig.clock.advance(1.0)
    rig.run()
    assert rig.living() == ["ingest", "service"]


def test_what_a_part_of_before_said_late_makes_no_new_platform_ready(rig: Rig) -> None:
    rig.wish(StartPlatform(request_id=1))
    before = [rig.child(role) for role in ("ingest", "service")]
    rig.wish(StartPlatform(request_id=2, on_lan=True))
    for child in before:
        child.on_line(b'{"ready": {"port": 1}}')
    rig.run()
    assert rig.of(PlatformStarted) == []
    rig.ready()
    assert [event.request_id for event in rig.of(PlatformStarted)] == [2]


def test_the_operators_password_is_told_until_the_window_says_it_was_seen(rig: Rig) -> None:
    rig.wish(StartPlatform(request_id=1))
    rig.is_attached = False
    rig.ready(operator_name="operator", operator_password="kiwi")
    rig.attach()
    assert [event.operator_password for event in rig.of(PlatformStarted)] == ["kiwi"], "nobody had heard it"
    rig.wish(StartPlatform(request_id=2, on_lan=True))
    rig.ready()
    assert rig.of(PlatformStarted)[-1].operator_password == "kiwi", "another platform object, the same operator"
    rig.wish(OperatorTaken())
    rig.attach()
    assert [event.operator_password for event in rig.of(PlatformStarted)] == [""]


def test_a_password_that_nobody_took_is_made_anew_by_the_next_run(rig: Rig, tmp_path: Path) -> None:
    rig.wish(StartPlatform(request_id=1))
    assert rig.service_launch().renews_operator
    rig.ready(operator_name="operator", operator_password="kiwi")
    rig.wish(StopPlatform())
    again = Rig(tmp_path)
    again.wish(StartPlatform(request_id=1))
    assert again.service_launch().renews_operator
    again.wish(StopPlatform())
    again.wish(OperatorTaken())
    last = Rig(tmp_path)
    last.wish(StartPlatform(request_id=1))
    assert not last.service_launch().renews_operator
