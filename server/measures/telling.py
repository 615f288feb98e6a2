"""Telling a person of a measure: at once, or later where the notice follows it. Store thread, inside a write.

Until it is told nothing of it is in the person's window, inbox or interface. What it forbids is forbidden all the same;
who is refused because of it is told with the first refusal, so that no refusal is without a reason that can be read.
"""

from __future__ import annotations

from app.contract.errors import ErrorCode
from app.contract.inbox import Concern, InboxKind, LinkPlace
from app.domain import measures as domain
from app.domain.measures import CLOSES, MeasureKind
from server.accounts.people import SYSTEM
from server.accounts.presence import require_presence
from server.audit import audit
from server.effects import PersonTold
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.inbox.post import post
from server.measures import record
from server.sessions.views import moment
from server.store.measure_models import MeasureRow
from server.store.models import SessionRow
from server.store.store import Tx

_MESSAGES = {
    MeasureKind.WARNING: InboxKind.MEASURE_WARNING,
    MeasureKind.LIMIT_CHAT: InboxKind.MEASURE_LIMIT_CHAT,
    MeasureKind.LIMIT_BROADCAST: InboxKind.MEASURE_LIMIT_BROADCAST,
    MeasureKind.LIMIT_GUESTS: InboxKind.MEASURE_LIMIT_GUESTS,
    MeasureKind.LIMIT_GIFTS: InboxKind.MEASURE_LIMIT_GIFTS,
    MeasureKind.CORRECTION: InboxKind.MEASURE_CORRECTION,
    MeasureKind.SUSPENSION: InboxKind.SUSPENDED,
    MeasureKind.CLOSING: InboxKind.MEASURE_CLOSING,
    MeasureKind.REFUSAL: InboxKind.MEASURE_REFUSAL,
    MeasureKind.DELETION: InboxKind.MEASURE_DELETION,
    MeasureKind.RECLAIMING: InboxKind.MEASURE_RECLAIMING,
    MeasureKind.AUTHORITIES: InboxKind.MEASURE_AUTHORITIES,
}
"""A cut-off is told of with the end of its session."""


def notify(tx: Tx, row: MeasureRow) -> None:
    """The message that leads to it, and a word to the person's programs."""
    kind = MeasureKind(row.kind)
    if kind in _MESSAGES:
        session = tx.db.get(SessionRow, row.session_id) if row.session_id else None
        params = {
            "comment": row.reason,
            "until": moment(row.until_ms).isoformat() if row.until_ms is not None else "",
            "category": str(row.category or ""),
            "title": session.title if session is not None else "",
        }
        post(tx, row.account_id, _MESSAGES[kind], params, LinkPlace.MEASURES, row.id)
    ask_anew(tx, row.account_id)


def ask_anew(tx: Tx, account_id: str) -> None:
    """Their programs ask anew: for the measures, and for what they may do now."""
    tx.effects.append(PersonTold(account_id, Concern.MEASURES))
    tx.effects.append(PersonTold(account_id, Concern.ACCOUNT))


def tell_now(tx: Tx, operator: Person, measure_id: str) -> None:
    """The notice that followed. Raises Refusal: not_found, forbidden, state_conflict for one that was told."""
    require(Act.TAKE_MEASURE, operator)
    require_presence(tx.db, operator)
    row = record.find(tx.db, measure_id)
    if row.account_id == operator.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
    if row.told_ms is not None:
        raise Refusal(ErrorCode.STATE_CONFLICT)
    _tell(tx, row, operator.account_id)


def tell_refused(tx: Tx, refusal: Refusal) -> None:
    """Somebody is refused because of a measure: they know of it from now on."""
    row = tx.db.get(MeasureRow, refusal.measure_id) if refusal.measure_id else None
    if row is not None and row.told_ms is None:
        _tell(tx, row, SYSTEM)


def tell_closed(tx: Tx, account_id: str) -> None:
    """Whoever signs in to a closed account can do nothing there but read why."""
    for row in record.running(tx.db, account_id, tx.now_ms, CLOSES):
        if row.told_ms is None:
            _tell(tx, row, SYSTEM)


def _tell(tx: Tx, row: MeasureRow, by: str) -> None:
    row.told_ms = domain.told(record.as_measure(row), tx.now_ms).told_ms
    tx.db.flush()
    audit(tx, by, "measure.told", row.account_id, row.reason)
    notify(tx, row)
