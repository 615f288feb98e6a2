"""The engine's process notices devices by itself: microphones of a real sound server come, go and come back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ports import engine as port
from tests.contract.capture.test_devices import Server
from tests.contract.engine.rig import EngineProcess, Window

pytestmark = pytest.mark.e2e


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        server.plug("yeti")
        server.prefer("yeti")
        yield server


@pytest.fixture
def window(server: Server, tmp_path: Path) -> Iterator[Window]:
    with EngineProcess(tmp_path, environment=server.environment) as engine:
        window = engine.window()
        output = port.Output(width_px=256, height_px=144, rate_fps=10, video_kbps=200)
        assert window.ask(port.SetOutput, output=output) == ""
        yield window


@pytest.mark.slow
def test_a_microphone_in_use_goes_and_comes_back_and_every_list_comes_unasked(server: Server, window: Window) -> None:
    def listed(*ids: str) -> port.DevicesListed:
        wanted = ["default", *(f"pulse/{name}" for name in ids)]
        return window.wait_for(port.DevicesListed, lambda told: [one.device_id for one in told.microphones] == wanted)

    def status(wanted: port.SourceStatus) -> port.SourceChanged:
        return window.wait_for(port.SourceChanged, lambda told: not told.is_video and told.status is wanted)

    assert window.ask(port.ListDevices) == ""
    listed("yeti")
    server.plug("webcam")
    listed("yeti", "webcam")
    assert window.ask(port.SetAudio, source=port.MicSource(device_id="pulse/webcam")) == ""
    assert status(port.SourceStatus.LIVE).name == "WEBCAM"
    server.unplug("webcam")
    listed("yeti")
    assert status(port.SourceStatus.LOST).code == "microphone_lost"
    server.plug("webcam")
    listed("yeti", "webcam")
    status(port.SourceStatus.LIVE)


def test_what_a_camera_is_to_do_is_taken_before_there_is_one(window: Window) -> None:
    wish = port.CameraSettings(power_line_hz=50)
    assert window.ask(port.SetCameraControls, device_id="usb:none", settings=wish) == ""
    assert window.ask(port.SetVideo, source=port.CameraSource(device_id="usb:none")) == ""
    failed = window.wait_for(port.SourceChanged, lambda told: told.status is port.SourceStatus.FAILED)
    assert failed.code == "no_camera"
