"""A clip of the recording from the real engine process, over its channel; the recording is whole afterwards."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from app.ports import engine as port
from server.reports.mp4 import facts_of
from tests.contract.engine.rig import EngineProcess
from tests.contract.record_kit import play
from tests.net.rtmp_peers import wait_until

pytestmark = pytest.mark.slow


def test_what_was_just_recorded_is_cut_while_it_goes_on(tmp_path: Path) -> None:
    with EngineProcess(tmp_path / "engine") as engine:
        window = engine.window()
        window.wait_for(port.Snapshot)
        assert window.ask(port.CutClip, clip_id="a0") == ""
        assert window.wait_for(port.ClipCut).code == "clip_unavailable", "nothing was recorded yet"
        output = port.Output(width_px=320, height_px=180, rate_fps=30, video_kbps=500, encoder="libx264")
        assert window.ask(port.SetOutput, output=output) == ""
        assert window.ask(port.SetVideo, source=port.DemoSource()) == ""
        assert window.ask(port.SetAudio, source=port.DemoSound()) == ""
        assert window.ask(port.StartRecording, directory=str(tmp_path), name="show") == ""
        window.wait_for(port.RecordChanged, lambda told: told.status is port.RecordStatus.RECORDING)
        mkv = tmp_path / "show.mkv"
        wait_until(lambda: mkv.exists() and mkv.stat().st_size > 250_000, 30)
        assert window.ask(port.CutClip, clip_id="a1", seconds=3.0) == ""
        told = window.wait_for(port.ClipCut, lambda one: one.clip_id == "a1")
        assert (told.code, told.is_shortened) == ("", False)
        assert 1_000 <= told.duration_ms <= 5_000
        clip = Path(told.path)
        assert clip.stat().st_size == told.size_bytes
        assert clip.stat().st_mode & 0o077 == 0
        assert clip.parent.stat().st_mode & 0o077 == 0
        assert facts_of(clip.read_bytes(), 40_000).has_sound
        assert play(clip).complaints == ""
        assert window.ask(port.DropClip, clip_id="a1") == ""
        assert not clip.exists()
        assert window.ask(port.StopRecording) == ""
        done = window.wait_for(port.RecordChanged, lambda one: one.path.endswith(".mp4"))
        assert play(done.path).complaints == ""
        # What ended last is there to be cut too, and goes with the engine.
        assert window.ask(port.CutClip, clip_id="a2") == ""
        last = window.wait_for(port.ClipCut, lambda one: one.clip_id == "a2")
        with av.open(last.path) as source:
            assert next(packet for packet in source.demux(video=0) if packet.size).is_keyframe
    assert not Path(last.path).exists()
