"""What the tests of applications share: the operators' steps, and an applicant who got through."""

from __future__ import annotations

from typing import Any

import pytest

from app.contract.errors import ErrorCode
from app.domain.application import FormField
from server.applications import review
from server.errors import Refusal
from server.gate import Person
from tests.contract.server.applicants import (
    Applicant,
    write,
)
from tests.contract.server.kit import Desk


def assign(desk: Desk, operator: Person, application_id: str) -> None:
    write(desk, lambda tx: review.assign(tx, operator, application_id, operator.account_id))


def approve(desk: Desk, operator: Person, application: dict[str, Any], comment: str = "") -> None:
    cipher, number = desk.services.cipher, application["revision"]
    write(desk, lambda tx: review.approve(tx, operator, cipher, application["id"], number, comment))


def give_back(desk: Desk, operator: Person, application: dict[str, Any], **reasons: str) -> None:
    named = {FormField(name): reason for name, reason in reasons.items()}
    write(desk, lambda tx: review.return_(tx, operator, application["id"], application["revision"], named, "请看说明"))


def reject(desk: Desk, operator: Person, application: dict[str, Any], comment: str = "资料不实") -> None:
    write(desk, lambda tx: review.reject(tx, operator, application["id"], application["revision"], comment))


def refused(code: ErrorCode) -> Any:
    return pytest.raises(Refusal, match=code.value)


def accepted(desk: Desk, person: Applicant, operator: Person, **changes: Any) -> dict[str, Any]:
    """Sent, assigned and approved."""
    application = person.send(**changes)
    assign(desk, operator, application["id"])
    approve(desk, operator, application)
    return application


# ---- the whole way -----------------------------------------------------------------------------------
