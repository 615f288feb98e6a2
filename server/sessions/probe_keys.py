"""Keys to measure the way to the ingest with: made, found, killed. Store thread, inside a write.

One a device lives at a time, for two minutes. Whoever is signed in may have one, also before anything else is done for
the first broadcast: what is sent with it is measured, dropped and seen by nobody. The ingest bounds its rate and time
(server.ingest.limits), the routes how many there are in an hour (server.config).
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select

from app.contract.errors import ErrorCode
from app.contract.hooks import ProbeReport
from server.accounts.presence import require_presence
from server.effects import DeathCause, ProbeKeyDied
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.secrets import digest, new_id
from server.sessions.keys import IssuedKey, new_key
from server.store.models import ProbeKeyRow
from server.store.store import Tx

LIFETIME_S = 120


def issue(tx: Tx, person: Person, platform_tag: str) -> IssuedKey:
    """A new one for this device; the one before dies. Raises Refusal."""
    require(Act.MEASURE, person)
    require_presence(tx.db, person)
    for row in _living(tx, person.device_id):
        _kill(tx, row, DeathCause.REISSUED)
    key = new_key(platform_tag)
    row = ProbeKeyRow(id=new_id(), hash=digest(key), device_id=person.device_id, created_ms=tx.now_ms)
    tx.db.add(row)
    tx.db.flush()
    return IssuedKey(key, row.id)


def find(tx: Tx, key: str) -> ProbeKeyRow | None:
    """The row of this key; None when it is none of these. Raises Refusal (key_dead)."""
    row = tx.db.scalar(select(ProbeKeyRow).where(ProbeKeyRow.hash == digest(key)))
    if row is not None and (row.dead_ms is not None or _is_over(tx, row)):
        raise Refusal(ErrorCode.KEY_DEAD)
    return row


def kill_of_device(tx: Tx, device_id: str) -> None:
    """At sign-out."""
    for row in _living(tx, device_id):
        _kill(tx, row, DeathCause.SIGNED_OUT)


def run_out(tx: Tx) -> None:
    """Kill those whose time is over: whoever still sends with one is dropped."""
    query = select(ProbeKeyRow).where(
        ProbeKeyRow.dead_ms.is_(None), ProbeKeyRow.created_ms <= tx.now_ms - LIFETIME_S * 1000
    )
    for row in list(tx.db.scalars(query)):
        _kill(tx, row, DeathCause.EXPIRED)


def living_of(tx: Tx, key_ids: Collection[str]) -> set[str]:
    """Those of the ids that are keys of this kind and alive."""
    living: set[str] = set()
    for key_id in key_ids:
        row = tx.db.get(ProbeKeyRow, key_id[:64])
        if row is not None and row.dead_ms is None and not _is_over(tx, row):
            living.add(row.id)
    return living


def reported(tx: Tx, report: ProbeReport) -> None:
    """What the ingest measured; of a key that is not known it is nobody's."""
    row = tx.db.get(ProbeKeyRow, report.key_id[:64])
    if row is not None:
        row.measured_kbps = report.kbps


def forget_before(tx: Tx, moment_ms: int) -> None:
    """Delete those that were made before."""
    tx.db.execute(delete(ProbeKeyRow).where(ProbeKeyRow.created_ms <= moment_ms))


def _living(tx: Tx, device_id: str) -> list[ProbeKeyRow]:
    query = select(ProbeKeyRow).where(ProbeKeyRow.device_id == device_id, ProbeKeyRow.dead_ms.is_(None))
    return list(tx.db.scalars(query))


def _is_over(tx: Tx, row: ProbeKeyRow) -> bool:
    return tx.now_ms - row.created_ms >= LIFETIME_S * 1000


def _kill(tx: Tx, row: ProbeKeyRow, cause: DeathCause) -> None:
    row.dead_ms = tx.now_ms
    row.death_cause = cause.value
    tx.effects.append(ProbeKeyDied(row.id))
