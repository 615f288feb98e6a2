"""Writing to a person's inbox. Store thread, inside the write that is told of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from sqlalchemy import func, select

from app.contract.inbox import Concern, InboxKind, LinkPlace
from app.contract.rest import Role
from server.effects import PersonTold
from server.secrets import new_id
from server.store.models import RoleRow
from server.store.store import Tx
from server.store.way_models import InboxRow


def post(
    tx: Tx,
    account_id: str,
    kind: InboxKind,
    params: Mapping[str, str],
    place: LinkPlace = LinkPlace.NONE,
    link_id: str = "",
) -> None:
    """One message to one person, and a word to their programs."""
    _post_all(tx, (account_id,), kind, params, place, link_id)
    tx.effects.append(PersonTold(account_id, Concern.INBOX))


def post_to_anchors(
    tx: Tx, kind: InboxKind, params: Mapping[str, str], place: LinkPlace = LinkPlace.NONE, link_id: str = ""
) -> int:
    """The same to every anchor; how many. Everybody's programs are told once."""
    anchors = tuple(tx.db.scalars(select(RoleRow.account_id).where(RoleRow.role == Role.ANCHOR.value)))
    _post_all(tx, anchors, kind, params, place, link_id)
    if anchors:
        tx.effects.append(PersonTold(None, Concern.INBOX))
    return len(anchors)


def _post_all(
    tx: Tx, accounts: Iterable[str], kind: InboxKind, params: Mapping[str, str], place: LinkPlace, link_id: str
) -> None:
    wanted = tuple(accounts)
    if not wanted:
        return
    counted = select(InboxRow.account_id, func.max(InboxRow.number)).group_by(InboxRow.account_id)
    if len(wanted) == 1:
        counted = counted.where(InboxRow.account_id == wanted[0])
    last = {row[0]: row[1] for row in tx.db.execute(counted)}
    body = json.dumps(dict(params), ensure_ascii=False)
    tx.db.add_all(
        InboxRow(
            id=new_id(),
            account_id=account_id,
            number=last.get(account_id, 0) + 1,
            kind=kind.value,
            at_ms=tx.now_ms,
            params=body,
            place=place.value,
            link_id=link_id,
        )
        for account_id in wanted
    )
    tx.db.flush()
