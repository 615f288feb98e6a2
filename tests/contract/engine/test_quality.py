"""The real engine measures what it would send, mends it, and goes on measuring while viewers watch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ports import engine as port
from tests.contract.capture.sound_server import SoundServer
from tests.contract.engine.rig import EngineProcess, Window
from tests.net.toy_ingest import ToyIngest
from tools import material

pytestmark = pytest.mark.slow

TONE_HZ, TONE = 440.0, 0.1


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineProcess]:
    with EngineProcess(tmp_path / "engine") as engine:
        yield engine


def measured(window: Window, is_it: object = None) -> port.QualityMeasured:
    def fits(event: port.QualityMeasured) -> bool:
        return is_it is None or bool(is_it(event))  # type: ignore[operator]

    return window.wait_for(port.QualityMeasured, fits)


def plays(window: Window) -> None:
    """A film with speech stands for camera and microphone."""
    path = str(material.clip())
    window.ask(port.SetVideo, source=port.FileSource(path=path))
    window.ask(port.SetAudio, source=port.FileSound(path=path))


def test_nothing_is_measured_before_somebody_looks(engine: EngineProcess) -> None:
    window = engine.window()
    plays(window)
    window.wait_for(port.Stats, lambda stats: stats.programme_fps > 20)
    window.wait_for(port.Stats)
    assert not [event for event in window.heard if isinstance(event, port.QualityMeasured)]


def test_picture_and_sound_are_measured_and_a_mend_is_seen_in_the_next_figures(engine: EngineProcess) -> None:
    window = engine.window()
    plays(window)
    window.ask(port.SetMeterRate, rate=port.MeterRate.PREFLIGHT)
    both = measured(window, lambda event: event.picture and event.sound and event.sound.observed_s > 3)
    assert both.picture is not None and both.sound is not None
    assert (both.picture.width_px, both.picture.height_px) == (1280, 720)
    assert both.picture.delivered_fps is not None and both.picture.delivered_fps > 20
    assert both.sound.speech_s > 0.5
    before = both.picture.luma
    window.ask(port.SetPictureMends, mends=port.PictureMends(exposure_stops=1.5))
    lifted = measured(window, lambda event: event.picture and event.picture.luma > before + 15)
    assert lifted.picture is not None and lifted.picture.observed_s < both.picture.observed_s
    loud = both.sound.momentary_lufs
    window.ask(port.SetGain, gain_db=-20.0)
    window.heard.clear()
    soft = measured(window, lambda event: event.sound and event.sound.observed_s > 2 and event.sound.integrated_lufs)
    assert soft.sound is not None and soft.sound.integrated_lufs is not None
    assert soft.sound.integrated_lufs < max(loud, -30.0) - 8


def test_what_is_on_a_screen_or_on_a_card_is_not_measured(engine: EngineProcess) -> None:
    window = engine.window()
    plays(window)
    window.ask(port.SetMeterRate, rate=port.MeterRate.PREFLIGHT)
    measured(window, lambda event: event.picture)
    window.ask(port.SetVideo, source=port.NoVideo())
    window.heard.clear()
    assert measured(window).picture is None


def test_a_broadcast_is_measured_though_no_window_asks(engine: EngineProcess) -> None:
    with ToyIngest() as ingest:
        window = engine.window()
        plays(window)
        assert window.ask(port.StartPublish, targets=(port.Target(url=ingest.url, key="k"),)) == ""
        assert measured(window, lambda event: event.picture and event.sound).is_muted is False
        window.ask(port.SetMute, is_muted=True)
        muted = measured(window, lambda event: event.is_muted and event.sound and event.sound.speech_s > 0)
        assert muted.sound is not None, "who talks while muted is heard by the meter, and by nobody else"
        assert window.ask(port.PlaySample) == "output_busy"
        assert window.ask(port.MeasureComputer) == "output_busy"
        window.ask(port.StopPublish)


@pytest.mark.slow
def test_the_computer_is_measured_and_a_broadcast_cuts_it_short(engine: EngineProcess) -> None:
    window = engine.window()
    assert window.ask(port.MeasureComputer, recording_dir=str(engine.folder)) == ""
    told = window.wait_for(port.ComputerMeasured)
    assert told.computer.encoder and told.computer.encode_ratio
    assert {trial.height_px for trial in told.trials} >= {720}
    with ToyIngest() as ingest:
        number = window.send(port.MeasureComputer)
        assert window.ask(port.StartPublish, targets=(port.Target(url=ingest.url, key="k"),)) == ""
        window.wait_for(port.CommandDone, lambda done: done.request_id == number)
        window.ask(port.StopPublish)


@pytest.mark.slow
def test_five_seconds_are_kept_and_played(tmp_path: Path) -> None:
    with SoundServer() as server:
        environment = server.environment | {"PULSE_SOURCE": "speaker.monitor", "PATH": os.environ["PATH"]}
        server.play_tone(TONE_HZ, TONE)
        with EngineProcess(tmp_path / "engine", environment=environment) as engine:
            window = engine.window()
            assert window.ask(port.PlaySample) == "sample_missing"
            window.ask(port.SetAudio, source=port.MicSource(device_id="default"))
            window.wait_for(
                port.SourceChanged, lambda changed: not changed.is_video and changed.status is port.SourceStatus.LIVE
            )
            window.ask(port.TakeSample, seconds=1.0)
            taken = window.wait_for(port.SampleChanged, lambda event: event.status is port.SampleStatus.READY)
            assert taken.seconds == pytest.approx(1.0, abs=0.05)
            assert window.ask(port.PlaySample) == ""
            window.wait_for(port.SampleChanged, lambda event: event.status is port.SampleStatus.PLAYING)
            window.wait_for(port.SampleChanged, lambda event: event.status is port.SampleStatus.READY)
