"""How long to wait before trying again. Pure; the caller waits and brings the randomness."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that grow to a ceiling. The jitter keeps a thousand desks from coming back in the same instant."""

    steps_s: tuple[float, ...] = (0.5, 0.5, 0.5, 0.5, 1.0, 2.0, 4.0, 5.0)
    jitter_ratio: float = 0.2

    def wait_s(self, attempt: int, random_ratio: float) -> float:
        """Seconds before ``attempt`` (from 1 on). ``random_ratio`` is 0 … 1 and adds up to ``jitter_ratio``."""
        if attempt < 1:
            raise ValueError("attempts count from 1")
        step_s = self.steps_s[min(attempt, len(self.steps_s)) - 1]
        return step_s * (1.0 + self.jitter_ratio * random_ratio)
