"""The states of a face check (人脸核验), by camera or on the manual path, and who may make which step. Pure.

===========  =======================================================================================
from         to
===========  =======================================================================================
evidence     verified (operator: it is the person), retake (operator), refused (operator), appointed (operator: a call
             is needed)
requested    appointed (operator), refused (operator), cancelled (the person)
appointed    appointed (operator: another time), noted (operator), refused (operator), cancelled
noted        second_look (operator: proposes that it is the person), refused (operator)
second_look  verified (another operator), noted (another operator: not convinced)
verified     voided (name or number was corrected, or an operator orders a new check)
retake       nothing: final; the person sits before the camera anew, with what the operator wrote
refused      nothing: final; the person may ask anew
cancelled    nothing: final
voided       nothing: final
===========  =======================================================================================

A check by camera begins as evidence when a living person was found and nobody but an operator can say who it is; as
verified when a register says it; as requested, with what the camera saw beside it, when the camera could not decide or
the person took a reduced way: then nothing but the manual path leads to verified.

Whatever is pending is cancelled by the service when the name or number that it is for becomes another one.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from app.domain.china_time import CHINA, DAY_MS

MAX_AHEAD_DAYS = 14
CALL_HOURS = (9, 18)
"""When operators call, in Asia/Shanghai: from the first up to the second."""


class FaceState(StrEnum):
    EVIDENCE = "evidence"
    """The camera found a living person; an operator compares."""
    REQUESTED = "requested"
    APPOINTED = "appointed"
    NOTED = "noted"
    """The call was held, or the second document was seen; what was seen is written down."""
    SECOND_LOOK = "second_look"
    """One operator is convinced; another one looks at it."""
    VERIFIED = "verified"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    VOIDED = "voided"
    RETAKE = "retake"
    """An operator could not tell by the pictures, and said what was wrong with them."""

    @property
    def is_final(self) -> bool:
        return not _STEPS[self]

    @property
    def is_pending(self) -> bool:
        """Whether the person waits for somebody else."""
        return self in _PENDING

    @property
    def may_be_cancelled(self) -> bool:
        """Whether the person may still take it back."""
        return FaceState.CANCELLED in _STEPS[self]


class FaceSide(StrEnum):
    """Who makes a step."""

    PERSON = "person"
    OPERATOR = "operator"
    SECOND_OPERATOR = "second_operator"
    """Another one than who proposed it."""
    SERVICE = "service"


class FaceMethod(StrEnum):
    """How the person shows who they are."""

    LIVE_CALL = "live_call"
    SECOND_DOCUMENT = "second_document"
    CAMERA = "camera"
    """By the camera (活体检测): not asked for by hand."""


MANUAL_METHODS = (FaceMethod.LIVE_CALL, FaceMethod.SECOND_DOCUMENT)
"""Where the camera does not decide."""
_PENDING = (FaceState.EVIDENCE, FaceState.REQUESTED, FaceState.APPOINTED, FaceState.NOTED, FaceState.SECOND_LOOK)

_STEPS: dict[FaceState, dict[FaceState, FaceSide]] = {
    FaceState.EVIDENCE: {
        FaceState.VERIFIED: FaceSide.OPERATOR,
        FaceState.RETAKE: FaceSide.OPERATOR,
        FaceState.REFUSED: FaceSide.OPERATOR,
        FaceState.APPOINTED: FaceSide.OPERATOR,
    },
    FaceState.REQUESTED: {
        FaceState.APPOINTED: FaceSide.OPERATOR,
        FaceState.REFUSED: FaceSide.OPERATOR,
        FaceState.CANCELLED: FaceSide.PERSON,
    },
    FaceState.APPOINTED: {
        FaceState.APPOINTED: FaceSide.OPERATOR,
        FaceState.NOTED: FaceSide.OPERATOR,
        FaceState.REFUSED: FaceSide.OPERATOR,
        FaceState.CANCELLED: FaceSide.PERSON,
    },
    FaceState.NOTED: {FaceState.SECOND_LOOK: FaceSide.OPERATOR, FaceState.REFUSED: FaceSide.OPERATOR},
    FaceState.SECOND_LOOK: {
        FaceState.VERIFIED: FaceSide.SECOND_OPERATOR,
        FaceState.NOTED: FaceSide.SECOND_OPERATOR,
    },
    FaceState.VERIFIED: {FaceState.VOIDED: FaceSide.SERVICE},
    FaceState.REFUSED: {},
    FaceState.CANCELLED: {},
    FaceState.VOIDED: {},
    FaceState.RETAKE: {},
}


def may_step(state: FaceState, following: FaceState, side: FaceSide) -> bool:
    """Whether ``side`` may bring a check from ``state`` to ``following``."""
    if side is FaceSide.SERVICE and following is FaceState.CANCELLED:
        return state.is_pending
    return _STEPS[state].get(following) is side


def time_fault(at_ms: int, now_ms: int) -> str | None:
    """Why a moment cannot be wished for: past, too_far or hours; None when it can."""
    if at_ms <= now_ms:
        return "past"
    if at_ms > now_ms + MAX_AHEAD_DAYS * DAY_MS:
        return "too_far"
    hour = datetime.fromtimestamp(at_ms / 1000, CHINA).hour
    return None if CALL_HOURS[0] <= hour < CALL_HOURS[1] else "hours"


class FaceStanding(StrEnum):
    """How a person stands to the face check: what the gate looks at."""

    MISSING = "missing"
    """None was asked for, or the last one was taken back."""
    PENDING = "pending"
    RETAKE = "retake"
    """The pictures of the last one did not do."""
    REFUSED = "refused"
    VOIDED = "voided"
    """It was verified once; since then the data changed or a new check was ordered."""
    VERIFIED = "verified"
