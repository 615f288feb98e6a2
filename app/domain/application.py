"""The states of an application (直播申请) and who may make which step. Pure; used by the service and by the screens.

==========  ==========================================================================================
from        to
==========  ==========================================================================================
draft       submitted (applicant)
submitted   in_review (operator: a consultant is assigned)
in_review   approved, returned, rejected (operator)
returned    submitted (applicant, mended)
approved    nothing: final; another scope is a new application
rejected    nothing: final; the applicant may begin a new one
==========  ==========================================================================================
"""

from __future__ import annotations

from enum import StrEnum


class ApplicationState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    RETURNED = "returned"
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        return not _STEPS[self]

    @property
    def is_editable(self) -> bool:
        """Whether the applicant may change the form."""
        return self in (ApplicationState.DRAFT, ApplicationState.RETURNED)

    @property
    def is_with_operator(self) -> bool:
        """Whether the applicant waits for somebody else."""
        return self in (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW)


class Side(StrEnum):
    """Who makes a step."""

    APPLICANT = "applicant"
    OPERATOR = "operator"


_STEPS: dict[ApplicationState, dict[ApplicationState, Side]] = {
    ApplicationState.DRAFT: {ApplicationState.SUBMITTED: Side.APPLICANT},
    ApplicationState.SUBMITTED: {ApplicationState.IN_REVIEW: Side.OPERATOR},
    ApplicationState.IN_REVIEW: {
        ApplicationState.APPROVED: Side.OPERATOR,
        ApplicationState.RETURNED: Side.OPERATOR,
        ApplicationState.REJECTED: Side.OPERATOR,
    },
    ApplicationState.RETURNED: {ApplicationState.SUBMITTED: Side.APPLICANT},
    ApplicationState.APPROVED: {},
    ApplicationState.REJECTED: {},
}


def may_step(state: ApplicationState, following: ApplicationState, side: Side) -> bool:
    """Whether ``side`` may bring an application from ``state`` to ``following``."""
    return _STEPS[state].get(following) is side


class ApplicationKind(StrEnum):
    FIRST = "first"
    SCOPE_CHANGE = "scope_change"


class ApplicantKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"


class Declaration(StrEnum):
    """What an applicant declares; each is dated when it is submitted."""

    NOT_BLOCKLISTED = "not_blocklisted"
    NO_CONFLICTING_DUTY = "no_conflicting_duty"
    EQUAL_RELATION = "equal_relation"
    TRUTHFUL = "truthful"


class FormField(StrEnum):
    """The fields of the form that a refusal, a finding or a reason of return may name."""

    APPLICANT = "applicant"
    SCOPES = "scopes"
    INTRODUCTION = "introduction"
    CONTACT_PHONE = "contact_phone"
    DECLARATIONS = "declarations"
    ORGANISATION_NAME = "organisation_name"
    CREDIT_CODE = "credit_code"
    LICENCE = "licence"
    AUTHORISATION = "authorisation"


MIN_INTRODUCTION_CHARS = 20
MAX_INTRODUCTION_CHARS = 500
MAX_ORGANISATION_CHARS = 80
