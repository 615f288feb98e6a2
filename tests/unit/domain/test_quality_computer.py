"""What the machine's state costs: nothing when all is well, more with every figure that gets worse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.quality.computer import judge_computer
from app.domain.quality.measures import ComputerMeasures
from app.domain.quality.model import MOST_SHARE, Defect, Finding, Grade, Group, score

WELL = ComputerMeasures(
    encoder="libx264",
    encode_ratio=0.4,
    busy_ratio=0.25,
    free_disk_bytes=200 * 10**9,
    disk_minutes=9000.0,
    is_on_battery=False,
    battery_ratio=0.9,
    is_power_saving=False,
    clock_off_s=1.5,
)


def found(**changes: Any) -> dict[Defect, Finding]:
    return {finding.defect: finding for finding in judge_computer(replace(WELL, **changes))}


def total(measures: ComputerMeasures) -> int:
    judged = score({Group.COMPUTER: judge_computer(measures)}).total
    assert judged is not None
    return judged


def test_a_machine_that_is_well_loses_nothing_and_each_figure_is_told() -> None:
    assert {finding.share for finding in found().values()} == {0.0}
    assert set(found()) == {
        Defect.ENCODER_SLOW, Defect.BUSY, Defect.DISK_LOW, Defect.ON_BATTERY, Defect.POWER_SAVING, Defect.CLOCK_WRONG,
    }  # fmt: skip
    assert total(WELL) == 100


def test_what_is_not_known_is_neither_told_nor_counted() -> None:
    assert [finding.defect for finding in judge_computer(ComputerMeasures())] == [Defect.BUSY]


@pytest.mark.parametrize(
    ("defect", "changes", "grade"),
    [
        (Defect.ENCODER_SLOW, {"encode_ratio": 0.6}, Grade.GOOD),
        (Defect.ENCODER_SLOW, {"encode_ratio": 0.75}, Grade.WARN),
        (Defect.ENCODER_SLOW, {"encode_ratio": 1.0}, Grade.BAD),
        (Defect.BUSY, {"busy_ratio": 0.5}, Grade.GOOD),
        (Defect.BUSY, {"busy_ratio": 0.75}, Grade.WARN),
        (Defect.BUSY, {"busy_ratio": 0.95}, Grade.BAD),
        (Defect.DISK_LOW, {"disk_minutes": 61.0}, Grade.GOOD),
        (Defect.DISK_LOW, {"disk_minutes": 59.0}, Grade.WARN),
        (Defect.DISK_LOW, {"disk_minutes": 11.0}, Grade.WARN),
        (Defect.DISK_LOW, {"disk_minutes": 9.0}, Grade.BAD),
        (Defect.ON_BATTERY, {"is_on_battery": True, "battery_ratio": 1.0}, Grade.WARN),
        (Defect.ON_BATTERY, {"is_on_battery": True, "battery_ratio": 0.15}, Grade.BAD),
        (Defect.ON_BATTERY, {"is_on_battery": False, "battery_ratio": 0.02}, Grade.GOOD),
        (Defect.POWER_SAVING, {"is_power_saving": True}, Grade.WARN),
        (Defect.CLOCK_WRONG, {"clock_off_s": 29.0}, Grade.GOOD),
        (Defect.CLOCK_WRONG, {"clock_off_s": 31.0}, Grade.WARN),
        (Defect.CLOCK_WRONG, {"clock_off_s": -31.0}, Grade.WARN),
        (Defect.CLOCK_WRONG, {"clock_off_s": -600.0}, Grade.BAD),
    ],
)
def test_how_serious_a_figure_is(defect: Defect, changes: dict[str, Any], grade: Grade) -> None:
    judged = found(**changes)
    assert judged[defect].grade is grade
    assert {other.grade for other in judged.values() if other.defect is not defect} == {Grade.GOOD}


def test_an_unknown_charge_lies_between_full_and_empty() -> None:
    full, unknown, empty = (
        found(is_on_battery=True, battery_ratio=ratio)[Defect.ON_BATTERY].share for ratio in (1.0, None, 0.05)
    )
    assert full < unknown < empty


def test_a_sentence_gets_the_figures_it_names() -> None:
    judged = found(is_on_battery=True, battery_ratio=0.4, clock_off_s=-90.0)
    assert judged[Defect.ENCODER_SLOW].values == {"encode_ratio": 0.4}
    assert judged[Defect.BUSY].values == {"busy_ratio": 0.25}
    assert judged[Defect.DISK_LOW].values == {"disk_minutes": 9000.0, "free_disk_bytes": 200e9}
    assert judged[Defect.ON_BATTERY].values == {"battery_ratio": 0.4}
    assert judged[Defect.CLOCK_WRONG].values == {"clock_off_s": -90.0}


def test_nothing_of_a_machine_keeps_an_anchor_from_going_on_air() -> None:
    worst = ComputerMeasures(
        encode_ratio=99.0, busy_ratio=1.0, free_disk_bytes=0, disk_minutes=0.0,
        is_on_battery=True, battery_ratio=0.0, is_power_saving=True, clock_off_s=1e9,
    )  # fmt: skip
    assert not score({Group.COMPUTER: judge_computer(worst)}).is_blocked
    assert total(worst) <= 1


ratios = st.floats(0.0, 5.0)


@given(
    ratios, ratios, st.floats(0.0, 1.0), st.floats(0.0, 1e4), st.booleans(), st.none() | st.floats(0.0, 1.0),
    st.booleans(), st.floats(-1e6, 1e6),
    st.sampled_from(["encode_ratio", "busy_ratio", "disk_minutes", "battery_ratio", "is_on_battery", "is_power_saving",
                     "clock_off_s"]),
    st.floats(0.0, 1.0),
)  # fmt: skip
def test_one_figure_that_gets_worse_never_costs_less(
    encode: float, busy_more: float, busy: float, minutes: float, on_battery: bool, charge: float | None,
    saving: bool, off_s: float, name: str, step: float,
) -> None:  # fmt: skip
    before = ComputerMeasures(
        encode_ratio=encode, busy_ratio=busy, disk_minutes=minutes, is_on_battery=on_battery, battery_ratio=charge,
        is_power_saving=saving, clock_off_s=off_s,
    )  # fmt: skip
    worse: dict[str, Any] = {
        "encode_ratio": encode + step * busy_more,
        "busy_ratio": min(1.0, busy + step),
        "disk_minutes": minutes * (1.0 - step),
        "battery_ratio": None if charge is None else charge * (1.0 - step),
        "is_on_battery": True,
        "is_power_saving": True,
        "clock_off_s": off_s * (1.0 + step),
    }
    after = replace(before, **{name: worse[name]})
    shares = [{one.defect: one.share for one in judge_computer(state)} for state in (before, after)]
    assert all(shares[1][defect] >= share for defect, share in shares[0].items())
    assert all(0.0 <= share <= MOST_SHARE for share in shares[1].values())
    assert total(after) <= total(before)
