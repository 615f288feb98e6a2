"""Measures against a person (违规处理) on the wire, under ``/api/v1/me/measures``, each with its appeal (申诉).

``GET /me/measures`` and ``POST /me/measures/{id}/appeal`` are open to who is closed out too. Each new one, and each
decision, is a message in the inbox that leads here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.contract.wire import Wire
from app.domain.measures import AppealState, ConductCategory, MeasureKind, MeasureState, PieceKind

MAX_APPEAL_CHARS = 1000
MAX_PIECES_SHOWN = 50


class Appeal(Wire):
    """``text`` is empty once it was deleted on schedule."""

    state: AppealState = AppealState.NONE
    text: str = Field(default="", repr=False)
    at: datetime | None = None
    decided_at: datetime | None = None
    decision: str = ""
    """What the operator said to it."""


class DeletedPiece(Wire):
    """Something that was deleted by a measure. ``text`` is empty for a picture, and once it was deleted on schedule."""

    kind: PieceKind
    text: str = Field(default="", repr=False)
    at: datetime | None = None
    """When it was written; None where that is not known."""


class AuthorityReport(Wire):
    """What was reported where."""

    authority: str
    reference: str = ""
    reported_at: datetime


class Measure(Wire):
    """One measure against me. What I was not told of yet is not among them."""

    id: str
    kind: MeasureKind
    category: ConductCategory | None
    """The rule that was broken; None where none was named."""
    reason: str
    evidence: Annotated[list[str], Field(repr=False)]
    """Short excerpts or ids; empty once it was deleted on schedule."""
    session_id: str = ""
    session_title: str = ""
    """The session that it is about; empty when it is about none."""
    since: datetime
    until: datetime | None
    """Of a correction its deadline. None: until it is lifted, or nothing of it goes on."""
    state: MeasureState
    ended_at: datetime | None = None
    """When it was lifted or reversed."""
    end_reason: str = ""
    may_appeal: bool
    appeal_until: datetime
    appeal: Appeal
    told_at: datetime
    """From when the time to appeal counts: ``since``, or later where the notice followed the measure."""
    pieces: Annotated[list[DeletedPiece], Field(repr=False)] = []
    """Of a deletion: what was deleted, the first 50 of it."""
    pieces_count: int = 0
    report: AuthorityReport | None = None
    """Of a report to the authorities; None for the other kinds."""


class AppealWish(Wire):
    """POST /me/measures/{id}/appeal: once, in time. already_appealed, appeal_too_late."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_APPEAL_CHARS, repr=False)]
