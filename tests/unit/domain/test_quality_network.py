"""The way to the platform, judged: which address, what it costs, which format it carries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.quality.measures import IngestMeasures, NetworkMeasures
from app.domain.quality.model import MOST_SHARE, Defect, Finding, Grade, Group, is_block
from app.domain.quality.network import (
    AUDIO_KBPS,
    RUNGS,
    USED_RATIO,
    Limit,
    choose_ingest,
    judge_network,
    recommend,
)

WELL = IngestMeasures(name="a", is_reachable=True, connect_ms=300.0, throughput_kbps=6000.0, jitter_ms=10.0)
AWAY = IngestMeasures(name="b", is_reachable=False, code="ingest_unreachable")
WANTED_KBPS = 2628
SIZES = {(960, 540, 30): 0.12, (1280, 720, 30): 0.3, (1920, 1080, 30): 0.55}
SMALL = st.floats(0.0, 20_000.0)


def network(*ingests: IngestMeasures) -> NetworkMeasures:
    return NetworkMeasures(ingests, choose_ingest(ingests))


def found(**changes: Any) -> dict[Defect, Finding]:
    return {one.defect: one for one in judge_network(network(replace(WELL, **changes)), WANTED_KBPS)}


def test_a_way_that_is_well_loses_nothing_and_each_figure_is_told() -> None:
    judged = found()
    assert {one.share for one in judged.values()} == {0.0}
    assert {one.group for one in judged.values()} == {Group.NETWORK}
    assert judged[Defect.SLOW_UPLINK].values == {"throughput_kbps": 6000.0, "wanted_kbps": float(WANTED_KBPS)}
    assert judged[Defect.UNSTEADY_UPLINK].values == {"jitter_ms": 10.0}
    assert judged[Defect.SLOW_ANSWER].values == {"connect_ms": 300.0}


def test_without_an_address_that_takes_a_stream_nobody_goes_on_air() -> None:
    for measures in (NetworkMeasures(), network(AWAY), network(AWAY, replace(AWAY, code="key_dead"))):
        [finding] = judge_network(measures, WANTED_KBPS)
        assert (finding.defect, finding.share) == (Defect.NO_INGEST, MOST_SHARE)
        assert is_block(finding)
    assert not any(is_block(one) for one in judge_network(network(AWAY, WELL), WANTED_KBPS))


@pytest.mark.parametrize(
    ("defect", "changes", "grade"),
    [
        (Defect.SLOW_UPLINK, {"throughput_kbps": WANTED_KBPS / USED_RATIO}, Grade.GOOD),
        (Defect.SLOW_UPLINK, {"throughput_kbps": WANTED_KBPS * 1.1}, Grade.WARN),
        (Defect.SLOW_UPLINK, {"throughput_kbps": WANTED_KBPS * 0.9}, Grade.BAD),
        (Defect.SLOW_UPLINK, {"throughput_kbps": 0.0}, Grade.BAD),
        (Defect.SLOW_UPLINK, {"throughput_kbps": WANTED_KBPS * 0.9, "is_at_least": True}, Grade.GOOD),
        (Defect.UNSTEADY_UPLINK, {"jitter_ms": 50.0}, Grade.GOOD),
        (Defect.UNSTEADY_UPLINK, {"jitter_ms": 200.0}, Grade.WARN),
        (Defect.UNSTEADY_UPLINK, {"jitter_ms": 800.0}, Grade.BAD),
        (Defect.SLOW_ANSWER, {"connect_ms": 1500.0}, Grade.GOOD),
        (Defect.SLOW_ANSWER, {"connect_ms": 3000.0}, Grade.WARN),
        (Defect.SLOW_ANSWER, {"connect_ms": 6000.0}, Grade.BAD),
    ],
)  # fmt: skip
def test_what_is_worse_is_told(defect: Defect, changes: dict[str, Any], grade: Grade) -> None:
    judged = found(**changes)
    assert judged[defect].grade is grade
    assert all(one.grade is Grade.GOOD for other, one in judged.items() if other is not defect)


@given(a=SMALL, b=SMALL)
def test_no_figure_that_gets_worse_costs_less(a: float, b: float) -> None:
    low, high = sorted((a, b))
    slow, fast = found(throughput_kbps=low), found(throughput_kbps=high)
    assert slow[Defect.SLOW_UPLINK].share >= fast[Defect.SLOW_UPLINK].share
    for defect, name in ((Defect.UNSTEADY_UPLINK, "jitter_ms"), (Defect.SLOW_ANSWER, "connect_ms")):
        assert found(**{name: high})[defect].share >= found(**{name: low})[defect].share
    for finding in (*slow.values(), *fast.values()):
        assert 0 <= finding.share <= MOST_SHARE


@given(wanted=st.integers(100, 30_000), more=st.integers(0, 5000))
def test_who_wants_more_of_a_line_is_not_told_less(wanted: int, more: int) -> None:
    line = network(WELL)
    [_, less, *_] = judge_network(line, wanted)
    [_, greater, *_] = judge_network(line, wanted + more)
    assert greater.share >= less.share


# ---- the better address --------------------------------------------------------------------------


def test_the_address_that_holds_most_is_taken() -> None:
    slow = replace(WELL, throughput_kbps=2000.0)
    assert choose_ingest(()) is None
    assert choose_ingest((AWAY, AWAY)) is None
    assert choose_ingest((AWAY, slow, WELL)) == 2
    assert choose_ingest((WELL, slow)) == 0


def test_of_those_that_are_alike_the_steadier_then_the_platforms_first() -> None:
    uneven = replace(WELL, throughput_kbps=6300.0, jitter_ms=500.0)
    late = replace(WELL, connect_ms=4000.0)
    assert choose_ingest((uneven, WELL)) == 1
    assert choose_ingest((late, WELL)) == 1
    assert choose_ingest((replace(WELL, connect_ms=800.0), replace(WELL, throughput_kbps=6100.0))) == 0


@given(st.lists(st.builds(IngestMeasures, name=st.just("x"), is_reachable=st.booleans(), throughput_kbps=SMALL)))
def test_whatever_was_measured_one_that_takes_a_stream_is_taken(ingests: list[IngestMeasures]) -> None:
    index = choose_ingest(ingests)
    reachable = [one for one in ingests if one.is_reachable]
    assert (index is None) == (not reachable)
    if index is not None:
        assert ingests[index].is_reachable
        assert ingests[index].throughput_kbps >= 0.9 * max(one.throughput_kbps for one in reachable)


# ---- size, rate, bit rate ------------------------------------------------------------------------


def proposed(kbps: float, sizes: dict[tuple[int, int, int], float] = SIZES) -> tuple[int, int, int, int, Limit]:
    one = recommend(network(replace(WELL, throughput_kbps=kbps)), sizes)
    return one.width_px, one.height_px, one.rate_fps, one.video_kbps, one.reason


def test_a_good_line_and_machine_get_the_whole() -> None:
    assert proposed(8000) == (1920, 1080, 30, 4500, Limit.NONE)
    one = recommend(network(replace(WELL, throughput_kbps=8000.0)), SIZES)
    assert not one.is_limited_by_network
    assert not one.is_limited_by_computer


def test_the_line_sets_the_size_and_lessens_its_bit_rate_before() -> None:
    assert proposed(6000) == (1920, 1080, 30, 4050, Limit.NETWORK)
    assert proposed(4000) == (1280, 720, 30, 2500, Limit.NETWORK)
    assert proposed(3000) == (1280, 720, 30, 1950, Limit.NETWORK)
    assert proposed(2500) == (960, 540, 30, 1200, Limit.NETWORK)
    assert proposed(1300) == (960, 540, 20, 750, Limit.NETWORK)
    assert proposed(900) == (640, 360, 15, 450, Limit.NETWORK)
    assert proposed(50) == (640, 360, 15, 350, Limit.NETWORK)
    assert recommend(network(replace(WELL, throughput_kbps=900.0)), SIZES).is_limited_by_network


def test_the_machine_sets_the_size_too() -> None:
    weak = {size: ratio * 3 for size, ratio in SIZES.items()}
    assert proposed(8000, weak) == (960, 540, 30, 1200, Limit.COMPUTER)
    assert proposed(2500, weak) == (960, 540, 30, 1200, Limit.BOTH)
    assert proposed(900, weak) == (640, 360, 15, 450, Limit.NETWORK)
    assert recommend(network(replace(WELL, throughput_kbps=8000.0)), weak).is_limited_by_computer
    assert proposed(8000, dict.fromkeys(SIZES, 9.0))[:3] == (640, 360, 15)


def test_what_was_not_tried_is_reckoned_from_what_was() -> None:
    assert proposed(8000, {(1280, 720, 30): 0.3})[:2] == (1280, 720), "1080p would take 0.68"
    assert proposed(8000, {(1280, 720, 30): 0.25})[:2] == (1920, 1080)
    assert proposed(8000, {(1920, 1080, 30): 1.2})[:2] == (1280, 720)
    assert proposed(8000, {(0, 0, 30): 0.1})[:2] == (640, 360), "nothing can be told from no pixels"


def test_what_is_not_known_limits_nothing() -> None:
    assert recommend(network(AWAY), SIZES).reason is Limit.NONE
    assert proposed(8000, {})[:2] == (1920, 1080)


@given(a=SMALL, b=SMALL, load=st.floats(0.01, 5.0), more=st.floats(1.0, 5.0))
def test_a_better_line_or_machine_never_gets_less_and_never_too_much(
    a: float, b: float, load: float, more: float
) -> None:
    low, high = sorted((a, b))
    sizes = {size: ratio * load for size, ratio in SIZES.items()}
    heavier = {size: ratio * more for size, ratio in sizes.items()}
    assert _rank(proposed(low, sizes)) <= _rank(proposed(high, sizes))
    assert _rank(proposed(high, heavier)) <= _rank(proposed(high, sizes))
    width_px, _, rate_fps, video_kbps, _ = proposed(high, sizes)
    assert video_kbps + AUDIO_KBPS <= USED_RATIO * high or (width_px, rate_fps) == (640, 15)


def _rank(one: tuple[int, int, int, int, Limit]) -> tuple[int, int]:
    sizes = [(rung.width_px, rung.height_px, rung.rate_fps) for rung in RUNGS]
    return sizes.index(one[:3]), one[3]
