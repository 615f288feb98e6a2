"""Files that rows of the database name: images, proofs, clips. Event loop; the disk is worked on in threads.

A file is on the disk before its row is committed. What no row names is taken away by housekeeping.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.runtime.clock import Clock
from server.errors import Refusal
from server.secrets import FieldCipher
from server.shelf import Shelf
from server.store.store import Store, Tx

T = TypeVar("T")


class KeptFiles:
    """Those of one folder. What is not ``is_public`` is encrypted."""

    def __init__(self, folder: Path, cipher: FieldCipher, store: Store, clock: Clock) -> None:
        self._shelf = Shelf(folder, cipher)
        self._store = store
        self._clock = clock

    async def keep(self, file_id: str, data: bytes, add: Callable[[Tx], T], *, is_public: bool = False) -> T:
        """Put it there, then write what ``add`` does. Raises what that raises, and StorageError."""
        await in_thread(lambda: self._shelf.put(file_id, data, is_public=is_public))
        try:
            return await self._store.write(add)
        except Refusal:
            # Refused for certain; after any other fault the row may be there, and housekeeping looks.
            await in_thread(lambda: self._shelf.drop(file_id, is_public=is_public))
            raise

    async def keep_all(self, files: Mapping[str, bytes], add: Callable[[Tx], T]) -> T:
        """The same for several that are encrypted. Raises what ``add`` raises, and StorageError."""

        def put() -> None:
            for file_id, data in files.items():
                self._shelf.put(file_id, data, is_public=False)

        await in_thread(put)
        try:
            return await self._store.write(add)
        except Refusal:
            await self.drop(files)
            raise

    async def drop(self, file_ids: Collection[str]) -> None:
        """Take encrypted ones away whose rows are gone."""

        def drop() -> None:
            for file_id in file_ids:
                self._shelf.drop(file_id, is_public=False)

        await in_thread(drop)

    async def get(self, file_id: str, *, is_public: bool = False) -> bytes:
        """What is in it. Raises Refusal (not_found), StorageError."""
        data = await in_thread(lambda: self._shelf.get(file_id, is_public=is_public))
        if data is None:
            raise Refusal(ErrorCode.NOT_FOUND)
        return data

    async def clear(self, kept: Callable[[Db], Collection[str]]) -> int:
        """Take away the files that are not of these ids; how many. Raises StorageError."""
        # Files first: one that comes later belongs to a row that is not read yet.
        if not await in_thread(self._shelf.ids):
            return 0
        ids, now = await self._store.read(kept), self._clock.utc()
        return await in_thread(lambda: self._shelf.clear(ids, now))

    async def reseal(self) -> int:
        """Seal anew the files that an earlier key sealed; how many. Raises StorageError."""
        return await in_thread(self._shelf.reseal)


async def in_thread(work: Callable[[], T]) -> T:
    """What blocks, away from the loop."""
    return await asyncio.get_running_loop().run_in_executor(None, work)
