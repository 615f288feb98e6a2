"""Files that are awkward, played by the real player against a clock that jumps where the player would wait."""

from __future__ import annotations

import subprocess
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from app.ports.engine import SourceStatus
from app.runtime.clock import ManualClock
from capture.audio.rings import Sound, TimedRing
from capture.frames import PictureFormat, planes
from capture.programme import SAMPLE_RATE_HZ, ProgrammeTime
from capture.sources import media
from capture.sources.base import SourceState
from capture.sources.media import MediaPlayer

pytestmark = pytest.mark.slow

PICTURE = PictureFormat(320, 180, 30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hard")


def make(path: Path, *options: str) -> Path:
    if not path.exists():
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *options, str(path)], check=True)
    return path


def film(folder: Path, name: str, *options: str, seconds: float = 4, rate: int = 30, size: str = "320x180") -> Path:
    picture = f"testsrc=size={size}:rate={rate}:duration={seconds}"
    sound = f"sine=1000:sample_rate=48000:duration={seconds},volume=4"
    inputs = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound)
    return make(folder / name, *inputs, "-pix_fmt", "yuv420p", "-g", "30", *options)


class Ring(TimedRing):
    """Remembers when and where sound was written."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock
        self.writes: list[tuple[float, int, int, float]] = []

    def write(self, at: int, sound: Sound) -> None:
        self.writes.append((self._clock.monotonic_s(), at, sound.shape[1], float(np.abs(sound).max())))
        super().write(at, sound)


class Frames(deque[tuple[float, av.VideoFrame]]):
    """Remembers every picture, and when it was there."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(maxlen=60)
        self._clock = clock
        self.all: list[tuple[float, float, av.VideoFrame]] = []

    def append(self, item: tuple[float, av.VideoFrame]) -> None:
        self.all.append((self._clock.monotonic_s(), *item))
        super().append(item)


class Show:
    """A player that is run in the test's thread for some seconds of its clock."""

    def __init__(self, path: Path) -> None:
        self.clock = ManualClock()
        self.start_s = self.clock.monotonic_s()
        self.programme = ProgrammeTime(self.start_s, PICTURE.rate_fps)
        self.player = MediaPlayer(str(path), PICTURE, self.programme, self.clock)
        self.ring, self.frames = Ring(self.clock), Frames(self.clock)
        self.player._ring, self.player._frames = self.ring, self.frames
        self.told: dict[bool, list[SourceState]] = {True: [], False: []}
        self.events: list[tuple[float, Callable[[], None]]] = []

    def want(self, picture: bool = True, sound: bool = True) -> None:
        self.player.want_pictures(self.told[True].append if picture else None)
        self.player.want_sound(self.told[False].append if sound else None)

    def run(self, seconds: float) -> None:
        show = self

        class Stop(threading.Event):
            def is_set(self) -> bool:
                while show.events and show.clock.monotonic_s() >= show.events[0][0]:
                    show.events.pop(0)[1]()
                return show.clock.monotonic_s() >= show.start_s + seconds

        self.player._stop = Stop()
        self.player._run()

    def at(self, seconds: float, call: Callable[[], None]) -> None:
        self.events.append((self.start_s + seconds, call))

    def heard_ratio(self, first_s: float, last_s: float) -> float:
        """How much of a time of the programme got loud sound, and got it before it was due."""
        length = int((last_s - first_s) * SAMPLE_RATE_HZ)
        covered = np.zeros(length, bool)
        first = int(first_s * SAMPLE_RATE_HZ)
        for now_s, at, count, peak in self.ring.writes:
            if peak > 0.1 and self.start_s + at / SAMPLE_RATE_HZ >= now_s:
                covered[max(0, at - first) : max(0, at + count - first)] = True
        return float(covered.mean())


def test_sound_that_is_chosen_again_is_heard_again(folder: Path) -> None:
    show = Show(film(folder, "long.mp4", seconds=8))
    show.want()
    show.at(2.0, lambda: show.player.want_sound(None))
    show.at(4.0, lambda: show.player.want_sound(show.told[False].append))
    show.run(7.0)
    assert show.heard_ratio(0.5, 2.0) > 0.98
    assert show.heard_ratio(3.0, 4.0) == 0.0
    assert show.heard_ratio(5.0, 6.5) > 0.98


def test_after_a_gap_sound_goes_on(folder: Path) -> None:
    path = film(folder, "gap.mkv", "-af", "aselect='not(between(t,1,2))'", "-c:a", "pcm_s16le")
    show = Show(path)
    show.want()
    show.run(4.0)
    assert show.heard_ratio(0.2, 1.0) > 0.98
    assert show.heard_ratio(1.3, 2.0) == 0.0
    assert show.heard_ratio(2.3, 3.9) > 0.98


def test_a_file_that_is_too_heavy_loses_pictures_and_no_sound(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    show = Show(film(folder, "heavy.mp4", seconds=8))
    decode = media._Reel.decode

    def slowly(reel: Any, packet: Any) -> list[Any]:
        if packet.stream is reel.video:
            show.clock.advance(0.06)
        return decode(reel, packet)

    monkeypatch.setattr(media._Reel, "decode", slowly)
    show.want()
    show.run(7.5)
    assert show.heard_ratio(0.5, 7.0) > 0.98
    late_s = [there_s - due_s for there_s, due_s, _ in show.frames.all]
    assert max(late_s) < 1.3
    assert min(late_s[len(late_s) // 2 :]) < 0.1, "it never caught up"
    assert len(late_s) > 60


def test_a_machine_that_slept_plays_on_where_it_was(folder: Path) -> None:
    show = Show(film(folder, "long.mp4", seconds=8))
    show.want()
    show.at(2.0, lambda: show.clock.advance(30.0))
    show.run(35.0)
    assert show.heard_ratio(0.5, 2.0) > 0.98
    assert show.heard_ratio(33.0, 35.0) > 0.98


@pytest.mark.parametrize("size_bytes", [None, 3])
def test_a_damaged_packet_costs_a_moment_only(folder: Path, tmp_path: Path, size_bytes: int | None) -> None:
    path = film(folder, "whole.mkv", seconds=3)
    damaged = tmp_path / "damaged.mkv"
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        for stream in (container.streams.video[0], container.streams.audio[0]):
            container.seek(0)
            packet = [packet for packet in container.demux(stream) if packet.size][31]
            at = data.index(bytes(packet))
            count = packet.size if size_bytes is None else size_bytes
            data[at : at + count] = b"\xff" * count
    damaged.write_bytes(data)
    show = Show(damaged)
    show.want()
    show.run(4.0)
    assert [state.status for state in show.told[True]][-1] is SourceStatus.LIVE
    assert [state.status for state in show.told[False]][-1] is SourceStatus.LIVE
    assert SourceStatus.FAILED not in [state.status for state in show.told[True]]
    assert show.heard_ratio(1.5, 3.0) > 0.95
    assert sum(due_s > show.start_s + 2.2 for _, due_s, _ in show.frames.all) > 30


def test_a_file_that_breaks_off_plays_as_far_as_it_goes(folder: Path, tmp_path: Path) -> None:
    data = film(folder, "whole.mkv", seconds=3).read_bytes()
    torn = tmp_path / "torn.mkv"
    torn.write_bytes(data[: len(data) * 2 // 3])
    show = Show(torn)
    show.want()
    show.run(4.0)
    assert SourceStatus.FAILED not in [state.status for state in show.told[True]]
    assert show.heard_ratio(0.2, 1.5) > 0.95
    assert max(due_s for _, due_s, _ in show.frames.all) > show.start_s + 3.5, "and again from its beginning"


def test_pictures_of_which_none_can_be_decoded_are_said_and_the_sound_goes_on(folder: Path, tmp_path: Path) -> None:
    path = film(folder, "whole.mkv", seconds=3)
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        for packet in container.demux(container.streams.video[0]):
            if packet.size:
                at = data.index(bytes(packet))
                data[at : at + packet.size] = b"\xff" * packet.size
    blind = tmp_path / "blind.mkv"
    blind.write_bytes(data)
    show = Show(blind)
    show.want()
    show.run(5.0)
    assert (show.told[True][-1].status, show.told[True][-1].code) == (SourceStatus.FAILED, "file_unreadable")
    assert show.told[False][-1].status is SourceStatus.LIVE
    assert show.heard_ratio(0.5, 2.5) > 0.95


def test_a_clip_of_240_pictures_a_second_fills_every_slot_once(folder: Path) -> None:
    show = Show(film(folder, "fast.mp4", "-preset", "ultrafast", seconds=2, rate=240))
    show.want(sound=False)
    show.run(1.8)
    slots = [round((due_s - show.start_s) * 30 - 1e-6) for _, due_s, _ in show.frames.all]
    assert slots[:55] == list(range(slots[0], slots[0] + 55))


def test_a_file_without_times_plays_at_its_rate(folder: Path) -> None:
    show = Show(film(folder, "raw.h264", "-an", "-bf", "0", "-f", "h264", seconds=2, rate=25))
    show.want(sound=False)
    show.run(3.0)
    moments_s = [due_s for _, due_s, _ in show.frames.all]
    assert 55 <= len(moments_s) <= 90
    steps_s = np.diff(moments_s)
    assert np.median(steps_s) == pytest.approx(1 / 25, abs=0.002)
    assert min(steps_s) > 0, "no pass begins before the last one has ended"
    assert max(due_s - there_s for there_s, due_s, _ in show.frames.all) < 0.8


@pytest.mark.parametrize("pixels_a_thread", [media._PIXELS_A_THREAD, 1])
def test_the_last_picture_before_the_seam_is_shown_in_full(
    folder: Path, monkeypatch: pytest.MonkeyPatch, pixels_a_thread: int
) -> None:
    """With pictures that are decoded before they are shown, the last to be decoded is not the last to be seen; and
    several threads hold some back."""
    monkeypatch.setattr(media, "_PIXELS_A_THREAD", pixels_a_thread)
    show = Show(film(folder, "seam.mp4", "-bf", "3", seconds=2))
    show.want()
    show.run(3.5)
    steps_s = np.diff([due_s for _, due_s, _ in show.frames.all])
    assert min(steps_s) > 0.9 / 30
    assert max(steps_s) < 1.5 / 30


@pytest.mark.parametrize(("degrees", "corner"), [(90, "top right"), (180, "bottom right"), (270, "bottom left")])
def test_a_clip_of_a_turned_phone_stands_upright(folder: Path, degrees: int, corner: str) -> None:
    """The mark is at the top left of what the sensor saw; ``rotate`` says how it is turned, clockwise, to be shown."""
    mark = "color=black:size=320x240:rate=30:duration=1,drawbox=0:0:80:60:white:fill"
    plain = make(folder / "mark.mp4", "-f", "lavfi", "-i", mark, "-pix_fmt", "yuv420p")
    turned = folder / f"turned{degrees}.mp4"
    with av.open(str(plain)) as source, av.open(str(turned), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(-degrees if degrees < 180 else 360 - degrees if degrees > 180 else 180)
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    show = Show(turned)
    show.want(sound=False)
    show.run(0.5)
    y = planes(show.frames.all[0][2])[0]
    rows, columns = np.nonzero(y > 150)
    shown_width = 135 if degrees in (90, 270) else 240
    left, right = 160 - shown_width / 2, 160 + shown_width / 2
    where = ("top" if rows.mean() < 90 else "bottom") + (" left" if columns.mean() < 160 else " right")
    assert where == corner
    assert columns.min() >= left - 4 and columns.max() <= right + 4, "in its proportions"
    assert min(columns.min() - left, right - columns.max()) < 4


def test_pixels_that_are_not_square_are_shown_in_their_proportions(folder: Path) -> None:
    white = "color=white:size=360x288:rate=25:duration=1,setsar=16/15"
    show = Show(make(folder / "pal.mp4", "-f", "lavfi", "-i", white, "-pix_fmt", "yuv420p"))
    show.want(sound=False)
    show.run(0.5)
    y = planes(show.frames.all[0][2])[0]
    columns = np.nonzero(y[90] > 150)[0]
    assert columns.max() - columns.min() == pytest.approx(180 * 4 / 3, abs=4)


def test_a_player_that_fails_in_an_unforeseen_way_says_so_and_plays_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = Show(film(folder, "long.mp4", seconds=8))
    decode = media._Reel.decode
    failures: list[int] = []

    def fails_once(reel: Any, packet: Any) -> list[Any]:
        if show.clock.monotonic_s() > show.start_s + 1.0 and not failures:
            failures.append(1)
            raise ArithmeticError
        return decode(reel, packet)

    monkeypatch.setattr(media._Reel, "decode", fails_once)
    show.want()
    show.run(6.0)
    states = [(state.status, state.code) for state in show.told[True]]
    live, failed = (SourceStatus.LIVE, ""), (SourceStatus.FAILED, "file_unreadable")
    assert states[-3:] == [live, failed, live]
    assert show.heard_ratio(4.0, 5.9) > 0.95
