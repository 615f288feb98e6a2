"""Face checks, anchors and what keeps them off air, as operators see them. Store threads; reading only, masked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.rest import Category, Role
from app.domain.face_check import FaceMethod, FaceState
from app.domain.identity_number import masked_name, masked_number
from app.domain.measures import CLOSES, MeasureKind
from server.accounts.presence import require_presence
from server.audit import audit
from server.errors import Refusal
from server.gate import Person, Standing, missing, require
from server.gate_acts import Act
from server.identity import face, records
from server.liveness import evidence
from server.measures.record import limits_of
from server.secrets import FieldCipher
from server.sessions.views import moment
from server.standing import standing_of
from server.store.identity_models import FaceCheckRow
from server.store.measure_models import MeasureRow
from server.store.models import AccountRow, RoleRow
from server.store.store import Tx
from server.text import checked_line

WAITING = tuple(state for state in FaceState if state.is_pending)
DECIDED = tuple(state for state in FaceState if not state.is_pending)
MAX_SHOWN = 100
MAX_REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class CheckEntry:
    id: str
    account_id: str
    nickname: str
    state: FaceState
    method: FaceMethod
    asked_at: datetime
    wished_at: datetime | None
    appointed_at: datetime | None
    revision: int
    proposed_by: str
    """Id of who proposed it: the second look is another one's."""
    attempt: int
    """How often the person sat before the camera; 0: not for this check."""
    about: str
    """Why it is looked at: ``face.about.<about>``; empty: it was asked for."""


@dataclass(frozen=True, slots=True)
class CheckStep:
    state: FaceState
    at: datetime
    actor: str
    comment: str
    note: str = field(repr=False)
    """What was seen; empty once it was deleted on schedule."""


@dataclass(frozen=True, slots=True)
class IdentityShown:
    name: str = field(repr=False)
    number: str = field(repr=False)
    checked_at: datetime
    authority: str
    is_register_asked: bool


@dataclass(frozen=True, slots=True)
class CheckDetail:
    entry: CheckEntry
    identity: IdentityShown | None
    is_identity_current: bool
    is_blocklisted: bool
    decided_at: datetime | None
    history: list[CheckStep]


@dataclass(frozen=True, slots=True)
class AnchorEntry:
    id: str
    nickname: str
    missing: str
    """Code of what keeps them off air; empty for nothing."""


@dataclass(frozen=True, slots=True)
class SuspensionShown:
    reason: str
    by: str
    at: datetime
    until: datetime | None
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class AnchorDetail:
    entry: AnchorEntry
    standing: Standing
    identity: IdentityShown | None
    suspensions: list[SuspensionShown]
    scopes: list[Category]


def queue(
    db: Db, operator: Person, states: Iterable[FaceState] = WAITING, *, limit: int = MAX_SHOWN, offset: int = 0
) -> list[CheckEntry]:
    """Who waits longest first; of those that are decided the newest first."""
    require(Act.REVIEW_FACE, operator)
    wanted = tuple(states)
    query = select(FaceCheckRow).where(FaceCheckRow.state.in_([state.value for state in wanted]))
    if any(state.is_pending for state in wanted):
        query = query.order_by(FaceCheckRow.created_ms, FaceCheckRow.id)
    else:
        query = query.order_by(FaceCheckRow.decided_ms.desc(), FaceCheckRow.id)
    query = query.limit(min(limit, MAX_SHOWN)).offset(offset)
    return [_entry(db, row) for row in db.scalars(query)]


def count(db: Db, operator: Person) -> int:
    """How many wait."""
    require(Act.REVIEW_FACE, operator)
    query = select(func.count()).select_from(FaceCheckRow)
    return db.scalar(query.where(FaceCheckRow.state.in_([state.value for state in WAITING]))) or 0


def detail(db: Db, operator: Person, cipher: FieldCipher, check_id: str) -> CheckDetail:
    """Raises Refusal (not_found)."""
    require(Act.REVIEW_FACE, operator)
    row = face.visible_row(db, check_id)
    identity = records.current_identity(db, row.account_id)
    return CheckDetail(
        entry=_entry(db, row),
        identity=_identity(db, cipher, row.account_id),
        is_identity_current=identity is not None and identity.id == row.identity_id,
        is_blocklisted=records.is_blocklisted(db, cipher, row.account_id),
        decided_at=moment(row.decided_ms) if row.decided_ms is not None else None,
        history=[
            CheckStep(
                state=FaceState(step.state),
                at=moment(step.at_ms),
                actor=_name(db, step.actor_id),
                comment=step.comment,
                note=cipher.open(step.note_sealed) if step.note_sealed else "",
            )
            for step in face.steps_of(db, row.id)
        ],
    )


def reveal(tx: Tx, operator: Person, cipher: FieldCipher, account_id: str, reason: str) -> IdentityShown:
    """Name and number in clear; who asked and why is in the record before they are seen. Raises Refusal."""
    require(Act.READ_IDENTITY, operator)
    require_presence(tx.db, operator)
    why = checked_line(reason, MAX_REASON_CHARS, "identity_reason")
    identity = records.current_identity(tx.db, account_id)
    if identity is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    audit(tx, operator.account_id, "identity.shown", account_id, why)
    return IdentityShown(
        records.name_of(cipher, identity),
        records.number_of(cipher, identity),
        moment(identity.checked_ms),
        identity.authority,
        identity.is_register_asked,
    )


def anchors(db: Db, operator: Person, cipher: FieldCipher, now_ms: int, wanted: str = "") -> list[AnchorEntry]:
    """By name; ``wanted``: a part of the name, or the id."""
    require(Act.SUSPEND, operator)
    query = (
        select(AccountRow)
        .join(RoleRow, (RoleRow.account_id == AccountRow.id) & (RoleRow.role == Role.ANCHOR.value))
        .order_by(AccountRow.nickname, AccountRow.id)
    )
    plain = wanted.replace("\x00", "").strip()
    if plain:
        query = query.where(or_(AccountRow.nickname.contains(plain, autoescape=True), AccountRow.id == plain))
    return [_anchor(db, cipher, row, now_ms) for row in db.scalars(query.limit(MAX_SHOWN))]


def anchor(db: Db, operator: Person, cipher: FieldCipher, now_ms: int, account_id: str) -> AnchorDetail:
    """Raises Refusal (not_found)."""
    require(Act.SUSPEND, operator)
    row = db.get(AccountRow, account_id) if account_id.isascii() and account_id.isalnum() else None
    if row is None or db.get(RoleRow, (account_id, Role.ANCHOR.value)) is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    standing = standing_of(db, cipher, account_id, now_ms)
    is_suspension = MeasureRow.kind == MeasureKind.SUSPENSION.value
    known = select(MeasureRow).where(MeasureRow.account_id == account_id, is_suspension)
    return AnchorDetail(
        entry=_anchor(db, cipher, row, now_ms),
        standing=standing,
        identity=_identity(db, cipher, account_id),
        suspensions=[
            SuspensionShown(
                one.reason,
                _name(db, one.taken_by),
                moment(one.at_ms),
                moment(one.until_ms) if one.until_ms is not None else None,
                moment(one.ended_ms) if one.ended_ms is not None else None,
            )
            for one in db.scalars(known.order_by(MeasureRow.at_ms.desc(), MeasureRow.id))
        ],
        scopes=[one for one in Category if one in standing.scopes],
    )


def _anchor(db: Db, cipher: FieldCipher, row: AccountRow, now_ms: int) -> AnchorEntry:
    is_closed = bool(limits_of(db, row.id, now_ms, *CLOSES))
    person = Person(row.id, "", frozenset({Role.ANCHOR}), is_closed=is_closed)
    code = missing(Act.OPEN_SESSION, person, standing=standing_of(db, cipher, row.id, now_ms))
    return AnchorEntry(row.id, row.nickname, code.value if code is not None else "")


def _identity(db: Db, cipher: FieldCipher, account_id: str) -> IdentityShown | None:
    row = records.current_identity(db, account_id)
    if row is None:
        return None
    return IdentityShown(
        masked_name(records.name_of(cipher, row)),
        masked_number(records.number_of(cipher, row)),
        moment(row.checked_ms),
        row.authority,
        row.is_register_asked,
    )


def _entry(db: Db, row: FaceCheckRow) -> CheckEntry:
    sitting = evidence.session_of(db, row.id)
    return CheckEntry(
        id=row.id,
        account_id=row.account_id,
        nickname=_name(db, row.account_id),
        state=FaceState(row.state),
        method=FaceMethod(row.method),
        asked_at=moment(row.created_ms),
        wished_at=moment(row.wished_ms) if row.wished_ms is not None else None,
        appointed_at=moment(row.appointed_ms) if row.appointed_ms is not None else None,
        revision=row.revision,
        proposed_by=row.proposed_by or "",
        attempt=evidence.attempt_number(db, sitting) if sitting is not None else 0,
        about=sitting.about if sitting is not None else "",
    )


def _name(db: Db, account_id: str) -> str:
    account = db.get(AccountRow, account_id)
    return account.nickname if account is not None else ""
