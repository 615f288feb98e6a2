"""The face check on the manual path, at the desk and for the person: appointment, note, decision, second look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.domain.china_time import CHINA
from server.accounts import people
from server.accounts.operators import new_password
from server.identity import face
from server.store.identity_models import FaceCheckRow, FaceStepRow
from tests.contract.server.applicants import OTHER_PHONE, PHONE, Applicant, applicant, make_anchor, number_for, write
from tests.contract.server.kit import Desk, error_code
from tests.contract.server.operator_browser import OperatorBrowser, error_of

pytestmark = pytest.mark.slow

SEEN = "视频通话，本人出示身份证，照片与号码一致"


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
    person = applicant(desk)
    make_anchor(desk, person)
    return person


def ask(person: Applicant, key: str = "", **wish: Any) -> Any:
    body = {"method": "live_call", **wish}
    return person.signed.post("/me/face-check", body, **({"Idempotency-Key": key} if key else {}))


def state_of(person: Applicant) -> str:
    return str(person.signed.get("/me/face-check").json()["state"])


def step_of(person: Applicant) -> tuple[str, str]:
    found = person.signed.get("/me/onboarding").json()["steps"]
    return next((one["state"], one["note"]) for one in found if one["id"] == "face")


def appoint(desk: Desk, browser: OperatorBrowser, check_id: str, hours: int = 2) -> Any:
    at = (desk.clock.utc() + timedelta(hours=hours)).astimezone(CHINA).strftime("%Y-%m-%dT%H:%M")
    path = f"/desk/faces/{check_id}"
    return browser.submit(path, f"{path}/appoint", at=at, method="live_call", comment="请备好身份证")


def to_second_look(desk: Desk, browser: OperatorBrowser, check_id: str) -> None:
    path = f"/desk/faces/{check_id}"
    assert appoint(desk, browser, check_id).status_code == 303
    assert browser.submit(path, f"{path}/note", method="second_document", note=SEEN).status_code == 303
    assert browser.submit(path, f"{path}/propose").status_code == 303


def test_from_the_wish_to_the_second_look(
    desk: Desk, browser: OperatorBrowser, second: OperatorBrowser, anchor: Applicant
) -> None:
    assert step_of(anchor) == ("current", "missing")
    check_id = ask(anchor).json()["id"]
    assert step_of(anchor) == ("waiting", "pending")
    path = f"/desk/faces/{check_id}"
    listed = browser.get("/desk/faces").text
    assert path in listed
    shown = browser.get(path).text
    assert "没有查询" in shown
    assert number_for(PHONE) not in shown
    assert "张**" in shown
    assert appoint(desk, browser, check_id).status_code == 303
    assert step_of(anchor)[1] == "appointed"
    told = anchor.signed.get("/me/inbox").json()["messages"][0]
    assert (told["kind"], told["place"], told["params"]["comment"]) == ("face_appointed", "prepare", "请备好身份证")
    assert browser.submit(path, f"{path}/note", method="second_document", note=SEEN).status_code == 303
    assert browser.submit(path, f"{path}/propose").status_code == 303
    assert state_of(anchor) == "second_look"
    mine = browser.get(path).text
    assert "须由另一位运营复核" in mine
    assert f'action="{path}/confirm"' not in mine
    hidden = second.hidden(path, f"{path}/confirm")
    refused = browser.post(f"{path}/confirm", {**hidden, **browser.hidden("/desk/live", "/desk/sign-out")})
    assert refused.status_code == 403
    assert state_of(anchor) == "second_look"
    assert second.post(f"{path}/confirm", hidden).status_code == 303
    assert state_of(anchor) == "verified"
    assert step_of(anchor) == ("done", "verified")
    assert anchor.signed.post("/sessions", {"title": "t", "category": "job_search"}).status_code == 201
    assert SEEN not in anchor.signed.get("/me/face-check").text, "what operators noted is theirs"
    assert SEEN in second.get(path).text
    actions = {action for action, _, _ in desk.audited()}
    assert actions >= {
        "face.appointed", "face.noted", "face.proposed", "face.verified",
    }  # fmt: skip
    assert SEEN not in str(desk.audited())


def test_the_second_look_may_send_it_back(
    desk: Desk, browser: OperatorBrowser, second: OperatorBrowser, anchor: Applicant
) -> None:
    check_id = ask(anchor).json()["id"]
    to_second_look(desk, browser, check_id)
    path = f"/desk/faces/{check_id}"
    short = second.submit(path, f"{path}/send-back", note="不清楚")
    assert short.status_code == 422
    assert second.submit(path, f"{path}/send-back", note="没有写证件类型，请补充说明").status_code == 303
    assert state_of(anchor) == "noted"
    assert browser.submit(path, f"{path}/propose").status_code == 303
    assert second.submit(path, f"{path}/confirm").status_code == 303
    assert state_of(anchor) == "verified"


def test_a_refusal_says_why_and_one_may_ask_anew(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    check_id = ask(anchor).json()["id"]
    path = f"/desk/faces/{check_id}"
    assert browser.submit(path, f"{path}/refuse", comment=" ").status_code == 422
    assert browser.submit(path, f"{path}/refuse", comment="证件看不清").status_code == 303
    shown = anchor.signed.get("/me/face-check").json()
    assert (shown["state"], shown["comment"]) == ("refused", "证件看不清")
    assert error_code(anchor.signed.post("/sessions", {"title": "t", "category": "job_search"})) == "face_refused"
    desk.clock.advance(1)
    assert ask(anchor).json()["state"] == "requested"


def test_one_at_a_time_and_repeatable(desk: Desk, anchor: Applicant) -> None:
    first = ask(anchor, key="k1").json()
    assert ask(anchor, key="k1").json()["id"] == first["id"]
    assert error_code(ask(anchor)) == "face_check_open"
    cancelled = anchor.signed.post("/me/face-check/cancel").json()
    assert cancelled["state"] == "cancelled"
    assert anchor.signed.post("/me/face-check/cancel").json() == cancelled
    desk.clock.advance(1)
    assert ask(anchor).status_code == 201


def test_times_are_those_of_working_hours_in_china(desk: Desk, anchor: Applicant) -> None:
    day = (desk.clock.utc().astimezone(CHINA) + timedelta(days=2)).date()

    def at(hour: int, minute: int = 0, days: int = 0) -> str:
        there = datetime(day.year, day.month, day.day, hour, minute, tzinfo=CHINA) + timedelta(days=days)
        return there.astimezone(UTC).isoformat()

    for wished, reason in ((at(8, 59), "hours"), (at(18), "hours"), (at(9, 0, -3), "past"), (at(9, 0, 13), "too_far")):
        reply = ask(anchor, wished_at=wished)
        assert (error_code(reply), reply.json()["error"]["detail"]["reason"]) == ("face_time_invalid", reason)
    for unclear in (at(10).removesuffix("+00:00"), "soon", -(10**14)):
        assert error_code(ask(anchor, wished_at=unclear)) == "input_invalid"
    assert ask(anchor, wished_at=at(17, 59)).status_code == 201


def test_who_is_no_anchor_and_who_is_another_gets_nothing(desk: Desk, anchor: Applicant) -> None:
    other = applicant(desk, OTHER_PHONE)
    assert error_code(ask(other)) == "not_an_anchor"
    ask(anchor)
    assert error_code(other.signed.get("/me/face-check")) == "not_found"
    assert error_code(other.signed.post("/me/face-check/cancel")) == "not_found"
    assert error_code(desk.client.get("/api/v1/me/face-check")) == "not_signed_in"
    assert ("refused.ask_face_check", "not_an_anchor") in {(action, why) for action, _, why in desk.audited()}


def test_a_correction_ends_what_is_under_way(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    check_id = ask(anchor).json()["id"]
    appoint(desk, browser, check_id)
    assert anchor.identify("李四").status_code == 200
    assert state_of(anchor) == "cancelled"
    assert browser.post(f"/desk/faces/{check_id}/note", {}).status_code in {403, 409}


def test_a_blocklisted_person_is_not_verified(
    desk: Desk, browser: OperatorBrowser, second: OperatorBrowser, anchor: Applicant
) -> None:
    check_id = ask(anchor).json()["id"]
    to_second_look(desk, browser, check_id)
    wish = {"kind": "id_number", "value": number_for(PHONE), "reason": "平台通报"}
    assert browser.submit("/desk/blocklist", "/desk/blocklist/add", **wish).status_code == 303
    path = f"/desk/faces/{check_id}"
    refused = second.submit(path, f"{path}/confirm")
    assert refused.status_code == 403
    assert "命中" in second.get(path).text or "在限制名单" in second.get(path).text
    assert state_of(anchor) == "second_look"


def test_name_and_number_are_shown_once_with_a_reason(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    check_id = ask(anchor).json()["id"]
    path = f"/desk/faces/{check_id}"
    assert browser.submit(path, f"{path}/identity", identity_reason=" ").status_code == 422
    assert not any(action == "identity.shown" for action, _, _ in desk.audited())
    shown = browser.submit(path, f"{path}/identity", identity_reason="视频核验时比对")
    assert number_for(PHONE) in shown.text
    assert ("identity.shown", anchor.id, "视频核验时比对") in desk.audited()
    assert number_for(PHONE) not in browser.get(path).text


def test_what_others_did_meanwhile_is_not_done_over(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    check_id = ask(anchor).json()["id"]
    path = f"/desk/faces/{check_id}"
    before = browser.hidden(path, f"{path}/refuse")
    appoint(desk, browser, check_id)
    late = browser.post(f"{path}/refuse", {**before, "comment": "晚了一步"})
    assert late.status_code == 409
    assert "晚了一步" in late.text
    assert error_of(late)
    assert state_of(anchor) == "appointed"


def test_suspended_and_ordered_anew_at_the_page_of_anchors(
    desk: Desk, browser: OperatorBrowser, second: OperatorBrowser, anchor: Applicant
) -> None:
    check_id = ask(anchor).json()["id"]
    to_second_look(desk, browser, check_id)
    second.submit(f"/desk/faces/{check_id}", f"/desk/faces/{check_id}/confirm")
    wish = {"title": "t", "category": "job_search"}
    session = anchor.signed.post("/sessions", wish).json()
    assert anchor.signed.post(f"/sessions/{session['id']}/stream-key").status_code == 200
    path = f"/desk/anchors/{anchor.id}"
    assert path in browser.get("/desk/anchors?wanted=" + anchor.account()["nickname"]).text
    assert browser.submit(path, f"{path}/suspend", reason="违规", until="2020-01-01T00:00").status_code == 422
    assert browser.submit(path, f"{path}/suspend", reason="违规", until="").status_code == 303
    ended = anchor.signed.get(f"/sessions/{session['id']}").json()
    assert (ended["state"], ended["end_reason"]) == ("ended", "cut_off")
    refused = anchor.signed.post("/sessions", wish)
    assert (error_code(refused), refused.json()["error"]["detail"]["until_ms"]) == ("suspended", None)
    assert anchor.kinds()[-1] == "suspended"
    assert browser.submit(path, f"{path}/lift", reason="已整改").status_code == 303
    assert anchor.signed.post("/sessions", wish).status_code == 201
    assert browser.submit(path, f"{path}/face", comment="收到举报，需要重新核验").status_code == 303
    assert error_code(anchor.signed.post("/sessions", wish)) == "face_voided"
    assert browser.submit(path, f"{path}/withdraw", reason="他人冒用").status_code == 303
    assert error_code(anchor.signed.post("/sessions", wish)) == "identity_missing"
    actions = {action for action, _, _ in desk.audited()}
    assert {"anchor.suspended", "anchor.suspension_lifted", "face.voided", "identity.withdrawn"} <= actions
    record = browser.get("/desk/audit?family=anchor").text
    assert "暂停直播" in record


def test_a_suspension_ends_by_itself(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    until = (desk.clock.utc() + timedelta(hours=1)).astimezone(CHINA).strftime("%Y-%m-%dT%H:%M")
    path = f"/desk/anchors/{anchor.id}"
    assert browser.submit(path, f"{path}/suspend", reason="违规", until=until).status_code == 303
    wish = {"title": "t", "category": "job_search"}
    assert error_code(anchor.signed.post("/sessions", wish)) == "suspended"
    desk.clock.advance(3600)
    again = applicant(desk, has_accepted=False)
    assert error_code(again.signed.post("/sessions", wish)) == "face_missing"


def test_notes_lie_sealed(desk: Desk, browser: OperatorBrowser, anchor: Applicant) -> None:
    check_id = ask(anchor).json()["id"]
    to_second_look(desk, browser, check_id)
    rows = desk.read(
        lambda db: [str(vars(row)) for kind in (FaceCheckRow, FaceStepRow) for row in db.scalars(select(kind))]
    )
    assert len(rows) > 3
    assert not any(SEEN in row for row in rows)
    assert len(SEEN) >= face.MIN_NOTE_CHARS
