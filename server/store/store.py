"""The way to the database: one writer thread that commits what waits together, a few readers.

Owned by the composition root. ``write`` and ``read`` are called on the event loop; the functions given
to them run in the threads ``store-writer`` and ``store-reader`` and return plain values, never rows. A
write resolves after its commit returned. Effects are handed to the listener on the event loop, in the
order of the commits, before the writes that caused them resolve.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.contract.errors import ErrorCode
from app.errors import AppError, BugError, StorageError
from app.runtime.clock import Clock, utc_ms
from server.effects import Effect
from server.errors import Refusal
from server.store.engine import READERS

T = TypeVar("T")
MAX_WAITING = 4000
MAX_BATCH = 256
JOIN_S = 2.0
log = structlog.get_logger("store")


@dataclass(slots=True)
class Tx:
    """One write: its database session, the moment it is done at, and what it causes."""

    db: Session
    now: datetime
    effects: list[Effect] = field(default_factory=list)

    @property
    def now_ms(self) -> int:
        return utc_ms(self.now)


@dataclass(slots=True)
class _Job:
    work: Callable[[Tx], Any]
    future: asyncio.Future[Any]


@dataclass(slots=True)
class _Outcome:
    job: _Job
    value: Any = None
    error: Exception | None = None
    effects: list[Effect] = field(default_factory=list)


class OnAttempt(Protocol):
    """Keeps what a refusal leaves behind, within a write: who tried what they may not, and that a measure was told."""

    def __call__(self, tx: Tx, refusal: Refusal) -> None: ...


def _forget(tx: Tx, refusal: Refusal) -> None:
    """Before the composition root says otherwise."""


class Store:
    """Invariant: a write that resolved with a value is on the disk; one that raised left nothing behind."""

    def __init__(self, writer: Engine, reader: Engine, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._jobs: queue.Queue[_Job | None] = queue.Queue(MAX_WAITING)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: Callable[[list[Effect]], None] = lambda _effects: None
        self.on_attempt: OnAttempt = _forget
        self.commits = 0
        self.writes = 0
        self.refused_writes = 0

    def start(self, listener: Callable[[list[Effect]], None]) -> None:
        """Start the writer; ``listener`` gets the effects on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._thread.start()

    def close(self) -> None:
        """Finish what waits, end the threads. Effects that were not delivered are lost; the data is not."""
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join(JOIN_S)
        self._readers.shutdown(wait=True, cancel_futures=True)
        self._writer.dispose()
        self._reader.dispose()

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run in a transaction and commit. Raises what ``work`` raises, StorageError when the database fails."""
        if self._loop is None:
            raise BugError("store_not_started")
        job = _Job(work, self._loop.create_future())
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            self.refused_writes += 1
            raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=1) from None
        value: T = await job.future
        return value

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run against a snapshot. Raises StorageError when the database fails."""
        if self._loop is None:
            raise BugError("store_not_started")
        try:
            return await self._loop.run_in_executor(self._readers, self._read, work)
        except Refusal as refusal:
            if _leaves_something(refusal):
                await self.write(partial(self.on_attempt, refusal=refusal))
            raise

    def _read(self, work: Callable[[Session], T]) -> T:
        try:
            with Session(self._reader) as db:
                return work(db)
        except SQLAlchemyError as error:
            raise _translated(error) from error

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            batch = [job]
            is_last = False
            while len(batch) < MAX_BATCH and not is_last:
                try:
                    following = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    is_last = True
                else:
                    batch.append(following)
            self._deliver_later(self._commit(batch))
            if is_last:
                return

    def _commit(self, batch: list[_Job]) -> list[_Outcome]:
        outcomes: list[_Outcome] = []
        try:
            with Session(self._writer, expire_on_commit=False) as db, db.begin():
                for job in batch:
                    outcomes.append(self._do(db, job))
        except SQLAlchemyError as error:
            fault = _translated(error)
            return [_Outcome(job, error=fault) for job in batch]
        except Exception as error:  # the writer must outlive a bug, and nobody may wait for ever
            log.error("commit_failed", kind=type(error).__name__)
            return [_Outcome(job, error=BugError()) for job in batch]
        self.commits += 1
        self.writes += len(batch)
        return outcomes

    def _do(self, db: Session, job: _Job) -> _Outcome:
        tx = Tx(db, self._clock.utc())
        try:
            with db.begin_nested():
                value = job.work(tx)
        except AppError as error:
            return self._refused(db, job, error)
        except SQLAlchemyError as error:
            return _Outcome(job, error=_translated(error))
        except Exception as error:  # the writer must outlive a bug in one write
            log.exception("write_failed")
            return _Outcome(job, error=error)
        return _Outcome(job, value=value, effects=tx.effects)

    def _refused(self, db: Session, job: _Job, error: AppError) -> _Outcome:
        """Of a write that was refused only what the refusal leaves behind is kept, with the same commit."""
        kept = Tx(db, self._clock.utc())
        if isinstance(error, Refusal) and _leaves_something(error):
            with db.begin_nested():
                self.on_attempt(kept, error)
        return _Outcome(job, error=error, effects=kept.effects)

    def _deliver_later(self, outcomes: list[_Outcome]) -> None:
        if self._loop is not None:
            # The loop may be closed meanwhile: then nobody waits any more.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._deliver, outcomes)

    def _deliver(self, outcomes: list[_Outcome]) -> None:
        effects = [effect for outcome in outcomes for effect in outcome.effects]
        if effects:
            try:
                self._listener(effects)
            except Exception as error:  # the writes themselves are committed, and somebody waits for each
                log.error("effects_failed", kind=type(error).__name__)
        for outcome in outcomes:
            future = outcome.job.future
            if future.done():
                continue
            if outcome.error is not None:
                future.set_exception(outcome.error)
            else:
                future.set_result(outcome.value)


def _leaves_something(refusal: Refusal) -> bool:
    return refusal.attempt is not None or bool(refusal.measure_id)


def _translated(error: SQLAlchemyError) -> StorageError:
    # Statement parameters may hold personal data: only the kind of fault is kept.
    log.error("database_failed", kind=type(error).__name__)
    return StorageError("database_failed", retryable=True)
