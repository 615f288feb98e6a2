"""The life of an application: drafts, sending, returns, approval, changes of scope."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.contract.errors import ErrorCode
from server.applications import queue
from server.store.way_models import ApplicationRow, ApplicationStepRow, ScopeRow
from tests.contract.server.applicants import (
    DECLARATIONS,
    INTRODUCTION,
    OTHER_PHONE,
    PHONE,
    Applicant,
    applicant,
    form,
    operator_of,
    verify,
)
from tests.contract.server.application_kit import accepted, approve, assign, give_back, refused, reject
from tests.contract.server.kit import Desk, error_code, sign_in

pytestmark = pytest.mark.slow


def test_from_the_first_word_to_a_broadcast(desk: Desk) -> None:
    person = applicant(desk)
    operator = operator_of(desk)
    begun = person.begin().json()
    assert (begun["state"], begun["revision"], begun["form"]["introduction"]) == ("draft", 0, "")
    assert person.begin().json()["id"] == begun["id"], "beginning again gives the open one"
    saved = person.save(form(introduction="还没写完"), 0).json()
    assert (saved["revision"], saved["form"]["introduction"]) == (1, "还没写完")
    person.save(form(), 1)
    desk.clock.advance(60)
    sent = person.submit(2).json()
    assert (sent["state"], sent["form"]["introduction"]) == ("submitted", INTRODUCTION)
    assert error_code(person.save(form(), 2)) == "application_locked"

    assign(desk, operator, sent["id"])
    assert person.mine()["consultant"] == "平台运营"
    desk.clock.advance(60)
    give_back(desk, operator, sent, introduction="请写明从业年限", contact_phone="号码打不通")
    returned = person.mine()
    assert (returned["state"], returned["comment"]) == ("returned", "请看说明")
    assert returned["reasons"] == [
        {"field": "introduction", "reason": "请写明从业年限"},
        {"field": "contact_phone", "reason": "号码打不通"},
    ]
    mended = person.save(form(introduction=INTRODUCTION + "从业八年。")).json()
    assert (mended["state"], mended["revision"]) == ("returned", 3)
    again = person.submit(3).json()
    assert (again["state"], again["reasons"]) == ("submitted", [])

    assign(desk, operator, sent["id"])
    assert "anchor" not in person.account()["roles"]
    approve(desk, operator, again, "欢迎")
    done = person.mine()
    assert [step["state"] for step in done["history"]] == [
        "submitted", "in_review", "returned", "submitted", "in_review", "approved",
    ]  # fmt: skip
    assert done["history"][2]["reasons"] == returned["reasons"]
    assert done["comment"] == "欢迎"
    account = person.account()
    assert (account["roles"], account["scopes"]) == (["anchor", "viewer"], ["job_search", "experience"])
    assert person.kinds() == [
        "application_received", "application_in_review", "application_returned",
        "application_received", "application_in_review", "application_approved",
    ]  # fmt: skip
    newest = person.signed.get("/me/inbox").json()["messages"][0]
    assert (newest["place"], newest["params"]) == ("live", {"comment": "欢迎"})
    steps = {step["id"]: step["state"] for step in person.signed.get("/me/onboarding").json()["steps"]}
    assert steps == {
        "agreement": "done", "identity": "done", "application": "done", "review": "done", "face": "current",
        "schedule": "later",
    }  # fmt: skip
    wish = {"title": "简历怎么写", "category": "job_search"}
    assert error_code(person.signed.post("/sessions", wish)) == "face_missing"
    verify(desk, person)
    assert person.signed.post("/sessions", wish).status_code == 201
    steps = {step["id"]: step["state"] for step in person.signed.get("/me/onboarding").json()["steps"]}
    assert set(steps.values()) == {"done"}


def test_every_decision_is_audited_with_who_and_why(desk: Desk) -> None:
    person, operator = applicant(desk), operator_of(desk)
    application = accepted(desk, person, operator)
    actions = [action for action, subject, _ in desk.audited() if subject == application["id"]]
    assert sorted(actions) == ["application.approved", "application.assigned"]
    assert ("role.granted.anchor", person.id, f"application {application['id']} was approved") in desk.audited()


def test_what_was_sent_is_kept_with_each_step_and_each_declaration_dated(desk: Desk) -> None:
    person, operator = applicant(desk), operator_of(desk)
    first = person.send()
    assign(desk, operator, first["id"])
    give_back(desk, operator, first, introduction="再写详细")
    desk.clock.advance(300)
    person.save(form(introduction=INTRODUCTION + "第二稿。"))
    person.submit()
    person_second = person.mine()
    cipher = desk.services.cipher
    found = desk.read(lambda db: queue.detail(db, operator, cipher, first["id"]))
    sent = [step.sent.introduction for step in found.history if step.sent is not None]
    assert sent == [INTRODUCTION, INTRODUCTION + "第二稿。"]
    assert {one.value for one in found.declared_at} == set(DECLARATIONS)
    assert {at.isoformat() for at in found.declared_at.values()} == {found.entry.submitted_at.isoformat()}
    assert found.form.contact_phone == "137****7000"
    assert found.account_phone_masked == "139****0011"
    assert person_second["history"][-1]["state"] == "submitted"


def test_what_is_typed_after_a_return_is_not_seen_by_operators_before_it_is_sent(desk: Desk) -> None:
    person, operator = applicant(desk), operator_of(desk)
    first = person.send()
    assign(desk, operator, first["id"])
    give_back(desk, operator, first, introduction="再写详细")
    person.save(form(introduction="只给自己看的草稿"))
    cipher = desk.services.cipher
    assert desk.read(lambda db: queue.detail(db, operator, cipher, first["id"])).form.introduction == INTRODUCTION


def test_the_rejected_may_begin_anew_with_what_they_wrote(desk: Desk) -> None:
    person, operator = applicant(desk), operator_of(desk)
    first = person.send()
    assign(desk, operator, first["id"])
    with refused(ErrorCode.INPUT_INVALID):
        reject(desk, operator, first, " \n ")
    reject(desk, operator, first)
    assert (person.mine()["state"], person.mine()["comment"]) == ("rejected", "资料不实")
    assert error_code(person.save(form(), 1)) == "application_locked"
    second = person.begin().json()
    assert second["id"] != first["id"]
    assert (second["form"]["introduction"], second["form"]["declarations"]) == (INTRODUCTION, [])
    assert person.mine()["id"] == second["id"]
    assert [one["id"] for one in person.signed.get("/me/applications").json()] == [second["id"], first["id"]]


def test_a_change_of_scope_leaves_what_is_approved_until_it_is_decided(desk: Desk) -> None:
    person, operator = applicant(desk), operator_of(desk)
    assert error_code(person.begin("scope_change")) == "not_an_anchor"
    accepted(desk, person, operator)
    verify(desk, person)
    assert error_code(person.begin()) == "state_conflict"
    desk.clock.advance(1)
    change = person.begin("scope_change").json()
    assert (change["kind"], change["form"]["introduction"]) == ("scope_change", INTRODUCTION)
    person.save(form(scopes=["outfit", "job_search"]))
    sent = person.submit().json()
    assign(desk, operator, sent["id"])
    assert person.account()["scopes"] == ["job_search", "experience"]
    assert error_code(person.signed.post("/sessions", {"title": "t", "category": "outfit"})) == "out_of_scope"
    approve(desk, operator, sent)
    assert person.account()["scopes"] == ["job_search", "outfit"]
    rows = desk.read(lambda db: list(db.scalars(select(ScopeRow.category).where(ScopeRow.account_id == person.id))))
    assert sorted(rows) == ["job_search", "outfit"]
    desk.clock.advance(1)
    second = person.begin("scope_change").json()
    person.save(form(scopes=["other"]))
    last = person.submit().json()
    assert second["id"] == last["id"]
    assign(desk, operator, last["id"])
    reject(desk, operator, last)
    assert person.account()["scopes"] == ["job_search", "outfit"], "a rejected change changes nothing"


# ---- drafts ------------------------------------------------------------------------------------------


def test_two_machines_do_not_overwrite_each_other_unseen(desk: Desk) -> None:
    person = applicant(desk)
    elsewhere = Applicant(desk, sign_in(desk.client, PHONE, device="laptop"))
    person.begin()
    assert person.save(form(introduction="这台"), 0).json()["revision"] == 1
    conflict = elsewhere.save(form(introduction="那台"), 0)
    assert error_code(conflict) == "draft_conflict"
    assert conflict.json()["error"]["detail"] == {"revision": 1}
    assert person.mine()["form"]["introduction"] == "这台"
    assert elsewhere.save(form(introduction="那台"), 0, replaces=True).json()["revision"] == 2
    assert error_code(person.submit(1)) == "draft_conflict", "nobody sends what they did not see"


def test_a_draft_is_given_back_as_it_was_typed(desk: Desk) -> None:
    person = applicant(desk)
    person.begin()
    typed = form(
        introduction="第一行\r\n\r\n  第二行\u200b\u202e <script>alert(1)</script> \x00 '; DROP TABLE applications; --",
        contact_phone="+86 137",
        licence_image_id="../../etc/passwd",
        organisation_name="{{7*7}}%s",
    )
    assert person.save(typed, 0).status_code == 200
    kept = person.mine()["form"]
    assert {name: kept[name] for name in typed} == typed


def test_a_draft_waits_for_no_agreement_but_sending_does(desk: Desk) -> None:
    person = applicant(desk, has_accepted=False)
    assert person.begin().status_code == 200
    assert person.save(form(), 0).status_code == 200
    assert error_code(person.submit(1)) == "agreement_missing"
    person.accept()
    assert error_code(person.submit(1)) == "identity_missing"
    person.identify()
    assert person.submit(1).json()["state"] == "submitted"


def test_nothing_personal_lies_open_in_the_database(desk: Desk) -> None:
    person = applicant(desk)
    person.send()
    rows = desk.read(
        lambda db: [str(vars(row)) for kind in (ApplicationRow, ApplicationStepRow) for row in db.scalars(select(kind))]
    )
    assert rows
    for row in rows:
        assert "13700137000" not in row
        assert "招聘" not in row


def test_a_draft_that_nobody_touched_for_half_a_year_is_forgotten(desk: Desk) -> None:
    person, other = applicant(desk), applicant(desk, OTHER_PHONE)
    person.begin()
    person.save(form(), 0)
    other.send()
    desk.clock.advance(181 * 24 * 3600)
    desk.run(desk.services.housekeep)
    person, other = (Applicant(desk, sign_in(desk.client, phone)) for phone in (PHONE, OTHER_PHONE))
    assert error_code(person.signed.get("/me/application")) == "not_found"
    assert other.mine()["state"] == "submitted"


# ---- sending -----------------------------------------------------------------------------------------
