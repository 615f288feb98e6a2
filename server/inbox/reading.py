"""A person's own inbox: reading, counting, marking as read, forgetting. Store threads."""

from __future__ import annotations

import json

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session as Db

from app.contract.inbox import Concern, Inbox, InboxCount, InboxKind, InboxMessage, InboxRead, LinkPlace
from server.effects import PersonTold
from server.gate import Person
from server.sessions.views import moment
from server.store.store import Tx
from server.store.way_models import InboxRow


def read_inbox(db: Db, person: Person, before: int, limit: int) -> Inbox:
    """The newest first; with ``before`` those before that number."""
    query = select(InboxRow).where(InboxRow.account_id == person.account_id)
    if before > 0:
        query = query.where(InboxRow.number < before)
    rows = list(db.scalars(query.order_by(InboxRow.number.desc()).limit(limit + 1)))
    return Inbox(
        messages=[_to_wire(row) for row in rows[:limit]],
        unread=count_unread(db, person.account_id),
        has_more=len(rows) > limit,
    )


def count_unread(db: Db, account_id: str) -> int:
    query = select(func.count()).select_from(InboxRow)
    return db.scalar(query.where(InboxRow.account_id == account_id, InboxRow.read_ms.is_(None))) or 0


def mark_read(tx: Tx, person: Person, wish: InboxRead) -> InboxCount:
    """Repeatable; another person's ids are passed over as if they did not exist."""
    mine = update(InboxRow).where(InboxRow.account_id == person.account_id, InboxRow.read_ms.is_(None))
    # Anything may be named; PostgreSQL takes no NUL even to look for it.
    ids = [one for one in wish.ids if one.isascii() and one.isalnum()]
    if ids:
        tx.db.execute(mine.where(InboxRow.id.in_(ids)).values(read_ms=tx.now_ms))
    if wish.up_to > 0:
        tx.db.execute(mine.where(InboxRow.number <= wish.up_to).values(read_ms=tx.now_ms))
    tx.effects.append(PersonTold(person.account_id, Concern.INBOX))
    return InboxCount(unread=count_unread(tx.db, person.account_id))


def forget_before(tx: Tx, at_ms: int) -> None:
    """Delete what was told before. A person's numbers go on counting from the newest."""
    last = (
        select(InboxRow.account_id, func.max(InboxRow.number).label("number")).group_by(InboxRow.account_id).subquery()
    )
    kept = select(InboxRow.id).join(
        last, (InboxRow.account_id == last.c.account_id) & (InboxRow.number == last.c.number)
    )
    tx.db.execute(delete(InboxRow).where(InboxRow.at_ms <= at_ms, InboxRow.id.not_in(kept)))


def _to_wire(row: InboxRow) -> InboxMessage:
    return InboxMessage(
        id=row.id,
        number=row.number,
        kind=InboxKind(row.kind),
        at=moment(row.at_ms),
        params=json.loads(row.params),
        place=LinkPlace(row.place),
        link_id=row.link_id,
        is_read=row.read_ms is not None,
    )
