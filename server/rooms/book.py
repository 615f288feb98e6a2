"""What every message of a room is judged by: its rules, the anchor's own words, who moderates. Store threads.

Kept with the database session, and so for one batch of writes or one read: a flood of messages asks once. Whatever
changes any of it calls ``forget``, before and after.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.domain.room.rules import RoomRules
from server.rooms import rules
from server.store.models import SessionRow
from server.store.room_models import ModeratorRow

_KEY = "room_books"


@dataclass(frozen=True, slots=True)
class Book:
    rules: RoomRules
    words: tuple[str, ...]
    moderators: frozenset[str]


def book_of(db: Db, session: SessionRow) -> Book:
    """Of one room."""
    books: dict[str, Book] = db.info.setdefault(_KEY, {})
    found = books.get(session.id)
    if found is None:
        moderators = db.scalars(select(ModeratorRow.account_id).where(ModeratorRow.anchor_id == session.anchor_id))
        words = rules.words_of(db, session.anchor_id)
        found = books[session.id] = Book(rules.rules_of(db, session.id), tuple(words), frozenset(moderators))
    return found


def forget(db: Db) -> None:
    """Something has changed, or what was changed was taken back."""
    db.info.pop(_KEY, None)
