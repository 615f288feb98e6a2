"""What was counted in sessions, in the database. Store threads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.orm import Session as Db
from sqlalchemy.orm import undefer

from app.domain.room.attendance import Audience
from app.domain.session import SessionState
from server.store.count_models import CountRow
from server.store.models import SessionRow
from server.store.store import Tx


@dataclass(frozen=True, slots=True)
class Counted:
    """What is written down of one session: totals, so that writing them again counts nothing twice."""

    session_id: str
    state: SessionState
    audience: Audience
    depth: int = 0
    salt: bytes = field(default=b"", repr=False)
    marks: bytes | None = field(default=None, repr=False)
    """None: as they were."""


def keep(tx: Tx, counted: Iterable[Counted]) -> None:
    """Write them over what stood there. Of a session that has ended only the numbers are kept."""
    for one in counted:
        told = one.audience
        values: dict[str, object] = {
            "on_air_ms": told.on_air_ms,
            "viewer_ms": told.viewer_ms,
            "peak": told.peak,
            "onlookers": told.onlookers,
            "depth": one.depth,
        }
        if one.state is SessionState.ENDED:
            values |= {"salt": None, "marks": None}
        elif one.marks is not None:
            values |= {"salt": one.salt, "marks": one.marks}
        found = tx.db.execute(update(CountRow).where(CountRow.session_id == one.session_id).values(values))
        if not found.rowcount:  # type: ignore[attr-defined]  # of an update it has one
            tx.db.add(CountRow(session_id=one.session_id, **values))


def on_air(db: Db) -> list[Counted]:
    """Of the sessions that are on air: what the service goes on from after a start."""
    states = [state.value for state in SessionState if state.is_on_air]
    query = (
        select(SessionRow.id, SessionRow.state, CountRow)
        .outerjoin(CountRow, CountRow.session_id == SessionRow.id)
        .where(SessionRow.state.in_(states))
        .options(undefer(CountRow.salt), undefer(CountRow.marks))
    )
    found: list[Counted] = []
    for session_id, state, row in db.execute(query):
        if row is None:
            found.append(Counted(session_id, SessionState(state), Audience()))
        else:
            marks, salt = row.marks or b"", row.salt or b""
            found.append(Counted(session_id, SessionState(state), _audience(row), row.depth, salt, marks))
    return found


def audience_of(db: Db, session_id: str) -> Audience | None:
    """As it was written last; None where nothing was counted."""
    row = db.get(CountRow, session_id)
    return _audience(row) if row is not None else None


def _audience(row: CountRow) -> Audience:
    return Audience(row.on_air_ms, row.viewer_ms, row.peak, row.onlookers)
