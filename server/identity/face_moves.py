"""The one place that changes the state of a face check. Store thread, inside a write."""

from __future__ import annotations

from sqlalchemy import func, select

from app.contract.errors import ErrorCode
from app.contract.inbox import Concern, InboxKind, LinkPlace
from app.domain.face_check import FaceSide, FaceState, may_step
from server.audit import audit
from server.effects import PersonTold
from server.errors import Refusal
from server.identity import records
from server.inbox.post import post
from server.store.identity_models import FaceCheckRow, FaceStepRow
from server.store.store import Tx


def move(
    tx: Tx,
    row: FaceCheckRow,
    following: FaceState,
    side: FaceSide,
    actor_id: str,
    *,
    comment: str = "",
    note_sealed: str | None = None,
) -> None:
    """Change it, write the step into the history, tell the person's programs. Raises Refusal as ``require_step``."""
    require_step(row, following, side)
    row.state = following.value
    row.revision += 1
    if not following.is_pending:
        row.decided_ms = tx.now_ms
    _write_step(tx, row, actor_id, comment, note_sealed)


def write_first(tx: Tx, row: FaceCheckRow, actor_id: str) -> None:
    """The step with which it begins."""
    _write_step(tx, row, actor_id, "", None)


def _write_step(tx: Tx, row: FaceCheckRow, actor_id: str, comment: str, note_sealed: str | None) -> None:
    last = tx.db.scalar(select(func.max(FaceStepRow.number)).where(FaceStepRow.check_id == row.id))
    tx.db.add(
        FaceStepRow(
            check_id=row.id,
            number=(last or 0) + 1,
            state=row.state,
            at_ms=tx.now_ms,
            actor_id=actor_id,
            comment=comment,
            note_sealed=note_sealed,
        )
    )
    tx.db.flush()
    tx.effects.append(PersonTold(row.account_id, Concern.IDENTITY))


def require_step(row: FaceCheckRow, following: FaceState, side: FaceSide) -> None:
    """Raises Refusal (state_conflict) where the table has no such step."""
    if not may_step(FaceState(row.state), following, side):
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.state})


def void(tx: Tx, account_id: str, actor_id: str, reason: str, *, is_told: bool = True) -> bool:
    """The name or number is another one, or a new check is ordered: what was verified counts no longer, what is under
    way ends. Whether there was anything. ``reason``: an operator's words to the person; empty for a correction.
    ``is_told``: by a message; not where another message tells of it with the same reason.
    """
    row = records.newest_check(tx.db, account_id)
    if row is None:
        return False
    state = FaceState(row.state)
    if state is FaceState.VERIFIED:
        move(tx, row, FaceState.VOIDED, FaceSide.SERVICE, actor_id, comment=reason)
        if is_told:
            post(tx, account_id, InboxKind.FACE_VOIDED, {"comment": reason}, LinkPlace.PREPARE)
    elif state.is_pending:
        # It was asked for with a name that no longer is the person's.
        move(tx, row, FaceState.CANCELLED, FaceSide.SERVICE, actor_id, comment=reason)
    else:
        return False
    audit(tx, actor_id, f"face.{row.state}", row.id, reason)
    return True
