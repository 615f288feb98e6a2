"""Stream keys: made, found, killed. Store thread, inside a write.

A key, one to measure with too, reads ``<platform tag>-<256 random bits>``: the tag tells a key of another platform from
a wrong one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select

from app.contract.errors import ErrorCode
from app.domain.session import SessionState
from server.effects import DeathCause, KeyDied
from server.errors import Refusal
from server.secrets import digest, new_id, new_token
from server.sessions.transitions import move
from server.store.models import DeviceRow, KeyRow, PublicationRow, SessionRow
from server.store.store import Tx

TAG_CHARS = 8


@dataclass(frozen=True, slots=True)
class IssuedKey:
    key: str = field(repr=False)
    key_id: str = ""


def new_key(platform_tag: str) -> str:
    """One that nobody can guess."""
    return f"{platform_tag}-{new_token()}"


def living_keys(tx: Tx, session_id: str) -> list[KeyRow]:
    query = select(KeyRow).where(KeyRow.session_id == session_id, KeyRow.dead_ms.is_(None))
    return list(tx.db.scalars(query))


def kill(tx: Tx, row: KeyRow, cause: DeathCause, reason: str = "") -> None:
    """The key is dead from this commit on; whoever publishes with it is dropped after it. ``reason``: an operator's."""
    row.dead_ms = tx.now_ms
    row.death_cause = cause.value
    tx.effects.append(KeyDied(row.id, row.session_id, row.device_id, cause, reason))
    # A connection that never showed a picture has no `stopped` to wait for.
    for publication in tx.db.scalars(
        select(PublicationRow).where(
            PublicationRow.key_id == row.id, PublicationRow.stopped_ms.is_(None), PublicationRow.started_ms.is_(None)
        )
    ):
        publication.stopped_ms = tx.now_ms
        publication.stop_reason = cause.value


def kill_of_session(tx: Tx, session_id: str, cause: DeathCause, reason: str = "") -> None:
    for row in living_keys(tx, session_id):
        kill(tx, row, cause, reason)


def kill_of_device(tx: Tx, device_id: str) -> None:
    """At sign-out. A session that was only being prepared there is scheduled again."""
    rows = tx.db.scalars(select(KeyRow).where(KeyRow.device_id == device_id, KeyRow.dead_ms.is_(None)))
    for row in list(rows):
        kill(tx, row, DeathCause.SIGNED_OUT)
        session = tx.db.get_one(SessionRow, row.session_id)
        if session.state == SessionState.PREPARING:
            move(tx, session, SessionState.SCHEDULED)


def issue(tx: Tx, session: SessionRow, device_id: str, platform_tag: str, *, is_taking_over: bool) -> IssuedKey:
    """A new key; the one before dies. Raises Refusal when another device holds the session."""
    if session.state == SessionState.ENDED:
        raise Refusal(ErrorCode.SESSION_ENDED)
    earlier = living_keys(tx, session.id)
    for row in earlier:
        holder = tx.db.get_one(DeviceRow, row.device_id)
        if row.device_id != device_id and not is_taking_over:
            raise Refusal(ErrorCode.LIVE_ELSEWHERE, detail={"device_name": holder.name})
    for row in earlier:
        kill(tx, row, DeathCause.REISSUED if row.device_id == device_id else DeathCause.TAKEN_OVER)
    key = new_key(platform_tag)
    row = KeyRow(
        id=new_id(),
        hash=digest(key),
        session_id=session.id,
        device_id=device_id,
        created_ms=tx.now_ms,
        dead_ms=None,
    )
    tx.db.add(row)
    tx.db.flush()
    if session.state == SessionState.SCHEDULED:
        move(tx, session, SessionState.PREPARING)
    return IssuedKey(key, row.id)
