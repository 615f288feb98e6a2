"""What operators decide about applications. Store thread, inside a write.

Every act asks the gate (an operator with a second factor), that the operator is still signed in, and that it is not
their own application; it is audited with its reason, and the applicant is told. ``revision`` is that of the form which
the operator saw: what was sent meanwhile is not decided by mistake (``state_conflict``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import delete
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.inbox import Concern, InboxKind, LinkPlace
from app.contract.rest import Role
from app.domain.application import ApplicationKind, ApplicationState, FormField, Side
from app.domain.images import ImageState
from app.domain.measures import CLOSES
from server.accounts import people
from server.accounts.presence import require_presence
from server.applications import form as forms
from server.applications.moves import move, require_step
from server.audit import audit
from server.effects import PersonTold
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.inbox.post import post
from server.measures.record import limits_of
from server.secrets import FieldCipher, new_id
from server.store.models import AccountRow
from server.store.store import Tx
from server.store.way_models import ApplicationContactRow, ApplicationRow, ScopeRow
from server.text import checked_block, checked_line

MAX_COMMENT_CHARS = 500
MAX_FIELD_REASON_CHARS = 200
MAX_NOTE_CHARS = 1000
MAX_REASON_CHARS = 200
MAX_TOLD_CHARS = 400
"""Of the reasons joined in a message; the page has them whole."""


class ContactChannel(StrEnum):
    """How the consultant reached the applicant."""

    PHONE = "phone"
    TEXT_MESSAGE = "text_message"
    EMAIL = "email"
    MEETING = "meeting"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Phones:
    """In clear, for the operator who gave a reason. ``account``: with which the person signs in."""

    contact: str = field(repr=False)
    account: str = field(repr=False)


def assign(tx: Tx, operator: Person, application_id: str, consultant_id: str) -> None:
    """Make an operator the consultant: the review begins, or goes on with another one."""
    row = _row(tx, operator, application_id)
    if ApplicationState(row.state) is not ApplicationState.IN_REVIEW:
        require_step(row, ApplicationState.IN_REVIEW, Side.OPERATOR)
    consultant = tx.db.get(AccountRow, consultant_id) if consultant_id.isalnum() and consultant_id.isascii() else None
    if consultant is None or Role.OPERATOR not in people.roles_of(tx.db, consultant.id):
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "consultant_id"})
    if consultant.id == row.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
    if row.consultant_id == consultant.id and ApplicationState(row.state) is ApplicationState.IN_REVIEW:
        return
    row.consultant_id = consultant.id
    if ApplicationState(row.state) is ApplicationState.SUBMITTED:
        move(tx, row, ApplicationState.IN_REVIEW, Side.OPERATOR, operator.account_id)
    audit(tx, operator.account_id, "application.assigned", row.id, consultant.id)
    _tell(tx, row, InboxKind.APPLICATION_IN_REVIEW, {"consultant": consultant.nickname})


def log_contact(tx: Tx, operator: Person, application_id: str, channel: ContactChannel, note: str) -> None:
    """Note that the applicant was contacted. Seen by operators only."""
    row = _row(tx, operator, application_id)
    tx.db.add(
        ApplicationContactRow(
            id=new_id(),
            application_id=row.id,
            at_ms=tx.now_ms,
            operator_id=operator.account_id,
            channel=channel.value,
            note=checked_block(note, MAX_NOTE_CHARS, "note"),
        )
    )
    tx.db.flush()
    audit(tx, operator.account_id, "application.contacted", row.id, channel.value)


def approve(
    tx: Tx, operator: Person, cipher: FieldCipher, application_id: str, revision: int, comment: str = ""
) -> None:
    """The applicant becomes an anchor of the scopes applied for; a change replaces the scopes there were.

    Raises Refusal: blocklisted, or state_conflict with the field of an image that is not approved, or with the reason
    that the account is closed by a measure.
    """
    row = _row(tx, operator, application_id)
    _require_decidable(row, ApplicationState.APPROVED, revision)
    if limits_of(tx.db, row.account_id, tx.now_ms, *CLOSES):
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"reason": "account_closed"})
    told = checked_block(comment, MAX_COMMENT_CHARS, "comment", 0)
    account = tx.db.get_one(AccountRow, row.account_id)
    form = forms.last_sent(tx.db, cipher, row.id).form
    forms.require_not_blocked(tx.db, cipher, account, form)
    forms.require_images(tx.db, row.account_id, form, (ImageState.APPROVED,))
    is_anchor = Role.ANCHOR in people.roles_of(tx.db, row.account_id)
    if ApplicationKind(row.kind) is ApplicationKind.SCOPE_CHANGE and not is_anchor:
        raise Refusal(ErrorCode.NOT_AN_ANCHOR)
    move(tx, row, ApplicationState.APPROVED, Side.OPERATOR, operator.account_id, comment=told)
    people.grant_role(tx, row.account_id, Role.ANCHOR, f"application {row.id} was approved")
    tx.db.execute(delete(ScopeRow).where(ScopeRow.account_id == row.account_id))
    tx.db.add_all(ScopeRow(account_id=row.account_id, category=scope.value) for scope in form.scopes)
    tx.db.flush()
    audit(tx, operator.account_id, "application.approved", row.id, told)
    _tell(tx, row, InboxKind.APPLICATION_APPROVED, {"comment": told}, LinkPlace.LIVE)
    tx.effects.append(PersonTold(row.account_id, Concern.ACCOUNT))


def return_(
    tx: Tx,
    operator: Person,
    application_id: str,
    revision: int,
    reasons: Mapping[FormField, str],
    comment: str = "",
) -> None:
    """Ask for something to be mended: at least one field with its reason."""
    row = _row(tx, operator, application_id)
    _require_decidable(row, ApplicationState.RETURNED, revision)
    told = checked_block(comment, MAX_COMMENT_CHARS, "comment", 0)
    named = {
        one: checked_line(reasons[one], MAX_FIELD_REASON_CHARS, f"reasons.{one.value}")
        for one in FormField
        if one in reasons
    }
    if not named:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "reasons"})
    move(tx, row, ApplicationState.RETURNED, Side.OPERATOR, operator.account_id, comment=told, reasons=named)
    audit(tx, operator.account_id, "application.returned", row.id, ", ".join(named))
    params = {"comment": told, "reasons": _shortened("；".join(named.values()))}
    _tell(tx, row, InboxKind.APPLICATION_RETURNED, params)


def reject(tx: Tx, operator: Person, application_id: str, revision: int, comment: str) -> None:
    """Final; the applicant is told why, and may begin a new one."""
    row = _row(tx, operator, application_id)
    _require_decidable(row, ApplicationState.REJECTED, revision)
    told = checked_block(comment, MAX_COMMENT_CHARS, "comment")
    move(tx, row, ApplicationState.REJECTED, Side.OPERATOR, operator.account_id, comment=told)
    audit(tx, operator.account_id, "application.rejected", row.id, told)
    _tell(tx, row, InboxKind.APPLICATION_REJECTED, {"comment": told})


def reveal_phone(tx: Tx, operator: Person, cipher: FieldCipher, application_id: str, reason: str) -> Phones:
    """The numbers in clear; who asked and why is in the audit record before they are seen."""
    require(Act.READ_IDENTITY, operator)
    row = _row(tx, operator, application_id)
    audit(tx, operator.account_id, "application.phone_shown", row.id, checked_line(reason, MAX_REASON_CHARS, "reason"))
    account = tx.db.get_one(AccountRow, row.account_id)
    sent = forms.last_sent(tx.db, cipher, row.id)
    return Phones(sent.form.contact_phone, cipher.open(account.phone_sealed) if account.phone_sealed else "")


def visible_row(db: Db, application_id: str) -> ApplicationRow:
    """One that operators may see: it was sent. Raises Refusal (not_found)."""
    is_id = application_id.isascii() and application_id.isalnum()
    row = db.get(ApplicationRow, application_id) if is_id else None
    if row is None or ApplicationState(row.state) is ApplicationState.DRAFT:
        raise Refusal(ErrorCode.NOT_FOUND)
    return row


def _row(tx: Tx, operator: Person, application_id: str) -> ApplicationRow:
    require(Act.REVIEW_APPLICATION, operator)
    require_presence(tx.db, operator)
    row = visible_row(tx.db, application_id)
    if row.account_id == operator.account_id:
        raise Refusal(ErrorCode.FORBIDDEN)
    return row


def _require_decidable(row: ApplicationRow, following: ApplicationState, revision: int) -> None:
    require_step(row, following, Side.OPERATOR)
    if row.revision != revision:
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": row.state, "revision": row.revision})


def _tell(
    tx: Tx, row: ApplicationRow, kind: InboxKind, params: Mapping[str, str], place: LinkPlace = LinkPlace.PREPARE
) -> None:
    post(tx, row.account_id, kind, params, place)
    tx.effects.append(PersonTold(row.account_id, Concern.APPLICATION))


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_TOLD_CHARS else text[: MAX_TOLD_CHARS - 1] + "…"
