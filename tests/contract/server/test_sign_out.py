"""Signing out ends the device whatever the page still has to show, and leaves no cookie behind."""

from __future__ import annotations

import pytest

from server.routes.deps import ACCESS_COOKIE, REFRESH_COOKIE
from tests.contract.server.kit import Desk, code_of, error_code, sign_in

VIEWER = "13900000001"
OWN = {"Origin": "http://testserver", "X-Client": "page"}


def sign_in_page(desk: Desk) -> dict[str, str]:
    """The cookies that the page was given."""
    desk.client.post("/api/v1/auth/code", json={"phone": VIEWER}, headers=OWN)
    body = {"phone": VIEWER, "code": code_of(desk.client, VIEWER), "device_name": "Browser"}
    assert desk.client.post("/api/v1/auth/sign-in", json=body, headers=OWN).status_code == 200
    cookies = dict(desk.client.cookies)
    desk.client.cookies.clear()
    return cookies


def sign_out(desk: Desk, **cookies: str) -> list[str]:
    """Sign out with these cookies alone; the names of those that the answer deletes."""
    pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
    reply = desk.client.post("/api/v1/auth/sign-out", headers={**OWN, "Cookie": pairs})
    assert reply.status_code == 204, reply.text
    deleted = [one for one in reply.headers.get_list("set-cookie") if "Max-Age=0" in one]
    return sorted(one.partition("=")[0] for one in deleted)


def refreshed(desk: Desk, token: str) -> str:
    reply = desk.client.post("/api/v1/auth/refresh", json={"refresh_token": token})
    return "" if reply.status_code == 200 else error_code(reply)


@pytest.mark.parametrize("shown", [ACCESS_COOKIE, REFRESH_COOKIE])
def test_either_cookie_ends_the_device_and_both_are_cleared(desk: Desk, shown: str) -> None:
    cookies = sign_in_page(desk)
    assert sign_out(desk, **{shown: cookies[shown]}) == [ACCESS_COOKIE, REFRESH_COOKIE]
    assert refreshed(desk, cookies[REFRESH_COOKIE]) == "device_ended"


def test_an_access_cookie_that_ran_out_does_not_keep_one_signed_in(desk: Desk) -> None:
    cookies = sign_in_page(desk)
    desk.clock.advance(desk.config.lifetimes.access_s)
    assert sign_out(desk, **cookies) == [ACCESS_COOKIE, REFRESH_COOKIE]
    assert refreshed(desk, cookies[REFRESH_COOKIE]) == "device_ended"


def test_a_token_that_another_tab_has_just_spent_still_signs_out(desk: Desk) -> None:
    old = sign_in_page(desk)[REFRESH_COOKIE]
    renewed = desk.client.post("/api/v1/auth/refresh", json={"refresh_token": old}).json()
    sign_out(desk, **{REFRESH_COOKIE: old})
    assert refreshed(desk, renewed["refresh_token"]) == "device_ended"


def test_signing_out_again_or_with_unknown_cookies_clears_them(desk: Desk) -> None:
    cookies = sign_in_page(desk)
    for shown in (cookies, cookies, {ACCESS_COOKIE: "unknown", REFRESH_COOKIE: "unknown"}):
        assert sign_out(desk, **shown) == [ACCESS_COOKIE, REFRESH_COOKIE]


def test_without_anything_to_show_there_is_nobody_to_sign_out(desk: Desk) -> None:
    assert error_code(desk.client.post("/api/v1/auth/sign-out", headers=OWN)) == "not_signed_in"


def test_a_foreign_page_signs_nobody_out(desk: Desk) -> None:
    cookies = sign_in_page(desk)
    header = {"Cookie": f"{REFRESH_COOKIE}={cookies[REFRESH_COOKIE]}"}
    assert error_code(desk.client.post("/api/v1/auth/sign-out", headers=header)) == "origin_refused"
    assert refreshed(desk, cookies[REFRESH_COOKIE]) == ""


def test_a_program_signs_out_by_its_token(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    assert anchor.post("/auth/sign-out").status_code == 204
    assert error_code(anchor.get("/me")) == "device_ended"
    assert error_code(anchor.post("/auth/sign-out")) == "device_ended"
