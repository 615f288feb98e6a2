"""The face check as operators do it: on the manual path asked for by a person, held by an operator, looked at once more
by another; by camera compared by one operator, once the service found a living person.

Store thread, inside a write. Every act of an operator asks the gate, that they are still signed in and that it is not
their own check; it is audited, and the person is told. ``revision`` is that of the check which the operator saw.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.identity import FaceAsk, FaceCheck, FaceStep
from app.contract.inbox import InboxKind, LinkPlace
from app.domain.china_time import DAY_MS
from app.domain.face_check import MAX_AHEAD_DAYS, FaceMethod, FaceSide, FaceState, time_fault
from app.runtime.clock import utc_ms
from server.accounts.presence import require_presence
from server.audit import audit
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.identity import face_moves, records
from server.identity.face_moves import move
from server.inbox.post import post
from server.liveness import evidence
from server.once import done_before, remember
from server.secrets import FieldCipher, new_id
from server.sessions.views import moment
from server.standing import standing_of
from server.store.identity_models import FaceCheckRow, FaceStepRow
from server.store.store import Tx
from server.text import checked_block

MAX_COMMENT_CHARS = 300
MIN_NOTE_CHARS, MAX_NOTE_CHARS = 10, 1000


# ---- the person ----------------------------------------------------------------------------------


def ask(tx: Tx, person: Person, cipher: FieldCipher, wish: FaceAsk, idempotency_key: str | None) -> FaceCheck:
    """Ask for a check. Raises Refusal: what the gate says, face_check_open, face_time_invalid."""
    require(Act.USE_ACCOUNT, person)
    require_presence(tx.db, person)
    request = f"face {wish.model_dump_json()}"
    made_before = done_before(tx, person.account_id, idempotency_key, request)
    if made_before is not None:
        return to_wire(tx.db, tx.db.get_one(FaceCheckRow, made_before))
    require(Act.ASK_FACE_CHECK, person, standing=standing_of(tx.db, cipher, person.account_id, tx.now_ms))
    identity = records.current_identity(tx.db, person.account_id)
    newest = records.newest_check(tx.db, person.account_id)
    if identity is None:
        raise Refusal(ErrorCode.IDENTITY_MISSING)
    if newest is not None:
        state = FaceState(newest.state)
        is_verified = state is FaceState.VERIFIED and newest.identity_id == identity.id
        if state.is_pending or is_verified:
            raise Refusal(ErrorCode.FACE_CHECK_OPEN, detail={"state": newest.state})
    row = FaceCheckRow(
        id=new_id(),
        account_id=person.account_id,
        identity_id=identity.id,
        state=FaceState.REQUESTED.value,
        method=wish.method.value,
        wished_ms=_checked_time(wish.wished_at, tx.now_ms) if wish.wished_at is not None else None,
        # It is the newest by this, be it that the clock was set back since the one before.
        created_ms=max(tx.now_ms, newest.created_ms + 1) if newest is not None else tx.now_ms,
    )
    tx.db.add(row)
    tx.db.flush()
    face_moves.write_first(tx, row, person.account_id)
    remember(tx, person.account_id, idempotency_key, request, row.id)
    post(tx, person.account_id, InboxKind.FACE_REQUESTED, {}, LinkPlace.PREPARE)
    return to_wire(tx.db, row)


def cancel(tx: Tx, person: Person) -> FaceCheck:
    """Take it back while nobody has held it. Repeatable. Raises Refusal (not_found, state_conflict)."""
    require(Act.USE_ACCOUNT, person)
    require_presence(tx.db, person)
    row = _mine(tx.db, person)
    if FaceState(row.state) is not FaceState.CANCELLED:
        move(tx, row, FaceState.CANCELLED, FaceSide.PERSON, person.account_id)
    return to_wire(tx.db, row)


def my_check(db: Db, person: Person) -> FaceCheck:
    """The newest. Raises Refusal (not_found) when there never was one."""
    require(Act.USE_ACCOUNT, person)
    return to_wire(db, _mine(db, person))


# ---- operators -----------------------------------------------------------------------------------


def appoint(
    tx: Tx, operator: Person, check_id: str, revision: int, at: datetime, method: FaceMethod, comment: str = ""
) -> None:
    """Say when it is held, or hold it at another time."""
    row = _row(tx, operator, check_id, FaceState.APPOINTED, FaceSide.OPERATOR, revision)
    told = checked_block(comment, MAX_COMMENT_CHARS, "comment", 0)
    at_ms = utc_ms(at)
    if at_ms < tx.now_ms:
        raise Refusal(ErrorCode.FACE_TIME_INVALID, detail={"field": "at", "reason": "past"})
    if at_ms > tx.now_ms + MAX_AHEAD_DAYS * DAY_MS:
        raise Refusal(ErrorCode.FACE_TIME_INVALID, detail={"field": "at", "reason": "too_far"})
    row.appointed_ms, row.method, row.operator_id = at_ms, method.value, operator.account_id
    move(tx, row, FaceState.APPOINTED, FaceSide.OPERATOR, operator.account_id, comment=told)
    audit(tx, operator.account_id, "face.appointed", row.id, method.value)
    params = {"at": moment(at_ms).isoformat(), "method": method.value, "comment": told}
    post(tx, row.account_id, InboxKind.FACE_APPOINTED, params, LinkPlace.PREPARE)


def note(
    tx: Tx, operator: Person, cipher: FieldCipher, check_id: str, revision: int, method: FaceMethod, text: str
) -> None:
    """Write down what was seen in the call, or which second document was shown. Sealed; for operators alone."""
    row = _row(tx, operator, check_id, FaceState.NOTED, FaceSide.OPERATOR, revision)
    seen = checked_block(text, MAX_NOTE_CHARS, "seen", MIN_NOTE_CHARS)
    row.method, row.operator_id = method.value, operator.account_id
    sealed = cipher.seal(seen)
    move(tx, row, FaceState.NOTED, FaceSide.OPERATOR, operator.account_id, note_sealed=sealed)
    audit(tx, operator.account_id, "face.noted", row.id, method.value)


def propose(tx: Tx, operator: Person, cipher: FieldCipher, check_id: str, revision: int) -> None:
    """An operator is convinced that it is the person: another one looks at it."""
    row = _row(tx, operator, check_id, FaceState.SECOND_LOOK, FaceSide.OPERATOR, revision)
    _require_still_good(tx, cipher, row)
    row.proposed_by = row.operator_id = operator.account_id
    move(tx, row, FaceState.SECOND_LOOK, FaceSide.OPERATOR, operator.account_id)
    audit(tx, operator.account_id, "face.proposed", row.id, "")


def confirm(tx: Tx, operator: Person, cipher: FieldCipher, check_id: str, revision: int) -> None:
    """The second look: it is the person. Raises Refusal (second_operator_required) for who proposed it."""
    row = _second_look(tx, operator, check_id, FaceState.VERIFIED, revision)
    _require_still_good(tx, cipher, row)
    move(tx, row, FaceState.VERIFIED, FaceSide.SECOND_OPERATOR, operator.account_id)
    audit(tx, operator.account_id, "face.verified", row.id, "")
    post(tx, row.account_id, InboxKind.FACE_VERIFIED, {}, LinkPlace.SCHEDULE)


def send_back(tx: Tx, operator: Person, cipher: FieldCipher, check_id: str, revision: int, text: str) -> None:
    """The second look: not convinced, and why. Who held it goes on."""
    row = _second_look(tx, operator, check_id, FaceState.NOTED, revision)
    why = checked_block(text, MAX_NOTE_CHARS, "send_back", MIN_NOTE_CHARS)
    move(tx, row, FaceState.NOTED, FaceSide.SECOND_OPERATOR, operator.account_id, note_sealed=cipher.seal(why))
    audit(tx, operator.account_id, "face.sent_back", row.id, "")


def compare(tx: Tx, operator: Person, cipher: FieldCipher, check_id: str, revision: int) -> None:
    """What the camera saw is the person. Only for who looked at it; raises Refusal (state_conflict) for who did not."""
    row = _row(tx, operator, check_id, FaceState.VERIFIED, FaceSide.OPERATOR, revision)
    if not evidence.was_looked_at(tx.db, operator, row):
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"reason": "not_looked_at"})
    _require_still_good(tx, cipher, row)
    row.operator_id = operator.account_id
    move(tx, row, FaceState.VERIFIED, FaceSide.OPERATOR, operator.account_id)
    audit(tx, operator.account_id, "face.verified", row.id, row.method)
    post(tx, row.account_id, InboxKind.FACE_VERIFIED, {}, LinkPlace.SCHEDULE)


def retake(tx: Tx, operator: Person, check_id: str, revision: int, reason: str) -> None:
    """It cannot be told by these pictures; the person is told what to do better, and sits before the camera anew."""
    row = _row(tx, operator, check_id, FaceState.RETAKE, FaceSide.OPERATOR, revision)
    told = checked_block(reason, MAX_COMMENT_CHARS, "comment")
    row.operator_id = operator.account_id
    move(tx, row, FaceState.RETAKE, FaceSide.OPERATOR, operator.account_id, comment=told)
    audit(tx, operator.account_id, "face.retake", row.id, "")
    post(tx, row.account_id, InboxKind.FACE_RETAKE, {"comment": told}, LinkPlace.PREPARE)


def refuse(tx: Tx, operator: Person, check_id: str, revision: int, reason: str) -> None:
    """It could not be shown that it is the person; they are told why, and may ask anew."""
    row = _row(tx, operator, check_id, FaceState.REFUSED, FaceSide.OPERATOR, revision)
    told = checked_block(reason, MAX_COMMENT_CHARS, "comment")
    move(tx, row, FaceState.REFUSED, FaceSide.OPERATOR, operator.account_id, comment=told)
    audit(tx, operator.account_id, "face.refused", row.id, "")
    post(tx, row.account_id, InboxKind.FACE_REFUSED, {"comment": told}, LinkPlace.PREPARE)


def order_new(tx: Tx, operator: Person, account_id: str, reason: str) -> None:
    """What was verified counts no longer: the person is looked at anew before the next broadcast."""
    require(Act.REVIEW_FACE, operator)
    require_presence(tx.db, operator)
    told = checked_block(reason, MAX_COMMENT_CHARS, "comment")
    if account_id == operator.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
    row = records.newest_check(tx.db, account_id)
    if row is None or FaceState(row.state) is not FaceState.VERIFIED:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    face_moves.void(tx, account_id, operator.account_id, told)


# ---- shown ---------------------------------------------------------------------------------------


def steps_of(db: Db, check_id: str) -> list[FaceStepRow]:
    """The oldest first."""
    query = select(FaceStepRow).where(FaceStepRow.check_id == check_id)
    return list(db.scalars(query.order_by(FaceStepRow.number)))


def to_wire(db: Db, row: FaceCheckRow) -> FaceCheck:
    """As the person sees it: without what operators noted."""
    steps = steps_of(db, row.id)
    return FaceCheck(
        id=row.id,
        state=FaceState(row.state),
        method=FaceMethod(row.method),
        wished_at=moment(row.wished_ms) if row.wished_ms is not None else None,
        appointed_at=moment(row.appointed_ms) if row.appointed_ms is not None else None,
        comment=steps[-1].comment if steps else "",
        history=[FaceStep(state=FaceState(one.state), at=moment(one.at_ms), comment=one.comment) for one in steps],
    )


def visible_row(db: Db, check_id: str) -> FaceCheckRow:
    """Raises Refusal (not_found)."""
    row = db.get(FaceCheckRow, check_id) if check_id.isascii() and check_id.isalnum() else None
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    return row


def _mine(db: Db, person: Person) -> FaceCheckRow:
    row = records.newest_check(db, person.account_id)
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    return row


def _checked_time(at: datetime, now_ms: int) -> int:
    at_ms = utc_ms(at)
    fault = time_fault(at_ms, now_ms)
    if fault is not None:
        raise Refusal(ErrorCode.FACE_TIME_INVALID, detail={"field": "wished_at", "reason": fault})
    return at_ms


def _row(tx: Tx, operator: Person, check_id: str, following: FaceState, side: FaceSide, revision: int) -> FaceCheckRow:
    require(Act.REVIEW_FACE, operator)
    require_presence(tx.db, operator)
    row = visible_row(tx.db, check_id)
    if row.account_id == operator.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
    face_moves.require_step(row, following, side)
    if row.revision != revision:
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.state, "revision": row.revision})
    return row


def _second_look(tx: Tx, operator: Person, check_id: str, following: FaceState, revision: int) -> FaceCheckRow:
    row = _row(tx, operator, check_id, following, FaceSide.SECOND_OPERATOR, revision)
    if row.proposed_by == operator.account_id:
        raise Refusal(ErrorCode.SECOND_OPERATOR_REQUIRED)
    return row


def _require_still_good(tx: Tx, cipher: FieldCipher, row: FaceCheckRow) -> None:
    """Of the name and number that the check is for, and of nobody who is listed. Raises Refusal."""
    identity = records.current_identity(tx.db, row.account_id)
    if identity is None or identity.id != row.identity_id:
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"reason": "identity_changed"})
    if records.is_blocklisted(tx.db, cipher, row.account_id):
        raise Refusal(ErrorCode.BLOCKLISTED)
