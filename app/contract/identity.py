"""Real name (实名) and face check (人脸核验) on the wire, under ``/api/v1/me``. What comes back is masked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from app.contract.wire import Wire
from app.domain.face_check import MANUAL_METHODS, FaceMethod, FaceState

MAX_TYPED_CHARS = 80
"""Of a name or a number as typed, blanks and all."""


class IdentitySubmit(Wire):
    """POST /me/identity (Idempotency-Key): check name and number; also to correct them.

    Refusals: identity_invalid {field: name | number, reason: app.domain.identity_number.NumberFault},
    identity_underage, identity_unchanged, identity_taken, identity_mismatch, blocklisted, identity_attempts_over
    {retry_after_s}, authority_unavailable, on_air (a correction waits for the end of the broadcast).
    """

    name: Annotated[str, Field(max_length=MAX_TYPED_CHARS, repr=False)]
    number: Annotated[str, Field(max_length=MAX_TYPED_CHARS, repr=False)]


class Identity(Wire):
    """GET /me/identity: the one that counts; ``checked_at`` None while there is none."""

    name_masked: str = ""
    number_masked: str = ""
    checked_at: datetime | None = None
    authority: str = ""
    """Who looked at it: ``identity.authority.<code>`` says it."""
    is_register_asked: bool = False
    """False: form, check character, birth date and age were checked, no public register was asked."""
    attempts_left: int
    """Today, in Asia/Shanghai."""
    attempts_again_at: datetime | None = None
    """When there are some again; None while some are left."""
    corrections: int = 0
    """How often it was changed."""


def _by_hand(method: FaceMethod) -> FaceMethod:
    if method not in MANUAL_METHODS:
        raise ValueError("the camera is not asked for here")
    return method


class FaceAsk(Wire):
    """POST /me/face-check (Idempotency-Key): ask for the check by an operator.

    Refusals: what the gate says, face_check_open (one is under way), face_time_invalid {reason}.
    """

    method: Annotated[
        FaceMethod, AfterValidator(_by_hand), Field(json_schema_extra={"enum": [one.value for one in MANUAL_METHODS]})
    ]
    wished_at: AwareDatetime | None = None
    """When a call would suit; UTC. None: any time in working hours."""


class FaceStep(Wire):
    """One step of its history. ``comment`` is what an operator wrote to the person."""

    state: FaceState
    at: datetime
    comment: str = ""


class FaceCheck(Wire):
    """GET /me/face-check: the newest; not_found when there never was one. POST /me/face-check/cancel takes it back."""

    id: str
    state: FaceState
    method: FaceMethod
    wished_at: datetime | None = None
    appointed_at: datetime | None = None
    """When the operator calls, or when the second document is to be shown."""
    comment: str = ""
    """Of the last step: how it is done, or why it was refused."""
    history: list[FaceStep] = []
    """The oldest first."""
