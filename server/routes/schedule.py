"""One's own schedule, as a list and as iCalendar; and the official activities that one can join."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, Field

from app.contract.errors import ErrorCode
from app.contract.rest import API_PREFIX
from app.contract.schedule import Activity, Entry, Plan, PlanChange, Schedule
from app.domain.schedule import Span
from app.runtime.clock import utc_ms
from server.errors import Refusal
from server.gate import Person
from server.messages import language_of
from server.routes.deps import REFUSALS, PageQuery, SignedIn, SomeId, WithServices
from server.routes.sessions import IdempotencyKey
from server.schedule import activities, plans, views
from server.schedule.calendar import to_ical
from server.schedule.views import EntryView
from server.services import Services

router = APIRouter(prefix=API_PREFIX, responses=REFUSALS, tags=["schedule"])
_CALENDAR: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/calendar": {"schema": {"type": "string"}}}, "description": "The calendar"}
}


class SpanQuery(PageQuery):
    """Which time is asked for: both, or neither for what is to come."""

    from_: Annotated[AwareDatetime | None, Field(alias="from")] = None
    until: AwareDatetime | None = None


@router.get("/me/schedule")
async def get_schedule(person: SignedIn, services: WithServices, span: Annotated[SpanQuery, Query()]) -> Schedule:
    """What is to come; or with from and until (100 days at most) all that touches that time."""
    now = services.clock.utc()
    now_ms = utc_ms(now)
    if span.from_ is None and span.until is None:
        found = await services.store.read(lambda db: views.upcoming(db, person, now_ms))
    else:
        wanted = _span(span)
        found = await services.store.read(lambda db: views.touching(db, person, wanted, now_ms))
    return Schedule(entries=[_wire(services, view, person) for view in found], server_now=now)


@router.post("/me/schedule", status_code=201)
async def plan_session(
    wish: Plan, person: SignedIn, services: WithServices, idempotency_key: IdempotencyKey = None
) -> Entry:
    """Plan a session. Repeatable with Idempotency-Key."""
    services.rates.schedule.require(person.account_id)
    view = await services.store.write(
        lambda tx: plans.plan(tx, person, services.cipher, services.checker, wish, idempotency_key)
    )
    return _wire(services, view, person)


@router.put("/me/schedule/{session_id}")
async def change_entry(session_id: SomeId, wish: PlanChange, person: SignedIn, services: WithServices) -> Entry:
    """Change one until it begins; repeatable."""
    services.rates.schedule.require(person.account_id)
    view = await services.store.write(
        lambda tx: plans.change(tx, person, services.cipher, services.checker, session_id, wish)
    )
    return _wire(services, view, person)


@router.post("/me/schedule/{session_id}/cancel")
async def cancel_entry(session_id: SomeId, person: SignedIn, services: WithServices) -> Entry:
    """Take one off; repeatable."""
    return _wire(services, await services.store.write(lambda tx: plans.cancel(tx, person, session_id)), person)


@router.get("/me/schedule.ics", response_class=Response, responses=_CALENDAR)
async def export_schedule(request: Request, person: SignedIn, services: WithServices) -> Response:
    """What is to come, as iCalendar."""
    now_ms = utc_ms(services.clock.utc())
    found = await services.store.read(lambda db: views.upcoming(db, person, now_ms))
    return _calendar(request, services, found, "schedule.ics")


@router.get("/me/schedule/{session_id}.ics", response_class=Response, responses=_CALENDAR)
async def export_entry(session_id: SomeId, request: Request, person: SignedIn, services: WithServices) -> Response:
    """One of mine, as iCalendar."""
    view = await services.store.read(lambda db: views.one(db, person, session_id))
    return _calendar(request, services, [view], f"{session_id}.ics")


@router.get("/activities")
async def list_activities(person: SignedIn, services: WithServices) -> list[Activity]:
    """Official activities that one can still join."""
    now_ms = utc_ms(services.clock.utc())
    return await services.store.read(lambda db: activities.joinable(db, person, now_ms))


def _span(asked: SpanQuery) -> Span:
    if asked.from_ is None or asked.until is None:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "until" if asked.until is None else "from"})
    return Span(utc_ms(asked.from_), utc_ms(asked.until))


def _wire(services: Services, view: EntryView, person: Person | None = None) -> Entry:
    return views.to_wire(view, services.wire(view.session, person))


def _calendar(request: Request, services: Services, found: list[EntryView], name: str) -> Response:
    language = language_of(request.headers.get("accept-language", ""))
    entries = [_wire(services, view) for view in found]
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    made = to_ical(entries, services.platform_tag, services.clock.utc(), language)
    return Response(made, media_type="text/calendar", headers=headers)
