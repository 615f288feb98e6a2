"""What crashes, lost reports, lost orders and an ingest that is away leave behind is set right by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from app.contract.errors import ErrorCode
from app.contract.hooks import PublisherFact
from app.errors import StorageError
from server.errors import Refusal
from server.sessions import publishing
from tests.contract.server.kit import HOOK, Desk, error_code, sign_in
from tests.contract.server.test_sessions import wait_for

pytestmark = pytest.mark.slow

AWAY_S = 30.0


def on_air(desk: Desk) -> tuple[str, dict[str, Any]]:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    return session_id, desk.go_live(anchor, session_id)


def test_a_lost_started_is_made_up_for(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    key = anchor.post(f"/sessions/{session_id}/stream-key", {}).json()["key"]
    grant = desk.authorize(key, "c1").json()
    desk.publish(grant, has_started=False)
    desk.run(desk.services.reconcile)
    assert desk.state(session_id) == "preparing"
    desk.publish(grant)
    desk.run(desk.services.reconcile)
    assert desk.state(session_id) == "live"


def test_the_ingests_word_that_it_stopped_is_final(desk: Desk) -> None:
    session_id, grant = on_air(desk)
    desk.report("stopped", grant, reason="closed")
    # A list that was made before the connection ended.
    desk.publish(grant)
    desk.run(desk.services.reconcile)
    assert desk.state(session_id) == "interrupted"


def test_what_was_missed_by_mistake_comes_back(desk: Desk) -> None:
    session_id, grant = on_air(desk)
    desk.clock.advance(publishing.ABSENT_AFTER_MS / 1000)
    desk.run(desk.services.reconcile)
    assert desk.state(session_id) == "interrupted"
    desk.publish(grant)
    desk.run(desk.services.reconcile)
    assert desk.state(session_id) == "live"
    # And once it has really ended, it does not.
    desk.ingest.publishers = []
    desk.run(desk.services.reconcile)
    desk.report("stopped", grant)
    desk.report("started", grant)
    assert desk.state(session_id) == "interrupted"


def test_every_dead_key_is_dropped_however_many_there_are(desk: Desk) -> None:
    session_id, grant = on_air(desk)
    crowd = [
        PublisherFact(key_id=f"k{number}", session_id="s", connection_id=f"a{number}", has_started=True)
        for number in range(1200)
    ]
    own = PublisherFact(**{name: grant[name] for name in ("key_id", "session_id", "connection_id")}, has_started=True)
    dropped = desk.run(lambda: desk.services.store.write(lambda tx: publishing.reconcile(tx, [*crowd, own])))
    assert set(dropped) == {fact.key_id for fact in crowd}
    assert desk.state(session_id) == "live"


def test_a_lost_close_is_repeated(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    session_id, _grant = on_air(desk)
    other = "0" * 16
    desk.ingest.sessions = [session_id, other]
    desk.run(desk.services.reconcile)
    assert desk.ingest.closed() == [], "it goes on"
    with monkeypatch.context() as lost:
        lost.setattr("server.providers.ingest.MAX_ORDERS", 0)
        assert sign_in(desk.client).post(f"/sessions/{session_id}/end").status_code == 200
        assert desk.services.ingest.orders_lost == 2
    desk.run(desk.services.reconcile)
    wait_for(desk, 1)
    assert desk.ingest.closed() == [session_id]
    assert desk.ingest.sessions == [other]


def test_an_ingest_that_is_away_for_long_begins_the_grace_period(desk: Desk) -> None:
    session_id, grant = on_air(desk)
    desk.ingest.is_away = True
    desk.clock.advance(AWAY_S - 1)
    desk.run(desk.services.reconcile)
    assert desk.state(session_id) == "live"
    desk.clock.advance(1)
    desk.run(desk.services.reconcile)
    assert desk.state(session_id) == "interrupted"
    desk.clock.advance(170)
    desk.run(desk.services.run_out_graces)
    desk.ingest.is_away = False
    desk.publish(grant)
    desk.run(desk.services.reconcile)
    assert desk.state(session_id) == "live", "back in time"


def test_an_ingest_that_never_comes_back_ends_the_session(desk: Desk) -> None:
    session_id, _grant = on_air(desk)
    desk.ingest.is_away = True
    desk.clock.advance(AWAY_S)
    desk.run(desk.services.reconcile)
    desk.clock.advance(181)
    desk.run(desk.services.run_out_graces)
    assert desk.state(session_id) == "ended"


@pytest.mark.parametrize(("headers", "state"), [(HOOK, "live"), ({}, "interrupted")])
def test_an_ingest_that_asks_us_is_not_away(desk: Desk, headers: dict[str, str], state: str) -> None:
    session_id, _grant = on_air(desk)
    desk.ingest.is_away = True
    for _ in range(4):
        desk.clock.advance(AWAY_S / 2)
        assert desk.client.get("/health", headers=headers).status_code == 200
        desk.run(desk.services.reconcile)
    assert desk.state(session_id) == state


def test_a_full_queue_is_no_answer_to_the_ingest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    session_id, grant = on_air(desk)

    async def full(_work: Callable[..., Any]) -> None:
        raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=1)

    monkeypatch.setattr(desk.services.store, "write", full)
    for reply in (desk.report("stopped", grant), desk.authorize("k", "c2")):
        assert reply.status_code == 503
        assert reply.headers["retry-after"]
    asked = desk.client.post("/api/v1/auth/code", json={"phone": "13900000009"})
    assert (asked.status_code, error_code(asked)) == (429, "rate_limited")
    monkeypatch.undo()
    assert desk.state(session_id) == "live"


def test_a_bug_in_one_effect_stops_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_fact: Any) -> None:
        raise KeyError("bug")

    session_id, grant = on_air(desk)
    monkeypatch.setattr(desk.services.hub, "post", broken)
    assert desk.report("stopped", grant).status_code == 204
    desk.clock.advance(181)
    # The deadline came with the effect after the broken one.
    desk.run(desk.services.run_out_graces)
    assert desk.state(session_id) == "ended"


@pytest.mark.parametrize("fault", [StorageError(), KeyError("bug")])
def test_the_tick_goes_on_after_a_fault(desk: Desk, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    calls: list[int] = []

    def tick() -> None:
        calls.append(1)
        raise fault

    monkeypatch.setattr("server.services.TICK_S", 0.01)
    monkeypatch.setattr(desk.services.hub, "tick", tick)

    async def look() -> None:
        for _ in range(200):
            if len(calls) >= 2:
                return
            await asyncio.sleep(0.02)

    desk.run(look)
    assert len(calls) >= 2


def test_health_says_that_the_database_failed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_work: Any) -> None:
        raise StorageError("database_failed")

    monkeypatch.setattr(desk.services.store, "read", broken)
    reply = desk.client.get("/health")
    assert (reply.status_code, reply.json()["status"], reply.json()["database"]) == (503, "failed", "failed")
