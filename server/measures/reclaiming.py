"""Reclaiming an account (收回账号): its name and its standing as an anchor, and both given back. In a write.

The account itself stays: its phone leads to it and to nothing else, so that nobody begins anew with it, and its person
can still read why and appeal. Others see a name as new accounts have it, also beside what was written before.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, delete, select, true, update
from sqlalchemy.orm import InstrumentedAttribute

from app.contract.rest import Role
from app.domain.reports import TargetKind
from server.accounts.people import SYSTEM, grant_role
from server.audit import audit
from server.measures import entries, record
from server.secrets import FieldCipher
from server.store.measure_models import MeasureRow
from server.store.models import AccountRow, MessageRow, RoleRow
from server.store.question_models import QuestionRow
from server.store.report_models import ReportRow
from server.store.room_models import ActionRow, HeldRow
from server.store.store import Tx
from server.store.way_models import ScopeRow

Column = InstrumentedAttribute[Any]
_IS_A_PERSON = ReportRow.target_kind != TargetKind.SESSION.value
_NAMED: dict[str, tuple[Any, Column, Column, ColumnElement[bool]]] = {
    "messages": (MessageRow, MessageRow.author_id, MessageRow.author_name, true()),
    "questions": (QuestionRow, QuestionRow.author_id, QuestionRow.author_name, true()),
    "held": (HeldRow, HeldRow.author_id, HeldRow.author_name, true()),
    "acts": (ActionRow, ActionRow.actor_id, ActionRow.actor_name, true()),
    "acted_on": (ActionRow, ActionRow.target_id, ActionRow.target_name, true()),
    "reports": (ReportRow, ReportRow.account_id, ReportRow.target_name, _IS_A_PERSON),
}
"""Wherever a person's name was written down beside what they did: rows, whose, the name, which of them."""


def neutral_name() -> str:
    """As a new account is called."""
    return f"观众{secrets.randbelow(10**6):06d}"


def take_back(tx: Tx, cipher: FieldCipher, measure: MeasureRow) -> None:
    """From now on nobody else reads the name, and there is no anchor. What is planned is taken off."""
    account = tx.db.get_one(AccountRow, measure.account_id)
    is_anchor = tx.db.get(RoleRow, (account.id, Role.ANCHOR.value)) is not None
    scopes = list(tx.db.scalars(select(ScopeRow.category).where(ScopeRow.account_id == account.id)))
    neutral = neutral_name()
    kept = {
        "nickname": account.nickname,
        "neutral": neutral,
        "former": {place: found for place, found in _former_names(tx, account) if found},
        "is_anchor": is_anchor,
        "scopes": scopes,
        "sessions": entries.take_all_off(tx, account.id, measure.reason),
    }
    record.keep_details(cipher, measure, kept)
    account.nickname = neutral
    for kind, whose, name, which in _NAMED.values():
        tx.db.execute(update(kind).where(whose == account.id, which).values({name: neutral}))
    tx.db.execute(delete(RoleRow).where(RoleRow.account_id == account.id, RoleRow.role == Role.ANCHOR.value))
    tx.db.execute(delete(ScopeRow).where(ScopeRow.account_id == account.id))
    tx.db.flush()
    if is_anchor:
        audit(tx, SYSTEM, "role.withdrawn.anchor", account.id, "reclaimed")


def give_back(tx: Tx, cipher: FieldCipher, measure: MeasureRow) -> None:
    """The measure is over: name, standing and what was planned are as before, as far as its time is not past."""
    kept = record.details_of(cipher, measure)
    account = tx.db.get_one(AccountRow, measure.account_id)
    account.nickname = kept["nickname"]
    for place, (kind, whose, name, which) in _NAMED.items():
        # Also what was written down since.
        is_neutral = (whose == account.id) & (name == kept["neutral"])
        tx.db.execute(update(kind).where(is_neutral, which).values({name: kept["nickname"]}))
        for former, ids in kept["former"].get(place, {}).items():
            tx.db.execute(update(kind).where(whose == account.id, kind.id.in_(ids)).values({name: former}))
    if kept["is_anchor"]:
        grant_role(tx, account.id, Role.ANCHOR, "given back")
    for category in kept["scopes"]:
        if tx.db.get(ScopeRow, (account.id, category)) is None:
            tx.db.add(ScopeRow(account_id=account.id, category=category))
    tx.db.flush()
    for session_id in kept["sessions"]:
        entries.put_back(tx, session_id)
    measure.details_sealed = None
    tx.db.flush()


def _former_names(tx: Tx, account: AccountRow) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Where a name stands that the person had before the present one: by place and name the ids of the rows."""
    for place, (kind, whose, name, which) in _NAMED.items():
        found: dict[str, list[str]] = {}
        for row_id, former in tx.db.execute(
            select(kind.id, name).where(whose == account.id, name != account.nickname, which)
        ):
            found.setdefault(former, []).append(row_id)
        yield place, found
