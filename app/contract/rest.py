"""Bodies of requests and replies under ``/api/v1``. Times are UTC, RFC 3339; durations carry their unit.

Writes that can be repeated carry the header ``Idempotency-Key``. Signed-in requests carry
``Authorization: Bearer <access token>``.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.contract.wire import Wire
from app.domain.measures import ConductCategory
from app.domain.session import EndReason, SessionState

API_PREFIX = "/api/v1"

Phone = Annotated[str, Field(pattern=r"^1[3-9]\d{9}$", description="Mainland mobile number, 11 digits", repr=False)]
Title = Annotated[str, Field(min_length=1, max_length=40)]


class Role(StrEnum):
    VIEWER = "viewer"
    ANCHOR = "anchor"
    OPERATOR = "operator"


class Category(StrEnum):
    """Broadcast scope (直播范围)."""

    JOB_SEARCH = "job_search"
    EXPERIENCE = "experience"
    OUTFIT = "outfit"
    OFFICE_SKILLS = "office_skills"
    OTHER = "other"


class PlatformInfo(Wire):
    """GET /platform, open to all."""

    name: str
    name_en: str
    is_demo: bool
    api_version: int
    contact: str = ""
    """How to reach customer service, in Chinese and English."""
    contact_en: str = ""
    report_hotline: str = ""
    """The phone for reports; empty: none."""
    server_time: datetime


class Health(Wire):
    status: str
    database: str
    ingest: str
    version: str


class CodeRequest(Wire):
    """POST /auth/code"""

    phone: Phone


class CodeSent(Wire):
    expires_in_s: int
    retry_after_s: int
    is_shown_in_window: bool
    """True on the demo platform: no text message is sent, the anchor's window shows the code."""


class SignIn(Wire):
    """POST /auth/sign-in"""

    phone: Phone
    code: Annotated[str, Field(pattern=r"^\d{6}$", repr=False)]
    device_name: Annotated[str, Field(min_length=1, max_length=60)]
    device_id: str | None = None
    """The id this device was given at an earlier sign-in, to go on as the same device."""


class OperatorSignIn(Wire):
    """POST /auth/operator"""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    password: Annotated[str, Field(min_length=1, max_length=200, repr=False)]
    otp: Annotated[str, Field(max_length=20, repr=False)] = ""
    """A code of the authenticator, or a recovery code. Without a factor the operator enrols at the desk first."""
    device_name: Annotated[str, Field(min_length=1, max_length=60)]


class Refresh(Wire):
    """POST /auth/refresh. The token is spent; showing it a second time ends the device.

    Whoever got no answer may show it again within a minute: that gives a fresh pair, and the one that was lost
    is void.
    """

    refresh_token: Annotated[str, Field(min_length=1, max_length=200, repr=False)]


class Account(Wire):
    """GET /me"""

    id: str
    nickname: str
    phone_masked: str
    roles: list[Role]
    scopes: list[Category] = []
    """What an anchor is approved for."""
    avatar_image_id: str = ""
    """GET /images/{id}; empty until one is approved."""


class TokenPair(Wire):
    access_token: Annotated[str, Field(repr=False)]
    access_expires_in_s: int
    refresh_token: Annotated[str, Field(repr=False)]
    device_id: str
    account: Account


class MeChange(Wire):
    """PATCH /me"""

    nickname: Annotated[str, Field(min_length=1, max_length=20)]


class Device(Wire):
    """GET /me/devices; DELETE /me/devices/{id} ends one."""

    id: str
    name: str
    is_this: bool
    first_seen: datetime
    last_seen: datetime


class SessionCreate(Wire):
    """POST /sessions: one on the spot. It takes the time up to the next planned one, an hour at most.

    schedule_overlap when a planned session has its time now: that one is to be started instead.
    """

    title: Title
    category: Category


class SessionFigures(Wire):
    """Who was in the room of a session while its media came (live), by the service's count."""

    onlookers: int
    """Different people, without the anchor."""
    viewers_peak: int
    """The most at a time."""
    viewers_average: float
    """Over the time on air."""
    watch_ms: int
    """What all of them together spent there."""
    watch_each_ms: int
    """Of each onlooker, on average."""
    on_air_ms: int
    """Without the times in which it was interrupted."""


class Session(Wire):
    """GET /sessions/{id}, GET /sessions/current (of the anchor: being prepared or on air, else made on the spot and not
    begun; 404 when there is none)
    """

    id: str
    title: str
    category: Category
    anchor_id: str
    anchor_name: str
    state: SessionState
    end_reason: EndReason | None = None
    created_at: datetime
    starts_at: datetime | None = None
    """When it is planned to begin; None for one on the spot."""
    length_min: int = 0
    """How long it is planned to last; of one on the spot, how long at most."""
    cover_image_id: str = ""
    """GET /images/{id}; empty when there is none that is approved."""
    started_at: datetime | None = None
    interrupted_at: datetime | None = None
    ended_at: datetime | None = None
    grace_period_s: int
    viewers: int = 0
    messages: int = 0
    figures: SessionFigures | None = None
    """Told to its anchor and to operators, also after its end; None before it was on air."""
    viewer_url: str
    """Address of the page where this session is watched."""


class KeyRequest(Wire):
    """POST /sessions/{id}/stream-key. The first makes the session ``preparing``; each kills the one before."""

    take_over: bool = False
    """True: take the session from the other device of this anchor that holds it."""


class IngestAddress(Wire):
    """One way to the ingest, such as rtmp://host:1935/live. All of them take the same keys."""

    name: str
    """The operator's, else the address's host; no two are alike."""
    url: str


class StreamTarget(Wire):
    """Where to publish. ``key`` is shown once; the service keeps its hash."""

    url: str
    """The first of ``ingests``."""
    key: Annotated[str, Field(repr=False)]
    key_id: str
    ingests: list[IngestAddress] = []
    """In the operator's order; whoever has measured them takes the best."""


class ProbeTarget(Wire):
    """POST /me/probe-key. Media sent with ``key`` is measured and dropped; it is no key to go on air with.

    One a device lives at a time. rate_limited after too many in an hour.
    """

    key: Annotated[str, Field(repr=False)]
    key_id: str
    expires_in_s: int
    ingests: list[IngestAddress]
    """In the operator's order, one at least."""


class CutOff(Wire):
    """POST /sessions/{id}/cut-off (operator)"""

    reason: Annotated[str, Field(min_length=1, max_length=200)]
    category: ConductCategory | None = None


class PlayInfo(Wire):
    """GET /sessions/{id}/play. Addresses carry a token of at most 60 s; ask again before it runs out."""

    flv_url: str
    hls_url: str
    expires_in_s: int
    state: SessionState


class GuestCheck(Wire):
    """GET /sessions/{id}/guest-check: whether I may talk with the anchor on air."""

    may: bool
    missing: str = ""
    """Code of what stands in the way (contract.errors); empty when nothing does."""


class ChatMessage(Wire):
    id: str
    session_id: str
    author_id: str
    author_name: str
    is_anchor: bool
    text: str
    sent_at: datetime
    seq: int
    role: str = "viewer"
    reply_author: str = ""
    reply_text: str = ""
    """What it answers; empty when it answers nothing, or what it answers is hidden."""
    is_hidden: bool = False
    """Told to moderators only; nobody else gets a hidden message."""


class DemoCode(Wire):
    """GET /internal/v1/demo/codes, only with the local token that the supervisor made."""

    phone_masked: str
    phone: Annotated[str, Field(repr=False)]
    code: Annotated[str, Field(repr=False)]
    expires_in_s: int
