"""A real microphone through PortAudio: listed, heard in the recording, lost and found again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from app.ports import engine as port
from tests.contract.capture.sound_server import RATE_HZ, SoundServer
from tests.contract.engine.rig import EngineProcess, Window

pytestmark = pytest.mark.e2e

TONE_HZ = 1000.0
AMPLITUDE = 0.25
MICROPHONE = "ALSA/pulse"


@pytest.fixture
def sound() -> Iterator[SoundServer]:
    with SoundServer() as sound:
        yield sound


@pytest.fixture
def engine(sound: SoundServer, tmp_path: Path) -> Iterator[EngineProcess]:
    with EngineProcess(tmp_path, environment=sound.environment) as engine:
        yield engine


@pytest.fixture
def window(engine: EngineProcess) -> Window:
    window = engine.window()
    assert (
        window.ask(port.SetOutput, output=port.Output(width_px=256, height_px=144, rate_fps=10, video_kbps=200)) == ""
    )
    return window


def status(window: Window, wanted: port.SourceStatus) -> port.SourceChanged:
    return window.wait_for(port.SourceChanged, lambda changed: not changed.is_video and changed.status is wanted)


def test_it_is_listed_with_one_that_the_system_prefers(window: Window) -> None:
    assert window.ask(port.ListDevices) == ""
    found = window.wait_for(port.DevicesListed).microphones
    assert found[0].device_id == "default"
    assert found[0].is_default
    assert MICROPHONE in found[0].aliases, "how older versions kept it"
    assert sum(microphone.is_default for microphone in found) == 1


@pytest.mark.slow
def test_what_it_hears_is_in_the_recording(sound: SoundServer, window: Window, tmp_path: Path) -> None:
    sound.play_tone(TONE_HZ, AMPLITUDE)
    assert window.ask(port.SetAudio, source=port.MicSource(device_id=MICROPHONE)) == ""
    status(window, port.SourceStatus.LIVE)
    window.wait_for(port.Stats, lambda stats: stats.peak_db > -20)
    folder = tmp_path / "takes"
    folder.mkdir()
    assert window.ask(port.StartRecording, directory=str(folder), name="take") == ""
    window.heard.clear()
    for _ in range(4):
        window.wait_for(port.Stats)
    assert window.ask(port.StopRecording) == ""
    path = window.wait_for(port.RecordChanged, lambda changed: changed.path.endswith(".mp4")).path
    with av.open(path) as container:
        parts = [frame.to_ndarray() for frame in container.decode(audio=0)]
    heard = np.concatenate(parts, axis=1)[0, RATE_HZ // 2 : RATE_HZ // 2 + 2 * RATE_HZ]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert spectrum.argmax() * RATE_HZ / len(heard) == pytest.approx(TONE_HZ, abs=2)
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(AMPLITUDE / np.sqrt(2), rel=0.1)
    # Without a gap: a window of 5 ms of silence would be quieter than half.
    pieces = heard[: len(heard) // 240 * 240].reshape(-1, 240)
    assert np.sqrt((pieces**2).mean(axis=1)).min() > AMPLITUDE / np.sqrt(2) / 2


@pytest.mark.slow
def test_lost_it_is_said_and_found_again_by_itself(sound: SoundServer, window: Window) -> None:
    sound.play_tone(TONE_HZ, AMPLITUDE)
    assert window.ask(port.SetAudio, source=port.MicSource(device_id=MICROPHONE)) == ""
    status(window, port.SourceStatus.LIVE)
    sound.kill()
    assert status(window, port.SourceStatus.LOST).code == "microphone_lost"
    window.heard.clear()
    assert window.wait_for(port.Stats, lambda stats: stats.peak_db <= -60).programme_fps > 5, "silence, and it goes on"
    sound.start()
    sound.play_tone(TONE_HZ, AMPLITUDE)
    status(window, port.SourceStatus.LIVE)
    window.wait_for(port.Stats, lambda stats: stats.peak_db > -20)


def test_one_that_is_not_there_is_said(window: Window) -> None:
    assert window.ask(port.SetAudio, source=port.MicSource(device_id="ALSA/none")) == ""
    assert status(window, port.SourceStatus.FAILED).code == "no_microphone"
