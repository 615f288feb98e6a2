"""Makes the running source for what was chosen. Control thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.ports.engine import (
    AudioSource,
    CameraSource,
    DemoSound,
    DemoSource,
    FileSound,
    FileSource,
    MicSource,
    NoSound,
    NoVideo,
    ScreenSource,
    VideoSource,
)  # fmt: skip
from app.runtime.clock import Clock
from capture.audio.microphone import MicrophoneHost, MicrophoneSound
from capture.audio.sources import Silence, SoundSource, ToneScale
from capture.devices.controls import CameraBook
from capture.frames import PictureFormat
from capture.liveness.tap import CameraTap
from capture.programme import ProgrammeTime
from capture.sources.base import DeviceLoop, PictureSource, Report
from capture.sources.camera import camera_source
from capture.sources.demo import DemoPictures
from capture.sources.media_sources import MediaPictures, MediaShelf, MediaSound
from capture.sources.screen import screen_source
from capture.sources.socket_camera import DEVICE_ID, NAME, SocketCamera


@dataclass(frozen=True)
class SourceDevices:
    """What sources are opened with. ``cameras``: what is wanted of each, None for what they do by themselves.

    ``tap`` is given each picture of a camera; ``test_camera`` is the socket of the one whose pictures a test makes.
    """

    microphones: MicrophoneHost
    cameras: CameraBook | None = None
    tap: CameraTap | None = None
    test_camera: str = ""


class SourceMaker:
    """For one programme format. Pictures and sound of the same file come from one player."""

    def __init__(self, picture: PictureFormat, programme: ProgrammeTime, clock: Clock, devices: SourceDevices) -> None:
        self._picture = picture
        self._programme = programme
        self._clock = clock
        self._devices = devices
        self._shelf = MediaShelf(clock)

    def picture(self, source: VideoSource, report: Report) -> PictureSource | None:
        """Not started yet; None for no picture at all."""
        match source:
            case CameraSource():
                return self._camera(source, report)
            case ScreenSource():
                return screen_source(source, self._picture, report, self._clock)
            case FileSource():
                player = self._shelf.take(source.path, self._picture, self._programme)
                return MediaPictures(player, source.has_counter, report, self._shelf)
            case DemoSource():
                return DemoPictures(self._picture, source.has_counter, report, self._clock)
            case NoVideo():
                return None

    def _camera(self, source: CameraSource, report: Report) -> PictureSource:
        devices, picture, clock = self._devices, self._picture, self._clock
        if devices.test_camera and source.device_id == DEVICE_ID:
            return DeviceLoop(
                "camera", NAME, lambda: SocketCamera(devices.test_camera, picture, clock, devices.tap), report, clock
            )
        return camera_source(source, picture, report, clock, book=devices.cameras, tap=devices.tap)

    def sound(self, source: AudioSource, report: Report) -> SoundSource:
        """Not started yet."""
        match source:
            case MicSource():
                return MicrophoneSound(source, "", self._devices.microphones, report, self._clock)
            case DemoSound(path=path) if not Path(path).is_file():
                return ToneScale(report)
            case FileSound(path=path) | DemoSound(path=path):
                player = self._shelf.take(path, self._picture, self._programme)
                return MediaSound(player, report, self._shelf)
            case NoSound():
                return Silence(report)
