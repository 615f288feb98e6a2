"""What a form lacks, which fields changed, and marks that keep to their words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.applications import ApplicationForm, TextFinding
from app.contract.rest import Category
from app.domain.application import ApplicantKind, Declaration, FormField
from app.i18n import load_texts
from app.usecases.form_check import VALUES, WORDS_FAULT, changed_fields, fault_id, faults_of
from app.usecases.text_marks import moved

PERSON = ApplicationForm(
    scopes=[Category.OUTFIT], introduction="字" * 20, contact_phone="13800138000", declarations=list(Declaration)
)
ORGANISATION = PERSON.model_copy(
    update={
        "applicant": ApplicantKind.ORGANISATION,
        "organisation_name": "某某咨询有限公司",
        "credit_code": "91350100M000100Y43",
        "licence_image_id": "i1",
        "authorisation_image_id": "i2",
    }
)


def test_what_is_complete_lacks_nothing() -> None:
    assert faults_of(PERSON) == {}
    assert faults_of(ORGANISATION) == {}


def test_an_empty_form_lacks_what_a_person_must_say() -> None:
    assert set(faults_of(ApplicationForm())) == {
        FormField.SCOPES, FormField.INTRODUCTION, FormField.CONTACT_PHONE, FormField.DECLARATIONS,
    }  # fmt: skip


@pytest.mark.parametrize(("name", "value", "field"), [
    ("scopes", [], FormField.SCOPES),
    ("introduction", " " * 30 + "短", FormField.INTRODUCTION),
    ("introduction", "长" * 501, FormField.INTRODUCTION),
    ("contact_phone", "1380013800", FormField.CONTACT_PHONE),
    ("declarations", list(Declaration)[1:], FormField.DECLARATIONS),
    ("organisation_name", "  ", FormField.ORGANISATION_NAME),
    ("organisation_name", "名" * 81, FormField.ORGANISATION_NAME),
    ("credit_code", "91350100M000100Y4", FormField.CREDIT_CODE),
    ("credit_code", "91350100M000100Y44", FormField.CREDIT_CODE),
    ("licence_image_id", "", FormField.LICENCE),
    ("authorisation_image_id", "", FormField.AUTHORISATION),
])  # fmt: skip
def test_each_fault_is_named(name: str, value: object, field: FormField) -> None:
    form = ORGANISATION.model_copy(update={name: value})
    assert faults_of(form) == {field: fault_id(field)}
    assert changed_fields(ORGANISATION, form) == {field}


@pytest.mark.parametrize("phone", ["138 0013 8000", "+86 138-0013-8000", "１３８００１３８０００", "008613800138000"])
def test_a_number_is_one_however_it_is_written(phone: str) -> None:
    assert faults_of(PERSON.model_copy(update={"contact_phone": phone})) == {}


def test_every_field_has_a_value_and_a_sentence() -> None:
    assert set(VALUES) == set(FormField)
    assert set(VALUES.values()) == set(ApplicationForm.model_fields)
    ids = {fault_id(field) for field in FormField} | {WORDS_FAULT}
    assert ids - set(load_texts("zh")) == set()


@given(st.text("加微信我", max_size=12), st.text("加微信我", max_size=12), st.integers(0, 12), st.integers(1, 4))
def test_marks_stay_on_their_words_or_go(old: str, new: str, start: int, length: int) -> None:
    found = TextFinding(start=start, end=start + length, label="contact")
    if found.end > len(old):
        return
    for one in moved((found,), old, new):
        assert new[one.start : one.end] == old[start : start + length]
    assert moved((found,), old, old) == (found,)
    assert moved((found,), old, "前" + old) == (
        TextFinding(start=start + 1, end=start + length + 1, label="contact"),
    )  # fmt: skip
