"""An operator's second factor: one-time codes of an authenticator (TOTP, RFC 6238), and recovery codes. Store threads.

Thirty seconds a code, six digits, SHA-1, as every authenticator reads them. The step before and after count too. Each
code is good once, and so is each recovery code.
"""

from __future__ import annotations

import secrets

import pyotp
from sqlalchemy import delete
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from server.audit import audit
from server.errors import Refusal
from server.secrets import FieldCipher, digest
from server.store.store import Tx
from server.store.way_models import FactorRow, RecoveryCodeRow

STEP_S = 30
WINDOW_STEPS = 1
RECOVERY_CODES = 10
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without what is read as something else."""
_CODE_CHARS = 12
ISSUER = "AnchorDesk"


def is_enrolled(db: Db, account_id: str) -> bool:
    """Whether the operator has confirmed a factor."""
    row = db.get(FactorRow, account_id)
    return row is not None and row.confirmed_ms is not None


def begin(tx: Tx, cipher: FieldCipher, account_id: str) -> str:
    """The secret to be entered in the authenticator; the same until it is confirmed. Raises Refusal when it is."""
    row = tx.db.get(FactorRow, account_id)
    if row is not None and row.confirmed_ms is not None:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    if row is None:
        row = FactorRow(
            account_id=account_id, secret_sealed=cipher.seal(pyotp.random_base32()), created_ms=tx.now_ms, last_step=0
        )
        tx.db.add(row)
        tx.db.flush()
    return cipher.open(row.secret_sealed)


def address_of(secret: str, name: str) -> str:
    """What the authenticator reads from the picture (otpauth://)."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def confirm(tx: Tx, cipher: FieldCipher, account_id: str, code: str) -> list[str] | Refusal:
    """The first right code makes it count; the recovery codes, shown once. A refusal is returned, not raised."""
    row = tx.db.get(FactorRow, account_id)
    if row is None or row.confirmed_ms is not None:
        return Refusal(ErrorCode.STATE_CONFLICT)
    if not _spend(tx, cipher, row, code):
        return Refusal(ErrorCode.SECOND_FACTOR_WRONG)
    row.confirmed_ms = tx.now_ms
    made = ["".join(secrets.choice(_LETTERS) for _ in range(_CODE_CHARS)) for _ in range(RECOVERY_CODES)]
    tx.db.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account_id))
    tx.db.add_all(RecoveryCodeRow(account_id=account_id, code_hash=digest(one)) for one in made)
    audit(tx, account_id, "factor.confirmed", account_id, "")
    return [f"{one[:4]}-{one[4:8]}-{one[8:]}" for one in made]


def spend(tx: Tx, cipher: FieldCipher, account_id: str, code: str) -> Refusal | None:
    """Check a code of the authenticator, or a recovery code, and use it up. A refusal is returned, not raised."""
    row = tx.db.get(FactorRow, account_id)
    if row is None or row.confirmed_ms is None:
        return Refusal(ErrorCode.SECOND_FACTOR_REQUIRED)
    plain = "".join(code.split()).replace("-", "").lower()
    if len(plain) == _CODE_CHARS:
        spare = tx.db.get(RecoveryCodeRow, (account_id, digest(plain)))
        if spare is not None and spare.used_ms is None:
            spare.used_ms = tx.now_ms
            audit(tx, account_id, "factor.recovery_used", account_id, "")
            return None
    return None if _spend(tx, cipher, row, plain) else Refusal(ErrorCode.SECOND_FACTOR_WRONG)


def reset(tx: Tx, actor_id: str, account_id: str, reason: str) -> None:
    """The operator enrols anew at the next sign-in."""
    row = tx.db.get(FactorRow, account_id)
    if row is not None:
        tx.db.delete(row)
    tx.db.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account_id))
    audit(tx, actor_id, "factor.reset", account_id, reason)


def _spend(tx: Tx, cipher: FieldCipher, row: FactorRow, code: str) -> bool:
    plain = "".join(code.split())
    if len(plain) != 6 or not (plain.isascii() and plain.isdigit()):
        return False
    totp = pyotp.TOTP(cipher.open(row.secret_sealed), interval=STEP_S)
    now_step = tx.now_ms // 1000 // STEP_S
    found = 0
    for step in range(now_step - WINDOW_STEPS, now_step + WINDOW_STEPS + 1):
        # All are compared, so that the time it takes does not tell which one fits.
        is_right = secrets.compare_digest(totp.generate_otp(step), plain)
        found = step if is_right and step > row.last_step else found
    if found:
        row.last_step = found
    return found > 0
