"""What the screens may know of the schedule (排期). Frozen; part of DeskState."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from app.contract.schedule import Activity, Entry
from app.domain.china_time import CHINA
from app.domain.schedule import ScheduleField
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase


@dataclass(frozen=True)
class CalendarFile:
    """The export that was asked for last."""

    path: str = field(repr=False)
    is_done: bool = False
    reason: str = ""
    """Why it could not be written, in the system's words; empty when it was."""


@dataclass(frozen=True)
class ScheduleDesk:
    """What is planned, and how the last plan that was sent stands. What a person types is not in it."""

    phase: LoadPhase = LoadPhase.IDLE
    upcoming: tuple[Entry, ...] = ()
    """What is to come, and what is being prepared or on air; the earliest first."""
    month: date | None = None
    """First day (Asia/Shanghai) of the month whose page is loaded; None before the first load."""
    entries: tuple[Entry, ...] = ()
    """All that touch that page, which begins and ends with whole weeks; those of long ago too."""
    is_turning: bool = False
    """Another month was asked for, and its entries are not here yet."""
    activities: tuple[Activity, ...] = ()
    now: datetime | None = None
    """The service's time (UTC), by the minute; None before the first load."""
    is_saving: bool = False
    answered: int = 0
    """Grows with each answer to a plan that was sent: faults, conflict and trouble of before are not of the next."""
    saved_number: int = 0
    """Grows with each plan that was taken; ``saved_id`` is its session."""
    saved_id: str = ""
    faults: Mapping[ScheduleField, Trouble] = field(default_factory=dict)
    """What the service found wrong with a field."""
    conflict: Entry | None = None
    """The entry as it was changed elsewhere since; the person decides."""
    plan_trouble: Trouble | None = None
    """Why the plan was not taken, where that is about no field."""
    cancelling: str = ""
    """Id of the session that is being taken off."""
    file: CalendarFile | None = None
    trouble: Trouble | None = None
    """Of loading, taking off and exporting."""

    @property
    def today(self) -> date | None:
        """The day in Asia/Shanghai."""
        return self.now.astimezone(CHINA).date() if self.now is not None else None
