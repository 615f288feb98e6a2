"""Applications as their owner sees them. Store threads; reading only."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.applications import Application, ApplicationStep, FieldReason
from app.contract.errors import ErrorCode
from app.domain.application import ApplicationKind, ApplicationState, FormField
from server.applications.form import open_form
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.secrets import FieldCipher
from server.sessions.views import moment
from server.store.models import AccountRow
from server.store.way_models import ApplicationRow, ApplicationStepRow

_TOLD = frozenset({ApplicationState.APPROVED, ApplicationState.RETURNED, ApplicationState.REJECTED})
"""States whose comment is shown beside the form."""


def my_application(db: Db, person: Person, cipher: FieldCipher) -> Application:
    """The one that counts: the open one, else the newest. Raises Refusal (not_found)."""
    require(Act.USE_ACCOUNT, person)
    rows = rows_of(db, person.account_id)
    if not rows:
        raise Refusal(ErrorCode.NOT_FOUND)
    return to_wire(db, cipher, next((row for row in rows if is_open(row)), rows[0]))


def my_applications(db: Db, person: Person, cipher: FieldCipher) -> list[Application]:
    """All, the newest first."""
    require(Act.USE_ACCOUNT, person)
    return [to_wire(db, cipher, row) for row in rows_of(db, person.account_id)]


def rows_of(db: Db, account_id: str) -> list[ApplicationRow]:
    """The newest first; of one moment the one that is open."""
    rows = db.scalars(select(ApplicationRow).where(ApplicationRow.account_id == account_id))
    return sorted(rows, key=lambda row: (row.created_ms, is_open(row), row.decided_ms or 0, row.id), reverse=True)


def is_open(row: ApplicationRow) -> bool:
    return not ApplicationState(row.state).is_final


def open_row(db: Db, account_id: str) -> ApplicationRow | None:
    """The one that is neither approved nor rejected; there is at most one."""
    return next((row for row in rows_of(db, account_id) if is_open(row)), None)


def steps_of(db: Db, application_id: str) -> list[ApplicationStepRow]:
    """The oldest first."""
    query = select(ApplicationStepRow).where(ApplicationStepRow.application_id == application_id)
    return list(db.scalars(query.order_by(ApplicationStepRow.number)))


def reasons_of(step: ApplicationStepRow) -> list[FieldReason]:
    """In the order of the form."""
    told: dict[str, str] = json.loads(step.reasons)
    return [FieldReason(field=field, reason=told[field.value]) for field in FormField if field.value in told]


def to_wire(db: Db, cipher: FieldCipher, row: ApplicationRow) -> Application:
    """As its owner sees it."""
    state = ApplicationState(row.state)
    steps = steps_of(db, row.id)
    last = steps[-1] if steps else None
    consultant = db.get(AccountRow, row.consultant_id) if row.consultant_id else None
    return Application(
        id=row.id,
        kind=ApplicationKind(row.kind),
        state=state,
        form=open_form(cipher, row.form_sealed),
        revision=row.revision,
        saved_at=moment(row.saved_ms),
        submitted_at=moment(row.submitted_ms) if row.submitted_ms is not None else None,
        consultant=consultant.nickname if consultant is not None else "",
        reasons=reasons_of(last) if last is not None and state is ApplicationState.RETURNED else [],
        comment=last.comment if last is not None and state in _TOLD else "",
        history=[
            ApplicationStep(
                state=ApplicationState(step.state),
                at=moment(step.at_ms),
                comment=step.comment,
                reasons=reasons_of(step),
            )
            for step in steps
        ],
    )
