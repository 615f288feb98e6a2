"""Brings a database to the newest version at start. Migrations are packaged beside this file."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.errors import StorageError

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> None:
    """Run what is missing, in one transaction.

    Raises StorageError: database_newer when a newer program has changed it, database_failed when it cannot be
    reached or changed.
    """
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            known = {script.revision for script in ScriptDirectory.from_config(settings).walk_revisions()}
            if set(MigrationContext.configure(connection).get_current_heads()) - known:
                raise StorageError("database_newer")
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
    except SQLAlchemyError as error:
        raise StorageError("database_failed") from error
