"""The store on SQLite and PostgreSQL: migrations, batches, isolation of failures, order of effects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.contract.errors import ErrorCode
from app.errors import BugError, StorageError
from app.runtime.clock import SystemClock
from server.audit import audit_attempt
from server.effects import DeviceEnded, Effect
from server.errors import Attempt, Refusal
from server.secrets import new_id
from server.store.base import Base
from server.store.engine import make_engines
from server.store.migrate import migrate
from server.store.models import AuditRow
from server.store.store import Store, Tx
from tests.contract.server.kit import config_for


def row(action: str, row_id: str | None = None) -> AuditRow:
    return AuditRow(id=row_id or new_id(), at_ms=1, actor_id="a", action=action, subject_id="s", reason="")


def run(database_url: str, folder: Path, scene: Callable[[Store, list[Effect]], Any]) -> Any:
    """Play a scene on a migrated store."""
    writer, reader = make_engines(config_for(folder, database_url).url)
    migrate(writer)

    async def play() -> Any:
        store, heard = Store(writer, reader, SystemClock()), []
        store.start(heard.extend)
        try:
            return await scene(store, heard)
        finally:
            store.close()

    return asyncio.run(play())


def test_migrations_make_what_the_models_say(database_url: str, tmp_path: Path) -> None:
    writer, reader = make_engines(config_for(tmp_path, database_url).url if database_url else f"sqlite:///{tmp_path}/a")
    migrate(writer)
    migrate(writer)
    with writer.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert differences == []
    writer.dispose()
    reader.dispose()


def test_what_waits_together_is_committed_together(database_url: str, tmp_path: Path) -> None:
    async def scene(store: Store, heard: list[Effect]) -> None:
        def write(number: int) -> Callable[[Tx], int]:
            def work(tx: Tx) -> int:
                tx.db.add(row(f"n{number}"))
                tx.effects.append(DeviceEnded(str(number)))
                return number

            return work

        numbers = await asyncio.gather(*(store.write(write(number)) for number in range(200)))
        assert numbers == list(range(200))
        assert [effect.device_id for effect in heard if isinstance(effect, DeviceEnded)] == [
            str(number) for number in range(200)
        ]
        assert await store.read(lambda db: db.scalar(select(func.count()).select_from(AuditRow))) == 200
        assert store.commits < 50

    run(database_url, tmp_path, scene)


def test_one_that_fails_takes_nobody_with_it(database_url: str, tmp_path: Path) -> None:
    async def scene(store: Store, heard: list[Effect]) -> None:
        twin = new_id()

        def good(tx: Tx) -> str:
            tx.db.add(row("good"))
            return "done"

        def refused(tx: Tx) -> None:
            tx.db.add(row("refused"))
            tx.effects.append(DeviceEnded("never"))
            tx.db.flush()
            raise Refusal(ErrorCode.FORBIDDEN)

        def double(tx: Tx) -> None:
            tx.db.add(row("double", twin))

        def bug(tx: Tx) -> None:
            tx.db.add(row("bug"))
            raise KeyError("bug")

        outcomes = await asyncio.gather(
            *(store.write(work) for work in (good, refused, double, double, bug, good)), return_exceptions=True
        )
        assert outcomes[0] == outcomes[5] == "done"
        assert isinstance(outcomes[1], Refusal)
        assert outcomes[2] is None
        assert isinstance(outcomes[3], StorageError)
        assert isinstance(outcomes[4], KeyError)
        kept = await store.read(lambda db: list(db.scalars(select(AuditRow.action))))
        assert sorted(kept) == ["double", "good", "good"]
        assert heard == []

    run(database_url, tmp_path, scene)


def test_of_a_write_that_was_refused_the_attempt_alone_is_kept(database_url: str, tmp_path: Path) -> None:
    async def scene(store: Store, heard: list[Effect]) -> None:
        def forbidden(subject_id: str) -> Refusal:
            refusal = Refusal(ErrorCode.FORBIDDEN)
            refusal.attempt = Attempt("somebody", "take_key", subject_id)
            return refusal

        def refused(tx: Tx) -> None:
            tx.db.add(row("never"))
            tx.effects.append(DeviceEnded("never"))
            raise forbidden("s1")

        def refused_reading(_db: Session) -> None:
            raise forbidden("s2")

        def write_down(tx: Tx, refusal: Refusal) -> None:
            assert refusal.attempt is not None
            audit_attempt(tx, refusal.attempt, refusal.code)

        store.on_attempt = write_down
        for _ in range(3):
            with pytest.raises(Refusal):
                await store.write(refused)
            with pytest.raises(Refusal):
                await store.read(refused_reading)
        kept = await store.read(
            lambda db: [(one.actor_id, one.action, one.subject_id, one.reason) for one in db.scalars(select(AuditRow))]
        )
        # The same again within a minute is one attempt: who asks and asks fills no disk.
        assert sorted(kept) == [
            ("somebody", "refused.take_key", "s1", "forbidden"),
            ("somebody", "refused.take_key", "s2", "forbidden"),
        ]
        assert heard == []

    run(database_url, tmp_path, scene)


def test_a_database_that_fails_is_a_storage_error(database_url: str, tmp_path: Path) -> None:
    async def scene(store: Store, _heard: list[Effect]) -> None:
        with pytest.raises(StorageError):
            await store.read(lambda db: db.execute(text("SELECT * FROM nothing_here")))
        with pytest.raises(StorageError):
            await store.write(lambda tx: tx.db.execute(text("SELECT * FROM nothing_here")))
        assert await store.write(lambda tx: tx.now_ms) > 0

    run(database_url, tmp_path, scene)


def test_nobody_waits_for_ever_when_something_else_breaks(database_url: str, tmp_path: Path) -> None:
    class Crooked(SystemClock):
        is_broken = False

        def utc(self) -> datetime:
            if self.is_broken:
                raise OverflowError("clock")
            return super().utc()

    writer, reader = make_engines(config_for(tmp_path, database_url).url)
    migrate(writer)
    clock = Crooked()

    def deaf(_effects: list[Effect]) -> None:
        raise KeyError("bug")

    def work(tx: Tx) -> str:
        tx.effects.append(DeviceEnded("d"))
        return "done"

    async def play() -> None:
        store = Store(writer, reader, clock)
        store.start(deaf)
        try:
            async with asyncio.timeout(5):
                assert await asyncio.gather(store.write(work), store.write(work)) == ["done", "done"]
                clock.is_broken = True
                for outcome in await asyncio.gather(*(store.write(work) for _ in range(3)), return_exceptions=True):
                    assert isinstance(outcome, BugError)
                clock.is_broken = False
                assert await store.write(work) == "done", "the writer is still there"
        finally:
            store.close()

    asyncio.run(play())


def test_a_writer_that_is_behind_refuses_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.store.store.MAX_WAITING", 2)

    async def scene(store: Store, _heard: list[Effect]) -> None:
        outcomes = await asyncio.gather(*(store.write(lambda tx: tx.now_ms) for _ in range(50)), return_exceptions=True)
        refused = [one for one in outcomes if isinstance(one, Refusal)]
        assert {one.reason for one in refused} == {ErrorCode.RATE_LIMITED}
        assert len(refused) == store.refused_writes > 0
        assert any(isinstance(one, int) for one in outcomes)

    run("", tmp_path, scene)


def test_sqlite_keeps_every_commit(tmp_path: Path) -> None:
    writer, reader = make_engines(config_for(tmp_path).url)
    for engine in (writer, reader):
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        engine.dispose()


def test_an_unreachable_database_is_told(tmp_path: Path) -> None:
    writer, reader = make_engines(config_for(tmp_path, "postgresql://postgres@/none?host=/nowhere").url)
    with pytest.raises(StorageError):
        migrate(writer)
    writer.dispose()
    reader.dispose()
