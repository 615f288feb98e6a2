"""How a person stands in a room: role, restrictions, whether they follow. Store threads, inside a write or a read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as Db

from app.contract.events import Muted
from app.contract.rest import Role
from app.domain.measures import MeasureKind
from app.domain.room.restrictions import Kind, Restriction, in_force
from app.domain.room.roles import RoomRole
from server.accounts import people
from server.gate import Limit, RoomStanding
from server.measures.record import limits_of, limits_of_all
from server.rooms.book import book_of
from server.store.models import MessageRow, SessionRow
from server.store.room_models import FollowRow, RestrictionRow


def role_of(db: Db, session: SessionRow, account_id: str | None, roles: frozenset[Role] | None = None) -> RoomRole:
    """A person's role in a room; who is not signed in is a viewer. ``roles``: theirs, where they are known."""
    if account_id is None:
        return RoomRole.VIEWER
    if account_id == session.anchor_id:
        return RoomRole.OWNER
    if account_id in book_of(db, session).moderators:
        return RoomRole.MODERATOR
    known = roles if roles is not None else people.roles_of(db, account_id)
    return RoomRole.OPERATOR if Role.OPERATOR in known else RoomRole.VIEWER


def standing_in(
    db: Db, session: SessionRow, account_id: str | None, now_ms: int, roles: frozenset[Role] | None = None
) -> RoomStanding:
    """What the gate must know of a person in this room."""
    if account_id is None:
        return RoomStanding()
    rows = restrictions_on(db, session.anchor_id, account_id)
    follows = is_following(db, session.anchor_id, account_id)
    limit = limits_of(db, account_id, now_ms, MeasureKind.LIMIT_CHAT).get(MeasureKind.LIMIT_CHAT)
    return _standing(db, session, account_id, now_ms, roles, rows, follows, limit)


def standings_in(
    db: Db, session: SessionRow, roles: Mapping[str, frozenset[Role]], now_ms: int
) -> dict[str, RoomStanding]:
    """Of several people at once, by account; ``roles`` are theirs, by account."""
    accounts = list(roles)
    restricted: dict[str, list[RestrictionRow]] = {account_id: [] for account_id in accounts}
    for row in db.scalars(_unlifted(session.anchor_id).where(RestrictionRow.account_id.in_(accounts))):
        restricted[row.account_id].append(row)
    following = set(
        db.scalars(
            select(FollowRow.account_id).where(
                FollowRow.anchor_id == session.anchor_id, FollowRow.account_id.in_(accounts)
            )
        )
    )
    limits = limits_of_all(db, accounts, now_ms, MeasureKind.LIMIT_CHAT)
    return {
        account_id: _standing(
            db, session, account_id, now_ms, roles[account_id], restricted[account_id], account_id in following,
            limits.get(account_id),
        )
        for account_id in accounts
    }  # fmt: skip


def _standing(
    db: Db,
    session: SessionRow,
    account_id: str,
    now_ms: int,
    roles: frozenset[Role] | None,
    rows: list[RestrictionRow],
    follows: bool,
    limit: Limit | None,
) -> RoomStanding:
    rules = book_of(db, session).rules
    found = [as_restriction(row) for row in rows]
    mute = in_force(found, account_id, Kind.MUTE, session.id, now_ms)
    return RoomStanding(
        role=role_of(db, session, account_id, roles),
        removal=in_force(found, account_id, Kind.REMOVE, session.id, now_ms),
        mute=mute,
        mute_reason=next((row.reason for row in rows if mute is not None and row.id == mute.id), ""),
        chat_limit=limit,
        is_following=follows,
        followers_only=rules.followers_only,
        is_paused=rules.is_paused,
    )


def restrictions_on(db: Db, anchor_id: str, account_id: str) -> list[RestrictionRow]:
    """All of an anchor on a person that were not lifted; those that ran out among them."""
    return list(db.scalars(_unlifted(anchor_id).where(RestrictionRow.account_id == account_id)))


def was_sent_out(db: Db, session: SessionRow, account_id: str, since_ms: int) -> bool:
    """Whether somebody was sent out of rooms of this anchor since then, ever: what they had said stays hidden."""
    removal = select(RestrictionRow.id).where(
        RestrictionRow.anchor_id == session.anchor_id,
        RestrictionRow.account_id == account_id,
        RestrictionRow.kind == Kind.REMOVE.value,
        RestrictionRow.from_ms >= since_ms,
    )
    return db.scalar(removal.limit(1)) is not None


def _unlifted(anchor_id: str) -> Select[RestrictionRow]:
    return select(RestrictionRow).where(RestrictionRow.anchor_id == anchor_id, RestrictionRow.lifted_ms.is_(None))


def as_restriction(row: RestrictionRow) -> Restriction:
    return Restriction(
        id=row.id,
        account_id=row.account_id,
        kind=Kind(row.kind),
        from_ms=row.from_ms,
        session_id=row.session_id or "",
        until_ms=row.until_ms,
        is_lifted=row.lifted_ms is not None,
    )


def holding(rows: Iterable[RestrictionRow], kind: Kind, session_id: str, now_ms: int) -> list[RestrictionRow]:
    """Those that bind in this session now."""
    return [row for row in rows if row.kind == kind.value and as_restriction(row).holds(session_id, now_ms)]


def muted_of(mute: Restriction, reason: str) -> Muted:
    """As the muted person is told."""
    return Muted(until_ms=mute.until_ms, is_lasting=not mute.session_id and mute.until_ms is None, reason=reason)


def is_following(db: Db, anchor_id: str, account_id: str) -> bool:
    return db.get(FollowRow, (anchor_id, account_id)) is not None


def known_in(db: Db, session: SessionRow, accounts: Collection[str]) -> set[str]:
    """Those of them who wrote in another session of this anchor: the others are new."""
    earlier = select(MessageRow.author_id).join(SessionRow, MessageRow.session_id == SessionRow.id).distinct()
    earlier = earlier.where(
        SessionRow.anchor_id == session.anchor_id, SessionRow.id != session.id, MessageRow.author_id.in_(accounts)
    )
    return set(db.scalars(earlier))


def muted_by(db: Db, session: SessionRow, now_ms: int) -> set[str]:
    """Everybody whom this anchor has muted and who is so at this moment, here or everywhere."""
    rows = db.scalars(_unlifted(session.anchor_id).where(RestrictionRow.kind == Kind.MUTE.value))
    return {row.account_id for row in rows if as_restriction(row).holds(session.id, now_ms)}
