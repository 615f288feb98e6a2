"""The one place that changes the state of an application. Store thread, inside a write."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import func, select

from app.contract.errors import ErrorCode
from app.domain.application import ApplicationState, FormField, Side, may_step
from server.errors import Refusal
from server.store.store import Tx
from server.store.way_models import ApplicationRow, ApplicationStepRow


def move(
    tx: Tx,
    row: ApplicationRow,
    following: ApplicationState,
    side: Side,
    actor_id: str,
    *,
    comment: str = "",
    reasons: Mapping[FormField, str] | None = None,
    form_sealed: str | None = None,
) -> None:
    """Change it and write the step into the history. Raises Refusal as ``require_step``."""
    require_step(row, following, side)
    row.state = following.value
    if following.is_final:
        row.decided_ms = tx.now_ms
    last = tx.db.scalar(select(func.max(ApplicationStepRow.number)).where(ApplicationStepRow.application_id == row.id))
    tx.db.add(
        ApplicationStepRow(
            application_id=row.id,
            number=(last or 0) + 1,
            state=following.value,
            at_ms=tx.now_ms,
            actor_id=actor_id,
            comment=comment,
            reasons=json.dumps({field.value: why for field, why in (reasons or {}).items()}, ensure_ascii=False),
            form_sealed=form_sealed,
        )
    )
    tx.db.flush()


def require_step(row: ApplicationRow, following: ApplicationState, side: Side) -> None:
    """Raises Refusal (state_conflict) where the table has no such step."""
    if not may_step(ApplicationState(row.state), following, side):
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.state})
