"""What becomes of things when the measure against them is over: lifted, or reversed. Store thread, inside a write."""

from __future__ import annotations

from app.domain.measures import MeasureKind
from server.measures import content, entries, reclaiming
from server.secrets import FieldCipher
from server.store.measure_models import MeasureRow
from server.store.store import Tx


def undo(tx: Tx, cipher: FieldCipher, row: MeasureRow) -> None:
    """Of one that was in force until now. What is only forbidden is allowed again without anything being done."""
    match MeasureKind(row.kind):
        case MeasureKind.REFUSAL:
            if row.session_id is not None:
                entries.put_back(tx, row.session_id)
        case MeasureKind.DELETION:
            content.put_back(tx, cipher, row)
        case MeasureKind.RECLAIMING:
            reclaiming.give_back(tx, cipher, row)
        case _:
            pass
