"""Something in every sealed column that has nothing yet: rows made from the tables, whatever those come to have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, insert, select
from sqlalchemy.orm import Session as Db

from server.resealing import sealed_columns
from server.secrets import FieldCipher, new_id

_STATES: dict[str, dict[str, Any]] = {
    "sessions": {"state": "ended", "category": "other"},
    "measures": {"kind": "limit_chat"},
    "measure_pieces": {"kind": "message"},
    "reports": {"state": "waiting", "target_kind": "session"},
    "complaints": {"state": "waiting", "right_kind": "other"},
    "liveness_sessions": {"state": "retry", "path": "full"},
}
"""What the service reads in them as one of several words."""


def fill(db: Db, cipher: FieldCipher, now_ms: int) -> None:
    """One row of each table of which some sealed column is empty in all."""
    for table in dict.fromkeys(table for table, _ in sealed_columns()):
        columns = [column for one, column in sealed_columns() if one is table]
        if any(db.scalar(select(column).where(column.is_not(None)).limit(1)) is None for column in columns):
            _add(db, table, cipher, now_ms)


def _add(db: Db, table: Table, cipher: FieldCipher, now_ms: int) -> dict[str, Any]:
    values = dict(_STATES.get(table.name, {}))
    for column in table.columns:
        if column.name not in values and (value := _value(db, column, cipher, now_ms)) is not None:
            values[column.name] = value
    db.execute(insert(table).values(values))
    return values


def _value(db: Db, column: Column[Any], cipher: FieldCipher, now_ms: int) -> Any:
    if column.name.endswith("_sealed"):
        return cipher.seal(f"“{column}”")
    if column.nullable or column.default is not None or column.server_default is not None:
        return None
    for key in column.foreign_keys:
        there = db.scalar(select(key.column).limit(1))
        return there if there is not None else _add(db, key.column.table, cipher, now_ms)[key.column.name]
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, BigInteger):
        return now_ms
    return 1 if isinstance(column.type, Integer) else new_id()
