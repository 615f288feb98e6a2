"""Chat messages: what may be posted, posting once, reading back. Store threads, inside a write or a read."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.events import MAX_CHAT_CHARS, ChatAck
from app.contract.rest import ChatMessage
from app.domain.session import SessionState
from server.accounts.presence import require_presence
from server.errors import Refusal
from server.gate import Act, Person, Subject, require
from server.rooms.facts import post_fact, posted
from server.secrets import new_id
from server.store.models import AccountRow, MessageRow, SessionRow
from server.store.store import Tx
from server.text import plain_text

MAX_REQUEST_ID_CHARS = 64


def checked_text(raw: str) -> str:
    """The text as it is posted. Raises Refusal when it is empty or too long."""
    if len(raw) > 8 * MAX_CHAT_CHARS:
        raise Refusal(ErrorCode.MESSAGE_TOO_LONG, detail={"max_chars": MAX_CHAT_CHARS})
    text = plain_text(raw)
    if not text:
        raise Refusal(ErrorCode.MESSAGE_EMPTY)
    if len(text) > MAX_CHAT_CHARS:
        raise Refusal(ErrorCode.MESSAGE_TOO_LONG, detail={"max_chars": MAX_CHAT_CHARS})
    return text


def checked_request_id(request_id: str) -> str:
    """The idempotency key. Raises Refusal when it is none."""
    if not 1 <= len(request_id) <= MAX_REQUEST_ID_CHARS or not request_id.isprintable():
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "id"})
    return request_id


def find_posted(db: Db, session_id: str, person: Person, request_id: str, text: str) -> ChatAck | None:
    """The acknowledgement of a request that was carried out before. Raises Refusal when it had another text."""
    earlier = db.scalar(
        select(MessageRow).where(
            MessageRow.session_id == session_id,
            MessageRow.author_id == person.account_id,
            MessageRow.request_id == request_id,
        )
    )
    if earlier is None:
        return None
    if earlier.text != text:
        raise Refusal(ErrorCode.IDEMPOTENCY_MISMATCH)
    return ChatAck(request_id=request_id, message_id=earlier.id, seq=earlier.seq)


def post_message(tx: Tx, session_id: str, person: Person, request_id: str, text: str) -> ChatAck:
    """Post ``text`` once, however often the request comes. Raises Refusal."""
    row = tx.db.get(SessionRow, session_id)
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    earlier = find_posted(tx.db, session_id, person, request_id, text)
    if earlier is not None:
        return earlier
    require_presence(tx.db, person)
    require(Act.CHAT, person, Subject(row.anchor_id, SessionState(row.state), id=row.id))
    message = MessageRow(
        id=new_id(),
        session_id=session_id,
        seq=row.last_seq + 1,
        author_id=person.account_id,
        author_name=tx.db.get_one(AccountRow, person.account_id).nickname,
        is_anchor=row.anchor_id == person.account_id,
        text=text,
        sent_ms=tx.now_ms,
        request_id=request_id,
    )
    tx.db.add(message)
    tx.db.flush()
    row.message_count += 1
    seq = post_fact(tx, row, "chat.posted", posted(message), message.id)
    return ChatAck(request_id=request_id, message_id=message.id, seq=seq)


def read_messages(db: Db, session_id: str, after_seq: int, limit: int) -> list[ChatMessage]:
    """Messages after a number, oldest first. Raises Refusal when there is no such session."""
    if db.get(SessionRow, session_id) is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    rows = db.scalars(
        select(MessageRow)
        .where(MessageRow.session_id == session_id, MessageRow.seq > after_seq)
        .order_by(MessageRow.seq)
        .limit(limit)
    )
    return [
        ChatMessage(
            id=row.id,
            session_id=row.session_id,
            author_id=row.author_id,
            author_name=row.author_name,
            is_anchor=row.is_anchor,
            text=row.text,
            sent_at=datetime.fromtimestamp(row.sent_ms / 1000, UTC),
            seq=row.seq,
        )
        for row in rows
    ]
