"""What a person can ask of the face check by camera. Part of ``wishes``."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.liveness import Abort, LivenessPath


@dataclass(frozen=True)
class LoadLiveness:
    """Ask the service how my face check by camera stands."""


@dataclass(frozen=True)
class StartLiveness:
    """Begin an attempt; the person has agreed to it."""

    path: LivenessPath = LivenessPath.FULL


@dataclass(frozen=True)
class FlashShown:
    """The first grey is on the screen since ``at_ms`` (monotonic clock of the machine)."""

    at_ms: int


@dataclass(frozen=True)
class AbortLiveness:
    """Give the attempt up."""

    reason: Abort


LivenessWish = LoadLiveness | StartLiveness | FlashShown | AbortLiveness
