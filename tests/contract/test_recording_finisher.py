"""Making MP4 of finished and of orphaned recordings: never at the cost of the recording."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.runtime.clock import SystemClock
from capture.record.disk import Claim, RecordingFile
from capture.record.finisher import Finisher
from capture.record.matroska import MatroskaWriter
from tests.contract.record_kit import RATE_FPS, apart_s, make_scene, play
from tests.net.rtmp_peers import wait_until


def left_behind(path: Path, cut_bytes: int = 0) -> Path:
    """A recording of four seconds whose process was killed; ``cut_bytes`` of it never reached the disk."""
    scene = make_scene(4)
    file = RecordingFile(str(path))
    writer = MatroskaWriter(file, scene.stream)
    for packet in scene.packets:
        writer.write(packet)
    writer.abandon()
    file.close()
    os.truncate(path, path.stat().st_size - cut_bytes)
    return path


class Patient(SystemClock):
    """Pauses last until they are called off, so that a finisher is always found in the middle of its work."""

    def __init__(self) -> None:
        self.is_waiting = threading.Event()

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        self.is_waiting.set()
        return event.wait(20)


@pytest.fixture
def finisher() -> Iterator[Callable[..., Finisher]]:
    made: list[Finisher] = []

    def make(**more: object) -> Finisher:
        made.append(Finisher(**{"clock": SystemClock(), "floor_free_bytes": 0, **more}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_what_a_killed_process_left_becomes_an_mp4_and_what_is_not_ours_stays(
    finisher: Callable[..., Finisher], tmp_path: Path
) -> None:
    # By name it comes last: when it is done, the others were looked at.
    ours = left_behind(tmp_path / "show.mkv", cut_bytes=30_000)
    (tmp_path / "show.mp4.part").write_text("an attempt that was killed too")
    foreign = tmp_path / "holiday.mkv"
    remade = left_behind(tmp_path / "x.mkv")
    strip_tag(remade, foreign)
    (tmp_path / "notes.mkv").write_text("no film at all")
    before = {path.name: path.read_bytes() for path in (foreign, tmp_path / "notes.mkv")}
    at_most = play(ours).pictures
    one = finisher()
    one.recover(str(tmp_path))
    wait_until(lambda: not ours.exists(), 10)
    one.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "holiday.mkv", "notes.mkv", "show.mp4",
    ]  # fmt: skip
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    played = play(ours.with_suffix(".mp4"))
    assert (played.complaints, played.pictures) == ("", at_most)
    assert at_most >= 4 * RATE_FPS - 1.5 * RATE_FPS
    assert max(map(abs, apart_s(ours.with_suffix(".mp4")))) < 1 / RATE_FPS


def test_a_recording_found_before_its_turn_is_made_once(finisher: Callable[..., Finisher], tmp_path: Path) -> None:
    path = left_behind(tmp_path / "show.mkv")
    done: list[str] = []
    one = finisher()
    one.recover(str(tmp_path))
    assert one.submit(str(path), done.append)
    wait_until(lambda: bool(done), 5)
    assert done == [str(tmp_path / "show.mp4")]
    assert [entry.name for entry in tmp_path.iterdir()] == ["show.mp4"]


def strip_tag(source: Path, target: Path) -> None:
    """The same film as another program would have made it."""
    target.write_bytes(source.read_bytes().replace(b"ANCHORDESK_RATE_FPS", b"SOMEBODYELSES_RATES"))
    source.unlink()


def test_a_recording_that_is_still_written_is_left_alone(finisher: Callable[..., Finisher], tmp_path: Path) -> None:
    path = left_behind(tmp_path / "show.mkv")
    done: list[str] = []
    one = finisher()
    with Claim(str(path)):
        assert one.submit(str(path), done.append)
        wait_until(lambda: bool(done), 5)
    assert done == [str(path)]
    assert [entry.name for entry in tmp_path.iterdir()] == ["show.mkv"]


def test_closing_cuts_it_short_and_the_mkv_stays(finisher: Callable[..., Finisher], tmp_path: Path) -> None:
    path = left_behind(tmp_path / "show.mkv")
    clock, done = Patient(), []
    one = finisher(clock=clock)
    assert one.submit(str(path), done.append)
    assert clock.is_waiting.wait(5)
    begun_s = time.monotonic()
    one.close()
    assert time.monotonic() - begun_s < 1
    assert done == [str(path)]
    assert [entry.name for entry in tmp_path.iterdir()] == ["show.mkv"]
    assert not one.submit(str(path), done.append)
    assert one.refused_jobs == 1


def test_without_room_for_a_second_copy_the_mkv_stays(finisher: Callable[..., Finisher], tmp_path: Path) -> None:
    path = left_behind(tmp_path / "show.mkv")
    done: list[str] = []
    needed_bytes = path.stat().st_size * 17 // 16 + 5_000_000
    spaces_bytes = iter((needed_bytes - 1, needed_bytes))
    one = finisher(floor_free_bytes=5_000_000, space=lambda _: next(spaces_bytes))
    for count in (1, 2):
        assert one.submit(str(path), done.append)
        wait_until(lambda wanted=count: len(done) == wanted, 5)
    assert done == [str(path), str(path.with_suffix(".mp4"))]


def test_a_disk_that_fails_the_copy_costs_nothing(
    finisher: Callable[..., Finisher], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = left_behind(tmp_path / "show.mkv")
    before = path.read_bytes()

    def fail(file: RecordingFile) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(RecordingFile, "sync", fail)
    done: list[str] = []
    one = finisher()
    assert one.submit(str(path), done.append)
    wait_until(lambda: bool(done), 5)
    assert done == [str(path)]
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("show.mkv", before)]


def test_a_copy_that_lost_a_packet_is_not_taken(
    finisher: Callable[..., Finisher], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = left_behind(tmp_path / "show.mkv")
    shorter = left_behind(tmp_path / "shorter.mkv", cut_bytes=200_000)
    written = RecordingFile.sync

    def swap(file: RecordingFile) -> None:
        # Behind the writer's back the disk holds something else: a good film, but not this one.
        written(file)
        shutil.copy(made, file.path)

    one = finisher()
    done: list[str] = []
    assert one.submit(str(shorter), done.append)
    wait_until(lambda: bool(done), 5)
    made = done.pop()
    monkeypatch.setattr(RecordingFile, "sync", swap)
    assert one.submit(str(path), done.append)
    wait_until(lambda: bool(done), 5)
    assert done == [str(path)]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["shorter.mp4", "show.mkv"]


def test_gaps_stay_where_they_were(finisher: Callable[..., Finisher], tmp_path: Path) -> None:
    scene = make_scene(4)
    path = tmp_path / "show.mkv"
    file = RecordingFile(str(path))
    writer = MatroskaWriter(file, scene.stream)
    base_ms = next(packet.dts_ms for packet in scene.packets if packet.is_video)
    for packet in scene.packets:
        # A second group of pictures and its sound were dropped.
        if not base_ms + 1000 <= packet.dts_ms < base_ms + 2000:
            writer.write(packet)
    writer.close()
    file.close()
    one = finisher()
    done: list[str] = []
    assert one.submit(str(path), done.append)
    wait_until(lambda: bool(done), 5)
    played = play(done[0])
    assert (played.complaints, played.pictures) == ("", 3 * RATE_FPS)
    late_s = apart_s(done[0])
    assert len(late_s) == 3
    assert max(map(abs, late_s)) < 1 / RATE_FPS
