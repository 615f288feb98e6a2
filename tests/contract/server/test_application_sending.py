"""What an application must have to be sent, and who may see and send it."""

from __future__ import annotations

from typing import Any

import pytest

from app.contract.errors import ErrorCode
from server import blocklist
from server.blocklist import BlockKind
from server.images import review as image_review
from tests.contract.server.applicants import (
    CREDIT_CODE,
    DECLARATIONS,
    INTRODUCTION,
    OTHER_PHONE,
    PHONE,
    Applicant,
    applicant,
    form,
    operator_of,
    write,
)
from tests.contract.server.application_kit import approve, assign, give_back, refused
from tests.contract.server.kit import Desk, error_code, sign_in

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"scopes": []}, "application_incomplete", "scopes"),
        ({"introduction": "太短"}, "application_incomplete", "introduction"),
        ({"introduction": "好\u200b\u202e" * 19}, "application_incomplete", "introduction"),
        ({"introduction": "讲求职。" * 126}, "application_incomplete", "introduction"),
        ({"contact_phone": "021-6666 8888"}, "application_incomplete", "contact_phone"),
        ({"contact_phone": "1370013700"}, "application_incomplete", "contact_phone"),
        ({"declarations": DECLARATIONS[:3]}, "application_incomplete", "declarations"),
        ({"declarations": ["truthful"] * 4}, "application_incomplete", "declarations"),
        ({"applicant": "organisation"}, "application_incomplete", "organisation_name"),
        ({"introduction": INTRODUCTION + "加微信 abc12345 聊"}, "text_refused", "introduction"),
    ],
)
def test_what_is_missing_or_must_not_be_is_named(desk: Desk, changes: dict[str, Any], code: str, field: str) -> None:
    person = applicant(desk)
    person.begin()
    person.save(form(**changes), 0)
    reply = person.submit(1)
    assert (reply.status_code, error_code(reply)) == (422, code)
    assert reply.json()["error"]["detail"]["field"] == field
    assert person.mine()["state"] == "draft"
    assert person.kinds() == []


def test_a_number_is_taken_however_it_is_typed(desk: Desk) -> None:
    person = applicant(desk)
    sent = person.send(contact_phone=" +86 137-0013 ７０００ ", scopes=["other", "other"], organisation_name="不该留下")
    kept = sent["form"]
    assert (kept["contact_phone"], kept["scopes"], kept["organisation_name"]) == ("13700137000", ["other"], "")


def test_an_organisation_shows_its_own_licence(desk: Desk) -> None:
    person, other, operator = applicant(desk), applicant(desk, OTHER_PHONE), operator_of(desk)
    whole = person.organisation()
    foreign = other.upload("licence").json()["id"]
    avatar = person.upload("avatar").json()["id"]
    person.begin()
    for changes, code, field in (
        ({"credit_code": "9135 0100 m000 100y 44"}, "credit_code_invalid", "credit_code"),
        ({"credit_code": ""}, "application_incomplete", "credit_code"),
        ({"licence_image_id": foreign}, "application_incomplete", "licence"),
        ({"licence_image_id": avatar}, "application_incomplete", "licence"),
        ({"licence_image_id": whole["authorisation_image_id"]}, "application_incomplete", "licence"),
        ({"licence_image_id": "\x00"}, "application_incomplete", "licence"),
        ({"authorisation_image_id": "0" * 16}, "application_incomplete", "authorisation"),
        ({"organisation_name": "字节跳动官方客服"}, "text_refused", "organisation_name"),
    ):
        person.save(whole | changes)
        reply = person.submit()
        assert error_code(reply) == code, changes
        assert reply.json()["error"]["detail"]["field"] == field
    person.save(whole | {"credit_code": "9135-0100 m000 100y43"})
    sent = person.submit().json()
    assert sent["form"]["credit_code"] == CREDIT_CODE
    # While it is looked at, what was shown stays as it is.
    assert error_code(person.upload("licence")) == "application_locked"
    assert error_code(person.signed.delete("/me/images/authorisation")) == "application_locked"

    assign(desk, operator, sent["id"])
    with refused(ErrorCode.STATE_CONFLICT):
        approve(desk, operator, sent)
    write(desk, lambda tx: image_review.approve(tx, operator, whole["licence_image_id"]))
    with refused(ErrorCode.STATE_CONFLICT):
        approve(desk, operator, sent)
    write(desk, lambda tx: image_review.approve(tx, operator, whole["authorisation_image_id"]))
    approve(desk, operator, sent)
    assert "anchor" in person.account()["roles"]


def test_the_blocklisted_may_not_apply(desk: Desk) -> None:
    person, operator, cipher = applicant(desk), operator_of(desk), desk.services.cipher
    for kind, value, content in (
        (BlockKind.PHONE, PHONE, form()),
        (BlockKind.PHONE, "137 0013 7000", form()),
        (BlockKind.CREDIT_CODE, CREDIT_CODE, person.organisation()),
    ):
        entry = write(desk, lambda tx, k=kind, v=value: blocklist.add(tx, operator, cipher, k, v, "失信"))  # type: ignore[misc]
        person.begin()
        person.save(content)
        reply = person.submit()
        assert error_code(reply) == "blocklisted"
        assert reply.json()["error"]["detail"] == {}, "which one is not told"
        write(desk, lambda tx, e=entry: blocklist.remove(tx, operator, e.id, "已核实"))  # type: ignore[misc]
    sent = person.submit().json()
    assign(desk, operator, sent["id"])
    write(desk, lambda tx: blocklist.add(tx, operator, cipher, BlockKind.PHONE, PHONE, "失信"))
    with refused(ErrorCode.BLOCKLISTED):
        approve(desk, operator, sent)
    assert person.mine()["state"] == "in_review"


def test_sent_twice_with_one_key_is_sent_once(desk: Desk) -> None:
    person = applicant(desk)
    person.begin()
    person.save(form(), 0)
    first, second = person.submit(1, "k1"), person.submit(1, "k1")
    assert first.json() == second.json()
    assert person.kinds() == ["application_received"]
    assert error_code(person.submit(2, "k1")) == "idempotency_mismatch"
    assert error_code(person.submit(1, "k2")) == "application_locked"
    assert error_code(person.submit(1)) == "application_locked"


def test_only_so_many_are_sent_a_day(desk: Desk) -> None:
    person, operator = applicant(desk), operator_of(desk)
    sent = person.send()
    for _ in range(4):
        assign(desk, operator, sent["id"])
        give_back(desk, operator, sent, introduction="再改")
        sent = person.submit().json()
    assign(desk, operator, sent["id"])
    give_back(desk, operator, sent, introduction="再改")
    reply = person.submit()
    assert (reply.status_code, error_code(reply)) == (429, "rate_limited")
    assert 86_000 < int(reply.headers["retry-after"]) <= 86_401
    desk.clock.advance(int(reply.headers["retry-after"]))
    person = Applicant(desk, sign_in(desk.client, PHONE))
    assert person.submit().json()["state"] == "submitted"


# ---- whose it is -------------------------------------------------------------------------------------


def test_nobody_gets_at_what_is_anothers(desk: Desk) -> None:
    person, other = applicant(desk), applicant(desk, OTHER_PHONE)
    person.send()
    assert error_code(other.signed.get("/me/application")) == "not_found"
    assert other.signed.get("/me/applications").json() == []
    assert error_code(other.save(form(), 0)) == "not_found"
    assert error_code(other.submit(1)) == "not_found"
    assert other.signed.get("/me/inbox").json()["messages"] == []
    # The same key of another person is another key.
    mine = other.send()
    assert mine["id"] != person.mine()["id"]


def test_without_a_sign_in_there_is_nothing(desk: Desk) -> None:
    client = desk.client
    for method, path in (
        ("GET", "/me/application"), ("GET", "/me/applications"), ("POST", "/me/application"),
        ("PUT", "/me/application/draft"), ("POST", "/me/application/submit"), ("POST", "/me/text-check"),
        ("GET", "/me/images"), ("PUT", "/me/images/avatar"), ("DELETE", "/me/images/avatar"),
    ):  # fmt: skip
        assert error_code(client.request(method, f"/api/v1{path}")) == "not_signed_in"


def test_a_device_that_was_ended_changes_nothing(desk: Desk) -> None:
    person = applicant(desk)
    person.begin()
    elsewhere = Applicant(desk, sign_in(desk.client, PHONE, device="laptop"))
    elsewhere.signed.delete(f"/me/devices/{person.signed.pair['device_id']}")
    assert error_code(person.save(form(), 0)) == "device_ended"
    assert error_code(person.upload("avatar")) == "device_ended"


def test_a_page_that_is_not_ours_cannot_send_for_somebody(desk: Desk) -> None:
    person = applicant(desk)
    person.begin()
    cookies = {"ad_access": person.signed.pair["access_token"]}
    desk.client.cookies.update(cookies)
    try:
        bare = desk.client.post("/api/v1/me/application/submit", json={"revision": 0})
        foreign = desk.client.post(
            "/api/v1/me/application/submit", json={"revision": 0}, headers={"Origin": "http://evil.example"}
        )
    finally:
        desk.client.cookies.clear()
    assert (error_code(bare), error_code(foreign)) == ("origin_refused", "origin_refused")


# ---- limits ------------------------------------------------------------------------------------------


def test_too_fast_is_told_with_a_time(desk: Desk) -> None:
    person = applicant(desk)
    person.begin()
    limits = desk.config.limits
    for path, body, burst in (
        ("/me/text-check", {"field": "introduction", "text": "你好"}, limits.text_check_burst),
        ("/me/application", {"kind": "first"}, limits.draft_burst),
        ("/me/application/submit", {"revision": 99}, limits.submit_burst),
    ):
        replies = [person.signed.post(path, body) for _ in range(burst + 1)]
        assert replies[-1].status_code == 429, path
        assert int(replies[-1].headers["retry-after"]) >= 1
        assert replies[-1].json()["error"]["detail"]["retry_after_s"] >= 1
    other = applicant(desk, OTHER_PHONE)
    assert other.begin().status_code == 200, "another person does not wait"


def test_ten_megabytes_of_text_are_refused(desk: Desk) -> None:
    person = applicant(desk)
    person.begin()
    assert error_code(person.save(form(introduction="字" * 3_500_000), 0)) == "too_large"
    assert error_code(person.save(form(introduction="字" * 2001), 0)) == "input_invalid"
    assert error_code(person.save(form(scopes=["other"] * 9), 0)) == "input_invalid"
    assert error_code(person.signed.post("/me/text-check", {"field": "introduction", "text": "字" * 2001})) == (
        "input_invalid"
    )
    half = desk.client.put(
        "/api/v1/me/application/draft",
        content=b'{"base_revision":0,"form":{"introduction":"\\ud800"}}',
        headers={**person.signed.headers, "Content-Type": "application/json"},
    )
    assert half.status_code in (200, 422)


# ---- words -------------------------------------------------------------------------------------------


def test_offending_words_are_marked_at_their_place(desk: Desk) -> None:
    person = applicant(desk)
    text = "😀 大家好，加我微信 abc12345 领取资料"
    found = person.signed.post("/me/text-check", {"field": "introduction", "text": text}).json()["findings"]
    assert [one["label"] for one in found] == ["contact"]
    assert "微信" in text[found[0]["start"] : found[0]["end"]]
    for field, words in (("contact_phone", "13700137000"), ("introduction", INTRODUCTION)):
        assert person.signed.post("/me/text-check", {"field": field, "text": words}).json() == {"findings": []}


def test_names_and_titles_are_looked_at_too(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    bad = anchor.client.patch("/api/v1/me", json={"nickname": "平台官方客服"}, headers=anchor.headers)
    assert (bad.status_code, error_code(bad)) == (422, "text_refused")
    assert bad.json()["error"]["detail"]["field"] == "nickname"
    harmless = "<b>林晓</b>"
    good = anchor.client.patch("/api/v1/me", json={"nickname": harmless}, headers=anchor.headers)
    assert good.json()["nickname"] == harmless
    title = anchor.post("/sessions", {"title": "加微信13800138000领资料", "category": "other"})
    assert (error_code(title), title.json()["error"]["detail"]["field"]) == ("text_refused", "title")


# ---- operators ---------------------------------------------------------------------------------------
