"""What the camera saw in a face check, as operators see it: the pictures with a reason only. Store threads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.domain.liveness import LivenessPath, Retry
from server.accounts.presence import require_presence
from server.audit import audit, was_done
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.liveness.case import Findings, SignSeen
from server.secrets import FieldCipher
from server.sessions.views import moment
from server.store.identity_models import FaceCheckRow
from server.store.liveness_models import LivenessFileRow, LivenessRow
from server.store.store import Tx
from server.text import checked_line

OPEN_FOR_MS = 15 * 60 * 1000
"""How long an operator who gave a reason may look at it."""
SHOWN_ACTION = "face.evidence_shown"
MAX_REASON_CHARS = 200
CLIP = 0


@dataclass(frozen=True, slots=True)
class StillEntry:
    number: int
    label: str


@dataclass(frozen=True, slots=True)
class EvidenceShown:
    """Of one check that began before the camera. ``is_open``: this operator gave a reason a while ago at most."""

    attempt: int
    path: LivenessPath
    about: str
    retry: Retry | None
    seen_at: datetime
    signs: tuple[SignSeen, ...]
    stills: tuple[StillEntry, ...]
    has_clip: bool
    is_open: bool

    @property
    def is_deleted(self) -> bool:
        return not self.stills and not self.has_clip and not self.signs


def reveal(tx: Tx, operator: Person, check_id: str, reason: str) -> None:
    """From now on it opens to this operator for a while; who asked and why is in the record before.

    Raises Refusal: not_found, forbidden for one's own, input_invalid.
    """
    require(Act.READ_FACE_EVIDENCE, operator)
    require_presence(tx.db, operator)
    check, row = _check(tx.db, check_id), session_of(tx.db, check_id)
    if row is None or not _files(tx.db, row.id):
        raise Refusal(ErrorCode.NOT_FOUND)
    if check.account_id == operator.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
    audit(tx, operator.account_id, SHOWN_ACTION, check.id, checked_line(reason, MAX_REASON_CHARS, "evidence_reason"))


def shown(db: Db, operator: Person, cipher: FieldCipher, now_ms: int, check_id: str) -> EvidenceShown | None:
    """What the desk says of it; None where the camera saw nothing."""
    require(Act.REVIEW_FACE, operator)
    row = session_of(db, check_id)
    if row is None:
        return None
    files = _files(db, row.id)
    return EvidenceShown(
        attempt=attempt_number(db, row),
        path=LivenessPath(row.path),
        about=row.about,
        retry=Retry(row.retry) if row.retry else None,
        seen_at=moment(row.ordered_ms or row.created_ms),
        signs=_findings(cipher, row).signs if row.findings_sealed else (),
        stills=tuple(StillEntry(one.number, one.label) for one in files if one.number != CLIP),
        has_clip=any(one.number == CLIP for one in files),
        is_open=_is_open(db, operator, check_id, now_ms - OPEN_FOR_MS),
    )


def visible(db: Db, operator: Person, now_ms: int, check_id: str, number: int) -> str:
    """Id of a file that this operator may see now. Raises Refusal (not_found, forbidden)."""
    require(Act.READ_FACE_EVIDENCE, operator)
    row = session_of(db, _check(db, check_id).id)
    found = {one.number: one.id for one in _files(db, row.id)} if row is not None else {}
    if number not in found:
        raise Refusal(ErrorCode.NOT_FOUND)
    if not _is_open(db, operator, check_id, now_ms - OPEN_FOR_MS):
        raise Refusal(ErrorCode.FORBIDDEN)
    return found[number]


def was_looked_at(db: Db, operator: Person, check: FaceCheckRow) -> bool:
    """Whether this operator opened it at all."""
    return _is_open(db, operator, check.id, check.created_ms - 1)


def session_of(db: Db, check_id: str) -> LivenessRow | None:
    """The one that the check is about."""
    query = select(LivenessRow).where(LivenessRow.check_id == check_id)
    return db.scalar(query.order_by(LivenessRow.created_ms.desc()).limit(1))


def attempt_number(db: Db, row: LivenessRow) -> int:
    """The how manieth of this person with this name."""
    query = select(func.count()).select_from(LivenessRow)
    found = query.where(
        LivenessRow.account_id == row.account_id,
        LivenessRow.identity_id == row.identity_id,
        LivenessRow.ordered_ms.is_not(None),
        LivenessRow.created_ms <= row.created_ms,
    )
    return db.scalar(found) or 1


def _findings(cipher: FieldCipher, row: LivenessRow) -> Findings:
    return msgspec.json.decode(cipher.open(row.findings_sealed or ""), type=Findings)


def _is_open(db: Db, operator: Person, check_id: str, after_ms: int) -> bool:
    return was_done(db, operator.account_id, SHOWN_ACTION, check_id, after_ms)


def _files(db: Db, session_id: str) -> list[LivenessFileRow]:
    query = select(LivenessFileRow).where(LivenessFileRow.session_id == session_id)
    return list(db.scalars(query.order_by(LivenessFileRow.number)))


def _check(db: Db, check_id: str) -> FaceCheckRow:
    row = db.get(FaceCheckRow, check_id) if check_id.isascii() and check_id.isalnum() else None
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    return row
