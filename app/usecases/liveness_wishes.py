"""What a person, or the page for them, can ask of the face check by camera. Part of ``wishes``."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.liveness import Abort, LivenessPath


@dataclass(frozen=True)
class LoadLiveness:
    """The page is open: how it stands, and get ready to begin."""


@dataclass(frozen=True)
class StartLiveness:
    """Begin. Nothing while one runs."""

    path: LivenessPath = LivenessPath.FULL


@dataclass(frozen=True)
class FlashShown:
    """The first grey of the colours is on the screen since ``at_ms``, by the machine's monotonic clock."""

    at_ms: int


@dataclass(frozen=True)
class AbortLiveness:
    """Give it up: the person, or the page that lost the focus. What was captured whole already goes on its way, unless
    the person gives it up."""

    reason: Abort = Abort.GIVEN_UP


LivenessWish = LoadLiveness | StartLiveness | FlashShown | AbortLiveness
