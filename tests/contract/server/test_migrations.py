"""A database that was in use by an older version is brought to the newest, with all that is in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Engine, text

from app.errors import StorageError
from server.store.engine import make_engines
from server.store.migrate import MIGRATIONS, migrate
from tests.contract.server.kit import config_for

IN_USE = (
    "INSERT INTO accounts (id, nickname, created_ms) VALUES ('a', 'A', 1)",
    "INSERT INTO devices (id, account_id, name, first_seen_ms, last_seen_ms) VALUES ('d', 'a', 'PC', 1, 1)",
    "INSERT INTO sessions (id, anchor_id, title, category, state, created_ms, last_seq, message_count) "
    "VALUES ('s', 'a', 't', 'other', 'ended', 7, 0, 0)",
    "INSERT INTO stream_keys (id, hash, session_id, device_id, is_probe, created_ms) "
    "VALUES ('k', 'h', 's', 'd', false, 1)",
    "INSERT INTO publications (connection_id, key_id, session_id, is_probe, authorized_ms) "
    "VALUES ('p', 'k', 's', false, 1)",
)


SUSPENDED = (
    "INSERT INTO accounts (id, nickname, created_ms) VALUES ('a', 'A', 1)",
    'INSERT INTO suspensions (id, account_id, reason, "by", at_ms, lift_reason) '
    "VALUES ('on', 'a', '违规', 'op', 5, '')",
    'INSERT INTO suspensions (id, account_id, reason, "by", at_ms, until_ms, lifted_ms, lifted_by, lift_reason) '
    "VALUES ('off', 'a', '违规', 'op', 3, 9, 4, 'op', '已整改')",
)


def upgraded(engine: Engine, revision: str, statements: tuple[str, ...]) -> Engine:
    """At that revision, with what the statements put in."""
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)
        for statement in statements:
            connection.execute(text(statement))
    return engine


@pytest.fixture
def empty(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    writer, reader = make_engines(config_for(tmp_path, database_url).url if database_url else f"sqlite:///{tmp_path}/a")
    yield writer
    writer.dispose()
    reader.dispose()


@pytest.fixture
def old(empty: Engine) -> Engine:
    """Revision 0004, with a session that was published."""
    return upgraded(empty, "0004", IN_USE)


def test_what_others_rows_refer_to_is_kept(old: Engine) -> None:
    migrate(old)
    with old.connect() as connection:
        row = connection.execute(text("SELECT id, starts_ms, length_min, is_spot FROM sessions")).one()
        assert (row.id, row.starts_ms, row.length_min, bool(row.is_spot)) == ("s", 7, 60, True)
        assert connection.execute(text("SELECT session_id FROM stream_keys")).scalars().all() == ["s"]
        assert connection.execute(text("SELECT session_id FROM publications")).scalars().all() == ["s"]


def test_afterwards_nothing_may_refer_to_what_is_not_there(old: Engine) -> None:
    migrate(old)
    with pytest.raises(Exception, match=r"(?i)foreign key"), old.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO devices (id, account_id, name, first_seen_ms, last_seen_ms) VALUES ('x', 'no', 'PC', 1, 1)"
            )
        )


def test_rows_that_refer_to_nothing_stop_it_and_all_is_as_before(old: Engine) -> None:
    if old.dialect.name != "sqlite":
        with pytest.raises(Exception, match=r"(?i)foreign key"), old.begin() as connection:
            connection.execute(text("DELETE FROM devices"))
        return
    with old.connect() as connection:
        raw = connection.connection
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("DELETE FROM devices")
        raw.execute("PRAGMA foreign_keys=ON")
    with pytest.raises(StorageError) as refused:
        migrate(old)
    assert refused.value.code == "database_failed"
    with old.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0004"
        assert connection.execute(text("SELECT count(*) FROM stream_keys")).scalar() == 1


def test_what_was_suspended_is_a_measure_that_was_told_at_once(empty: Engine) -> None:
    upgraded(empty, "0007", SUSPENDED)
    migrate(empty)
    with empty.connect() as connection:
        found = connection.execute(
            text(
                "SELECT id, account_id, kind, category, reason, taken_by, at_ms, until_ms, ended_ms, ended_by, "
                "end_reason, appeal, decision, told_ms FROM measures ORDER BY id"
            )
        ).all()
        assert [tuple(row) for row in found] == [
            ("off", "a", "suspension", None, "违规", "op", 3, 9, 4, "op", "已整改", "none", "", 3),
            ("on", "a", "suspension", None, "违规", "op", 5, None, None, None, "", "none", "", 5),
        ]
        with pytest.raises(Exception, match=r"(?i)suspensions"):
            connection.execute(text("SELECT id FROM suspensions"))
