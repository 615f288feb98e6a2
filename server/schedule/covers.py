"""What becomes of sessions when their cover is replaced by a newer one. Store thread, inside a write."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.contract.inbox import Concern
from app.domain.session import SessionState
from server.effects import PersonTold
from server.store.models import SessionRow
from server.store.store import Tx


def follow(tx: Tx, account_id: str, before: Iterable[str], after: str) -> None:
    """Sessions that have not ended and show one of ``before`` show ``after`` from now on."""
    query = select(SessionRow).where(
        SessionRow.anchor_id == account_id,
        SessionRow.state != SessionState.ENDED.value,
        SessionRow.cover_image_id.in_(list(before)),
    )
    rows = tx.db.scalars(query).all()
    for row in rows:
        row.cover_image_id = after
        row.revision += 1
    if rows:
        tx.effects.append(PersonTold(account_id, Concern.SCHEDULE))
