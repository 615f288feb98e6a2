"""Uploads and reads of images: a worker thread that decodes, files, store. Event loop; owned by the services."""

from __future__ import annotations

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from app.contract.applications import MAX_IMAGE_BYTES, Image
from app.contract.errors import ErrorCode
from app.domain.images import ImagePurpose
from app.runtime.clock import Clock, utc_ms
from server.errors import Refusal
from server.gate import Person
from server.images import acts
from server.images.acts import Shown, Stored
from server.images.pictures import Encoded, re_encode
from server.kept_files import KeptFiles
from server.retention import DAY_MS, Retention
from server.secrets import FieldCipher, new_id
from server.store.store import Store

MAX_WAITING = 12
"""Uploads that wait for the one that is decoded, each with its file in memory."""
DECODE_S = 20.0
"""The largest picture takes two seconds. The thread itself cannot be stopped: its work is bounded by what is refused
before anything is decoded."""
log = structlog.get_logger("images")


class ImageDesk:
    """One picture is decoded at a time: the largest takes some 400 MB while it is."""

    def __init__(self, folder: Path, cipher: FieldCipher, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._files = KeptFiles(folder, cipher, store, clock)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="image-worker")
        self._waiting = 0

    def close(self) -> None:
        self._worker.shutdown(wait=True, cancel_futures=True)

    async def encode(self, data: bytes, purpose: ImagePurpose) -> Encoded:
        """Check and re-encode, in turn with everybody's. Raises Refusal."""
        if len(data) > MAX_IMAGE_BYTES:
            raise Refusal(ErrorCode.TOO_LARGE, detail={"max_bytes": MAX_IMAGE_BYTES})
        return await self._decode(data, purpose)

    async def upload(self, person: Person, purpose: ImagePurpose, data: bytes) -> Image:
        """Check, re-encode, keep. On the disk when it returns. Raises Refusal, StorageError."""
        if len(data) > MAX_IMAGE_BYTES:
            raise Refusal(ErrorCode.TOO_LARGE, detail={"max_bytes": MAX_IMAGE_BYTES})
        await self._store.read(lambda db: acts.require_free(db, person, purpose))
        encoded = await self._decode(data, purpose)
        image_id = new_id()
        stored = Stored(
            id=image_id,
            purpose=purpose,
            width_px=encoded.width_px,
            height_px=encoded.height_px,
            size_bytes=len(encoded.data),
            sha256=hashlib.sha256(encoded.data).hexdigest(),
        )
        return await self._files.keep(
            image_id, encoded.data, lambda tx: acts.add(tx, person, stored), is_public=purpose.is_public
        )

    async def read(self, person: Person | None, image_id: str) -> tuple[Shown, bytes]:
        """The JPEG, for who may see it. Raises Refusal (not_found), StorageError."""
        shown = await self._store.read(lambda db: acts.shown(db, person, image_id))
        return shown, await self._files.get(shown.id, is_public=shown.purpose.is_public)

    async def housekeep(self, terms: Retention) -> None:
        """Take away the files that no row names, and those of images that were replaced long ago."""
        until_ms = utc_ms(self._clock.utc()) - terms.media_days * DAY_MS
        count = await self._files.clear(lambda db: acts.kept_ids(db, until_ms))
        if count:
            log.info("images_cleared", count=count)

    async def reseal(self) -> int:
        """Seal anew the files that an earlier key sealed; how many. Raises StorageError."""
        return await self._files.reseal()

    async def _decode(self, data: bytes, purpose: ImagePurpose) -> Encoded:
        if self._waiting >= MAX_WAITING:
            raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=5)
        self._waiting += 1
        try:
            job = asyncio.get_running_loop().run_in_executor(self._worker, re_encode, data, purpose)
            async with asyncio.timeout(DECODE_S * self._waiting):
                return await job
        except TimeoutError:
            raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=30) from None
        finally:
            self._waiting -= 1
