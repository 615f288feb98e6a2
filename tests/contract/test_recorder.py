"""The recorder on real disks: what it writes plays, what it cannot write is said once, nothing waits for it."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from fractions import Fraction
from pathlib import Path

import av
import pytest

from app.errors import StorageError
from app.ports.engine import RecordChanged, RecordStatus
from app.runtime.clock import SystemClock
from capture.record.disk import RecordingFile
from capture.record.finisher import Finisher
from capture.record.recorder import Disk, Limits, Recorder
from tests.contract.record_kit import RATE_FPS, apart_s, make_scene, play
from tests.net.rtmp_peers import wait_until

pytestmark = pytest.mark.slow

NO_FLOOR = Limits(start_free_bytes=0, floor_free_bytes=0)


class Desk:
    """A recorder, what it said, and a finisher that is closed with it."""

    def __init__(
        self,
        folder: Path,
        name: str = "show",
        limits: Limits = NO_FLOOR,
        disk: Disk | None = None,
        finisher: Finisher | None = None,
        seconds: int = 4,
    ) -> None:
        self.scene = make_scene(seconds)
        self.changes: list[RecordChanged] = []
        self.finisher = finisher or Finisher(SystemClock(), floor_free_bytes=0)
        self.recorder = Recorder(
            str(folder), name, self.scene.stream, self.changes.append, SystemClock(), self.finisher, limits, disk
        )

    def offer_all(self) -> None:
        for packet in self.scene.packets:
            self.recorder.offer(packet)

    def finish(self) -> str:
        """Stop, wait for the last word, and give the file."""
        self.recorder.stop()
        wait_until(lambda: self.changes[-1].status is RecordStatus.IDLE and not self.changes[-1].is_finishing, 10)
        return self.changes[-1].path

    def close(self) -> None:
        self.recorder.stop()
        self.finisher.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(folder: Path = tmp_path, **more: object) -> Desk:
        made.append(Desk(folder, **more))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_recording_becomes_an_mp4_with_every_picture_and_its_sound_in_step(
    desk: Callable[..., Desk], tmp_path: Path
) -> None:
    one = desk(limits=Limits())
    one.recorder.start()
    assert one.recorder.path == str(tmp_path / "show.mkv")
    one.offer_all()
    path = one.finish()
    assert [(c.status, c.path[-4:], c.is_finishing) for c in one.changes] == [
        (RecordStatus.RECORDING, ".mkv", False), (RecordStatus.IDLE, ".mkv", True), (RecordStatus.IDLE, ".mp4", False),
    ]  # fmt: skip
    assert [entry.name for entry in tmp_path.iterdir()] == ["show.mp4"]
    assert path == one.recorder.path == str(tmp_path / "show.mp4")
    assert one.recorder.dropped_packets == 0
    assert one.recorder.recorded_bytes == pytest.approx(sum(len(p.payload) for p in one.scene.packets), rel=0.03)
    played = play(path)
    assert (played.complaints, played.pictures, played.pictures_s) == ("", one.scene.pictures, 0)
    assert played.sounds_s < 1 / RATE_FPS
    assert max(abs(late_s) for late_s in apart_s(path)) < 1 / RATE_FPS
    with av.open(path) as source:
        steps = {packet.duration * packet.time_base for packet in source.demux() if packet.size}
    # Matroska's whole milliseconds are even again.
    assert steps == {Fraction(1, RATE_FPS), Fraction(1024, 48_000)}
    # The index is in front: it can be played while it is being fetched.
    data = Path(path).read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_the_mkv_holds_the_same_while_it_is_written(desk: Callable[..., Desk]) -> None:
    one = desk()
    one.recorder.start()
    one.offer_all()
    wait_until(lambda: one.recorder.recorded_bytes > 0.7 * sum(len(p.payload) for p in one.scene.packets), 5)
    played = play(one.recorder.path)
    assert played.complaints == ""
    assert played.pictures >= one.scene.pictures - RATE_FPS
    assert max(abs(late_s) for late_s in apart_s(one.recorder.path)) < 1 / RATE_FPS


def test_pictures_do_not_wait_for_sound_that_has_stopped(desk: Callable[..., Desk]) -> None:
    one = desk()
    one.recorder.start()
    sounds = [packet for packet in one.scene.packets if not packet.is_video][:20]
    pictures = [packet for packet in one.scene.packets if packet.is_video]
    for packet in sounds + pictures:
        one.recorder.offer(packet)
    wait_until(lambda: one.recorder.waiting_bytes == 0, 5)
    assert play(one.recorder.path).pictures >= len(pictures) - RATE_FPS


def test_nothing_is_written_over(desk: Callable[..., Desk], tmp_path: Path) -> None:
    (tmp_path / "show.mp4").write_text("precious")
    (tmp_path / "show-2.mkv").write_text("precious")
    one = desk()
    one.recorder.start()
    assert one.recorder.path == str(tmp_path / "show-3.mkv")
    one.offer_all()
    # Somebody takes the name of the MP4 while it is recorded.
    (tmp_path / "show-3.mp4").write_text("precious")
    assert one.finish() == str(tmp_path / "show-3-2.mp4")
    assert [(tmp_path / name).read_text() for name in ("show.mp4", "show-2.mkv", "show-3.mp4")] == ["precious"] * 3
    assert len(list(tmp_path.iterdir())) == 4


def test_a_name_cannot_lead_out_of_the_folder(desk: Callable[..., Desk], tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    one = desk(inside, name="../../etc/直播: 1")
    one.recorder.start()
    assert Path(one.recorder.path).parent == inside
    assert "直播" in Path(one.recorder.path).name


def test_a_recording_without_a_picture_leaves_no_file(desk: Callable[..., Desk], tmp_path: Path) -> None:
    one = desk()
    one.recorder.start()
    one.recorder.stop()
    assert one.changes[-1] == RecordChanged(status=RecordStatus.IDLE)
    assert list(tmp_path.iterdir()) == []


def refused(one: Desk) -> str:
    with pytest.raises(StorageError) as caught:
        one.recorder.start()
    one.offer_all()
    one.recorder.stop()
    assert one.changes == []
    return caught.value.code


def test_a_missing_folder_is_said_at_once(desk: Callable[..., Desk], tmp_path: Path) -> None:
    assert refused(desk(tmp_path / "gone")) == "folder_missing"


def test_too_little_space_is_said_at_once(desk: Callable[..., Desk], tmp_path: Path) -> None:
    assert refused(desk(limits=Limits(), disk=Disk(free_bytes=lambda _: 199_999_999))) == "disk_full"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_the_right_to_write_is_said_at_once(desk: Callable[..., Desk]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="anchordesk-test-"))
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        code = refused(desk(folder))
    finally:
        if is_root:
            os.seteuid(0)
        folder.rmdir()
    assert code == "folder_unwritable"


# ---- full disks --------------------------------------------------------------------------------------

FULL_BYTES = 256 * 1024


def mount(folder: Path) -> bool:
    """A disk of its own that is soon full; needs the right to mount."""
    run = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={FULL_BYTES}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    return run.returncode == 0


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """A folder in which files end at FULL_BYTES: a small tmpfs, or else the limit that a process sets itself."""
    is_mounted = mount(folder)
    with nullcontext() if is_mounted else file_limit(folder):
        yield
    if is_mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def file_limit(folder: Path) -> Iterator[None]:
    """Over before the outcome is reported: it holds for whatever file this process writes its report to."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("bound", [full_disk, file_limit])
def test_a_disk_that_fills_up_is_said_once_and_what_was_written_plays(
    desk: Callable[..., Desk], bound: Callable[[Path], AbstractContextManager[None]], tmp_path: Path
) -> None:
    (folder := tmp_path / "small").mkdir()
    with bound(folder):
        _fills_up(desk(folder))


def _fills_up(one: Desk) -> None:
    one.recorder.start()
    one.offer_all()
    wait_until(lambda: one.changes[-1].status is RecordStatus.FAILED, 5)
    failed = one.changes[-1]
    assert (failed.code, failed.path) == ("disk_full", one.recorder.path)
    # The broadcast hands its packets out as before, and nothing waits.
    begun_s = time.monotonic()
    one.offer_all()
    assert time.monotonic() - begun_s < 0.1
    one.recorder.stop()
    assert [change.status for change in one.changes] == [RecordStatus.RECORDING, RecordStatus.FAILED]
    played = play(failed.path)
    assert played.complaints == ""
    # 800 kbit/s of pictures and sound: 2.3 s, less the half second of the last cluster.
    assert played.pictures >= 1.5 * RATE_FPS
    assert os.path.getsize(failed.path) <= FULL_BYTES


def test_below_the_floor_it_ends_by_itself_with_an_index(desk: Callable[..., Desk]) -> None:
    left = [10**9, 99_999_999]
    one = desk(limits=Limits(check_s=0.2), disk=Disk(free_bytes=lambda _: left.pop(0) if len(left) > 1 else left[0]))
    one.recorder.start()
    one.offer_all()
    wait_until(lambda: one.changes[-1].status is RecordStatus.FAILED, 5)
    assert one.changes[-1].code == "disk_full"
    played = play(one.changes[-1].path)
    assert (played.complaints, played.pictures, played.is_length_known) == ("", one.scene.pictures, True)


def test_the_free_space_is_known_without_asking_the_disk(desk: Callable[..., Desk]) -> None:
    """A disk that hangs would hang whoever asks: after the start only the recorder's own thread does."""
    asked: list[str] = []
    left = [10**9]

    def free_bytes(_: str) -> int:
        asked.append(threading.current_thread().name)
        return left[0]

    one = desk(limits=Limits(check_s=0.05), disk=Disk(free_bytes=free_bytes))
    assert one.recorder.free_bytes == 0
    one.recorder.start()
    assert one.recorder.free_bytes == 10**9
    left[0] = 5 * 10**8
    wait_until(lambda: one.recorder.free_bytes == 5 * 10**8, 5)
    count = len(asked)
    for _ in range(1000):
        assert one.recorder.free_bytes == 5 * 10**8
    assert set(asked[1:]) == {"recorder"}
    assert len(asked) < count + 100


def test_a_folder_that_goes_away_is_said_once(desk: Callable[..., Desk], tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    one = desk(folder, limits=Limits(start_free_bytes=0, floor_free_bytes=0, check_s=0.1))
    one.recorder.start()
    one.offer_all()
    os.unlink(one.recorder.path)
    folder.rmdir()
    wait_until(lambda: one.changes[-1].status is RecordStatus.FAILED, 5)
    one.offer_all()
    one.recorder.stop()
    assert [(change.status, change.code) for change in one.changes[1:]] == [(RecordStatus.FAILED, "folder_missing")]


def test_a_file_that_is_taken_away_is_said_once(desk: Callable[..., Desk], tmp_path: Path) -> None:
    one = desk(limits=Limits(start_free_bytes=0, floor_free_bytes=0, check_s=0.1))
    one.recorder.start()
    one.offer_all()
    os.rename(one.recorder.path, tmp_path / "elsewhere.mkv")
    wait_until(lambda: one.changes[-1].status is RecordStatus.FAILED, 5)
    assert one.changes[-1].code == "folder_missing"
    assert play(tmp_path / "elsewhere.mkv").complaints == ""


class Forbidden(RecordingFile):
    """The right to write is lost after the header."""

    def write(self, data: bytes) -> int:
        if self.size_bytes > 100_000:
            self.error = PermissionError(13, "denied")
            raise self.error
        return super().write(data)


def test_a_right_that_is_lost_is_said_once(desk: Callable[..., Desk]) -> None:
    one = desk(disk=Disk(create=Forbidden))
    one.recorder.start()
    one.offer_all()
    wait_until(lambda: one.changes[-1].status is RecordStatus.FAILED, 5)
    assert one.changes[-1].code == "folder_unwritable"
    assert play(one.changes[-1].path).complaints == ""


# ---- slow disks --------------------------------------------------------------------------------------


class Stalling(RecordingFile):
    """A disk that takes the header and then nothing, until it is let go."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.let_go = threading.Event()

    def write(self, data: bytes) -> int:
        if self.size_bytes > 2000:
            self.let_go.wait(20)
        return super().write(data)


def test_a_disk_that_stalls_holds_nobody_up_and_costs_whole_groups_of_pictures(desk: Callable[..., Desk]) -> None:
    files: list[Stalling] = []

    def create(path: str) -> RecordingFile:
        files.append(Stalling(path))
        return files[-1]

    bound_bytes = 150_000
    one = desk(limits=Limits(0, 0, queue_bytes=bound_bytes), disk=Disk(create=create), seconds=6)
    one.recorder.start()
    pieces = [one.scene.packets[i : i + 20] for i in range(0, len(one.scene.packets), 20)]
    longest_s = 0.0
    for number, piece in enumerate(pieces):
        if number == len(pieces) * 2 // 3:
            assert one.recorder.waiting_bytes <= bound_bytes * 9 // 8
            assert one.recorder.waiting_bytes > bound_bytes // 2
            files[0].let_go.set()
            wait_until(lambda: one.recorder.waiting_bytes == 0, 5)
        for packet in piece:
            begun_s = time.monotonic()
            one.recorder.offer(packet)
            longest_s = max(longest_s, time.monotonic() - begun_s)
    assert longest_s < 0.05
    dropped = one.recorder.dropped_packets
    path = one.finish()
    played = play(path)
    assert played.complaints == ""
    assert dropped > 0
    assert played.pictures + played.sounds + dropped == pytest.approx(len(one.scene.packets), abs=2)
    # Nothing that is there leans on what is not: pictures and sound are still in step behind the gap.
    late_s = apart_s(path)
    assert len(late_s) >= 3
    assert max(map(abs, late_s)) < 1 / RATE_FPS


def test_stop_does_not_wait_for_a_disk_that_hangs(desk: Callable[..., Desk]) -> None:
    files: list[Stalling] = []

    def create(path: str) -> RecordingFile:
        files.append(Stalling(path))
        return files[-1]

    one = desk(limits=Limits(0, 0, join_s=0.3), disk=Disk(create=create))
    one.recorder.start()
    one.offer_all()
    begun_s = time.monotonic()
    one.recorder.stop()
    assert time.monotonic() - begun_s < 1
    assert one.changes[-1].status is RecordStatus.IDLE
    files[0].let_go.set()
    wait_until(lambda: one.changes[-1].path.endswith(".mp4"), 5)
    assert one.recorder.dropped_packets > 0
    assert play(one.changes[-1].path).complaints == ""
