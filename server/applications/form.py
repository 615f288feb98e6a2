"""The form of an application: sealed as it is kept, cleaned and looked through when it is sent. Store threads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.applications import ApplicationForm
from app.contract.errors import ErrorCode
from app.domain import credit_code
from app.domain.application import (
    MAX_INTRODUCTION_CHARS,
    MAX_ORGANISATION_CHARS,
    MIN_INTRODUCTION_CHARS,
    ApplicantKind,
    Declaration,
    FormField,
)
from app.domain.images import ImagePurpose, ImageState
from server import blocklist
from server.blocklist import BlockKind
from server.conduct.checker import Checker, Place
from server.conduct_gate import require_clean
from server.errors import Refusal
from server.secrets import FieldCipher
from server.store.models import AccountRow
from server.store.way_models import ApplicationStepRow, ImageRow
from server.text import plain_block, plain_text

IMAGE_FIELDS = {
    FormField.LICENCE: ("licence_image_id", ImagePurpose.LICENCE),
    FormField.AUTHORISATION: ("authorisation_image_id", ImagePurpose.AUTHORISATION),
}
PLACES = {FormField.INTRODUCTION: Place.INTRODUCTION, FormField.ORGANISATION_NAME: Place.ORGANISATION}
"""The fields whose words are looked at."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent at one moment. ``declared_ms``: when each declaration was made."""

    form: ApplicationForm
    declared_ms: dict[Declaration, int]


def seal_form(cipher: FieldCipher, form: ApplicationForm) -> str:
    return cipher.seal(form.model_dump_json())


def open_form(cipher: FieldCipher, sealed: str) -> ApplicationForm:
    """Raises StorageError when the key is another one."""
    return ApplicationForm.model_validate_json(cipher.open(sealed))


def seal_sent(cipher: FieldCipher, sent: Sent) -> str:
    declared = {one.value: at_ms for one, at_ms in sent.declared_ms.items()}
    return cipher.seal(json.dumps({"form": sent.form.model_dump(mode="json"), "declared_ms": declared}))


def open_sent(cipher: FieldCipher, sealed: str) -> Sent:
    """Raises StorageError when the key is another one."""
    raw = json.loads(cipher.open(sealed))
    declared = {Declaration(name): int(at_ms) for name, at_ms in raw["declared_ms"].items()}
    return Sent(ApplicationForm.model_validate(raw["form"]), declared)


def last_sent(db: Db, cipher: FieldCipher, application_id: str) -> Sent:
    """What was sent last, whatever was typed since. Raises Refusal (not_found) when nothing was."""
    query = select(ApplicationStepRow.form_sealed).where(
        ApplicationStepRow.application_id == application_id, ApplicationStepRow.form_sealed.is_not(None)
    )
    sealed = db.scalar(query.order_by(ApplicationStepRow.number.desc()).limit(1))
    if sealed is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    return open_sent(cipher, sealed)


def cleaned(form: ApplicationForm) -> ApplicationForm:
    """As it is sent: plain text and numbers, nothing twice, and of a person nothing that only an organisation has."""
    organisation = {
        "organisation_name": plain_text(form.organisation_name),
        "credit_code": credit_code.cleaned(form.credit_code),
        "licence_image_id": form.licence_image_id,
        "authorisation_image_id": form.authorisation_image_id,
    }
    if form.applicant is ApplicantKind.PERSON:
        organisation = dict.fromkeys(organisation, "")
    return form.model_copy(
        update={
            "scopes": list(dict.fromkeys(form.scopes)),
            "introduction": plain_block(form.introduction),
            "contact_phone": blocklist.plain_phone(form.contact_phone),
            "declarations": [one for one in Declaration if one in form.declarations],
            **organisation,
        }
    )


def require_complete(db: Db, account_id: str, form: ApplicationForm) -> None:
    """Of a cleaned form. Raises Refusal (application_incomplete, credit_code_invalid) with the field."""
    missing = [field for field in FormField if not _is_there(db, account_id, form, field)]
    if missing:
        named = ",".join(field.value for field in missing)
        raise Refusal(ErrorCode.APPLICATION_INCOMPLETE, detail={"field": missing[0].value, "fields": named})
    if form.applicant is ApplicantKind.ORGANISATION and not credit_code.is_valid(form.credit_code):
        raise Refusal(ErrorCode.CREDIT_CODE_INVALID, detail={"field": FormField.CREDIT_CODE.value})


def require_clean_words(checker: Checker, form: ApplicationForm) -> None:
    """Raises Refusal (text_refused) with the field and how many places offend."""
    require_clean(checker, form.introduction, PLACES[FormField.INTRODUCTION], FormField.INTRODUCTION.value)
    if form.organisation_name:
        place = PLACES[FormField.ORGANISATION_NAME]
        require_clean(checker, form.organisation_name, place, FormField.ORGANISATION_NAME.value)


def require_not_blocked(db: Db, cipher: FieldCipher, account: AccountRow, form: ApplicationForm) -> None:
    """Raises Refusal (blocklisted). Which of the numbers is listed is not told: that would be a way to ask."""
    if is_blocked(db, cipher, account, form):
        raise Refusal(ErrorCode.BLOCKLISTED)


def is_blocked(db: Db, cipher: FieldCipher, account: AccountRow, form: ApplicationForm) -> bool:
    """By the phone of the account, the contact phone, or the credit code of the organisation."""
    found = blocklist.is_account_listed(db, cipher, account)
    found = found or blocklist.is_listed(db, cipher, BlockKind.PHONE, form.contact_phone)
    if form.applicant is ApplicantKind.ORGANISATION:
        found = found or blocklist.is_listed(db, cipher, BlockKind.CREDIT_CODE, form.credit_code)
    return found


def require_images(db: Db, account_id: str, form: ApplicationForm, states: Iterable[ImageState]) -> None:
    """Of an organisation. Raises Refusal (state_conflict with the field) for one that is in none of ``states``."""
    if form.applicant is ApplicantKind.ORGANISATION:
        for field in IMAGE_FIELDS:
            if not _has_image(db, account_id, form, field, states):
                raise Refusal(ErrorCode.STATE_CONFLICT, detail={"field": field.value, "why": "image_not_approved"})


def _is_there(db: Db, account_id: str, form: ApplicationForm, field: FormField) -> bool:
    is_organisation = form.applicant is ApplicantKind.ORGANISATION
    match field:
        case FormField.APPLICANT:
            return True
        case FormField.SCOPES:
            return bool(form.scopes)
        case FormField.INTRODUCTION:
            return MIN_INTRODUCTION_CHARS <= len(form.introduction) <= MAX_INTRODUCTION_CHARS
        case FormField.CONTACT_PHONE:
            return blocklist.PHONE.fullmatch(form.contact_phone) is not None
        case FormField.DECLARATIONS:
            return set(form.declarations) == set(Declaration)
        case FormField.ORGANISATION_NAME:
            return not is_organisation or 0 < len(form.organisation_name) <= MAX_ORGANISATION_CHARS
        case FormField.CREDIT_CODE:
            return not is_organisation or bool(form.credit_code)
        case FormField.LICENCE | FormField.AUTHORISATION:
            good = (ImageState.PENDING, ImageState.APPROVED)
            return not is_organisation or _has_image(db, account_id, form, field, good)


def _has_image(db: Db, account_id: str, form: ApplicationForm, field: FormField, states: Iterable[ImageState]) -> bool:
    """Another person's image, and one for another purpose, is none."""
    name, purpose = IMAGE_FIELDS[field]
    image_id = str(getattr(form, name))
    # Anything may stand there; PostgreSQL takes no NUL even to look for it.
    row = db.get(ImageRow, image_id) if image_id.isascii() and image_id.isalnum() else None
    return (
        row is not None
        and row.account_id == account_id
        and row.purpose == purpose.value
        and row.state in {state.value for state in states}
    )
