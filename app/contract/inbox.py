"""Messages to a person (消息) and the steps of the way to air, on the wire, under ``/api/v1/me``."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.contract.wire import Wire
from app.domain.onboarding import StepId, StepState


class InboxKind(StrEnum):
    """What a message tells. The app says it by ``inbox.<kind>.title`` and ``inbox.<kind>.body`` with ``params``."""

    APPLICATION_RECEIVED = "application_received"
    APPLICATION_IN_REVIEW = "application_in_review"
    APPLICATION_APPROVED = "application_approved"
    APPLICATION_RETURNED = "application_returned"
    APPLICATION_REJECTED = "application_rejected"
    DOCUMENT_PUBLISHED = "document_published"
    DOCUMENT_MATERIAL = "document_material"
    """A new version must be accepted before the next broadcast."""
    IMAGE_APPROVED = "image_approved"
    IMAGE_REFUSED = "image_refused"
    SESSION_CUT_OFF = "session_cut_off"
    FACE_REQUESTED = "face_requested"
    FACE_APPOINTED = "face_appointed"
    FACE_VERIFIED = "face_verified"
    FACE_REFUSED = "face_refused"
    FACE_VOIDED = "face_voided"
    FACE_EVIDENCE = "face_evidence"
    """The camera found a living person; an operator compares."""
    FACE_RETAKE = "face_retake"
    IDENTITY_WITHDRAWN = "identity_withdrawn"
    """An operator took the checked name away; the face check goes with it, and is not told of by itself."""
    SESSION_REMINDER = "session_reminder"
    SESSION_MISSED = "session_missed"
    SESSION_CANCELLED = "session_cancelled"
    """By the platform: its activity was called off, or the anchor was suspended."""
    SUSPENDED = "suspended"
    SUSPENSION_LIFTED = "suspension_lifted"
    MEASURE_WARNING = "measure_warning"
    MEASURE_LIMIT_CHAT = "measure_limit_chat"
    MEASURE_LIMIT_BROADCAST = "measure_limit_broadcast"
    MEASURE_LIMIT_GUESTS = "measure_limit_guests"
    MEASURE_CORRECTION = "measure_correction"
    MEASURE_LIMIT_GIFTS = "measure_limit_gifts"
    MEASURE_CLOSING = "measure_closing"
    MEASURE_REFUSAL = "measure_refusal"
    MEASURE_DELETION = "measure_deletion"
    MEASURE_RECLAIMING = "measure_reclaiming"
    MEASURE_AUTHORITIES = "measure_authorities"
    SESSION_PUT_BACK = "session_put_back"
    """A measure had taken it off the schedule and is over: it stands there again, as a new entry."""
    SESSION_NOT_PUT_BACK = "session_not_put_back"
    """The same, but its time is past or taken."""
    MEASURE_LIFTED = "measure_lifted"
    APPEAL_UPHELD = "appeal_upheld"
    """The appeal was heard, and the measure stays."""
    APPEAL_REVERSED = "appeal_reversed"
    REPORT_UPHELD = "report_upheld"
    REPORT_DISMISSED = "report_dismissed"
    COMPLAINT_UPHELD = "complaint_upheld"
    COMPLAINT_DISMISSED = "complaint_dismissed"


class LinkPlace(StrEnum):
    """Which page of the window a message leads to."""

    NONE = "none"
    PREPARE = "prepare"
    DOCUMENT = "document"
    """``link_id`` is the kind of the document."""
    ACCOUNT = "account"
    LIVE = "live"
    SCHEDULE = "schedule"
    """``link_id`` is the id of the session."""
    MEASURES = "measures"
    """``link_id`` is the id of the measure."""
    REPORTS = "reports"
    """``link_id`` is the id of the report."""


class InboxMessage(Wire):
    id: str
    number: int
    """Counts up from 1 for each person: ask for what comes after one."""
    kind: InboxKind
    at: datetime
    params: dict[str, str] = {}
    """Values for the sentence; what an operator wrote stands in ``comment``."""
    place: LinkPlace = LinkPlace.NONE
    link_id: str = ""
    is_read: bool = False


MAX_NUMBER = 2**31 - 1


class Inbox(Wire):
    """GET /me/inbox?before=NUMBER&limit=50: the newest first."""

    messages: list[InboxMessage]
    unread: int
    has_more: bool


class InboxRead(Wire):
    """POST /me/inbox/read: all up to and with this number, or only the ones named; gives the new Inbox count."""

    up_to: Annotated[int, Field(ge=0, le=MAX_NUMBER)] = 0
    ids: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=100)] = []


class InboxCount(Wire):
    unread: int


class Step(Wire):
    id: StepId
    state: StepState
    at: datetime | None = None
    """When it was done."""
    note: str = ""
    """What stands in the way or what is known, as a code: ``step.<id>.<note>`` says it."""
    params: dict[str, str] = {}


class Onboarding(Wire):
    """GET /me/onboarding: the steps in order, always true to the service."""

    steps: list[Step]
    may_broadcast: bool
    missing: str = ""
    """Code of what stands in the way of a broadcast now (contract.errors); empty when nothing does."""


PERSONAL_ROOM = "@me"
"""The room of ``hello`` in which a person hears of what concerns them: ``me.changed`` with {what}, seq 0, no replay.

After each (re)connect the client asks anew for everything, so nothing is lost.
"""


class Concern(StrEnum):
    """``what`` of ``me.changed``."""

    INBOX = "inbox"
    APPLICATION = "application"
    DOCUMENTS = "documents"
    ACCOUNT = "account"
    IDENTITY = "identity"
    """Real name or face check."""
    MEASURES = "measures"
    REPORTS = "reports"
    """What one reported, and how it stands."""
    SCHEDULE = "schedule"
