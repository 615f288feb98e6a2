"""What a judgement is about, and what comes out of it: values only, for who does not look at pictures. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.flash import Colour
from app.domain.liveness import Action, Finding, Grade, LivenessPath, OrderKind, Retry


class Verdict(StrEnum):
    LIVE = "live"
    """A living person, there now, who did what was asked."""
    RETRY = "retry"
    REVIEW = "review"
    """Nothing speaks against it, and something does not speak for it: an operator looks. Always for reduced paths."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """One order, and the clip's clock when it was given: ``after_ms`` is the time of the last frame under the progress
    message that it answered."""

    kind: OrderKind
    after_ms: float
    action: Action | None = None
    colours: tuple[Colour, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """``flash_ms``: when the program says that it showed the first grey (clip's clock): believed within what the orders
    allow, since it decides nothing but where the lag is counted from."""

    path: LivenessPath
    orders: tuple[Ordered, ...]
    frame_ms: float
    flash_ms: float | None = None
    is_device_virtual: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """One finding, for the operator: ``params`` are numbers for the words, never a score of a face."""

    finding: Finding
    grade: Grade
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame worth looking at. ``label``: best, <action>, or flash_<n>."""

    label: str
    at_ms: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """``retry`` with RETRY only."""

    verdict: Verdict
    retry: Retry | None = None
    signs: tuple[Sign, ...] = ()
    moments: tuple[Moment, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)
    """Measures behind it, for benches and for the record: correlation, lag_ms, depth_ratio, fps …"""
