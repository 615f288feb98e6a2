"""Mutes and removals in the database, enforced at once in every room that they hold in. Inside a write."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.contract.errors import ErrorCode
from app.contract.events import Revoked, Unmuted
from app.domain.room.restrictions import Kind, Length, restricted
from app.domain.room.roles import RoomRole, may_undo
from app.domain.session import SessionState
from server.effects import PersonSentOut, PersonToldInRoom
from server.errors import Refusal
from server.rooms.people import as_restriction, holding, muted_of, restrictions_on, standing_in
from server.secrets import new_id
from server.store.models import SessionRow
from server.store.room_models import RestrictionRow
from server.store.store import Tx


def restrict(
    tx: Tx, session: SessionRow, account_id: str, kind: Kind, length: Length, reason: str, by: RoomRole
) -> RestrictionRow:
    """From now on. ``length`` is one that is offered for the kind; ``by``: the role of who decides it."""
    made = restricted(new_id(), account_id, kind, length, session.id, tx.now_ms)
    row = RestrictionRow(
        id=made.id,
        anchor_id=session.anchor_id,
        account_id=account_id,
        session_id=made.session_id or None,
        kind=kind.value,
        from_ms=tx.now_ms,
        until_ms=made.until_ms,
        reason=reason,
        by_role=int(by),
    )
    tx.db.add(row)
    tx.db.flush()
    enforce(tx, session, account_id, kind)
    return row


def lift(tx: Tx, session: SessionRow, account_id: str, kind: Kind, by: RoomRole) -> list[RestrictionRow]:
    """All of a kind that hold in this session. Returns them. Raises Refusal (forbidden) when somebody of a higher role
    than ``by`` decided one of them."""
    rows = holding(restrictions_on(tx.db, session.anchor_id, account_id), kind, session.id, tx.now_ms)
    if not all(may_undo(by, RoomRole(row.by_role), is_own=False) for row in rows):
        raise Refusal(ErrorCode.FORBIDDEN)
    set_lifted(tx, session, rows, is_lifted=True)
    return rows


def set_lifted(tx: Tx, session: SessionRow, rows: Iterable[RestrictionRow], *, is_lifted: bool) -> None:
    """End them before their time, or let them hold again."""
    touched = list(rows)
    for row in touched:
        row.lifted_ms = tx.now_ms if is_lifted else None
    tx.db.flush()
    for account_id, kind in dict.fromkeys((row.account_id, Kind(row.kind)) for row in touched):
        enforce(tx, session, account_id, kind)


def revoke(tx: Tx, session: SessionRow, rows: Iterable[RestrictionRow]) -> None:
    """What set them was taken back: they end, and never hold again."""
    touched = list(rows)
    for row in touched:
        row.is_revoked = True
    set_lifted(tx, session, [row for row in touched if row.lifted_ms is None], is_lifted=True)


def enforce(tx: Tx, session: SessionRow, account_id: str, kind: Kind) -> None:
    """Tell each open room of the anchor how the person stands in it now; who may not be there is sent out."""
    for session_id in open_rooms(tx, session):
        room_session = tx.db.get_one(SessionRow, session_id)
        room = standing_in(tx.db, room_session, account_id, tx.now_ms)
        if kind is Kind.REMOVE and room.removal is not None:
            body = Revoked(is_lasting=not room.removal.session_id, reason=_reason(tx, room.removal.id))
            tx.effects.append(PersonSentOut(session_id, account_id, body))
        elif kind is Kind.MUTE and room.mute is not None:
            told = muted_of(room.mute, room.mute_reason)
            tx.effects.append(PersonToldInRoom(session_id, account_id, "mod.muted", told))
        elif kind is Kind.MUTE:
            tx.effects.append(PersonToldInRoom(session_id, account_id, "mod.unmuted", Unmuted()))


def open_rooms(tx: Tx, session: SessionRow) -> list[str]:
    """This session, and the others of its anchor that have not ended."""
    others = select(SessionRow.id).where(
        SessionRow.anchor_id == session.anchor_id, SessionRow.state != SessionState.ENDED.value
    )
    return list(dict.fromkeys((session.id, *tx.db.scalars(others))))


def held_again(tx: Tx, rows: Iterable[RestrictionRow]) -> list[RestrictionRow]:
    """Of lifted ones those whose time is not over, and which were not taken back."""
    return [row for row in rows if not row.is_revoked and (row.until_ms is None or tx.now_ms < row.until_ms)]


def _reason(tx: Tx, restriction_id: str) -> str:
    row = tx.db.get(RestrictionRow, restriction_id)
    return row.reason if row is not None else ""


__all__ = ["as_restriction", "enforce", "held_again", "lift", "open_rooms", "restrict", "set_lifted"]
