"""Which sessions are in each other's way, and what is shown of a span of time."""

from __future__ import annotations

import pytest

from app.domain.schedule import MAX_UPCOMING
from server.store.models import SessionRow
from server.store.store import Tx
from tests.contract.server.applicants import write
from tests.contract.server.kit import Desk, error_code
from tests.contract.server.schedule_kit import at, detail, moment, other_planner, planner

pytestmark = pytest.mark.slow

# Overlaps ------------------------------------------------------------------------------------------


def test_planned_sessions_do_not_overlap(desk: Desk) -> None:
    anchor = planner(desk)
    first = anchor.planned(120)
    for minutes, length_min in ((120, 60), (61, 60), (179, 60), (100, 240), (130, 15)):
        refused = anchor.plan(minutes, length_min=length_min)
        assert error_code(refused) == "schedule_overlap"
        told = detail(refused)
        assert (told["session_id"], told["title"], told["length_min"]) == (first["session"]["id"], "简历怎么写", 60)
        assert moment(told["starts_at"]) == moment(first["plan"]["starts_at"])
    before, after = anchor.planned(60), anchor.planned(180)
    assert anchor.ids() == [one["session"]["id"] for one in (before, first, after)]
    assert other_planner(desk).plan(120).status_code == 201, "each anchor has their own time"


def test_a_change_is_measured_against_the_others_only(desk: Desk) -> None:
    anchor = planner(desk)
    first, second = anchor.planned(120), anchor.planned(300)
    longer = anchor.change(first, length_min=90).json()
    assert longer["plan"]["length_min"] == 90
    refused = anchor.change(longer, starts_at=at(desk, 290))
    assert (error_code(refused), detail(refused)["session_id"]) == ("schedule_overlap", second["session"]["id"])
    anchor.cancel(second)
    assert anchor.change(longer, starts_at=at(desk, 290)).status_code == 200


def test_the_time_of_what_is_on_air_is_taken_until_it_is_over(desk: Desk) -> None:
    anchor = planner(desk)
    # Begun early, and still going when its hour is over.
    entry = anchor.planned(30, length_min=60)
    desk.go_live(anchor.signed, entry["session"]["id"])
    desk.clock.advance(10 * 60)
    for minutes in (0, 15, 79):
        refused = anchor.plan(minutes, length_min=15)
        assert (error_code(refused), detail(refused)["session_id"]) == ("schedule_overlap", entry["session"]["id"])
    later = anchor.planned(80)
    desk.clock.advance(100 * 60)
    anchor.renew()
    assert error_code(anchor.plan(0, length_min=15)) == "schedule_overlap"
    assert anchor.cancel(later).status_code == 200
    assert anchor.plan(1, length_min=15).status_code == 201, "from the next minute on"
    anchor.signed.post(f"/sessions/{entry['session']['id']}/end")
    assert anchor.plan(-0.5, length_min=15, starts_at=at(desk, -0.5)).status_code == 409, "that minute is planned now"


def test_one_on_the_spot_stands_beside_what_is_planned(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned(40)
    spot = desk.open_session(anchor.signed)
    assert spot["length_min"] == 40, "up to the next planned one"
    assert anchor.ids() == [entry["session"]["id"]], "it is no entry before it begins"
    assert anchor.plan(10, length_min=30).status_code == 201, "and holds no time"
    assert error_code(anchor.signed.get(f"/me/schedule/{spot['id']}.ics")) == "not_found"
    assert error_code(anchor.signed.post(f"/me/schedule/{spot['id']}/cancel")) == "not_found"
    anchor.signed.post(f"/sessions/{spot['id']}/stream-key", {})
    assert spot["id"] in anchor.ids(), "what is being prepared is shown"
    assert error_code(anchor.plan(0, length_min=15)) == "schedule_overlap", "and has its time"


def test_a_planned_session_has_its_time_against_one_on_the_spot(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned(0)
    refused = anchor.signed.post("/sessions", {"title": "临时", "category": "other"})
    assert (error_code(refused), detail(refused)["session_id"]) == ("schedule_overlap", entry["session"]["id"])


def test_there_is_an_end_to_what_can_be_planned(desk: Desk) -> None:
    anchor = planner(desk)
    first = anchor.planned(60)

    def fill(tx: Tx) -> None:
        row = tx.db.get_one(SessionRow, first["session"]["id"])
        kept = {column.key: getattr(row, column.key) for column in SessionRow.__table__.columns}
        for number in range(1, MAX_UPCOMING):
            starts_ms = row.starts_ms + number * 3600 * 1000
            tx.db.add(SessionRow(**(kept | {"id": f"{number:016d}", "starts_ms": starts_ms})))

    write(desk, fill)
    assert error_code(anchor.plan(60 * MAX_UPCOMING + 60)) == "schedule_full"
    anchor.cancel(first)
    assert anchor.plan(60 * MAX_UPCOMING + 60).status_code == 201


# Reading -------------------------------------------------------------------------------------------


def test_a_span_shows_all_that_touches_it(desk: Desk) -> None:
    anchor = planner(desk)
    first, second, third = anchor.planned(60), anchor.planned(180), anchor.planned(300)
    anchor.cancel(second)
    ids = [one["session"]["id"] for one in (first, second, third)]
    assert anchor.ids(at(desk, 0), at(desk, 400)) == ids, "what was taken off was on it"
    assert anchor.ids(at(desk, 119), at(desk, 120)) == ids[:1]
    assert anchor.ids(at(desk, 120), at(desk, 180)) == []
    assert anchor.ids(at(desk, 359), at(desk, 360)) == ids[2:]
    assert anchor.ids(at(desk, 360), at(desk, 60 * 24 * 100)) == []


def test_what_ran_is_found_at_the_time_when_it_ran(desk: Desk) -> None:
    anchor = planner(desk)
    began = at(desk, 0)
    spot = desk.open_session(anchor.signed)
    desk.go_live(anchor.signed, spot["id"], "c1")
    desk.clock.advance(80 * 60)
    anchor.renew()
    assert anchor.ids() == [spot["id"]]
    anchor.signed.post(f"/sessions/{spot['id']}/end")
    unused = desk.open_session(anchor.signed)
    assert anchor.ids() == []
    assert anchor.ids(began, at(desk, 1)) == [spot["id"]]
    # It was to last an hour and went on.
    assert anchor.ids(at(desk, -5), at(desk, -4)) == [spot["id"]]
    assert anchor.ids(at(desk, 1), at(desk, 2)) == []
    assert unused["id"] not in anchor.ids(began, at(desk, 600))


def test_what_is_over_is_not_to_come(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned(10, length_min=15)
    desk.clock.advance(25 * 60)
    anchor.renew()
    assert anchor.ids() == [entry["session"]["id"]]
    desk.clock.advance(1)
    assert anchor.ids() == []
    assert anchor.key(entry).status_code == 200, "late, and still to be begun"
    assert anchor.ids() == [entry["session"]["id"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-01-01T00:00:00Z"}, "until"),
        ({"until": "2026-01-01T00:00:00Z"}, "from"),
        ({"from": "2026-01-02T00:00:00Z", "until": "2026-01-02T00:00:00Z"}, "until"),
        ({"from": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "until"),
        ({"from": "2026-01-01T00:00:00Z", "until": "2026-04-11T00:00:01Z"}, "until"),
        ({"from": "2026-01-01T00:00:00", "until": "2026-01-02T00:00:00Z"}, "from"),
        ({"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}, "to"),
    ],
)
def test_spans_that_are_none(desk: Desk, query: dict[str, str], field: str) -> None:
    anchor = planner(desk)
    reply = anchor.signed.client.get("/api/v1/me/schedule", params=query, headers=anchor.signed.headers)
    assert (error_code(reply), detail(reply)["field"]) == ("input_invalid", field)
