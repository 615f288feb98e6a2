"""How far a person is on the way to air: what the gate looks at, and the steps that the person sees. Store threads."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from app.contract.inbox import Onboarding, Step
from app.contract.rest import Category, Role
from app.domain.application import ApplicationKind, ApplicationState
from app.domain.documents.model import DocumentKind
from app.domain.face_check import FaceStanding, FaceState
from app.domain.measures import MeasureKind
from app.domain.onboarding import AgreementStanding, Facts, StepId, StepState, steps_of
from server.documents import versions
from server.documents.acceptance import agreement_standing
from server.documents.publishing import day_of
from server.gate import Person, Standing, missing
from server.gate_acts import Act
from server.identity import records
from server.measures.record import limits_of
from server.secrets import FieldCipher
from server.sessions.views import moment
from server.store.models import AccountRow, SessionRow
from server.store.way_models import AcceptanceRow, ApplicationRow, ScopeRow

_LIMITING = (
    MeasureKind.SUSPENSION,
    MeasureKind.LIMIT_BROADCAST,
    MeasureKind.LIMIT_GUESTS,
    MeasureKind.LIMIT_GIFTS,
)


def scopes_of(db: Db, account_id: str) -> frozenset[Category]:
    """What the person is approved for."""
    rows = db.scalars(select(ScopeRow.category).where(ScopeRow.account_id == account_id))
    return frozenset(Category(category) for category in rows)


def standing_of(db: Db, cipher: FieldCipher, account_id: str, now_ms: int, *, only_told: bool = False) -> Standing:
    """What the gate must know of the person. ``only_told``: for what they are shown without having tried anything."""
    limits = limits_of(db, account_id, now_ms, *_LIMITING, only_told=only_told)
    return Standing(
        agreement=agreement_standing(db, account_id, now_ms),
        scopes=scopes_of(db, account_id),
        has_identity=records.current_identity(db, account_id) is not None,
        face=records.face_standing(db, account_id),
        is_blocklisted=records.is_blocklisted(db, cipher, account_id),
        suspension=limits.get(MeasureKind.SUSPENSION),
        broadcast_limit=limits.get(MeasureKind.LIMIT_BROADCAST),
        guest_limit=limits.get(MeasureKind.LIMIT_GUESTS),
        gift_limit=limits.get(MeasureKind.LIMIT_GIFTS),
        now_ms=now_ms,
    )


def onboarding_of(db: Db, cipher: FieldCipher, person: Person, now_ms: int) -> Onboarding:
    """The steps, and what stands in the way of a broadcast now."""
    standing = standing_of(db, cipher, person.account_id, now_ms, only_told=True)
    application = first_application(db, person.account_id)
    facts = Facts(
        standing.agreement,
        ApplicationState(application.state) if application is not None else None,
        Role.ANCHOR in person.roles,
        standing.has_identity,
        standing.face,
        _has_planned(db, person.account_id),
    )
    steps = []
    for step, state in steps_of(facts):
        match step:
            case StepId.AGREEMENT:
                steps.append(_agreement_step(db, person, state, standing.agreement, now_ms))
            case StepId.IDENTITY:
                steps.append(_identity_step(db, person, state))
            case StepId.APPLICATION | StepId.REVIEW:
                steps.append(_application_step(db, step, state, application))
            case StepId.FACE:
                steps.append(_face_step(db, person, state, standing.face))
            case StepId.SCHEDULE:
                steps.append(Step(id=step, state=state))
    code = missing(Act.OPEN_SESSION, person, standing=standing)
    return Onboarding(steps=steps, may_broadcast=code is None, missing=code.value if code is not None else "")


def first_application(db: Db, account_id: str) -> ApplicationRow | None:
    """The application by which the person becomes an anchor: the newest, as one that was rejected is begun anew."""
    return db.scalar(
        select(ApplicationRow)
        .where(ApplicationRow.account_id == account_id, ApplicationRow.kind == ApplicationKind.FIRST.value)
        .order_by(ApplicationRow.created_ms.desc(), ApplicationRow.id)
        .limit(1)
    )


def _agreement_step(db: Db, person: Person, state: StepState, standing: AgreementStanding, now_ms: int) -> Step:
    kind = DocumentKind.LIVE_AGREEMENT
    current = versions.in_force(db, kind, now_ms)
    mine = select(func.max(AcceptanceRow.number)).where(
        AcceptanceRow.account_id == person.account_id, AcceptanceRow.kind == kind.value
    )
    accepted = db.get(AcceptanceRow, (person.account_id, kind.value, db.scalar(mine) or 0))
    shown = current
    if state is StepState.DONE and accepted is not None:
        shown = versions.get(db, kind, accepted.number)
    return Step(
        id=StepId.AGREEMENT,
        state=state,
        at=moment(accepted.accepted_ms) if accepted is not None and state is StepState.DONE else None,
        note=standing.value,
        params={"date": day_of(shown.effective_ms).isoformat()} if shown is not None else {},
    )


def _has_planned(db: Db, account_id: str) -> bool:
    return db.scalar(select(SessionRow.id).where(SessionRow.anchor_id == account_id).limit(1)) is not None


def _identity_step(db: Db, person: Person, state: StepState) -> Step:
    row = records.current_identity(db, person.account_id)
    return Step(
        id=StepId.IDENTITY,
        state=state,
        at=moment(row.checked_ms) if row is not None else None,
        note="checked" if row is not None else "missing",
    )


def _face_step(db: Db, person: Person, state: StepState, standing: FaceStanding) -> Step:
    row = records.newest_check(db, person.account_id)
    is_appointed = row is not None and FaceState(row.state) is FaceState.APPOINTED
    return Step(
        id=StepId.FACE,
        state=state,
        at=moment(row.decided_ms) if row is not None and row.decided_ms is not None else None,
        note="appointed" if is_appointed else standing.value,
        params={"at": moment(row.appointed_ms).isoformat()}
        if is_appointed and row is not None and row.appointed_ms is not None
        else {},
    )


def _application_step(db: Db, step: StepId, state: StepState, application: ApplicationRow | None) -> Step:
    if application is None:
        return Step(id=step, state=state)
    consultant = db.get(AccountRow, application.consultant_id) if application.consultant_id else None
    at_ms = application.decided_ms if step is StepId.REVIEW else application.submitted_ms
    return Step(
        id=step,
        state=state,
        at=moment(at_ms) if at_ms is not None and state is StepState.DONE else None,
        note=application.state,
        params={"consultant": consultant.nickname} if consultant is not None else {},
    )
