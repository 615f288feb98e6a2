"""Who is in a room now, as who moderates it sees them. Store threads, inside a read."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from app.contract.rest import Role
from app.contract.room import MAX_PAGE, Audience, AudienceMember
from server.gate import Person
from server.rooms.book import book_of
from server.rooms.people import known_in, muted_by, standings_in
from server.rooms.record import moderated, moment_or_none
from server.store.models import AccountRow, MessageRow, RoleRow


def audience(db: Db, person: Person, session_id: str, now_ms: int, present: frozenset[str], visitors: int) -> Audience:
    """Who is there, roles first, then who said most. Of more than a page those are told whom one looks for: who
    moderates, who is muted, who says much. Raises Refusal: not_found, forbidden."""
    session, _ = moderated(db, person, session_id, now_ms)
    counted = select(MessageRow.author_id, func.count()).where(MessageRow.session_id == session_id)
    counts = {row[0]: int(row[1]) for row in db.execute(counted.group_by(MessageRow.author_id))}
    moderators, muted = book_of(db, session).moderators, muted_by(db, session, now_ms)
    ranked = sorted(present, key=lambda one: (one not in moderators, one not in muted, -counts.get(one, 0), one))
    told = ranked[:MAX_PAGE]
    names = {
        row.id: row.nickname
        for row in db.execute(select(AccountRow.id, AccountRow.nickname).where(AccountRow.id.in_(told)))
    }
    roles: dict[str, set[Role]] = {account_id: set() for account_id in names}
    for account_id, role in db.execute(select(RoleRow.account_id, RoleRow.role).where(RoleRow.account_id.in_(told))):
        roles[account_id].add(Role(role))
    standings = standings_in(db, session, {one: frozenset(mine) for one, mine in roles.items()}, now_ms)
    known = known_in(db, session, told)
    members = [
        AudienceMember(
            account_id=one,
            name=names[one],
            role=room.role.wire,
            is_following=room.is_following,
            is_muted=room.mute is not None,
            is_new=one not in known,
            messages=counts.get(one, 0),
            muted_until=moment_or_none(room.mute.until_ms) if room.mute is not None else None,
        )
        for one, room in standings.items()
    ]
    members.sort(key=lambda one: (-int(standings[one.account_id].role), -one.messages, one.name))
    return Audience(people=members, visitors=visitors, total=len(present) + visitors)
