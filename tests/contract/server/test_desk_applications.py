"""Applications and images at the operator's desk: the whole way of one, and what its pages refuse and show."""

from __future__ import annotations

import re

import pytest

from app.domain.measures import MeasureKind
from tests.contract.server.applicants import OTHER_PHONE, Applicant, applicant, form, second_operator, write
from tests.contract.server.kit import Desk
from tests.contract.server.measures_kit import lift, taken
from tests.contract.server.operator_browser import OperatorBrowser, error_of

pytestmark = pytest.mark.slow

QUEUE = "/desk/applications"


@pytest.fixture
def browser(desk: Desk) -> OperatorBrowser:
    return OperatorBrowser(desk).enrol()


@pytest.fixture
def person(desk: Desk) -> Applicant:
    return applicant(desk)


def assigned(browser: OperatorBrowser, application_id: str) -> str:
    """Address of the application, which this operator has taken on."""
    page = f"{QUEUE}/{application_id}"
    me = re.search(r'<option value="([0-9a-f]+)" selected>', browser.get(page).text)
    assert me is not None
    assert browser.submit(page, f"{page}/assign", consultant_id=me[1]).status_code == 303
    return page


def test_an_application_is_returned_mended_and_approved(browser: OperatorBrowser, person: Applicant) -> None:
    sent = person.send()
    queue = browser.get(QUEUE).text
    assert sent["id"] in queue
    assert "待处理 1" in queue
    page = assigned(browser, sent["id"])
    assert person.mine()["state"] == "in_review"
    shown = browser.get(page).text
    assert "做过八年招聘" in shown
    assert "137****7000" in shown
    assert "13700137000" not in shown

    body = {"reasons.introduction": "请写明在哪些公司做过", "comment": "其余都好"}
    assert browser.submit(page, f"{page}/return", **body).status_code == 303
    mine = person.mine()
    assert (mine["state"], mine["reasons"]) == (
        "returned", [{"field": "introduction", "reason": "请写明在哪些公司做过"}],
    )  # fmt: skip
    assert "待处理 0" in browser.get(QUEUE).text
    assert sent["id"] in browser.get(f"{QUEUE}?show=returned").text

    person.save(form(introduction="做过八年招聘，在两家公司带过团队，讲过两百场模拟面试，擅长简历。"))
    assert person.submit().status_code == 200
    assert assigned(browser, sent["id"]) == page
    assert browser.submit(page, f"{page}/approve", comment="欢迎").status_code == 303
    assert person.account()["scopes"] == ["job_search", "experience"]
    assert "anchor" in person.account()["roles"]
    assert person.kinds()[-1] == "application_approved"
    history = browser.get(page).text
    for words in ("请写明在哪些公司做过", "欢迎", "当时提交的内容"):
        assert words in history


def test_nobody_becomes_an_anchor_while_their_account_is_closed(
    desk: Desk, browser: OperatorBrowser, person: Applicant
) -> None:
    operator = write(desk, lambda tx: second_operator(tx, desk.services.cipher))
    page = assigned(browser, person.send()["id"])
    measure_id = taken(desk, operator, person.id, MeasureKind.CLOSING)
    refused = browser.submit(page, f"{page}/approve")
    assert refused.status_code == 409
    assert "账号已因违规被封禁" in refused.text
    lift(desk, operator, measure_id)
    assert browser.submit(page, f"{page}/approve").status_code == 303


def test_a_decision_needs_a_consultant_and_something_to_say(browser: OperatorBrowser, person: Applicant) -> None:
    sent = person.send()
    page = f"{QUEUE}/{sent['id']}"
    csrf = browser.hidden(page, f"{page}/assign")["csrf"]
    early = browser.post(f"{page}/approve", {"csrf": csrf, "revision": str(sent["revision"])})
    assert early.status_code == 409
    assigned(browser, sent["id"])
    empty = browser.submit(page, f"{page}/return", comment="写了很多字的说明", action="return")
    assert empty.status_code == 422
    assert "至少写明一处" in error_of(empty)
    assert "写了很多字的说明" in empty.text
    assert browser.submit(page, f"{page}/reject", comment="  ").status_code == 422
    assert person.mine()["state"] == "in_review"
    assert browser.submit(page, f"{page}/reject", comment="资料与本人不符").status_code == 303
    assert (person.mine()["state"], person.mine()["comment"]) == ("rejected", "资料与本人不符")


def test_what_another_operator_decided_meanwhile_is_not_decided_again(
    browser: OperatorBrowser, person: Applicant
) -> None:
    sent = person.send()
    page = assigned(browser, sent["id"])
    stale = browser.hidden(page, f"{page}/reject")
    assert browser.submit(page, f"{page}/approve").status_code == 303
    late = browser.post(f"{page}/reject", {**stale, "comment": "不行"})
    assert late.status_code == 409
    assert "其他人" in error_of(late)
    assert person.mine()["state"] == "approved"
    for revision in ("999", "", "-1", "x", "9" * 30):
        assert browser.post(f"{page}/approve", {**stale, "revision": revision}).status_code in {409, 422}


def test_a_contact_is_noted_once_however_often_the_button_is_pressed(
    browser: OperatorBrowser, person: Applicant
) -> None:
    sent = person.send()
    page = f"{QUEUE}/{sent['id']}"
    wish = {
        **browser.hidden(page, f"{page}/contact"),
        "channel": "phone",
        "note": "<script>alert(1)</script>\n约好周三",
    }
    for _ in range(3):
        assert browser.post(f"{page}/contact", wish).status_code == 303
    shown = browser.get(page).text
    assert shown.count("约好周三") == 1
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert browser.submit(page, f"{page}/contact", channel="telepathy", note="x").status_code == 422
    # The applicant does not read it.
    assert "约好周三" not in str(person.mine())


def test_a_decision_that_was_pressed_twice_is_made_once_and_told_as_done(
    browser: OperatorBrowser, person: Applicant
) -> None:
    sent = person.send()
    page = assigned(browser, sent["id"])
    wish = {**browser.hidden(page, f"{page}/approve"), "comment": "欢迎"}
    for _ in range(2):
        reply = browser.post(f"{page}/approve", wish)
        assert (reply.status_code, reply.headers["location"]) == (303, f"{page}?done=approved")
    assert person.kinds().count("application_approved") == 1
    # Other words from the same page are another wish.
    assert browser.post(f"{page}/approve", {**wish, "comment": "又一次"}).status_code == 409


def test_whole_numbers_are_shown_for_a_reason_which_is_recorded(
    desk: Desk, browser: OperatorBrowser, person: Applicant
) -> None:
    sent = person.send()
    page = f"{QUEUE}/{sent['id']}"
    assert browser.submit(page, f"{page}/phone", phone_reason=" ").status_code == 422
    shown = browser.submit(page, f"{page}/phone", phone_reason="核对身份")
    assert shown.status_code == 200
    assert "13700137000" in shown.text
    assert "13900000011" in shown.text
    assert ("application.phone_shown", sent["id"], "核对身份") in desk.audited()
    assert "13700137000" not in browser.get(page).text
    record = browser.get(f"/desk/audit?about={sent['id']}").text
    assert "查看号码" in record
    assert "核对身份" in record


def test_drafts_are_nobodys_but_the_applicants(browser: OperatorBrowser, person: Applicant) -> None:
    person.begin()
    person.save(form(introduction="还没有想好要不要提交的一段介绍文字，谁也不该看到。"))
    draft_id = person.mine()["id"]
    assert draft_id not in browser.get(QUEUE).text
    assert browser.get(f"{QUEUE}/{draft_id}").status_code == 404


def test_images_are_looked_at_before_an_organisation_is_approved(browser: OperatorBrowser, person: Applicant) -> None:
    assert person.begin().status_code == 200
    assert person.save(person.organisation()).status_code == 200
    sent = person.submit().json()
    page = assigned(browser, sent["id"])
    refused = browser.submit(page, f"{page}/approve")
    assert refused.status_code == 409
    assert "图片还没有通过审核" in error_of(refused)
    ids = re.findall(r"/desk/images/([0-9a-f]+)/approve", browser.get("/desk/images").text)
    assert len(ids) == 2
    for image_id in ids:
        picture = browser.get(f"/desk/images/{image_id}/picture")
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
        assert picture.headers["Cache-Control"] == "private, no-store"
        assert browser.submit("/desk/images", f"/desk/images/{image_id}/approve").status_code == 303
    assert browser.submit(page, f"{page}/approve").status_code == 303
    assert "启航职业咨询" in browser.get(page).text


def test_an_avatar_is_refused_with_a_reason(desk: Desk, browser: OperatorBrowser, person: Applicant) -> None:
    image_id = person.upload("avatar").json()["id"]
    action = f"/desk/images/{image_id}/refuse"
    hidden = browser.hidden("/desk/images", action)
    assert browser.post(action, {**hidden, "reason": ""}).status_code == 422
    assert browser.post(action, {**hidden, "reason": "不是本人"}).status_code == 303
    assert person.kinds()[-1] == "image_refused"
    assert "不是本人" in browser.get("/desk/images?show=refused").text
    # Somebody who is not signed in to the desk does not see it.
    assert OperatorBrowser(desk).get(f"/desk/images/{image_id}/picture").status_code == 303
    assert applicant(desk, OTHER_PHONE, has_accepted=False).image(image_id).status_code == 404


def test_long_and_odd_names_do_no_harm(browser: OperatorBrowser, person: Applicant) -> None:
    body = {"nickname": "<b onmouseover=alert(1)>我</b>"}
    person.signed.client.patch("/api/v1/me", json=body, headers=person.signed.headers)
    person.send()
    queue = browser.get(QUEUE).text
    assert "<b onmouseover" not in queue


def test_odd_addresses_are_answered_with_a_page(browser: OperatorBrowser) -> None:
    for query in ("show=nonsense", "page=99999", "page=-1", "show=" + "x" * 100):
        reply = browser.get(f"{QUEUE}?{query}")
        assert reply.status_code in {200, 404}
        assert reply.headers["content-type"].startswith("text/html")
