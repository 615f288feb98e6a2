"""Judging the packages that arrived, one at a time, in a process that may be ended. Event loop; owned by the services.

What waits is what the database says, so a service that was started anew goes on where it stopped. A worker that fails,
hangs or takes too much is killed and there is one more; after that an operator looks. The private key goes to the
worker on its standard input, and nowhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session as Db

import server
from app.domain.liveness import LivenessPath, LivenessState
from app.errors import AppError, PlatformError
from app.liveness.package import Challenge, Expected, Said
from app.liveness.verdict import Verdict
from app.runtime.children import clean_environment
from app.runtime.clock import Clock, utc_ms
from server.errors import Refusal
from server.identity import records as identities
from server.kept_files import in_thread
from server.liveness import decision, records
from server.liveness.case import MAX_ANSWER_BYTES, Failed, Job, Looked, Sent
from server.liveness.decision import Kept
from server.liveness.desk import LivenessDesk
from server.liveness.evidence import CLIP
from server.liveness.keys import LivenessKeys
from server.liveness.orders import AHEAD_MS
from server.providers.face_authority import DEADLINE_S, FaceAnswer, FaceAsked, FaceAuthority, FaceVerdict
from server.secrets import FieldCipher, new_id
from server.store.identity_models import IdentityRow
from server.store.liveness_models import LivenessRow
from server.store.store import Store, Tx

MAX_FAILURES = 2
MAX_STARTS = 6
"""Also of those that the end of the service cut short: one that takes the machine with it is not begun for ever."""
WORKER_S = 180.0
AGAIN_S = 30.0
log = structlog.get_logger("liveness")


def worker_command() -> list[str]:
    """How a worker is started: the bundle by its role, a checkout by the module."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--role", "liveness"]
    return [sys.executable, "-m", "server.liveness.worker"]


class WorkerError(Exception):
    """It gave no answer. The text is for the log."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """``name`` and ``number`` are for the face authority. ``is_worth_a_try``: its key is here, and it was not tried too
    often."""

    session_id: str
    is_full: bool
    is_worth_a_try: bool
    name: str = field(repr=False, default="")
    number: str = field(repr=False, default="")


class Judging:
    """``wake`` when a package came; ``run`` is the task ``service-liveness``."""

    def __init__(
        self,
        desk: LivenessDesk,
        store: Store,
        cipher: FieldCipher,
        keys: LivenessKeys,
        authority: FaceAuthority,
        clock: Clock,
        command: Sequence[str] = (),
        worker_s: float = WORKER_S,
    ) -> None:
        self._desk = desk
        self._store = store
        self._cipher = cipher
        self._keys = keys
        self._authority = authority
        self._clock = clock
        self._command = list(command) or worker_command()
        self._worker_s = worker_s
        self._wanted = asyncio.Event()
        self.pid: int | None = None
        """Of the worker that runs."""

    def wake(self) -> None:
        self._wanted.set()

    async def run(self) -> None:
        """For ever: whatever waits, then until there is more."""
        while True:
            self._wanted.clear()
            is_done = await self.judge_all()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), None if is_done else AGAIN_S)

    async def judge_all(self) -> bool:
        """Whether nothing waits any more: a database or a disk that failed is tried again later."""
        try:
            while (found := await self._store.read(self._next)) is not None:
                await self._judge(found)
        except AppError as error:
            log.error("judging_failed", code=error.code)
            return False
        return True

    def _next(self, db: Db) -> _Waiting | None:
        query = select(LivenessRow).where(LivenessRow.state == LivenessState.JUDGING.value)
        row = db.scalar(query.order_by(LivenessRow.created_ms, LivenessRow.id).limit(1))
        if row is None:
            return None
        identity = db.get_one(IdentityRow, row.identity_id)
        name, number = identities.name_of(self._cipher, identity), identities.number_of(self._cipher, identity)
        may_begin = row.failures < MAX_FAILURES and row.starts < MAX_STARTS and self._keys.has(row.key_id)
        return _Waiting(row.id, row.path == LivenessPath.FULL, may_begin, name, number)

    async def _judge(self, waiting: _Waiting) -> None:
        looked: Looked | None = None
        if waiting.is_worth_a_try:
            try:
                looked = await self._looked(waiting.session_id)
            except WorkerError as error:
                log.warning("liveness_worker_failed", session_id=waiting.session_id, error=str(error))
                await self._store.write(lambda tx: _fail(tx, waiting.session_id))
                return
        findings = looked.findings if looked is not None else None
        if looked is not None and looked.what:
            log.info("liveness_package_refused", session_id=waiting.session_id, what=looked.what)
        files = await self._to_keep(waiting.session_id, looked)
        answer = await self._answer(waiting, looked)
        kept = tuple(one for one, _ in files)
        data = {one.id: content for one, content in files}
        with contextlib.suppress(Refusal):  # it ended meanwhile: name or number are others
            state = await self._desk.files.keep_all(
                data, lambda tx: decision.judged(tx, self._cipher, waiting.session_id, findings, answer, kept)
            )
            log.info("liveness_judged", session_id=waiting.session_id, state=state.value)
        await in_thread(lambda: self._desk.parcels.drop(waiting.session_id))

    async def _to_keep(self, session_id: str, looked: Looked | None) -> list[tuple[Kept, bytes]]:
        """The files, with what is to be written of each."""
        if looked is None:
            return []
        now_ms, findings = utc_ms(self._clock.utc()), looked.findings
        if not await self._store.read(lambda db: decision.is_kept(db, session_id, findings, now_ms)):
            return []
        files = [
            (Kept(new_id(), number, one.label, len(one.jpeg)), one.jpeg)
            for number, one in enumerate(looked.stills, CLIP + 1)
        ]
        if looked.clip:
            files.append((Kept(new_id(), CLIP, "clip", len(looked.clip)), looked.clip))
        return files

    async def _answer(self, waiting: _Waiting, looked: Looked | None) -> FaceAnswer | None:
        """Of who can say whose face it is; asked for the living only."""
        if looked is None or looked.findings.verdict is not Verdict.LIVE or not waiting.is_full or not looked.stills:
            return None
        best = next((one.jpeg for one in looked.stills if one.label == "best"), looked.stills[0].jpeg)
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await self._authority.compare(FaceAsked(waiting.name, waiting.number, best))
        except (TimeoutError, PlatformError):
            log.warning("face_authority_unavailable", session_id=waiting.session_id, authority=self._authority.code)
            return FaceAnswer(FaceVerdict.NOT_ASKED, self._authority.code)

    async def _looked(self, session_id: str) -> Looked:
        """What a worker says of it. Raises WorkerError."""
        job = await self._store.write(lambda tx: self._job(tx, session_id))
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=Path(server.__path__[0]).parent,
                env={**clean_environment(os.environ), **_FEW_THREADS},
                limit=1 << 20,
            )
        except OSError as error:
            raise WorkerError(type(error).__name__) from None
        self.pid = process.pid
        try:
            async with asyncio.timeout(self._worker_s):
                content = await _conversed(process, job)
                status = await process.wait()
        except TimeoutError:
            raise WorkerError("timeout") from None
        finally:
            self.pid = None
            await _ended(process)
        return _read(content, status)

    def _job(self, tx: Tx, session_id: str) -> Job:
        row = tx.db.get_one(LivenessRow, session_id)
        row.starts += 1
        tx.db.flush()
        return job_of(row, self._keys, self._desk.parcels.path(session_id))


_FEW_THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Its matrices are small, and it is not alone on the machine."""


def job_of(row: LivenessRow, keys: LivenessKeys, parcel: Path) -> Job:
    """What is known of a session, for who opens its package. Raises StorageError when its key is not here."""
    heard, course = records.heard_of(row), records.course_of_row(row)
    colours = tuple((red, green, blue) for red, green, blue in msgspec.json.decode(row.colours or "[]"))
    orders = []
    for one in heard:
        kind, action = course.order(one.number)
        orders.append(Sent(kind, one.at_us, action, colours if kind == "flash" else ()))
    first, last = heard[0], heard[-1]
    challenge = msgspec.json.decode(row.challenge, type=Challenge)
    return Job(
        parcel=str(parcel),
        private_key=keys.private_key(row.key_id),
        expected=Expected(
            challenge=challenge,
            public_key=bytes.fromhex(row.public_key),
            said=tuple(Said(one.number, one.units, one.at_us, bytes.fromhex(one.link)) for one in heard),
            actions=course.actions,
            has_flash=course.has_flash,
        ),
        orders=tuple(orders),
        earliest_us=first.at_us - 1000 * (first.got_ms - row.created_ms + AHEAD_MS),
        latest_us=last.at_us + 1000 * ((row.announced_ms or row.expires_ms) - last.got_ms + AHEAD_MS),
    )


def _read(content: bytes, status: int) -> Looked:
    """The answer. Raises WorkerError when there is none."""
    try:
        answer = msgspec.msgpack.decode(content, type=Looked | Failed)
    except msgspec.MsgspecError:
        raise WorkerError(f"status {status}") from None
    if isinstance(answer, Failed):
        log.error("liveness_worker_fault", kind=answer.kind, trace=answer.trace)
        raise WorkerError(answer.kind)
    return answer


def _fail(tx: Tx, session_id: str) -> None:
    tx.db.get_one(LivenessRow, session_id).failures += 1


async def _conversed(process: asyncio.subprocess.Process, job: Job) -> bytes:
    """Give it the job, and read all that it says; its input stays open, as it ends with that."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a worker without pipes")
    with contextlib.suppress(OSError):  # it ended already: its status tells
        process.stdin.write(msgspec.json.encode(job) + b"\n")
        await process.stdin.drain()
    held = bytearray()
    while piece := await process.stdout.read(1 << 20):
        held += piece
        if len(held) > MAX_ANSWER_BYTES:
            raise WorkerError("answer too large")
    return bytes(held)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """It is gone when this returns, be it killed."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    if process.stdin is not None:
        process.stdin.close()
    await process.wait()
