"""The desk's pages of face checks (身份核验) and anchors (主播): what is shown when, and what odd forms come to."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.contract.errors import ErrorCode
from app.contract.rest import Role
from app.domain.china_time import CHINA
from app.domain.face_check import FaceMethod
from server.accounts import people
from server.accounts.operators import new_password
from server.gate import Person
from server.identity import acts, face, queue
from server.store.identity_models import FaceCheckRow
from tests.contract.server.applicants import (
    OTHER_PHONE,
    PHONE,
    Applicant,
    applicant,
    make_anchor,
    number_for,
    operator_of,
    verify,
    write,
)
from tests.contract.server.application_kit import refused
from tests.contract.server.kit import Desk
from tests.contract.server.operator_browser import OperatorBrowser, error_of

pytestmark = pytest.mark.slow

SEEN = "视频通话，本人出示身份证，照片与号码一致"
HAN = re.compile(r"[\u4e00-\u9fff]+")
CELL = re.compile(r"<td[^>]*>\s*([^<\s][^<]*?)\s*</td>")


@pytest.fixture
def browser(desk: Desk) -> OperatorBrowser:
    return OperatorBrowser(desk).enrol()


@pytest.fixture
def second(desk: Desk) -> OperatorBrowser:
    """Another operator at another machine."""
    password = new_password()
    hashed = people.hash_password(password)
    write(desk, lambda tx: people.add_operator(tx, "second", hashed, "复核运营", "test").id)
    return OperatorBrowser(desk).enrol("second", password)


@pytest.fixture
def anchor(desk: Desk) -> Applicant:
    return anchor_at(desk)


def anchor_at(desk: Desk, phone: str = PHONE) -> Applicant:
    person = applicant(desk, phone)
    make_anchor(desk, person)
    return person


def ask(person: Applicant) -> str:
    reply = person.signed.post("/me/face-check", {"method": "live_call"})
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def local(desk: Desk, **ahead: float) -> str:
    return (desk.clock.utc() + timedelta(**ahead)).astimezone(CHINA).strftime("%Y-%m-%dT%H:%M")


def forms_of(browser: OperatorBrowser, path: str) -> set[str]:
    """The steps that a page offers."""
    shown = browser.get(path)
    assert shown.status_code == 200
    return {found.rsplit("/", 1)[1] for found in re.findall(rf'action="({re.escape(path)}/[a-z-]+)"', shown.text)}


def waiting_in(page: str) -> str:
    """What the navigation says beside 身份核验."""
    link = re.search(r'<a[^>]*href="/desk/faces"[^>]*>(.*?)</a>', page, re.DOTALL)
    assert link is not None
    number = re.search(r"\d+", link[1])
    return number[0] if number else ""


def test_the_navigation_counts_what_waits(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    empty = browser.get("/desk/faces").text
    assert "没有待处理的核验" in empty
    assert waiting_in(empty) in ("", "0")
    first, other = ask(anchor), ask(anchor_at(desk, OTHER_PHONE))
    assert waiting_in(browser.get("/desk/live").text) == "2"
    browser.submit(f"/desk/faces/{first}", f"/desk/faces/{first}/refuse", comment="证件看不清")
    assert waiting_in(browser.get("/desk/live").text) == "1"
    assert first not in browser.get("/desk/faces").text
    desk.clock.advance(60)
    browser.submit(f"/desk/faces/{other}", f"/desk/faces/{other}/refuse", comment="证件看不清")
    decided = browser.get("/desk/faces?show=decided").text
    assert 0 < decided.index(f"/desk/faces/{other}") < decided.index(f"/desk/faces/{first}"), "the newest first"
    for odd in ("show=x", "show=decided&page=1000", "page=7"):
        assert browser.get(f"/desk/faces?{odd}").status_code == 200


def test_each_state_offers_its_steps_only(
    desk: Desk, browser: OperatorBrowser, second: OperatorBrowser, anchor: Applicant
) -> None:
    path = f"/desk/faces/{ask(anchor)}"
    offered = [forms_of(browser, path)]
    for step, typed in (
        ("appoint", {"at": local(desk, hours=2), "method": "live_call"}),
        ("note", {"method": "live_call", "note": SEEN}),
        ("propose", {}),
    ):
        assert browser.submit(path, f"{path}/{step}", **typed).status_code == 303
        offered.append(forms_of(browser, path))
    offered.append(forms_of(second, path))
    assert second.submit(path, f"{path}/send-back", note="请补充第二证件的类型").status_code == 303
    offered += [forms_of(browser, path), forms_of(second, path)]
    assert "请补充第二证件的类型" in browser.get(path).text
    assert browser.submit(path, f"{path}/propose").status_code == 303
    assert second.submit(path, f"{path}/confirm").status_code == 303
    offered.append(forms_of(browser, path))
    shows = {"identity"}
    assert offered == [
        {"appoint", "refuse"} | shows,
        {"appoint", "note", "refuse"} | shows,
        {"propose", "refuse"} | shows,
        shows,
        {"confirm", "send-back"} | shows,
        {"propose", "refuse"} | shows,
        {"propose", "refuse"} | shows,
        shows,
    ]


def test_the_second_look_says_whose_it_is_and_how_to_add_one(
    desk: Desk, browser: OperatorBrowser, anchor: Applicant
) -> None:
    path = f"/desk/faces/{ask(anchor)}"
    browser.submit(path, f"{path}/appoint", at=local(desk, hours=2), method="live_call")
    browser.submit(path, f"{path}/note", method="live_call", note=SEEN)
    browser.submit(path, f"{path}/propose")
    shown = browser.get(path).text
    assert "须由另一位运营复核" in shown
    assert 'class="link" href="/desk/operators"' in shown


@pytest.mark.parametrize(
    ("step", "typed", "kept"),
    [
        ("appoint", {"at": "tomorrow", "method": "live_call", "comment": "写好的话"}, "写好的话"),
        ("appoint", {"at": "2026-01-01T10:00+02:00", "method": "live_call", "comment": "写好的话"}, "写好的话"),
        ("appoint", {"at": "2025-12-31T10:00", "method": "live_call", "comment": "写好的话"}, "写好的话"),
        ("appoint", {"at": "2026-02-01T10:00", "method": "live_call", "comment": "写好的话"}, "写好的话"),
        ("appoint", {"at": "9999-12-31T23:59", "method": "live_call", "comment": "写好的话"}, "写好的话"),
        ("appoint", {"at": "2026-01-02T10:00", "method": "telepathy", "comment": "写好的话"}, "写好的话"),
        ("appoint", {"at": "2026-01-02T10:00", "method": "live_call", "comment": "长" * 301}, "长" * 301),
        ("refuse", {"comment": "\u202e \u200b"}, ""),
        ("identity", {"identity_reason": ""}, ""),
    ],
)
def test_what_cannot_be_taken_is_said_and_shown_again(
    desk: Desk, browser: OperatorBrowser, anchor: Applicant, step: str, typed: dict[str, str], kept: str
) -> None:
    path = f"/desk/faces/{ask(anchor)}"
    reply = browser.submit(path, f"{path}/{step}", **typed)
    assert reply.status_code == 422
    assert error_of(reply)
    assert kept in reply.text
    assert anchor.signed.get("/me/face-check").json()["state"] == "requested"


def test_a_note_says_something(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    path = f"/desk/faces/{ask(anchor)}"
    browser.submit(path, f"{path}/appoint", at=local(desk, hours=2), method="live_call")
    for note in ("看了", "长" * 1001, " \n" * 20):
        assert browser.submit(path, f"{path}/note", method="live_call", note=note).status_code == 422
    assert browser.submit(path, f"{path}/note", method="live_call", note="长" * 1000).status_code == 303


def test_a_form_that_is_posted_twice_is_done_once(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    path = f"/desk/faces/{ask(anchor)}"
    hidden = browser.hidden(path, f"{path}/appoint")
    typed = {**hidden, "at": local(desk, hours=2), "method": "live_call"}
    assert [browser.post(f"{path}/appoint", typed).status_code for _ in range(2)] == [303, 303]
    assert [action for action, _, _ in desk.audited()].count("face.appointed") == 1
    assert anchor.kinds().count("face_appointed") == 1


def test_what_is_not_there_has_no_page(browser: OperatorBrowser, desk: Desk) -> None:
    viewer = applicant(desk)
    for path in ("/desk/faces/0000", "/desk/faces/x%00y", f"/desk/anchors/{viewer.id}", "/desk/anchors/0000"):
        assert browser.get(path).status_code == 404
    assert desk.client.get("/desk/faces", follow_redirects=False).headers["location"] == "/desk/sign-in"
    assert desk.client.get("/desk/anchors", follow_redirects=False).headers["location"] == "/desk/sign-in"


def test_nobody_decides_about_themself(desk: Desk, anchor: Applicant) -> None:
    """An operator may be an anchor too: the check is another one's."""
    check_id, cipher = ask(anchor), desk.services.cipher
    write(desk, lambda tx: people.grant_role(tx, anchor.id, Role.OPERATOR, "test"))
    me = Person(anchor.id, anchor.signed.pair["device_id"], frozenset({Role.ANCHOR, Role.OPERATOR}), True)
    at = desk.clock.utc() + timedelta(hours=2)
    mine: list[Any] = [
        lambda tx: face.appoint(tx, me, check_id, 0, at, FaceMethod.LIVE_CALL),
        lambda tx: face.refuse(tx, me, check_id, 0, "x"),
        lambda tx: face.order_new(tx, me, anchor.id, "x"),
        lambda tx: acts.withdraw(tx, me, anchor.id, "x"),
    ]
    for work in mine:
        with refused(ErrorCode.FORBIDDEN):
            write(desk, work)
    other = operator_of(desk)
    write(desk, lambda tx: face.appoint(tx, other, check_id, 0, at, FaceMethod.LIVE_CALL))
    write(desk, lambda tx: face.note(tx, other, cipher, check_id, 1, FaceMethod.LIVE_CALL, SEEN))
    write(desk, lambda tx: face.propose(tx, other, cipher, check_id, 2))
    with refused(ErrorCode.FORBIDDEN):
        write(desk, lambda tx: face.confirm(tx, me, cipher, check_id, 3))
    with refused(ErrorCode.SECOND_OPERATOR_REQUIRED):
        write(desk, lambda tx: face.confirm(tx, other, cipher, check_id, 3))


def test_name_and_number_are_for_who_is_still_signed_in(desk: Desk, anchor: Applicant) -> None:
    signed, cipher = desk.operator(), desk.services.cipher
    gone = operator_of(desk)
    signed.delete(f"/me/devices/{gone.device_id}")
    with refused(ErrorCode.DEVICE_ENDED):
        write(desk, lambda tx: queue.reveal(tx, gone, cipher, anchor.id, "核对"))
    assert not any(action == "identity.shown" for action, _, _ in desk.audited())
    here = replace(gone, device_id=signed.pair["device_id"])
    shown = write(desk, lambda tx: queue.reveal(tx, here, cipher, anchor.id, "核对"))
    assert shown.number == number_for(PHONE)
    assert number_for(PHONE) not in repr(shown)


def test_anchors_are_found_by_name_and_number(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    other = anchor_at(desk, OTHER_PHONE)
    verify(desk, other)

    def found(wanted: str) -> set[str]:
        page = browser.get(f"/desk/anchors?wanted={wanted}")
        assert page.status_code == 200
        return {one for one in (anchor.id, other.id) if f"/desk/anchors/{one}" in page.text}

    assert found("") == {anchor.id, other.id}
    assert found(anchor.id) == {anchor.id}
    assert found(anchor.account()["nickname"][1:]) >= {anchor.id}
    assert found("%25") == found("_") == found("%00nobody") == set()
    assert "未做人脸核验" in browser.get(f"/desk/anchors/{anchor.id}").text
    assert "可以开播" in browser.get(f"/desk/anchors/{other.id}").text


def test_what_an_anchors_page_offers_goes_by_how_they_stand(
    desk: Desk, browser: OperatorBrowser, anchor: Applicant
) -> None:
    path = f"/desk/anchors/{anchor.id}"
    assert forms_of(browser, path) == {"identity", "suspend", "withdraw"}
    verify(desk, anchor)
    assert forms_of(browser, path) == {"identity", "suspend", "withdraw", "face"}
    browser.submit(path, f"{path}/suspend", reason="违规", until=local(desk, days=1))
    assert forms_of(browser, path) == {"identity", "suspend", "withdraw", "face", "lift"}
    odd = browser.submit(path, f"{path}/suspend", reason="写好的原因", until="soon")
    assert (odd.status_code, "写好的原因" in odd.text) == (422, True)
    shown = browser.submit(path, f"{path}/identity", identity_reason="接到冒用投诉")
    assert number_for(PHONE) in shown.text
    assert browser.submit(path, f"{path}/withdraw", reason="他人冒用").status_code == 303
    assert forms_of(browser, path) == {"suspend", "lift"}
    assert number_for(PHONE) not in browser.get(path).text
    assert ("identity.withdrawn", anchor.id, "他人冒用") in desk.audited()


def test_the_record_says_it_in_words(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    anchor.signed.post("/sessions", {"title": "t", "category": "job_search"})
    applicant(desk, OTHER_PHONE).signed.post("/me/face-check", {"method": "live_call"})
    path = f"/desk/faces/{ask(anchor)}"
    browser.submit(path, f"{path}/appoint", at=local(desk, hours=2), method="second_document")
    refusals = browser.get("/desk/audit?family=refused").text
    assert {"被拒绝：开一场直播", "未做人脸核验", "被拒绝：预约核验", "还不是主播"} <= set(CELL.findall(refusals))
    assert not re.search(r">(face_missing|not_an_anchor)<", refusals)
    checks = browser.get("/desk/audit?family=face").text
    assert {"约定核验时间", "第二证件"} <= set(CELL.findall(checks))


def test_the_pages_speak_english(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    verify(desk, anchor)
    browser.submit(f"/desk/anchors/{anchor.id}", f"/desk/anchors/{anchor.id}/face", comment="once more")
    check_id = ask(anchor)
    names = {anchor.account()["nickname"], "张**", "林晓"}  # the last is the demo's own anchor
    for path in (f"/desk/faces/{check_id}", "/desk/faces?show=decided", f"/desk/anchors/{anchor.id}"):
        page = browser.get(f"{path}{'&' if '?' in path else '?'}lang=en").text
        body = page.partition("<main")[2].partition("</main>")[0]
        assert body
        assert set(HAN.findall(body)) <= {part for name in names for part in HAN.findall(name)}, path


@pytest.mark.parametrize("step_s", [0.0, -30.0])
def test_of_two_checks_the_later_counts_whatever_the_clock_says(desk: Desk, anchor: Applicant, step_s: float) -> None:
    """Two within a millisecond, and a clock that is set back."""
    for _ in range(6):
        newest = ask(anchor)
        assert anchor.signed.get("/me/face-check").json()["id"] == newest
        assert anchor.signed.post("/me/face-check/cancel").json()["id"] == newest
        desk.clock.advance(step_s)
    mine = select(FaceCheckRow.state).where(FaceCheckRow.account_id == anchor.id)
    assert desk.read(lambda db: list(db.scalars(mine))) == ["cancelled"] * 6
