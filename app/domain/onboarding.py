"""The way to air as steps, from facts that the service knows. Pure; the one order of the steps.

A step is done, or it is what stands in the way now (``current``: the person acts; ``waiting``: somebody else
does), or it comes later (``later``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.application import ApplicationState
from app.domain.face_check import FaceStanding


class StepId(StrEnum):
    AGREEMENT = "agreement"
    IDENTITY = "identity"
    APPLICATION = "application"
    REVIEW = "review"
    FACE = "face"
    SCHEDULE = "schedule"


class StepState(StrEnum):
    DONE = "done"
    CURRENT = "current"
    WAITING = "waiting"
    LATER = "later"


class AgreementStanding(StrEnum):
    """How a person stands to the live agreement."""

    UNPUBLISHED = "unpublished"
    """The platform has published none: nobody can accept."""
    MISSING = "missing"
    OUTDATED = "outdated"
    """A material version came into force after the one that was accepted."""
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Facts:
    """``application`` is the state of the first application; None when there is none yet."""

    agreement: AgreementStanding
    application: ApplicationState | None
    is_anchor: bool
    has_identity: bool = False
    face: FaceStanding = FaceStanding.MISSING
    has_planned: bool = False
    """Whether a session was ever planned or made."""


def steps_of(facts: Facts) -> tuple[tuple[StepId, StepState], ...]:
    """All steps in order with their states; exactly one is current or waiting unless all are done."""
    has_submitted = facts.is_anchor or (facts.application is not None and not facts.application.is_editable)
    is_refused = facts.application is ApplicationState.REJECTED and not facts.is_anchor
    done = {
        StepId.AGREEMENT: facts.agreement is AgreementStanding.ACCEPTED,
        StepId.IDENTITY: facts.has_identity,
        StepId.APPLICATION: has_submitted and not is_refused,
        StepId.REVIEW: facts.is_anchor,
        StepId.FACE: facts.face is FaceStanding.VERIFIED,
        StepId.SCHEDULE: facts.has_planned,
    }
    first = next((step for step in StepId if not done[step]), None)
    by_others = {
        StepId.AGREEMENT: facts.agreement is AgreementStanding.UNPUBLISHED,
        StepId.REVIEW: True,
        StepId.FACE: facts.face is FaceStanding.PENDING,
    }
    states = []
    for step in StepId:
        if done[step]:
            states.append((step, StepState.DONE))
        elif step is first:
            states.append((step, StepState.WAITING if by_others.get(step, False) else StepState.CURRENT))
        else:
            states.append((step, StepState.LATER))
    return tuple(states)
