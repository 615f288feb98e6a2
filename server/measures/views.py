"""Sessions as everybody sees them: of one that is not published neither title nor cover. Store threads."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session as Db

from app.domain.session import EndReason
from server.measures import record
from server.sessions.views import SessionView, view_of
from server.store.models import SessionRow

NEUTRAL_TITLE = "未命名直播"
"""Stands where a title was taken away."""


def public_title(db: Db, row: SessionRow) -> str:
    """What the session is called to everybody."""
    return NEUTRAL_TITLE if _is_refused(db, row) else row.title


def public_view(db: Db, row: SessionRow) -> SessionView:
    """The session as everybody may read it."""
    view = view_of(db, row)
    return replace(view, title=NEUTRAL_TITLE, cover_image_id="") if _is_refused(db, row) else view


def _is_refused(db: Db, row: SessionRow) -> bool:
    return row.end_reason == EndReason.CALLED_OFF.value and record.refusal_of(db, row.id) is not None
