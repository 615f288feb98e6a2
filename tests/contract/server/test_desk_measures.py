"""Measures on the operator's desk: taken from an anchor's page and from a live one, lifted, and appeals decided."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from server.store.models import AccountRow
from tests.contract.server.applicants import Applicant
from tests.contract.server.kit import Desk, error_code, sign_in
from tests.contract.server.operator_browser import OperatorBrowser, error_of

HAN = re.compile(r"[\u4e00-\u9fff]+")
NEW = "/desk/measures/new"
WISH = {"title": "t", "category": "job_search"}


@pytest.fixture
def browser(desk: Desk) -> OperatorBrowser:
    return OperatorBrowser(desk).enrol()


def take(browser: OperatorBrowser, person_id: str, **typed: str) -> str:
    """The page of the measure."""
    told = {"kind": "limit_broadcast", "rule": "6", "reason": "辱骂他人", "evidence": "“原话”\n第 3 条", **typed}
    reply = browser.submit(f"{NEW}?account={person_id}", NEW, **told)
    assert reply.status_code == 303, error_of(reply)
    assert reply.headers["location"].endswith("?done=measure_taken")
    return str(reply.headers["location"].partition("?")[0])


def colleague(desk: Desk, browser: OperatorBrowser) -> OperatorBrowser:
    wish = {"operator_name": "wang", "nickname": "王运营", "reason": "新同事"}
    made = browser.submit("/desk/operators", "/desk/operators/add", **wish)
    password = re.search(r'class="secret">([^<]+)', made.text)
    assert password is not None
    return OperatorBrowser(desk).enrol("wang", password[1])


def appeal(person: Applicant, page: str, text: str) -> None:
    reply = person.signed.post(f"/me/measures/{page.rpartition('/')[2]}/appeal", {"text": text})
    assert reply.status_code == 201, reply.text


def test_one_is_taken_from_an_anchors_page_and_lifted(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    assert f'href="{NEW}?account={anchor.id}"' in browser.get(f"/desk/anchors/{anchor.id}").text
    form = browser.get(f"{NEW}?account={anchor.id}").text
    assert "切断直播</option>" not in form, "there is nothing to cut off"
    page = take(browser, anchor.id)
    shown = browser.get(page).text
    for words in ("限制直播", "不友善", "辱骂他人", "“原话”", "第 3 条", "直到解除为止", "生效中"):
        assert words in shown
    assert "直播功能受限" in browser.get(f"/desk/anchors/{anchor.id}").text
    assert error_code(anchor.signed.post("/sessions", WISH)) == "limited_broadcast"
    assert page in browser.get("/desk/measures?show=in_force").text
    assert page in browser.get(f"/desk/measures?about={anchor.id}").text
    assert page not in browser.get("/desk/measures?show=appeals").text
    assert browser.submit(page, f"{page}/lift", reason=" ").status_code == 422
    assert browser.submit(page, f"{page}/lift", reason="已整改").status_code == 303
    assert anchor.signed.post("/sessions", WISH).status_code == 201
    assert page not in browser.get("/desk/measures?show=in_force").text
    record = browser.get("/desk/audit?family=measure").text
    assert {"限制直播", "解除处理"} <= set(re.findall(r"<td>([^<]*)</td>", record))


def test_one_is_taken_from_a_live_page(desk: Desk, browser: OperatorBrowser) -> None:
    anchor = sign_in(desk.client)
    session = desk.open_session(anchor)
    desk.go_live(anchor, session["id"])
    link = re.search(rf'href="({NEW}[^"]*)"', browser.get("/desk/live").text)
    assert link is not None
    form = link[1].replace("&amp;", "&")
    assert "切断直播</option>" in browser.get(form).text
    told = {"kind": "cut_off", "rule": "7", "reason": "展示了联系方式", "evidence": ""}
    reply = browser.submit(form, NEW, **told)
    assert reply.status_code == 303
    assert desk.state(session["id"]) == "ended"
    [measure] = anchor.get("/me/measures").json()
    assert (measure["kind"], measure["category"], measure["session_id"]) == ("cut_off", 7, session["id"])
    assert "一次性，没有期限" in browser.get(reply.headers["location"]).text


def test_what_is_posted_twice_is_taken_once_and_what_is_wrong_is_shown_again(
    desk: Desk, browser: OperatorBrowser, anchor: Applicant
) -> None:
    hidden = browser.hidden(f"{NEW}?account={anchor.id}", NEW)
    told = {**hidden, "kind": "warning", "rule": "3", "reason": "原因", "evidence": ""}
    made = [browser.post(NEW, told) for _ in range(2)]
    assert [reply.status_code for reply in made] == [303, 303]
    assert made[0].headers["location"] == made[1].headers["location"]
    assert len(anchor.signed.get("/me/measures").json()) == 1
    for wrong in (
        {"kind": "dream"}, {"kind": ""}, {"rule": "0"}, {"rule": "10"}, {"rule": "x"}, {"until": "soon"},
        {"kind": "correction"}, {"kind": "limit_chat", "until": "2020-01-01T00:00"}, {"reason": " "},
        {"evidence": "\n".join("abcdefghijk")},
    ):  # fmt: skip
        again = {"kind": "limit_chat", "rule": "3", "reason": "写好的原因", "evidence": "写好的依据", **wrong}
        reply = browser.submit(f"{NEW}?account={anchor.id}", NEW, **again)
        assert (reply.status_code, "写好的" in reply.text) == (422, True), wrong
    assert len(anchor.signed.get("/me/measures").json()) == 1
    for nobody in ("", "nobody", "%00", "a%20b"):
        assert browser.get(f"{NEW}?account={nobody}").status_code == 404
    me = desk.read(lambda db: db.scalars(select(AccountRow.id).where(AccountRow.operator_name == "operator")).one())
    assert browser.get(f"{NEW}?account={me}").status_code == 403


def test_an_appeal_is_read_and_decided_by_another_operator(
    desk: Desk, browser: OperatorBrowser, anchor: Applicant
) -> None:
    page, second = take(browser, anchor.id), take(browser, anchor.id, kind="limit_chat")
    other = colleague(desk, browser)
    for one in (page, second):
        appeal(anchor, one, "我没有说过，请看录像")
    waiting = browser.get("/desk/measures?show=appeals").text
    assert page in waiting
    assert "2 件申诉待裁定" in waiting
    mine = browser.get(page).text
    assert "我没有说过，请看录像" in mine
    assert "须由另一位运营裁定" in mine
    assert f"{page}/reverse" not in mine
    assert other.submit(page, f"{page}/reverse", reason=" ").status_code == 422
    assert other.submit(page, f"{page}/reverse", reason="录像里不是本人").status_code == 303
    assert other.submit(second, f"{second}/uphold", reason="录像为证").status_code == 303
    assert anchor.signed.post("/sessions", WISH).status_code == 201
    shown = browser.get(page).text
    assert {"已撤销", "申诉成立"} <= set(re.findall(r'class="pill[^"]*">([^<]*)<', shown))
    assert "录像里不是本人" in shown
    assert "申诉不成立" in browser.get(second).text
    assert page not in browser.get("/desk/measures?show=appeals").text


def test_the_pages_are_for_operators_and_odd_addresses_lead_nowhere(desk: Desk, browser: OperatorBrowser) -> None:
    nobody = OperatorBrowser(desk)
    for path in ("/desk/measures", NEW, "/desk/measures/" + "0" * 16):
        assert nobody.get(path).headers["location"] == "/desk/sign-in"
    assert browser.get("/desk/measures/" + "0" * 16).status_code == 404
    for odd in ("show=x", "about=%00", "about=%27%20OR%201=1", "page=1000"):
        assert browser.get(f"/desk/measures?{odd}").status_code == 200


def test_the_pages_speak_english(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    page = take(browser, anchor.id, reason="rude", evidence="words")
    appeal(anchor, page, "not me")
    nicknames = desk.read(lambda db: list(db.scalars(select(AccountRow.nickname))))
    names = {part for name in nicknames for part in HAN.findall(name)}
    for path in (page, f"{NEW}?account={anchor.id}", "/desk/measures"):
        text = browser.get(f"{path}{'&' if '?' in path else '?'}lang=en").text
        body = text.partition("<main")[2].partition("</main>")[0]
        assert set(HAN.findall(body)) <= names, path
