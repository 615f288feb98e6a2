"""The programme's time: slots of video and samples of sound on one monotonic clock. Pure; any thread."""

from __future__ import annotations

import math
from dataclasses import dataclass

SAMPLE_RATE_HZ = 48_000
BLOCK_SAMPLES = 960
"""Sound is mixed in blocks of 20 ms."""
BLOCK_S = BLOCK_SAMPLES / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class ProgrammeTime:
    """``start_s`` is the moment, on the monotonic clock, of slot 0 and sample 0."""

    start_s: float
    rate_fps: int

    def slot_s(self, number: int) -> float:
        """When a slot is due."""
        return self.start_s + number / self.rate_fps

    def slot_at(self, time_s: float) -> int:
        """The slot that is running at a time."""
        return math.floor((time_s - self.start_s) * self.rate_fps + 1e-6)

    def next_slot_s(self, time_s: float) -> float:
        """The first slot's time that is not before ``time_s``."""
        return self.slot_s(math.ceil((time_s - self.start_s) * self.rate_fps - 1e-6))

    def sample_at(self, time_s: float) -> int:
        """The sample that belongs to a time."""
        return round((time_s - self.start_s) * SAMPLE_RATE_HZ)


def audio_pts_ms(sample: int) -> int:
    """Milliseconds since sample 0."""
    return round(sample * 1000 / SAMPLE_RATE_HZ)
