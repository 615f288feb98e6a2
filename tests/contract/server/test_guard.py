"""What every request passes: host, origin, size, rate, headers, wording, and faults that stay ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.contract.errors import ErrorCode
from app.errors import StorageError
from app.runtime.clock import ManualClock
from server.messages import sentence
from server.proxies import TrustedProxies
from tests.contract.server.kit import GENEROUS, Desk, FakeIngest, config_for, desk_client, error_code, sign_in


@pytest.mark.parametrize("path", ["/health", "/api/v1/live", "/internal/v1/publish/grants", "/nothing"])
def test_every_route_checks_host_and_origin(desk: Desk, path: str) -> None:
    for host in ("evil.example", "testserver.evil.example", "evil.example:80", "[", ""):
        assert error_code(desk.client.get(path, headers={"Host": host})) == "host_refused"
    for origin in ("http://evil.example", "null", "http://testserver:81", "http://testserver.evil.example", "x"):
        assert error_code(desk.client.get(path, headers={"Origin": origin})) == "origin_refused"
    same = desk.client.get(path, headers={"Origin": "http://testserver"})
    assert same.status_code != 403


def test_the_published_origin_is_ours(tmp_path: Path) -> None:
    config = config_for(tmp_path, public_url="https://live.example.org")
    with desk_client(config, ManualClock(), FakeIngest()) as client:
        own = {"Host": "live.example.org", "Origin": "https://live.example.org"}
        assert client.get("/health", headers=own).status_code == 200
        assert client.get("/health", headers=own | {"Origin": "https://live.example.org:8443"}).status_code == 403
        anchor = sign_in(client)
        session = anchor.post("/sessions", {"title": "t", "category": "other"}).json()
        assert session["viewer_url"] == f"https://live.example.org/s/{session['id']}"


def test_large_bodies_are_refused(desk: Desk) -> None:
    url = "/api/v1/auth/code"
    assert error_code(desk.client.post(url, content=b"x" * (64 * 1024 + 1))) == "too_large"

    def chunks() -> Any:
        for _ in range(100):
            yield b"x" * 1000

    assert error_code(desk.client.post(url, content=chunks())) == "too_large"
    assert error_code(desk.client.post(url, content=b"x" * 100)) == "input_invalid"


def test_an_address_is_limited(tmp_path: Path) -> None:
    config = config_for(tmp_path, limits=replace(GENEROUS, requests_burst=3, requests_per_s=1.0))
    clock = ManualClock()
    with desk_client(config, clock, FakeIngest()) as client:
        answers = [client.get("/health").status_code for _ in range(4)]
        assert answers == [200, 200, 200, 429]
        # The ingest is never kept waiting by somebody at the same address.
        assert client.get("/internal/v1/publish/grants").status_code == 401
        clock.advance(1)
        assert client.get("/health").status_code == 200


@pytest.mark.parametrize(("proxies", "expected"), [(("203.0.113.0/24",), 200), ((), 429)])
def test_behind_a_named_proxy_each_client_has_its_own_rate(
    tmp_path: Path, proxies: tuple[str, ...], expected: int
) -> None:
    limits = replace(GENEROUS, requests_burst=2, requests_per_s=0.1, sign_in_burst=1)
    config = config_for(tmp_path, limits=limits, proxies=TrustedProxies(proxies))
    with desk_client(config, ManualClock(), FakeIngest()) as client:
        for number in range(4):
            via = {"X-Forwarded-For": f"1.2.3.4, 198.51.100.{number}"}
            reply = client.post("/api/v1/auth/code", json={"phone": f"1390000000{number}"}, headers=via)
        assert reply.status_code == expected


def test_sign_ins_of_an_address_are_limited(tmp_path: Path) -> None:
    config = config_for(tmp_path, limits=replace(GENEROUS, sign_in_burst=2))
    with desk_client(config, ManualClock(), FakeIngest()) as client:
        phones = ["13900000001", "13900000002", "13900000003"]
        answers = [client.post("/api/v1/auth/code", json={"phone": phone}) for phone in phones]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert int(answers[2].headers["retry-after"]) >= 1


def test_replies_carry_the_security_headers(desk: Desk) -> None:
    replies = [
        desk.client.get("/health"),
        desk.client.get("/nothing"),
        desk.client.get("/health", headers={"Host": "evil.example"}),
        desk.client.post("/api/v1/auth/code", json={}),
    ]
    for reply in replies:
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
        assert reply.headers["cache-control"] == "no-store"


def test_refusals_speak_the_language_asked_for(desk: Desk) -> None:
    for header, expected in (
        ("en-US,en;q=0.9,zh;q=0.8", "You are not signed in. Sign in first."),
        ("zh-CN", "您还没有登录，请先登录。"),
        ("fr", "您还没有登录，请先登录。"),
        ("en;q=0.1,zh;q=0.9", "您还没有登录，请先登录。"),
    ):
        reply = desk.client.get("/api/v1/me", headers={"Accept-Language": header})
        assert reply.json()["error"]["message"] == expected


def test_every_code_has_both_sentences() -> None:
    for code in ErrorCode:
        assert sentence(code, "zh") != sentence(code, "en")


def test_invalid_input_names_the_field_and_repeats_nothing(desk: Desk) -> None:
    reply = desk.client.post("/api/v1/auth/code", json={"phone": "12345-secret"})
    assert error_code(reply) == "phone_invalid"
    assert reply.json()["error"]["detail"] == {"field": "phone"}
    assert "secret" not in reply.text
    anchor = sign_in(desk.client)
    reply = anchor.post("/sessions", {"title": "", "category": "nonsense"})
    assert (reply.status_code, reply.json()["error"]["detail"]["field"]) == (422, "title")
    assert error_code(anchor.post("/sessions", {"title": "\x00\u202e ", "category": "other"})) == "input_invalid"


def test_a_fault_is_told_without_particulars(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> Any:
        raise ValueError("SELECT secret FROM accounts")

    async def storage() -> Any:
        raise StorageError("database_failed")

    for fault in (broken, storage):
        monkeypatch.setattr(desk.services, "list_live", fault)
        reply = desk.client.get("/api/v1/live")
        assert (reply.status_code, error_code(reply)) == (500, "internal")
        assert "secret" not in reply.text
        assert reply.headers["x-content-type-options"] == "nosniff"
    assert desk.client.get("/health").status_code == 200


def test_health_and_platform(desk: Desk) -> None:
    health = desk.client.get("/health").json()
    assert (health["status"], health["database"], health["ingest"]) == ("ok", "ok", "unknown")
    desk.run(desk.services.reconcile)
    assert desk.client.get("/health").json()["ingest"] == "ok"
    platform = desk.client.get("/api/v1/platform").json()
    assert platform["is_demo"] is True


def test_a_real_platform_starts_empty_and_shows_no_codes(tmp_path: Path) -> None:
    config = config_for(tmp_path, is_demo=False)
    with desk_client(config, ManualClock(), FakeIngest()) as client:
        services = client.app.state.services  # type: ignore[attr-defined]
        assert services.first_operator is None
        assert error_code(client.post("/api/v1/auth/code", json={"phone": "13800138000"})) == "internal"
        local = {"Authorization": f"Bearer {config.local_token}"}
        assert client.get("/internal/v1/demo/codes", headers=local).status_code == 404


def test_an_empty_secret_opens_nothing(tmp_path: Path) -> None:
    config = config_for(tmp_path, hook_secret="", local_token="")
    with desk_client(config, ManualClock(), FakeIngest()) as client:
        for path in ("/internal/v1/publish/grants", "/internal/v1/demo/codes"):
            for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": ""}):
                assert client.get(path, headers=headers).status_code == 401


def test_the_operator_is_made_once(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    seen = []
    for _ in range(2):
        with desk_client(config, ManualClock(), FakeIngest()) as client:
            assert isinstance(client, TestClient)
            seen.append(client.app.state.services.first_operator)  # type: ignore[attr-defined]
    assert seen[0] is not None
    assert seen[0].password not in repr(seen[0])
    assert seen[1] is None
