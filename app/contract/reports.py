"""Reports (举报) and complaints of infringement (侵权投诉) on the wire.

``POST /sessions/{id}/reports`` is for whoever may be in the room, be they muted; ``GET /me/reports`` says how each is
handled, and a message in the inbox tells the outcome. Who reported is told to nobody but operators.

Who reports from their own broadcast may add a clip of its recording, ``POST /me/reports/{id}/clip``: the body is the
file.

Images that go with a complaint are uploaded first, ``POST /complaints/proofs/{kind}``, and named by it within a day.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from app.contract.room import Id
from app.contract.wire import Wire
from app.domain.measures import ConductCategory
from app.domain.reports import ProofKind, ReportState, RightKind, TargetKind

MAX_REPORT_CHARS = 500
MAX_EVIDENCE = 20
MAX_CLIP_BYTES = 32_000_000
CLIP_S, MAX_CLIP_S = 30, 40
"""How long a clip is meant to be, and may be: it begins with a key frame."""
CLIP_TYPE = "video/mp4"
MAX_CLAIMANT_CHARS, MAX_CONTACT_CHARS, MAX_COMPLAINT_CHARS = 60, 100, 1000
MAX_LINKS, MAX_LINK_CHARS, MAX_PROOFS = 10, 300, 8


class ReportTarget(Wire):
    """``id``: of a message of the session, of an account that is or was in its room, or of the session itself."""

    kind: TargetKind
    id: Id


class ReportWish(Wire):
    """POST /sessions/{id}/reports (Idempotency-Key). Refusals: not_found, removed_from_room, already_reported,
    input_invalid {field: target | evidence | text}, rate_limited."""

    target: ReportTarget
    category: ConductCategory
    text: Annotated[str, Field(max_length=MAX_REPORT_CHARS, repr=False)] = ""
    evidence: Annotated[list[Id], Field(max_length=MAX_EVIDENCE)] = []
    """Ids of messages of the session that show it."""


class Report(Wire):
    """One of mine. ``text`` is empty once it was deleted on schedule."""

    id: str
    session_id: str
    session_title: str
    target_kind: TargetKind
    target_name: str
    """Who wrote the message, who the person is, or the title of the session; as it was then."""
    category: ConductCategory
    text: Annotated[str, Field(repr=False)]
    state: ReportState
    at: datetime
    handled_at: datetime | None = None
    """When it was decided or withdrawn."""
    answer: str = ""
    """What the operator said to it."""
    has_clip: bool = False
    """A clip of the recording goes with it."""


class Clip(Wire):
    """POST /me/reports/{id}/clip (Idempotency-Key): MP4 with H.264, AAC or no sound, MAX_CLIP_BYTES at most.

    Refusals: not_found for a report that is not mine, forbidden where its session is not mine, state_conflict {state}
    once it was decided or withdrawn, clip_exists, clip_invalid, too_large, rate_limited.
    """

    report_id: str
    duration_ms: int
    width_px: int
    height_px: int
    has_sound: bool
    size_bytes: int


class Proof(Wire):
    """POST /complaints/proofs/{kind}: an image that was kept, encrypted. A complaint names it by its id."""

    id: str
    kind: ProofKind
    width_px: int
    height_px: int


class ComplaintWish(Wire):
    """POST /complaints (Idempotency-Key). Refusals: input_invalid {field}, not_found for a proof that is not mine,
    rate_limited."""

    claimant: Annotated[str, Field(min_length=1, max_length=MAX_CLAIMANT_CHARS, repr=False)]
    """Whose right it is: a person or an organisation."""
    contact: Annotated[str, Field(min_length=1, max_length=MAX_CONTACT_CHARS, repr=False)]
    right: RightKind
    description: Annotated[str, Field(min_length=1, max_length=MAX_COMPLAINT_CHARS, repr=False)]
    links: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=MAX_LINK_CHARS)]],
        Field(min_length=1, max_length=MAX_LINKS, repr=False),
    ]
    """Where it is: addresses of sessions, or what else finds it."""
    proofs: Annotated[list[Id], Field(min_length=2, max_length=MAX_PROOFS)]
    """At least one of each kind."""
    is_declared: Literal[True]
    """Who complains declares that all of it is true and that they may complain; without it nothing is taken."""


class Complaint(Wire):
    """One of mine; name, contact and proofs are not told back."""

    id: str
    right: RightKind
    description: Annotated[str, Field(repr=False)]
    """Empty once it was deleted on schedule, as ``links``."""
    links: Annotated[list[str], Field(repr=False)]
    proofs: int
    state: ReportState
    at: datetime
    handled_at: datetime | None = None
    answer: str = ""
