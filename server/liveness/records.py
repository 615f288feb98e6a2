"""What is known of the sessions of the face check by camera, and the one place that ends one. Store threads."""

from __future__ import annotations

import base64

import msgspec
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.inbox import Concern
from app.contract.liveness import Challenge, LivenessSession, LivenessStanding
from app.domain.china_time import day_of, midnight_ms, next_midnight_ms
from app.domain.liveness import Abort, Action, LivenessPath, LivenessState, Retry
from server.effects import PersonTold
from server.errors import Refusal
from server.gate import Allowance
from server.liveness import limits
from server.liveness.keys import LivenessKeys
from server.liveness.orders import Course, Heard, course_of
from server.sessions.views import moment
from server.store.liveness_models import LivenessRow
from server.store.store import Tx

OPEN = tuple(state.value for state in LivenessState if state.is_open)
_HEARD = msgspec.json.Decoder(list[Heard])


def find(db: Db, account_id: str, session_id: str) -> LivenessRow:
    """One of theirs. Raises Refusal (not_found)."""
    row = db.get(LivenessRow, session_id)
    if row is None or row.account_id != account_id:
        raise Refusal(ErrorCode.NOT_FOUND)
    return row


def newest(db: Db, account_id: str) -> LivenessRow | None:
    query = select(LivenessRow).where(LivenessRow.account_id == account_id)
    return db.scalar(query.order_by(LivenessRow.created_ms.desc(), LivenessRow.id.desc()).limit(1))


def open_row(db: Db, account_id: str) -> LivenessRow | None:
    """The one that is under way; there is one at most."""
    query = select(LivenessRow).where(LivenessRow.account_id == account_id, LivenessRow.state.in_(OPEN))
    return db.scalar(query.limit(1))


def course_of_row(row: LivenessRow) -> Course:
    return course_of(LivenessPath(row.path), [Action(one) for one in row.actions.split()])


def heard_of(row: LivenessRow) -> list[Heard]:
    return _HEARD.decode(row.said)


def allowance(db: Db, account_id: str, now_ms: int, most_a_day: int) -> Allowance:
    """What the gate looks at."""
    is_over = attempts_today(db, account_id, now_ms) >= most_a_day
    return Allowance(locked_until_ms(db, account_id, now_ms), next_midnight_ms(now_ms) if is_over else None)


def attempts_today(db: Db, account_id: str, now_ms: int) -> int:
    """Sessions since midnight in Asia/Shanghai in which something was asked for."""
    since_ms = midnight_ms(day_of(now_ms))
    query = select(func.count()).select_from(LivenessRow)
    return db.scalar(query.where(LivenessRow.account_id == account_id, LivenessRow.ordered_ms >= since_ms)) or 0


def locked_until_ms(db: Db, account_id: str, now_ms: int) -> int | None:
    query = select(LivenessRow.ended_ms).where(
        LivenessRow.account_id == account_id,
        LivenessRow.is_failure,
        LivenessRow.ended_ms > now_ms - limits.LOOKED_AT_MS,
    )
    failures = [one for one in db.scalars(query.order_by(LivenessRow.ended_ms)) if one is not None]
    return limits.locked_until_ms(failures, now_ms)


def retries_since(db: Db, row: LivenessRow, since_ms: int) -> list[Retry]:
    """Why this person was asked for it once more with this name, since then."""
    query = select(LivenessRow.retry).where(
        LivenessRow.account_id == row.account_id,
        LivenessRow.identity_id == row.identity_id,
        LivenessRow.state == LivenessState.RETRY.value,
        LivenessRow.ended_ms > since_ms,
    )
    return [Retry(one) for one in db.scalars(query)]


def end(tx: Tx, row: LivenessRow, state: LivenessState, *, is_failure: bool = False) -> None:
    """It is over. The person's programs are told."""
    row.state, row.ended_ms, row.is_failure = state.value, tx.now_ms, is_failure
    tx.db.flush()
    tx.effects.append(told(row))


def told(row: LivenessRow) -> PersonTold:
    """It stands otherwise than before: the person's programs ask anew."""
    return PersonTold(row.account_id, Concern.IDENTITY)


def abort(tx: Tx, row: LivenessRow, reason: Abort) -> None:
    """It will not be sent, or is wanted no longer."""
    row.aborted = reason.value
    is_failure = limits.is_failed_abort(reason, was_ordered=row.ordered_ms is not None)
    end(tx, row, LivenessState.ABORTED, is_failure=is_failure)


def expire(tx: Tx, row: LivenessRow) -> None:
    """Its time ran out. Nobody fails by a slow network."""
    is_failure = row.ordered_ms is not None and row.state == LivenessState.ISSUED.value
    end(tx, row, LivenessState.EXPIRED, is_failure=is_failure)


def has_expired(db: Db, now_ms: int) -> bool:
    """Whether there is one whose time ran out."""
    return db.scalar(_expired(now_ms).limit(1)) is not None


def expire_old(tx: Tx) -> int:
    """All whose time ran out; how many."""
    rows = list(tx.db.scalars(_expired(tx.now_ms)))
    for row in rows:
        expire(tx, row)
    return len(rows)


def _expired(now_ms: int) -> Select[LivenessRow]:
    waiting = (LivenessState.ISSUED.value, LivenessState.UPLOADING.value)
    return select(LivenessRow).where(LivenessRow.state.in_(waiting), LivenessRow.expires_ms <= now_ms)


def end_all(tx: Tx, account_id: str) -> None:
    """Name or number became another one, or nobody is to be checked any more: what is under way says nothing."""
    row = open_row(tx.db, account_id)
    if row is not None:
        row.aborted = Abort.GIVEN_UP.value
        end(tx, row, LivenessState.ABORTED)


def to_wire(row: LivenessRow, keys: LivenessKeys) -> LivenessSession:
    """With the challenge, signed: the signature is the same each time. Raises StorageError."""
    document = row.challenge.encode()
    signature, signing_key = keys.sign(document, row.key_id)
    challenge = Challenge(
        document=base64.b64encode(document),
        signature=base64.b64encode(signature),
        signing_key=base64.b64encode(signing_key),
    )
    return LivenessSession(
        id=row.id, path=LivenessPath(row.path), challenge=challenge, expires_at=moment(row.expires_ms)
    )


def standing(db: Db, account_id: str, now_ms: int, most_a_day: int, *, is_match_by_operator: bool) -> LivenessStanding:
    """As the person sees it."""
    row = newest(db, account_id)
    left = max(0, most_a_day - attempts_today(db, account_id, now_ms))
    locked_ms = locked_until_ms(db, account_id, now_ms)
    shown = LivenessStanding(
        left_today=left,
        locked_until=moment(locked_ms) if locked_ms is not None else None,
        again_at=moment(next_midnight_ms(now_ms)) if left == 0 else None,
        is_match_by_operator=is_match_by_operator,
    )
    if row is None:
        return shown
    state = LivenessState(row.state)
    if state in (LivenessState.ISSUED, LivenessState.UPLOADING) and row.expires_ms <= now_ms:
        state = LivenessState.EXPIRED  # not swept yet
    return shown.model_copy(
        update={
            "session_id": row.id,
            "path": LivenessPath(row.path),
            "state": state,
            "retry": Retry(row.retry) if row.retry and state is LivenessState.RETRY else None,
            "aborted": Abort(row.aborted) if row.aborted else None,
        }
    )
