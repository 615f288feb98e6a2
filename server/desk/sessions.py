"""Browsers signed in to the desk: a name and a password first, then the second factor. Store threads.

A session is a random token in a cookie, of which the hash is kept. It has a device of its own, so that it ends with the
device, and every act of an operator asks whether that device is still there. Another token is given after the second
factor: one that was known before is worth nothing then.

=========  ==========================  ===================================
stage      what it opens               ends after
=========  ==========================  ===================================
password   the second factor only      10 minutes
desk       all pages                   30 minutes idle, 12 hours in all
=========  ==========================  ===================================
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.rest import Role
from server.accounts import factors, people
from server.accounts.tokens import end_device
from server.audit import audit
from server.errors import Refusal
from server.gate import Person
from server.secrets import FieldCipher, digest, new_id, new_token
from server.store.models import AccountRow, DeviceRow
from server.store.store import Tx
from server.store.way_models import DeskSessionRow
from server.text import plain_text

PASSWORD_STAGE_S = 10 * 60
IDLE_S = 30 * 60
TERM_S = 12 * 3600
SEEN_EVERY_S = 60
MAX_WRONG_CODES = 5
KEPT_S = 30 * 24 * 3600
_CSRF_LABEL = b"operator's desk: forms"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks with a cookie that is good. ``person`` has the second factor only once it was shown."""

    person: Person
    name: str
    operator_name: str
    token: str = field(repr=False)
    is_enrolled: bool
    is_seen_late: bool
    """Whether it is time to note that the session is used."""

    @property
    def csrf(self) -> str:
        """What every form of this session carries; known to nobody who cannot read our pages."""
        return hmac.new(self.token.encode(), _CSRF_LABEL, hashlib.sha256).hexdigest()

    def is_csrf(self, shown: str) -> bool:
        return hmac.compare_digest(self.csrf.encode(), shown.encode("utf-8", "replace"))


def begin(tx: Tx, account_id: str, browser: str) -> str:
    """After the right password: the token. Raises Refusal (forbidden) for who is no operator any more."""
    account = tx.db.get_one(AccountRow, account_id)
    if Role.OPERATOR not in people.roles_of(tx.db, account.id):
        raise Refusal(ErrorCode.FORBIDDEN)
    device = DeviceRow(
        id=new_id(),
        account_id=account.id,
        name=plain_text(browser)[:60] or "?",
        first_seen_ms=tx.now_ms,
        last_seen_ms=tx.now_ms,
    )
    tx.db.add(device)
    tx.db.flush()
    return _add(tx, account.id, device.id, None)


def find(db: Db, token: str, now_ms: int) -> Visitor | None:
    """Who shows this token; None for one that is unknown or over, or of somebody who is no operator any more."""
    row = db.get(DeskSessionRow, digest(token))
    if row is None or not _is_good(db, row, now_ms):
        return None
    roles = people.roles_of(db, row.account_id)
    if Role.OPERATOR not in roles:
        return None
    account = db.get_one(AccountRow, row.account_id)
    return Visitor(
        person=Person(account.id, row.device_id, roles, row.factor_ms is not None),
        name=account.nickname,
        operator_name=account.operator_name or "",
        token=token,
        is_enrolled=factors.is_enrolled(db, account.id),
        is_seen_late=now_ms - row.seen_ms >= SEEN_EVERY_S * 1000,
    )


def see(tx: Tx, token: str) -> None:
    """Note that it is used."""
    row = tx.db.get(DeskSessionRow, digest(token))
    if row is not None and row.ended_ms is None:
        row.seen_ms = tx.now_ms
        tx.db.get_one(DeviceRow, row.device_id).last_seen_ms = tx.now_ms


def show_factor(tx: Tx, cipher: FieldCipher, token: str, code: str) -> str | Refusal:
    """The token of the desk. A refusal is returned, not raised: a wrong code counts, and some end the session."""
    row = _current(tx, token)
    if row.factor_ms is not None:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    refusal = factors.spend(tx, cipher, row.account_id, code)
    if refusal is not None:
        return _wrong(tx, row, refusal)
    audit(tx, row.account_id, "desk.signed_in", row.account_id, "")
    return _renew(tx, row)


def enrol(tx: Tx, cipher: FieldCipher, token: str, code: str) -> tuple[str, list[str]] | Refusal:
    """The first code of a new authenticator: the token of the desk, and the recovery codes to be shown once."""
    row = _current(tx, token)
    made = factors.confirm(tx, cipher, row.account_id, code)
    if isinstance(made, Refusal):
        return _wrong(tx, row, made)
    audit(tx, row.account_id, "desk.signed_in", row.account_id, "")
    return _renew(tx, row), made


def end(tx: Tx, token: str) -> None:
    """Sign out; idempotent."""
    row = tx.db.get(DeskSessionRow, digest(token))
    if row is not None:
        _end(tx, row)


def end_all(tx: Tx, account_id: str) -> None:
    """All browsers of an operator."""
    query = select(DeskSessionRow).where(DeskSessionRow.account_id == account_id, DeskSessionRow.ended_ms.is_(None))
    for row in tx.db.scalars(query).all():
        _end(tx, row)


def forget_old(tx: Tx) -> None:
    """Housekeeping: end the devices of sessions that ran out, and forget those of long ago."""
    query = select(DeskSessionRow).where(
        DeskSessionRow.ended_ms.is_(None),
        or_(
            DeskSessionRow.created_ms <= tx.now_ms - TERM_S * 1000, DeskSessionRow.seen_ms <= tx.now_ms - IDLE_S * 1000
        ),
    )
    for row in tx.db.scalars(query).all():
        _end(tx, row)
    tx.db.execute(delete(DeskSessionRow).where(DeskSessionRow.ended_ms <= tx.now_ms - KEPT_S * 1000))


def _is_good(db: Db, row: DeskSessionRow, now_ms: int) -> bool:
    if row.ended_ms is not None or db.get_one(DeviceRow, row.device_id).ended_ms is not None:
        return False
    if row.factor_ms is None:
        return now_ms - row.created_ms < PASSWORD_STAGE_S * 1000
    # A minute's grace, as the time of use is written down once a minute only.
    is_used = now_ms - row.seen_ms < (IDLE_S + SEEN_EVERY_S) * 1000
    return is_used and now_ms - row.created_ms < TERM_S * 1000


def _current(tx: Tx, token: str) -> DeskSessionRow:
    row = tx.db.get(DeskSessionRow, digest(token))
    if row is None or not _is_good(tx.db, row, tx.now_ms):
        raise Refusal(ErrorCode.NOT_SIGNED_IN)
    return row


def _add(tx: Tx, account_id: str, device_id: str, factor_ms: int | None) -> str:
    token = new_token()
    tx.db.add(
        DeskSessionRow(
            hash=digest(token),
            account_id=account_id,
            device_id=device_id,
            created_ms=tx.now_ms,
            seen_ms=tx.now_ms,
            factor_ms=factor_ms,
            wrong_codes=0,
        )
    )
    tx.db.flush()
    return token


def _renew(tx: Tx, row: DeskSessionRow) -> str:
    row.ended_ms = tx.now_ms
    tx.db.get_one(DeviceRow, row.device_id).factor_ms = tx.now_ms
    return _add(tx, row.account_id, row.device_id, tx.now_ms)


def _wrong(tx: Tx, row: DeskSessionRow, refusal: Refusal) -> Refusal:
    row.wrong_codes += 1
    if row.wrong_codes >= MAX_WRONG_CODES:
        _end(tx, row)
        return Refusal(ErrorCode.NOT_SIGNED_IN)
    return refusal


def _end(tx: Tx, row: DeskSessionRow) -> None:
    if row.ended_ms is None:
        row.ended_ms = tx.now_ms
    end_device(tx, tx.db.get_one(DeviceRow, row.device_id))
