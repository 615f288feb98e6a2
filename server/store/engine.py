"""Engines for SQLite (write-ahead log, every commit on the disk) and PostgreSQL."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.errors import InputError

BUSY_TIMEOUT_MS = 5000
READERS = 4


def make_engines(url: str) -> tuple[Engine, Engine]:
    """Writer and reader engine. The caller disposes of both. Raises InputError (database_url_invalid)."""
    try:
        if make_url(url).get_backend_name() == "sqlite":
            return _sqlite(url, "BEGIN IMMEDIATE", 1), _sqlite(url, "BEGIN", READERS)
        return (
            create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True),
            create_engine(url, pool_size=READERS, max_overflow=0, pool_pre_ping=True),
        )
    except (ArgumentError, ImportError, ValueError) as error:
        # An address that cannot be read, or of a kind of database that there is no driver for.
        raise InputError("database_url_invalid") from error


def _sqlite(url: str, begin: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own transaction handling would commit before savepoints; we say BEGIN ourselves.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
