"""Brings a database to the newest version at start. Migrations are packaged beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from app.errors import StorageError

_SQLITE = "sqlite"
MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> None:
    """Run what is missing, in one transaction.

    Raises StorageError: database_newer when a newer program has changed it, database_failed when it cannot be
    reached or changed.
    """
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with _referring_freely(engine) as connection, connection.begin():
            scripts = ScriptDirectory.from_config(settings)
            there = set(MigrationContext.configure(connection).get_current_heads())
            if there == set(scripts.get_heads()):
                return
            if there - {script.revision for script in scripts.walk_revisions()}:
                raise StorageError("database_newer")
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
            _check_references(connection)
    except SQLAlchemyError as error:
        raise StorageError("database_failed") from error


@contextmanager
def _referring_freely(engine: Engine) -> Iterator[Connection]:
    """A connection on which SQLite lets a table be made anew that others' rows refer to.

    It can be said only outside a transaction, so past SQLAlchemy, which begins one with the first statement.
    """
    with engine.connect() as connection:
        if engine.dialect.name != _SQLITE:
            yield connection
            return
        raw = connection.connection
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            yield connection
        finally:
            raw.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    """Raises StorageError when rows would refer to nothing; what was changed is then taken back."""
    if connection.dialect.name == _SQLITE and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise StorageError("database_failed")
