"""The schedule (排期) on the wire. A planned session is a session: the same id serves for its keys, room and page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from app.contract.rest import Category, Session, Title
from app.contract.wire import Wire
from app.domain.schedule import MAX_INDUSTRY_CHARS, MAX_POSITION_CHARS

MAX_REVISION = 2**31 - 1


class Plan(Wire):
    """What a person fills in. POST /me/schedule (Idempotency-Key) plans a session.

    With an ``activity_id`` title, category, start and length are those of the official activity, whatever stands
    here. Refusals: what the gate says, out_of_scope, schedule_invalid {field, reason}, schedule_overlap {title,
    starts_at, length_min, session_id}, schedule_full, activity_closed, text_refused.
    """

    title: Title
    category: Category
    industry: Annotated[str, Field(max_length=MAX_INDUSTRY_CHARS)] = ""
    position: Annotated[str, Field(max_length=MAX_POSITION_CHARS)] = ""
    starts_at: AwareDatetime
    """UTC, whole minutes: seconds are passed over."""
    length_min: int
    cover_image_id: Annotated[str, Field(max_length=64)] = ""
    """One's own cover image (PUT /me/images/cover); empty: none. Shown to others once it is approved."""
    is_replay_on: bool = True
    allows_guests: bool = False
    activity_id: Annotated[str, Field(max_length=64)] = ""


class PlanChange(Wire):
    """PUT /me/schedule/{id}: until it starts. schedule_conflict when it was changed elsewhere since the revision."""

    base_revision: Annotated[int, Field(ge=0, le=MAX_REVISION)]
    plan: Plan


class Entry(Wire):
    """A session as it stands on the schedule."""

    session: Session
    plan: Plan
    revision: int
    is_fixed: bool = False
    """An official activity: its time and content cannot be changed."""
    activity_note: str = ""
    """What the platform says of the activity."""


class Schedule(Wire):
    """GET /me/schedule?from=…&until=… (UTC, at most 100 days): all of mine that touch the span, the earliest first.

    Without a span: what is to come. ``server_now`` is the service's clock: the app reckons by it and not by its own.
    POST /me/schedule/{id}/cancel takes one off. GET /me/schedule.ics: what is to come as iCalendar (RFC 5545).
    """

    entries: list[Entry]
    server_now: datetime


class Activity(Wire):
    """GET /activities: official activities that one can still join, the earliest first."""

    id: str
    title: str
    category: Category
    starts_at: datetime
    length_min: int
    note: str = ""
