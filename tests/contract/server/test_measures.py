"""Measures over a real service: in force at once and everywhere, told with their reason, appealed once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.contract.errors import ErrorCode
from app.domain.measures import APPEAL_DAYS, MeasureKind
from server.errors import Refusal
from server.gate import Person
from server.store.measure_models import MeasureRow
from tests.contract.server.applicants import (
    OTHER_PHONE,
    PHONE,
    Applicant,
    applicant,
    make_anchor,
    second_operator,
    verify,
    write,
)
from tests.contract.server.application_kit import refused
from tests.contract.server.kit import Desk, error_code, sign_in
from tests.contract.server.measures_kit import WISH, decide, lift, mine, taken


@pytest.fixture
def anchor(desk: Desk) -> Applicant:
    """Somebody who may broadcast."""
    person = applicant(desk, PHONE)
    make_anchor(desk, person)
    verify(desk, person)
    return person


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


def test_a_warning_is_shown_with_rule_reason_and_evidence_and_forbids_nothing(
    desk: Desk, anchor: Applicant, operator: Person
) -> None:
    assert mine(anchor) == []
    measure_id = taken(desk, operator, anchor.id, MeasureKind.WARNING, evidence="“你真笨”\n\n 第 12 条评论 ")
    [shown] = mine(anchor)
    assert (shown["id"], shown["kind"], shown["category"], shown["reason"]) == (measure_id, "warning", 6, "辱骂他人")
    assert shown["evidence"] == ["“你真笨”", "第 12 条评论"]
    assert (shown["state"], shown["until"], shown["may_appeal"]) == ("done", None, True)
    assert datetime.fromisoformat(shown["appeal_until"]) == desk.clock.utc() + timedelta(days=APPEAL_DAYS)
    message = anchor.signed.get("/me/inbox").json()["messages"][0]
    assert (message["kind"], message["place"], message["link_id"]) == ("measure_warning", "measures", measure_id)
    assert message["params"]["comment"] == "辱骂他人"
    assert opening(anchor) == ""
    assert ("measure.warning", anchor.id, "辱骂他人") in desk.audited()
    assert operator.account_id not in anchor.signed.get("/me/measures").text, "who took it is not told"


def test_a_limit_on_broadcasts_ends_what_runs_and_hands_out_no_key_until_its_moment(
    desk: Desk, anchor: Applicant, operator: Person
) -> None:
    session_id, key = go_on_air(desk, anchor)
    measure_id = taken(desk, operator, anchor.id, MeasureKind.LIMIT_BROADCAST, 1)
    shown = anchor.signed.get(f"/sessions/{session_id}").json()
    assert (shown["state"], shown["end_reason"]) == ("ended", "cut_off")
    assert error_code(desk.authorize(key, "again")) == "key_dead"
    told = {one["kind"]: one for one in anchor.signed.get("/me/inbox").json()["messages"]}
    assert told["session_cut_off"]["link_id"] == told["measure_limit_broadcast"]["link_id"] == measure_id
    error = anchor.signed.post("/sessions", WISH).json()["error"]
    until_ms = round((desk.clock.utc() + timedelta(hours=1)).timestamp() * 1000)
    assert (error["code"], error["detail"]) == (
        "limited_broadcast", {"until_ms": until_ms, "reason": "辱骂他人", "measure_id": measure_id},
    )  # fmt: skip
    plan = {**WISH, "starts_at": (desk.clock.utc() + timedelta(days=2)).isoformat(), "length_min": 60}
    assert error_code(anchor.signed.post("/me/schedule", plan)) == "limited_broadcast"
    steps = anchor.signed.get("/me/onboarding").json()
    assert (steps["may_broadcast"], steps["missing"]) == (False, "limited_broadcast")
    desk.clock.advance(3600)
    # The sign-in ran out meanwhile.
    again = Applicant(desk, sign_in(desk.client, PHONE), PHONE)
    assert (mine(again)[0]["state"], opening(again)) == ("expired", "")


def test_a_planned_session_gets_no_key_under_a_limit_and_gets_one_after(
    desk: Desk, anchor: Applicant, operator: Person
) -> None:
    session_id = anchor.signed.post("/sessions", WISH).json()["id"]
    measure_id = taken(desk, operator, anchor.id, MeasureKind.LIMIT_BROADCAST)
    assert error_code(anchor.signed.post(f"/sessions/{session_id}/stream-key")) == "limited_broadcast"
    lift(desk, operator, measure_id)
    assert anchor.signed.post(f"/sessions/{session_id}/stream-key").status_code == 200
    [shown] = mine(anchor)
    assert (shown["state"], shown["end_reason"]) == ("lifted", "已整改")
    assert anchor.kinds()[-1] == "measure_lifted"
    with refused(ErrorCode.STATE_CONFLICT):
        lift(desk, operator, measure_id)


def test_who_has_no_link_mic_is_no_guest_and_has_none(desk: Desk, anchor: Applicant, operator: Person) -> None:
    other = applicant(desk, OTHER_PHONE)
    plan = {**WISH, "starts_at": (desk.clock.utc() + timedelta(days=2)).isoformat(), "length_min": 60}
    session_id = anchor.signed.post("/me/schedule", {**plan, "allows_guests": True}).json()["session"]["id"]
    check = f"/sessions/{session_id}/guest-check"
    assert other.signed.get(check).json() == {"may": True, "missing": ""}
    first = taken(desk, operator, other.id, MeasureKind.LIMIT_GUESTS, 1)
    assert other.signed.get(check).json()["missing"] == "limited_guests"
    lift(desk, operator, first)
    taken(desk, operator, anchor.id, MeasureKind.LIMIT_GUESTS)
    assert other.signed.get(check).json()["missing"] == "guests_not_allowed"


def test_a_suspension_is_a_measure_and_ends_what_runs(desk: Desk, anchor: Applicant, operator: Person) -> None:
    session_id, _ = go_on_air(desk, anchor)
    taken(desk, operator, anchor.id, MeasureKind.SUSPENSION, 1)
    assert desk.state(session_id) == "ended"
    assert opening(anchor) == "suspended"
    assert {"suspended", "session_cut_off"} <= set(anchor.kinds())
    assert [(one["kind"], one["state"]) for one in mine(anchor)] == [("suspension", "in_force")]


def test_a_cut_off_is_a_measure_too_and_needs_a_session_on_air(desk: Desk, anchor: Applicant, operator: Person) -> None:
    with refused(ErrorCode.STATE_CONFLICT):
        taken(desk, operator, anchor.id, MeasureKind.CUT_OFF)
    first, _ = go_on_air(desk, anchor)
    with refused(ErrorCode.NOT_FOUND):
        taken(desk, operator, anchor.id, MeasureKind.CUT_OFF, session_id="0" * 16)
    by_measure = taken(desk, operator, anchor.id, MeasureKind.CUT_OFF, session_id=first)
    assert desk.state(first) == "ended"
    desk.clock.advance(1)
    second, _ = go_on_air(desk, anchor)
    body = {"reason": "展示了联系方式", "category": 7}
    assert desk.operator().post(f"/sessions/{second}/cut-off", body).status_code == 200
    by_button, shown = mine(anchor)
    assert (shown["id"], shown["kind"], shown["state"], shown["session_id"]) == (by_measure, "cut_off", "done", first)
    assert (by_button["category"], by_button["reason"], by_button["session_title"]) == (
        7, "展示了联系方式", WISH["title"],
    )  # fmt: skip
    assert anchor.kinds().count("session_cut_off") == 2


def test_who_is_closed_out_reads_why_and_appeals_and_does_nothing_else(
    desk: Desk, anchor: Applicant, operator: Person
) -> None:
    session_id, key = go_on_air(desk, anchor)
    measure_id = taken(desk, operator, anchor.id, MeasureKind.CLOSING)
    assert desk.state(session_id) == "ended"
    assert error_code(desk.authorize(key, "again")) == "key_dead"
    assert error_code(anchor.signed.get("/me/measures")) == "device_ended", "signed out everywhere"
    again = Applicant(desk, sign_in(desk.client, PHONE), PHONE)
    for reply in (
        again.signed.post("/sessions", WISH),
        again.signed.get("/me/schedule"),
        again.signed.post("/me/probe-key"),
        again.signed.get("/me/application"),
        again.signed.client.patch("/api/v1/me", json={"nickname": "新名字"}, headers=again.signed.headers),
    ):
        assert error_code(reply) == "account_closed"
    assert again.signed.get("/me").status_code == again.signed.get("/me/devices").status_code == 200
    assert again.kinds()[-1] == "measure_closing"
    assert again.signed.get("/me/onboarding").json()["missing"] == "account_closed"
    made = again.signed.post(f"/me/measures/{measure_id}/appeal", {"text": "不是我说的。\n请看录像。"})
    assert made.status_code == 201
    assert made.json()["appeal"]["state"] == "open"
    other = write(desk, lambda tx: second_operator(tx, desk.services.cipher))
    decide(desk, other, measure_id, is_reversed=True)
    assert again.kinds()[-1] == "appeal_reversed"
    assert (mine(again)[0]["state"], opening(again)) == ("reversed", "")


def test_an_appeal_is_made_once_by_the_person_alone_and_in_time(
    desk: Desk, anchor: Applicant, operator: Person
) -> None:
    first = taken(desk, operator, anchor.id, MeasureKind.LIMIT_CHAT)
    other = applicant(desk, OTHER_PHONE)
    path, wish = f"/me/measures/{first}/appeal", {"text": "我没有骂人"}
    assert error_code(other.signed.post(path, wish)) == "not_found"
    assert error_code(anchor.signed.post("/me/measures/nothing/appeal", wish)) == "not_found"
    for bad in ("", " \n ", "长" * 1001):
        assert error_code(anchor.signed.post(path, {"text": bad})) == "input_invalid"
    headers = {"Idempotency-Key": "one"}
    made = [anchor.signed.post(path, wish, **headers) for _ in range(2)]
    assert [reply.status_code for reply in made] == [201, 201]
    assert made[0].json() == made[1].json()
    assert made[0].json()["appeal"]["text"] == "我没有骂人"
    assert made[0].json()["may_appeal"] is False
    assert error_code(anchor.signed.post(path, {"text": "还有"}, **headers)) == "idempotency_mismatch"
    assert error_code(anchor.signed.post(path, wish)) == "already_appealed"
    assert [action for action, _, _ in desk.audited()].count("measure.appealed") == 1
    assert mine(other) == []
    late = taken(desk, operator, anchor.id, MeasureKind.WARNING)
    desk.clock.advance(APPEAL_DAYS * 24 * 3600)
    again = Applicant(desk, sign_in(desk.client, PHONE), PHONE)
    assert error_code(again.signed.post(f"/me/measures/{late}/appeal", wish)) == "appeal_too_late"


def test_another_operator_decides_where_there_is_one(desk: Desk, anchor: Applicant, operator: Person) -> None:
    ids = [taken(desk, operator, anchor.id, MeasureKind.LIMIT_BROADCAST) for _ in range(3)]
    with refused(ErrorCode.STATE_CONFLICT):
        decide(desk, operator, ids[0], is_reversed=True)
    for one in ids:
        assert anchor.signed.post(f"/me/measures/{one}/appeal", {"text": "请再看"}).status_code == 201
    # Alone, one's own must do.
    decide(desk, operator, ids[0], is_reversed=False)
    other = write(desk, lambda tx: second_operator(tx, desk.services.cipher))
    with refused(ErrorCode.SECOND_OPERATOR_REQUIRED):
        decide(desk, operator, ids[1], is_reversed=True)
    assert opening(anchor) == "limited_broadcast"
    decide(desk, other, ids[1], is_reversed=True)
    decide(desk, other, ids[2], is_reversed=False)
    with refused(ErrorCode.STATE_CONFLICT):
        decide(desk, other, ids[1], is_reversed=False)
    shown = {one["id"]: one for one in mine(anchor)}
    assert [(shown[one]["state"], shown[one]["appeal"]["state"]) for one in ids] == [
        ("in_force", "upheld"), ("reversed", "reversed"), ("in_force", "upheld"),
    ]  # fmt: skip
    assert shown[ids[1]]["appeal"]["decision"] == "看过记录"
    assert anchor.kinds()[-3:] == ["appeal_upheld", "appeal_reversed", "appeal_upheld"]
    assert opening(anchor) == "limited_broadcast", "the others are in force still"


def test_the_same_key_takes_one_measure(desk: Desk, anchor: Applicant, operator: Person) -> None:
    made = {taken(desk, operator, anchor.id, MeasureKind.WARNING, key="k") for _ in range(2)}
    assert len(made) == len(mine(anchor)) == 1
    assert anchor.kinds().count("measure_warning") == 1
    with refused(ErrorCode.IDEMPOTENCY_MISMATCH):
        taken(desk, operator, anchor.id, MeasureKind.WARNING, key="k", reason="另一个原因")


def test_what_cannot_be_taken_is_not(desk: Desk, anchor: Applicant, operator: Person) -> None:
    viewer = applicant(desk, OTHER_PHONE)
    other = write(desk, lambda tx: second_operator(tx, desk.services.cipher))
    cases: list[tuple[str, MeasureKind, float | None, dict[str, Any], ErrorCode]] = [
        ("0" * 16, MeasureKind.WARNING, None, {}, ErrorCode.NOT_FOUND),
        ("\x00", MeasureKind.WARNING, None, {}, ErrorCode.NOT_FOUND),
        (operator.account_id, MeasureKind.WARNING, None, {}, ErrorCode.FORBIDDEN),
        (other.account_id, MeasureKind.CLOSING, None, {}, ErrorCode.FORBIDDEN),
        (viewer.id, MeasureKind.SUSPENSION, None, {}, ErrorCode.NOT_AN_ANCHOR),
        (viewer.id, MeasureKind.LIMIT_BROADCAST, 1, {}, ErrorCode.NOT_AN_ANCHOR),
        (anchor.id, MeasureKind.CORRECTION, None, {}, ErrorCode.INPUT_INVALID),
        (anchor.id, MeasureKind.WARNING, 1, {}, ErrorCode.INPUT_INVALID),
        (anchor.id, MeasureKind.CLOSING, 1, {}, ErrorCode.INPUT_INVALID),
        (anchor.id, MeasureKind.LIMIT_CHAT, 0, {}, ErrorCode.INPUT_INVALID),
        (anchor.id, MeasureKind.WARNING, None, {"reason": " \u202e "}, ErrorCode.INPUT_INVALID),
        (anchor.id, MeasureKind.WARNING, None, {"reason": "长" * 201}, ErrorCode.INPUT_INVALID),
        (anchor.id, MeasureKind.WARNING, None, {"evidence": "\n".join("abcdefghijk")}, ErrorCode.INPUT_INVALID),
        (anchor.id, MeasureKind.WARNING, None, {"evidence": "长" * 301}, ErrorCode.INPUT_INVALID),
    ]
    for person_id, kind, hours, more, code in cases:
        with refused(code):
            taken(desk, operator, person_id, kind, hours, **more)
    assert mine(anchor) == mine(viewer) == []


def test_only_an_operator_with_a_second_factor_takes_lifts_and_decides(
    desk: Desk, anchor: Applicant, operator: Person
) -> None:
    measure_id = taken(desk, operator, anchor.id, MeasureKind.LIMIT_CHAT)
    for who in (
        Person(anchor.id, anchor.signed.pair["device_id"], frozenset()),
        Person(operator.account_id, operator.device_id, operator.roles, has_second_factor=False),
    ):
        for work in (
            lambda w=who: taken(desk, w, anchor.id, MeasureKind.WARNING),
            lambda w=who: lift(desk, w, measure_id),
            lambda w=who: decide(desk, w, measure_id, is_reversed=True),
        ):
            with pytest.raises(Refusal, match=r"forbidden|second_factor_required"):
                work()
    assert {"refused.take_measure", "refused.decide_appeal"} <= {action for action, _, _ in desk.audited()}
    assert error_code(desk.client.get("/api/v1/me/measures")) == "not_signed_in"


def test_evidence_and_appeals_lie_sealed(desk: Desk, anchor: Applicant, operator: Person) -> None:
    measure_id = taken(desk, operator, anchor.id, MeasureKind.WARNING, evidence="某人的原话")
    anchor.signed.post(f"/me/measures/{measure_id}/appeal", {"text": "我的申诉"})
    row = desk.read(lambda db: str(vars(db.get_one(MeasureRow, measure_id))))
    assert "某人的原话" not in row
    assert "我的申诉" not in row
