"""Refusals of the service: one exception, its HTTP status, and the reply that is made of it. Any thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.contract.errors import ErrorBody, ErrorCode, ErrorReply
from app.errors import AppError, KnownError
from server.messages import sentence

_STATUS: dict[ErrorCode, int] = {
    ErrorCode.INPUT_INVALID: 422,
    ErrorCode.PHONE_INVALID: 422,
    ErrorCode.CODE_WRONG: 400,
    ErrorCode.CODE_EXPIRED: 400,
    ErrorCode.CODE_TOO_MANY: 429,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.NOT_SIGNED_IN: 401,
    ErrorCode.TOKEN_EXPIRED: 401,
    ErrorCode.DEVICE_ENDED: 401,
    ErrorCode.CREDENTIALS_WRONG: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_AN_ANCHOR: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.STATE_CONFLICT: 409,
    ErrorCode.LIVE_ELSEWHERE: 409,
    ErrorCode.SESSION_ENDED: 409,
    ErrorCode.IDEMPOTENCY_MISMATCH: 409,
    ErrorCode.HOST_REFUSED: 421,
    ErrorCode.ORIGIN_REFUSED: 403,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.MESSAGE_EMPTY: 422,
    ErrorCode.MESSAGE_TOO_LONG: 422,
    ErrorCode.AGREEMENT_UNPUBLISHED: 403,
    ErrorCode.AGREEMENT_MISSING: 403,
    ErrorCode.AGREEMENT_OUTDATED: 403,
    ErrorCode.VERSION_SUPERSEDED: 409,
    ErrorCode.HASH_MISMATCH: 409,
    ErrorCode.NOT_SHOWN_TO_END: 422,
    ErrorCode.APPLICATION_INCOMPLETE: 422,
    ErrorCode.APPLICATION_LOCKED: 409,
    ErrorCode.DRAFT_CONFLICT: 409,
    ErrorCode.TEXT_REFUSED: 422,
    ErrorCode.CREDIT_CODE_INVALID: 422,
    ErrorCode.BLOCKLISTED: 403,
    ErrorCode.OUT_OF_SCOPE: 403,
    ErrorCode.IMAGE_INVALID: 422,
    ErrorCode.IMAGE_TOO_SMALL: 422,
    ErrorCode.DOCUMENT_INVALID: 422,
    ErrorCode.DOCUMENT_PUBLISHED: 409,
    ErrorCode.SECOND_FACTOR_REQUIRED: 403,
    ErrorCode.SECOND_FACTOR_WRONG: 400,
    ErrorCode.CSRF_REFUSED: 403,
    ErrorCode.IDENTITY_MISSING: 403,
    ErrorCode.IDENTITY_INVALID: 422,
    ErrorCode.IDENTITY_UNDERAGE: 403,
    ErrorCode.IDENTITY_UNCHANGED: 409,
    ErrorCode.IDENTITY_TAKEN: 409,
    ErrorCode.IDENTITY_MISMATCH: 403,
    ErrorCode.IDENTITY_ATTEMPTS_OVER: 429,
    ErrorCode.AUTHORITY_UNAVAILABLE: 503,
    ErrorCode.ON_AIR: 409,
    ErrorCode.FACE_MISSING: 403,
    ErrorCode.FACE_PENDING: 403,
    ErrorCode.FACE_REFUSED: 403,
    ErrorCode.FACE_VOIDED: 403,
    ErrorCode.FACE_CHECK_OPEN: 409,
    ErrorCode.FACE_TIME_INVALID: 422,
    ErrorCode.REMOVED_FROM_ROOM: 403,
    ErrorCode.MUTED: 403,
    ErrorCode.CHAT_PAUSED: 403,
    ErrorCode.FOLLOWERS_ONLY: 403,
    ErrorCode.SLOW_MODE: 429,
    ErrorCode.QUESTIONS_FULL: 409,
    ErrorCode.OWN_QUESTION: 409,
    ErrorCode.ALREADY_UNDONE: 409,
    ErrorCode.SECOND_OPERATOR_REQUIRED: 403,
    ErrorCode.SUSPENDED: 403,
    ErrorCode.SCHEDULE_INVALID: 422,
    ErrorCode.SCHEDULE_OVERLAP: 409,
    ErrorCode.SCHEDULE_FULL: 409,
    ErrorCode.SCHEDULE_CONFLICT: 409,
    ErrorCode.SESSION_BEGUN: 409,
    ErrorCode.SESSION_BUSY: 409,
    ErrorCode.ACTIVITY_CLOSED: 409,
    ErrorCode.ACTIVITY_TOO_EARLY: 403,
    ErrorCode.GUESTS_NOT_ALLOWED: 403,
    ErrorCode.LIMITED_CHAT: 403,
    ErrorCode.LIMITED_BROADCAST: 403,
    ErrorCode.LIMITED_GUESTS: 403,
    ErrorCode.LIMITED_GIFTS: 403,
    ErrorCode.GIFTS_NOT_TAKEN: 403,
    ErrorCode.PUBLISH_REFUSED: 403,
    ErrorCode.ACCOUNT_CLOSED: 403,
    ErrorCode.ALREADY_APPEALED: 409,
    ErrorCode.APPEAL_TOO_LATE: 409,
    ErrorCode.ALREADY_REPORTED: 409,
    ErrorCode.CLIP_INVALID: 422,
    ErrorCode.CLIP_EXISTS: 409,
    ErrorCode.LIVENESS_LOCKED: 429,
    ErrorCode.LIVENESS_ATTEMPTS_OVER: 429,
    ErrorCode.LIVENESS_BUSY: 409,
    ErrorCode.LIVENESS_EXPIRED: 409,
    ErrorCode.PACKAGE_DAMAGED: 422,
    ErrorCode.INTERNAL: 500,
    ErrorCode.KEY_UNKNOWN: 403,
    ErrorCode.KEY_DEAD: 403,
    ErrorCode.KEY_FOREIGN: 403,
    ErrorCode.INGEST_UNAVAILABLE: 503,
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who tried what they may not: written into the record, though nothing else of the write is kept."""

    actor_id: str
    act: str
    subject_id: str


class Refusal(KnownError):
    """The service says no, and why. ``retry_after_s`` is sent as the header too."""

    def __init__(
        self,
        code: ErrorCode,
        *,
        detail: dict[str, str | int | float | bool | None] | None = None,
        retry_after_s: float | None = None,
        retryable: bool | None = None,
    ) -> None:
        self.wire_detail = dict(detail or {})
        if retry_after_s is not None:
            self.wire_detail["retry_after_s"] = max(1, round(retry_after_s + 0.49))
        super().__init__(
            code.value,
            retryable=retry_after_s is not None if retryable is None else retryable,
            detail=self.wire_detail,
        )
        self.reason = code
        self.retry_after_s = retry_after_s
        self.attempt: Attempt | None = None
        self.measure_id = ""
        """The measure that is the reason; its person knows of it from now on."""

    @property
    def status(self) -> int:
        return _STATUS.get(self.reason, 400)


def refusal_of(error: AppError) -> Refusal:
    """Any error of our tree as it is told outside: what is no refusal is a fault without particulars."""
    if isinstance(error, Refusal):
        return error
    return Refusal(ErrorCode.INTERNAL, retryable=True)


def reply_of(refusal: Refusal, accept_language: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, body and headers."""
    body = ErrorReply(
        error=ErrorBody(
            code=refusal.code,
            message=sentence(refusal.reason, accept_language),
            retryable=refusal.retryable,
            detail=refusal.wire_detail,
        )
    )
    headers = {"Retry-After": str(refusal.wire_detail["retry_after_s"])} if refusal.retry_after_s is not None else {}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return refusal.status, body.model_dump(mode="json"), headers
