"""What time does to the schedule: reminders, and taking off what never began, also after days without the service."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.domain.schedule import MINUTE_MS, MISSED_AFTER_MIN, REMIND_BEFORE_MIN
from server import services as services_module
from server.schedule import clockwork
from server.store.models import SessionRow
from server.store.store import Tx
from tests.contract.server.applicants import write
from tests.contract.server.kit import Desk, FakeIngest, config_for, desk_client, error_code
from tests.contract.server.schedule_kit import HOUR_S, Planner, activity, at, moment, other_planner, planner

pytestmark = pytest.mark.slow

DAY_MIN = 24 * 60


@pytest.fixture(autouse=True)
def _no_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service's own tick would look in between."""
    monkeypatch.setattr(services_module, "TICK_S", 3600.0)


def look(desk: Desk) -> None:
    """As the service's tick does."""
    desk.run(desk.services.keep_schedule)


def reminders(anchor: Planner) -> list[int]:
    """Minutes of each that was sent, the oldest first."""
    anchor.renew()
    return [int(one["params"]["minutes"]) for one in anchor.messages("session_reminder")]


def ending(desk: Desk, entry: dict[str, Any]) -> tuple[str, str | None]:
    session = desk.client.get(f"/api/v1/sessions/{entry['session']['id']}").json()
    return session["state"], session["end_reason"]


def test_one_is_reminded_a_day_half_an_hour_and_five_minutes_before(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned(2 * DAY_MIN)
    for _ in range(2 * DAY_MIN):
        desk.clock.advance(60)
        look(desk)
    anchor.renew()
    told = anchor.messages("session_reminder")
    assert [int(one["params"]["minutes"]) for one in told] == list(REMIND_BEFORE_MIN)
    assert {one["params"]["title"] for one in told} == {"简历怎么写"}
    assert {moment(one["params"]["starts_at"]) for one in told} == {moment(entry["plan"]["starts_at"])}
    assert {(one["place"], one["link_id"]) for one in told} == {("schedule", entry["session"]["id"])}


def test_after_days_without_the_service_only_the_nearest_is_sent_and_says_what_is_left(desk: Desk) -> None:
    anchor = planner(desk)
    anchor.planned(3 * DAY_MIN)
    desk.clock.advance(3 * 24 * HOUR_S - 17 * 60)
    for _ in range(3):
        look(desk)
    assert reminders(anchor) == [17]
    desk.clock.advance(12 * 60)
    look(desk)
    assert reminders(anchor) == [17, 5]


def test_a_session_that_begins_soon_is_not_reminded_of_what_is_past(desk: Desk) -> None:
    anchor = planner(desk)
    anchor.planned(20)
    for _ in range(20):
        look(desk)
        desk.clock.advance(60)
    assert reminders(anchor) == [5]


def test_a_session_that_is_moved_is_reminded_of_anew_but_not_of_what_was_just_done(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned(40)
    desk.clock.advance(10 * 60)
    look(desk)
    assert reminders(anchor) == [30]
    later = anchor.change(entry, starts_at=at(desk, 60)).json()
    look(desk)
    desk.clock.advance(30 * 60)
    look(desk)
    assert reminders(anchor) == [30, 30]
    sooner = anchor.change(later, starts_at=at(desk, 20)).json()
    look(desk)
    assert reminders(anchor) == [30, 30], "whoever moved it knows"
    named = anchor.change(sooner, title="新标题")
    assert named.status_code == 200
    desk.clock.advance(15 * 60)
    look(desk)
    look(desk)
    assert reminders(anchor) == [30, 30, 5]


def test_what_was_taken_off_or_is_on_air_is_not_reminded_of(desk: Desk) -> None:
    anchor = planner(desk)
    cancelled, early = anchor.planned(40), anchor.planned(120)
    anchor.cancel(cancelled)
    desk.go_live(anchor.signed, early["session"]["id"])
    spot_anchor = other_planner(desk)
    desk.open_session(spot_anchor.signed)
    for _ in range(12):
        desk.clock.advance(10 * 60)
        look(desk)
    assert reminders(anchor) == reminders(spot_anchor) == []
    assert ending(desk, early) == ("live", None)


def test_what_never_began_is_taken_off_half_an_hour_after_its_end(desk: Desk) -> None:
    anchor = planner(desk)
    missed, later = anchor.planned(10, length_min=15), anchor.planned(300)
    desk.clock.advance((10 + 15 + MISSED_AFTER_MIN) * 60 - 1)
    look(desk)
    assert ending(desk, missed) == ("scheduled", None)
    desk.clock.advance(1)
    look(desk)
    look(desk)
    assert ending(desk, missed) == ("ended", "missed")
    anchor.renew()
    [message] = anchor.messages("session_missed")
    assert message["params"] == {"title": "简历怎么写"}
    assert (message["place"], message["link_id"]) == ("schedule", missed["session"]["id"])
    assert error_code(anchor.key(missed)) == "session_ended"
    assert error_code(anchor.cancel(missed)) == "session_begun"
    assert anchor.ids() == [later["session"]["id"]]


def test_one_on_the_spot_that_never_began_goes_without_a_word(desk: Desk) -> None:
    anchor = planner(desk)
    spot = desk.open_session(anchor.signed)
    desk.clock.advance((60 + MISSED_AFTER_MIN) * 60)
    look(desk)
    assert ending(desk, {"session": spot}) == ("ended", "missed")
    anchor.renew()
    assert anchor.messages("session_missed") == []


def test_what_is_being_prepared_is_missed_only_when_it_was_left(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned(0, length_min=15)
    desk.clock.advance((15 + MISSED_AFTER_MIN - 5) * 60)
    anchor.renew()
    key = anchor.key(entry).json()["key"]
    desk.clock.advance(5 * 60)
    look(desk)
    assert desk.state(entry["session"]["id"]) == "preparing", "somebody is at it"
    desk.clock.advance((MISSED_AFTER_MIN - 5) * 60 - 1)
    look(desk)
    assert desk.state(entry["session"]["id"]) == "preparing"
    desk.clock.advance(1)
    look(desk)
    assert ending(desk, entry) == ("ended", "missed")
    assert error_code(desk.authorize(key, "c1")) == "key_dead"


def test_a_publisher_that_is_connected_is_not_cut_off_as_missed(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned(0, length_min=15)
    key = anchor.key(entry).json()["key"]
    grant = desk.authorize(key, "c1").json()
    desk.publish(grant, has_started=False)
    desk.clock.advance(2 * HOUR_S)
    look(desk)
    assert desk.state(entry["session"]["id"]) == "preparing"
    assert desk.report("started", grant).status_code == 204
    desk.clock.advance(2 * HOUR_S)
    look(desk)
    assert desk.state(entry["session"]["id"]) == "live"


def test_a_key_that_was_taken_a_day_early_is_no_reason_not_to_remind(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned(2 * DAY_MIN)
    assert anchor.key(entry).status_code == 200
    desk.clock.advance(24 * HOUR_S)
    look(desk)
    assert reminders(anchor) == [DAY_MIN]
    desk.clock.advance(23.5 * HOUR_S - 60)
    anchor.renew()
    assert anchor.key(entry).status_code == 200
    desk.clock.advance(60)
    look(desk)
    assert reminders(anchor) == [DAY_MIN], "whoever is at it needs no word"


def test_an_activity_nobody_began_is_missed_too(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned(activity_id=activity(desk, 60, length_min=30))
    desk.clock.advance(2 * HOUR_S)
    look(desk)
    assert ending(desk, entry) == ("ended", "missed")
    anchor.renew()
    assert [one["params"]["title"] for one in anchor.messages("session_missed")] == ["春招公开课"]


def test_after_a_restart_the_ingest_is_heard_before_anything_is_missed(desk: Desk) -> None:
    anchor = planner(desk)
    entry, coming = anchor.planned(0, length_min=15), anchor.planned(4 * DAY_MIN + 10)
    key = anchor.key(entry).json()
    desk.clock.advance(4 * 24 * HOUR_S)
    # While the service was down the ingest let the key in and has pictures of it.
    fact = {"key_id": key["key_id"], "session_id": entry["session"]["id"], "connection_id": "c1", "has_started": True}
    ingest = FakeIngest(publishers=[fact])
    lifetimes = replace(desk.config.lifetimes, settle_s=10.0)
    config = config_for(desk.config.data_dir, desk.config.database_url, lifetimes=lifetimes)
    with desk_client(config, desk.clock, ingest) as client:
        again = Desk(client, desk.clock, ingest, config)
        look(again)
        assert again.state(entry["session"]["id"]) == "preparing"
        again.run(again.services.reconcile)
        desk.clock.advance(10)
        look(again)
        assert again.state(entry["session"]["id"]) == "live"
        anchor = planner(again)
        assert [one["link_id"] for one in anchor.messages("session_reminder")] == [coming["session"]["id"]]


def test_one_look_takes_so_many_and_the_next_the_others(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clockwork, "MAX_AT_ONCE", 3)
    anchor = planner(desk)
    first = anchor.planned(10, length_min=15)

    def more(tx: Tx) -> None:
        row = tx.db.get_one(SessionRow, first["session"]["id"])
        kept = {column.key: getattr(row, column.key) for column in SessionRow.__table__.columns}
        for number in range(1, 7):
            starts_ms = row.starts_ms + number * 20 * MINUTE_MS
            tx.db.add(SessionRow(**(kept | {"id": f"{number:016d}", "starts_ms": starts_ms})))

    write(desk, more)
    desk.clock.advance(10 * 24 * HOUR_S)
    missed = []
    for _ in range(4):
        look(desk)
        anchor.renew()
        missed.append(len(anchor.messages("session_missed")))
    assert missed == [3, 6, 7, 7]


def test_a_fault_with_one_session_stops_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    anchor = planner(desk)
    first, second = anchor.planned(0, length_min=15), anchor.planned(20, length_min=15)
    desk.clock.advance(3 * HOUR_S)
    attend = clockwork.attend

    def broken(tx: Tx, session_id: str) -> None:
        if session_id == first["session"]["id"]:
            raise KeyError("bug")
        attend(tx, session_id)

    with monkeypatch.context() as broken_once:
        broken_once.setattr(clockwork, "attend", broken)
        look(desk)
    assert [ending(desk, one)[0] for one in (first, second)] == ["scheduled", "ended"]
    look(desk)
    assert ending(desk, first) == ("ended", "missed")


def test_the_tick_looks_every_five_seconds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    async def count() -> None:
        looks.append(desk.clock.monotonic_s())

    monkeypatch.setattr(desk.services, "keep_schedule", count)
    began_s = desk.clock.monotonic_s()
    for _ in range(20):
        desk.clock.advance(1)
        desk.run(desk.services._tick)
    assert [at_s - began_s for at_s in looks] == [5, 10, 15, 20]
