"""What was said around a reported target, as it was at the time: kept with the report, sealed. Store threads.

Messages can be hidden, and are deleted on schedule, before an operator comes to a report.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from server.secrets import FieldCipher
from server.store.models import MessageRow

BEFORE, AFTER = 20, 10
"""Messages before and after the one that it is about."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message. ``is_target``: it is what was reported, or by whom was reported; ``is_evidence``: chosen."""

    id: str
    author_id: str
    author_name: str = field(repr=False)
    text: str = field(repr=False)
    seq: int
    sent_ms: int
    is_anchor: bool
    is_hidden: bool
    is_target: bool
    is_evidence: bool


def taken_of(
    db: Db, session_id: str, pivot: MessageRow | None, evidence: Collection[str], *, message_id: str, author_id: str
) -> list[Line]:
    """Around ``pivot``, or the newest where there is none; with the evidence wherever it stands, in order.

    ``message_id`` or ``author_id`` (empty: none) says what is marked as the target.
    """
    of_session = select(MessageRow).where(MessageRow.session_id == session_id)
    before = of_session if pivot is None else of_session.where(MessageRow.seq <= pivot.seq)
    rows = {row.id: row for row in db.scalars(before.order_by(MessageRow.seq.desc()).limit(BEFORE + 1))}
    if pivot is not None:
        after = of_session.where(MessageRow.seq > pivot.seq).order_by(MessageRow.seq).limit(AFTER)
        rows |= {row.id: row for row in db.scalars(after)}
    rows |= {row.id: row for row in db.scalars(of_session.where(MessageRow.id.in_(evidence)))}
    return [
        Line(
            id=row.id,
            author_id=row.author_id,
            author_name=row.author_name,
            text=row.text,
            seq=row.seq,
            sent_ms=row.sent_ms,
            is_anchor=row.is_anchor,
            is_hidden=row.is_gone,
            is_target=row.id == message_id or row.author_id == author_id,
            is_evidence=row.id in evidence,
        )
        for row in sorted(rows.values(), key=lambda row: row.seq)
    ]


def sealed(cipher: FieldCipher, lines: list[Line]) -> str:
    return cipher.seal(json.dumps([asdict(line) for line in lines], ensure_ascii=False))


def opened(cipher: FieldCipher, text: str | None) -> list[Line]:
    """Empty once it was deleted. Raises StorageError when the key is another one."""
    return [Line(**one) for one in json.loads(cipher.open(text))] if text else []
