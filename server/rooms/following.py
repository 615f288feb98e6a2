"""Following an anchor (关注). Store thread, inside a write; repeatable."""

from __future__ import annotations

from app.contract.errors import ErrorCode
from app.contract.rest import Role
from server.accounts import people
from server.accounts.presence import require_presence
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.store.models import AccountRow
from server.store.room_models import FollowRow
from server.store.store import Tx


def follow(tx: Tx, person: Person, anchor_id: str, *, is_on: bool) -> None:
    """From now on, or no more. Raises Refusal: not_found for who is no anchor, forbidden for oneself."""
    require(Act.USE_ACCOUNT, person)
    require_presence(tx.db, person)
    if tx.db.get(AccountRow, anchor_id) is None or Role.ANCHOR not in people.roles_of(tx.db, anchor_id):
        raise Refusal(ErrorCode.NOT_FOUND)
    if anchor_id == person.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
    row = tx.db.get(FollowRow, (anchor_id, person.account_id))
    if is_on and row is None:
        tx.db.add(FollowRow(anchor_id=anchor_id, account_id=person.account_id, since_ms=tx.now_ms))
    elif not is_on and row is not None:
        tx.db.delete(row)
    tx.db.flush()
