"""The schedule of a fake platform, by the rules of the wire. Part of ``FakeWay``, which holds what it knows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Protocol

from app.contract.rest import Category, Session
from app.contract.schedule import Activity, Entry, Plan, Schedule
from app.domain.session import EndReason, SessionState
from app.errors import PlatformError

SERVER_NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
"""20:00 in Asia/Shanghai."""


class Planned(Protocol):
    """Of one person."""

    entries: list[Entry]
    answered: dict[str, str]


def planned(session_id: str, plan: Plan, **changes: object) -> Session:
    """A session as it stands on the schedule."""
    made = Session(
        id=session_id, title=plan.title, category=plan.category, anchor_id="a1", anchor_name="林晓",
        state=SessionState.SCHEDULED, created_at=SERVER_NOW, starts_at=plan.starts_at, length_min=plan.length_min,
        grace_period_s=180, viewer_url=f"http://h/s/{session_id}",
    )  # fmt: skip
    return made.model_copy(update=changes)


def a_plan(title: str = "写好简历", in_min: int = 60, **changes: object) -> Plan:
    made = Plan(
        title=title, category=Category.JOB_SEARCH, starts_at=SERVER_NOW + timedelta(minutes=in_min), length_min=60
    )
    return made.model_copy(update=changes)


class FakeSchedule(ABC):
    """``server_now`` is what the service's clock says."""

    server_now = SERVER_NOW
    spans: list[tuple[datetime | None, datetime | None]]
    plan_keys: list[str]
    offered: list[Activity]
    calendars: list[str]

    @property
    @abstractmethod
    def mine(self) -> Planned: ...

    @abstractmethod
    def _check(self, name: str) -> None: ...

    @abstractmethod
    async def _held(self, name: str) -> None: ...

    # ---- what others do --------------------------------------------------------------------------

    def put(self, entry: Entry) -> Entry:
        """An entry as another device, or time, has left it."""
        others = [one for one in self.mine.entries if one.session.id != entry.session.id]
        self.mine.entries = sorted([*others, entry], key=lambda one: one.plan.starts_at)
        return entry

    def add(self, plan: Plan, **changes: object) -> Entry:
        """One that was planned before."""
        session = planned(f"e{len(self.mine.entries) + 1}", plan, **changes)
        return self.put(Entry(session=session, plan=plan, revision=0))

    def change_elsewhere(self, session_id: str, **changes: object) -> Entry:
        before = self.entry(session_id)
        plan = before.plan.model_copy(update=changes)
        return self.put(before.model_copy(update={"plan": plan, "revision": before.revision + 1}))

    def entry(self, session_id: str) -> Entry:
        return next(one for one in self.mine.entries if one.session.id == session_id)

    # ---- what the program asks -------------------------------------------------------------------

    async def schedule(self, since: datetime | None = None, until: datetime | None = None) -> Schedule:
        self._check("schedule")
        self.spans.append((since, until))
        found = list(self.mine.entries)
        if since is None or until is None:
            found = [one for one in found if one.session.state is not SessionState.ENDED]
        else:
            found = [one for one in found if since < _ends_at(one) and one.plan.starts_at < until]
        await self._held("schedule")
        return Schedule(entries=found, server_now=self.server_now)

    async def plan(self, plan: Plan, idempotency_key: str) -> Entry:
        self._check("plan")
        self.plan_keys.append(idempotency_key)
        if idempotency_key not in self.mine.answered:
            self._require_free(plan)
            self.mine.answered[idempotency_key] = self.add(plan).session.id
        entry = self.entry(self.mine.answered[idempotency_key])
        await self._held("plan")
        return entry

    async def change_plan(self, session_id: str, base_revision: int, plan: Plan) -> Entry:
        self._check("change_plan")
        before = self.entry(session_id)
        if before.session.state is not SessionState.SCHEDULED:
            raise PlatformError("session_begun", retryable=False)
        if plan != before.plan:
            if base_revision != before.revision:
                raise PlatformError("schedule_conflict", retryable=False, detail={"revision": before.revision})
            self._require_free(plan, session_id)
            before = self.put(before.model_copy(update={"plan": plan, "revision": before.revision + 1}))
        await self._held("change_plan")
        return before

    def _require_free(self, plan: Plan, but: str = "") -> None:
        ends_at = plan.starts_at + timedelta(minutes=plan.length_min)
        for one in self.mine.entries:
            is_in_the_way = one.session.id != but and one.session.state is not SessionState.ENDED
            if is_in_the_way and plan.starts_at < _ends_at(one) and one.plan.starts_at < ends_at:
                raise PlatformError("schedule_overlap", retryable=False, detail=overlap_detail(one))

    async def cancel_plan(self, session_id: str) -> Entry:
        self._check("cancel_plan")
        before = self.entry(session_id)
        if before.session.state not in (SessionState.SCHEDULED, SessionState.ENDED):
            raise PlatformError("session_begun", retryable=False)
        ended = {"state": SessionState.ENDED, "end_reason": EndReason.CANCELLED}
        self.put(before.model_copy(update={"session": before.session.model_copy(update=ended)}))
        await self._held("cancel_plan")
        return self.entry(session_id)

    async def calendar_file(self, session_id: str = "") -> bytes:
        self._check("calendar_file")
        self.calendars.append(session_id)
        return b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"

    async def activities(self) -> list[Activity]:
        self._check("activities")
        return list(self.offered)


def _ends_at(entry: Entry) -> datetime:
    return entry.plan.starts_at + timedelta(minutes=entry.plan.length_min)


def overlap_detail(entry: Entry) -> dict[str, object]:
    """As the service names the session that has the time."""
    return {
        "session_id": entry.session.id, "title": entry.plan.title, "starts_at": entry.plan.starts_at.isoformat(),
        "length_min": entry.plan.length_min,
    }  # fmt: skip
