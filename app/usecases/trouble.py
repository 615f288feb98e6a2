"""What went wrong, as the screens tell it: codes and placeholders, never sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Trouble:
    """Something to tell: ``error.<code>`` with placeholders, and the one thing to do."""

    code: str
    detail: Mapping[str, object] = field(default_factory=dict)
    action: str = ""
    """Id of the one button (``action.<action>``), e.g. retry, choose_camera, sign_in, take_over; empty: only OK."""


@dataclass(frozen=True)
class Notice:
    id: int
    trouble: Trouble
    is_error: bool = True
    told_s: float = 0.0
    """When, by the monotonic clock."""
