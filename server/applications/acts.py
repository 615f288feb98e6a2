"""What an applicant does: begin, save, send. Store thread, inside a write.

Invariants: an account has at most one application that is open; a state changes by ``move`` alone, which asks the table
of app.domain.application; what was sent is kept, sealed, with its step.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from app.contract.applications import Application, ApplicationForm, ApplicationSubmit, DraftSave
from app.contract.errors import ErrorCode
from app.contract.inbox import Concern, InboxKind, LinkPlace
from app.contract.rest import Role
from app.domain.application import ApplicationKind, ApplicationState, Side
from server.accounts import people
from server.accounts.presence import require_presence
from server.applications import form as forms
from server.applications import views
from server.applications.moves import move
from server.conduct.checker import Checker
from server.effects import PersonTold
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.inbox.post import post
from server.once import done_before, remember
from server.secrets import FieldCipher, new_id
from server.standing import standing_of
from server.store.models import AccountRow
from server.store.store import Tx
from server.store.way_models import ApplicationRow, ApplicationStepRow

DAY_MS = 24 * 3600 * 1000
MAX_SUBMISSIONS_A_DAY = 5


def begin(tx: Tx, person: Person, cipher: FieldCipher, kind: ApplicationKind) -> Application:
    """A new one, or the one that is open. Raises Refusal.

    What was sent with the last one is there again, but for the declarations: they are made anew.
    """
    _require_person(tx, person)
    rows = views.rows_of(tx.db, person.account_id)
    row = next((one for one in rows if views.is_open(one)), None)
    if row is None:
        is_anchor = Role.ANCHOR in people.roles_of(tx.db, person.account_id)
        if kind is ApplicationKind.SCOPE_CHANGE and not is_anchor:
            raise Refusal(ErrorCode.NOT_AN_ANCHOR)
        if kind is ApplicationKind.FIRST and is_anchor:
            raise Refusal(ErrorCode.STATE_CONFLICT)
        before = forms.open_form(cipher, rows[0].form_sealed) if rows else ApplicationForm()
        row = ApplicationRow(
            id=new_id(),
            account_id=person.account_id,
            kind=kind.value,
            state=ApplicationState.DRAFT.value,
            form_sealed=forms.seal_form(cipher, before.model_copy(update={"declarations": []})),
            revision=0,
            created_ms=tx.now_ms,
            saved_ms=tx.now_ms,
        )
        tx.db.add(row)
        tx.db.flush()
    return views.to_wire(tx.db, cipher, row)


def save_draft(tx: Tx, person: Person, cipher: FieldCipher, wish: DraftSave) -> Application:
    """Keep what was typed, complete or not. Raises Refusal (not_found, application_locked, draft_conflict)."""
    _require_person(tx, person)
    row = _editable(tx.db, person)
    if wish.base_revision != row.revision and not wish.replaces:
        raise Refusal(ErrorCode.DRAFT_CONFLICT, detail={"revision": row.revision})
    row.form_sealed = forms.seal_form(cipher, wish.form)
    row.revision += 1
    row.saved_ms = tx.now_ms
    tx.db.flush()
    return views.to_wire(tx.db, cipher, row)


def submit(
    tx: Tx,
    person: Person,
    cipher: FieldCipher,
    checker: Checker,
    wish: ApplicationSubmit,
    idempotency_key: str | None = None,
) -> Application:
    """Send the revision named. The same key with the same wish gives what it sent. Raises Refusal."""
    _require_person(tx, person)
    done = _done_before(tx, person, wish, idempotency_key)
    if done is not None:
        return views.to_wire(tx.db, cipher, done)
    require(Act.APPLY, person, standing=standing_of(tx.db, cipher, person.account_id, tx.now_ms))
    row = _editable(tx.db, person)
    if wish.revision != row.revision:
        raise Refusal(ErrorCode.DRAFT_CONFLICT, detail={"revision": row.revision})
    _require_not_too_often(tx, person.account_id)
    form = forms.cleaned(forms.open_form(cipher, row.form_sealed))
    forms.require_complete(tx.db, person.account_id, form)
    forms.require_clean_words(checker, form)
    forms.require_not_blocked(tx.db, cipher, tx.db.get_one(AccountRow, person.account_id), form)
    row.form_sealed = forms.seal_form(cipher, form)
    row.submitted_ms = tx.now_ms
    sent = forms.Sent(form, dict.fromkeys(form.declarations, tx.now_ms))
    sealed = forms.seal_sent(cipher, sent)
    move(tx, row, ApplicationState.SUBMITTED, Side.APPLICANT, person.account_id, form_sealed=sealed)
    remember(tx, person.account_id, idempotency_key, _request(wish), row.id)
    post(tx, person.account_id, InboxKind.APPLICATION_RECEIVED, {}, LinkPlace.PREPARE)
    tx.effects.append(PersonTold(person.account_id, Concern.APPLICATION))
    tx.db.flush()
    return views.to_wire(tx.db, cipher, row)


def _require_person(tx: Tx, person: Person) -> None:
    require(Act.USE_ACCOUNT, person)
    require_presence(tx.db, person)


def _editable(db: Db, person: Person) -> ApplicationRow:
    rows = views.rows_of(db, person.account_id)
    row = next((one for one in rows if views.is_open(one)), rows[0] if rows else None)
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    if not ApplicationState(row.state).is_editable:
        raise Refusal(ErrorCode.APPLICATION_LOCKED, detail={"state": row.state})
    return row


def _done_before(tx: Tx, person: Person, wish: ApplicationSubmit, key: str | None) -> ApplicationRow | None:
    application_id = done_before(tx, person.account_id, key, _request(wish))
    if application_id is None:
        return None
    row = tx.db.get(ApplicationRow, application_id)
    if row is None or row.account_id != person.account_id:
        raise Refusal(ErrorCode.IDEMPOTENCY_MISMATCH)
    return row


def _request(wish: ApplicationSubmit) -> str:
    return f"submit {wish.model_dump_json()}"


def _require_not_too_often(tx: Tx, account_id: str) -> None:
    """Raises Refusal (rate_limited) with the time at which the oldest of the day's submissions is a day old."""
    sent = (
        select(ApplicationStepRow.at_ms)
        .where(
            ApplicationStepRow.actor_id == account_id,
            ApplicationStepRow.state == ApplicationState.SUBMITTED.value,
            ApplicationStepRow.at_ms > tx.now_ms - DAY_MS,
        )
        .order_by(ApplicationStepRow.at_ms.desc())
        .limit(MAX_SUBMISSIONS_A_DAY)
        .subquery()
    )
    count, oldest_ms = tx.db.execute(select(func.count(), func.min(sent.c.at_ms))).one()
    if count >= MAX_SUBMISSIONS_A_DAY:
        raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=(oldest_ms + DAY_MS - tx.now_ms) / 1000)
