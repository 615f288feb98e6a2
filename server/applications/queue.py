"""Applications as operators see them. Store threads; reading only. Drafts are nobody's but the applicant's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session as Db

from app.contract.applications import ApplicationForm, FieldReason
from app.contract.rest import Category
from app.domain.application import ApplicationKind, ApplicationState, Declaration
from app.domain.images import ImageState
from server.applications import form as forms
from server.applications import views
from server.applications.review import ContactChannel, visible_row
from server.gate import Person, require
from server.gate_acts import Act
from server.secrets import FieldCipher, masked_phone
from server.sessions.views import moment
from server.standing import scopes_of
from server.store.models import AccountRow
from server.store.way_models import ApplicationContactRow, ApplicationRow, ImageRow

WAITING = (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW)
MAX_SHOWN = 100


@dataclass(frozen=True, slots=True)
class QueueEntry:
    id: str
    account_id: str
    nickname: str
    kind: ApplicationKind
    state: ApplicationState
    submitted_at: datetime | None
    """Of the last time it was sent."""
    decided_at: datetime | None
    consultant_id: str
    consultant: str
    revision: int


@dataclass(frozen=True, slots=True)
class Contact:
    at: datetime
    operator: str
    channel: ContactChannel
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DetailStep:
    """``sent`` is the form as it was sent with this step; its phone is masked."""

    state: ApplicationState
    at: datetime
    actor: str
    comment: str
    reasons: list[FieldReason]
    sent: ApplicationForm | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Detail:
    """All of one application. Phones are masked: ``review.reveal_phone`` shows them."""

    entry: QueueEntry
    form: ApplicationForm = field(repr=False)
    """As it was sent last."""
    declared_at: dict[Declaration, datetime]
    account_phone_masked: str
    scopes: frozenset[Category]
    """What the person is approved for now."""
    is_blocklisted: bool
    image_states: dict[str, ImageState]
    """Of the images that the form names, by id."""
    history: list[DetailStep]
    contacts: list[Contact]
    """The oldest first."""


@dataclass(frozen=True, slots=True)
class Consultant:
    id: str
    name: str


def queue(
    db: Db,
    operator: Person,
    states: Iterable[ApplicationState] = WAITING,
    *,
    consultant_id: str = "",
    limit: int = MAX_SHOWN,
    offset: int = 0,
) -> list[QueueEntry]:
    """Who waits longest first; with ``consultant_id`` those of one consultant."""
    require(Act.REVIEW_APPLICATION, operator)
    query = select(ApplicationRow).where(_in_states(states))
    if consultant_id:
        query = query.where(ApplicationRow.consultant_id == consultant_id)
    query = query.order_by(ApplicationRow.submitted_ms, ApplicationRow.id)
    return [_entry(db, row) for row in db.scalars(query.limit(min(limit, MAX_SHOWN)).offset(offset))]


def count(db: Db, operator: Person, states: Iterable[ApplicationState] = WAITING) -> int:
    require(Act.REVIEW_APPLICATION, operator)
    return db.scalar(select(func.count()).select_from(ApplicationRow).where(_in_states(states))) or 0


def consultants(db: Db, operator: Person) -> list[Consultant]:
    """Whom an application can be assigned to: every operator, by name."""
    require(Act.REVIEW_APPLICATION, operator)
    query = select(AccountRow.id, AccountRow.nickname).where(AccountRow.operator_name.is_not(None))
    return [Consultant(row[0], row[1]) for row in db.execute(query.order_by(AccountRow.nickname, AccountRow.id))]


def detail(db: Db, operator: Person, cipher: FieldCipher, application_id: str) -> Detail:
    """Raises Refusal (not_found)."""
    require(Act.REVIEW_APPLICATION, operator)
    row = visible_row(db, application_id)
    sent = forms.last_sent(db, cipher, row.id)
    account = db.get_one(AccountRow, row.account_id)
    phone = cipher.open(account.phone_sealed) if account.phone_sealed else ""
    return Detail(
        entry=_entry(db, row),
        form=_masked(sent.form),
        declared_at={one: moment(at_ms) for one, at_ms in sent.declared_ms.items()},
        account_phone_masked=masked_phone(phone),
        scopes=scopes_of(db, row.account_id),
        is_blocklisted=forms.is_blocked(db, cipher, account, sent.form),
        image_states=_image_states(db, row.account_id, sent.form),
        history=[
            DetailStep(
                state=ApplicationState(step.state),
                at=moment(step.at_ms),
                actor=_name(db, step.actor_id),
                comment=step.comment,
                reasons=views.reasons_of(step),
                sent=_masked(forms.open_sent(cipher, step.form_sealed).form) if step.form_sealed else None,
            )
            for step in views.steps_of(db, row.id)
        ],
        contacts=[
            Contact(moment(one.at_ms), _name(db, one.operator_id), ContactChannel(one.channel), one.note)
            for one in db.scalars(
                select(ApplicationContactRow)
                .where(ApplicationContactRow.application_id == row.id)
                .order_by(ApplicationContactRow.at_ms, ApplicationContactRow.id)
            )
        ],
    )


def _in_states(states: Iterable[ApplicationState]) -> ColumnElement[bool]:
    shown = [state.value for state in states if state is not ApplicationState.DRAFT]
    return ApplicationRow.state.in_(shown)


def _entry(db: Db, row: ApplicationRow) -> QueueEntry:
    return QueueEntry(
        id=row.id,
        account_id=row.account_id,
        nickname=_name(db, row.account_id),
        kind=ApplicationKind(row.kind),
        state=ApplicationState(row.state),
        submitted_at=moment(row.submitted_ms) if row.submitted_ms is not None else None,
        decided_at=moment(row.decided_ms) if row.decided_ms is not None else None,
        consultant_id=row.consultant_id or "",
        consultant=_name(db, row.consultant_id) if row.consultant_id else "",
        revision=row.revision,
    )


def _name(db: Db, account_id: str) -> str:
    account = db.get(AccountRow, account_id)
    return account.nickname if account is not None else account_id


def _masked(form: ApplicationForm) -> ApplicationForm:
    return form.model_copy(update={"contact_phone": masked_phone(form.contact_phone)})


def _image_states(db: Db, account_id: str, form: ApplicationForm) -> dict[str, ImageState]:
    found = {}
    for image_id in (form.licence_image_id, form.authorisation_image_id):
        row = db.get(ImageRow, image_id) if image_id else None
        if row is not None and row.account_id == account_id:
            found[image_id] = ImageState(row.state)
    return found
