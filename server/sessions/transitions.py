"""The one place where the state of a session changes. Store thread, inside a write."""

from __future__ import annotations

from app.contract.errors import ErrorCode
from app.contract.events import SessionChanged
from app.contract.inbox import Concern
from app.domain.session import GRACE_PERIOD_S, EndReason, SessionState, may_follow
from server.effects import GraceSet, PersonTold, SessionClosed
from server.errors import Refusal
from server.rooms import questions
from server.rooms.facts import post_fact
from server.store.models import SessionRow
from server.store.store import Tx


def grace_deadline_ms(row: SessionRow) -> int | None:
    """When it ends by itself, from what is stored: the same before and after a restart."""
    if row.state != SessionState.INTERRUPTED or row.interrupted_ms is None:
        return None
    return row.interrupted_ms + GRACE_PERIOD_S * 1000


def move(tx: Tx, row: SessionRow, to: SessionState, reason: EndReason | None = None) -> None:
    """Change the state, its moments, post ``session.changed``, tell the anchor. Raises Refusal for an unlawful step."""
    state = SessionState(row.state)
    if not may_follow(state, to):
        code = ErrorCode.SESSION_ENDED if state is SessionState.ENDED else ErrorCode.STATE_CONFLICT
        raise Refusal(code, detail={"state": state.value})
    row.state = to.value
    match to:
        case SessionState.LIVE:
            row.started_ms = tx.now_ms if row.started_ms is None else row.started_ms
            row.interrupted_ms = None
        case SessionState.INTERRUPTED:
            row.interrupted_ms = tx.now_ms
        case SessionState.ENDED:
            row.ended_ms = tx.now_ms
            row.end_reason = reason.value if reason else None
            tx.effects.append(SessionClosed(row.id))
            questions.take_down(tx, row)
        case SessionState.PREPARING | SessionState.SCHEDULED:
            pass
    if state is SessionState.INTERRUPTED or to is SessionState.INTERRUPTED:
        tx.effects.append(GraceSet(row.id, grace_deadline_ms(row)))
    post_fact(
        tx,
        row,
        "session.changed",
        SessionChanged(state=to.value, reason=reason.value if reason else None, title=row.title),
    )
    tx.effects.append(PersonTold(row.anchor_id, Concern.SCHEDULE))
