"""Rates are those of the time that has really passed; totals do not go back."""

from __future__ import annotations

from typing import Any

import pytest

from app.ports.engine import PublishChanged, PublishStatus, Stats
from app.runtime.clock import ManualClock
from capture.audio.meters import Meter
from capture.encode.encoding import EncodingFigures
from capture.host import next_due_s
from capture.publish import PublishFigures
from capture.statistics import Statistics


class FakeOutputs:
    encoder = "libx264"
    recorded_bytes = 0
    free_disk_bytes = 77
    is_publishing = True
    publish_states: tuple[PublishChanged, ...] = ()

    def __init__(self) -> None:
        self.encoding = EncodingFigures()
        self.publishers: list[PublishFigures] = []

    def figures(self) -> tuple[EncodingFigures, list[PublishFigures]]:
        return self.encoding, self.publishers


class Desk:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.outputs = FakeOutputs()
        self.statistics = Statistics(self.clock)
        self._frames = 0

    def after(self, seconds: float, frames: int = 0) -> Stats:
        self.clock.advance(seconds)
        self._frames += frames
        outputs: Any = self.outputs
        return self.statistics.make(self._frames, 3, 4, Meter(), outputs, 2500)


@pytest.mark.parametrize("passed_s", [0.2, 1.0, 4.0])
def test_rates_are_of_the_time_that_passed(passed_s: float) -> None:
    desk = Desk()
    desk.after(1.0, 30)
    desk.outputs.encoding = EncodingFigures(round(30 * passed_s), 0, round(250_000 * passed_s), 0.3 * passed_s)
    desk.outputs.publishers = [PublishFigures(sent_bytes=round(125_000 * passed_s))]
    stats = desk.after(passed_s, round(30 * passed_s))
    assert stats.programme_fps == pytest.approx(30)
    assert stats.video_kbps == pytest.approx(2000)
    assert stats.sent_kbps == pytest.approx(1000)
    assert stats.encode_ms == pytest.approx(10)
    assert (stats.late_frames, stats.late_blocks, stats.free_disk_bytes) == (3, 4, 77)


def test_a_new_encoder_and_a_new_publisher_make_no_negative_rate() -> None:
    desk = Desk()
    desk.outputs.encoding = EncodingFigures(900, 5, 9_000_000, 9.0)
    desk.outputs.publishers = [PublishFigures(frames_sent=900, sent_bytes=9_000_000)]
    desk.after(1.0)
    desk.outputs.encoding = EncodingFigures(30, 0, 250_000, 0.3)
    desk.outputs.publishers = [PublishFigures(frames_sent=30, sent_bytes=200_000)]
    stats = desk.after(1.0)
    assert stats.video_kbps == pytest.approx(2000)
    assert stats.sent_kbps >= 0
    assert stats.frames_dropped == 0


def test_the_worst_target_counts() -> None:
    desk = Desk()
    desk.outputs.publishers = [
        PublishFigures(frames_sent=30, backlog_ms=10, backlog_bytes=1, rtt_ms=5),
        PublishFigures(frames_sent=20, frames_dropped=4, backlog_ms=900, backlog_bytes=2, rtt_ms=80),
    ]
    stats = desk.after(1.0)
    assert (stats.frames_sent, stats.frames_dropped) == (30, 4)
    assert (stats.backlog_ms, stats.backlog_bytes, stats.rtt_ms) == (900, 2, 80)


def test_time_on_air_counts_from_the_first_on_air_over_reconnects() -> None:
    desk = Desk()
    desk.statistics.begin_publish()
    assert desk.after(1.0).on_air_s == 0
    desk.outputs.publish_states = (PublishChanged(target="main", status=PublishStatus.ON_AIR),)
    assert desk.after(1.0).on_air_s == 0
    desk.outputs.publish_states = (PublishChanged(target="main", status=PublishStatus.RECONNECTING),)
    assert desk.after(5.0).on_air_s == pytest.approx(5)
    desk.outputs.is_publishing = False
    assert desk.after(1.0).on_air_s == 0


@pytest.mark.parametrize(
    ("due_s", "now_s", "expected_s"), [(10.0, 10.0, 11.0), (10.0, 10.4, 11.0), (10.0, 11.0, 12.0), (10.0, 17.3, 18.3)]
)
def test_what_is_due_each_second_never_comes_twice_at_once(due_s: float, now_s: float, expected_s: float) -> None:
    assert next_due_s(due_s, now_s, 1.0) == pytest.approx(expected_s)
