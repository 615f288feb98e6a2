"""What comes of a judgement: asked for once more, verified, or something for an operator. Store thread, in a write.

=========================  ==========================================================================================
judged                     what comes of it
=========================  ==========================================================================================
live, full way             a register confirms: verified. No register: an operator compares (``evidence``). A register
                           has another face: the manual path
review, full way           an operator compares
retry                      once more; the third of one family: the manual path, with the evidence
live or review, reduced    the manual path, with the evidence
not judged at all          the manual path
=========================  ==========================================================================================

The manual path is a check that is ``requested``: a live call or a second document, and a second look.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.inbox import InboxKind, LinkPlace
from app.domain.china_time import DAY_MS
from app.domain.face_check import FaceMethod, FaceState
from app.domain.liveness import Grade, LivenessPath, LivenessState, Retry
from app.liveness.verdict import Verdict
from server.audit import audit
from server.errors import Refusal
from server.identity import face_moves
from server.identity import records as identities
from server.inbox.post import post
from server.liveness import limits, records
from server.liveness.case import Findings
from server.providers.face_authority import FaceAnswer, FaceVerdict
from server.secrets import FieldCipher, new_id
from server.store.identity_models import FaceCheckRow
from server.store.liveness_models import LivenessFileRow, LivenessRow
from server.store.store import Tx

SINCE_MS = DAY_MS
"""Retries that are older do not add up with this one."""


class About(StrEnum):
    """Why an operator looks; beside these ``doubt_<finding>`` and ``again_<retry>``."""

    AUTOMATIC = "automatic"
    """Nobody has to: a register confirmed it."""
    COMPARE = "compare"
    """A living person; nobody but an operator can say who it is."""
    RENEWED = "renewed"
    """The same, and what was verified before counts no longer."""
    DOUBT = "doubt"
    """Something does not speak for it."""
    MISMATCH = "mismatch"
    NO_FLASH = "no_flash"
    NO_ACTIONS = "no_actions"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is on the disk: a still, or the clip with number 0."""

    id: str
    number: int
    label: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class _Way:
    state: LivenessState
    about: str = ""
    retry: Retry | None = None
    check: FaceState | None = None
    """The state in which a check begins; None: there is none."""


def judged(
    tx: Tx,
    cipher: FieldCipher,
    session_id: str,
    findings: Findings | None,
    answer: FaceAnswer | None,
    files: tuple[Kept, ...] = (),
) -> LivenessState:
    """Write down what it came to. ``findings`` None: it could not be judged. Raises Refusal (state_conflict) for one
    that ended meanwhile: then nothing of it is kept."""
    row = tx.db.get(LivenessRow, session_id)
    if row is None or row.state != LivenessState.JUDGING.value:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    before = identities.newest_check(tx.db, row.account_id)
    way = _way(tx, cipher, row, findings, answer, before)
    row.about, row.authority = way.about, answer.authority if answer is not None else ""
    row.retry = way.retry.value if way.retry is not None else ""
    records.end(tx, row, way.state, is_failure=way.retry is not None)
    audit(tx, row.account_id, "face.judged", row.id, way.retry or way.about or way.state)
    if way.check is None:
        return way.state
    if findings is not None:
        row.findings_sealed = cipher.seal(msgspec.json.encode(findings).decode())
    tx.db.add_all(
        LivenessFileRow(id=one.id, session_id=row.id, number=one.number, label=one.label, size_bytes=one.size_bytes)
        for one in files
    )
    row.check_id = _check(tx, row, way.check, before)
    tx.db.flush()
    return way.state


def is_kept(db: Db, session_id: str, findings: Findings, now_ms: int) -> bool:
    """Whether anybody may have to look at it: of what is only asked for once more nothing is kept."""
    row = db.get(LivenessRow, session_id)
    if row is None:
        return False
    return findings.verdict is not Verdict.RETRY or _is_third(db, row, _retry_of(findings), now_ms)


def _is_third(db: Db, row: LivenessRow, retry: Retry, now_ms: int) -> bool:
    """Whether it is no longer only asked for once more."""
    check = identities.newest_check(db, row.account_id)
    since_ms = max(now_ms - SINCE_MS, check.created_ms if check is not None else 0)
    return limits.is_for_operators(retry, records.retries_since(db, row, since_ms))


def _retry_of(findings: Findings) -> Retry:
    return findings.retry or Retry.UNCLEAR


def _way(
    tx: Tx,
    cipher: FieldCipher,
    row: LivenessRow,
    findings: Findings | None,
    answer: FaceAnswer | None,
    before: FaceCheckRow | None,
) -> _Way:
    path = LivenessPath(row.path)
    if findings is None:
        return _Way(LivenessState.REVIEW, About.NOT_JUDGED, check=FaceState.REQUESTED)
    if findings.verdict is Verdict.RETRY:
        retry = _retry_of(findings)
        if _is_third(tx.db, row, retry, tx.now_ms):
            return _Way(LivenessState.REVIEW, f"again_{retry.value}", retry, FaceState.REQUESTED)
        return _Way(LivenessState.RETRY, retry=retry)
    if path is not LivenessPath.FULL:
        return _Way(LivenessState.REVIEW, About(path.value), check=FaceState.REQUESTED)
    if findings.verdict is Verdict.REVIEW:
        return _Way(LivenessState.REVIEW, _doubt(findings), check=FaceState.EVIDENCE)
    if answer is not None and answer.verdict is FaceVerdict.MISMATCH:
        return _Way(LivenessState.REVIEW, About.MISMATCH, check=FaceState.REQUESTED)
    is_confirmed = answer is not None and answer.verdict is FaceVerdict.CONFIRMED
    if is_confirmed and not identities.is_blocklisted(tx.db, cipher, row.account_id):
        return _Way(LivenessState.LIVE, About.AUTOMATIC, check=FaceState.VERIFIED)
    is_renewed = before is not None and before.state == FaceState.VOIDED
    return _Way(LivenessState.LIVE, About.RENEWED if is_renewed else About.COMPARE, check=FaceState.EVIDENCE)


def _doubt(findings: Findings) -> str:
    """What does not speak for it, first of all what speaks against it."""
    for grade in (Grade.AGAINST, Grade.WEAK):
        for sign in findings.signs:
            if sign.grade is grade:
                return f"{About.DOUBT}_{sign.finding}"
    return About.DOUBT


_TOLD = {
    FaceState.EVIDENCE: (InboxKind.FACE_EVIDENCE, LinkPlace.PREPARE),
    FaceState.REQUESTED: (InboxKind.FACE_REQUESTED, LinkPlace.PREPARE),
    FaceState.VERIFIED: (InboxKind.FACE_VERIFIED, LinkPlace.SCHEDULE),
}


def _check(tx: Tx, row: LivenessRow, state: FaceState, before: FaceCheckRow | None) -> str:
    """Begin one. Where an operator has it in hand meanwhile, the evidence goes with that."""
    is_verified = before is not None and (before.state, before.identity_id) == (FaceState.VERIFIED, row.identity_id)
    if before is not None and (is_verified or FaceState(before.state).is_pending):
        return before.id
    method = FaceMethod.LIVE_CALL if state is FaceState.REQUESTED else FaceMethod.CAMERA
    check = FaceCheckRow(
        id=new_id(),
        account_id=row.account_id,
        identity_id=row.identity_id,
        state=state.value,
        method=method.value,
        created_ms=max(tx.now_ms, before.created_ms + 1) if before is not None else tx.now_ms,
        decided_ms=None if state.is_pending else tx.now_ms,
    )
    tx.db.add(check)
    tx.db.flush()
    face_moves.write_first(tx, check, row.account_id)
    if state is FaceState.VERIFIED:
        audit(tx, row.account_id, "face.verified", check.id, row.authority)
    kind, place = _TOLD[state]
    post(tx, row.account_id, kind, {}, place)
    return check.id
