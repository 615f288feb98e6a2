"""Devices that come and go are noticed; nothing is told that did not change. Time is moved by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from app.errors import DeviceError
from app.ports.engine import Camera, DevicesListed, MicSource, SourceStatus
from app.runtime.clock import ManualClock
from capture.audio.microphone import MicrophoneSound
from capture.devices.standing import Standing
from capture.devices.watch import PERIOD_S, SETTLE_S, DeviceWatch
from capture.sources.base import SourceState

ONE = DevicesListed(cameras=(Camera(device_id="a", name="A"),))
TWO = DevicesListed(cameras=(*ONE.cameras, Camera(device_id="b", name="B")))


class Plan(ManualClock):
    """Does something whenever the watch waits for the n-th time; the loop ends with the last step."""

    def __init__(self, *steps: Callable[[], object] | None) -> None:
        super().__init__()
        self.steps = list(steps)
        self.waits: list[float] = []
        self.watch: DeviceWatch | None = None

    def wait(self, event: Any, timeout_s: float) -> bool:
        self.waits.append(timeout_s)
        if not self.steps:
            event.set()
            return True
        step = self.steps.pop(0)
        if step is not None:
            step()
        return super().wait(event, timeout_s)


class Machine:
    """What there is, and how often it was asked."""

    def __init__(self) -> None:
        self.listed = ONE
        self.looks = self.lists = 0
        self.told: list[DevicesListed] = []
        self.is_broken = False

    def plug(self, listed: DevicesListed) -> Callable[[], None]:
        def change() -> None:
            self.listed = listed

        return change

    def look(self) -> object:
        self.looks += 1
        if self.is_broken:
            self.is_broken = False
            raise OSError
        return len(self.listed.cameras)

    def list(self) -> DevicesListed:
        self.lists += 1
        return self.listed

    def watch(self, clock: ManualClock) -> DeviceWatch:
        return DeviceWatch(self.look, self.list, self.told.append, clock)


def test_nothing_is_told_while_nothing_changes_and_the_whole_list_is_not_made() -> None:
    machine = Machine()
    watch = machine.watch(Plan(*[None] * 50))
    assert watch.refresh() == ONE
    watch.run()
    assert machine.told == []
    assert (machine.lists, machine.looks) == (1, 51)


def test_what_comes_and_goes_is_told_once_each() -> None:
    machine = Machine()
    clock = Plan(None, machine.plug(TWO), None, None, machine.plug(ONE), None, None)
    watch = machine.watch(clock)
    watch.refresh()
    watch.run()
    assert machine.told == [TWO, ONE]
    assert set(clock.waits) == {PERIOD_S, SETTLE_S}


def test_before_somebody_asked_nothing_is_listed() -> None:
    machine = Machine()
    watch = machine.watch(Plan(machine.plug(TWO), None, machine.plug(ONE), None))
    watch.run()
    assert (machine.told, machine.lists) == ([], 0)


def test_a_device_that_comes_in_parts_is_told_when_it_has_settled() -> None:
    machine = Machine()
    # The second camera shows itself while the first change is settling.
    watch = machine.watch(Plan(machine.plug(DevicesListed()), machine.plug(TWO), None, None))
    watch.refresh()
    watch.run()
    assert machine.told == [TWO]


def test_a_replug_between_two_looks_is_nothing_to_tell() -> None:
    machine = Machine()
    watch = machine.watch(Plan(machine.plug(TWO), machine.plug(ONE), None, None))
    watch.refresh()
    watch.run()
    assert machine.told == []


def test_who_asks_gets_the_list_and_it_is_not_told_again() -> None:
    machine = Machine()
    watch = machine.watch(Plan(None, None))
    watch.refresh()
    machine.listed = TWO
    assert watch.refresh() == TWO
    watch.run()
    assert machine.told == []


def test_a_system_that_fails_once_is_asked_again() -> None:
    machine = Machine()

    def break_once() -> None:
        machine.is_broken = True

    watch = machine.watch(Plan(break_once, machine.plug(TWO), None, None))
    watch.refresh()
    watch.run()
    assert machine.told == [TWO]


# ---- the microphone in use -------------------------------------------------------------------------


class Host:
    """Opens what the script says: a word is a refusal, else what ``standing`` answers, the last one for good."""

    def __init__(self, *openings: str | list[Standing]) -> None:
        self.openings = list(openings)
        self.opened_s: list[float] = []
        self.clock: ManualClock = ManualClock()
        self.end: Callable[[], None] = lambda: None

    def open(self, device_id: str, on_rate: Callable[[int], None], on_block: Callable[[Any], None]) -> Any:
        self.opened_s.append(self.clock.monotonic_s())
        if not self.openings:
            self.end()
            raise DeviceError("no_microphone")
        step = self.openings.pop(0)
        if isinstance(step, str):
            raise DeviceError(step)
        host = self

        class Stream:
            rate_hz = 48_000
            name = f"Mic {len(host.opened_s)}"

            def standing(self) -> Standing:
                on_block(np.zeros((480, 1), np.float32))
                if step:
                    return step.pop(0)
                host.end()
                return Standing.HERE

            def close(self) -> None:
                pass

        on_rate(48_000)
        on_block(np.zeros((480, 1), np.float32))
        return Stream()


def life(host: Host) -> list[tuple[SourceStatus, str, str]]:
    told: list[SourceState] = []
    sound = MicrophoneSound(MicSource(device_id="default"), "", host, told.append, host.clock)
    host.end = sound.close
    sound.run()
    return [(state.status, state.code, state.name) for state in told]


def test_where_the_system_prefers_another_it_is_opened_at_once_and_never_counts_as_lost() -> None:
    host = Host([Standing.HERE, Standing.MOVED], [Standing.HERE])
    assert life(host) == [(SourceStatus.LIVE, "", "Mic 1"), (SourceStatus.LIVE, "", "Mic 2")]
    assert host.opened_s[1] - host.opened_s[0] < 0.5


def test_one_whose_place_another_took_is_lost_until_it_is_back() -> None:
    host = Host([Standing.HERE, Standing.GONE], "no_microphone", "no_microphone", [Standing.HERE])
    assert life(host) == [
        (SourceStatus.LIVE, "", "Mic 1"),
        (SourceStatus.LOST, "microphone_lost", "Mic 1"),
        (SourceStatus.LIVE, "", "Mic 4"),
    ]


def test_no_right_to_the_microphone_is_said_and_it_comes_by_itself_once_given() -> None:
    host = Host("microphone_forbidden", [Standing.HERE])
    assert [(status, code) for status, code, _ in life(host)] == [
        (SourceStatus.FAILED, "microphone_forbidden"),
        (SourceStatus.LIVE, ""),
    ]
