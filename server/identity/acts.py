"""Real name (实名): checking a name and a number, correcting them, withdrawing them. Store thread, inside a write.

A check has two writes, with the authority's answer between them: ``begin`` looks at what needs nobody else, ``finish``
writes down what came of it. What costs a try is decided by the first; who is asked is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.identity import Identity, IdentitySubmit
from app.contract.inbox import Concern, InboxKind, LinkPlace
from app.domain import identity_number
from app.domain.application import ApplicationState
from app.domain.china_time import day_of, next_midnight_ms
from app.domain.identity_number import IdentityNumber
from server import blocklist
from server.accounts.presence import require_presence
from server.applications.views import open_row
from server.audit import audit
from server.blocklist import BlockKind
from server.effects import PersonTold
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.identity import face_moves, records
from server.inbox.post import post
from server.liveness import records as sittings
from server.once import done_before, remember
from server.providers.identity_authority import AuthorityAnswer, Verdict
from server.secrets import FieldCipher, new_id
from server.sessions.acts import find_busy
from server.sessions.views import moment
from server.standing import standing_of
from server.store.identity_models import IdentityAttemptRow, IdentityRow
from server.store.models import AccountRow
from server.store.store import Tx
from server.text import checked_line

ATTEMPTS_A_DAY = 5
CHECKED = "checked"
CORRECTED, WITHDRAWN = "corrected", "withdrawn"
MAX_REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person gave, as it is compared; ``done`` when the same request was carried out before."""

    name: str = field(repr=False)
    number: str = field(repr=False)
    request: str = ""
    done: Identity | None = None


def begin(
    tx: Tx, person: Person, cipher: FieldCipher, wish: IdentitySubmit, idempotency_key: str | None
) -> Wanted | Refusal:
    """What can be said without asking anybody. Raises Refusal for what costs no try: who asks, and what is no number.

    A refusal that costs one is returned, as the try must be committed; a repeat with its key gets it again.
    """
    require(Act.USE_ACCOUNT, person)
    require_presence(tx.db, person)
    name = identity_number.cleaned_name(wish.name)
    number = identity_number.cleaned_number(wish.number)
    # Kept with the key of the request: a hash that nobody without our key can try numbers against. The answer that a
    # person asks for again may be one from before our key was changed.
    request, *earlier = (f"identity {one}" for one in cipher.lookups("identity", f"{name} {number}"))
    made_before = done_before(tx, person.account_id, idempotency_key, request, *earlier)
    if made_before is not None:
        attempt = tx.db.get(IdentityAttemptRow, made_before)
        if attempt is not None:
            return Refusal(ErrorCode(attempt.outcome))
        return Wanted(name, number, request, identity_of(tx.db, cipher, person, tx.now_ms))
    standing = standing_of(tx.db, cipher, person.account_id, tx.now_ms)
    require(Act.CHECK_IDENTITY, person, standing=standing)
    parsed = _checked_form(name, number, tx.now_ms)
    _require_free(tx, person)
    current = records.current_identity(tx.db, person.account_id)
    if current is not None and _is_same(cipher, current, name, number):
        raise Refusal(ErrorCode.IDENTITY_UNCHANGED)
    if records.attempts_today(tx.db, person.account_id, tx.now_ms) >= ATTEMPTS_A_DAY:
        left_s = (next_midnight_ms(tx.now_ms) - tx.now_ms) / 1000
        raise Refusal(ErrorCode.IDENTITY_ATTEMPTS_OVER, retry_after_s=left_s)
    code = _what_keeps(tx.db, person, cipher, parsed, tx.now_ms)
    if code is not None:
        return _refused(tx, person, code, request, idempotency_key)
    return Wanted(name, number, request)


def finish(
    tx: Tx, person: Person, cipher: FieldCipher, wanted: Wanted, answer: AuthorityAnswer, idempotency_key: str | None
) -> Identity | Refusal:
    """Write down what came of it. Looks once more at what may have changed while the authority was asked."""
    again = begin(tx, person, cipher, IdentitySubmit(name=wanted.name, number=wanted.number), idempotency_key)
    if isinstance(again, Refusal):
        return again
    if again.done is not None:
        return again.done
    if answer.verdict is Verdict.MISMATCH:
        return _refused(tx, person, ErrorCode.IDENTITY_MISMATCH, wanted.request, idempotency_key)
    before = records.current_identity(tx.db, person.account_id)
    if before is not None:
        _end(tx, before, CORRECTED)
    row = IdentityRow(
        id=new_id(),
        account_id=person.account_id,
        name_sealed=cipher.seal(wanted.name),
        number_sealed=cipher.seal(wanted.number),
        number_hash=cipher.lookup(BlockKind.ID_NUMBER.value, wanted.number),
        authority=answer.authority,
        is_register_asked=answer.verdict is Verdict.CONFIRMED,
        checked_ms=tx.now_ms,
    )
    tx.db.add(row)
    tx.db.flush()
    _count(tx, person, CHECKED)
    audit(tx, person.account_id, "identity.corrected" if before is not None else "identity.checked", row.id, "")
    if before is not None:
        face_moves.void(tx, person.account_id, person.account_id, "")
        sittings.end_all(tx, person.account_id)
    remember(tx, person.account_id, idempotency_key, wanted.request, row.id)
    tx.effects.append(PersonTold(person.account_id, Concern.IDENTITY))
    return identity_of(tx.db, cipher, person, tx.now_ms)


def withdraw(tx: Tx, operator: Person, account_id: str, reason: str) -> None:
    """An operator takes a checked name away, because it is somebody else's: it has to be given anew.

    The person is told why, in one message for name and face.
    """
    require(Act.READ_IDENTITY, operator)
    require_presence(tx.db, operator)
    if account_id == operator.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
    why = checked_line(reason, MAX_REASON_CHARS, "reason")
    row = records.current_identity(tx.db, account_id)
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    _end(tx, row, WITHDRAWN)
    audit(tx, operator.account_id, "identity.withdrawn", account_id, why)
    face_moves.void(tx, account_id, operator.account_id, why, is_told=False)
    sittings.end_all(tx, account_id)
    post(tx, account_id, InboxKind.IDENTITY_WITHDRAWN, {"comment": why}, LinkPlace.PREPARE)
    tx.effects.append(PersonTold(account_id, Concern.IDENTITY))


def identity_of(db: Db, cipher: FieldCipher, person: Person, now_ms: int) -> Identity:
    """As its owner sees it: masked."""
    require(Act.USE_ACCOUNT, person)
    row = records.current_identity(db, person.account_id)
    left = max(0, ATTEMPTS_A_DAY - records.attempts_today(db, person.account_id, now_ms))
    earlier = select(IdentityRow.id).where(
        IdentityRow.account_id == person.account_id, IdentityRow.end_cause == CORRECTED
    )
    shown = Identity(
        attempts_left=left,
        attempts_again_at=moment(next_midnight_ms(now_ms)) if left == 0 else None,
        corrections=len(list(db.scalars(earlier))),
    )
    if row is None:
        return shown
    return shown.model_copy(
        update={
            "name_masked": identity_number.masked_name(records.name_of(cipher, row)),
            "number_masked": identity_number.masked_number(records.number_of(cipher, row)),
            "checked_at": moment(row.checked_ms),
            "authority": row.authority,
            "is_register_asked": row.is_register_asked,
        }
    )


def _checked_form(name: str, number: str, now_ms: int) -> IdentityNumber:
    """Raises Refusal (identity_invalid) with the field and what is wrong with it; costs no try."""
    if not identity_number.is_name(name):
        raise Refusal(ErrorCode.IDENTITY_INVALID, detail={"field": "name", "reason": "name"})
    parsed = identity_number.parse(number, day_of(now_ms))
    if not isinstance(parsed, IdentityNumber):
        raise Refusal(ErrorCode.IDENTITY_INVALID, detail={"field": "number", "reason": parsed.value})
    return parsed


def _require_free(tx: Tx, person: Person) -> None:
    """A name does not change under a broadcast or a review. Raises Refusal."""
    if find_busy(tx.db, person.account_id) is not None:
        raise Refusal(ErrorCode.ON_AIR)
    application = open_row(tx.db, person.account_id)
    if application is not None and ApplicationState(application.state).is_with_operator:
        raise Refusal(ErrorCode.APPLICATION_LOCKED, detail={"state": application.state})


def _what_keeps(db: Db, person: Person, cipher: FieldCipher, parsed: IdentityNumber, now_ms: int) -> ErrorCode | None:
    """Of a number that is right: why it does not do. From here on a try is spent, as the answers tell something."""
    if not identity_number.is_adult_on(parsed.birth_date, day_of(now_ms)):
        return ErrorCode.IDENTITY_UNDERAGE
    account = db.get_one(AccountRow, person.account_id)
    is_listed = blocklist.is_listed(db, cipher, BlockKind.ID_NUMBER, parsed.text)
    if is_listed or blocklist.is_account_listed(db, cipher, account):
        return ErrorCode.BLOCKLISTED
    taken = select(IdentityRow.id).where(
        IdentityRow.number_hash.in_(cipher.lookups(BlockKind.ID_NUMBER.value, parsed.text)),
        IdentityRow.ended_ms.is_(None),
        IdentityRow.account_id != person.account_id,
    )
    return ErrorCode.IDENTITY_TAKEN if db.scalar(taken.limit(1)) is not None else None


def _is_same(cipher: FieldCipher, row: IdentityRow, name: str, number: str) -> bool:
    return records.name_of(cipher, row) == name and records.number_of(cipher, row) == number


def _refused(tx: Tx, person: Person, code: ErrorCode, request: str, idempotency_key: str | None) -> Refusal:
    """Costs a try, once: whoever never got the answer asks again with the same key."""
    remember(tx, person.account_id, idempotency_key, request, _count(tx, person, code.value))
    return Refusal(code)


def _count(tx: Tx, person: Person, outcome: str) -> str:
    row = IdentityAttemptRow(id=new_id(), account_id=person.account_id, at_ms=tx.now_ms, outcome=outcome)
    tx.db.add(row)
    tx.db.flush()
    return row.id


def _end(tx: Tx, row: IdentityRow, cause: str) -> None:
    row.ended_ms, row.end_cause = tx.now_ms, cause
    tx.db.flush()
