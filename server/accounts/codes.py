"""One-time sign-in codes: made, limited, checked. Store thread, inside a write; only keyed hashes are kept."""

from __future__ import annotations

import hmac
import secrets

from sqlalchemy import delete

from app.contract.errors import ErrorCode
from server.config import Lifetimes, Limits
from server.errors import Refusal
from server.secrets import FieldCipher
from server.store.models import CodeRow
from server.store.store import Tx

HOUR_MS = 3600 * 1000


def make_code(tx: Tx, cipher: FieldCipher, phone: str, lifetimes: Lifetimes, limits: Limits) -> str:
    """A new code of the phone; the one before no longer counts. Raises Refusal (rate_limited)."""
    row = _find(tx, cipher, phone)
    if row is None:
        row = CodeRow(
            phone_hash=cipher.lookup("phone", phone),
            sent_ms=0,
            expires_ms=0,
            tries_left=0,
            hour_started_ms=tx.now_ms,
            sent_in_hour=0,
        )
        tx.db.add(row)
    is_outstanding = row.code_hash is not None and row.expires_ms > tx.now_ms
    wait_ms = row.sent_ms + lifetimes.code_resend_s * 1000 - tx.now_ms
    if is_outstanding and wait_ms > 0:
        raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=wait_ms / 1000)
    if tx.now_ms - row.hour_started_ms >= HOUR_MS:
        row.hour_started_ms, row.sent_in_hour = tx.now_ms, 0
    if row.sent_in_hour >= limits.codes_per_phone_per_hour:
        raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=(row.hour_started_ms + HOUR_MS - tx.now_ms) / 1000)
    code = f"{secrets.randbelow(10**6):06d}"
    row.code_hash = cipher.lookup("code", f"{phone}.{code}")
    row.sent_ms = tx.now_ms
    row.expires_ms = tx.now_ms + lifetimes.code_s * 1000
    row.tries_left = lifetimes.code_tries
    row.sent_in_hour += 1
    return code


def _find(tx: Tx, cipher: FieldCipher, phone: str) -> CodeRow | None:
    """Also one that was sent just before the key was changed."""
    found = (tx.db.get(CodeRow, one) for one in cipher.lookups("phone", phone))
    return next((row for row in found if row is not None), None)


def take_back(tx: Tx, cipher: FieldCipher, phone: str, code: str) -> None:
    """It could not be sent: as if it had not been asked for."""
    row = _find(tx, cipher, phone)
    if row is not None and row.code_hash == cipher.lookup("code", f"{phone}.{code}"):
        row.code_hash = None
        row.sent_in_hour -= 1


def forget_codes(tx: Tx) -> None:
    """Housekeeping: what neither signs in nor counts towards the hour any more is deleted."""
    is_over = (CodeRow.expires_ms <= tx.now_ms) & (CodeRow.hour_started_ms <= tx.now_ms - HOUR_MS)
    tx.db.execute(delete(CodeRow).where(is_over))


def spend_code(tx: Tx, cipher: FieldCipher, phone: str, code: str) -> Refusal | None:
    """Check and use up. A refusal is returned, not raised: the counted try must be committed."""
    row = _find(tx, cipher, phone)
    if row is None or row.code_hash is None or row.expires_ms <= tx.now_ms:
        return Refusal(ErrorCode.CODE_EXPIRED)
    if row.tries_left <= 0:
        return Refusal(ErrorCode.CODE_TOO_MANY)
    if not any(hmac.compare_digest(row.code_hash, one) for one in cipher.lookups("code", f"{phone}.{code}")):
        row.tries_left -= 1
        if row.tries_left <= 0:
            return Refusal(ErrorCode.CODE_TOO_MANY)
        return Refusal(ErrorCode.CODE_WRONG, detail={"tries_left": row.tries_left})
    row.code_hash = None
    return None
