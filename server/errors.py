"""Refusals of the service: one exception, its HTTP status, and the reply that is made of it. Any thread."""

from __future__ import annotations

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
    ErrorCode.INTERNAL: 500,
    ErrorCode.KEY_UNKNOWN: 403,
    ErrorCode.KEY_DEAD: 403,
    ErrorCode.KEY_FOREIGN: 403,
    ErrorCode.INGEST_UNAVAILABLE: 503,
}


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
