"""What a line carries, found on lines that are reckoned: rate, delay, buffers, stalls."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.publish.gauge import FULL_KBPS, STEPS_KBPS, Gauge, Gauged, Moment

TICK_S = 0.01
SECONDS = 10.0
WINDOW_BYTES = 16 * 1024


def run(
    kbps: Callable[[float], float],
    *,
    way_s: float = 0.02,
    is_telling: bool = True,
    sink_ratio: float = 1.0,
    seconds: float = SECONDS,
) -> tuple[Gauged, Gauge, list[int]]:
    """Send over a line of ``kbps(t)`` that delays by ``way_s``; the peer reads ``sink_ratio`` of what arrives."""
    gauge = Gauge(seconds)
    gauge.begin(100.0)
    offered = carried = 0.0
    under_way: list[tuple[float, float]] = []
    arrived = told = 0.0
    rates = []
    for tick in range(1, round(seconds / TICK_S) + 1):
        now_s = tick * TICK_S
        rate = gauge.rate_kbps(100.0 + now_s)
        rates.append(rate)
        waiting = offered - carried
        # Like the probe: when the line is full only what keeps its buffers filled is handed over.
        if not gauge.is_full or waiting < 128_000:
            offered += rate * 125 * TICK_S
        carried += min(offered - carried, kbps(now_s) * 125 * TICK_S)
        under_way.append((now_s + way_s, carried))
        while under_way and under_way[0][0] <= now_s:
            arrived = under_way.pop(0)[1]
        read = arrived * sink_ratio
        if read - told >= WINDOW_BYTES:
            told = read
        gauge.note(Moment(100.0 + now_s, int(offered), int(arrived), int(told) if is_telling and told else None))
    return gauge.result(), gauge, rates


def steady(kbps: float) -> Callable[[float], float]:
    return lambda _: kbps


@pytest.mark.parametrize("is_telling", [True, False])
@pytest.mark.parametrize("kbps", [150, 500, 1000, 1250, 2300, 2550, 4000, 6000, 7500])
@pytest.mark.parametrize("way_s", [0.0, 0.15])
def test_a_line_below_the_highest_rate_is_found(kbps: int, way_s: float, is_telling: bool) -> None:
    found, gauge, _ = run(steady(kbps), way_s=way_s, is_telling=is_telling)
    assert found.throughput_kbps == pytest.approx(kbps, rel=0.03)
    # Just below the highest rate the time is over before the line is full; what arrives is its rate all the same.
    assert gauge.is_full == (kbps <= 6000)
    assert not found.is_at_least


@settings(max_examples=30, deadline=None)
@given(st.integers(100, 7500), st.floats(0.0, 0.3), st.sampled_from([6.0, 10.0, 15.0]))
def test_any_line_is_found_within_a_tenth(kbps: int, way_s: float, seconds: float) -> None:
    found, _, _ = run(steady(kbps), way_s=way_s, seconds=seconds)
    assert found.throughput_kbps == pytest.approx(kbps, rel=0.1)


def test_a_line_that_carries_more_is_not_filled_and_said_to() -> None:
    found, gauge, rates = run(steady(100_000))
    assert found.throughput_kbps == pytest.approx(STEPS_KBPS[-1], rel=0.01)
    assert found.is_at_least
    assert found.jitter_ms < 5
    assert not gauge.is_full
    assert sorted(set(rates)) == list(STEPS_KBPS)
    assert rates == sorted(rates)


def test_delay_alone_is_no_jitter_and_fills_nothing() -> None:
    found, gauge, _ = run(steady(100_000), way_s=0.4)
    assert found.is_at_least
    assert not gauge.is_full
    assert found.jitter_ms < 10


def test_a_line_that_stalls_now_and_then_is_uneven() -> None:
    found, _, _ = run(lambda now_s: 0.0 if now_s % 1.0 < 0.25 else 60_000)
    assert 40 < found.jitter_ms < 120
    calm, _, _ = run(steady(60_000))
    assert calm.jitter_ms < 5


def test_a_stall_of_a_moment_is_not_taken_for_the_lines_rate_and_not_flooded() -> None:
    found, gauge, rates = run(lambda now_s: 0.0 if 1.0 < now_s < 2.2 else 60_000)
    assert gauge.is_full, "more waited than may"
    assert max(rates) == FULL_KBPS
    assert found.is_at_least
    assert found.throughput_kbps == STEPS_KBPS[-1]


def test_a_line_that_gets_worse_is_told_as_it_ends() -> None:
    found, _, _ = run(lambda now_s: 60_000 if now_s < 4.5 else 1800)
    assert found.throughput_kbps == pytest.approx(1800, rel=0.1)


def test_the_peers_word_counts_more_than_the_systems() -> None:
    """A system in between, or the peer's own, may take what its program never reads."""
    found, _, _ = run(steady(100_000), sink_ratio=0.5)
    assert found.throughput_kbps == pytest.approx(STEPS_KBPS[-1] / 2, rel=0.05)
    assert not found.is_at_least


def test_nothing_that_arrives_is_nothing() -> None:
    found, gauge, _ = run(steady(0))
    assert (found.throughput_kbps, found.is_at_least) == (0.0, False)
    assert gauge.recent_kbps() == 0.0
    assert Gauge(SECONDS).result() == Gauged(0.0, False, 0.0)
    assert Gauge(SECONDS).recent_kbps() == 0.0


def test_what_arrived_lately_is_told_while_it_runs() -> None:
    _, gauge, _ = run(steady(3000))
    assert gauge.recent_kbps() == pytest.approx(3000, rel=0.02)
    assert gauge.passed_ratio(105.0) == 0.5
    assert gauge.passed_ratio(99.0) == 0.0
    assert gauge.passed_ratio(200.0) == 1.0
