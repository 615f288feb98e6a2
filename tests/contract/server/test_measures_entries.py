"""Refusing to publish: off the schedule and every page, no key, and back again when the measure ends in time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.contract.errors import ErrorCode
from app.domain.measures import MeasureKind
from server.gate import Person
from server.measures.views import NEUTRAL_TITLE
from server.rooms.facts import read_resume
from tests.contract.server.applicants import OTHER_PHONE, Applicant, applicant, make_anchor
from tests.contract.server.application_kit import refused
from tests.contract.server.kit import Desk, error_code
from tests.contract.server.measures_kit import (
    REASON,
    WISH,
    again,
    column,
    lift,
    mine,
    planned,
    reversed_on_appeal,
    taken,
    upcoming,
)

pytestmark = pytest.mark.slow

TITLE = WISH["title"]


def key_of(person: Applicant, session_id: str) -> dict[str, object]:
    reply = person.signed.post(f"/sessions/{session_id}/stream-key")
    assert reply.status_code != 200
    error: dict[str, object] = reply.json()["error"]
    return error


def test_what_is_refused_is_off_every_list_and_begins_on_no_way(
    desk: Desk, anchor: Applicant, operator: Person
) -> None:
    session_id, other_id = planned(desk, anchor), planned(desk, anchor, 60)
    measure_id = taken(desk, operator, anchor.id, MeasureKind.REFUSAL, session_id=session_id, evidence="标题：“……”")
    assert upcoming(anchor) == [(other_id, TITLE)]
    error = key_of(anchor, session_id)
    assert error["code"] == "publish_refused"
    assert error["detail"] == {"until_ms": None, "reason": REASON, "measure_id": measure_id}
    public = desk.client.get(f"/api/v1/sessions/{session_id}").json()
    assert (public["state"], public["end_reason"], public["title"]) == ("ended", "called_off", NEUTRAL_TITLE)
    page = desk.client.get(f"/s/{session_id}", headers={"Accept": "text/html"}).text
    assert TITLE not in page
    resume = desk.read(lambda db: read_resume(db, session_id, 0, 100))
    assert resume is not None
    assert TITLE not in repr(resume.facts)
    [shown] = mine(anchor)
    assert (shown["kind"], shown["state"], shown["session_title"]) == ("refusal", "in_force", TITLE)
    assert (shown["session_id"], shown["reason"], shown["evidence"]) == (session_id, REASON, ["标题：“……”"])
    message = anchor.signed.get("/me/inbox").json()["messages"][0]
    assert (message["kind"], message["link_id"], message["params"]["title"]) == ("measure_refusal", measure_id, TITLE)
    assert ("measure.refusal", anchor.id, REASON) in desk.audited()
    # The other one is as it was.
    assert anchor.signed.post(f"/sessions/{other_id}/stream-key").status_code == 200


def test_one_that_is_being_prepared_loses_its_key_and_one_on_air_is_cut_off_instead(
    desk: Desk, anchor: Applicant, operator: Person
) -> None:
    session_id = planned(desk, anchor)
    key = anchor.signed.post(f"/sessions/{session_id}/stream-key").json()["key"]
    assert desk.state(session_id) == "preparing"
    taken(desk, operator, anchor.id, MeasureKind.REFUSAL, session_id=session_id)
    assert error_code(desk.authorize(key, "c1")) == "key_dead"
    assert key_of(anchor, session_id)["code"] == "publish_refused"
    live_id = anchor.signed.post("/sessions", WISH).json()["id"]
    key = anchor.signed.post(f"/sessions/{live_id}/stream-key").json()["key"]
    desk.report("started", desk.authorize(key, "c2").json())
    with refused(ErrorCode.STATE_CONFLICT):
        taken(desk, operator, anchor.id, MeasureKind.REFUSAL, session_id=live_id)
    assert desk.state(live_id) == "live"


def test_a_session_has_to_be_named_and_be_the_persons_own(desk: Desk, anchor: Applicant, operator: Person) -> None:
    other = applicant(desk, OTHER_PHONE)
    make_anchor(desk, other)
    session_id = planned(desk, anchor)
    with refused(ErrorCode.INPUT_INVALID):
        taken(desk, operator, anchor.id, MeasureKind.REFUSAL)
    with refused(ErrorCode.INPUT_INVALID):
        taken(desk, operator, other.id, MeasureKind.REFUSAL, session_id=session_id)
    with refused(ErrorCode.NOT_FOUND):
        taken(desk, operator, anchor.id, MeasureKind.REFUSAL, session_id="0" * 16)
    with refused(ErrorCode.INPUT_INVALID):
        taken(desk, operator, anchor.id, MeasureKind.REFUSAL, session_id=session_id, is_told_later=True)
    assert (mine(anchor), upcoming(anchor)) == ([], [(session_id, TITLE)])


def test_an_appeal_that_is_right_puts_it_back_as_a_new_entry(desk: Desk, anchor: Applicant, operator: Person) -> None:
    session_id = planned(desk, anchor, industry="互联网", position="产品经理", is_replay_on=False)
    starts_ms = column(desk, session_id, "starts_ms")
    measure_id = taken(desk, operator, anchor.id, MeasureKind.REFUSAL, session_id=session_id)
    reversed_on_appeal(desk, anchor, measure_id)
    [(new_id, title)] = upcoming(anchor)
    assert (new_id != session_id, title) == (True, TITLE)
    for name in ("industry", "position", "is_replay_on", "length_min"):
        assert column(desk, new_id, name) == column(desk, session_id, name), name
    assert column(desk, new_id, "starts_ms") == starts_ms
    assert desk.state(session_id) == "ended", "what has ended stays so"
    messages = anchor.signed.get("/me/inbox").json()["messages"]
    [back] = [one for one in messages if one["kind"] == "session_put_back"]
    assert (back["place"], back["link_id"], back["params"]["title"]) == ("schedule", new_id, TITLE)
    assert anchor.signed.post(f"/sessions/{new_id}/stream-key").status_code == 200
    assert mine(anchor)[0]["state"] == "reversed"


def test_it_is_put_back_once_and_not_when_its_time_is_past_or_taken(
    desk: Desk, anchor: Applicant, operator: Person
) -> None:
    taken_id, past_id = planned(desk, anchor, 48), planned(desk, anchor, 2)
    ids = [taken(desk, operator, anchor.id, MeasureKind.REFUSAL, session_id=one) for one in (taken_id, past_id)]
    instead = planned(desk, anchor, 48)
    lift(desk, operator, ids[0])
    assert upcoming(anchor) == [(instead, TITLE)]
    desk.clock.advance(timedelta(hours=4).total_seconds())
    anchor = again(desk, anchor)
    lift(desk, operator, ids[1])
    assert upcoming(anchor) == [(instead, TITLE)]
    assert anchor.kinds().count("session_not_put_back") == 2
    # What was lifted is put back no second time by the appeal.
    reversed_on_appeal(desk, anchor, ids[1])
    assert anchor.kinds().count("session_not_put_back") == 2
    # Its key is refused as an ended session's is: the measure is over.
    assert key_of(anchor, taken_id)["code"] == "session_ended"


def test_one_on_the_spot_is_refused_too_and_was_never_on_the_schedule(
    desk: Desk, anchor: Applicant, operator: Person
) -> None:
    session_id = anchor.signed.post("/sessions", WISH).json()["id"]
    measure_id = taken(desk, operator, anchor.id, MeasureKind.REFUSAL, session_id=session_id)
    assert key_of(anchor, session_id)["code"] == "publish_refused"
    assert anchor.signed.get("/sessions/current").status_code == 404
    lift(desk, operator, measure_id)
    assert upcoming(anchor) == []
