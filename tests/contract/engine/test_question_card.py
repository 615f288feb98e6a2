"""A question's card is in what viewers, the recording and the preview get, until it is taken away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from app.domain.room.questions import MAX_QUESTION_CHARS
from app.ports import engine as port
from app.runtime.shared_frames import FrameReader
from tests.contract.engine.rig import WAIT_S, EngineProcess, Window

WIDTH_PX, HEIGHT_PX = 640, 360
OUTPUT = port.Output(width_px=WIDTH_PX, height_px=HEIGHT_PX, rate_fps=25, video_kbps=1500)
ASKED = {"name": "小苗", "text": "转行做后端，简历应该怎么写？"}
LEAST_BRIGHT = 200


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Window]:
    with EngineProcess(tmp_path / "engine") as engine:
        window = engine.window()
        assert window.ask(port.SetOutput, output=OUTPUT) == ""
        yield window


def bright(luma: np.ndarray) -> int:
    """How many pixels of the lower third are as bright as letters; the still card has none there."""
    return int((luma[HEIGHT_PX * 2 // 3 :] > 190).sum())


def until(is_so: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.02)


@pytest.fixture
def picture(window: Window) -> Iterator[Callable[[], np.ndarray]]:
    """The newest preview, H × W × BGRA."""
    assert window.ask(port.SetPreview, width_px=WIDTH_PX, height_px=HEIGHT_PX) == ""
    reader = FrameReader(window.wait_for(port.PreviewReady).name)

    def look() -> np.ndarray:
        into = bytearray(WIDTH_PX * HEIGHT_PX * 4)
        reader.copy_newest(into)
        return np.frombuffer(into, np.uint8).reshape(HEIGHT_PX, WIDTH_PX, 4)

    yield look
    reader.close()
    assert window.ask(port.SetPreview, width_px=0, height_px=0) == ""


@pytest.fixture
def seen(picture: Callable[[], np.ndarray]) -> Callable[[], int]:
    """Bright pixels of the newest preview."""
    return lambda: bright(picture()[:, :, 1])


def test_it_comes_and_goes_in_the_preview(window: Window, seen: Callable[[], int]) -> None:
    assert seen() == 0
    assert window.ask(port.ShowCard, **ASKED) == ""
    until(lambda: seen() > LEAST_BRIGHT, "no card")
    assert window.ask(port.HideCard) == ""
    until(lambda: seen() == 0, "the card stays")
    assert window.ask(port.HideCard) == "", "harmless without one"


def test_it_stays_through_another_source_and_another_format(window: Window, seen: Callable[[], int]) -> None:
    assert window.ask(port.ShowCard, **ASKED) == ""
    until(lambda: seen() > LEAST_BRIGHT, "no card")
    other = port.Output(width_px=1280, height_px=720, rate_fps=30)
    assert window.ask(port.SetOutput, output=other) == ""
    until(lambda: seen() > LEAST_BRIGHT, "no card in the new format")
    assert window.ask(port.SetVideo, source=port.DemoSource()) == ""
    assert window.ask(port.SetCameraOff, is_off=True) == ""
    until(lambda: seen() > LEAST_BRIGHT, "no card over the still card")
    assert window.ask(port.HideCard) == ""
    until(lambda: seen() == 0, "the card stays")


@pytest.mark.parametrize(
    "words", ["非科班出身，做了三年测试，今年想转后端。", "How do I write a resume? "], ids=["zh", "en"]
)
def test_the_longest_question_is_shown_to_its_end(
    window: Window, picture: Callable[[], np.ndarray], words: str
) -> None:
    until(lambda: bool(picture().any()), "no preview")
    bare = picture()
    shown = [bare]
    for last in "甲乙":
        text = (words * MAX_QUESTION_CHARS)[: MAX_QUESTION_CHARS - 1] + last
        assert window.ask(port.ShowCard, name="小苗", text=text) == ""
        until(lambda: not np.array_equal(picture(), shown[-1]), "only the last sign is another, and it is not shown")
        shown.append(picture())
    covered = np.flatnonzero((shown[-1] != bare).any(axis=(1, 2)))
    assert covered[0] >= HEIGHT_PX * 0.65, "in the lower third"


@pytest.mark.slow
def test_it_is_recorded(window: Window, tmp_path: Path) -> None:
    assert window.ask(port.StartRecording, directory=str(tmp_path), name="asked") == ""

    def encoded(pictures: int) -> None:
        start = window.wait_for(port.Stats).encoded_frames
        window.wait_for(port.Stats, lambda stats: stats.encoded_frames >= start + pictures)

    encoded(20)
    assert window.ask(port.ShowCard, **ASKED) == ""
    encoded(20)
    assert window.ask(port.HideCard) == ""
    encoded(20)
    assert window.ask(port.StopRecording) == ""
    path = window.wait_for(port.RecordChanged, lambda changed: changed.path.endswith(".mp4")).path
    with av.open(path) as container:
        counts = [
            bright(frame.to_ndarray(format="gray")) > LEAST_BRIGHT
            for frame in container.decode(container.streams.video[0])
        ]
    changes = [is_shown for number, is_shown in enumerate(counts) if number == 0 or counts[number - 1] is not is_shown]
    assert changes == [False, True, False]
