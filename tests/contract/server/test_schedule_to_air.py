"""Going live from the schedule, who hears of it, and who may talk on air."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.server.kit import Desk, error_code, sign_in
from tests.contract.server.schedule_kit import detail, other_planner, planner

pytestmark = pytest.mark.slow

VIEWER = "13900000001"


# Going live ----------------------------------------------------------------------------------------


def test_the_way_from_the_schedule_to_air(desk: Desk) -> None:
    anchor = planner(desk)
    entry, later = anchor.planned(60), anchor.planned(180)
    session_id = entry["session"]["id"]
    desk.clock.advance(10 * 60)
    # One's own session may begin whenever one likes.
    target = anchor.key(entry).json()
    assert desk.state(session_id) == "preparing"
    busy = anchor.key(later)
    assert (error_code(busy), detail(busy)["session_id"]) == ("session_busy", session_id)
    spot = anchor.signed.post("/sessions", {"title": "临时", "category": "other"})
    assert error_code(spot) == "session_busy"
    desk.report("started", desk.authorize(target["key"], "c1").json())
    assert desk.state(session_id) == "live"
    assert [one["session"]["state"] for one in anchor.entries()] == ["live", "scheduled"]
    anchor.signed.post(f"/sessions/{session_id}/end")
    assert anchor.ids() == [later["session"]["id"]]
    assert anchor.key(later).status_code == 200


def test_a_device_that_signs_out_gives_a_planned_session_back(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned()
    anchor.key(entry)
    assert anchor.signed.post("/auth/sign-out").status_code == 204
    anchor.renew()
    assert anchor.entries()[0]["session"]["state"] == "scheduled"
    assert anchor.change(entry, title="新标题").status_code == 200


def test_the_onboarding_knows_the_first_plan(desk: Desk) -> None:
    anchor = planner(desk)
    steps = {one["id"]: one["state"] for one in anchor.signed.get("/me/onboarding").json()["steps"]}
    assert steps["schedule"] == "current"
    anchor.planned()
    steps = {one["id"]: one["state"] for one in anchor.signed.get("/me/onboarding").json()["steps"]}
    assert steps["schedule"] == "done"


def test_my_programs_hear_of_every_change(desk: Desk) -> None:
    anchor = planner(desk)
    heard: list[str] = []
    tell = desk.services.hub.tell_person
    desk.services.hub.tell_person = lambda account_id, what: (heard.append(what.value), tell(account_id, what))

    def told(act: Any) -> int:
        heard.clear()
        assert act().status_code in (200, 201, 204)
        return heard.count("schedule")

    entry = anchor.planned()
    assert told(lambda: anchor.plan(400)) == 1
    assert told(lambda: anchor.change(entry, title="新标题")) == 1
    key: list[Any] = []
    assert told(lambda: key.append(anchor.key(entry)) or key[0]) == 1
    grant = desk.authorize(key[0].json()["key"], "c1").json()
    assert told(lambda: desk.report("started", grant)) == 1
    assert told(lambda: anchor.signed.post(f"/sessions/{entry['session']['id']}/end")) == 1


def test_planning_too_often_is_slowed_down(desk: Desk) -> None:
    anchor = planner(desk)
    replies = [anchor.plan(length_min=1) for _ in range(desk.config.limits.schedule_burst + 1)]
    assert error_code(replies[-1]) == "rate_limited"
    assert {error_code(one) for one in replies[:-1]} == {"schedule_invalid"}
    desk.clock.advance(2)
    assert anchor.plan().status_code == 201


# Guests --------------------------------------------------------------------------------------------


def test_who_may_talk_on_air(desk: Desk) -> None:
    anchor, guest = planner(desk), other_planner(desk)
    closed, opened = anchor.planned(60), anchor.planned(180, allows_guests=True)

    def check(person: Any, entry: dict[str, Any]) -> tuple[bool, str]:
        reply = person.get(f"/sessions/{entry['session']['id']}/guest-check").json()
        return reply["may"], reply["missing"]

    assert check(guest.signed, closed) == (False, "guests_not_allowed")
    assert check(guest.signed, opened) == (True, "")
    assert check(anchor.signed, opened) == (False, "forbidden")
    assert check(sign_in(desk.client, VIEWER), opened) == (False, "agreement_missing")
    anchor.cancel(opened)
    assert check(guest.signed, opened) == (False, "session_ended")
    assert error_code(guest.signed.get("/sessions/none/guest-check")) == "not_found"
    assert desk.client.get(f"/api/v1/sessions/{closed['session']['id']}/guest-check").status_code == 401
