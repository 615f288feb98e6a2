"""The gate: may this person do this now, and if not, what is missing. Pure; every route asks it, nothing else decides.

It looks at roles and data only. Which kind of platform this is makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.contract.errors import ErrorCode
from app.contract.rest import Category, Role
from app.domain.face_check import FaceStanding
from app.domain.onboarding import AgreementStanding
from app.domain.room.restrictions import Restriction
from app.domain.room.roles import RoomRole, may_act_on, may_moderate
from app.domain.session import SessionState
from server.errors import Attempt, Refusal
from server.gate_acts import Act


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: a signed-in account on one of its devices."""

    account_id: str
    device_id: str
    roles: frozenset[Role]
    has_second_factor: bool = False
    """An operator who showed it at this sign-in."""
    is_closed: bool = False
    """The account was closed: what was taken against it may be read, and appealed against."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A measure that forbids something until a moment; None: until it is lifted."""

    until_ms: int | None
    reason: str = ""
    measure_id: str = ""


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
    takes_gifts: bool = False
    """Whether its anchor may be given gifts (``Act.RECEIVE_GIFT``)."""
    id: str = ""
    refusal: Limit | None = None
    """The measure by which it is not published."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """When a person may sit before the camera again; None: what is counted there does not stand in the way."""

    locked_until_ms: int | None = None
    """Too many failures in a short time."""
    again_ms: int | None = None
    """All attempts of the day were made."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the service knows of a person's way to air."""

    agreement: AgreementStanding
    scopes: frozenset[Category] = frozenset()
    has_identity: bool = False
    """Name and number were checked, and the person was 18 then."""
    face: FaceStanding = FaceStanding.MISSING
    is_blocklisted: bool = False
    suspension: Limit | None = None
    broadcast_limit: Limit | None = None
    guest_limit: Limit | None = None
    gift_limit: Limit | None = None
    liveness: Allowance | None = None
    """For ``Act.CHECK_LIVENESS``, which is refused without it."""
    now_ms: int = 0


@dataclass(frozen=True, slots=True)
class RoomStanding:
    """What the service knows of a person in one room."""

    role: RoomRole = RoomRole.VIEWER
    removal: Restriction | None = None
    mute: Restriction | None = None
    mute_reason: str = ""
    chat_limit: Limit | None = None
    """Of a measure, which holds in every room."""
    is_following: bool = False
    followers_only: bool = False
    is_paused: bool = False


_OPERATORS = frozenset(
    {
        Act.CUT_OFF, Act.PUBLISH_DOCUMENT, Act.REVIEW_APPLICATION, Act.REVIEW_IMAGE, Act.MANAGE_BLOCKLIST,
        Act.MANAGE_OPERATORS, Act.READ_IDENTITY, Act.READ_AUDIT, Act.REVIEW_FACE, Act.SUSPEND, Act.MANAGE_ACTIVITIES,
        Act.TAKE_MEASURE, Act.DECIDE_APPEAL, Act.HANDLE_REPORT, Act.READ_COMPLAINT, Act.READ_REPORT_CLIP,
        Act.READ_FACE_EVIDENCE,
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
    FaceStanding.RETAKE: ErrorCode.FACE_MISSING,
    FaceStanding.VERIFIED: None,
}


_Limits = dict[ErrorCode | None, Limit | None]
_NO_ATTEMPT = frozenset(
    {ErrorCode.SESSION_ENDED, ErrorCode.MUTED, ErrorCode.LIMITED_CHAT, ErrorCode.CHAT_PAUSED, ErrorCode.FOLLOWERS_ONLY}
)  # fmt: skip
"""What changes in a room while somebody types is nobody's attempt at anything."""
KEEPS_OFF_AIR = frozenset(
    {
        *(code for code in (*_AGREEMENT.values(), *_FACE.values()) if code is not None),
        ErrorCode.IDENTITY_MISSING, ErrorCode.SUSPENDED, ErrorCode.BLOCKLISTED, ErrorCode.LIMITED_BROADCAST,
        ErrorCode.ACCOUNT_CLOSED,
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
    room: RoomStanding | None = None,
    target: RoomRole | None = None,
) -> ErrorCode | None:
    """What stands in the way; None when nothing does. An act that needs a standing is refused without it.

    ``target``: the role of whom it is done to.
    """
    if act is Act.WATCH:
        return ErrorCode.REMOVED_FROM_ROOM if room is not None and room.removal is not None else None
    if person is None:
        return ErrorCode.NOT_SIGNED_IN
    if person.is_closed:
        return None if act is Act.OWN_MEASURES else ErrorCode.ACCOUNT_CLOSED
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
        case Act.CHECK_LIVENESS:
            if Role.ANCHOR not in person.roles:
                return ErrorCode.NOT_AN_ANCHOR
            return _agreement(standing) or _identity(standing) or _liveness(standing)
        case Act.SCHEDULE | Act.OPEN_SESSION:
            return _broadcast(person, standing, category)
        case Act.RUN_SESSION | Act.TAKE_KEY:
            if subject is None or subject.anchor_id != person.account_id:
                return ErrorCode.FORBIDDEN
            if Role.ANCHOR not in person.roles:
                return ErrorCode.NOT_AN_ANCHOR
            return _key(person, subject, standing) if act is Act.TAKE_KEY else None
        case Act.READ_FIGURES:
            if subject is not None and subject.anchor_id == person.account_id:
                return None
            if Role.OPERATOR not in person.roles:
                return ErrorCode.FORBIDDEN
            return None if person.has_second_factor else ErrorCode.SECOND_FACTOR_REQUIRED
        case Act.CHAT:
            return _chat(subject, room)
        case Act.REPORT:
            if room is None:
                return ErrorCode.FORBIDDEN
            return ErrorCode.REMOVED_FROM_ROOM if room.removal is not None else None
        case Act.SECOND:
            if subject is None or room is None or subject.state is SessionState.ENDED:
                return ErrorCode.SESSION_ENDED
            return ErrorCode.REMOVED_FROM_ROOM if room.removal is not None else None
        case Act.MODERATE:
            if room is None or not may_moderate(room.role):
                return ErrorCode.FORBIDDEN
            if room.removal is not None and room.role is RoomRole.MODERATOR:
                return ErrorCode.REMOVED_FROM_ROOM
            if room.role is RoomRole.OPERATOR and not person.has_second_factor:
                return ErrorCode.SECOND_FACTOR_REQUIRED
            return None if target is None or may_act_on(room.role, target) else ErrorCode.FORBIDDEN
        case Act.APPOINT:
            return None if room is not None and room.role is RoomRole.OWNER else ErrorCode.FORBIDDEN
        case Act.JOIN_AS_GUEST:
            return _guest(person, subject, standing, room)
        case Act.SEND_GIFT:
            return _gift(person, subject, standing, room)
        case Act.RECEIVE_GIFT:
            return _gift_limit(standing)
        case _:
            return None


def may_join_as_guest(
    person: Person | None, subject: Subject, standing: Standing | None, room: RoomStanding | None = None
) -> ErrorCode | None:
    """What keeps a person from talking with the anchor on air; None when nothing does."""
    return missing(Act.JOIN_AS_GUEST, person, subject, standing=standing, room=room)


def _broadcast(person: Person, standing: Standing | None, category: Category | None) -> ErrorCode | None:
    """The whole way to air, in the order in which a person goes it."""
    if Role.ANCHOR not in person.roles:
        return ErrorCode.NOT_AN_ANCHOR
    code = _off_air(standing) or _measures(standing) or _agreement(standing) or _identity(standing) or _face(standing)
    if code is None and category is not None and (standing is None or category not in standing.scopes):
        return ErrorCode.OUT_OF_SCOPE
    return code


def _key(person: Person, subject: Subject, standing: Standing | None) -> ErrorCode | None:
    """What is on air goes on: only a measure ends it."""
    if subject.refusal is not None:
        return ErrorCode.PUBLISH_REFUSED
    if subject.was_live:
        return _off_air(standing)
    code = _broadcast(person, standing, subject.category)
    is_early = subject.opens_ms is not None and (standing is None or standing.now_ms < subject.opens_ms)
    return code or (ErrorCode.ACTIVITY_TOO_EARLY if is_early else None)


def _chat(subject: Subject | None, room: RoomStanding | None) -> ErrorCode | None:
    if subject is None or room is None or subject.state is SessionState.ENDED:
        return ErrorCode.SESSION_ENDED
    if room.removal is not None:
        return ErrorCode.REMOVED_FROM_ROOM
    if room.chat_limit is not None:
        return ErrorCode.LIMITED_CHAT
    if room.mute is not None:
        return ErrorCode.MUTED
    if may_moderate(room.role):
        return None
    if room.is_paused:
        return ErrorCode.CHAT_PAUSED
    return ErrorCode.FOLLOWERS_ONLY if room.followers_only and not room.is_following else None


def _guest(
    person: Person, subject: Subject | None, standing: Standing | None, room: RoomStanding | None
) -> ErrorCode | None:
    if subject is None or subject.state is SessionState.ENDED:
        return ErrorCode.SESSION_ENDED
    if room is not None and room.removal is not None:
        return ErrorCode.REMOVED_FROM_ROOM
    if subject.anchor_id == person.account_id:
        return ErrorCode.FORBIDDEN
    if not subject.allows_guests:
        return ErrorCode.GUESTS_NOT_ALLOWED
    if standing is not None and standing.guest_limit is not None:
        return ErrorCode.LIMITED_GUESTS
    return _agreement(standing) or _identity(standing) or _measures(standing)


def _gift(
    giver: Person, subject: Subject | None, standing: Standing | None, room: RoomStanding | None
) -> ErrorCode | None:
    if subject is None or room is None or not subject.state.is_on_air:
        return ErrorCode.SESSION_ENDED
    if room.removal is not None or subject.anchor_id == giver.account_id:
        return ErrorCode.FORBIDDEN if room.removal is None else ErrorCode.REMOVED_FROM_ROOM
    return _gift_limit(standing) or (None if subject.takes_gifts else ErrorCode.GIFTS_NOT_TAKEN)


def _gift_limit(standing: Standing | None) -> ErrorCode | None:
    return ErrorCode.LIMITED_GIFTS if standing is None or standing.gift_limit is not None else None


def _agreement(standing: Standing | None) -> ErrorCode | None:
    return ErrorCode.AGREEMENT_MISSING if standing is None else _AGREEMENT[standing.agreement]


def _identity(standing: Standing | None) -> ErrorCode | None:
    return None if standing is not None and standing.has_identity else ErrorCode.IDENTITY_MISSING


def _face(standing: Standing | None) -> ErrorCode | None:
    return ErrorCode.FACE_MISSING if standing is None else _FACE[standing.face]


def _liveness(standing: Standing | None) -> ErrorCode | None:
    allowance = standing.liveness if standing is not None else None
    if allowance is None or allowance.locked_until_ms is not None:
        return ErrorCode.LIVENESS_LOCKED
    return ErrorCode.LIVENESS_ATTEMPTS_OVER if allowance.again_ms is not None else None


def _off_air(standing: Standing | None) -> ErrorCode | None:
    """What ends a broadcast that runs, too."""
    if standing is None or standing.suspension is not None:
        return ErrorCode.SUSPENDED
    return ErrorCode.LIMITED_BROADCAST if standing.broadcast_limit is not None else None


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
    room: RoomStanding | None = None,
    target: RoomRole | None = None,
) -> Person:
    """The person, when they may. Raises Refusal with what is missing; what somebody tried is written down with it."""
    code = missing(act, person, subject, standing=standing, category=category, room=room, target=target)
    if code is None and person is not None:
        return person
    detail: dict[str, str | int | float | bool | None] = {}
    limit = _limits(subject, standing, room).get(code)
    if limit is not None:
        detail |= {"until_ms": limit.until_ms, "reason": limit.reason, "measure_id": limit.measure_id}
    if room is not None and code in (ErrorCode.MUTED, ErrorCode.REMOVED_FROM_ROOM):
        detail |= _bound(room.mute if code is ErrorCode.MUTED else room.removal)
        if code is ErrorCode.MUTED:
            detail["reason"] = room.mute_reason
    refusal = Refusal(code or ErrorCode.NOT_SIGNED_IN, detail=detail, retry_after_s=_wait_s(code, standing))
    refusal.measure_id = limit.measure_id if limit is not None else ""
    if person is not None and refusal.reason not in _NO_ATTEMPT:
        refusal.attempt = Attempt(person.account_id, act.value, subject.id if subject is not None else "")
    raise refusal


def _wait_s(code: ErrorCode | None, standing: Standing | None) -> float | None:
    """Of what passes with time."""
    if standing is None or standing.liveness is None:
        return None
    until_ms = {
        ErrorCode.LIVENESS_LOCKED: standing.liveness.locked_until_ms,
        ErrorCode.LIVENESS_ATTEMPTS_OVER: standing.liveness.again_ms,
    }.get(code or ErrorCode.NOT_SIGNED_IN)
    return (until_ms - standing.now_ms) / 1000 if until_ms is not None else None


def _limits(subject: Subject | None, standing: Standing | None, room: RoomStanding | None) -> _Limits:
    """The measures that may be the reason, by what they refuse with."""
    found: _Limits = {ErrorCode.PUBLISH_REFUSED: subject.refusal} if subject is not None else {}
    if room is not None:
        found[ErrorCode.LIMITED_CHAT] = room.chat_limit
    if standing is not None:
        found |= {ErrorCode.SUSPENDED: standing.suspension, ErrorCode.LIMITED_BROADCAST: standing.broadcast_limit}
        found |= {ErrorCode.LIMITED_GUESTS: standing.guest_limit, ErrorCode.LIMITED_GIFTS: standing.gift_limit}
    return found


def _bound(restriction: Restriction | None) -> dict[str, str | int | float | bool | None]:
    if restriction is None:
        return {}
    is_lasting = not restriction.session_id and restriction.until_ms is None
    return {"until_ms": restriction.until_ms, "is_lasting": is_lasting}
