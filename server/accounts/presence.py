"""Whether a device is still signed in, asked within the write that depends on it. Store threads.

A person is authenticated by a read of its own; their device may be ended between that and the write.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from server.errors import Refusal
from server.gate import Person
from server.store.models import DeviceRow


def is_present(db: Db, person: Person) -> bool:
    device = db.get(DeviceRow, person.device_id)
    return device is not None and device.ended_ms is None


def present_devices(db: Db, device_ids: Collection[str]) -> frozenset[str]:
    """Which of them are."""
    rows = select(DeviceRow.id).where(DeviceRow.id.in_(device_ids), DeviceRow.ended_ms.is_(None))
    return frozenset(db.scalars(rows))


def require_presence(db: Db, person: Person) -> None:
    """Raises Refusal (device_ended)."""
    if not is_present(db, person):
        raise Refusal(ErrorCode.DEVICE_ENDED)
