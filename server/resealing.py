"""Sealing anew what an earlier key sealed, a little at a time. Store thread, inside a write; files in a worker thread.

Which columns are sealed the tables say themselves: their names end in ``_sealed``. With a value its keyed hash is made
anew too. When nothing is left the earlier keys may be taken away: the service's log says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, select, update

from server.secrets import FieldCipher
from server.store.base import Base
from server.store.store import Tx

BATCH = 200
"""Rows of one write: other people's writes wait no longer than for this."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """A column with the keyed hash of a sealed one. ``purpose``: of the hash, or the column that holds it."""

    sealed: str
    hashed: str
    purpose: str


HASHED = {
    "accounts": Hashed("phone_sealed", "phone_hash", "phone"),
    "identities": Hashed("number_sealed", "number_hash", "id_number"),
    "blocklist": Hashed("value_sealed", "value_hash", "kind"),
}


def sealed_columns() -> list[tuple[Table, Column[Any]]]:
    """Every column that holds something sealed."""
    return [
        (table, column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_sealed")
    ]


def reseal_some(tx: Tx, cipher: FieldCipher, limit: int = BATCH) -> int:
    """Seal up to ``limit`` fields anew; how many it were. 0: nothing is left that an earlier key sealed.

    Raises StorageError for what none of the keys opens: better to stop than to lose it.
    """
    done = 0
    for table, column in sealed_columns():
        if done >= limit:
            break
        is_of_before = column.is_not(None) & ~column.startswith(f"{cipher.current_id}.", autoescape=True)
        keys = list(table.primary_key.columns)
        rows = tx.db.execute(select(table).where(is_of_before).order_by(*keys).limit(limit - done)).mappings().all()
        for row in rows:
            plain = cipher.open(row[column.name])
            values = {column.name: cipher.seal(plain)}
            hashed = HASHED.get(table.name)
            if hashed is not None and hashed.sealed == column.name:
                purpose = row[hashed.purpose] if hashed.purpose in table.columns else hashed.purpose
                values[hashed.hashed] = cipher.lookup(purpose, plain)
            tx.db.execute(update(table).where(*(key == row[key.name] for key in keys)).values(**values))
        done += len(rows)
    return done
