"""The gate: may this person do this now, and if not, what is missing. Pure; every route asks it, nothing else decides.

It looks at roles and data only. Which kind of platform this is makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.contract.errors import ErrorCode
from app.contract.rest import Role
from app.domain.session import SessionState
from server.errors import Refusal


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: a signed-in account on one of its devices."""

    account_id: str
    device_id: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Subject:
    """The session that is asked about."""

    anchor_id: str
    state: SessionState


class Act(StrEnum):
    USE_ACCOUNT = "use_account"
    OPEN_SESSION = "open_session"
    RUN_SESSION = "run_session"
    """Ask for keys, end: its own anchor."""
    CUT_OFF = "cut_off"
    CHAT = "chat"


def missing(act: Act, person: Person | None, subject: Subject | None = None) -> ErrorCode | None:
    """What stands in the way; None when nothing does."""
    if person is None:
        return ErrorCode.NOT_SIGNED_IN
    match act:
        case Act.USE_ACCOUNT:
            return None
        case Act.OPEN_SESSION:
            return None if Role.ANCHOR in person.roles else ErrorCode.NOT_AN_ANCHOR
        case Act.RUN_SESSION:
            if subject is None or subject.anchor_id != person.account_id:
                return ErrorCode.FORBIDDEN
            return None if Role.ANCHOR in person.roles else ErrorCode.NOT_AN_ANCHOR
        case Act.CUT_OFF:
            return None if Role.OPERATOR in person.roles else ErrorCode.FORBIDDEN
        case Act.CHAT:
            return ErrorCode.SESSION_ENDED if subject is None or subject.state is SessionState.ENDED else None


def require(act: Act, person: Person | None, subject: Subject | None = None) -> Person:
    """The person, when they may. Raises Refusal with what is missing."""
    code = missing(act, person, subject)
    if code is not None or person is None:
        raise Refusal(code or ErrorCode.NOT_SIGNED_IN)
    return person
