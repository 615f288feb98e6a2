"""The last seconds of a recording as a file of its own: from one that grows, undisturbed, bounded, and whole."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from app.errors import StorageError
from app.ports.engine import CutClip, RecordChanged, RecordStatus
from app.runtime.clock import ManualClock, SystemClock
from capture.clips import FOLDER, MAX_KEPT, Clips
from capture.record import clip
from capture.record.clip import MadeClip, cut_clip
from capture.record.finisher import Finisher
from capture.record.recorder import Limits, Recorder
from server.reports.mp4 import facts_of
from tests.contract.record_kit import RATE_FPS, apart_s, make_scene, play
from tests.net.rtmp_peers import wait_until

pytestmark = pytest.mark.slow

MAX_BYTES = 32_000_000


class Growing:
    """A recorder at work whose packets a test hands out by the second."""

    def __init__(self, folder: Path, seconds: int, video_kbps: int = 800) -> None:
        self.scene = make_scene(seconds, video_kbps)
        self.changes: list[RecordChanged] = []
        self.finisher = Finisher(SystemClock(), floor_free_bytes=0)
        limits = Limits(start_free_bytes=0, floor_free_bytes=0)
        self.recorder = Recorder(
            str(folder), "show", self.scene.stream, self.changes.append, SystemClock(), self.finisher, limits
        )
        self.recorder.start()
        self._given = 0

    def give(self, ratio: float) -> None:
        """Up to this part of the scene, and on the disk but for what libav still holds."""
        until = round(ratio * len(self.scene.packets))
        for packet in self.scene.packets[self._given : until]:
            self.recorder.offer(packet)
        self._given = until
        wait_until(lambda: self.recorder.waiting_bytes == 0, 5)

    def finish(self) -> str:
        self.recorder.stop()
        wait_until(lambda: self.changes[-1].status is RecordStatus.IDLE and not self.changes[-1].is_finishing, 20)
        return self.changes[-1].path

    def close(self) -> None:
        self.recorder.stop()
        self.finisher.close()


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    one = Growing(tmp_path, 45)
    yield one
    one.close()


def cut(path: str, into: Path, *, seconds: float = 30.0, max_bytes: int = MAX_BYTES) -> MadeClip:
    return cut_clip(path, str(into), seconds=seconds, max_bytes=max_bytes, tick=lambda: None)


def first_is_key(path: Path) -> bool:
    with av.open(str(path)) as source:
        return bool(next(packet for packet in source.demux(video=0) if packet.size).is_keyframe)


def test_the_last_half_minute_of_one_that_grows_plays_and_the_recording_is_whole(
    growing: Growing, tmp_path: Path
) -> None:
    growing.give(0.85)
    before = growing.recorder.path
    made = cut(before, tmp_path / "clip.mp4")
    assert 25_000 <= made.duration_ms <= 32_000
    assert made.is_shortened is False
    played = play(tmp_path / "clip.mp4")
    assert played.complaints == ""
    assert played.pictures == pytest.approx(made.duration_ms * RATE_FPS / 1000, abs=2)
    assert played.pictures_s == 0
    assert played.sounds_s < 0.05
    assert played.sounds > 0.95 * made.duration_ms / 1000 * 48_000 / 1024
    assert first_is_key(tmp_path / "clip.mp4")
    assert max(abs(late_s) for late_s in apart_s(tmp_path / "clip.mp4")) < 2 / RATE_FPS
    data = (tmp_path / "clip.mp4").read_bytes()
    assert len(data) == made.size_bytes
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert (tmp_path / "clip.mp4").stat().st_mode & 0o777 == 0o600
    # The service takes it by its strict look.
    assert facts_of(data, 40_000).has_sound
    growing.give(1.0)
    path = growing.finish()
    whole = play(path)
    assert (whole.complaints, whole.pictures) == ("", growing.scene.pictures)
    assert growing.recorder.dropped_packets == 0


def test_it_shows_the_end_and_not_the_beginning(growing: Growing, tmp_path: Path) -> None:
    growing.give(1.0)
    wait_until(lambda: growing.recorder.recorded_bytes > 0.97 * sum(len(p.payload) for p in growing.scene.packets), 5)
    cut(growing.recorder.path, tmp_path / "clip.mp4", seconds=10)
    with av.open(growing.recorder.path) as source:
        whole = [bytes(packet) for packet in source.demux(video=0) if packet.size]
    with av.open(str(tmp_path / "clip.mp4")) as source:
        part = [bytes(packet) for packet in source.demux(video=0) if packet.size]
    assert part == whole[-len(part) :], "the same pictures, copied"
    assert 10 * RATE_FPS <= len(part) <= 12 * RATE_FPS + 1


def test_of_a_long_one_only_the_end_is_read(growing: Growing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    growing.give(1.0)
    path = growing.recorder.path
    size = os.path.getsize(path)
    reference = cut(path, tmp_path / "whole.mp4", seconds=5)
    monkeypatch.setattr(clip, "_GROUP_BYTES", size // 4)
    monkeypatch.setattr(clip, "_WINDOWS_BYTES", (size // 20, size // 6))
    made = cut(path, tmp_path / "part.mp4", seconds=5, max_bytes=size // 5)
    assert made == reference
    assert (tmp_path / "part.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_one_that_has_just_begun_gives_all_there_is(tmp_path: Path) -> None:
    one = Growing(tmp_path, 4)
    try:
        one.give(1.0)
        made = cut(one.recorder.path, tmp_path / "clip.mp4")
        assert 2000 <= made.duration_ms <= 4000
        assert made.is_shortened is False
        assert play(tmp_path / "clip.mp4").complaints == ""
    finally:
        one.close()


def test_too_large_a_one_has_fewer_seconds_and_says_so(growing: Growing, tmp_path: Path) -> None:
    growing.give(1.0)
    whole = cut(growing.recorder.path, tmp_path / "whole.mp4")
    made = cut(growing.recorder.path, tmp_path / "clip.mp4", max_bytes=whole.size_bytes // 2)
    assert made.is_shortened is True
    assert made.size_bytes <= whole.size_bytes // 2
    assert 5_000 < made.duration_ms < whole.duration_ms
    assert play(tmp_path / "clip.mp4").complaints == ""
    assert first_is_key(tmp_path / "clip.mp4")
    with pytest.raises(StorageError, match="clip_unavailable"):
        cut(growing.recorder.path, tmp_path / "none.mp4", max_bytes=20_000)
    assert not (tmp_path / "none.mp4").exists()


def test_a_finished_one_gives_its_end_too(growing: Growing, tmp_path: Path) -> None:
    growing.give(1.0)
    path = growing.finish()
    assert path.endswith(".mp4")
    made = cut(path, tmp_path / "clip.mp4")
    assert 28_000 <= made.duration_ms <= 32_000
    played = play(tmp_path / "clip.mp4")
    assert (played.complaints, played.pictures_s) == ("", 0)
    assert first_is_key(tmp_path / "clip.mp4")


def test_it_is_cut_while_packets_come(growing: Growing, tmp_path: Path) -> None:
    """Again and again, from any state of the file."""
    growing.give(0.2)
    done = threading.Event()

    def feed() -> None:
        for step in range(20, 101):
            growing.give(step / 100)
        done.set()

    feeder = threading.Thread(target=feed)
    feeder.start()
    number = 0
    try:
        while not done.is_set() or number < 3:
            number += 1
            made = cut(growing.recorder.path, tmp_path / f"{number}.mp4", seconds=5)
            assert 5_000 <= made.duration_ms <= 7_100
            assert play(tmp_path / f"{number}.mp4").complaints == ""
    finally:
        feeder.join()
    whole = play(growing.finish())
    assert (whole.complaints, whole.pictures) == ("", growing.scene.pictures)


def test_what_is_no_recording_gives_none(tmp_path: Path) -> None:
    (tmp_path / "a.mkv").write_bytes(b"")
    (tmp_path / "b.mkv").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(5000))
    (tmp_path / "c.mkv").write_bytes(os.urandom(5000))
    (tmp_path / "d.mp4").write_bytes(os.urandom(5000))
    for name in ("a.mkv", "b.mkv", "c.mkv", "d.mp4"):
        with pytest.raises(StorageError, match="clip_unavailable"):
            cut(str(tmp_path / name), tmp_path / "clip.mp4")
    with pytest.raises(StorageError, match="folder_missing"):
        cut(str(tmp_path / "gone.mkv"), tmp_path / "clip.mp4")
    assert not (tmp_path / "clip.mp4").exists()


def test_the_engine_keeps_few_and_none_of_before(growing: Growing, tmp_path: Path) -> None:
    growing.give(0.3)
    folder = tmp_path / "data"
    clips = Clips(str(folder), ManualClock(), lambda: growing.recorder.path)
    (folder / FOLDER).mkdir(parents=True)
    (folder / FOLDER / "abc.mp4").write_bytes(b"left")
    clips.clear()
    assert list((folder / FOLDER).iterdir()) == []
    for number in range(MAX_KEPT + 2):
        told = clips.cut(CutClip(clip_id=f"{number:x}", seconds=2))
        assert (told.code, Path(told.path).parent) == ("", folder / FOLDER)
        os.utime(told.path, (number, number))
    assert {path.name for path in (folder / FOLDER).iterdir()} == {f"{n:x}.mp4" for n in range(2, MAX_KEPT + 2)}
    clips.drop("3")
    clips.drop("3")
    for wrong in ("", "../x", "a" * 33, "G", "a/b"):
        clips.drop(wrong)
        assert clips.cut(CutClip(clip_id=wrong)).code == "clip_unavailable"
    assert not (folder / FOLDER / "3.mp4").exists()
    clips.close()
    assert list((folder / FOLDER).iterdir()) == []
    assert clips.cut(CutClip(clip_id="9")).code == "clip_unavailable"
    assert list((folder / FOLDER).iterdir()) == [], "a cut that the end cuts short leaves nothing"
    assert Clips(str(folder), ManualClock(), lambda: "").cut(CutClip(clip_id="1")).code == "clip_unavailable"
