"""The application (直播申请), its draft and history, text checks and images on the wire, under ``/api/v1/me``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.contract.rest import Category
from app.contract.wire import Wire
from app.domain.application import (
    ApplicantKind,
    ApplicationKind,
    ApplicationState,
    Declaration,
    FormField,
)
from app.domain.images import ImagePurpose, ImageState

MAX_FORM_CHARS = 2000
"""Of the introduction while it is a draft: more than may be submitted, so that nothing that was typed is lost."""
MAX_IMAGE_BYTES = 6 * 1024 * 1024
MAX_REVISION = 2**31 - 1


class ApplicationForm(Wire):
    """What the person typed. As a draft it may be incomplete; submitting checks it (``application_incomplete``)."""

    applicant: ApplicantKind = ApplicantKind.PERSON
    scopes: Annotated[list[Category], Field(max_length=8)] = []
    introduction: Annotated[str, Field(max_length=MAX_FORM_CHARS)] = ""
    contact_phone: Annotated[str, Field(max_length=20, repr=False)] = ""
    declarations: Annotated[list[Declaration], Field(max_length=8)] = []
    organisation_name: Annotated[str, Field(max_length=200)] = ""
    credit_code: Annotated[str, Field(max_length=40, repr=False)] = ""
    licence_image_id: Annotated[str, Field(max_length=64)] = ""
    authorisation_image_id: Annotated[str, Field(max_length=64)] = ""


class FieldReason(Wire):
    """Why a field must be mended, in the operator's words."""

    field: FormField
    reason: str


class ApplicationStep(Wire):
    """One step of an application's history. ``comment`` is what the operator wrote to the applicant."""

    state: ApplicationState
    at: datetime
    comment: str = ""
    reasons: list[FieldReason] = []


class Application(Wire):
    """GET /me/application: the one that counts (open, else the newest); not_found when there is none.

    GET /me/applications: all, the newest first. POST /me/application {kind} begins one (idempotent: an open one is
    returned); POST /me/application/submit (Idempotency-Key) sends it.
    """

    id: str
    kind: ApplicationKind
    state: ApplicationState
    form: ApplicationForm
    revision: int
    """Of the form; grows with each save."""
    saved_at: datetime
    submitted_at: datetime | None = None
    consultant: str = ""
    """Name of the consultant who is assigned, to be shown; empty before."""
    reasons: list[FieldReason] = []
    """Of the last return, while it is not sent again."""
    comment: str = ""
    history: list[ApplicationStep] = []
    """The oldest first."""


class ApplicationBegin(Wire):
    """POST /me/application"""

    kind: ApplicationKind = ApplicationKind.FIRST


class DraftSave(Wire):
    """PUT /me/application/draft. ``draft_conflict`` when another machine saved since ``base_revision``."""

    base_revision: Annotated[int, Field(ge=0, le=MAX_REVISION)]
    form: ApplicationForm
    replaces: bool = False
    """True: the person decided that this one counts, whatever was saved meanwhile."""


class ApplicationSubmit(Wire):
    """POST /me/application/submit. Sends exactly the revision named, so that nobody sends what they did not see."""

    revision: Annotated[int, Field(ge=0, le=MAX_REVISION)]


class CheckedPlace(Wire):
    """POST /me/text-check: which offending words a text has. For marks while typing; submitting checks again."""

    field: FormField
    text: Annotated[str, Field(max_length=MAX_FORM_CHARS)]


class TextFinding(Wire):
    """``start`` and ``end`` (exclusive) count code points of the text that was sent."""

    start: int
    end: int
    label: str
    """contact, advert, recruit, prohibited, impersonation: ``finding.<label>`` says it."""


class TextChecked(Wire):
    findings: list[TextFinding]


class Image(Wire):
    """PUT /me/images/{purpose} (body: the file; image/jpeg, image/png or image/webp) stores a new one.

    GET /me/images lists the newest of each purpose; DELETE /me/images/{purpose} takes it away. GET /images/{id} gives
    the re-encoded JPEG: to its owner, to operators, and to all when it is an approved avatar or cover.
    """

    id: str
    purpose: ImagePurpose
    state: ImageState
    width_px: int
    height_px: int
    uploaded_at: datetime
    reason: str = ""
    """Why it was refused."""
