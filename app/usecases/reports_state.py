"""What a person reported, and the clip of the recording that goes along. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from app.contract.reports import Report
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase


class ClipPhase(StrEnum):
    NONE = "none"
    CUTTING = "cutting"
    READY = "ready"
    UPLOADING = "uploading"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class ReportClip:
    """A clip from when the form was opened: first the form's, then of the report that it was filed with."""

    clip_id: str = ""
    report_id: str = ""
    """Empty while nothing is filed."""
    phase: ClipPhase = ClipPhase.NONE
    path: str = field(default="", repr=False)
    """Of the engine's file; empty until it is cut."""
    duration_ms: int = 0
    size_bytes: int = 0
    is_shortened: bool = False
    sent_bytes: int = 0
    code: str = ""
    """Why it failed: ``error.<code>``."""
    can_retry: bool = False


@dataclass(frozen=True)
class ReportsState:
    """``reports``: mine, the newest first."""

    phase: LoadPhase = LoadPhase.IDLE
    reports: tuple[Report, ...] = ()
    trouble: Trouble | None = None
    """Why they could not be loaded."""
    act_trouble: Trouble | None = None
    """Why the last one that was to be withdrawn was not; until the next try."""
    withdrawing: frozenset[str] = frozenset()
    is_sending: bool = False
    refusal: Trouble | None = None
    """Why the one of the form could not be filed."""
    filed: Report | None = None
    """What was filed last, until it is put away."""
    filed_number: int = 0
    """Grows with each."""
    filed_key: str = ""
    """Of the form that was filed last: what was typed there is no longer needed."""
    clip: ReportClip = field(default_factory=ReportClip)
    """Of the form that is open."""
    uploads: tuple[ReportClip, ...] = ()
    """Of what was filed in this run, the oldest first."""
