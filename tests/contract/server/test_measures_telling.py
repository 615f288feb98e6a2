"""The notice may follow the measure: nothing of it is shown until it is told, and no refusal is without its reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.contract.errors import ErrorCode
from app.domain.measures import APPEAL_DAYS, MeasureKind
from server.gate import Person
from server.identity import suspension
from server.measures.take import ReportWish
from tests.contract.server.applicants import Applicant, write
from tests.contract.server.application_kit import refused
from tests.contract.server.kit import Desk, error_code
from tests.contract.server.measures_kit import (
    REASON,
    WISH,
    again,
    lift,
    mine,
    planned,
    reversed_on_appeal,
    taken,
    tell,
)

pytestmark = pytest.mark.slow

REPORT = ReportWish("某市网信办", "网信〔2026〕8 号")
APPEAL = {"text": "请再看"}


def seen(person: Applicant) -> str:
    """All that the person's programs ask for."""
    paths = ("/me", "/me/measures", "/me/inbox", "/me/onboarding", "/me/schedule", "/me/application")
    return "".join(person.signed.get(path).text for path in paths)


def told(desk: Desk) -> list[tuple[str, str]]:
    return [(who, why) for action, who, why in desk.audited() if action == "measure.told"]


def appeal(person: Applicant, measure_id: str) -> Any:
    return person.signed.post(f"/me/measures/{measure_id}/appeal", APPEAL)


def test_a_report_to_the_authorities_is_told_when_an_operator_tells_it(
    desk: Desk, anchor: Applicant, operator: Person
) -> None:
    before = seen(anchor)
    when_ms = round((desk.clock.utc() - timedelta(hours=3)).timestamp() * 1000)
    wish = ReportWish(REPORT.authority, REPORT.reference, when_ms)
    measure_id = taken(desk, operator, anchor.id, MeasureKind.AUTHORITIES, report=wish, evidence="录像 12 分 30 秒")
    assert (seen(anchor), mine(anchor)) == (before, [])
    assert error_code(appeal(anchor, measure_id)) == "not_found", "not even that it exists"
    assert anchor.signed.post("/sessions", WISH).status_code == 201, "it forbids nothing"
    assert ("measure.authorities", anchor.id, REASON) in desk.audited()
    desk.clock.advance((APPEAL_DAYS + 5) * 24 * 3600)
    anchor = again(desk, anchor)
    tell(desk, operator, measure_id)
    [shown] = mine(anchor)
    assert shown["report"] == {
        "authority": REPORT.authority,
        "reference": REPORT.reference,
        "reported_at": shown["report"]["reported_at"],
    }
    assert round(datetime.fromisoformat(shown["report"]["reported_at"]).timestamp() * 1000) == when_ms
    assert (shown["state"], shown["evidence"], shown["may_appeal"]) == ("done", ["录像 12 分 30 秒"], True)
    assert datetime.fromisoformat(shown["told_at"]) == desk.clock.utc()
    assert datetime.fromisoformat(shown["appeal_until"]) == desk.clock.utc() + timedelta(days=APPEAL_DAYS)
    assert (anchor.kinds()[-1], told(desk)) == ("measure_authorities", [(anchor.id, REASON)])
    with refused(ErrorCode.STATE_CONFLICT):
        tell(desk, operator, measure_id)
    reversed_on_appeal(desk, anchor, measure_id)
    assert mine(anchor)[0]["state"] == "reversed"


def test_a_report_needs_an_authority_and_a_moment_that_has_been(
    desk: Desk, anchor: Applicant, operator: Person
) -> None:
    soon_ms = round((desk.clock.utc() + timedelta(minutes=1)).timestamp() * 1000)
    for wrong in (
        None,
        ReportWish(" "),
        ReportWish("长" * 61),
        ReportWish("某市网信办", "长" * 61),
        ReportWish("某市网信办", "", soon_ms),
    ):
        with refused(ErrorCode.INPUT_INVALID):
            taken(desk, operator, anchor.id, MeasureKind.AUTHORITIES, report=wrong)
    taken(desk, operator, anchor.id, MeasureKind.AUTHORITIES, report=ReportWish("某市网信办"), is_told_later=False)
    [shown] = mine(anchor)
    assert (shown["report"]["reference"], shown["told_at"]) == ("", shown["since"])


def test_what_is_always_told_at_once_cannot_be_told_later(desk: Desk, anchor: Applicant, operator: Person) -> None:
    for kind, hours in ((MeasureKind.WARNING, None), (MeasureKind.CORRECTION, 1)):
        with refused(ErrorCode.INPUT_INVALID):
            taken(desk, operator, anchor.id, kind, hours, is_told_later=True)
    assert mine(anchor) == []


@pytest.mark.parametrize("kind", [MeasureKind.LIMIT_BROADCAST, MeasureKind.SUSPENSION])
def test_what_forbids_holds_at_once_and_is_told_with_the_first_refusal(
    desk: Desk, anchor: Applicant, operator: Person, kind: MeasureKind
) -> None:
    session_id = planned(desk, anchor)
    before = seen(anchor)
    measure_id = taken(desk, operator, anchor.id, kind, is_told_later=True)
    assert seen(anchor) == before
    reply = anchor.signed.post(f"/sessions/{session_id}/stream-key")
    assert error_code(reply) == ("suspended" if kind is MeasureKind.SUSPENSION else "limited_broadcast")
    [shown] = mine(anchor)
    assert (shown["id"], shown["reason"], shown["may_appeal"]) == (measure_id, REASON, True)
    message = anchor.signed.get("/me/inbox").json()["messages"][0]
    assert (message["place"], message["link_id"]) == ("measures", measure_id)
    assert told(desk) == [(anchor.id, REASON)]
    anchor.signed.post(f"/sessions/{session_id}/stream-key")
    assert (len(mine(anchor)), len(told(desk))) == (1, 1), "told once, however often it refuses"
    assert anchor.signed.get("/me/onboarding").json()["may_broadcast"] is False


def test_who_is_cut_off_by_it_is_told_at_once(desk: Desk, anchor: Applicant, operator: Person) -> None:
    session_id = anchor.signed.post("/sessions", WISH).json()["id"]
    key = anchor.signed.post(f"/sessions/{session_id}/stream-key").json()["key"]
    desk.report("started", desk.authorize(key, "c").json())
    measure_id = taken(desk, operator, anchor.id, MeasureKind.LIMIT_BROADCAST, is_told_later=True)
    assert desk.state(session_id) == "ended"
    assert [one["id"] for one in mine(anchor)] == [measure_id]
    assert {"session_cut_off", "measure_limit_broadcast"} <= set(anchor.kinds())


@pytest.mark.parametrize("kind", [MeasureKind.CLOSING, MeasureKind.RECLAIMING])
def test_who_signs_in_to_a_closed_account_is_told(
    desk: Desk, anchor: Applicant, operator: Person, kind: MeasureKind
) -> None:
    measure_id = taken(desk, operator, anchor.id, kind, is_told_later=True)
    assert told(desk) == []
    assert error_code(anchor.signed.get("/me/measures")) == "device_ended"
    back = again(desk, anchor)
    assert error_code(back.signed.post("/sessions", WISH)) == "account_closed"
    assert [one["id"] for one in mine(back)] == [measure_id]
    assert told(desk) == [(anchor.id, REASON)]
    again(desk, anchor)
    assert len(told(desk)) == 1


def test_one_that_is_lifted_before_it_was_told_leaves_no_trace_for_its_person(
    desk: Desk, anchor: Applicant, operator: Person
) -> None:
    before = seen(anchor)
    for kind in (MeasureKind.LIMIT_GIFTS, MeasureKind.SUSPENSION):
        lift(desk, operator, taken(desk, operator, anchor.id, kind, is_told_later=True))
    taken(desk, operator, anchor.id, MeasureKind.SUSPENSION, is_told_later=True)
    write(desk, lambda tx: suspension.lift(tx, operator, anchor.id, "已整改"))
    assert (seen(anchor), told(desk)) == (before, [])
    assert anchor.signed.post("/sessions", WISH).status_code == 201


def test_one_that_was_lifted_can_still_be_told(desk: Desk, anchor: Applicant, operator: Person) -> None:
    measure_id = taken(desk, operator, anchor.id, MeasureKind.LIMIT_GIFTS, is_told_later=True)
    lift(desk, operator, measure_id)
    tell(desk, operator, measure_id)
    [shown] = mine(anchor)
    assert (shown["state"], shown["may_appeal"]) == ("lifted", True)
    with refused(ErrorCode.NOT_FOUND):
        tell(desk, operator, "nothing")
