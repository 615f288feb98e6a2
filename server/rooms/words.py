"""An anchor's own words: added, taken away, found in a message. Store threads."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from app.contract.errors import ErrorCode
from app.contract.room import MAX_WORD_CHARS, MAX_WORDS
from server.conduct_gate import shipped_checker
from server.errors import Refusal
from server.store.models import SessionRow
from server.store.room_models import RoomWordRow
from server.store.store import Tx
from server.text import checked_line


def has_word(text: str, words: Sequence[str]) -> bool:
    """Whether one of them is in it, in any way of writing it."""
    return bool(words) and shipped_checker().has_any(text, words)


def add_word(tx: Tx, session: SessionRow, word: str) -> str:
    """Returns it as it is kept. Raises Refusal: input_invalid (empty, too long, too many), state_conflict (known)."""
    found = checked_line(word, MAX_WORD_CHARS, "word")
    if tx.db.get(RoomWordRow, (session.anchor_id, found)) is not None:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    count = select(func.count()).select_from(RoomWordRow).where(RoomWordRow.anchor_id == session.anchor_id)
    if (tx.db.scalar(count) or 0) >= MAX_WORDS:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "word", "max": MAX_WORDS})
    tx.db.add(RoomWordRow(anchor_id=session.anchor_id, word=found, added_ms=tx.now_ms))
    tx.db.flush()
    return found


def remove_word(tx: Tx, session: SessionRow, word: str) -> str:
    """Raises Refusal (not_found)."""
    row = tx.db.get(RoomWordRow, (session.anchor_id, checked_line(word, MAX_WORD_CHARS, "word")))
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    tx.db.delete(row)
    tx.db.flush()
    return row.word
