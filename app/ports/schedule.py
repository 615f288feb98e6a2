"""The schedule (排期) as the platform tells it. Part of ``Platform``; coroutines as in ports.platform."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from app.contract.schedule import Activity, Entry, Plan, Schedule


class ScheduleDeskPort(Protocol):
    """What I have planned, and the official activities that I can join."""

    async def schedule(self, since: datetime | None = None, until: datetime | None = None) -> Schedule:
        """What touches the span (UTC, 100 days at most); without one what is to come."""

    async def plan(self, plan: Plan, idempotency_key: str) -> Entry:
        """A repeat with the same key gives the entry that the first one made."""

    async def change_plan(self, session_id: str, base_revision: int, plan: Plan) -> Entry:
        """PlatformError ``schedule_conflict`` when it was changed elsewhere since ``base_revision``."""

    async def cancel_plan(self, session_id: str) -> Entry:
        """Take it off; repeatable."""

    async def calendar_file(self, session_id: str = "") -> bytes:
        """As iCalendar: one of mine, or without an id what is to come."""

    async def activities(self) -> list[Activity]:
        """Those that one can still join, the earliest first."""
