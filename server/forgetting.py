"""Deleting what has been kept long enough (server.retention). Store thread, inside a write."""

from __future__ import annotations

from sqlalchemy import case, delete, select, update

from app.domain.application import ApplicationState
from app.domain.face_check import FaceState
from app.domain.measures import CLOSES, HAPPENS_ONCE, AppealState, MeasureKind, PieceKind
from app.domain.reports import FINAL
from app.domain.session import SessionState
from server.accounts.codes import forget_codes
from server.desk import sessions as desk_sessions
from server.inbox.reading import forget_before
from server.retention import DAY_MS, Retention
from server.rooms.undoing import ABOUT_MESSAGES, FORGOTTEN
from server.sessions import probe_keys
from server.store.count_models import CountRow
from server.store.identity_models import FaceCheckRow, FaceStepRow, IdentityAttemptRow, IdentityRow
from server.store.liveness_models import LivenessFileRow, LivenessRow
from server.store.measure_models import MeasureRow, PieceRow
from server.store.models import AccessRow, FactRow, IdempotencyRow, MessageRow, RefreshRow, SessionRow
from server.store.question_models import QuestionRow, QuestionSecondRow
from server.store.report_models import ComplaintRow, ProofRow, ReportClipRow, ReportRow
from server.store.room_models import ActionRow, HeldRow, RestrictionRow, RoomRulesRow
from server.store.store import Tx
from server.store.way_models import ApplicationRow

_TAKES_AWAY = (MeasureKind.DELETION.value, MeasureKind.REFUSAL.value)
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
    _forget_sittings(tx, terms)
    _forget_measures(tx, terms)
    _forget_reports(tx, terms)
    _forget_chat(tx, terms)
    _forget_restrictions(tx, terms)
    _forget_onlookers(tx)


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


def _forget_sittings(tx: Tx, terms: Retention) -> None:
    """What the camera saw, and what was measured in it. Files go with their rows (server.liveness). Who was closed out
    for as long waits for no decision."""
    old_ms = _before(tx, terms.face_evidence_days)
    decided = select(FaceCheckRow.id).where(
        FaceCheckRow.state.in_([state.value for state in FaceState if not state.is_pending]),
        FaceCheckRow.decided_ms <= old_ms,
    )
    closed = select(MeasureRow.account_id).where(
        MeasureRow.kind.in_([kind.value for kind in CLOSES]), MeasureRow.ended_ms.is_(None), MeasureRow.at_ms <= old_ms
    )
    is_old = LivenessRow.check_id.in_(decided) | LivenessRow.account_id.in_(closed)
    old = select(LivenessRow.id).where(is_old, LivenessRow.ended_ms <= old_ms)
    tx.db.execute(delete(LivenessFileRow).where(LivenessFileRow.session_id.in_(old)))
    is_there = LivenessRow.public_key != ""
    tx.db.execute(
        update(LivenessRow)
        .where(is_there, LivenessRow.id.in_(old))
        .values(findings_sealed=None, said="[]", colours="", public_key="", challenge="")
    )
    # Of what came to no check it is of no use that there was one.
    tx.db.execute(delete(LivenessRow).where(LivenessRow.check_id.is_(None), LivenessRow.ended_ms <= old_ms))


def _forget_measures(tx: Tx, terms: Retention) -> None:
    """That a measure was taken stays, with its reason; what was quoted and written goes once nothing of it goes on."""
    old_ms = _before(tx, terms.measures_days)
    happens_once = [kind.value for kind in HAPPENS_ONCE]
    over_ms = case(
        (MeasureRow.ended_ms.is_not(None), MeasureRow.ended_ms),
        (MeasureRow.kind.in_(happens_once), MeasureRow.at_ms),
        # What was taken away stays away without an end; nothing of it goes on once its person was told.
        (MeasureRow.kind.in_(_TAKES_AWAY), MeasureRow.told_ms),
        else_=MeasureRow.until_ms,
    )
    is_open = MeasureRow.appeal == AppealState.OPEN.value
    is_there = MeasureRow.evidence_sealed.is_not(None) | MeasureRow.appeal_sealed.is_not(None)
    is_old = (
        (over_ms <= old_ms)
        & (MeasureRow.decided_ms.is_(None) | (MeasureRow.decided_ms <= old_ms))
        # Who was told late has as long to appeal as anybody.
        & (MeasureRow.told_ms.is_(None) | (MeasureRow.told_ms <= old_ms))
    )
    tx.db.execute(update(MeasureRow).where(is_there, ~is_open, is_old).values(evidence_sealed=None, appeal_sealed=None))
    over = select(MeasureRow.id).where(~is_open, is_old)
    # A title is put back whenever the measure is lifted.
    is_final = MeasureRow.ended_ms.is_not(None) | (MeasureRow.kind != MeasureKind.DELETION.value)
    is_free = (PieceRow.kind != PieceKind.TITLE.value) | PieceRow.measure_id.in_(over.where(is_final))
    tx.db.execute(
        update(PieceRow)
        .where(PieceRow.text_sealed.is_not(None), PieceRow.measure_id.in_(over), is_free)
        .values(text_sealed=None)
    )


def _forget_reports(tx: Tx, terms: Retention) -> None:
    """That something was reported stays, with the answer. Files go with their rows (server.reports)."""
    final = [state.value for state in FINAL]
    is_old = ReportRow.state.in_(final) & (ReportRow.handled_ms <= _before(tx, terms.reports_days))
    is_there = ReportRow.text_sealed.is_not(None) | ReportRow.transcript_sealed.is_not(None)
    tx.db.execute(update(ReportRow).where(is_there, is_old).values(text_sealed=None, transcript_sealed=None))
    old = select(ReportRow.id).where(is_old)
    tx.db.execute(delete(ReportClipRow).where(ReportClipRow.report_id.in_(old)))
    is_over = ComplaintRow.state.in_(final) & (ComplaintRow.handled_ms <= _before(tx, terms.complaints_days))
    over = select(ComplaintRow.id).where(is_over)
    tx.db.execute(delete(ProofRow).where(ProofRow.complaint_id.in_(over)))
    loose_ms = _before(tx, terms.loose_proofs_days)
    tx.db.execute(delete(ProofRow).where(ProofRow.complaint_id.is_(None), ProofRow.uploaded_ms <= loose_ms))
    tx.db.execute(
        update(ComplaintRow)
        .where(is_over, ComplaintRow.claimant_sealed.is_not(None))
        .values(claimant_sealed=None, contact_sealed=None, description_sealed=None, links_sealed=None)
    )


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
        tx.db.execute(update(RoomRulesRow).where(RoomRulesRow.session_id.in_(ids)).values(pinned_id=None))
        tx.db.execute(delete(HeldRow).where(HeldRow.session_id.in_(ids)))
        asked = select(QuestionRow.id).where(QuestionRow.session_id.in_(ids))
        tx.db.execute(delete(QuestionSecondRow).where(QuestionSecondRow.question_id.in_(asked)))
        tx.db.execute(delete(QuestionRow).where(QuestionRow.session_id.in_(ids)))
        # who did what to whom stays, and that it can be undone; what had been said goes
        is_old = ActionRow.session_id.in_(ids)
        tx.db.execute(update(ActionRow).where(is_old).values(excerpt=""))
        is_said = ActionRow.kind.in_([kind.value for kind in ABOUT_MESSAGES])
        tx.db.execute(update(ActionRow).where(is_old, is_said).values(undo=FORGOTTEN))
        tx.db.execute(delete(FactRow).where(FactRow.session_id.in_(ids)))
        tx.db.execute(delete(MessageRow).where(MessageRow.session_id.in_(ids)))


def _forget_restrictions(tx: Tx, terms: Retention) -> None:
    """Mutes and removals that hold no more, as long after as what they were for is kept. The record stays."""
    old_ms = _before(tx, terms.chat_days)
    ended = select(SessionRow.id).where(SessionRow.state == SessionState.ENDED.value, SessionRow.ended_ms <= old_ms)
    is_over = (
        (RestrictionRow.lifted_ms <= old_ms)
        | (RestrictionRow.until_ms <= old_ms)
        | RestrictionRow.session_id.in_(ended)
    )
    tx.db.execute(delete(RestrictionRow).where(is_over))


def _forget_onlookers(tx: Tx) -> None:
    """Who was in a room is told apart while it is on air. The service forgets it with the end; this is for one that was
    killed in between."""
    ended = select(SessionRow.id).where(SessionRow.state == SessionState.ENDED.value)
    is_there = CountRow.salt.is_not(None) | CountRow.marks.is_not(None)
    tx.db.execute(update(CountRow).where(is_there, CountRow.session_id.in_(ended)).values(salt=None, marks=None))
