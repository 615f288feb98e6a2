"""Agreements and rules on the wire, under ``/api/v1``. Reading is open to all; accepting is for who is signed in.

``text`` is the canonical Markdown of ``app.domain.documents.canonical``; ``sha256`` is of its UTF-8 and can be checked
by whoever reads it. A version is named to people by its effective date (2026-11-20 版).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.contract.wire import Wire
from app.domain.documents.model import DocumentKind

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
MAX_TEXT_BYTES = 2 * 1024 * 1024
"""Of one version's canonical text: some 700,000 Chinese characters."""


class VersionSummary(Wire):
    """One published version without its text. It never changes."""

    kind: DocumentKind
    number: int
    """Counts up from 1 within a kind."""
    title: str
    effective_at: datetime
    published_at: datetime
    is_material: bool
    """A material change must be accepted before the next broadcast."""
    changes: list[str]
    """The operator's own summary of what changed, a line each; empty for a first version."""
    sha256: Sha256
    chars: int


class Version(VersionSummary):
    """GET /documents/{kind}/versions/{number}"""

    text: Annotated[str, Field(repr=False)]


class DocumentSummary(Wire):
    """GET /documents: one for each kind that has a published version."""

    kind: DocumentKind
    current: VersionSummary | None
    """In force now; None when the first one is not yet."""
    upcoming: VersionSummary | None = None
    """Published and in force later."""


class VersionAccept(Wire):
    """POST /documents/{kind}/versions/{number}/accept. Repeatable: the first acceptance stands.

    Only the version in force, or a later published one, can be accepted (``version_superseded``), with its own hash
    (``hash_mismatch``). ``read_s`` and that it was shown to its end are the client's word and kept as such.
    """

    sha256: Sha256
    client_version: Annotated[str, Field(min_length=1, max_length=40)]
    read_s: Annotated[int, Field(ge=0, le=7 * 24 * 3600)]
    was_shown_to_end: bool


class Acceptance(Wire):
    """GET /me/acceptances: mine, the newest first."""

    kind: DocumentKind
    number: int
    title: str
    sha256: Sha256
    effective_at: datetime
    accepted_at: datetime
    client_version: str
    read_s: int
