"""How an engine ends, and what happens to a broadcast whose window is away."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ports import engine as port
from app.rtmp import TagKind
from tests.contract.engine.rig import EngineProcess, Window
from tests.contract.engine.test_engine import SMALL, on_air, target, until
from tests.net.toy_ingest import ToyIngest


@pytest.fixture
def ingest() -> Iterator[ToyIngest]:
    ingest = ToyIngest()
    yield ingest
    ingest.close()


def broadcasting(engine: EngineProcess, ingest: ToyIngest) -> Window:
    window = engine.window()
    assert window.ask(port.SetOutput, output=SMALL) == ""
    assert window.ask(port.SetVideo, source=port.DemoSource()) == ""
    assert window.ask(port.SetAudio, source=port.DemoSound()) == ""
    assert window.ask(port.SetPreview, width_px=64, height_px=36) == ""
    on_air(window, ingest)
    return window


@pytest.mark.parametrize(
    "way", [pytest.param("shutdown", marks=pytest.mark.slow), "sigterm", pytest.param("stdin", marks=pytest.mark.slow)]
)
def test_asked_to_end_it_says_goodbye_and_leaves_nothing(tmp_path: Path, ingest: ToyIngest, way: str) -> None:
    with EngineProcess(tmp_path) as engine:
        window = broadcasting(engine, ingest)
        folder = tmp_path / "takes"
        folder.mkdir()
        assert window.ask(port.StartRecording, directory=str(folder), name="take") == ""
        window.wait_for(port.Stats, lambda stats: stats.recorded_bytes > 20_000)
        if way == "shutdown":
            assert window.ask(port.Shutdown) == ""
        elif way == "sigterm":
            engine.process.send_signal(signal.SIGTERM)
        else:
            assert engine.process.stdin is not None
            engine.process.stdin.close()
        assert engine.process.wait(10) == 0
        until(lambda: ingest.connections[0].did_unpublish, "no goodbye")
        assert engine.shared() == []
        assert not Path(engine.endpoint).exists()
        [take] = [path for path in folder.iterdir() if path.suffix in (".mkv", ".mp4")]
        command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(take), "-f", "null", "-"]
        assert subprocess.run(command, capture_output=True, check=True).stderr == b""


@pytest.mark.slow
def test_killed_and_started_again_it_cleans_up_after_itself(tmp_path: Path, ingest: ToyIngest) -> None:
    with EngineProcess(tmp_path) as engine:
        broadcasting(engine, ingest)
        assert len(engine.shared()) == 1
        engine.process.kill()
        engine.process.wait()
        engine.start_again()
        snapshot = engine.window().wait_for(port.Snapshot)
        assert snapshot.publish == ()
        assert engine.shared() == []
        broadcasting(engine, ingest)


def test_without_a_window_the_broadcast_goes_on(tmp_path: Path, ingest: ToyIngest) -> None:
    with EngineProcess(tmp_path) as engine:
        window = broadcasting(engine, ingest)
        assert window.ask(port.Detach, keep_s=60.0) == ""
        window.close()
        before = len(ingest.connections[0].tags)
        until(lambda: len(ingest.connections[0].tags) > before + 100, "it stopped")
        snapshot = engine.window().wait_for(port.Snapshot)
        assert [changed.status for changed in snapshot.publish] == [port.PublishStatus.ON_AIR]
        assert len(ingest.connections) == 1


@pytest.mark.slow
def test_after_the_grace_comes_the_slate_and_then_the_end(tmp_path: Path, ingest: ToyIngest) -> None:
    with EngineProcess(tmp_path, window_grace_s=2.0) as engine:
        window = broadcasting(engine, ingest)
        seen = ingest.connections[0]
        window.close()
        # The slate does not move: the pictures between key frames become tiny.
        until(lambda: _is_still(seen.of(TagKind.VIDEO)[-5:]), "no slate")
        assert not seen.did_unpublish
        until(lambda: seen.did_unpublish, "it never ended")
        snapshot = engine.window().wait_for(port.Snapshot)
        assert [changed.status for changed in snapshot.publish] == [port.PublishStatus.IDLE]


@pytest.mark.slow
def test_a_recording_alone_ends_too_when_no_window_comes_back(tmp_path: Path) -> None:
    with EngineProcess(tmp_path, window_grace_s=1.0) as engine:
        folder = tmp_path / "takes"
        folder.mkdir()
        window = engine.window()
        assert window.ask(port.SetOutput, output=SMALL) == ""
        assert window.ask(port.SetVideo, source=port.DemoSource()) == ""
        assert window.ask(port.StartRecording, directory=str(folder), name="take") == ""
        window.wait_for(port.Stats, lambda stats: stats.recorded_bytes > 20_000)
        window.close()
        until((folder / "take.mp4").exists, "it records on")
        snapshot = engine.window().wait_for(port.Snapshot)
        assert snapshot.record.status is port.RecordStatus.IDLE


def _is_still(tags: list[object]) -> bool:
    return len(tags) == 5 and all(len(getattr(tag, "payload", b"")) < 200 for tag in tags)


@pytest.mark.slow
def test_a_second_start_of_publishing_replaces_the_first(tmp_path: Path, ingest: ToyIngest) -> None:
    with EngineProcess(tmp_path) as engine:
        window = broadcasting(engine, ingest)
        assert window.ask(port.StartPublish, targets=target(ingest)) == ""
        until(lambda: len(ingest.connections) == 2 and len(ingest.connections[1].tags) > 20)
        assert ingest.connections[0].did_unpublish
