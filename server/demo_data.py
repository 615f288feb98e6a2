"""What a demo platform starts with: an approved anchor, some viewers, an operator. Data only; no rule knows of it."""

from __future__ import annotations

from sqlalchemy import select

from app.contract.rest import Category, Role
from app.domain.face_check import FaceMethod, FaceState
from server.accounts import people
from server.accounts.operators import new_password
from server.audit import audit
from server.demo_documents import accept_current, publish_samples
from server.first_operator import NAME, FirstOperator
from server.identity import records
from server.secrets import FieldCipher, new_id
from server.standing import scopes_of
from server.store.identity_models import FaceCheckRow, FaceStepRow, IdentityRow
from server.store.models import AccountRow
from server.store.store import Tx
from server.store.way_models import ScopeRow

ANCHOR_PHONE = "13800138000"
_NAME, _NUMBER = "林晓", "110000199003070028"
_VIEWERS = (("13800138001", "求职的小周"), ("13800138002", "产品新人阿木"), ("13800138003", "转行中的小雨"))


def add_demo_people(tx: Tx, cipher: FieldCipher) -> FirstOperator | None:
    """Idempotent. The operator, when this is the first start."""
    for phone, nickname, role in (
        (ANCHOR_PHONE, "林晓", Role.ANCHOR),
        *((phone, nickname, Role.VIEWER) for phone, nickname in _VIEWERS),
    ):
        row = people.find_by_phone(tx.db, cipher, phone) or people.add_account(tx, cipher, phone, nickname)
        people.grant_role(tx, row.id, role, "demo data")
        if role is Role.ANCHOR:
            _approve(tx, cipher, row.id)
    if tx.db.scalar(select(AccountRow.id).where(AccountRow.operator_name == NAME)) is not None:
        return None
    operator = FirstOperator(NAME, new_password())
    people.add_operator(tx, operator.name, people.hash_password(operator.password), "平台运营", "first start")
    return operator


def _approve(tx: Tx, cipher: FieldCipher, anchor_id: str) -> None:
    """The anchor may speak of everything, accepted the agreement with which the platform began, and has been looked at.

    The number is nobody's: no district has the region code 110000.
    """
    if not scopes_of(tx.db, anchor_id):
        tx.db.add_all(ScopeRow(account_id=anchor_id, category=category.value) for category in Category)
    if publish_samples(tx):
        accept_current(tx, anchor_id)
    if records.newest_check(tx.db, anchor_id) is None:
        add_verified(tx, cipher, anchor_id, _NAME, _NUMBER)


def add_verified(tx: Tx, cipher: FieldCipher, account_id: str, name: str, number: str) -> None:
    """A name that counts as checked and a face that counts as verified, with steps that say it was data."""
    identity = IdentityRow(
        id=new_id(),
        account_id=account_id,
        name_sealed=cipher.seal(name),
        number_sealed=cipher.seal(number),
        number_hash=cipher.lookup("id_number", number),
        authority="demo_data",
        is_register_asked=False,
        checked_ms=tx.now_ms,
    )
    tx.db.add(identity)
    tx.db.flush()
    add_verified_face(tx, account_id, identity.id)


def add_verified_face(tx: Tx, account_id: str, identity_id: str) -> None:
    """A face that counts as verified for a name that counts as checked."""
    check = FaceCheckRow(
        id=new_id(),
        account_id=account_id,
        identity_id=identity_id,
        state=FaceState.VERIFIED.value,
        method=FaceMethod.LIVE_CALL.value,
        created_ms=tx.now_ms,
        decided_ms=tx.now_ms,
    )
    tx.db.add(check)
    tx.db.flush()
    tx.db.add(
        FaceStepRow(
            check_id=check.id,
            number=1,
            state=FaceState.VERIFIED.value,
            at_ms=tx.now_ms,
            actor_id=people.SYSTEM,
            comment="",
        )
    )
    tx.db.flush()
    audit(tx, people.SYSTEM, "face.verified", check.id, "demo data")


def renew_operator(tx: Tx) -> FirstOperator | None:
    """A new password for the demo operator, whose first one nobody took; None when there is no such operator."""
    row = tx.db.scalar(select(AccountRow).where(AccountRow.operator_name == NAME))
    if row is None:
        return None
    operator = FirstOperator(NAME, new_password())
    row.password_hash = people.hash_password(operator.password)
    audit(tx, people.SYSTEM, "operator.renewed", row.id, "the first password was never taken")
    return operator
