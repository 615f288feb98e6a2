"""Images that prove a complaint: re-encoded and encrypted as those of organisations are. Event loop.

Owned by the services.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.reports import MAX_PROOFS, Proof
from app.domain.images import ImagePurpose
from app.domain.reports import ProofKind
from app.runtime.clock import Clock, utc_ms
from server.accounts.presence import require_presence
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.images.desk import ImageDesk
from server.images.pictures import SHAPES
from server.kept_files import KeptFiles
from server.reports import complaints
from server.secrets import FieldCipher, new_id
from server.store.report_models import ProofRow
from server.store.store import Store, Tx

MAX_LOOSE = 2 * MAX_PROOFS
"""Of one person that no complaint names yet."""
_LIKE = ImagePurpose.LICENCE
"""They are looked at in the same way, and may be as large."""
LEAST_PX = min(SHAPES[_LIKE].min_px)
"""Width and height that one must have."""


class ProofDesk:
    """Files beside the images of the accounts, in a folder of their own."""

    def __init__(self, folder: Path, cipher: FieldCipher, store: Store, images: ImageDesk, clock: Clock) -> None:
        self._files = KeptFiles(folder, cipher, store, clock)
        self._store = store
        self._images = images
        self._clock = clock

    async def upload(self, person: Person, kind: ProofKind, data: bytes) -> Proof:
        """Check, re-encode, keep encrypted. On the disk when it returns. Raises Refusal, StorageError."""
        await self._store.read(lambda db: _require_room(db, person))
        encoded = await self._images.encode(data, _LIKE)
        row = ProofRow(
            id=new_id(),
            account_id=person.account_id,
            kind=kind.value,
            width_px=encoded.width_px,
            height_px=encoded.height_px,
            size_bytes=len(encoded.data),
            sha256=hashlib.sha256(encoded.data).hexdigest(),
        )
        proof = Proof(id=row.id, kind=kind, width_px=row.width_px, height_px=row.height_px)

        def add(tx: Tx) -> None:
            _require_room(tx.db, person)
            require_presence(tx.db, person)
            row.uploaded_ms = tx.now_ms
            tx.db.add(row)
            tx.db.flush()

        await self._files.keep(proof.id, encoded.data, add)
        return proof

    async def read(self, operator: Person, complaint_id: str, proof_id: str) -> bytes:
        """The JPEG, for an operator who gave a reason. Raises Refusal, StorageError."""
        now_ms = utc_ms(self._clock.utc())
        file_id = await self._store.read(
            lambda db: complaints.visible_proof(db, operator, now_ms, complaint_id, proof_id)
        )
        return await self._files.get(file_id)

    async def housekeep(self) -> None:
        """Take away the files that no row names."""
        await self._files.clear(lambda db: frozenset(db.scalars(select(ProofRow.id))))

    async def reseal(self) -> int:
        """Seal anew the files that an earlier key sealed; how many. Raises StorageError."""
        return await self._files.reseal()


def _require_room(db: Db, person: Person) -> None:
    """Raises Refusal (rate_limited) where too many wait for a complaint."""
    require(Act.USE_ACCOUNT, person)
    loose = select(func.count()).select_from(ProofRow)
    loose = loose.where(ProofRow.account_id == person.account_id, ProofRow.complaint_id.is_(None))
    if (db.scalar(loose) or 0) >= MAX_LOOSE:
        raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=3600)
