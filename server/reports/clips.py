"""The clip of a recording that goes with a report: taken from the anchor of the session, kept encrypted, opened with a
reason. Event loop; what is named ``db`` or ``tx`` runs in store threads.

Owned by the services.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.reports import MAX_CLIP_BYTES, MAX_CLIP_S, Clip
from app.domain.reports import ReportState
from app.runtime.clock import Clock, utc_ms
from server.accounts.presence import require_presence
from server.audit import audit, was_done
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.kept_files import KeptFiles, in_thread
from server.once import done_before, remember
from server.reports import mp4, record
from server.secrets import FieldCipher, new_id
from server.store.models import SessionRow
from server.store.report_models import ReportClipRow, ReportRow
from server.store.store import Store, Tx
from server.text import checked_line

OPEN_FOR_MS = 15 * 60 * 1000
"""How long an operator who gave a reason may look at it."""
SHOWN_ACTION = "report.clip_shown"
MAX_REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class ClipShown:
    """Of one that is there. ``is_open``: this operator gave a reason a while ago at most."""

    duration_ms: int
    width_px: int
    height_px: int
    has_sound: bool
    size_bytes: int
    is_open: bool


class ClipDesk:
    """Files in a folder of their own. One is looked into at a time: each is held in memory whole."""

    def __init__(self, folder: Path, cipher: FieldCipher, store: Store, clock: Clock) -> None:
        self._files = KeptFiles(folder, cipher, store, clock)
        self._store = store
        self._clock = clock
        self._turn = asyncio.Semaphore(1)

    async def upload(self, person: Person, report_id: str, data: bytes, key: str) -> Clip:
        """Check and keep encrypted; on the disk when it returns. The same key with the same file gives the one it made.

        Raises Refusal as ``Clip`` says, StorageError.
        """
        if len(data) > MAX_CLIP_BYTES:
            raise Refusal(ErrorCode.TOO_LARGE, detail={"max_bytes": MAX_CLIP_BYTES})
        async with self._turn:
            sha256 = await in_thread(lambda: hashlib.sha256(data).hexdigest())
            request = f"clip {report_id} {sha256}"
            known = await self._store.write(lambda tx: _before(tx, person, report_id, key, request))
            if known is not None:
                return known
            facts = await in_thread(lambda: _facts(data))
            row = ReportClipRow(
                id=new_id(),
                report_id=report_id,
                duration_ms=facts.duration_ms,
                width_px=facts.width_px,
                height_px=facts.height_px,
                has_sound=facts.has_sound,
                size_bytes=len(data),
                sha256=sha256,
            )
            file_id, made = row.id, _wire(row)

            def add(tx: Tx) -> Clip:
                # Again: an operator may have decided while the file was on its way.
                again = _before(tx, person, report_id, key, request)
                if again is not None:
                    return again
                row.uploaded_ms = tx.now_ms
                tx.db.add(row)
                tx.db.flush()
                remember(tx, person.account_id, key, request, report_id)
                return made

            return await self._files.keep(file_id, data, add)

    async def read(self, operator: Person, report_id: str) -> bytes:
        """The MP4, for an operator who gave a reason. Raises Refusal (not_found, forbidden), StorageError."""
        now_ms = utc_ms(self._clock.utc())
        file_id = await self._store.read(lambda db: _visible(db, operator, now_ms, report_id))
        async with self._turn:
            return await self._files.get(file_id)

    async def housekeep(self) -> None:
        """Take away the files that no row names."""
        await self._files.clear(lambda db: frozenset(db.scalars(select(ReportClipRow.id))))

    async def reseal(self) -> int:
        """Seal anew the files that an earlier key sealed; how many. Raises StorageError."""
        return await self._files.reseal()


def reveal(tx: Tx, operator: Person, report_id: str, reason: str) -> None:
    """From now on the clip opens to this operator for a while; who asked and why is in the record before.

    Raises Refusal: not_found, forbidden for what one reported oneself or is reported for, input_invalid.
    """
    require(Act.READ_REPORT_CLIP, operator)
    require_presence(tx.db, operator)
    row = record.find(tx.db, report_id)
    if clip_of(tx.db, report_id) is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    if not record.may_handle(operator, row):
        raise Refusal(ErrorCode.FORBIDDEN)
    audit(tx, operator.account_id, SHOWN_ACTION, row.id, checked_line(reason, MAX_REASON_CHARS, "clip_reason"))


def shown(db: Db, operator: Person, now_ms: int, report_id: str) -> ClipShown | None:
    """What the desk says of it; None where there is none."""
    require(Act.HANDLE_REPORT, operator)
    row = clip_of(db, report_id)
    if row is None:
        return None
    is_open = was_done(db, operator.account_id, SHOWN_ACTION, report_id, now_ms - OPEN_FOR_MS)
    return ClipShown(row.duration_ms, row.width_px, row.height_px, row.has_sound, row.size_bytes, is_open)


def clip_of(db: Db, report_id: str) -> ReportClipRow | None:
    return db.scalar(select(ReportClipRow).where(ReportClipRow.report_id == report_id))


def _visible(db: Db, operator: Person, now_ms: int, report_id: str) -> str:
    require(Act.READ_REPORT_CLIP, operator)
    found, row = shown(db, operator, now_ms, record.find(db, report_id).id), clip_of(db, report_id)
    if found is None or row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    if not found.is_open:
        raise Refusal(ErrorCode.FORBIDDEN)
    return row.id


def _before(tx: Tx, person: Person, report_id: str, key: str, request: str) -> Clip | None:
    """What the same key made. Raises Refusal for what may not be added."""
    require(Act.USE_ACCOUNT, person)
    require_presence(tx.db, person)
    report = _own(tx.db, person, report_id)
    row = clip_of(tx.db, report_id)
    if row is not None and done_before(tx, person.account_id, key, request) is not None:
        return _wire(row)
    if row is not None:
        raise Refusal(ErrorCode.CLIP_EXISTS)
    if ReportState(report.state).is_final:
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": report.state})
    return None


def _own(db: Db, person: Person, report_id: str) -> ReportRow:
    """A report of theirs from their own broadcast."""
    report = record.find(db, report_id)
    if report.reporter_id != person.account_id:
        raise Refusal(ErrorCode.NOT_FOUND)
    if db.get_one(SessionRow, report.session_id).anchor_id != person.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
    return report


def _facts(data: bytes) -> mp4.Facts:
    try:
        return mp4.facts_of(data, MAX_CLIP_S * 1000)
    except mp4.NotTaken as cause:
        raise Refusal(ErrorCode.CLIP_INVALID) from cause


def _wire(row: ReportClipRow) -> Clip:
    return Clip(
        report_id=row.report_id,
        duration_ms=row.duration_ms,
        width_px=row.width_px,
        height_px=row.height_px,
        has_sound=row.has_sound,
        size_bytes=row.size_bytes,
    )
