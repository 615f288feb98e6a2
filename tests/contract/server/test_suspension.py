"""Suspending an anchor's broadcasts (暂停直播): at once, for as long as is said, told with its reason; lifted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.contract.errors import ErrorCode
from server.errors import Refusal
from server.gate import Person
from server.identity import suspension
from tests.contract.server.applicants import (
    OTHER_PHONE,
    PHONE,
    Applicant,
    applicant,
    make_anchor,
    operator_of,
    verify,
    write,
)
from tests.contract.server.application_kit import refused
from tests.contract.server.kit import Desk, error_code

pytestmark = pytest.mark.slow

WISH = {"title": "简历怎么写", "category": "job_search"}


@pytest.fixture
def anchor(desk: Desk) -> Applicant:
    """Somebody who may broadcast."""
    return anchor_at(desk)


def anchor_at(desk: Desk, phone: str = PHONE) -> Applicant:
    person = applicant(desk, phone)
    make_anchor(desk, person)
    verify(desk, person)
    return person


def suspend(desk: Desk, operator: Person, person_id: str, hours: float | None = None, reason: str = "违规") -> None:
    until = desk.clock.utc() + timedelta(hours=hours) if hours is not None else None
    write(desk, lambda tx: suspension.suspend(tx, operator, person_id, reason, until))


def lift(desk: Desk, operator: Person, person_id: str, reason: str = "已整改") -> None:
    write(desk, lambda tx: suspension.lift(tx, operator, person_id, reason))


def go_on_air(desk: Desk, person: Applicant) -> tuple[str, str]:
    """Session and key of a broadcast that runs."""
    session_id = person.signed.post("/sessions", WISH).json()["id"]
    key = person.signed.post(f"/sessions/{session_id}/stream-key").json()["key"]
    desk.report("started", desk.authorize(key, f"c-{session_id}").json())
    assert desk.state(session_id) == "live"
    return session_id, key


def opening(person: Applicant) -> str:
    reply = person.signed.post("/sessions", WISH)
    return "" if reply.status_code == 201 else error_code(reply)


def test_what_runs_is_cut_off_with_the_reason_and_nobody_elses(desk: Desk, anchor: Applicant, operator: Person) -> None:
    other = anchor_at(desk, OTHER_PHONE)
    session_id, key = go_on_air(desk, anchor)
    others_id, _ = go_on_air(desk, other)
    suspend(desk, operator, anchor.id, reason="直播中出示联系方式")
    shown = anchor.signed.get(f"/sessions/{session_id}").json()
    assert (shown["state"], shown["end_reason"]) == ("ended", "cut_off")
    assert error_code(desk.authorize(key, "again")) == "key_dead"
    assert desk.state(others_id) == "live"
    told = {one["kind"]: one["params"]["comment"] for one in anchor.signed.get("/me/inbox").json()["messages"]}
    assert told["suspended"] == told["session_cut_off"] == "直播中出示联系方式"
    assert not {"suspended", "session_cut_off"} & set(other.kinds())
    assert {("anchor.suspended", anchor.id), ("session.cut_off", session_id)} <= {
        (action, subject) for action, subject, reason in desk.audited() if reason == "直播中出示联系方式"
    }


def test_the_person_is_told_until_when(desk: Desk, anchor: Applicant, operator: Person) -> None:
    suspend(desk, operator, anchor.id, 3)
    message = anchor.signed.get("/me/inbox").json()["messages"][0]
    assert (message["kind"], message["params"]["comment"]) == ("suspended", "违规")
    assert datetime.fromisoformat(message["params"]["until"]) == desk.clock.utc() + timedelta(hours=3)
    refusal = anchor.signed.post("/sessions", WISH).json()["error"]
    assert refusal["detail"]["until_ms"] == round((desk.clock.utc() + timedelta(hours=3)).timestamp() * 1000)
    lift(desk, operator, anchor.id)
    suspend(desk, operator, anchor.id)
    lifted, open_end = reversed(anchor.signed.get("/me/inbox").json()["messages"][:2])
    assert (lifted["kind"], lifted["params"]["comment"]) == ("suspension_lifted", "已整改")
    assert (open_end["kind"], open_end["params"]["until"]) == ("suspended", "")


def test_it_ends_at_its_moment_and_not_before(desk: Desk, anchor: Applicant, operator: Person) -> None:
    suspend(desk, operator, anchor.id, 0.1)
    desk.clock.advance(359)
    assert opening(anchor) == "suspended"
    steps = anchor.signed.get("/me/onboarding").json()
    assert (steps["may_broadcast"], steps["missing"]) == (False, "suspended")
    desk.clock.advance(1)
    assert anchor.signed.get("/me/onboarding").json()["may_broadcast"]
    with refused(ErrorCode.NOT_FOUND):
        lift(desk, operator, anchor.id)
    assert opening(anchor) == ""


def test_the_longest_counts_and_one_lift_ends_them_all(desk: Desk, anchor: Applicant, operator: Person) -> None:
    suspend(desk, operator, anchor.id, 0.2, "一")
    suspend(desk, operator, anchor.id, 0.1, "二")
    desk.clock.advance(400)
    assert opening(anchor) == "suspended", "the longer one is in force"
    suspend(desk, operator, anchor.id, None, "三")
    desk.clock.advance(400)
    assert opening(anchor) == "suspended", "the one without an end is in force"
    suspend(desk, operator, anchor.id, 1, "四")
    lift(desk, operator, anchor.id)
    assert opening(anchor) == ""
    reasons = [reason for action, _, reason in desk.audited() if action.startswith("anchor.")]
    assert sorted(reasons) == sorted(["一", "二", "三", "四", "已整改"])


def test_only_broadcasts_are_suspended(desk: Desk, anchor: Applicant, operator: Person) -> None:
    other = anchor_at(desk, OTHER_PHONE)
    suspend(desk, operator, anchor.id)
    assert anchor.signed.get("/me").json()["roles"] == other.signed.get("/me").json()["roles"]
    assert anchor.signed.get("/me/schedule").status_code == 200
    assert anchor.identify("李四").status_code == 200
    assert opening(anchor) == "suspended", "a measure is named before what else is missing"
    assert opening(other) == ""


def test_what_cannot_be_suspended_is_not(desk: Desk, anchor: Applicant, operator: Person) -> None:
    viewer = applicant(desk, OTHER_PHONE)
    cases: list[tuple[str, float | None, str, ErrorCode]] = [
        (viewer.id, None, "违规", ErrorCode.NOT_AN_ANCHOR),
        (operator.account_id, None, "违规", ErrorCode.FORBIDDEN),
        ("0" * 16, None, "违规", ErrorCode.NOT_FOUND),
        ("\x00", None, "违规", ErrorCode.NOT_FOUND),
        (anchor.id, 0, "违规", ErrorCode.INPUT_INVALID),
        (anchor.id, -1, "违规", ErrorCode.INPUT_INVALID),
        (anchor.id, None, " \u202e ", ErrorCode.INPUT_INVALID),
        (anchor.id, None, "长" * 201, ErrorCode.INPUT_INVALID),
    ]
    for person_id, hours, reason, code in cases:
        with refused(code):
            suspend(desk, operator, person_id, hours, reason)
    with refused(ErrorCode.NOT_FOUND):
        lift(desk, operator, anchor.id)
    suspend(desk, operator, anchor.id)
    with refused(ErrorCode.INPUT_INVALID):
        lift(desk, operator, anchor.id, " ")
    assert opening(anchor) == "suspended"


def test_an_operator_whose_sign_in_has_ended_suspends_nobody(desk: Desk, anchor: Applicant) -> None:
    signed = desk.operator()
    gone = operator_of(desk)
    signed.delete(f"/me/devices/{gone.device_id}")
    with pytest.raises(Refusal, match="device_ended"):
        suspend(desk, gone, anchor.id)
    assert opening(anchor) == ""
