"""From shares to one number: monotone, explained to the last point, blocked only by a real fault."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.quality.model import (
    BLOCKING,
    FOUND_SHARE,
    MOST_SHARE,
    WEIGHTS,
    Curve,
    Defect,
    Finding,
    Grade,
    Group,
    score,
)

SHARES = st.floats(0.0, MOST_SHARE)
PARTS = {
    Group.PICTURE: (Defect.DARK, Defect.BLUR, Defect.FAR, Defect.NO_PICTURE),
    Group.SOUND: (Defect.QUIET, Defect.NOISY, Defect.NO_SOUND),
    Group.NETWORK: (Defect.SLOW_UPLINK, Defect.NO_INGEST),
    Group.COMPUTER: (Defect.BUSY,),
}


def findings(shares: dict[Defect, float]) -> dict[Group, list[Finding]]:
    return {
        group: [Finding(defect, group, shares[defect]) for defect in defects]
        for group, defects in PARTS.items()
        if all(defect in shares for defect in defects)
    }


some_shares = st.fixed_dictionaries({defect: SHARES for defects in PARTS.values() for defect in defects})


@given(some_shares)
def test_every_lost_point_has_a_reason(shares: dict[Defect, float]) -> None:
    made = score(findings(shares))
    assert made.total is not None
    assert sum(points for _, points in made.lost) == 100 - made.total
    assert all(points > 0 and finding.share > 0 for finding, points in made.lost)
    assert [points for _, points in made.lost] == sorted((points for _, points in made.lost), reverse=True)


@given(some_shares, st.sampled_from([defect for defects in PARTS.values() for defect in defects]), SHARES)
def test_a_defect_that_grows_never_raises_a_score(shares: dict[Defect, float], defect: Defect, other: float) -> None:
    better, worse = dict(shares), dict(shares)
    better[defect], worse[defect] = sorted((shares[defect], other))
    before, after = score(findings(better)), score(findings(worse))
    assert before.total is not None and after.total is not None
    assert after.total <= before.total
    assert all(after.groups[group] <= before.groups[group] for group in before.groups)


@given(some_shares)
def test_the_total_is_the_weighted_geometric_mean(shares: dict[Defect, float]) -> None:
    made = score(findings(shares))
    exact = 100 * math.prod(
        math.prod(1 - shares[defect] for defect in defects) ** WEIGHTS[group] for group, defects in PARTS.items()
    )
    assert made.total is not None and abs(made.total - exact) <= 0.5 + 1e-9


def test_nothing_wrong_is_a_hundred_and_nothing_measured_is_no_number() -> None:
    clean = findings({defect: 0.0 for defects in PARTS.values() for defect in defects})
    made = score(clean)
    assert (made.total, made.lost, made.blocks) == (100, (), ())
    assert set(made.groups.values()) == {100}
    assert score({}).total is None


def test_a_group_that_was_not_measured_takes_nothing() -> None:
    dark = [Finding(Defect.DARK, Group.PICTURE, 0.5)]
    assert score({Group.PICTURE: dark}).total == 50
    assert score({Group.PICTURE: dark, Group.SOUND: []}).total == round(100 * 0.5 ** (0.4 / 0.75))


@pytest.mark.parametrize("defect", list(Defect))
def test_only_a_real_fault_blocks(defect: Defect) -> None:
    made = score({Group.PICTURE: [Finding(defect, Group.PICTURE, MOST_SHARE)]})
    assert made.is_blocked == (defect in {Defect.NO_PICTURE, Defect.NO_SOUND, Defect.NO_INGEST})
    assert made.is_blocked == (defect in BLOCKING)


def test_a_defect_counts_once() -> None:
    with pytest.raises(ValueError, match="once"):
        score({Group.PICTURE: [Finding(Defect.DARK, Group.PICTURE, 0.1)] * 2})


def test_grades() -> None:
    grades = [Finding(Defect.DARK, Group.PICTURE, share).grade for share in (0.0, 0.04, FOUND_SHARE, 0.29, 0.3)]
    assert grades == [Grade.GOOD, Grade.GOOD, Grade.WARN, Grade.WARN, Grade.BAD]


def test_a_curve_is_straight_between_its_points_and_level_outside() -> None:
    rising, falling = Curve((10, 0.0), (20, 0.5), (30, 1.0)), Curve((80, 0.0), (40, 0.4))
    assert [rising.share(value) for value in (0, 10, 15, 20, 25, 99)] == [0, 0, 0.25, 0.5, 0.75, MOST_SHARE]
    assert [round(falling.share(value), 9) for value in (100, 80, 60, 40, 0)] == [0, 0, 0.2, 0.4, 0.4]


@given(st.lists(st.tuples(st.floats(-50, 50), SHARES), min_size=2, max_size=2), st.booleans())
def test_a_curve_never_falls_while_the_defect_grows(pair: list[tuple[float, float]], is_falling: bool) -> None:
    curve = Curve((30, 0.0), (10, 0.2), (0, 0.9)) if is_falling else Curve((0, 0.0), (10, 0.2), (30, 0.9))
    low, high = sorted(value for value, _ in pair)
    assert (curve.share(low) >= curve.share(high)) if is_falling else (curve.share(low) <= curve.share(high))


NO_CURVES = (
    (),
    ((1, 0.0), (1, 0.1)),
    ((1, 0.0), (3, 0.1), (2, 0.2)),
    ((1, 0.3), (2, 0.1)),
    ((1, -0.1), (2, 1.0)),
    ((1, 0.0), (2, 1.1)),
)


@pytest.mark.parametrize("points", NO_CURVES)
def test_what_is_no_curve_is_refused(points: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValueError, match="curve"):
        Curve(*points)
