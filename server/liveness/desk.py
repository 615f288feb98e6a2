"""The packages and the evidence of the face check by camera, on their way in and out. Event loop; the services' own.

A part is on the disk before it is acknowledged; the receipt is given after the whole was compared with its hash and
committed. What is named ``db`` or ``tx`` runs in store threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from app.contract.errors import ErrorCode
from app.contract.liveness import PART_BYTES, LivenessReceived
from app.domain.liveness import LivenessState
from app.runtime.clock import Clock, utc_ms
from server.errors import Refusal
from server.gate import Person
from server.kept_files import KeptFiles, in_thread
from server.liveness import arrival, evidence, records
from server.liveness.parcels import Parcels
from server.secrets import FieldCipher
from server.store.liveness_models import LivenessFileRow, LivenessRow
from server.store.store import Store

_WANTED = (LivenessState.UPLOADING.value, LivenessState.JUDGING.value)


class LivenessDesk:
    """``on_whole`` is called when a package is there to be judged."""

    def __init__(self, data_dir: Path, cipher: FieldCipher, store: Store, clock: Clock) -> None:
        self.parcels = Parcels(data_dir / "liveness-parcels")
        self.files = KeptFiles(data_dir / "liveness", cipher, store, clock)
        self.on_whole: Callable[[], None] = lambda: None
        self._store = store
        self._clock = clock
        self._turns: dict[str, asyncio.Lock] = {}
        self._reading = asyncio.Semaphore(1)

    async def take(self, person: Person, session_id: str, offset: int, part: bytes) -> LivenessReceived:
        """The next part. Raises Refusal as ``LivenessReceived`` says, StorageError."""
        if len(part) > PART_BYTES:
            raise Refusal(ErrorCode.TOO_LARGE, detail={"max_bytes": PART_BYTES})
        # One at a time: two programs that send the same part would write into one file.
        async with self._turns.setdefault(session_id, asyncio.Lock()):
            return await self._take(person, session_id, offset, part)

    async def _take(self, person: Person, session_id: str, offset: int, part: bytes) -> LivenessReceived:
        now_ms = utc_ms(self._clock.utc())
        known = await self._store.read(lambda db: arrival.awaited(db, person, session_id, now_ms, offset, len(part)))
        if known.done is not None:
            return known.done
        await in_thread(lambda: self.parcels.put(session_id, offset, part))
        received, is_whole = offset + len(part), offset + len(part) == known.size_bytes
        is_damaged = is_whole and await in_thread(lambda: self.parcels.sha256(session_id)) != known.sha256
        if is_damaged:
            received, is_whole = 0, False
        done = await self._store.write(lambda tx: arrival.note(tx, person, session_id, received, is_whole=is_whole))
        if is_damaged:
            raise Refusal(ErrorCode.PACKAGE_DAMAGED, retryable=True)
        if is_whole:
            self.on_whole()
        return done

    async def sweep(self) -> None:
        """End what ran out of time, and take away the packages that nobody waits for any more, at once."""
        now_ms = utc_ms(self._clock.utc())
        if await self._store.read(lambda db: records.has_expired(db, now_ms)):
            await self._store.write(records.expire_old)
        # Files first: a package that comes later belongs to a session that is not read yet.
        found = await in_thread(self.parcels.ids)
        if not found and not self._turns:
            return
        kept = await self._store.read(
            lambda db: frozenset(db.scalars(select(LivenessRow.id).where(LivenessRow.state.in_(_WANTED))))
        )
        self._turns = {one: turn for one, turn in self._turns.items() if one in kept or turn.locked()}
        await in_thread(lambda: self.parcels.clear(found, kept))

    async def read(self, operator: Person, check_id: str, number: int) -> bytes:
        """A still, or with number 0 the clip, for an operator who gave a reason. Raises Refusal, StorageError."""
        now_ms = utc_ms(self._clock.utc())
        file_id = await self._store.read(lambda db: evidence.visible(db, operator, now_ms, check_id, number))
        async with self._reading:
            return await self.files.get(file_id)

    async def housekeep(self) -> None:
        """Take away the files that no row names."""
        await self.sweep()
        await self.files.clear(lambda db: frozenset(db.scalars(select(LivenessFileRow.id))))

    async def reseal(self) -> int:
        """Seal anew the files that an earlier key sealed; how many. Raises StorageError."""
        return await self.files.reseal()
