"""Media files that FFmpeg made, played by the real player against the real clock."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from app.ports.engine import DemoSound, FileSound, FileSource, SourceStatus
from app.runtime.clock import SystemClock
from capture.audio.sources import ToneScale
from capture.devices.microphones import PortAudioHost
from capture.frames import PictureFormat, planes
from capture.programme import SAMPLE_RATE_HZ, ProgrammeTime
from capture.sources.base import SourceState
from capture.sources.make import SourceDevices, SourceMaker

PICTURE = PictureFormat(320, 180, 30)
LENGTH_S = 2.0
# White and loud for a fifth of a second, a second after the start.
FLASH = "color=white:size=320x180:rate=30:duration=2,drawbox=c=black:t=fill:enable='lt(t,1)+gte(t,1.2)'"
BEEP = "sine=1000:sample_rate=44100:duration=2,volume='if(between(t,1,1.2),1,0)':eval=frame"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    picture, sound = ["-f", "lavfi", "-i", FLASH], ["-f", "lavfi", "-i", BEEP]
    for name, inputs in (("both.mp4", picture + sound), ("mute.mp4", picture), ("sound.m4a", sound)):
        command = ["ffmpeg", "-nostdin", "-v", "error", *inputs, "-pix_fmt", "yuv420p", str(folder / name)]
        subprocess.run(command, check=True)
    (folder / "broken.mp4").write_bytes(b"this is no film" * 100)
    return folder


class Stage:
    """A maker of sources, and what they said."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        self.programme = ProgrammeTime(self.clock.monotonic_s(), PICTURE.rate_fps)
        self.maker = SourceMaker(PICTURE, self.programme, self.clock, SourceDevices(PortAudioHost()))
        self.told: dict[bool, list[SourceState]] = {True: [], False: []}
        self.closers: list[Callable[[], None]] = []

    def picture(self, path: Path):  # type: ignore[no-untyped-def]  # the union of sources is the maker's affair
        source = self.maker.picture(FileSource(path=str(path)), self.told[True].append)
        assert source is not None
        self.closers.append(source.close)
        source.start()
        return source

    def sound(self, path: Path):  # type: ignore[no-untyped-def]
        source = self.maker.sound(FileSound(path=str(path)), self.told[False].append)
        self.closers.append(source.close)
        source.start()
        return source

    def until(self, is_video: bool, is_it: Callable[[SourceState], bool]) -> None:
        deadline_s = time.monotonic() + 6
        while not any(map(is_it, self.told[is_video])):
            assert time.monotonic() < deadline_s, self.told[is_video]
            time.sleep(0.01)


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    for close in stage.closers:
        close()


@pytest.mark.slow
def test_picture_and_sound_stay_in_step_over_the_seam(stage: Stage, files: Path) -> None:
    picture, sound = stage.picture(files / "both.mp4"), stage.sound(files / "both.mp4")
    flashes: list[float] = []
    beeps: list[float] = []
    was_white = was_loud = False
    slot = stage.programme.slot_at(stage.clock.monotonic_s())
    end_s = stage.clock.monotonic_s() + 2.4 * LENGTH_S
    step = SAMPLE_RATE_HZ // 200
    while (time_s := stage.programme.slot_s(slot)) < end_s:
        time.sleep(max(0.0, time_s - stage.clock.monotonic_s()))
        frame = picture.frame_at(time_s)
        is_white = frame is not None and float(planes(frame)[0].mean()) > 180
        if is_white and not was_white:
            flashes.append(time_s)
        was_white = is_white
        first = stage.programme.sample_at(time_s)
        heard = sound.read(first, SAMPLE_RATE_HZ // PICTURE.rate_fps)
        assert heard is not None
        for at in range(0, heard.shape[1] - step + 1, step):
            is_loud = float(np.abs(heard[:, at : at + step]).max()) > 0.02
            if is_loud and not was_loud:
                beeps.append(time_s + at / SAMPLE_RATE_HZ)
            was_loud = is_loud
        slot += 1
    assert len(flashes) == len(beeps) == 2
    for flash_s, beep_s in zip(flashes, beeps, strict=True):
        assert beep_s - flash_s == pytest.approx(0.0, abs=1.5 / PICTURE.rate_fps)
    assert flashes[1] - flashes[0] == pytest.approx(LENGTH_S, abs=1.5 / PICTURE.rate_fps)


def test_both_of_one_file_come_from_one_player_that_ends_with_the_last(stage: Stage, files: Path) -> None:
    picture, sound = stage.picture(files / "both.mp4"), stage.sound(files / "both.mp4")
    stage.until(True, lambda state: state.status is SourceStatus.LIVE)
    stage.until(False, lambda state: state.status is SourceStatus.LIVE)
    assert picture._player is sound._player
    picture.close()
    time.sleep(0.3)
    first = stage.programme.sample_at(stage.clock.monotonic_s())
    assert sound.read(first, 960) is not None
    sound.close()


@pytest.mark.parametrize(
    ("name", "is_video", "code"),
    [
        ("none.mp4", True, "file_missing"),
        ("none.mp4", False, "file_missing"),
        ("broken.mp4", True, "file_unreadable"),
        ("mute.mp4", False, "file_unreadable"),
        ("sound.m4a", True, "file_unreadable"),
    ],
)
def test_what_cannot_be_played_is_said(stage: Stage, files: Path, name: str, is_video: bool, code: str) -> None:
    (stage.picture if is_video else stage.sound)(files / name)
    stage.until(is_video, lambda state: state.status is SourceStatus.FAILED and state.code == code)


@pytest.mark.slow
def test_a_file_that_appears_later_plays_by_itself(stage: Stage, files: Path, tmp_path: Path) -> None:
    path = tmp_path / "later.mp4"
    source = stage.picture(path)
    stage.until(True, lambda state: state.code == "file_missing")
    path.write_bytes((files / "mute.mp4").read_bytes())
    stage.until(True, lambda state: state.status is SourceStatus.LIVE)
    deadline_s = time.monotonic() + 2
    while source.frame_at(stage.clock.monotonic_s()) is None:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def test_a_file_of_sound_only_is_heard(stage: Stage, files: Path) -> None:
    sound = stage.sound(files / "sound.m4a")
    stage.until(False, lambda state: state.status is SourceStatus.LIVE)
    deadline_s = time.monotonic() + 4
    while True:
        heard = sound.read(stage.programme.sample_at(stage.clock.monotonic_s()), 960)
        if heard is not None and np.abs(heard).max() > 0.02:
            return
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def test_demo_speech_that_is_missing_is_a_scale_of_tones(stage: Stage) -> None:
    sound = stage.maker.sound(DemoSound(path="/no/such.wav"), stage.told[False].append)
    assert isinstance(sound, ToneScale)
    heard = sound.read(24_000, 960)
    assert heard is not None and 0.1 < np.abs(heard).max() < 0.3
