"""Deleting what has been kept long enough (server.retention). Store thread, inside a write."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from app.domain.application import ApplicationState
from app.domain.face_check import FaceState
from app.domain.session import SessionState
from server.accounts.codes import forget_codes
from server.desk import sessions as desk_sessions
from server.inbox.reading import forget_before
from server.retention import DAY_MS, Retention
from server.sessions import probe_keys
from server.store.identity_models import FaceCheckRow, FaceStepRow, IdentityAttemptRow, IdentityRow
from server.store.models import AccessRow, FactRow, IdempotencyRow, MessageRow, RefreshRow, SessionRow
from server.store.store import Tx
from server.store.way_models import ApplicationRow

SESSIONS_AT_A_TIME = 20
"""Whose chat is deleted with one write: other people's writes wait for it."""


def forget(tx: Tx, terms: Retention) -> None:
    """All that is in the database. Files have jobs of their own: images, logs."""
    forget_codes(tx)
    desk_sessions.forget_old(tx)
    tx.db.execute(delete(AccessRow).where(AccessRow.expires_ms <= tx.now_ms))
    tx.db.execute(delete(RefreshRow).where(RefreshRow.expires_ms <= tx.now_ms))
    tx.db.execute(delete(IdempotencyRow).where(IdempotencyRow.created_ms <= _before(tx, terms.repeats_days)))
    is_draft = ApplicationRow.state == ApplicationState.DRAFT.value
    is_old = ApplicationRow.saved_ms <= _before(tx, terms.drafts_days)
    tx.db.execute(delete(ApplicationRow).where(is_draft, is_old))
    forget_before(tx, _before(tx, terms.inbox_days))
    probe_keys.forget_before(tx, _before(tx, terms.probes_days))
    _forget_identities(tx, terms)
    _forget_evidence(tx, terms)
    _forget_chat(tx, terms)


def _before(tx: Tx, days: int) -> int:
    return tx.now_ms - days * DAY_MS


def _forget_identities(tx: Tx, terms: Retention) -> None:
    """Of one that no longer counts it is known that it was, and not who."""
    tx.db.execute(
        update(IdentityRow)
        .where(IdentityRow.ended_ms <= _before(tx, terms.former_identity_days))
        .values(name_sealed=None, number_sealed=None, number_hash=None)
    )
    old = _before(tx, terms.identity_attempts_days)
    tx.db.execute(delete(IdentityAttemptRow).where(IdentityAttemptRow.at_ms <= old))


def _forget_evidence(tx: Tx, terms: Retention) -> None:
    """That a check was decided stays, with who decided it; what was seen goes."""
    decided = select(FaceCheckRow.id).where(
        FaceCheckRow.state.in_([state.value for state in FaceState if not state.is_pending]),
        FaceCheckRow.decided_ms <= _before(tx, terms.face_evidence_days),
    )
    is_there = FaceStepRow.note_sealed.is_not(None)
    tx.db.execute(update(FaceStepRow).where(is_there, FaceStepRow.check_id.in_(decided)).values(note_sealed=None))


def _forget_chat(tx: Tx, terms: Retention) -> None:
    """What was said in sessions of long ago: the messages, and the facts that tell of them."""
    old = (
        select(SessionRow.id)
        .where(
            SessionRow.state == SessionState.ENDED.value,
            SessionRow.ended_ms <= _before(tx, terms.chat_days),
            select(FactRow.seq).where(FactRow.session_id == SessionRow.id).exists(),
        )
        .order_by(SessionRow.ended_ms)
        .limit(SESSIONS_AT_A_TIME)
    )
    ids = list(tx.db.scalars(old))
    if ids:
        tx.db.execute(delete(FactRow).where(FactRow.session_id.in_(ids)))
        tx.db.execute(delete(MessageRow).where(MessageRow.session_id.in_(ids)))
