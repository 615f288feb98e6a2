"""Sessions over REST and hooks: states, keys, who publishes, grace, restarts."""

from __future__ import annotations

from typing import Any

from app.runtime.clock import ManualClock
from server import media_token
from server.sessions import publishing
from tests.contract.server.kit import HOOK, Desk, FakeIngest, config_for, desk_client, error_code, sign_in

VIEWER = "13900000001"


def wait_for(desk: Desk, orders: int) -> None:
    """Orders to the ingest go out in the background."""

    async def settle() -> None:
        import asyncio

        for _ in range(200):
            if len(desk.ingest.orders) >= orders:
                return
            await asyncio.sleep(0.01)

    desk.run(settle)


def test_only_anchors_open_sessions(desk: Desk) -> None:
    body = {"title": "t", "category": "outfit"}
    assert error_code(desk.client.post("/api/v1/sessions", json=body)) == "not_signed_in"
    assert error_code(sign_in(desk.client, VIEWER).post("/sessions", body)) == "not_an_anchor"
    assert error_code(desk.operator().post("/sessions", body)) == "not_an_anchor"


def test_one_open_session_an_anchor(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    assert error_code(anchor.get("/sessions/current")) == "not_found"
    session = desk.open_session(anchor)
    assert session["state"] == "scheduled"
    assert session["grace_period_s"] == 180
    desk.clock.advance(1)
    # One that never began gives way to the next.
    following = anchor.post("/sessions", {"title": "x", "category": "other"}).json()
    given_up = anchor.get(f"/sessions/{session['id']}").json()
    assert (given_up["state"], given_up["end_reason"]) == ("ended", "cancelled")
    assert anchor.get("/sessions/current").json()["id"] == following["id"]
    assert anchor.post(f"/sessions/{following['id']}/stream-key").status_code == 200
    again = anchor.post("/sessions", {"title": "y", "category": "other"})
    assert error_code(again) == "session_busy"
    assert again.json()["error"]["detail"]["session_id"] == following["id"]
    cancelled = anchor.post(f"/sessions/{following['id']}/end").json()
    assert (cancelled["state"], cancelled["end_reason"]) == ("ended", "anchor")
    assert desk.open_session(anchor)["id"] not in {session["id"], following["id"]}


def test_a_title_is_measured_as_it_is_kept(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    # 40 characters, and 120 once it is normalised: more than the column takes.
    grown = anchor.post("/sessions", {"title": "\ufb2c" * 40, "category": "other"})
    assert (grown.status_code, grown.json()["error"]["detail"]) == (422, {"field": "title"})
    assert desk.open_session(anchor, "e\u0301" * 20)["title"] == "é" * 20


def test_opening_is_repeatable_by_its_key(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    body = {"title": "t", "category": "outfit"}
    once = anchor.post("/sessions", body, **{"Idempotency-Key": "k1"})
    twice = anchor.post("/sessions", body, **{"Idempotency-Key": "k1"})
    assert once.json()["id"] == twice.json()["id"]
    other = anchor.post("/sessions", body | {"title": "u"}, **{"Idempotency-Key": "k1"})
    assert error_code(other) == "idempotency_mismatch"


def test_the_way_to_air_and_back(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    target = anchor.post(f"/sessions/{session_id}/stream-key", {}).json()
    assert target["url"] == "rtmp://media.test/live"
    assert len(target["key"]) >= 32
    assert desk.state(session_id) == "preparing"
    assert desk.client.get("/api/v1/live").json() == []
    grant = desk.authorize(target["key"], "c1").json()
    assert grant["session_id"] == session_id
    assert not grant["is_probe"]
    assert desk.state(session_id) == "preparing"
    desk.report("started", grant)
    assert desk.state(session_id) == "live"
    assert [one["id"] for one in desk.client.get("/api/v1/live").json()] == [session_id]
    desk.report("stopped", grant, reason="gone")
    assert desk.state(session_id) == "interrupted"
    assert [one["state"] for one in desk.client.get("/api/v1/live").json()] == ["interrupted"]
    back = desk.authorize(target["key"], "c2").json()
    desk.report("started", back)
    assert desk.state(session_id) == "live"
    ended = anchor.post(f"/sessions/{session_id}/end").json()
    assert (ended["state"], ended["end_reason"]) == ("ended", "anchor")
    assert anchor.post(f"/sessions/{session_id}/end").json() == ended
    assert error_code(desk.authorize(target["key"], "c3")) == "key_dead"
    assert error_code(anchor.post(f"/sessions/{session_id}/stream-key", {})) == "session_ended"
    wait_for(desk, 2)
    assert desk.ingest.closed() == [session_id]
    assert desk.ingest.dropped() == [target["key_id"]]
    assert desk.ingest.secrets_seen == {HOOK["Authorization"]}


def test_keys_that_are_refused(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    key = anchor.post(f"/sessions/{session_id}/stream-key", {}).json()["key"]
    assert error_code(desk.authorize("nonsense", "c1")) == "key_unknown"
    assert error_code(desk.authorize(key + "x", "c1")) == "key_unknown"
    assert error_code(desk.authorize(key, "c1", app="vod")) == "key_foreign"
    foreign = ("0" * 8 if not key.startswith("0" * 8) else "1" * 8) + key[8:]
    assert error_code(desk.authorize(foreign, "c1")) == "key_foreign"
    body = {"app": "live", "key": key, "connection_id": "c1"}
    assert desk.client.post("/internal/v1/publish/authorize", json=body).status_code == 401
    assert desk.client.post("/internal/v1/publish/authorize", json=body, headers=anchor.headers).status_code == 401


def test_reissue_kills_the_key_before(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    first = anchor.post(f"/sessions/{session_id}/stream-key", {}).json()
    grant = desk.authorize(first["key"], "c1").json()
    desk.report("started", grant)
    second = anchor.post(f"/sessions/{session_id}/stream-key", {}).json()
    assert error_code(desk.authorize(first["key"], "c2")) == "key_dead"
    wait_for(desk, 1)
    assert desk.ingest.dropped() == [first["key_id"]]
    desk.report("stopped", grant)
    assert desk.state(session_id) == "interrupted"
    desk.report("started", desk.authorize(second["key"], "c2").json())
    assert desk.state(session_id) == "live"


def test_another_device_must_take_over(desk: Desk) -> None:
    here, there = sign_in(desk.client, device="PC"), sign_in(desk.client, device="Laptop")
    session_id = desk.open_session(here)["id"]
    first = here.post(f"/sessions/{session_id}/stream-key", {}).json()
    refused = there.post(f"/sessions/{session_id}/stream-key", {})
    assert error_code(refused) == "live_elsewhere"
    assert refused.json()["error"]["detail"]["device_name"] == "PC"
    assert desk.authorize(first["key"], "c1").status_code == 200
    taken = there.post(f"/sessions/{session_id}/stream-key", {"take_over": True})
    assert taken.status_code == 200
    assert error_code(desk.authorize(first["key"], "c2")) == "key_dead"
    assert error_code(here.post(f"/sessions/{session_id}/stream-key", {})) == "live_elsewhere"


def test_sign_out_kills_the_key(desk: Desk) -> None:
    here, there = sign_in(desk.client, device="PC"), sign_in(desk.client, device="Laptop")
    session_id = desk.open_session(here)["id"]
    key = here.post(f"/sessions/{session_id}/stream-key", {}).json()["key"]
    assert there.delete(f"/me/devices/{here.pair['device_id']}").status_code == 204
    assert desk.state(session_id) == "scheduled"
    assert error_code(desk.authorize(key, "c1")) == "key_dead"
    assert there.post(f"/sessions/{session_id}/stream-key", {}).status_code == 200


def test_nobody_runs_the_session_of_another(desk: Desk) -> None:
    session_id = desk.open_session(sign_in(desk.client))["id"]
    for other in (sign_in(desk.client, VIEWER), desk.operator()):
        for act in ("stream-key", "end"):
            assert error_code(other.post(f"/sessions/{session_id}/{act}", {})) == "forbidden"
    assert desk.state(session_id) == "scheduled"


def test_an_operator_cuts_off(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    grant = desk.go_live(anchor, session_id)
    assert error_code(anchor.post(f"/sessions/{session_id}/cut-off", {"reason": "x"})) == "forbidden"
    operator = desk.operator()
    cut = operator.post(f"/sessions/{session_id}/cut-off", {"reason": "违规"}).json()
    assert (cut["state"], cut["end_reason"]) == ("ended", "cut_off")
    assert error_code(operator.post(f"/sessions/{session_id}/cut-off", {"reason": "x"})) == "session_ended"
    wait_for(desk, 2)
    assert desk.ingest.dropped() == [grant["key_id"]]
    assert error_code(desk.report("started", grant)) == "key_dead"


def test_reports_may_be_repeated_and_come_late(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    key = anchor.post(f"/sessions/{session_id}/stream-key", {}).json()["key"]
    first = desk.authorize(key, "c1").json()
    for _ in range(3):
        desk.report("started", first)
    second = desk.authorize(key, "c2").json()
    desk.report("started", second)
    # The one that was replaced ends after the newer began: nothing is interrupted.
    desk.report("stopped", first, reason="replaced")
    assert desk.state(session_id) == "live"
    desk.report("stopped", second)
    desk.report("stopped", second)
    assert desk.state(session_id) == "interrupted"
    # A report that was under way when its connection ended brings nothing back.
    desk.report("started", second)
    desk.report("started", first)
    assert desk.state(session_id) == "interrupted"
    unknown = {"key_id": "none", "session_id": session_id, "connection_id": "never"}
    assert error_code(desk.report("started", unknown)) == "key_unknown"
    assert error_code(desk.report("started", first | {"session_id": "other"})) == "key_unknown"
    assert desk.report("stopped", unknown).status_code == 204
    # Let in by an earlier grant while the service was away.
    assert desk.report("started", first | {"connection_id": "c9"}).status_code == 204
    assert desk.state(session_id) == "live"


def test_the_grace_period_runs_out(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    grant = desk.go_live(anchor, session_id)
    desk.report("stopped", grant)
    desk.clock.advance(179.9)
    desk.run(desk.services.run_out_graces)
    assert desk.state(session_id) == "interrupted"
    desk.clock.advance(0.2)
    desk.run(desk.services.run_out_graces)
    ended = desk.client.get(f"/api/v1/sessions/{session_id}").json()
    assert (ended["state"], ended["end_reason"]) == ("ended", "grace_over")


def test_the_publisher_is_back_in_time(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    target = anchor.post(f"/sessions/{session_id}/stream-key", {}).json()
    for number in range(3):
        grant = desk.authorize(target["key"], f"c{number}").json()
        desk.report("started", grant)
        desk.report("stopped", grant)
        desk.clock.advance(120)
        desk.run(desk.services.run_out_graces)
        assert desk.state(session_id) == "interrupted"


def restarted(desk: Desk, ingest: FakeIngest, clock: ManualClock, **changes: Any) -> Any:
    return desk_client(config_for(desk.config.data_dir, desk.config.database_url, **changes), clock, ingest)


def test_grace_survives_a_restart(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    grant = desk.go_live(anchor, session_id)
    desk.report("stopped", grant)
    desk.clock.advance(100)
    with restarted(desk, FakeIngest(), desk.clock) as client:
        again = Desk(client, desk.clock, FakeIngest(), desk.config)
        again.run(again.services.run_out_graces)
        assert again.state(session_id) == "interrupted"
        desk.clock.advance(81)
        again.run(again.services.run_out_graces)
        assert again.state(session_id) == "ended"


def test_a_restart_does_not_start_the_grace_of_a_live_session(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    grant = desk.go_live(anchor, session_id)
    desk.clock.advance(600)
    ingest = FakeIngest(publishers=[{k: grant[k] for k in ("key_id", "session_id", "connection_id")}])
    with restarted(desk, ingest, desk.clock) as client:
        again = Desk(client, desk.clock, ingest, desk.config)
        listed = client.get("/internal/v1/publish/grants", headers=HOOK).json()
        assert [one["connection_id"] for one in listed] == ["c1"]
        assert again.report("started", grant).status_code == 204
        again.run(again.services.reconcile)
        desk.clock.advance(600)
        again.run(again.services.run_out_graces)
        assert again.state(session_id) == "live"


def test_what_the_ingest_no_longer_has_is_interrupted(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    grant = desk.go_live(anchor, session_id)
    # Too fresh to be missed; and an ingest that cannot say changes nothing.
    desk.run(desk.services.reconcile)
    assert desk.state(session_id) == "live"
    desk.clock.advance(publishing.ABSENT_AFTER_MS / 1000)
    desk.ingest.publishers = None
    desk.run(desk.services.reconcile)
    assert desk.state(session_id) == "live"
    desk.ingest.publishers = [{k: grant[k] for k in ("key_id", "session_id", "connection_id")}]
    desk.run(desk.services.reconcile)
    assert desk.state(session_id) == "live"
    desk.ingest.publishers = []
    desk.run(desk.services.reconcile)
    assert desk.state(session_id) == "interrupted"


def test_a_dead_key_that_still_publishes_is_dropped_again(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    grant = desk.go_live(anchor, session_id)
    desk.ingest.publishers = [{k: grant[k] for k in ("key_id", "session_id", "connection_id")}]
    anchor.post(f"/sessions/{session_id}/end")
    wait_for(desk, 2)
    desk.ingest.orders.clear()
    desk.run(desk.services.reconcile)
    wait_for(desk, 1)
    assert desk.ingest.dropped() == [grant["key_id"]]


def test_orders_are_repeated(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    desk.go_live(anchor, session_id)
    desk.ingest.failures_left = 2
    anchor.post(f"/sessions/{session_id}/end")
    wait_for(desk, 2)
    assert desk.ingest.closed() == [session_id]
    assert len(desk.ingest.dropped()) == 1


def test_where_to_watch(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session = desk.open_session(anchor)
    desk.go_live(anchor, session["id"])
    play = desk.client.get(f"/api/v1/sessions/{session['id']}/play").json()
    assert play["state"] == "live"
    assert 0 < play["expires_in_s"] <= 60
    now_s = int(desk.clock.utc().timestamp())
    for url, start in (
        (play["flv_url"], f"http://media.test/live/{session['id']}.flv"),
        (play["hls_url"], f"http://media.test/hls/{session['id']}/index.m3u8"),
    ):
        address, _, token = url.partition("?token=")
        assert address == start
        claim = media_token.verify(desk.config.media_secret, token, now_s)
        assert claim is not None
        assert claim.session_id == session["id"]
        assert media_token.verify(desk.config.media_secret, token, now_s + 61) is None
    anchor.post(f"/sessions/{session['id']}/end")
    assert error_code(desk.client.get(f"/api/v1/sessions/{session['id']}/play")) == "session_ended"
    assert error_code(desk.client.get("/api/v1/sessions/none/play")) == "not_found"
