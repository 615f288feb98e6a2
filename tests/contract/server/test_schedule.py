"""Planning, changing and taking off, as any client may try it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.contract import events
from app.runtime.clock import utc_ms
from server.identity.suspension import suspend
from server.images import review
from server.rooms.facts import read_resume
from server.store.models import AuditRow
from server.store.store import Tx
from server.store.way_models import ScopeRow
from tests.contract.server.applicants import Applicant, operator_of, write
from tests.contract.server.kit import Desk, error_code, sign_in
from tests.contract.server.schedule_kit import Planner, at, body, detail, moment, other_planner, planner

pytestmark = pytest.mark.slow

VIEWER = "13900000001"


def cover(anchor: Planner) -> str:
    """The id of an uploaded one."""
    return str(Applicant(anchor.desk, anchor.signed).upload("cover").json()["id"])


def refused_acts(desk: Desk) -> list[tuple[str, str, str]]:
    return [one for one in desk.audited() if one[0] == "refused.schedule"]


# Planning ------------------------------------------------------------------------------------------


def test_a_plan_is_a_session_with_all_that_was_said(desk: Desk) -> None:
    anchor = planner(desk)
    image_id = cover(anchor)
    wish = body(desk, 120, cover_image_id=image_id, is_replay_on=False, allows_guests=True)
    reply = anchor.signed.post("/me/schedule", wish)
    assert reply.status_code == 201
    entry = reply.json()
    assert {**entry["plan"], "starts_at": wish["starts_at"]} == {**wish, "activity_id": ""}
    assert moment(entry["plan"]["starts_at"]) == moment(wish["starts_at"])
    assert (entry["revision"], entry["is_fixed"], entry["activity_note"]) == (0, False, "")
    session = entry["session"]
    assert (session["state"], session["title"], session["length_min"]) == ("scheduled", "简历怎么写", 60)
    # Others see a cover once it was looked at.
    assert session["cover_image_id"] == ""
    operator = operator_of(desk)
    write(desk, lambda tx: review.approve(tx, operator, image_id))
    shown = desk.client.get(f"/api/v1/sessions/{session['id']}").json()
    assert shown["cover_image_id"] == image_id
    assert moment(shown["starts_at"]) == moment(wish["starts_at"])
    assert anchor.ids() == [session["id"]]
    assert anchor.signed.get("/sessions/current").status_code == 404, "planned is not begun"
    listed = anchor.signed.get("/me/schedule").json()
    assert moment(listed["server_now"]) == desk.clock.utc()


def test_text_is_kept_plain_and_seconds_are_passed_over(desk: Desk) -> None:
    wish = {"title": "  求职\u202e 问答 \n第二期 ", "industry": " 互联网\t", "position": ""}
    entry = planner(desk).planned(90.75, **wish)
    assert entry["plan"]["title"] == entry["session"]["title"] == "求职 问答 第二期"
    assert (entry["plan"]["industry"], entry["plan"]["position"]) == ("互联网", "")
    assert moment(entry["plan"]["starts_at"]) == datetime(2026, 1, 1, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "code", "told"),
    [
        ({"title": "\u200b \n"}, "input_invalid", {"field": "title"}),
        ({"title": "\ufb2c" * 40}, "input_invalid", {"field": "title"}),
        ({"industry": "\ufb2c" * 20}, "input_invalid", {"field": "industry"}),
        ({"title": "加微信 abc12345 领资料"}, "text_refused", {"field": "title"}),
        ({"position": "加微信 abc12345"}, "text_refused", {"field": "position"}),
        ({"length_min": 14}, "schedule_invalid", {"field": "length_min", "reason": "too_short"}),
        ({"length_min": 481}, "schedule_invalid", {"field": "length_min", "reason": "too_long"}),
        ({"length_min": 10**40}, "schedule_invalid", {"field": "length_min", "reason": "too_long"}),
        ({"starts_at": "2025-12-31T23:58:00Z"}, "schedule_invalid", {"field": "starts_at", "reason": "past"}),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "schedule_invalid", {"field": "starts_at", "reason": "past"}),
        ({"starts_at": "2026-04-01T00:01:00Z"}, "schedule_invalid", {"field": "starts_at", "reason": "too_far"}),
        ({"starts_at": "9999-12-31T23:59:59-14:00"}, "schedule_invalid", {"field": "starts_at", "reason": "too_far"}),
        ({"starts_at": "2026-01-01T02:00:00"}, "input_invalid", {"field": "starts_at"}),
        ({"cover_image_id": "0" * 16}, "schedule_invalid", {"field": "cover_image_id", "reason": "unusable"}),
        ({"cover_image_id": "\x00'--"}, "schedule_invalid", {"field": "cover_image_id", "reason": "unusable"}),
        ({"activity_id": "0" * 16}, "activity_closed", {"field": "activity_id"}),
        ({"activity_id": "\x00"}, "activity_closed", {"field": "activity_id"}),
    ],
)
def test_what_cannot_be_planned_is_said_with_its_field(
    desk: Desk, changes: dict[str, Any], code: str, told: dict[str, str]
) -> None:
    anchor = planner(desk)
    refused = anchor.signed.post("/me/schedule", body(desk) | changes)
    assert error_code(refused) == code
    assert told.items() <= detail(refused).items()
    assert anchor.entries() == []


@pytest.mark.parametrize("starts_at", ["2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"])
def test_the_first_and_the_last_moment_that_can_be_planned(desk: Desk, starts_at: str) -> None:
    assert planner(desk).signed.post("/me/schedule", body(desk) | {"starts_at": starts_at}).status_code == 201


def test_a_time_zone_makes_no_difference(desk: Desk) -> None:
    anchor = planner(desk)
    anchor.planned(starts_at="2026-01-01T02:00:00Z")
    again = anchor.plan(starts_at="2026-01-01T10:30:00+08:00")
    assert error_code(again) == "schedule_overlap"


def test_who_may_not_broadcast_may_not_plan(desk: Desk) -> None:
    wish = body(desk)
    assert error_code(desk.client.post("/api/v1/me/schedule", json=wish)) == "not_signed_in"
    viewer = sign_in(desk.client, VIEWER)
    assert error_code(viewer.post("/me/schedule", wish)) == "not_an_anchor"
    assert error_code(desk.operator().post("/me/schedule", wish)) == "not_an_anchor"
    assert ("refused.schedule", "", "not_an_anchor") in refused_acts(desk)
    assert viewer.get("/me/schedule").json()["entries"] == []


def test_the_category_must_be_in_scope_at_first_and_at_each_change(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned(category="outfit")

    def narrow(tx: Tx) -> None:
        for row in tx.db.scalars(select(ScopeRow).where(ScopeRow.account_id == anchor.id)):
            if row.category != "job_search":
                tx.db.delete(row)

    write(desk, narrow)
    assert error_code(anchor.plan(600, category="outfit")) == "out_of_scope"
    assert error_code(anchor.change(entry, title="新标题")) == "out_of_scope"
    assert anchor.change(entry, category="job_search").status_code == 200
    assert ("refused.schedule", "", "out_of_scope") in refused_acts(desk)


def test_a_repeated_plan_is_made_once(desk: Desk) -> None:
    anchor = planner(desk)
    wish = body(desk)
    headers = {"Idempotency-Key": "k1"}
    made = [anchor.signed.post("/me/schedule", wish, **headers) for _ in range(3)]
    assert {one.json()["session"]["id"] for one in made} == {anchor.ids()[0]}
    other = anchor.signed.post("/me/schedule", wish | {"title": "另一场"}, **headers)
    assert error_code(other) == "idempotency_mismatch"


# Changing and taking off ---------------------------------------------------------------------------


def test_a_change_counts_and_an_older_one_is_refused(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned()
    changed = anchor.change(entry, title="新标题", allows_guests=True).json()
    assert (changed["revision"], changed["session"]["title"], changed["plan"]["allows_guests"]) == (1, "新标题", True)
    # The answer was lost and the change is sent again: nothing is in its way.
    assert anchor.change(entry, title="新标题", allows_guests=True).json() == changed
    refused = anchor.change(entry, title="另一个标题")
    assert (error_code(refused), detail(refused)) == ("schedule_conflict", {"revision": 1})
    assert anchor.entries() == [changed]


def test_a_room_is_told_what_its_session_will_be(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned()
    later = at(desk, 300)
    first = anchor.change(entry, title="新标题", category="experience", starts_at=later).json()
    # What the page does not tell is no news to it, and what was said already is none to anybody.
    second = anchor.change(first, allows_guests=True, length_min=90).json()
    anchor.change(second, allows_guests=True)
    resume = desk.read(lambda db: read_resume(db, entry["session"]["id"], 0, 100))
    assert resume is not None
    starts_ms = utc_ms(datetime.fromisoformat(first["session"]["starts_at"]))
    assert [(one.seq, events.body(one)) for one in resume.facts] == [
        (1, events.SessionPlanned("新标题", "experience", starts_ms))
    ]


def test_whoever_is_late_can_still_mend_the_words_but_not_plan_the_past(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned(5)
    desk.clock.advance(12 * 60)
    mended = anchor.change(entry, title="新标题")
    assert mended.status_code == 200
    refused = anchor.change(mended.json(), starts_at=at(desk, -3))
    assert detail(refused) == {"field": "starts_at", "reason": "past"}


def test_what_has_begun_or_ended_is_not_changed(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned(0)
    assert anchor.key(entry).status_code == 200
    for act in (anchor.change(entry, title="新标题"), anchor.cancel(entry)):
        assert (error_code(act), detail(act)) == ("session_begun", {"state": "preparing"})
    anchor.signed.post(f"/sessions/{entry['session']['id']}/end")
    for act in (anchor.change(entry, title="新标题"), anchor.cancel(entry)):
        assert error_code(act) == "session_begun"


def test_cancelling_is_repeatable_and_frees_the_time(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned()
    cancelled = anchor.cancel(entry)
    assert (cancelled.json()["session"]["state"], cancelled.json()["session"]["end_reason"]) == ("ended", "cancelled")
    desk.clock.advance(60)
    assert anchor.cancel(entry).json() == cancelled.json()
    assert anchor.entries() == []
    assert error_code(anchor.key(entry)) == "session_ended"
    assert anchor.plan(119).status_code == 201


def test_a_measure_keeps_nobody_from_cancelling(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned()
    operator = operator_of(desk)
    write(desk, lambda tx: suspend(tx, operator, anchor.id, "违规", None))
    assert error_code(anchor.plan(600)) == error_code(anchor.change(entry, title="新标题")) == "suspended"
    assert error_code(anchor.key(entry)) == "suspended"
    assert anchor.cancel(entry).status_code == 200


def test_nobody_sees_or_touches_the_schedule_of_another(desk: Desk) -> None:
    anchor, other = planner(desk), other_planner(desk)
    entry = anchor.planned()
    path = f"/me/schedule/{entry['session']['id']}"
    assert error_code(other.change(entry, title="我的标题")) == "not_found"
    assert error_code(other.cancel(entry)) == "not_found"
    assert error_code(other.signed.get(f"{path}.ics")) == "not_found"
    assert error_code(other.key(entry)) == "forbidden"
    assert other.entries() == []
    assert anchor.entries() == [entry]
    assert ("refused.schedule", entry["session"]["id"], "not_found") in refused_acts(desk)
    actors = desk.read(
        lambda db: set(db.scalars(select(AuditRow.actor_id).where(AuditRow.action == "refused.schedule")))
    )
    assert actors == {other.id}


def test_the_cover_of_another_person_is_none(desk: Desk) -> None:
    anchor, other = planner(desk), other_planner(desk)
    refused = anchor.plan(cover_image_id=cover(other))
    assert detail(refused) == {"field": "cover_image_id", "reason": "unusable"}
    avatar_id = Applicant(desk, anchor.signed).upload("avatar").json()["id"]
    assert detail(anchor.plan(cover_image_id=avatar_id))["field"] == "cover_image_id"


def test_a_newer_cover_takes_the_place_of_the_one_before(desk: Desk) -> None:
    anchor, operator = planner(desk), operator_of(desk)
    first = cover(anchor)
    entry = anchor.planned(cover_image_id=first)
    begun = anchor.planned(400, cover_image_id=first)
    desk.go_live(anchor.signed, begun["session"]["id"])
    second = cover(anchor)
    assert anchor.entries()[0]["plan"]["cover_image_id"] == second, "the one that was never looked at is gone"
    write(desk, lambda tx: review.approve(tx, operator, second))
    third = cover(anchor)
    assert anchor.entries()[0]["session"]["cover_image_id"] == second, "seen until the newer one is approved"
    write(desk, lambda tx: review.approve(tx, operator, third))
    [now, on_air] = anchor.entries()
    assert now["plan"]["cover_image_id"] == now["session"]["cover_image_id"] == third
    assert on_air["session"]["cover_image_id"] == third
    assert error_code(anchor.change(entry, title="新标题", cover_image_id=third)) == "schedule_conflict"
    assert anchor.change(now, title="新标题").status_code == 200


def test_a_cover_that_was_refused_falls_off(desk: Desk) -> None:
    anchor = planner(desk)
    image_id = cover(anchor)
    entry = anchor.planned(cover_image_id=image_id)
    operator = operator_of(desk)
    write(desk, lambda tx: review.refuse(tx, operator, image_id, "不清楚"))
    [now] = anchor.entries()
    assert (now["plan"]["cover_image_id"], now["session"]["cover_image_id"]) == ("", "")
    assert anchor.change(now, title="新标题").status_code == 200
    assert error_code(anchor.change(entry, cover_image_id=image_id, title="x")) == "schedule_invalid"
