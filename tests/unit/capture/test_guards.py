"""Whatever fails in an unforeseen way costs its moment, never the thread. The threads' work is called from here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.ports.engine import MicSource, SourceStatus
from app.runtime.clock import ManualClock
from app.runtime.shared_frames import FrameReader, FrameWriter, SharedFramesError
from capture.audio.microphone import MicrophoneSound
from capture.audio.mixer import Mixer
from capture.compose.compositor import Compositor
from capture.devices.standing import Standing
from capture.frames import I420, PictureFormat
from capture.preview import preview
from capture.preview.preview import Preview
from capture.programme import ProgrammeTime
from capture.sources.base import DeviceLoop, SourceState
from capture.sources.card import Card, Cards, font

PICTURE = PictureFormat(320, 180, 30)


def black() -> Any:
    picture = I420(PICTURE.width_px, PICTURE.height_px)
    picture.fill_black()
    return picture.frame()


class Until(threading.Event):
    """A stop event that is set after a time of the clock."""

    def __init__(self, clock: ManualClock, seconds: float) -> None:
        super().__init__()
        self._clock, self._end_s = clock, clock.monotonic_s() + seconds

    def is_set(self) -> bool:
        return self._clock.monotonic_s() >= self._end_s


@pytest.mark.parametrize("what", ["card", "taker"])
def test_the_compositor_goes_on_after_a_card_or_a_taker_that_fails(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    clock = ManualClock()
    shown: list[int] = []
    failures: list[int] = []

    def fail_at_first(*_: object) -> None:
        failures.append(1)
        if len(failures) <= 3:
            raise ArithmeticError

    def take(slot: int, frame: object) -> None:
        if what == "taker":
            fail_at_first()
        shown.append(slot)

    compositor = Compositor(PICTURE, ProgrammeTime(clock.monotonic_s(), 30), clock, take)
    if what == "card":
        frame = Cards.frame

        def paint(cards: Cards, card: Card) -> Any:
            fail_at_first()
            return frame(cards, card)

        monkeypatch.setattr(Cards, "frame", paint)
    compositor._stop = Until(clock, 0.5)
    compositor._run()
    assert len(failures) >= 3
    assert shown[-1] == 14


def test_the_mixer_goes_on_after_a_taker_that_fails() -> None:
    clock = ManualClock()
    heard: list[int] = []

    def take(at: int, sound: object) -> None:
        if len(heard) < 3:
            heard.append(-1)
            raise ArithmeticError
        heard.append(at)

    mixer = Mixer(ProgrammeTime(clock.monotonic_s(), 30), clock, take, lambda _: None)
    mixer._stop = Until(clock, 0.5)
    mixer._run()
    assert heard[:4] == [-1, -1, -1, 3 * 960]
    assert len(heard) >= 23


def test_a_mixer_that_was_kept_from_running_counts_what_is_missing() -> None:
    clock = ManualClock()
    heard: list[int] = []

    def take(at: int, sound: object) -> None:
        heard.append(at)
        if len(heard) == 5:
            clock.advance(10.0)

    mixer = Mixer(ProgrammeTime(clock.monotonic_s(), 30), clock, take, lambda _: None)
    mixer._stop = Until(clock, 11.0)
    mixer._run()
    assert 490 <= mixer.late_blocks <= 500


def test_a_font_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    assert font(20, (str(tmp_path / "none.ttf"), str(broken))) is None


class Phone:
    """A microphone of a few blocks."""

    rate_hz = 48_000
    name = "Phone"

    def __init__(self, on_close: Callable[[], None]) -> None:
        self._on_close = on_close

    def standing(self) -> Standing:
        return Standing.HERE

    def close(self) -> None:
        self._on_close()


@pytest.mark.parametrize("when", ["open", "close", "run"])
def test_a_microphone_whose_driver_fails_is_opened_again(when: str) -> None:
    clock = ManualClock()
    told: list[SourceState] = []
    opened: list[int] = []

    class Host:
        def open(self, device_id: str, on_rate: Callable[[int], None], on_block: Callable[[Any], None]) -> Phone:
            opened.append(1)
            if when == "open" and len(opened) == 1:
                raise ArithmeticError
            on_rate(48_000)
            on_block(np.zeros((480, 1), np.float32))
            return Phone(close)

    def close() -> None:
        if when == "close" and len(opened) == 1:
            raise ArithmeticError

    microphone = MicrophoneSound(MicSource(device_id="x"), "x", Host(), told.append, clock)
    if when == "run":
        watch = microphone._watch

        def watch_or_fail(stream: Any) -> Standing:
            if len(opened) == 1:
                raise ArithmeticError
            return watch(stream)

        microphone._watch = watch_or_fail  # type: ignore[method-assign]
    microphone._stop = Until(clock, 10.0)
    microphone.run()
    assert len(opened) > 1
    assert SourceStatus.LIVE in [state.status for state in told]
    if when != "close":
        assert told[0].code == ("microphone_in_use" if when == "open" else "microphone_lost")


def test_a_camera_whose_driver_fails_in_closing_is_opened_again() -> None:
    clock = ManualClock()
    opened: list[int] = []

    class Wild:
        width_px = height_px = 2

        def read(self) -> Any:
            raise ArithmeticError

        def close(self) -> None:
            raise ArithmeticError

    def open_device() -> Wild:
        opened.append(1)
        return Wild()

    loop = DeviceLoop("camera", "Cam", open_device, lambda _: None, clock)
    loop._stop = Until(clock, 5.0)
    loop.run()
    assert len(opened) >= 4


def test_a_picture_that_came_while_a_freeze_was_noticed_is_no_freeze() -> None:
    """The compositor sees an old picture and waits for its turn to tell; then a new one is there."""
    clock = ManualClock()
    told: list[SourceState] = []
    loop = DeviceLoop("camera", "Cam", lambda: None, told.append, clock)  # type: ignore[arg-type, return-value]
    loop._set(SourceStatus.LIVE)
    loop._frame_s = clock.monotonic_s()
    clock.advance(3.0)

    class Turn:
        def __enter__(self) -> None:
            loop._frame_s = clock.monotonic_s()

        def __exit__(self, *_: object) -> None:
            """Nothing is held."""

    loop._telling = Turn()  # type: ignore[assignment]
    assert not loop.check(clock.monotonic_s())
    assert [state.status for state in told] == [SourceStatus.LIVE]


# ---- preview -------------------------------------------------------------------------------------


@pytest.fixture
def name() -> str:
    return f"adtest{threading.get_ident() % 100_000}"


def test_a_picture_that_cannot_be_scaled_costs_itself(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Preview(name, ManualClock())
    ready = shown.resize(64, 36, True)
    assert ready is not None
    reader = FrameReader(ready.name)
    try:
        frames = [object(), black()]

        def next_one() -> None:
            shown._newest = frames.pop(0) if frames else None
            shown._is_closing = shown._newest is None

        write = shown._write_or_note

        def write_and_go_on(frame: Any) -> None:
            write(frame)
            next_one()

        shown._write_or_note = write_and_go_on  # type: ignore[method-assign]
        next_one()
        shown._run()
        assert reader.newest() == 1
    finally:
        reader.close()
        shown.close()


def test_memory_that_does_not_suffice_costs_the_preview_only(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> FrameWriter:
        raise SharedFramesError("no space left on device")

    shown = Preview(name, ManualClock())
    monkeypatch.setattr(preview, "FrameWriter", full)
    assert shown.resize(64, 36, True) is None
    assert shown.ready is None
    shown._write(black())
    monkeypatch.undo()
    assert shown.resize(64, 36, True) is not None
    shown.close()


def test_memory_is_taken_before_it_is_written_to(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment that is promised only would end the process at the first write that finds no room."""
    writer = FrameWriter(name, 64, 36)
    try:
        found = (Path("/dev/shm") / name).stat()
        assert found.st_blocks * 512 >= found.st_size
    finally:
        writer.close()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(SharedFramesError):
        FrameWriter(name, 64, 36)
    assert not (Path("/dev/shm") / name).exists()
