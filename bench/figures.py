"""The few statistics that benches tell. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def median(values: Sequence[float]) -> float | None:
    """None of nothing."""
    return float(statistics.median(values)) if values else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least ``share`` (0 … 1) of all do not exceed; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return float(ordered[max(0, math.ceil(share * len(ordered)) - 1)])


def spread(values: Sequence[float]) -> float | None:
    """From the smallest to the greatest; None of fewer than two."""
    return float(max(values) - min(values)) if len(values) > 1 else None


def turns(pairs: int) -> list[tuple[bool, bool]]:
    """For each pair, whether the first and the second run are ours: who begins changes from pair to pair."""
    return [(index % 2 == 0, index % 2 == 1) for index in range(pairs)]


def rounded(figures: dict[str, float | None]) -> dict[str, float | None]:
    """Four digits that count: more would be noise."""
    return {key: None if value is None else float(f"{value:.4g}") for key, value in figures.items()}
