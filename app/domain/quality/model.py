"""From what each defect costs to one number.

Every defect takes a share of its group's score, by a curve that never falls while the defect grows. The shares
multiply, and the groups are a weighted geometric mean, so one figure that gets worse can never raise the score, and a
group that is ruined cannot be made up for by the others:

    group = 100 · ∏ (1 − share)          total = 100 · ∏ group^(weight of the group)

What is lost is divided among the defects in proportion to −weight · ln(1 − share): the parts add up to what is missing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

FOUND_SHARE = 0.05
"""From here on a defect is told; below it only costs what it costs."""
BAD_SHARE = 0.3
"""From here on it is serious."""
MOST_SHARE = 0.98
"""No single defect takes a group to nothing: what else is wrong still counts."""


class Group(StrEnum):
    PICTURE = "picture"
    SOUND = "sound"
    NETWORK = "network"
    COMPUTER = "computer"


WEIGHTS: Mapping[Group, float] = {Group.PICTURE: 0.4, Group.SOUND: 0.35, Group.NETWORK: 0.15, Group.COMPUTER: 0.1}
"""A talk lives from voice and face about alike; see docs/quality-model.md."""


class Defect(StrEnum):
    NO_PICTURE = "no_picture"
    BLACK = "black"
    FROZEN = "frozen"
    NO_FACE = "no_face"
    OFF_CENTRE = "off_centre"
    FAR = "far"
    CLOSE = "close"
    HEADROOM = "headroom"
    DARK = "dark"
    BRIGHT = "bright"
    BACKLIT = "backlit"
    CLIPPED = "clipped"
    TINT = "tint"
    BLUR = "blur"
    NOISE = "noise"
    FLICKER = "flicker"
    LOW_RESOLUTION = "low_resolution"
    LOW_RATE = "low_rate"
    UNEVEN_RATE = "uneven_rate"

    NO_SOUND = "no_sound"
    SILENT = "silent"
    QUIET = "quiet"
    LOUD = "loud"
    CLIPPING = "clipping"
    NOISY = "noisy"
    HUM = "hum"
    REVERBERANT = "reverberant"
    ONE_SIDED = "one_sided"
    DROPOUT = "dropout"

    NO_INGEST = "no_ingest"
    SLOW_UPLINK = "slow_uplink"
    UNSTEADY_UPLINK = "unsteady_uplink"
    SLOW_ANSWER = "slow_answer"

    ENCODER_SLOW = "encoder_slow"
    BUSY = "busy"
    DISK_LOW = "disk_low"
    ON_BATTERY = "on_battery"
    POWER_SAVING = "power_saving"
    CLOCK_WRONG = "clock_wrong"


BLOCKING = frozenset({Defect.NO_PICTURE, Defect.NO_SOUND, Defect.NO_INGEST})
"""The only ones that keep an anchor from going on air."""


class Grade(StrEnum):
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """What one possible defect costs; ``values`` are the figures that its sentence names."""

    defect: Defect
    group: Group
    share: float
    """0 … MOST_SHARE of the group's score."""
    values: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_found(self) -> bool:
        """Bad enough to be told."""
        return self.share >= FOUND_SHARE

    @property
    def grade(self) -> Grade:
        """How serious."""
        return Grade.BAD if self.share >= BAD_SHARE else Grade.WARN if self.is_found else Grade.GOOD


class Curve:
    """A share that never falls: straight between points (value, share), level outside them."""

    def __init__(self, *points: tuple[float, float]) -> None:
        """Values must rise or fall strictly; shares 0 … 1 must rise. Raises ValueError otherwise."""
        values, shares = [point[0] for point in points], [point[1] for point in points]
        steps = [after - before for before, after in itertools.pairwise(values)]
        is_one_way = all(step > 0 for step in steps) or all(step < 0 for step in steps)
        is_rising = all(after >= before for before, after in itertools.pairwise(shares))
        if not points or not is_one_way or not is_rising or shares[0] < 0 or shares[-1] > 1:
            raise ValueError("a curve needs values in one direction and shares that rise from 0 to 1 at most")
        self._points = points if values[0] <= values[-1] else tuple((-value, share) for value, share in points)
        self._sign = 1 if values[0] <= values[-1] else -1

    def share(self, value: float) -> float:
        """What this value costs, 0 … MOST_SHARE."""
        value *= self._sign
        before = self._points[0]
        if value <= before[0]:
            return min(MOST_SHARE, before[1])
        for after in self._points[1:]:
            if value <= after[0]:
                part = (value - before[0]) / (after[0] - before[0])
                return min(MOST_SHARE, before[1] + part * (after[1] - before[1]))
            before = after
        return min(MOST_SHARE, before[1])


@dataclass(frozen=True)
class Score:
    """``groups`` has only what was measured; ``lost`` adds up to 100 − total, largest first."""

    total: int | None
    groups: Mapping[Group, int]
    lost: tuple[tuple[Finding, int], ...]
    blocks: tuple[Finding, ...]

    @property
    def is_blocked(self) -> bool:
        """Whether there is a real fault: no picture, no sound, no ingest."""
        return bool(self.blocks)


def score(findings: Mapping[Group, Sequence[Finding]]) -> Score:
    """The numbers; a group that was not measured is left out, and the others' weights are enlarged to 1."""
    if not findings:
        return Score(None, {}, (), ())
    weight_sum = sum(WEIGHTS[group] for group in findings)
    groups = {group: round(100 * _kept(found)) for group, found in findings.items()}
    costs = [
        (finding, -WEIGHTS[group] / weight_sum * math.log(1 - finding.share))
        for group, found in findings.items()
        for finding in _each_once(found)
        if finding.share > 0
    ]
    total = round(100 * math.exp(-sum(cost for _, cost in costs)))
    blocks = tuple(finding for found in findings.values() for finding in found if is_block(finding))
    return Score(total, groups, _divide(100 - total, costs), blocks)


def is_block(finding: Finding) -> bool:
    """Whether it keeps an anchor from going on air."""
    return finding.defect in BLOCKING and finding.is_found


def _kept(found: Iterable[Finding]) -> float:
    return math.prod(1 - finding.share for finding in found)


def _each_once(found: Sequence[Finding]) -> Sequence[Finding]:
    defects = [finding.defect for finding in found]
    if len(set(defects)) != len(defects):
        raise ValueError("a defect counts once")
    return found


def _divide(points: int, costs: Sequence[tuple[Finding, float]]) -> tuple[tuple[Finding, int], ...]:
    """Whole points in proportion to the costs, by largest remainder."""
    whole = sum(cost for _, cost in costs)
    if points <= 0 or whole <= 0:
        return ()
    exact = [points * cost / whole for _, cost in costs]
    given = [int(part) for part in exact]
    for index in sorted(range(len(costs)), key=lambda one: given[one] - exact[one])[: points - sum(given)]:
        given[index] += 1
    divided = sorted(zip((finding for finding, _ in costs), given, strict=True), key=lambda one: -one[1])
    return tuple((finding, count) for finding, count in divided if count)
