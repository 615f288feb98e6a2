"""Writes what is typed to this machine a moment later, the newest only, one write at a time. I/O loop."""

from __future__ import annotations

import asyncio
import contextlib

from app.errors import StorageError
from app.ports.drafts import KeptDraft
from app.usecases.context import Context
from app.usecases.trouble import Trouble

LATE_S = 0.3
"""With the write itself (some 20 ms on a slow disk) half a second of typing is what a power cut may cost."""
SETTLE_S = 2.0


class LocalDrafts:
    """Outlives a sign-in: what was typed before it ended is still written, under its own owner."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._waiting: dict[str, KeptDraft | None] = {}
        """By owner; None: to be forgotten. Stays here until it is on the disk."""
        self._hurry = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._is_told = False

    def keep(self, owner: str, draft: KeptDraft) -> None:
        """Soon on the disk."""
        self._want(owner, draft)

    def forget(self, owner: str) -> None:
        self._want(owner, None)

    async def load(self, owner: str) -> KeptDraft | None:
        """What was kept last. Raises StorageError."""
        if owner in self._waiting:
            return self._waiting[owner]
        found: KeptDraft | None = await self._context.in_worker(self._context.drafts.load, owner)
        return found

    def hurry(self) -> None:
        """Write now."""
        self._hurry.set()

    async def settle(self) -> None:
        """Write now, and wait a little until it is done."""
        self.hurry()
        if self._writer is not None and not self._writer.done():
            await asyncio.wait([self._writer], timeout=SETTLE_S)

    def _want(self, owner: str, draft: KeptDraft | None) -> None:
        self._waiting[owner] = draft
        if self._writer is None or self._writer.done():
            self._hurry.clear()
            self._writer = self._context.spawn(self._write(), "draft-write")

    async def _write(self) -> None:
        while self._waiting:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LATE_S):
                    await self._hurry.wait()
            for owner, draft in tuple(self._waiting.items()):
                try:
                    await self._put(owner, draft)
                except StorageError as error:
                    self._tell(error)
                    return  # it waits for the next change
                self._is_told = False
                # What was wanted meanwhile is written in the next round.
                if self._waiting.get(owner) is draft:
                    del self._waiting[owner]
            self._hurry.clear()

    async def _put(self, owner: str, draft: KeptDraft | None) -> None:
        if draft is None:
            await self._context.in_worker(self._context.drafts.forget, owner)
        else:
            await self._context.in_worker(self._context.drafts.keep, owner, draft)

    def _tell(self, error: StorageError) -> None:
        if not self._is_told:
            self._is_told = True
            self._context.notify(Trouble("draft_not_kept", {"reason": error.detail.get("reason", error.code)}))
