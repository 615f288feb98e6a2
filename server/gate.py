"""The gate: may this person do this now, and if not, what is missing. Pure; every route asks it, nothing else decides.

It looks at roles and data only. Which kind of platform this is makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.contract.errors import ErrorCode
from app.contract.rest import Category, Role
from app.domain.face_check import FaceStanding
from app.domain.onboarding import AgreementStanding
from app.domain.session import SessionState
from server.errors import Attempt, Refusal


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: a signed-in account on one of its devices."""

    account_id: str
    device_id: str
    roles: frozenset[Role]
    has_second_factor: bool = False
    """An operator who showed it at this sign-in."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The session that is asked about."""

    anchor_id: str
    state: SessionState
    was_live: bool = False
    """Whether it has been on air: then a new agreement no longer holds it up."""
    category: Category | None = None
    opens_ms: int | None = None
    """The moment from which it may begin; None: at any time."""
    allows_guests: bool = False
    id: str = ""


@dataclass(frozen=True, slots=True)
class Suspension:
    """Broadcasts are suspended until a moment; None: until it is lifted."""

    until_ms: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the service knows of a person's way to air."""

    agreement: AgreementStanding
    scopes: frozenset[Category] = frozenset()
    has_identity: bool = False
    """Name and number were checked, and the person was 18 then."""
    face: FaceStanding = FaceStanding.MISSING
    is_blocklisted: bool = False
    suspension: Suspension | None = None
    now_ms: int = 0


class Act(StrEnum):
    USE_ACCOUNT = "use_account"
    CHECK_IDENTITY = "check_identity"
    APPLY = "apply"
    ASK_FACE_CHECK = "ask_face_check"
    SCHEDULE = "schedule"
    """Plan a session, or change one."""
    OPEN_SESSION = "open_session"
    """Make one on the spot."""
    RUN_SESSION = "run_session"
    """End it: its own anchor."""
    TAKE_KEY = "take_key"
    """Be handed a stream key."""
    MEASURE = "measure"
    """Be handed a key to measure the way to the ingest with: whoever is signed in."""
    CHAT = "chat"
    JOIN_AS_GUEST = "join_as_guest"
    CUT_OFF = "cut_off"
    PUBLISH_DOCUMENT = "publish_document"
    REVIEW_APPLICATION = "review_application"
    REVIEW_IMAGE = "review_image"
    REVIEW_FACE = "review_face"
    SUSPEND = "suspend"
    MANAGE_ACTIVITIES = "manage_activities"
    MANAGE_BLOCKLIST = "manage_blocklist"
    MANAGE_OPERATORS = "manage_operators"
    READ_IDENTITY = "read_identity"
    READ_AUDIT = "read_audit"


_OPERATORS = frozenset(
    {
        Act.CUT_OFF, Act.PUBLISH_DOCUMENT, Act.REVIEW_APPLICATION, Act.REVIEW_IMAGE, Act.MANAGE_BLOCKLIST,
        Act.MANAGE_OPERATORS, Act.READ_IDENTITY, Act.READ_AUDIT, Act.REVIEW_FACE, Act.SUSPEND, Act.MANAGE_ACTIVITIES,
    }
)  # fmt: skip
_AGREEMENT = {
    AgreementStanding.UNPUBLISHED: ErrorCode.AGREEMENT_UNPUBLISHED,
    AgreementStanding.MISSING: ErrorCode.AGREEMENT_MISSING,
    AgreementStanding.OUTDATED: ErrorCode.AGREEMENT_OUTDATED,
    AgreementStanding.ACCEPTED: None,
}
_FACE = {
    FaceStanding.MISSING: ErrorCode.FACE_MISSING,
    FaceStanding.PENDING: ErrorCode.FACE_PENDING,
    FaceStanding.REFUSED: ErrorCode.FACE_REFUSED,
    FaceStanding.VOIDED: ErrorCode.FACE_VOIDED,
    FaceStanding.VERIFIED: None,
}


KEEPS_OFF_AIR = frozenset(
    {
        *(code for code in (*_AGREEMENT.values(), *_FACE.values()) if code is not None),
        ErrorCode.IDENTITY_MISSING, ErrorCode.SUSPENDED, ErrorCode.BLOCKLISTED,
    }
)  # fmt: skip
"""What may keep an anchor off air, whatever they speak of."""


def missing(
    act: Act,
    person: Person | None,
    subject: Subject | None = None,
    *,
    standing: Standing | None = None,
    category: Category | None = None,
) -> ErrorCode | None:
    """What stands in the way; None when nothing does. An act that needs the standing is refused without it."""
    if person is None:
        return ErrorCode.NOT_SIGNED_IN
    if act in _OPERATORS:
        if Role.OPERATOR not in person.roles:
            return ErrorCode.FORBIDDEN
        return None if person.has_second_factor else ErrorCode.SECOND_FACTOR_REQUIRED
    match act:
        case Act.CHECK_IDENTITY:
            return _agreement(standing)
        case Act.APPLY:
            return _agreement(standing) or _identity(standing)
        case Act.ASK_FACE_CHECK:
            if Role.ANCHOR not in person.roles:
                return ErrorCode.NOT_AN_ANCHOR
            return _agreement(standing) or _identity(standing)
        case Act.SCHEDULE | Act.OPEN_SESSION:
            return _broadcast(person, standing, category)
        case Act.RUN_SESSION | Act.TAKE_KEY:
            if subject is None or subject.anchor_id != person.account_id:
                return ErrorCode.FORBIDDEN
            if Role.ANCHOR not in person.roles:
                return ErrorCode.NOT_AN_ANCHOR
            return _key(person, subject, standing) if act is Act.TAKE_KEY else None
        case Act.CHAT:
            return ErrorCode.SESSION_ENDED if subject is None or subject.state is SessionState.ENDED else None
        case Act.JOIN_AS_GUEST:
            return _guest(person, subject, standing)
        case _:
            return None


def may_join_as_guest(person: Person | None, subject: Subject, standing: Standing | None) -> ErrorCode | None:
    """What keeps a person from talking with the anchor on air; None when nothing does."""
    return missing(Act.JOIN_AS_GUEST, person, subject, standing=standing)


def _broadcast(person: Person, standing: Standing | None, category: Category | None) -> ErrorCode | None:
    """The whole way to air, in the order in which a person goes it."""
    if Role.ANCHOR not in person.roles:
        return ErrorCode.NOT_AN_ANCHOR
    code = _measures(standing) or _agreement(standing) or _identity(standing) or _face(standing)
    if code is None and category is not None and (standing is None or category not in standing.scopes):
        return ErrorCode.OUT_OF_SCOPE
    return code


def _key(person: Person, subject: Subject, standing: Standing | None) -> ErrorCode | None:
    """What is on air goes on: only a measure ends it."""
    if subject.was_live:
        return ErrorCode.SUSPENDED if standing is None or standing.suspension is not None else None
    code = _broadcast(person, standing, subject.category)
    is_early = subject.opens_ms is not None and (standing is None or standing.now_ms < subject.opens_ms)
    return code or (ErrorCode.ACTIVITY_TOO_EARLY if is_early else None)


def _guest(person: Person, subject: Subject | None, standing: Standing | None) -> ErrorCode | None:
    if subject is None or subject.state is SessionState.ENDED:
        return ErrorCode.SESSION_ENDED
    if subject.anchor_id == person.account_id:
        return ErrorCode.FORBIDDEN
    if not subject.allows_guests:
        return ErrorCode.GUESTS_NOT_ALLOWED
    return _agreement(standing) or _identity(standing) or _measures(standing)


def _agreement(standing: Standing | None) -> ErrorCode | None:
    return ErrorCode.AGREEMENT_MISSING if standing is None else _AGREEMENT[standing.agreement]


def _identity(standing: Standing | None) -> ErrorCode | None:
    return None if standing is not None and standing.has_identity else ErrorCode.IDENTITY_MISSING


def _face(standing: Standing | None) -> ErrorCode | None:
    return ErrorCode.FACE_MISSING if standing is None else _FACE[standing.face]


def _measures(standing: Standing | None) -> ErrorCode | None:
    if standing is None or standing.suspension is not None:
        return ErrorCode.SUSPENDED
    return ErrorCode.BLOCKLISTED if standing.is_blocklisted else None


def require(
    act: Act,
    person: Person | None,
    subject: Subject | None = None,
    *,
    standing: Standing | None = None,
    category: Category | None = None,
) -> Person:
    """The person, when they may. Raises Refusal with what is missing; what somebody tried is written down with it."""
    code = missing(act, person, subject, standing=standing, category=category)
    if code is None and person is not None:
        return person
    detail: dict[str, str | int | float | bool | None] = {}
    if code is ErrorCode.SUSPENDED and standing is not None and standing.suspension is not None:
        detail["until_ms"] = standing.suspension.until_ms
    refusal = Refusal(code or ErrorCode.NOT_SIGNED_IN, detail=detail)
    # That a session has ended meanwhile is nobody's attempt at anything.
    if person is not None and refusal.reason is not ErrorCode.SESSION_ENDED:
        refusal.attempt = Attempt(person.account_id, act.value, subject.id if subject is not None else "")
    raise refusal
