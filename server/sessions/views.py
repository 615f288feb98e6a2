"""A session as it is shown: the row, the anchor's name, and what only the running service knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.rest import Category, Session, SessionFigures
from app.domain.images import ImageState
from app.domain.room.attendance import Audience
from app.domain.session import GRACE_PERIOD_S, EndReason, SessionState
from server.rooms.counts import audience_of
from server.store.models import AccountRow, SessionRow
from server.store.way_models import ImageRow


@dataclass(frozen=True, slots=True)
class SessionView:
    """Plain values read from the store."""

    id: str
    title: str
    category: str
    anchor_id: str
    anchor_name: str
    state: SessionState
    end_reason: str | None
    created_ms: int
    started_ms: int | None
    interrupted_ms: int | None
    ended_ms: int | None
    messages: int
    audience: Audience | None
    """As it was written last; None before it was on air."""
    starts_ms: int | None
    """None for one on the spot: it was not planned for a time."""
    length_min: int
    cover_image_id: str
    """Of one that everybody may see; else empty."""


def view_of(db: Db, row: SessionRow) -> SessionView:
    anchor = db.get_one(AccountRow, row.anchor_id)
    return SessionView(
        id=row.id,
        title=row.title,
        category=row.category,
        anchor_id=row.anchor_id,
        anchor_name=anchor.nickname,
        state=SessionState(row.state),
        end_reason=row.end_reason,
        created_ms=row.created_ms,
        started_ms=row.started_ms,
        interrupted_ms=row.interrupted_ms,
        ended_ms=row.ended_ms,
        messages=row.message_count,
        audience=audience_of(db, row.id) if row.started_ms is not None else None,
        starts_ms=None if row.is_spot else row.starts_ms,
        length_min=row.length_min,
        cover_image_id=row.cover_image_id if is_for_all(db, row.cover_image_id) else "",
    )


def is_for_all(db: Db, image_id: str) -> bool:
    """Whether everybody may see this image."""
    image = db.get(ImageRow, image_id) if image_id else None
    return image is not None and image.state == ImageState.APPROVED.value and image.deleted_ms is None


def on_air(db: Db, limit: int = 200) -> Sequence[SessionView]:
    """Live ones and those within their grace period, the newest first."""
    states = [state.value for state in SessionState if state.is_on_air]
    rows = db.scalars(
        select(SessionRow).where(SessionRow.state.in_(states)).order_by(SessionRow.started_ms.desc()).limit(limit)
    )
    return [view_of(db, row) for row in rows]


def to_wire(view: SessionView, viewers: int, base_url: str, audience: Audience | None = None) -> Session:
    """``audience``: for who may read it."""
    return Session(
        id=view.id,
        title=view.title,
        category=Category(view.category),
        anchor_id=view.anchor_id,
        anchor_name=view.anchor_name,
        state=view.state,
        end_reason=EndReason(view.end_reason) if view.end_reason else None,
        created_at=moment(view.created_ms),
        starts_at=_moment_or_none(view.starts_ms),
        length_min=view.length_min,
        cover_image_id=view.cover_image_id,
        started_at=_moment_or_none(view.started_ms),
        interrupted_at=_moment_or_none(view.interrupted_ms),
        ended_at=_moment_or_none(view.ended_ms),
        grace_period_s=GRACE_PERIOD_S,
        viewers=viewers,
        messages=view.messages,
        figures=_figures(audience) if audience is not None else None,
        viewer_url=f"{base_url}/s/{view.id}",
    )


def _figures(audience: Audience) -> SessionFigures:
    return SessionFigures(
        onlookers=audience.onlookers,
        viewers_peak=audience.peak,
        viewers_average=round(audience.average, 2),
        watch_ms=audience.viewer_ms,
        watch_each_ms=audience.each_ms,
        on_air_ms=audience.on_air_ms,
    )


def moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def _moment_or_none(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else moment(at_ms)
