"""A sealed package arrives: announced, in parts, and whole. Store threads; the bytes are server.liveness.parcels'."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.liveness import LivenessReceived, LivenessUpload
from app.domain.liveness import LivenessState
from server.errors import Refusal
from server.gate import Person
from server.liveness import acts, records
from server.secrets import new_id
from server.store.liveness_models import LivenessRow
from server.store.store import Tx

UPLOAD_MS = 15 * 60_000
"""How long a package may take from its announcement on: 24 MB at some 30 kB/s."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """What is to come of a package. ``done``: nothing, here is the receipt."""

    received_bytes: int
    size_bytes: int
    sha256: str
    done: LivenessReceived | None = None


def announce(tx: Tx, person: Person, session_id: str, wish: LivenessUpload) -> LivenessReceived:
    """The attempt is sealed: its size and hash are fixed. Repeatable. Raises Refusal as ``LivenessUpload`` says."""
    row = acts.mine(tx.db, person, session_id)
    if row.package_sha256:
        if (row.package_bytes, row.package_sha256) != (wish.size_bytes, wish.sha256):
            raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.state})
        if not row.receipt:
            acts.require_running(row, LivenessState.UPLOADING, tx.now_ms)
        return wire(row)
    acts.require_running(row, LivenessState.ISSUED, tx.now_ms)
    heard = records.heard_of(row)
    if len(heard) != records.course_of_row(row).last + 1:
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.state, "number": len(heard)})
    row.package_bytes, row.package_sha256 = wish.size_bytes, wish.sha256
    row.state, row.announced_ms, row.expires_ms = LivenessState.UPLOADING.value, tx.now_ms, tx.now_ms + UPLOAD_MS
    tx.db.flush()
    return wire(row)


def received(db: Db, person: Person, session_id: str, now_ms: int) -> LivenessReceived:
    """From where to go on, or the receipt. Raises Refusal."""
    row = acts.mine(db, person, session_id)
    if not row.receipt:
        acts.require_running(row, LivenessState.UPLOADING, now_ms)
    return wire(row)


def awaited(db: Db, person: Person, session_id: str, now_ms: int, offset: int, length: int) -> Awaited:
    """Whether a part goes on where the last one ended. Raises Refusal (state_conflict {received_bytes})."""
    row = acts.mine(db, person, session_id)
    if row.receipt:
        return Awaited(row.received_bytes, row.package_bytes, row.package_sha256, wire(row))
    acts.require_running(row, LivenessState.UPLOADING, now_ms)
    if offset != row.received_bytes:
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.state, "received_bytes": row.received_bytes})
    if length == 0 or offset + length > row.package_bytes:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "offset"})
    return Awaited(row.received_bytes, row.package_bytes, row.package_sha256)


def note(tx: Tx, person: Person, session_id: str, received_bytes: int, *, is_whole: bool) -> LivenessReceived:
    """So much is on the disk. Whole: from here on it is ours, and the program may forget it."""
    row = acts.mine(tx.db, person, session_id)
    acts.require_running(row, LivenessState.UPLOADING, tx.now_ms)
    row.received_bytes = received_bytes
    if is_whole:
        row.state, row.receipt = LivenessState.JUDGING.value, new_id()
        tx.effects.append(records.told(row))
    tx.db.flush()
    return wire(row)


def wire(row: LivenessRow) -> LivenessReceived:
    return LivenessReceived(received_bytes=row.received_bytes, size_bytes=row.package_bytes, receipt=row.receipt)
