"""Codes of refusals on the wire, the same for both sides.

A refusal is ``{"error": {"code", "message", "retryable", "detail"}}``. ``message`` is in the language of
the Accept-Language header and may be shown; the app shows its own translation of ``error.<code>``.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel


class ErrorCode(StrEnum):
    INPUT_INVALID = "input_invalid"
    PHONE_INVALID = "phone_invalid"
    CODE_WRONG = "code_wrong"
    CODE_EXPIRED = "code_expired"
    CODE_TOO_MANY = "code_too_many"
    RATE_LIMITED = "rate_limited"
    NOT_SIGNED_IN = "not_signed_in"
    TOKEN_EXPIRED = "token_expired"
    DEVICE_ENDED = "device_ended"
    CREDENTIALS_WRONG = "credentials_wrong"
    FORBIDDEN = "forbidden"
    NOT_AN_ANCHOR = "not_an_anchor"
    NOT_FOUND = "not_found"
    STATE_CONFLICT = "state_conflict"
    LIVE_ELSEWHERE = "live_elsewhere"
    SESSION_ENDED = "session_ended"
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"
    HOST_REFUSED = "host_refused"
    ORIGIN_REFUSED = "origin_refused"
    TOO_LARGE = "too_large"
    MESSAGE_EMPTY = "message_empty"
    MESSAGE_TOO_LONG = "message_too_long"
    INTERNAL = "internal"
    # refusals of the ingest, sent in onStatus before any media
    KEY_UNKNOWN = "key_unknown"
    KEY_DEAD = "key_dead"
    KEY_FOREIGN = "key_foreign"
    REPLACED = "replaced"
    INGEST_UNAVAILABLE = "ingest_unavailable"
    MEDIA_INVALID = "media_invalid"


class ErrorBody(BaseModel):
    code: str
    message: str
    retryable: bool = False
    detail: dict[str, str | int | float | bool | None] = {}


class ErrorReply(BaseModel):
    error: ErrorBody
