"""Taking a measure against somebody, and lifting it. Store thread, inside a write; audited and told.

It holds from the commit on: what it forbids the gate refuses, a broadcast that it forbids is cut off with the same
reason, and who is closed out is signed out everywhere. What a kind does besides is in modules of its own: ``entries``,
``content``, ``reclaiming``; the notice is in ``telling``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from app.contract.errors import ErrorCode
from app.contract.inbox import InboxKind, LinkPlace
from app.contract.rest import Role
from app.domain import measures as domain
from app.domain.measures import (
    Ban,
    ConductCategory,
    MeasureKind,
    MeasureState,
    forbids,
    is_term_right,
    is_told_later,
    may_tell_later,
    offered,
)
from server.accounts import people, tokens
from server.accounts.presence import require_presence
from server.audit import audit
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.inbox.post import post
from server.measures import content, ending, entries, reclaiming, record, telling
from server.once import done_before, remember
from server.secrets import FieldCipher
from server.sessions.acts import find_busy, stop
from server.store.measure_models import MeasureRow
from server.store.models import AccountRow, SessionRow
from server.store.store import Tx
from server.text import checked_line, plain_text

MAX_REASON_CHARS = 200
MAX_EVIDENCE, MAX_EVIDENCE_CHARS = 10, 300
MAX_AUTHORITY_CHARS, MAX_REFERENCE_CHARS = 60, 60


@dataclass(frozen=True, slots=True)
class ReportWish:
    """What was reported where. ``reported_ms`` None: now."""

    authority: str
    reference: str = ""
    reported_ms: int | None = None


@dataclass(frozen=True, slots=True)
class MeasureWish:
    """What an operator wants to be done. ``evidence``: one excerpt or id a line."""

    account_id: str
    kind: MeasureKind
    category: ConductCategory
    reason: str
    evidence: str = field(default="", repr=False)
    until_ms: int | None = None
    session_id: str = ""
    """The session that it is about."""
    pieces: tuple[str, ...] = ()
    """Of a deletion: what is deleted, as ``content.named`` takes it."""
    report: ReportWish | None = field(default=None, repr=False)
    """Of a report to the authorities."""
    is_told_later: bool | None = None
    """Whether the notice follows; None: as is usual for the kind."""


def take(tx: Tx, operator: Person, cipher: FieldCipher, wish: MeasureWish, key: str | None) -> str:
    """Id of the measure; the same key with the same wish gives the one that it made.

    Raises Refusal: not_found, forbidden, not_an_anchor, input_invalid {field}, state_conflict when there is nothing
    to cut off, to take off or to delete, or the account is reclaimed already.
    """
    require(Act.TAKE_MEASURE, operator)
    require_presence(tx.db, operator)
    request = f"measure {wish!r} {wish.evidence} {wish.report!r}"
    earlier = done_before(tx, operator.account_id, key, request)
    if earlier is not None:
        return earlier
    _require_target(tx, operator, wish.account_id)
    is_anchor = Role.ANCHOR in people.roles_of(tx.db, wish.account_id)
    if wish.kind not in offered(is_anchor=is_anchor):
        raise Refusal(ErrorCode.NOT_AN_ANCHOR)
    why = checked_line(wish.reason, MAX_REASON_CHARS, "reason")
    evidence = _evidence(wish.evidence)
    if not is_term_right(wish.kind, wish.until_ms, tx.now_ms):
        # Whether it is over already, or is of a kind that needs one or takes none.
        is_past = wish.until_ms is not None and wish.until_ms <= tx.now_ms
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "until" if is_past else "term"})
    is_later = is_told_later(wish.kind) if wish.is_told_later is None else wish.is_told_later
    if is_later and not may_tell_later(wish.kind):
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "notice"})
    is_deletion = wish.kind is MeasureKind.DELETION
    session = _session(tx, wish)
    pieces = content.named(tx.db, wish.account_id, wish.pieces) if is_deletion else []
    report = _report(tx, wish) if wish.kind is MeasureKind.AUTHORITIES else None
    if wish.kind is MeasureKind.RECLAIMING and record.running(tx.db, wish.account_id, tx.now_ms, (wish.kind,)):
        raise Refusal(ErrorCode.STATE_CONFLICT)
    about = session.id if session is not None else pieces[0].session_id if pieces else None
    row = record.add(
        tx,
        operator,
        wish.account_id,
        wish.kind,
        wish.category,
        why,
        until_ms=wish.until_ms,
        session_id=about,
        evidence_sealed=cipher.seal(json.dumps(evidence, ensure_ascii=False)) if evidence else None,
        is_told_later=is_later,
    )
    if report is not None:
        record.keep_details(cipher, row, report)
    if wish.kind is MeasureKind.REFUSAL and session is not None:
        entries.take_off(tx, session, why)
    content.delete(tx, cipher, row, pieces)
    enforce(tx, operator, row)
    if wish.kind is MeasureKind.RECLAIMING:
        reclaiming.take_back(tx, cipher, row)
    remember(tx, operator.account_id, key, request, row.id)
    return row.id


def enforce(tx: Tx, operator: Person, row: MeasureRow) -> None:
    """What follows from a measure at once, and that its person is told: of what cuts them off they see the reason."""
    kind, account_id = MeasureKind(row.kind), row.account_id
    action = "anchor.suspended" if kind is MeasureKind.SUSPENSION else f"measure.{kind.value}"
    audit(tx, operator.account_id, action, account_id, row.reason)
    busy = find_busy(tx.db, account_id)
    if busy is not None and (kind is MeasureKind.CUT_OFF or Ban.BROADCAST in forbids(kind)):
        stop(tx, operator.account_id, busy, row.reason, row.id)
        row.told_ms = tx.now_ms
    if row.told_ms is not None:
        telling.notify(tx, row)
    if Ban.ACCOUNT in forbids(kind):
        tokens.end_all_devices(tx, account_id)


def lift(tx: Tx, operator: Person, cipher: FieldCipher, measure_id: str, reason: str) -> None:
    """End it before its time. Raises Refusal: not_found, forbidden, state_conflict when it is not in force."""
    require(Act.TAKE_MEASURE, operator)
    require_presence(tx.db, operator)
    row = record.find(tx.db, measure_id)
    _require_target(tx, operator, row.account_id)
    why = checked_line(reason, MAX_REASON_CHARS, "reason")
    state = record.as_measure(row).state(tx.now_ms)
    if state is not MeasureState.IN_FORCE:
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": state.value})
    end(tx, operator, row, why)
    ending.undo(tx, cipher, row)
    audit(tx, operator.account_id, "measure.lifted", row.account_id, why)
    if row.told_ms is not None:
        params = {"comment": why, "kind": row.kind}
        post(tx, row.account_id, InboxKind.MEASURE_LIFTED, params, LinkPlace.MEASURES, row.id)
        telling.ask_anew(tx, row.account_id)


def end(tx: Tx, operator: Person, row: MeasureRow, why: str) -> None:
    """One that is in force; who is told of it, and how, is the caller's."""
    row.ended_ms = domain.lifted(record.as_measure(row), tx.now_ms).ended_ms
    row.ended_by, row.end_reason = operator.account_id, why
    tx.db.flush()


def _require_target(tx: Tx, operator: Person, account_id: str) -> None:
    """Somebody whom measures may be taken against: operators are dealt with on the page of operators."""
    account = tx.db.get(AccountRow, account_id) if account_id.isascii() and account_id.isalnum() else None
    if account is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    if account.id == operator.account_id or Role.OPERATOR in people.roles_of(tx.db, account.id):
        raise Refusal(ErrorCode.FORBIDDEN)


def _evidence(text: str) -> list[str]:
    lines = [line for raw in text.splitlines() if (line := plain_text(raw))]
    if len(lines) > MAX_EVIDENCE or any(len(line) > MAX_EVIDENCE_CHARS for line in lines):
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "evidence"})
    return lines


def _report(tx: Tx, wish: MeasureWish) -> dict[str, Any]:
    said = wish.report or ReportWish("")
    reported_ms = said.reported_ms if said.reported_ms is not None else tx.now_ms
    if reported_ms > tx.now_ms:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "reported"})
    reference = checked_line(said.reference, MAX_REFERENCE_CHARS, "reference") if plain_text(said.reference) else ""
    return {
        "authority": checked_line(said.authority, MAX_AUTHORITY_CHARS, "authority"),
        "reference": reference,
        "reported_ms": reported_ms,
    }


def _session(tx: Tx, wish: MeasureWish) -> SessionRow | None:
    """The one that is named, or that is to be cut off. That one is to be refused has to be said."""
    named = wish.session_id
    row = tx.db.get(SessionRow, named) if named and named.isascii() and named.isalnum() else None
    if named and row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    if wish.kind is MeasureKind.CUT_OFF:
        busy = find_busy(tx.db, wish.account_id)
        if busy is None or (row is not None and row.id != busy.id):
            raise Refusal(ErrorCode.STATE_CONFLICT)
        return busy
    if wish.kind is MeasureKind.REFUSAL and (row is None or row.anchor_id != wish.account_id):
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "session"})
    return row
