"""This machine measured: what is asked in which order, how figures are made of it, and the trial of an encoder."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from app.domain.quality.measures import ComputerMeasures
from app.errors import StorageError
from app.ports.engine import EncodeTrial, Output
from app.runtime.clock import ManualClock, SystemClock
from capture.encode.trial import RATE_FPS, Costs, camera_like, outputs_to_try, try_encoding
from capture.encode.video import EncoderError, VideoEncoder
from capture.frames import planes
from capture.meters.computer import BUSY_S, MOST_S, Senses, measure_computer
from capture.meters.power import Power
from capture.record.finisher import FLOOR_FREE_BYTES

OUTPUT = Output(width_px=1280, height_px=720, rate_fps=30, video_kbps=2500, audio_kbps=100, encoder="libx264")
SMALL = Output(width_px=192, height_px=108, rate_fps=30, video_kbps=200, encoder="libx264")


# ---- the trial -----------------------------------------------------------------------------------


class Work:
    """An encoder that takes a told time of a clock and of processors for each picture."""

    def __init__(self, clock: ManualClock, wall_s: float, cpu_s: float, on_picture: Callable[[], None] | None = None):
        self.clock, self.wall_s, self.each_cpu_s = clock, wall_s, cpu_s
        self.spent_cpu_s = 0.0
        self.pictures: list[int] = []
        self.is_flushed = False
        self._on_picture = on_picture
        self.name = "worker"

    def make(self, output: Output, name: str) -> Any:
        return self

    def encode(self, slot: int, frame: av.VideoFrame) -> list[Any]:
        self.pictures.append(slot)
        self.clock.advance(self.wall_s)
        self.spent_cpu_s += self.each_cpu_s
        if self._on_picture is not None:
            self._on_picture()
        return []

    def flush(self) -> list[Any]:
        self.is_flushed = True
        return []


def trial(
    wall_ratio: float, cpu_cores: float = 0.0, cores: int = 4, output: Output = SMALL, **more: Any
) -> tuple[EncodeTrial | None, Work]:
    """An encoder that takes ``wall_ratio`` of the time there is and keeps ``cpu_cores`` busy meanwhile."""
    clock = ManualClock()
    wall_s = wall_ratio / output.rate_fps
    work = Work(clock, wall_s, wall_s * cpu_cores)
    stop = threading.Event()
    costs = Costs(lambda: work.spent_cpu_s, cores)
    return try_encoding(output, "worker", clock, stop, costs=costs, make=work.make, **more), work


@pytest.mark.parametrize(
    ("wall_ratio", "cpu_cores", "cores", "ratio"),
    [
        (0.2, 1.0, 4, 0.2),  # quick
        (0.5, 4.0, 4, 0.5),  # all cores
        (0.9, 1.0, 8, 0.9),  # one slow thread, and the other cores idle
        (0.2, 0.1, 4, 0.2),  # hardware
        (3.0, 2.0, 2, 3.0),  # far too slow: given up in the middle
    ],
)
def test_the_ratio_is_time_taken_of_time_there_is(
    wall_ratio: float, cpu_cores: float, cores: int, ratio: float
) -> None:
    found, work = trial(wall_ratio, cpu_cores, cores)
    assert found is not None
    assert found.encode_ratio == pytest.approx(ratio)
    assert (found.width_px, found.height_px, found.rate_fps) == (192, 108, 30)
    assert work.is_flushed
    assert work.pictures == list(range(len(work.pictures)))


def test_processors_that_are_oversubscribed_count_by_their_time() -> None:
    """More processor time than the wall saw cores: what ran beside the encoder waited."""
    found, _ = trial(0.2, cpu_cores=8.0, cores=4)
    assert found is not None
    assert found.encode_ratio == pytest.approx(0.4)


def test_what_the_rest_of_the_process_takes_is_not_the_encoders() -> None:
    found, _ = trial(0.2, cpu_cores=9.0, cores=4, idle_cpu_ratio=1.0)
    assert found is not None
    assert found.encode_ratio == pytest.approx(0.4)


@pytest.mark.parametrize(("wall_ratio", "most_s"), [(0.1, 1.0), (1.0, 2.0), (3.0, 2.2), (6.0, 2.4)])
def test_a_slow_machine_is_not_kept_at_it(wall_ratio: float, most_s: float) -> None:
    found, work = trial(wall_ratio)
    assert found is not None
    assert found.encode_ratio == pytest.approx(wall_ratio)
    assert len(work.pictures) * work.wall_s <= most_s


def test_it_stops_when_told_to() -> None:
    clock, stop = ManualClock(), threading.Event()
    work = Work(clock, 0.01, 0.0)
    work._on_picture = lambda: stop.set() if len(work.pictures) == 9 else None
    assert try_encoding(SMALL, "worker", clock, stop, make=work.make) is None
    assert len(work.pictures) == 9
    begun = Work(clock, 0.01, 0.0)
    assert try_encoding(SMALL, "worker", clock, stop, make=begun.make) is None
    assert len(begun.pictures) == 0


def test_an_encoder_that_is_not_there_or_gives_up_is_no_trial() -> None:
    assert try_encoding(SMALL, "h264_no_such_thing", SystemClock(), threading.Event()) is None

    class Breaking(VideoEncoder):
        def encode(self, slot: int, frame: av.VideoFrame) -> Any:
            raise EncoderError

    assert try_encoding(SMALL, "libx264", SystemClock(), threading.Event(), make=Breaking) is None


def test_the_real_encoder_is_tried_and_a_larger_picture_takes_more_processor_time() -> None:
    """By processor time alone, which neighbours on the machine do not change: 25 times the pixels."""
    spent: list[float] = []
    for size in ((192, 108), (960, 540)):
        output = Output(width_px=size[0], height_px=size[1], rate_fps=30, video_kbps=800)
        costs = Costs(cores=1)
        began_s = costs.cpu_s()
        found = try_encoding(output, "libx264", SystemClock(), threading.Event(), costs=costs)
        spent.append(costs.cpu_s() - began_s)
        assert found is not None
        assert found.encode_ratio > 0
    assert spent[1] > 2 * spent[0]


def test_the_sizes_that_can_be_proposed_are_tried_after_the_chosen_one() -> None:
    sizes = [(one.width_px, one.height_px, one.rate_fps, one.video_kbps) for one in outputs_to_try(OUTPUT)]
    assert sizes == [(1280, 720, 30, 2500), (960, 540, 30, 1200), (1920, 1080, 30, 4500)]
    own = outputs_to_try(replace_output(OUTPUT, rate_fps=25, video_kbps=1800))
    assert [(one.height_px, one.rate_fps) for one in own] == [(720, 25), (540, 30), (720, 30), (1080, 30)]


def replace_output(output: Output, **changes: Any) -> Output:
    return Output(**{name: getattr(output, name) for name in output.__struct_fields__} | changes)


# ---- its pictures --------------------------------------------------------------------------------


def test_the_pictures_move_and_have_the_grain_of_a_camera() -> None:
    lumas = [planes(frame)[0].astype(np.float32) for frame in camera_like(320, 180, 4)]
    assert [luma.shape for luma in lumas] == [(180, 320)] * 4
    for before, after in itertools.pairwise(lumas):
        # What is left where the movement is taken back is the grain of both.
        still = after[:, :-3] - before[:, 3:]
        assert 2.0 < still.std() / np.sqrt(2) < 3.0
        assert np.abs(after - before).mean() > 1.5 * np.abs(still).mean()
    assert 20 < lumas[0].std() < 80
    assert 80 < lumas[0].mean() < 160


# ---- all of it -----------------------------------------------------------------------------------


class System:
    """A machine by the book: what is asked of it is written down."""

    def __init__(self, clock: ManualClock, trial_s: float = 0.5, ratio: float = 0.3) -> None:
        self.clock, self.trial_s, self.ratio = clock, trial_s, ratio
        self.asked: list[str] = []
        self.lacking: set[str] = set()
        self.full: set[str] = set()
        self.spent_cpu_s = 0.0

    def senses(self, **more: Any) -> Senses:
        return replace(
            Senses(
                busy_percent=self._busy,
                power=lambda: Power(True, 0.4, False),
                free_bytes=self._free,
                costs=Costs(lambda: 0.25 * self.clock.monotonic_s(), 4),
                encoders=lambda _: ("h264_good", "libx264"),
                try_encoding=self._try,
            ),
            **more,
        )

    def _busy(self) -> float:
        self.asked.append(f"busy at {self.clock.monotonic_s() - 1000:.1f}")
        return 37.0 if self.clock.monotonic_s() - 1000 >= BUSY_S else 0.0

    def _free(self, directory: str) -> int:
        self.asked.append(f"free of {directory}")
        if directory in self.full:
            raise StorageError("folder_missing")
        return 1_950_000_000 + FLOOR_FREE_BYTES

    def _try(
        self, output: Output, name: str, clock: object, stop: threading.Event, *, idle_cpu_ratio: float, costs: Costs
    ) -> EncodeTrial | None:
        assert idle_cpu_ratio == pytest.approx(0.25)
        self.asked.append(f"{name} {output.height_px}")
        self.clock.advance(self.trial_s)
        if f"{name} {output.height_px}" in self.lacking:
            return None
        return EncodeTrial(
            width_px=output.width_px, height_px=output.height_px, rate_fps=output.rate_fps,
            encode_ratio=self.ratio * output.height_px / 720,
        )  # fmt: skip


def measured(
    system: System, output: Output = OUTPUT, folder: str = "", stop: threading.Event | None = None
) -> tuple[ComputerMeasures, tuple[EncodeTrial, ...]]:
    return measure_computer(output, folder, system.clock, stop or threading.Event(), system.senses())


def test_a_machine_is_watched_first_and_tried_then(tmp_path: Path) -> None:
    system = System(ManualClock())
    measures, trials = measured(system, folder=str(tmp_path))
    assert measures == ComputerMeasures(
        encoder="libx264", encode_ratio=pytest.approx(0.3), busy_ratio=0.37, free_disk_bytes=2_050_000_000,
        disk_minutes=pytest.approx(100.0), is_on_battery=True, battery_ratio=0.4, is_power_saving=False,
    )  # fmt: skip
    assert [(trial.height_px, round(trial.encode_ratio, 3)) for trial in trials] == [
        (720, 0.3),
        (540, 0.225),
        (1080, 0.45),
    ]
    assert system.asked[:2] == ["busy at 0.0", f"busy at {BUSY_S}"]


def test_an_encoder_left_to_the_program_is_the_best_one_that_works() -> None:
    system = System(ManualClock())
    measures, _ = measured(system, replace_output(OUTPUT, encoder="auto"))
    assert measures.encoder == "h264_good"
    assert "libx264 720" not in system.asked


def test_where_the_hardware_fails_libx264_is_tried_as_on_air() -> None:
    system = System(ManualClock())
    system.lacking = {"h264_good 1080"}
    measures, trials = measured(system, replace_output(OUTPUT, encoder="h264_good"))
    assert measures.encoder == "h264_good"
    assert len(trials) == 3
    assert system.asked[-2:] == ["h264_good 1080", "libx264 1080"]
    system.lacking = {"h264_good 720"}
    assert measured(system, replace_output(OUTPUT, encoder="h264_good"))[0].encoder == "libx264"


def test_without_any_encoder_the_ratio_is_not_known() -> None:
    system = System(ManualClock())
    system.lacking = {"libx264 540", "libx264 720", "libx264 1080"}
    measures, trials = measured(system)
    assert (measures.encode_ratio, trials) == (None, ())


def test_it_ends_in_time_on_a_machine_that_is_far_too_slow() -> None:
    clock = ManualClock()
    measures, trials = measured(System(clock, trial_s=2.4, ratio=4.0), replace_output(OUTPUT, rate_fps=25))
    assert clock.monotonic_s() - 1000 <= MOST_S
    assert measures.encode_ratio == pytest.approx(4.0)
    assert len(trials) == 2
    assert all(trial.rate_fps in (25, RATE_FPS) for trial in trials)


def test_stopped_at_once_it_tries_nothing() -> None:
    system, stop = System(ManualClock()), threading.Event()
    stop.set()
    measures, trials = measured(system, replace_output(OUTPUT, encoder="auto"), stop=stop)
    assert (measures.encode_ratio, measures.encoder, trials) == (None, "", ())
    assert not any("720" in asked for asked in system.asked)


def test_room_is_that_of_the_folder_that_a_recording_will_lie_in(tmp_path: Path) -> None:
    system = System(ManualClock())
    measures, _ = measured(system, folder=str(tmp_path / "not" / "yet" / "there"))
    assert measures.disk_minutes == pytest.approx(100.0)
    assert f"free of {tmp_path}" in system.asked
    system.full.add(str(tmp_path))
    measures, _ = measured(system, folder=str(tmp_path))
    assert (measures.free_disk_bytes, measures.disk_minutes) == (None, None)
    assert measured(System(ManualClock()))[0].free_disk_bytes is None, "nothing is to be recorded"


@pytest.mark.slow
def test_this_machine_as_it_is(tmp_path: Path) -> None:
    measures, trials = measure_computer(Output(), str(tmp_path), SystemClock(), threading.Event())
    assert measures.encoder
    assert measures.encode_ratio == trials[0].encode_ratio > 0
    assert {(trial.width_px, trial.height_px) for trial in trials} <= {(960, 540), (1280, 720), (1920, 1080)}
    assert 0 <= measures.busy_ratio <= 1
    assert measures.disk_minutes is not None
    assert measures.disk_minutes > 0
