"""The person's side of a session: begin, say how far the clip has come and be told what is next, give up.

Store thread, inside a write. The package comes afterwards (server.liveness.parcels).
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.liveness import KEY_BYTES, NONCE_BYTES, LivenessOrder, LivenessProgress, LivenessSession
from app.domain import flash
from app.domain.face_check import FaceState
from app.domain.liveness import Abort, LivenessPath, LivenessState, OrderKind
from app.liveness.package import Challenge
from app.liveness.policy import POLICY
from server.accounts.presence import require_presence
from server.audit import audit
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.identity import records as identities
from server.liveness import orders, records
from server.liveness.keys import LivenessKeys
from server.liveness.orders import Heard
from server.once import done_before, remember
from server.secrets import FieldCipher, new_id
from server.standing import standing_of
from server.store.liveness_models import LivenessRow
from server.store.store import Tx

EXPIRES_S = 180
LEAST_FPS, LEAST_SIDE_PX = 15.0, 480
AT_US_LIMIT = 1 << 53
_random = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session is begun with."""

    cipher: FieldCipher
    keys: LivenessKeys
    most_a_day: int


def begin(tx: Tx, person: Person, terms: Terms, path: LivenessPath, idempotency_key: str) -> LivenessSession:
    """A challenge of their own, after ``make_room``. Raises Refusal as ``LivenessBegin`` says, StorageError."""
    request = _request(path)
    made_before = make_room(tx, person, path, idempotency_key)
    if made_before:
        return records.to_wire(records.find(tx.db, person.account_id, made_before), terms.keys)
    standing = standing_of(tx.db, terms.cipher, person.account_id, tx.now_ms)
    allowance = records.allowance(tx.db, person.account_id, tx.now_ms, terms.most_a_day)
    require(Act.CHECK_LIVENESS, person, standing=replace(standing, liveness=allowance))
    identity = identities.current_identity(tx.db, person.account_id)
    if identity is None:
        raise Refusal(ErrorCode.IDENTITY_MISSING)
    check = identities.newest_check(tx.db, person.account_id)
    if check is not None:
        state = FaceState(check.state)
        if state.is_pending or (state is FaceState.VERIFIED and check.identity_id == identity.id):
            raise Refusal(ErrorCode.FACE_CHECK_OPEN, detail={"state": check.state})
    before = records.newest(tx.db, person.account_id)
    actions = orders.drawn(path, _random)
    challenge = _challenge(tx.now_ms, path, len(actions), terms.keys)
    row = LivenessRow(
        id=challenge.session_id,
        account_id=person.account_id,
        identity_id=identity.id,
        device_id=person.device_id,
        path=path.value,
        state=LivenessState.ISSUED.value,
        # It is the newest by this, be it that the clock was set back since the one before.
        created_ms=max(tx.now_ms, before.created_ms + 1) if before is not None else tx.now_ms,
        expires_ms=tx.now_ms + EXPIRES_S * 1000,
        challenge=challenge.encoded().decode(),
        key_id=terms.keys.current_id,
        actions=" ".join(actions),
    )
    tx.db.add(row)
    tx.db.flush()
    if path is not LivenessPath.FULL:
        # Who takes a reduced way is looked at by people: that it was granted, and when, is on record.
        audit(tx, person.account_id, "face.reduced_way", row.id, path.value)
    remember(tx, person.account_id, idempotency_key, request, row.id)
    return records.to_wire(row, terms.keys)


def progress(tx: Tx, person: Person, session_id: str, said: LivenessProgress) -> LivenessOrder:
    """Take the next message down and say what comes next. Raises Refusal as ``LivenessProgress`` says."""
    row = mine(tx.db, person, session_id)
    course, heard = records.course_of_row(row), records.heard_of(row)
    require_running(row, LivenessState.ISSUED, tx.now_ms)
    now = Heard(said.number, said.units, said.at_us, said.link, tx.now_ms)
    public_key = (said.public_key or b"").hex()
    if said.number < len(heard):
        known = heard[said.number]
        is_same = msgspec.structs.replace(now, got_ms=known.got_ms) == known
        if not is_same or public_key != (row.public_key if said.number == 0 else ""):
            raise _conflict(row, len(heard))
        return _order(row, said.number)
    if said.number != len(heard) or said.number > course.last:
        raise _conflict(row, len(heard))
    if len(public_key) != (2 * KEY_BYTES if said.number == 0 else 0):
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "public_key"})
    field = "at_us" if said.at_us >= AT_US_LIMIT else orders.fault(heard, now)
    if field is not None:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": field})
    if said.number == 0:
        row.public_key, row.ordered_ms = public_key, tx.now_ms
    if course.order(said.number)[0] is OrderKind.FLASH:
        row.colours = json.dumps(flash.drawn(secrets.choice))
    row.said = msgspec.json.encode([*heard, now]).decode()
    tx.db.flush()
    return _order(row, said.number)


def give_up(tx: Tx, person: Person, session_id: str, reason: Abort) -> None:
    """It will not be sent. Repeatable. Raises Refusal (not_found, state_conflict)."""
    row = mine(tx.db, person, session_id)
    state = LivenessState(row.state)
    if state in (LivenessState.ABORTED, LivenessState.EXPIRED):
        return
    if state not in (LivenessState.ISSUED, LivenessState.UPLOADING):
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.state})
    records.abort(tx, row, reason)


def mine(db: Db, person: Person, session_id: str) -> LivenessRow:
    """Of this person, and of this program of theirs. Raises Refusal."""
    require(Act.USE_ACCOUNT, person)
    require_presence(db, person)
    row = records.find(db, person.account_id, session_id)
    if row.device_id != person.device_id:
        raise Refusal(ErrorCode.NOT_FOUND)
    return row


def require_running(row: LivenessRow, state: LivenessState, now_ms: int) -> None:
    """In this state, and in its time. Raises Refusal (liveness_expired, state_conflict)."""
    if row.state == LivenessState.EXPIRED.value or (row.state == state.value and now_ms >= row.expires_ms):
        raise Refusal(ErrorCode.LIVENESS_EXPIRED)
    if row.state != state.value:
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.state})


def make_room(tx: Tx, person: Person, path: LivenessPath, idempotency_key: str) -> str:
    """One session at a time: a program that has one under way gives that up, another program's is left to it. A write
    of its own: it counts, be it that no new one may begin. Raises Refusal (face_check_open, liveness_busy).

    Id of the session that the same key made before; empty when it is new.
    """
    require(Act.USE_ACCOUNT, person)
    require_presence(tx.db, person)
    made_before = done_before(tx, person.account_id, idempotency_key, _request(path))
    row = records.open_row(tx.db, person.account_id)
    if made_before is not None or row is None:
        return made_before or ""
    if row.state == LivenessState.JUDGING.value:
        raise Refusal(ErrorCode.FACE_CHECK_OPEN, detail={"state": row.state})
    if row.expires_ms <= tx.now_ms:
        records.expire(tx, row)
    elif row.device_id == person.device_id:
        records.abort(tx, row, Abort.GIVEN_UP)
    else:
        raise Refusal(ErrorCode.LIVENESS_BUSY, retry_after_s=(row.expires_ms - tx.now_ms) / 1000)
    return ""


def _request(path: LivenessPath) -> str:
    return f"liveness {path.value}"


def _challenge(now_ms: int, path: LivenessPath, actions: int, keys: LivenessKeys) -> Challenge:
    has_flash = orders.course_of(path, ()).has_flash
    return Challenge(
        session_id=new_id(),
        nonce=secrets.token_bytes(NONCE_BYTES),
        issued_ms=now_ms,
        expires_s=EXPIRES_S,
        path=path,
        actions=actions,
        min_fps=POLICY.flash.least_fps if has_flash else LEAST_FPS,
        min_size_px=LEAST_SIDE_PX,
        policy_version=POLICY.version,
        seal_key_id=keys.current_id,
        seal_key=keys.seal_key(),
    )


def _order(row: LivenessRow, number: int) -> LivenessOrder:
    kind, action = records.course_of_row(row).order(number)
    colours = json.loads(row.colours) if kind is OrderKind.FLASH else []
    return LivenessOrder(number=number, kind=kind, action=action, colours=colours)


def _conflict(row: LivenessRow, number: int) -> Refusal:
    return Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.state, "number": number})
