"""The schedule on the wire. Owned by the I/O loop."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from app.client.api import parsed, parsed_all
from app.client.caller import Caller
from app.contract.schedule import Activity, Entry, Plan, PlanChange, Schedule


class ScheduleCalls(Caller):
    """See ports.schedule."""

    async def schedule(self, since: datetime | None = None, until: datetime | None = None) -> Schedule:
        span = {} if since is None or until is None else {"from": _utc_text(since), "until": _utc_text(until)}
        query = f"?{urlencode(span)}" if span else ""
        return parsed(Schedule, await self._signed("GET", f"/me/schedule{query}"))

    async def plan(self, plan: Plan, idempotency_key: str) -> Entry:
        reply = await self._signed("POST", "/me/schedule", body=plan, idempotency_key=idempotency_key)
        return parsed(Entry, reply)

    async def change_plan(self, session_id: str, base_revision: int, plan: Plan) -> Entry:
        wish = PlanChange(base_revision=base_revision, plan=plan)
        return parsed(Entry, await self._signed("PUT", f"/me/schedule/{_part(session_id)}", body=wish))

    async def cancel_plan(self, session_id: str) -> Entry:
        return parsed(Entry, await self._signed("POST", f"/me/schedule/{_part(session_id)}/cancel"))

    async def calendar_file(self, session_id: str = "") -> bytes:
        path = f"/me/schedule/{_part(session_id)}.ics" if session_id else "/me/schedule.ics"
        return bytes(await self._signed("GET", path, is_file=True))

    async def activities(self) -> list[Activity]:
        return parsed_all(Activity, await self._signed("GET", "/activities"))


def _part(session_id: str) -> str:
    return quote(session_id, safe="")


def _utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
