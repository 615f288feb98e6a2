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
    AGREEMENT_UNPUBLISHED = "agreement_unpublished"
    AGREEMENT_MISSING = "agreement_missing"
    AGREEMENT_OUTDATED = "agreement_outdated"
    VERSION_SUPERSEDED = "version_superseded"
    HASH_MISMATCH = "hash_mismatch"
    NOT_SHOWN_TO_END = "not_shown_to_end"
    APPLICATION_INCOMPLETE = "application_incomplete"
    APPLICATION_LOCKED = "application_locked"
    DRAFT_CONFLICT = "draft_conflict"
    TEXT_REFUSED = "text_refused"
    CREDIT_CODE_INVALID = "credit_code_invalid"
    BLOCKLISTED = "blocklisted"
    OUT_OF_SCOPE = "out_of_scope"
    IMAGE_INVALID = "image_invalid"
    IMAGE_TOO_SMALL = "image_too_small"
    DOCUMENT_INVALID = "document_invalid"
    DOCUMENT_PUBLISHED = "document_published"
    SECOND_FACTOR_REQUIRED = "second_factor_required"
    SECOND_FACTOR_WRONG = "second_factor_wrong"
    CSRF_REFUSED = "csrf_refused"
    IDENTITY_MISSING = "identity_missing"
    IDENTITY_INVALID = "identity_invalid"
    IDENTITY_UNDERAGE = "identity_underage"
    IDENTITY_UNCHANGED = "identity_unchanged"
    IDENTITY_TAKEN = "identity_taken"
    IDENTITY_MISMATCH = "identity_mismatch"
    IDENTITY_ATTEMPTS_OVER = "identity_attempts_over"
    AUTHORITY_UNAVAILABLE = "authority_unavailable"
    ON_AIR = "on_air"
    FACE_MISSING = "face_missing"
    FACE_PENDING = "face_pending"
    FACE_REFUSED = "face_refused"
    FACE_VOIDED = "face_voided"
    FACE_CHECK_OPEN = "face_check_open"
    FACE_TIME_INVALID = "face_time_invalid"
    SECOND_OPERATOR_REQUIRED = "second_operator_required"
    SUSPENDED = "suspended"
    SCHEDULE_INVALID = "schedule_invalid"
    SCHEDULE_OVERLAP = "schedule_overlap"
    SCHEDULE_FULL = "schedule_full"
    SCHEDULE_CONFLICT = "schedule_conflict"
    SESSION_BEGUN = "session_begun"
    SESSION_BUSY = "session_busy"
    ACTIVITY_CLOSED = "activity_closed"
    ACTIVITY_TOO_EARLY = "activity_too_early"
    GUESTS_NOT_ALLOWED = "guests_not_allowed"
    REMOVED_FROM_ROOM = "removed_from_room"
    MUTED = "muted"
    CHAT_PAUSED = "chat_paused"
    FOLLOWERS_ONLY = "followers_only"
    SLOW_MODE = "slow_mode"
    QUESTIONS_FULL = "questions_full"
    OWN_QUESTION = "own_question"
    ALREADY_UNDONE = "already_undone"
    LIMITED_CHAT = "limited_chat"
    LIMITED_BROADCAST = "limited_broadcast"
    LIMITED_GUESTS = "limited_guests"
    LIMITED_GIFTS = "limited_gifts"
    GIFTS_NOT_TAKEN = "gifts_not_taken"
    PUBLISH_REFUSED = "publish_refused"
    ACCOUNT_CLOSED = "account_closed"
    ALREADY_APPEALED = "already_appealed"
    APPEAL_TOO_LATE = "appeal_too_late"
    ALREADY_REPORTED = "already_reported"
    CLIP_INVALID = "clip_invalid"
    CLIP_EXISTS = "clip_exists"
    LIVENESS_LOCKED = "liveness_locked"
    LIVENESS_ATTEMPTS_OVER = "liveness_attempts_over"
    LIVENESS_BUSY = "liveness_busy"
    LIVENESS_EXPIRED = "liveness_expired"
    PACKAGE_DAMAGED = "package_damaged"
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
