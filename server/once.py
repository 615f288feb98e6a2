"""Writes that may be repeated: the same key with the same request gives what the first one made. Store thread."""

from __future__ import annotations

import hashlib

from app.contract.errors import ErrorCode
from server.errors import Refusal
from server.store.models import IdempotencyRow
from server.store.store import Tx


def done_before(tx: Tx, account_id: str, key: str | None, *requests: str) -> str | None:
    """Id of what this key made; None when it is new. Raises Refusal (idempotency_mismatch) for another request.

    ``requests``: the one request in every form in which it may have been remembered.
    """
    done = tx.db.get(IdempotencyRow, (account_id, key)) if key is not None else None
    if done is None:
        return None
    if done.request_hash not in {_hash(request) for request in requests}:
        raise Refusal(ErrorCode.IDEMPOTENCY_MISMATCH)
    return done.subject_id


def remember(tx: Tx, account_id: str, key: str | None, request: str, subject_id: str) -> None:
    """That this key made ``subject_id``; kept for a day."""
    if key is None:
        return
    tx.db.add(
        IdempotencyRow(
            account_id=account_id,
            key=key,
            request_hash=_hash(request),
            subject_id=subject_id,
            created_ms=tx.now_ms,
        )
    )
    tx.db.flush()


def _hash(request: str) -> str:
    return hashlib.sha256(request.encode("utf-8", "surrogatepass")).hexdigest()
