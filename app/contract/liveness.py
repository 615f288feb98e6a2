"""The face check by camera (活体检测) on the wire, under ``/api/v1/me/liveness``.

1. ``POST /me/liveness`` (Idempotency-Key) begins a session: a challenge that the service signed and takes once.
2. ``POST /me/liveness/{id}/progress``: how far the clip has come; the answer is the next order. What comes after is
   told only then: actions one at a time, colours at the start of the flash.
3. ``POST /me/liveness/{id}/upload`` announces the sealed package, ``POST /me/liveness/{id}/parts`` (the body is the
   bytes, ``offset`` in the query) carries it, ``GET /me/liveness/{id}/upload`` says from where to go on.
4. ``GET /me/liveness`` says how it stands; ``Concern.IDENTITY`` tells when that changes.

``POST /me/liveness/{id}/abort`` ends a session that will not be sent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Base64Bytes, Field

from app.contract.room import Id
from app.contract.wire import Wire
from app.domain.liveness import Abort, Action, LivenessPath, LivenessState, OrderKind, Retry

NONCE_BYTES, KEY_BYTES, SIGNATURE_BYTES = 32, 32, 64
MAX_CHALLENGE_BYTES = 2048
MAX_PACKAGE_BYTES = 24_000_000
PART_BYTES = 256 * 1024
"""The most that one part may carry; the last is shorter."""
MAX_UNITS = 60 * 60
"""Frames of a clip: a minute at 60."""
MAX_DEVICE_CHARS = 120

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Level = Annotated[int, Field(ge=0, le=255)]
Rgb = tuple[Level, Level, Level]


class LivenessBegin(Wire):
    """POST /me/liveness. Refusals: what the gate says, face_check_open, liveness_locked {retry_after_s},
    liveness_attempts_over {retry_after_s}, liveness_busy (another program of this person is at it)."""

    path: LivenessPath = LivenessPath.FULL


class Challenge(Wire):
    """What is signed, as canonical JSON (app.liveness.package.Challenge reads it)."""

    document: Annotated[Base64Bytes, Field(max_length=MAX_CHALLENGE_BYTES)]
    signature: Base64Bytes
    """Ed25519 over ``document``."""
    signing_key: Base64Bytes
    """Public half, 32 bytes."""


class ChallengeTerms(Wire):
    """What ``Challenge.document`` says, for who runs no analysis: the same fields as app.liveness.package.Challenge."""

    session_id: Annotated[str, Field(max_length=MAX_DEVICE_CHARS)]
    nonce: Base64Bytes = Field(repr=False)
    path: LivenessPath
    actions: Annotated[int, Field(ge=0, le=4)]
    min_fps: Annotated[float, Field(gt=0, le=120)]
    min_size_px: Annotated[int, Field(ge=1, le=4096)]
    policy_version: Annotated[str, Field(max_length=MAX_DEVICE_CHARS)]
    seal_key: Base64Bytes


def terms_of(challenge: Challenge) -> ChallengeTerms:
    """Raises ValueError for a document that is none."""
    terms = ChallengeTerms.model_validate_json(challenge.document)
    if (len(terms.nonce), len(terms.seal_key)) != (NONCE_BYTES, KEY_BYTES):
        raise ValueError("nonce or key")
    return terms


class LivenessSession(Wire):
    id: str
    path: LivenessPath
    challenge: Challenge
    expires_at: datetime


class LivenessProgress(Wire):
    """POST /me/liveness/{id}/progress. The same number with the same content gives the same order again.

    Refusals: not_found, state_conflict (not the next number, another content, not in this state), liveness_expired,
    input_invalid.
    """

    number: Annotated[int, Field(ge=0, le=8)]
    """0 when the face is in place; then one after each order that was carried out."""
    public_key: Base64Bytes | None = None
    """With number 0 only: of the pair made for this session, 32 bytes."""
    link: Hash
    """Of the chain, after ``units`` access units (app.liveness.chain)."""
    units: Annotated[int, Field(ge=1, le=MAX_UNITS)]
    at_us: Annotated[int, Field(ge=0)]
    """Of the clip's clock, of the last of them."""


class LivenessOrder(Wire):
    number: int
    kind: OrderKind
    action: Action | None = None
    colours: list[Rgb] = []


class LivenessAbort(Wire):
    reason: Abort


class LivenessUpload(Wire):
    """POST /me/liveness/{id}/upload. Refusals: not_found, state_conflict, liveness_expired,
    too_large, input_invalid."""

    size_bytes: Annotated[int, Field(ge=1, le=MAX_PACKAGE_BYTES)]
    sha256: Hash


class LivenessReceived(Wire):
    """Also the answer to a part; with the last part the receipt. Refusals of a part: state_conflict {received_bytes}
    when ``offset`` is not where it goes on, package_damaged when the whole has another hash (begin again from 0)."""

    received_bytes: int
    size_bytes: int
    receipt: str = ""
    """Once all of it is there and kept: nothing has to be held any longer."""


class LivenessStanding(Wire):
    """GET /me/liveness: of the newest session; ``session_id`` empty when there never was one."""

    session_id: Id | None = None
    path: LivenessPath = LivenessPath.FULL
    state: LivenessState | None = None
    retry: Retry | None = None
    """Why it is asked for once more."""
    aborted: Abort | None = None
    left_today: int
    locked_until: datetime | None = None
    again_at: datetime | None = None
    """When there are attempts again; None while some are left."""
    is_match_by_operator: bool = True
    """No register compares the face: an operator does."""
