"""Keys to measure the way to the ingest with: who gets one, how long it lives, and that nothing else can be done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import text

from app.errors import InputError
from app.runtime.clock import ManualClock
from app.runtime.launch import IngestPlace, ServiceLaunch
from server.config import ServiceConfig
from server.sessions.probe_keys import LIFETIME_S
from server.store.engine import make_engines
from server.store.migrate import MIGRATIONS, migrate
from server.store.models import ProbeKeyRow, PublicationRow
from tests.contract.server.kit import Desk, FakeIngest, Signed, config_for, desk_client, error_code, sign_in

STRANGER = "13900000001"


def probe_key(person: Signed) -> dict[str, Any]:
    reply = person.post("/me/probe-key")
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def rows(desk: Desk, kind: Any) -> int:
    return int(desk.read(lambda db: db.query(kind).count()))


def settle(desk: Desk, dropped: int) -> None:
    """Orders go out behind the write."""
    for _ in range(200):
        if len(desk.ingest.dropped()) >= dropped:
            return
        desk.run(_turn)


async def _turn() -> None:
    await asyncio.sleep(0.01)


def test_whoever_is_signed_in_may_measure_before_anything_else_is_done(desk: Desk) -> None:
    stranger = sign_in(desk.client, STRANGER)
    target = probe_key(stranger)
    assert target["ingests"] == [{"name": "media.test", "url": "rtmp://media.test/live"}]
    assert target["expires_in_s"] == LIFETIME_S
    grant = desk.authorize(target["key"], "p1").json()
    assert (grant["is_probe"], grant["session_id"], grant["key_id"]) == (True, "", target["key_id"])
    report = {"duration_ms": 3000, "received_bytes": 900_000, "kbps": 2400.0}
    assert desk.report("stats", grant, **report).status_code == 204
    assert desk.read(lambda db: db.get(ProbeKeyRow, target["key_id"]).measured_kbps) == 2400.0  # type: ignore[union-attr]
    assert rows(desk, PublicationRow) == 0, "of its connections nothing is kept"


def test_without_a_sign_in_there_is_none(desk: Desk) -> None:
    assert error_code(desk.client.post("/api/v1/me/probe-key")) == "not_signed_in"
    made_up = {"Authorization": "Bearer made-up"}
    assert error_code(desk.client.post("/api/v1/me/probe-key", headers=made_up)) == "token_expired"
    assert rows(desk, ProbeKeyRow) == 0


def test_nothing_is_on_air_with_it_whatever_is_claimed(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    target = probe_key(anchor)
    grant = desk.authorize(target["key"], "p1").json()
    for claimed in ("", session_id):
        fact = grant | {"session_id": claimed, "is_probe": False}
        assert error_code(desk.report("started", fact)) == "key_unknown"
        assert desk.report("stopped", fact).status_code == 204
        desk.ingest.publishers = [
            {"key_id": fact["key_id"], "session_id": claimed, "connection_id": "p1", "has_started": True}
        ]
        desk.run(desk.services.reconcile)
    assert desk.state(session_id) == "scheduled"
    assert desk.client.get("/api/v1/live").json() == []
    assert desk.ingest.dropped() == [], "it may measure on"
    # Nor does measuring trouble a broadcast of the same person.
    desk.ingest.publishers = []
    live = desk.go_live(anchor, session_id)
    assert desk.authorize(probe_key(anchor)["key"], "p2").status_code == 200
    assert desk.state(session_id) == "live"
    desk.report("stopped", live)
    assert desk.state(session_id) == "interrupted"


def test_a_key_to_go_on_air_with_measures_nothing(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    key = anchor.post(f"/sessions/{session_id}/stream-key", {}).json()["key"]
    assert not desk.authorize(key, "c1").json()["is_probe"]


def test_a_newer_one_and_a_sign_out_end_it(desk: Desk) -> None:
    here, there = sign_in(desk.client, STRANGER), sign_in(desk.client, STRANGER, device="Laptop")
    first, other = probe_key(here), probe_key(there)
    second = probe_key(here)
    assert error_code(desk.authorize(first["key"], "p1")) == "key_dead"
    assert desk.authorize(other["key"], "p2").status_code == 200, "another device's lives on"
    assert desk.authorize(second["key"], "p3").status_code == 200
    here.post("/auth/sign-out")
    assert error_code(desk.authorize(second["key"], "p4")) == "key_dead"
    assert error_code(here.post("/me/probe-key")) in {"device_ended", "not_signed_in"}
    settle(desk, 2)
    assert desk.ingest.dropped() == [first["key_id"], second["key_id"]]


def test_it_dies_after_two_minutes_and_who_still_sends_is_dropped(desk: Desk) -> None:
    target = probe_key(sign_in(desk.client, STRANGER))
    grant = desk.authorize(target["key"], "p1").json()
    fact = {name: grant[name] for name in ("key_id", "session_id", "connection_id")} | {"has_started": True}
    desk.ingest.publishers = [fact]
    desk.clock.advance(LIFETIME_S - 1)
    desk.run(desk.services.reconcile)
    assert desk.authorize(target["key"], "p2").status_code == 200
    desk.clock.advance(1)
    assert error_code(desk.authorize(target["key"], "p3")) == "key_dead"
    assert desk.ingest.dropped() == []
    desk.run(desk.services.reconcile)
    settle(desk, 1)
    assert set(desk.ingest.dropped()) == {target["key_id"]}


def test_somebody_elses_platform_and_app_are_told_apart(desk: Desk) -> None:
    target = probe_key(sign_in(desk.client, STRANGER))
    assert error_code(desk.authorize(target["key"], "p1", app="other")) == "key_foreign"
    _, _, secret = target["key"].partition("-")
    assert error_code(desk.authorize(f"0123abcd-{secret}", "p2")) == "key_foreign"
    assert error_code(desk.authorize(target["key"][:-1], "p3")) == "key_unknown"


def test_ten_in_an_hour_are_enough_on_however_many_devices(desk: Desk) -> None:
    here, there = sign_in(desk.client, STRANGER), sign_in(desk.client, STRANGER, device="Laptop")
    for number in range(10):
        probe_key((here, there)[number % 2])
    refused = there.post("/me/probe-key")
    assert (refused.status_code, error_code(refused)) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) <= 361
    assert desk.client.post("/api/v1/me/probe-key", headers=sign_in(desk.client).headers).status_code == 200
    desk.clock.advance(361)
    access = sign_in(desk.client, STRANGER, device="third")
    probe_key(access)
    assert error_code(access.post("/me/probe-key")) == "rate_limited"


# ---- the addresses -------------------------------------------------------------------------------


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Desk]:
    config = replace(
        config_for(tmp_path),
        ingest_name="电信",
        further_ingests=(
            IngestPlace(url="rtmps://second.test/live", name="联通"),
            IngestPlace(url="rtmp://second.test:1936/live"),
            IngestPlace(url="rtmp://second.test:1937/live"),
        ),
    )
    clock, ingest = ManualClock(), FakeIngest()
    with desk_client(config, clock, ingest) as client:
        yield Desk(client, clock, ingest, config)


def test_all_ways_are_offered_for_measuring_and_for_going_on_air(many: Desk) -> None:
    anchor = sign_in(many.client)
    offered = [
        {"name": "电信", "url": "rtmp://media.test/live"},
        {"name": "联通", "url": "rtmps://second.test/live"},
        {"name": "second.test", "url": "rtmp://second.test:1936/live"},
        {"name": "second.test 2", "url": "rtmp://second.test:1937/live"},
    ]
    assert probe_key(anchor)["ingests"] == offered
    session_id = many.open_session(anchor)["id"]
    target = anchor.post(f"/sessions/{session_id}/stream-key", {}).json()
    assert (target["ingests"], target["url"]) == (offered, offered[0]["url"])


@pytest.mark.parametrize("url", ["https://h/live", "rtmp://", "rtmp://h", "rtmp://h:99999/live", "live"])
def test_an_address_that_nobody_could_publish_to_is_refused_at_the_start(tmp_path: Path, url: str) -> None:
    launch = ServiceLaunch(
        data_dir=str(tmp_path), log_dir=str(tmp_path), hook_secret="h", media_secret="m",
        ingest_http_url="http://127.0.0.1:1", ingest_public_http_url="http://127.0.0.1:1",
        ingest_public_rtmp_url="rtmp://127.0.0.1/live", further_ingests=(IngestPlace(url=url),),
    )  # fmt: skip
    with pytest.raises(InputError) as refused:
        ServiceConfig.from_launch(launch)
    assert refused.value.code == "ingest_address_invalid"


def test_a_database_of_before_loses_the_keys_that_would_go_on_air_unmarked(database_url: str, tmp_path: Path) -> None:
    writer, reader = make_engines(config_for(tmp_path, database_url).url if database_url else f"sqlite:///{tmp_path}/a")
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(MIGRATIONS))
    with writer.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0005")
        for statement in (
            "INSERT INTO accounts (id, nickname, created_ms) VALUES ('a', 'A', 1)",
            "INSERT INTO devices (id, account_id, name, first_seen_ms, last_seen_ms) VALUES ('d', 'a', 'PC', 1, 1)",
            "INSERT INTO sessions (id, anchor_id, title, category, state, created_ms, starts_ms, length_min, last_seq, "
            "message_count) VALUES ('s', 'a', 't', 'other', 'live', 1, 1, 60, 0, 0)",
        ):
            connection.execute(text(statement))
        for name, is_probe in (("stream", False), ("probe", True)):
            connection.execute(
                text(
                    "INSERT INTO stream_keys (id, hash, session_id, device_id, is_probe, created_ms) "
                    "VALUES (:name, :name, 's', 'd', :is_probe, 1)"
                ),
                {"name": name, "is_probe": is_probe},
            )
            connection.execute(
                text(
                    "INSERT INTO publications (connection_id, key_id, session_id, is_probe, authorized_ms) "
                    "VALUES (:name, :name, 's', :is_probe, 1)"
                ),
                {"name": name, "is_probe": is_probe},
            )
    migrate(writer)
    with writer.connect() as connection:
        assert connection.execute(text("SELECT id FROM stream_keys")).scalars().all() == ["stream"]
        assert connection.execute(text("SELECT connection_id FROM publications")).scalars().all() == ["stream"]
    writer.dispose()
    reader.dispose()
