"""What each part of the bench of the quality meter hands to the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outcome:
    """One part's figures; maps are by the name of the material's folder (``dark``, ``snd-hum``)."""

    detection: Mapping[str, float]
    """Part of the material with this defect in which it was found."""
    false_alarms: int
    """Pieces of clean material in which any defect was found,"""
    clean_pieces: int
    """of so many."""
    spearman: Mapping[str, float]
    """Rank correlation of the group's score with the amount of the defect; −1 is perfect."""
    more: Mapping[str, float | None] = field(default_factory=dict)
    """Further figures by their names in the bench's line."""
    notes: tuple[str, ...] = ()
    """Lines for standard error: which pieces were judged wrongly, and how."""
