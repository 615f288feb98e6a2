"""What the screens may know of picture, sound, network and computer: measured, judged, mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.quality.measures import ComputerMeasures, NetworkMeasures, PictureMeasures, SoundMeasures
from app.domain.quality.model import Defect, Finding, Group, Score
from app.ports.engine import SampleChanged
from app.usecases.trouble import Trouble


class ProbePhase(StrEnum):
    IDLE = "idle"
    """Not asked for yet, or cancelled."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """It could not be tried at all; ``trouble`` says why."""


@dataclass(frozen=True)
class ProbeState:
    phase: ProbePhase = ProbePhase.IDLE
    passed_ratio: float = 0.0
    kbps: float = 0.0
    """What gets through at the moment, while running."""
    network: NetworkMeasures | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Proposal:
    """The format that network and computer hold, as a rung of the settings."""

    width_px: int
    height_px: int
    rate_fps: int
    video_kbps: int
    is_limited_by_network: bool
    is_limited_by_computer: bool
    is_set: bool
    """Whether it is what the settings say now."""


@dataclass(frozen=True)
class Advice:
    """What on air got worse: told once until it was well again."""

    defect: Defect
    finding: Finding
    at_s: float


@dataclass(frozen=True)
class QualityDesk:
    is_watching: bool = False
    """The page of the preflight is open: measured often."""
    picture: PictureMeasures | None = None
    sound: SoundMeasures | None = None
    computer: ComputerMeasures | None = None
    is_measuring_computer: bool = False
    findings: Mapping[Group, tuple[Finding, ...]] = field(default_factory=dict)
    """Of the groups that were measured; every possible defect of a group, most with nothing to tell."""
    score: Score = field(default_factory=lambda: Score(None, {}, (), ()))
    probe: ProbeState = field(default_factory=ProbeState)
    sample: SampleChanged = field(default_factory=SampleChanged)
    mendable: frozenset[Defect] = frozenset()
    """Found defects that one click can mend or lessen here and now."""
    mended: frozenset[Defect] = frozenset()
    """For which a mend is in force; it can be taken back."""
    proposal: Proposal | None = None
    is_settled: bool = False
    """Watched long enough for the slow measures."""
    is_talking_muted: bool = False
    """Somebody speaks while the microphone is muted."""
    advice: Advice | None = None
