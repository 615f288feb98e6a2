"""An engine that is killed while it publishes and records: what was recorded plays, and becomes an MP4 later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ports import engine as port
from app.rtmp import TagKind
from tests.contract.engine.rig import EngineProcess, Window
from tests.contract.engine.test_engine import SMALL, on_air, until
from tests.contract.record_kit import play
from tests.net.toy_ingest import ToyIngest

pytestmark = pytest.mark.slow

LEAST_S = 2.0
GOP_S = SMALL.gop_s


@pytest.fixture
def ingest() -> Iterator[ToyIngest]:
    ingest = ToyIngest()
    yield ingest
    ingest.close()


def recording(engine: EngineProcess, folder: Path, name: str) -> Window:
    window = engine.window()
    assert window.ask(port.SetOutput, output=SMALL) == ""
    assert window.ask(port.SetVideo, source=port.DemoSource()) == ""
    assert window.ask(port.SetAudio, source=port.DemoSound()) == ""
    assert window.ask(port.StartRecording, directory=str(folder), name=name) == ""
    return window


def test_a_recording_plays_after_its_engine_was_killed_on_air(tmp_path: Path, ingest: ToyIngest) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    with EngineProcess(tmp_path / "engine") as engine:
        on_air(recording(engine, folder, "take"), ingest)
        seen = ingest.connections[0]
        until(lambda: len(seen.of(TagKind.VIDEO)) > LEAST_S * SMALL.rate_fps, "nothing is published")
        engine.process.kill()
        engine.process.wait()
        # Recorded since before it was on air: what a viewer was sent is in the file, but for the running group.
        published = len(seen.of(TagKind.VIDEO))
        assert [path.name for path in folder.iterdir()] == ["take.mkv"]
        played = play(folder / "take.mkv")
        assert played.complaints == ""
        assert played.pictures >= published - (GOP_S + 1) * SMALL.rate_fps
        assert played.pictures >= SMALL.rate_fps
        assert played.sounds * 1024 / 48_000 >= played.pictures / SMALL.rate_fps - 0.2

        engine.start_again()
        window = recording(engine, folder, "next")
        until(lambda: not (folder / "take.mkv").exists(), "it was not finished")
        mended = play(folder / "take.mp4")
        assert (mended.complaints, mended.pictures) == ("", played.pictures)
        assert window.ask(port.StopRecording) == ""
