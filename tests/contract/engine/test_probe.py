"""The probe of the network in the engine's process: asked for over the channel, and never in the way of a broadcast."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ports import engine as port
from tests.contract.engine.rig import EngineProcess, Window
from tests.net.toy_ingest import ToyIngest

pytestmark = pytest.mark.slow


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Window]:
    with EngineProcess(tmp_path) as engine:
        window = engine.window()
        assert (
            window.ask(port.SetOutput, output=port.Output(width_px=320, height_px=180, rate_fps=25, video_kbps=400))
            == ""
        )
        assert window.ask(port.SetVideo, source=port.DemoSource()) == ""
        yield window


@pytest.fixture
def ingest() -> Iterator[ToyIngest]:
    with ToyIngest() as ingest:
        yield ingest


def target(ingest: ToyIngest) -> tuple[port.Target, ...]:
    return (port.Target(url=ingest.url, key="key"),)


def test_it_is_told_while_it_runs_and_what_was_found(window: Window, ingest: ToyIngest) -> None:
    assert window.ask(port.StartProbe, targets=target(ingest), seconds_each=4.0) == ""
    progress = window.wait_for(port.ProbeProgress, lambda event: event.kbps > 0)
    assert (progress.target, 0 < progress.passed_ratio < 1) == ("main", True)
    done = window.wait_for(port.ProbeDone)
    [found] = done.network.ingests
    assert (found.name, found.is_reachable, done.network.best, done.is_cancelled) == ("main", True, 0, False)
    assert found.throughput_kbps > 4000
    assert found.connect_ms > 0


def test_cancelling_ends_it(window: Window, ingest: ToyIngest) -> None:
    assert window.ask(port.CancelProbe) == "", "harmless without one"
    assert window.ask(port.StartProbe, targets=target(ingest), seconds_each=30.0) == ""
    window.wait_for(port.ProbeProgress, lambda event: event.kbps > 0)
    assert window.ask(port.CancelProbe) == ""
    assert window.wait_for(port.ProbeDone).is_cancelled


@pytest.mark.slow
def test_publishing_comes_first(window: Window, ingest: ToyIngest) -> None:
    assert window.ask(port.StartProbe, targets=target(ingest), seconds_each=30.0) == ""
    window.wait_for(port.ProbeProgress, lambda event: event.kbps > 0)
    assert window.ask(port.StartPublish, targets=target(ingest)) == ""
    assert window.wait_for(port.ProbeDone).is_cancelled
    window.wait_for(port.PublishChanged, lambda changed: changed.status is port.PublishStatus.ON_AIR)
    assert window.ask(port.StartProbe, targets=target(ingest)) == "output_busy"
    assert len(ingest.connections) == 2
    assert window.ask(port.StopPublish) == ""
    assert window.ask(port.StartProbe, targets=target(ingest), seconds_each=4.0) == ""
    assert not window.wait_for(port.ProbeDone).is_cancelled


def test_targets_that_cannot_be_tried_are_refused(window: Window) -> None:
    bad = (port.Target(url="http://h/live", key="key"),)
    assert window.ask(port.StartProbe, targets=bad) == "ingest_address_invalid"
    assert window.ask(port.StartProbe, targets=()) == "input_invalid"
