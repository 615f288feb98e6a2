"""What a demonstration must have shown: pure figures in, sentences of what is wrong out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

LEAST_VIEWERS = 3
LEAST_DECODED_RATIO = 0.9
LOUD_DBFS = -40.0
LEAST_LOUD_RATIO = 0.5
LEAST_PICTURES_A_S = 1.0
"""Different pictures whose burnt-in number was read. Two cores full of browsers look at few of them."""


@dataclass(frozen=True)
class Watched:
    """One viewer: ``seen`` counts how often each message was listed, ``counter`` are the numbers read from pictures."""

    name: str
    asked_via: str
    via: str
    frames_sent_since_joined: int
    frames_decoded: int
    sound_dbfs: Sequence[float]
    counter: Sequence[int]
    seen: Mapping[str, int]
    first_frame_ms: float | None = None
    stalls: int = 0
    errors: Sequence[str] = field(default_factory=tuple)

    @property
    def decoded_ratio(self) -> float:
        return self.frames_decoded / self.frames_sent_since_joined if self.frames_sent_since_joined else 0.0

    @property
    def loud_ratio(self) -> float:
        """Share of the seconds whose sound was above −40 dBFS."""
        loud = sum(level > LOUD_DBFS for level in self.sound_dbfs)
        return loud / len(self.sound_dbfs) if self.sound_dbfs else 0.0

    @property
    def is_moving(self) -> bool:
        """Whether the burnt-in number went up and never back, over enough pictures."""
        is_forward = all(before <= after for before, after in pairwise(self.counter))
        return is_forward and len(set(self.counter)) >= max(2.0, LEAST_PICTURES_A_S * len(self.sound_dbfs))


@dataclass(frozen=True)
class Shown:
    """The whole demonstration; ``seen_in_window`` counts how often the anchor's window listed each message."""

    frames_sent: int
    frames_dropped: int
    messages: Sequence[str]
    seen_in_window: Mapping[str, int]
    viewers: Sequence[Watched]
    exit_code: int = 0
    """The program's own, after its window was closed."""
    left_running: Sequence[str] = field(default_factory=tuple)
    """Processes of the program that outlived it."""

    def summary(self) -> dict[str, Any]:
        """Plain values, with the ratios; of each counter how many were read, the first and the last."""
        plain = asdict(self)
        for row, viewer in zip(plain["viewers"], self.viewers, strict=True):
            row["decoded_ratio"] = round(viewer.decoded_ratio, 4)
            row["loud_ratio"] = round(viewer.loud_ratio, 4)
            row["counter"] = [len(viewer.counter), *viewer.counter[:1], *viewer.counter[-1:]]
            row["is_moving"] = viewer.is_moving
            row["sound_dbfs"] = [round(level, 1) for level in viewer.sound_dbfs]
        return plain


def faults(shown: Shown) -> list[str]:
    """Everything that was not as it must be; empty when all was well."""
    found = []
    if not shown.frames_sent:
        found.append("no frame was sent")
    if len(shown.viewers) < LEAST_VIEWERS:
        found.append(f"{len(shown.viewers)} watched, at least {LEAST_VIEWERS}")
    if not shown.messages:
        found.append("nobody said anything")
    if shown.exit_code:
        found.append(f"the program ended with {shown.exit_code}")
    found += [f"still running: {process}" for process in shown.left_running]
    found += _counts("the window", shown.messages, shown.seen_in_window)
    for viewer in shown.viewers:
        if viewer.via != viewer.asked_via:
            found.append(f"{viewer.name} watched by {viewer.via or 'nothing'}, not by {viewer.asked_via}")
        if not viewer.is_moving:
            found.append(f"{viewer.name} saw no moving picture ({len(set(viewer.counter))} different numbers read)")
        if viewer.decoded_ratio < LEAST_DECODED_RATIO:
            found.append(
                f"{viewer.name} decoded {viewer.frames_decoded} of {viewer.frames_sent_since_joined} frames "
                f"({viewer.decoded_ratio:.1%}, at least {LEAST_DECODED_RATIO:.0%})"
            )
        if viewer.loud_ratio < LEAST_LOUD_RATIO:
            found.append(
                f"{viewer.name} heard sound above {LOUD_DBFS:.0f} dBFS in {viewer.loud_ratio:.0%} of the seconds "
                f"(at least {LEAST_LOUD_RATIO:.0%})"
            )
        found += _counts(viewer.name, shown.messages, viewer.seen)
        found += [f"{viewer.name}'s page reported: {error}" for error in viewer.errors]
    return found


def _counts(who: str, messages: Sequence[str], seen: Mapping[str, int]) -> list[str]:
    return [f"{who} saw “{message}” {seen.get(message, 0)} times" for message in messages if seen.get(message, 0) != 1]
