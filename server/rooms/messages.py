"""Messages of a room as they go out: what they answer, in which role they were written, whether they are hidden.

Store threads. Nothing else makes a message for the wire, so that a hidden one gets out nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.events import ChatPosted, QuestionChanged, Quoted, Restored
from app.contract.rest import ChatMessage
from app.domain.room.questions import QuestionState
from app.domain.room.roles import RoomRole
from server.store.models import MessageRow, SessionRow
from server.store.question_models import QuestionRow
from server.store.room_models import ModeratorRow

QUOTED_CHARS = 60


class Writing:
    """What several messages share: roles and what they answer are looked up once each. Within one read or write."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._moderators: dict[str, frozenset[str]] = {}

    def posted(self, message: MessageRow, role: str = "") -> ChatPosted:
        """As everyone gets it. ``role``: its author's, where it is known."""
        return ChatPosted(
            message_id=message.id,
            author_id=message.author_id,
            author_name=message.author_name,
            is_anchor=message.is_anchor,
            text=message.text,
            role=role or self._role(message),
            reply=self._reply(message),
        )

    def to_wire(self, message: MessageRow) -> ChatMessage:
        """For REST. A hidden one is for moderators only: the caller's to see to."""
        reply = self._reply(message)
        return ChatMessage(
            id=message.id,
            session_id=message.session_id,
            author_id=message.author_id,
            author_name=message.author_name,
            is_anchor=message.is_anchor,
            text=message.text,
            sent_at=datetime.fromtimestamp(message.sent_ms / 1000, UTC),
            seq=message.seq,
            role=self._role(message),
            reply_author=reply.author_name if reply is not None else "",
            reply_text=reply.text if reply is not None else "",
            is_hidden=message.is_gone,
        )

    def _role(self, message: MessageRow) -> str:
        if message.is_anchor:
            return RoomRole.OWNER.wire
        session = self._db.get_one(SessionRow, message.session_id)
        if session.anchor_id not in self._moderators:
            rows = self._db.scalars(select(ModeratorRow.account_id).where(ModeratorRow.anchor_id == session.anchor_id))
            self._moderators[session.anchor_id] = frozenset(rows)
        is_moderator = message.author_id in self._moderators[session.anchor_id]
        return (RoomRole.MODERATOR if is_moderator else RoomRole.VIEWER).wire

    def _reply(self, message: MessageRow) -> Quoted | None:
        answered = self._db.get(MessageRow, message.reply_to) if message.reply_to else None
        if answered is None or answered.is_gone:
            return None
        return Quoted(answered.id, answered.author_name, answered.text[:QUOTED_CHARS])


def question_told(row: QuestionRow) -> QuestionChanged:
    """A question as everyone gets it; of a hidden one nothing that somebody wrote."""
    is_hidden = row.is_gone
    return QuestionChanged(
        id=row.id,
        author_id=row.author_id,
        author_name="" if is_hidden else row.author_name,
        text="" if is_hidden else row.text,
        seconds=row.seconds,
        state=QuestionState.HIDDEN.value if is_hidden else row.state,
        rev=row.rev,
        asked_ms=row.sent_ms,
    )


def restored(db: Db, message: MessageRow) -> Restored:
    """One message with its place."""
    return all_restored(db, [message])[0]


def all_restored(db: Db, messages: Iterable[MessageRow]) -> list[Restored]:
    """Messages with their places."""
    writing = Writing(db)
    found = []
    for message in messages:
        one = writing.posted(message)
        found.append(
            Restored(
                message_id=one.message_id,
                author_id=one.author_id,
                author_name=one.author_name,
                is_anchor=one.is_anchor,
                text=one.text,
                role=one.role,
                reply=one.reply,
                seq=message.seq,
                sent_ms=message.sent_ms,
            )
        )
    return found
