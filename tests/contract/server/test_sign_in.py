"""Signing in by code, tokens that rotate, devices that end."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.runtime.clock import ManualClock
from server.demo_data import ANCHOR_PHONE
from server.proxies import TrustedProxies
from tests.contract.server.kit import (
    GENEROUS,
    LOCAL,
    Desk,
    FakeIngest,
    Signed,
    code_of,
    config_for,
    desk_client,
    error_code,
    sign_in,
)

VIEWER = "13900000001"


def test_a_code_signs_in_once(desk: Desk) -> None:
    sent = desk.client.post("/api/v1/auth/code", json={"phone": VIEWER}).json()
    assert sent == {"expires_in_s": 300, "retry_after_s": 60, "is_shown_in_window": True}
    body = {"phone": VIEWER, "code": code_of(desk.client, VIEWER), "device_name": "Pad"}
    first = desk.client.post("/api/v1/auth/sign-in", json=body)
    assert first.status_code == 200
    assert first.json()["account"]["roles"] == ["viewer"]
    assert first.json()["account"]["phone_masked"] == "139****0001"
    assert error_code(desk.client.post("/api/v1/auth/sign-in", json=body)) == "code_expired"
    assert desk.client.get("/internal/v1/demo/codes", headers=LOCAL).json() == []


def test_wrong_codes_run_out(desk: Desk) -> None:
    desk.client.post("/api/v1/auth/code", json={"phone": VIEWER})
    code = code_of(desk.client, VIEWER)
    wrong = {"phone": VIEWER, "code": f"{(int(code) + 1) % 10**6:06d}", "device_name": "Pad"}
    answers = [error_code(desk.client.post("/api/v1/auth/sign-in", json=wrong)) for _ in range(5)]
    assert answers == ["code_wrong"] * 4 + ["code_too_many"]
    assert error_code(desk.client.post("/api/v1/auth/sign-in", json=wrong | {"code": code})) == "code_too_many"


def test_a_code_expires(desk: Desk) -> None:
    desk.client.post("/api/v1/auth/code", json={"phone": VIEWER})
    code = code_of(desk.client, VIEWER)
    desk.clock.advance(300)
    body = {"phone": VIEWER, "code": code, "device_name": "Pad"}
    assert error_code(desk.client.post("/api/v1/auth/sign-in", json=body)) == "code_expired"


def test_codes_are_limited_per_phone(desk: Desk) -> None:
    assert desk.client.post("/api/v1/auth/code", json={"phone": VIEWER}).status_code == 200
    again = desk.client.post("/api/v1/auth/code", json={"phone": VIEWER})
    assert error_code(again) == "rate_limited"
    assert again.headers["retry-after"] == "60"
    desk.clock.advance(60)
    assert desk.client.post("/api/v1/auth/code", json={"phone": VIEWER}).status_code == 200


def test_demo_codes_need_the_local_token(desk: Desk) -> None:
    desk.client.post("/api/v1/auth/code", json={"phone": VIEWER})
    assert desk.client.get("/internal/v1/demo/codes").status_code == 401
    assert desk.client.get("/internal/v1/demo/codes", headers={"Authorization": "Bearer x"}).status_code == 401
    anchor = sign_in(desk.client)
    assert desk.client.get("/internal/v1/demo/codes", headers=anchor.headers).status_code == 401


def test_access_runs_out_and_refresh_rotates(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    assert anchor.get("/me").json()["nickname"] == "林晓"
    desk.clock.advance(15 * 60)
    assert error_code(anchor.get("/me")) == "token_expired"
    renewed = desk.client.post("/api/v1/auth/refresh", json={"refresh_token": anchor.pair["refresh_token"]}).json()
    assert Signed(desk.client, renewed).get("/me").status_code == 200
    assert renewed["device_id"] == anchor.pair["device_id"]


def refresh(desk: Desk, token: str) -> Any:
    return desk.client.post("/api/v1/auth/refresh", json={"refresh_token": token})


def test_a_spent_refresh_token_ends_the_device(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    spent = anchor.pair["refresh_token"]
    renewed = Signed(desk.client, refresh(desk, spent).json())
    used = Signed(desk.client, refresh(desk, renewed.pair["refresh_token"]).json())
    assert error_code(refresh(desk, spent)) == "device_ended", "what it was spent for was used"
    assert error_code(used.get("/me")) == "device_ended"
    assert error_code(refresh(desk, used.pair["refresh_token"])) == "device_ended"
    reused = "spent refresh token was shown again"
    assert ("device.ended", anchor.pair["device_id"], reused) in desk.audited()


def test_a_refresh_token_whose_answer_was_lost_may_be_shown_again(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session_id = desk.open_session(anchor)["id"]
    desk.go_live(anchor, session_id)
    shown = anchor.pair["refresh_token"]
    lost = [Signed(desk.client, refresh(desk, shown).json()) for _ in range(3)]
    desk.clock.advance(60)
    kept = Signed(desk.client, refresh(desk, shown).json())
    assert kept.get("/me").status_code == 200
    assert desk.state(session_id) == "live"
    for pair in lost:
        assert error_code(pair.get("/me")) == "token_expired"
    assert refresh(desk, kept.pair["refresh_token"]).status_code == 200
    # Somebody has what was taken back: two parties hold it.
    assert error_code(refresh(desk, lost[1].pair["refresh_token"])) == "device_ended"


def test_a_spent_refresh_token_is_not_borne_for_long(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    shown = anchor.pair["refresh_token"]
    assert refresh(desk, shown).status_code == 200
    desk.clock.advance(61)
    assert error_code(refresh(desk, shown)) == "device_ended"


def test_devices_are_listed_and_ended(desk: Desk) -> None:
    here = sign_in(desk.client, device="PC")
    there = sign_in(desk.client, device="Laptop")
    listed = {one["name"]: one for one in here.get("/me/devices").json()}
    assert listed["PC"]["is_this"] is True
    assert listed["Laptop"]["is_this"] is False
    assert here.delete(f"/me/devices/{listed['Laptop']['id']}").status_code == 204
    assert error_code(there.get("/me")) == "device_ended"
    assert [one["name"] for one in here.get("/me/devices").json()] == ["PC"]
    assert error_code(here.delete(f"/me/devices/{listed['Laptop']['id']}")) == "not_found"


def test_nobody_ends_a_device_of_another(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    viewer = sign_in(desk.client, VIEWER)
    assert error_code(viewer.delete(f"/me/devices/{anchor.pair['device_id']}")) == "not_found"
    assert anchor.get("/me").status_code == 200


def test_a_known_device_stays_the_same(desk: Desk) -> None:
    first = sign_in(desk.client)
    second = sign_in(desk.client, device_id=first.pair["device_id"])
    assert second.pair["device_id"] == first.pair["device_id"]
    assert error_code(first.get("/me")) == "token_expired"
    stranger = sign_in(desk.client, VIEWER, device_id=first.pair["device_id"])
    assert stranger.pair["device_id"] != first.pair["device_id"]


def test_the_operator_signs_in_by_password(desk: Desk) -> None:
    assert desk.operator().get("/me").json()["roles"] == ["operator"]
    for name in ("operator", "nobody", "nul\x00"):
        wrong = {"name": name, "password": "guess", "device_name": "desk"}
        assert error_code(desk.client.post("/api/v1/auth/operator", json=wrong)) == "credentials_wrong"


def test_operator_guesses_are_limited(tmp_path: Path) -> None:
    limits = replace(GENEROUS, operator_burst=2)
    config = config_for(tmp_path, proxies=TrustedProxies(("203.0.113.7",)), limits=limits)
    ingest, clock = FakeIngest(), ManualClock()
    with desk_client(config, clock, ingest) as client:
        desk = Desk(client, clock, ingest, config)
        wrong = {"name": "operator", "password": "guess", "device_name": "desk"}
        elsewhere = {"X-Forwarded-For": "198.51.100.9"}
        answers = [error_code(client.post("/api/v1/auth/operator", json=wrong, headers=elsewhere)) for _ in range(3)]
        assert answers == ["credentials_wrong"] * 2 + ["rate_limited"]
        for _ in range(3):
            assert desk.operator().get("/me").status_code == 200, "nobody else locks the operator out"


def test_the_nickname_changes(desk: Desk) -> None:
    viewer = sign_in(desk.client, VIEWER)
    change = desk.client.patch("/api/v1/me", json={"nickname": " 小 \u202e明\x00 "}, headers=viewer.headers)
    assert change.json()["nickname"] == "小 明"
    # The last is 20 characters, and 60 once it is normalised.
    for name in ("\u200b", "\ufb2c" * 20):
        refused = desk.client.patch("/api/v1/me", json={"nickname": name}, headers=viewer.headers)
        assert (error_code(refused), refused.json()["error"]["detail"]) == ("input_invalid", {"field": "nickname"})


@pytest.mark.parametrize("header", ["Bearer", "Basic abc", "Bearer wrong", "x"])
def test_bad_tokens_are_refused(desk: Desk, header: str) -> None:
    assert desk.client.get("/api/v1/me", headers={"Authorization": header}).status_code == 401
    assert desk.client.get("/api/v1/me").status_code == 401


def test_nothing_secret_is_stored_or_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    anchor = sign_in(desk.client)
    session = desk.open_session(anchor)
    key = anchor.post(f"/sessions/{session['id']}/stream-key", {}).json()["key"]
    secrets = [anchor.pair["access_token"], anchor.pair["refresh_token"], key, ANCHOR_PHONE]
    secrets.append(desk.services.first_operator.password)
    stored = b"".join(path.read_bytes() for path in desk.config.data_dir.rglob("*") if path.is_file())
    for secret in secrets:
        assert secret.encode() not in stored
        assert secret not in caplog.text


def test_the_page_keeps_its_tokens_in_cookies(desk: Desk) -> None:
    own = {"Origin": "http://testserver", "X-Client": "page"}
    desk.client.post("/api/v1/auth/code", json={"phone": VIEWER}, headers=own)
    body = {"phone": VIEWER, "code": code_of(desk.client, VIEWER), "device_name": "Browser"}
    reply = desk.client.post("/api/v1/auth/sign-in", json=body, headers=own)
    assert reply.json()["access_token"] == reply.json()["refresh_token"] == ""
    for cookie in reply.headers.get_list("set-cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
    assert desk.client.get("/api/v1/me").status_code == 200
    # A change by cookie needs the page's own origin.
    assert error_code(desk.client.patch("/api/v1/me", json={"nickname": "x"})) == "origin_refused"
    assert desk.client.patch("/api/v1/me", json={"nickname": "x"}, headers=own).status_code == 200
    assert error_code(desk.client.post("/api/v1/auth/refresh")) == "origin_refused"
    desk.clock.advance(15 * 60)
    assert desk.client.post("/api/v1/auth/refresh", headers=own).status_code == 200
    assert desk.client.post("/api/v1/auth/sign-out", headers=own).status_code == 204
    assert error_code(desk.client.get("/api/v1/me")) == "not_signed_in"
