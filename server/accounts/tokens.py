"""Devices and their tokens. Store threads. A token is opaque and random; its hash is kept.

An access token is good for minutes. A refresh token is good once: showing a spent one means that two
parties hold it, and ends the device. The exception is an answer that was lost on its way: for a minute the
spent token may be shown again as long as what it was spent for was not used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.rest import Account, Device, TokenPair
from app.domain.measures import CLOSES
from server.accounts import people
from server.audit import audit
from server.config import Lifetimes
from server.effects import DeviceEnded
from server.errors import Refusal
from server.gate import Person
from server.secrets import FieldCipher, digest, new_id, new_token
from server.sessions import keys, probe_keys
from server.sessions.views import moment
from server.store.measure_models import MeasureRow
from server.store.models import AccessRow, AccountRow, DeviceRow, RefreshRow
from server.store.store import Tx
from server.text import plain_text

_DEVICE_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Issued:
    """A pair of tokens, and whose."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    device_id: str
    account: Account

    def to_wire(self, lifetimes: Lifetimes) -> TokenPair:
        return TokenPair(
            access_token=self.access,
            access_expires_in_s=lifetimes.access_s,
            refresh_token=self.refresh,
            device_id=self.device_id,
            account=self.account,
        )


def start_device(
    tx: Tx, cipher: FieldCipher, account: AccountRow, name: str, known_id: str | None, lifetimes: Lifetimes
) -> Issued:
    """Sign in on a device: the one of ``known_id`` when it is this account's, else a new one."""
    row = tx.db.get(DeviceRow, known_id) if known_id and _DEVICE_ID.fullmatch(known_id) else None
    label = plain_text(name)[:60] or "?"
    if row is None or row.account_id != account.id:
        row = DeviceRow(id=new_id(), account_id=account.id, name=label, first_seen_ms=tx.now_ms, last_seen_ms=tx.now_ms)
        tx.db.add(row)
        tx.db.flush()
    else:
        # Whoever held the tokens of before is out, with their sockets: the person has just proved themself again.
        # A broadcast of this device goes on.
        if row.ended_ms is None:
            tx.effects.append(DeviceEnded(row.id))
        tx.db.execute(delete(AccessRow).where(AccessRow.device_id == row.id))
        tx.db.execute(delete(RefreshRow).where(RefreshRow.device_id == row.id))
        row.name, row.last_seen_ms, row.ended_ms, row.factor_ms = label, tx.now_ms, None, None
    return _issue(tx, cipher, account, row, lifetimes)


def refresh(tx: Tx, cipher: FieldCipher, token: str, lifetimes: Lifetimes) -> Issued | Refusal:
    """Rotate. A refusal is returned, not raised: the end of the device must be committed."""
    row = tx.db.get(RefreshRow, digest(token))
    if row is None:
        return Refusal(ErrorCode.NOT_SIGNED_IN)
    device = tx.db.get_one(DeviceRow, row.device_id)
    if device.ended_ms is not None:
        return Refusal(ErrorCode.DEVICE_ENDED)
    if row.spent_ms is not None and not _take_back_unused(tx, row, lifetimes):
        end_device(tx, device)
        audit(tx, people.SYSTEM, "device.ended", device.id, "spent refresh token was shown again")
        return Refusal(ErrorCode.DEVICE_ENDED)
    if row.spent_ms is None:
        if row.expires_ms <= tx.now_ms:
            return Refusal(ErrorCode.TOKEN_EXPIRED)
        row.spent_ms = tx.now_ms
    device.last_seen_ms = tx.now_ms
    account = tx.db.get_one(AccountRow, device.account_id)
    issued = _issue(tx, cipher, account, device, lifetimes)
    row.successor_hash = digest(issued.refresh)
    return issued


def _take_back_unused(tx: Tx, row: RefreshRow, lifetimes: Lifetimes) -> bool:
    """Whether the answer that ``row`` was spent for was lost: then what it carried is worth nothing any more.

    The successor becomes a spent one without a successor, so that whoever has it after all is noticed.
    """
    if row.spent_ms is None or row.successor_hash is None:
        return False
    if tx.now_ms - row.spent_ms > lifetimes.refresh_leeway_s * 1000:
        return False
    successor = tx.db.get(RefreshRow, row.successor_hash)
    if successor is None or successor.spent_ms is not None:
        return False
    successor.spent_ms = tx.now_ms
    tx.db.execute(delete(AccessRow).where(AccessRow.hash == successor.access_hash))
    return True


def authenticate(db: Db, token: str, now_ms: int) -> Person:
    """Who shows this access token. Raises Refusal: token_expired (also when unknown) or device_ended."""
    is_closed = exists().where(
        MeasureRow.account_id == AccountRow.id,
        MeasureRow.kind.in_([kind.value for kind in CLOSES]),
        MeasureRow.ended_ms.is_(None),
    )
    found = db.execute(
        select(AccessRow, DeviceRow, AccountRow, is_closed)
        .join(DeviceRow, AccessRow.device_id == DeviceRow.id)
        .join(AccountRow, DeviceRow.account_id == AccountRow.id)
        .where(AccessRow.hash == digest(token))
    ).first()
    if found is None:
        raise Refusal(ErrorCode.TOKEN_EXPIRED)
    access, device, account, is_out = found
    if device.ended_ms is not None:
        raise Refusal(ErrorCode.DEVICE_ENDED)
    if access.expires_ms <= now_ms:
        raise Refusal(ErrorCode.TOKEN_EXPIRED)
    has_factor = device.factor_ms is not None
    return Person(account.id, device.id, people.roles_of(db, account.id), has_factor, is_closed=is_out)


def end_device(tx: Tx, device: DeviceRow) -> None:
    """Its tokens die at once, its stream keys too, its sockets are closed. Idempotent."""
    if device.ended_ms is not None:
        return
    device.ended_ms = tx.now_ms
    keys.kill_of_device(tx, device.id)
    probe_keys.kill_of_device(tx, device.id)
    tx.effects.append(DeviceEnded(device.id))


def end_all_devices(tx: Tx, account_id: str) -> None:
    """Whoever is signed in to the account is out at once."""
    living = select(DeviceRow).where(DeviceRow.account_id == account_id, DeviceRow.ended_ms.is_(None))
    for device in list(tx.db.scalars(living)):
        end_device(tx, device)


def end_own_device(tx: Tx, person: Person, device_id: str) -> None:
    """Raises Refusal (not_found) for one that is not the person's own."""
    device = tx.db.get(DeviceRow, device_id)
    if device is None or device.account_id != person.account_id or device.ended_ms is not None:
        raise Refusal(ErrorCode.NOT_FOUND)
    end_device(tx, device)
    audit(tx, person.account_id, "device.ended", device.id, "ended by its owner")


def devices_of(db: Db, person: Person) -> list[Device]:
    rows = db.scalars(
        select(DeviceRow)
        .where(DeviceRow.account_id == person.account_id, DeviceRow.ended_ms.is_(None))
        .order_by(DeviceRow.last_seen_ms.desc(), DeviceRow.id)
        .limit(100)
    )
    return [
        Device(
            id=row.id,
            name=row.name,
            is_this=row.id == person.device_id,
            first_seen=moment(row.first_seen_ms),
            last_seen=moment(row.last_seen_ms),
        )
        for row in rows
    ]


def _issue(tx: Tx, cipher: FieldCipher, account: AccountRow, device: DeviceRow, lifetimes: Lifetimes) -> Issued:
    access, spare = new_token(), new_token()
    tx.db.add(AccessRow(hash=digest(access), device_id=device.id, expires_ms=tx.now_ms + lifetimes.access_s * 1000))
    tx.db.add(
        RefreshRow(
            hash=digest(spare),
            device_id=device.id,
            expires_ms=tx.now_ms + lifetimes.refresh_s * 1000,
            access_hash=digest(access),
        )
    )
    return Issued(access, spare, device.id, people.to_wire(tx.db, cipher, account))
