"""What a form lacks before it can be sent: the same questions that the service asks, answered at once. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from app.contract.applications import ApplicationForm
from app.domain import credit_code
from app.domain.application import (
    MAX_INTRODUCTION_CHARS,
    MAX_ORGANISATION_CHARS,
    MIN_INTRODUCTION_CHARS,
    ApplicantKind,
    Declaration,
    FormField,
)

VALUES: Mapping[FormField, str] = {
    FormField.APPLICANT: "applicant",
    FormField.SCOPES: "scopes",
    FormField.INTRODUCTION: "introduction",
    FormField.CONTACT_PHONE: "contact_phone",
    FormField.DECLARATIONS: "declarations",
    FormField.ORGANISATION_NAME: "organisation_name",
    FormField.CREDIT_CODE: "credit_code",
    FormField.LICENCE: "licence_image_id",
    FormField.AUTHORISATION: "authorisation_image_id",
}
"""Where the value of a field lies in the form."""
WORDS_FAULT = "application.fault.words"
_PHONE = re.compile(r"(?:\+86|0086)?1[3-9][0-9]{9}")
_NOT_IN_A_NUMBER = re.compile(r"[^0-9+]")


def fault_id(field: FormField) -> str:
    """The sentence that says what a field must be."""
    return f"application.fault.{field.value}"


def faults_of(form: ApplicationForm) -> dict[FormField, str]:
    """Message ids of what is missing or cannot be, by field; empty when the form may be sent."""
    is_right = {
        FormField.SCOPES: bool(form.scopes),
        FormField.INTRODUCTION: MIN_INTRODUCTION_CHARS <= len(form.introduction.strip()) <= MAX_INTRODUCTION_CHARS,
        FormField.CONTACT_PHONE: _PHONE.fullmatch(_digits(form.contact_phone)) is not None,
        FormField.DECLARATIONS: set(form.declarations) == set(Declaration),
    }
    if form.applicant is ApplicantKind.ORGANISATION:
        is_right |= {
            FormField.ORGANISATION_NAME: 0 < len(form.organisation_name.strip()) <= MAX_ORGANISATION_CHARS,
            FormField.CREDIT_CODE: credit_code.is_valid(credit_code.cleaned(form.credit_code)),
            FormField.LICENCE: bool(form.licence_image_id),
            FormField.AUTHORISATION: bool(form.authorisation_image_id),
        }
    return {field: fault_id(field) for field in FormField if not is_right.get(field, True)}


def _digits(phone: str) -> str:
    """However a person writes it."""
    return _NOT_IN_A_NUMBER.sub("", unicodedata.normalize("NFKC", phone))


def changed_fields(before: ApplicationForm, after: ApplicationForm) -> set[FormField]:
    """Which fields have another value."""
    return {field for field, name in VALUES.items() if getattr(before, name) != getattr(after, name)}
