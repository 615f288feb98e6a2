"""Who gets to the operator's desk: password, second factor, form token, origin, role, and for how long."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import delete, select

from server.desk.routes import desk_routers
from server.desk.sessions import IDLE_S, MAX_WRONG_CODES, PASSWORD_STAGE_S, SEEN_EVERY_S, TERM_S
from server.store.models import DeviceRow, RoleRow
from tests.contract.server.applicants import write
from tests.contract.server.kit import Desk, sign_in
from tests.contract.server.operator_browser import OperatorBrowser, error_of

OPEN = {"/desk/sign-in", "/desk/static/{path:path}"}
BEFORE_FACTOR = {"/desk/factor", "/desk/enrol"}


def routes(method: str) -> list[str]:
    """Every address of the desk but those that are open."""
    paths = {
        route.path
        for router in desk_routers()
        for route in router.routes
        if isinstance(route, APIRoute) and method in route.methods
    }
    return sorted(paths - OPEN)


def filled(path: str) -> str:
    for name, value in (("kind", "live_agreement"), ("number", "1")):
        path = path.replace(f"{{{name}}}", value)
    return re.sub(r"\{[^}]*\}", "abc", path)


@pytest.fixture
def browser(desk: Desk) -> OperatorBrowser:
    return OperatorBrowser(desk)


def test_the_desk_has_the_pages_that_are_asked_for_below() -> None:
    assert len(routes("GET")) > 10
    assert len(routes("POST")) > 20


def test_nobody_sees_a_page_without_signing_in(desk: Desk, browser: OperatorBrowser) -> None:
    for token in ("", "guessed"):
        browser.token = token
        for path in routes("GET"):
            reply = browser.get(filled(path))
            assert (reply.status_code, reply.headers.get("location")) == (303, "/desk/sign-in"), path
        for path in routes("POST"):
            reply = browser.post(filled(path), {"csrf": "x", "reason": "y"})
            assert reply.status_code in {303, 401}, path
    assert {action for action, _, _ in desk.audited()} & {
        "blocklist.added",
        "operator.added",
        "session.cut_off",
    } == set()


def test_a_password_alone_opens_nothing_but_the_second_step(desk: Desk, browser: OperatorBrowser) -> None:
    assert browser.show_password().headers["location"] == "/desk/factor"
    csrf = browser.hidden("/desk/enrol", "/desk/enrol")["csrf"]
    for path in [one for one in routes("GET") if one not in BEFORE_FACTOR]:
        reply = browser.get(filled(path))
        assert (reply.status_code, reply.headers.get("location")) == (303, "/desk/enrol"), path
    for path in [one for one in routes("POST") if one not in BEFORE_FACTOR and not one.endswith("sign-out")]:
        reply = browser.post(filled(path), {"csrf": csrf, "reason": "why"})
        assert reply.status_code == 401, path
    assert {action for action, _, _ in desk.audited()} & {
        "blocklist.added",
        "operator.added",
        "session.cut_off",
    } == set()


def test_a_form_is_taken_from_our_own_page_only(desk: Desk, browser: OperatorBrowser) -> None:
    browser.enrol()
    csrf = browser.hidden("/desk/blocklist", "/desk/blocklist/add")["csrf"]
    paths = [one for one in routes("POST") if one not in BEFORE_FACTOR]
    other = OperatorBrowser(desk)
    other.show_password()
    assert other.get("/desk/factor").status_code == 200
    foreign = other.hidden("/desk/factor", "/desk/factor")["csrf"]
    for path in paths:
        address = filled(path)
        for shown in ("", "x", foreign, csrf[:-1]):
            assert browser.post(address, {"csrf": shown, "reason": "why"}).status_code == 403, path
        stranger = {"csrf": csrf, "reason": "why"}
        assert browser.post(address, stranger, origin="https://evil.example").status_code == 403, path
        assert browser.post(address, stranger, origin="null").status_code == 403, path
        bare = desk.client.post(
            address, data=stranger, headers={"cookie": f"ad_desk={browser.token}"}, follow_redirects=False
        )
        assert bare.status_code == 403, path
    assert browser.get("/desk/applications").status_code == 200


def test_the_first_sign_in_sets_up_the_authenticator(desk: Desk, browser: OperatorBrowser) -> None:
    browser.show_password()
    assert "<svg" in browser.get("/desk/enrol").text
    browser.enrol()
    assert len(browser.recovery_codes) == 10
    before = browser.password_token
    assert browser.token != before
    # The token of the password is worth nothing any more, and the page does not show the secret again.
    assert OperatorBrowser(desk, before).get("/desk/applications").headers["location"] == "/desk/sign-in"
    assert browser.get("/desk/enrol").headers["location"] == "/desk"
    assert {"desk.signed_in", "factor.confirmed"} <= {action for action, _, _ in desk.audited()}


def test_a_code_signs_in_once_and_a_recovery_code_too(desk: Desk, browser: OperatorBrowser) -> None:
    browser.enrol()
    first = OperatorBrowser(desk, secret=browser.secret)
    first.show_password()
    # The one of the enrolment is spent.
    assert first.submit("/desk/factor", "/desk/factor", code=browser.code()).status_code == 400
    desk.clock.advance(30)
    assert first.submit("/desk/factor", "/desk/factor", code=browser.code()).headers["location"] == "/desk"
    for expected in (303, 400):
        again = OperatorBrowser(desk)
        again.show_password()
        reply = again.submit("/desk/factor", "/desk/factor", code=browser.recovery_codes[0])
        assert reply.status_code == expected
    assert "factor.recovery_used" in {action for action, _, _ in desk.audited()}


def test_some_wrong_codes_end_the_sign_in(desk: Desk, browser: OperatorBrowser) -> None:
    browser.enrol()
    guesser = OperatorBrowser(desk)
    guesser.show_password()
    hidden = guesser.hidden("/desk/factor", "/desk/factor")
    token = guesser.token
    for _ in range(MAX_WRONG_CODES):
        reply = guesser.post("/desk/factor", {**hidden, "code": "000000"})
        assert reply.status_code == 400
    assert OperatorBrowser(desk, token).get("/desk/factor").headers["location"] == "/desk/sign-in"


def test_codes_and_passwords_cannot_be_guessed_for_ever(desk: Desk, browser: OperatorBrowser) -> None:
    browser.enrol()
    statuses = []
    for _ in range(12):
        guesser = OperatorBrowser(desk)
        if guesser.show_password().status_code != 303:
            statuses.append(429)
            break
        statuses.append(guesser.submit("/desk/factor", "/desk/factor", code="000000").status_code)
    assert statuses[-1] == 429
    reply = OperatorBrowser(desk).show_password()
    assert reply.status_code == 429
    assert int(reply.headers["Retry-After"]) > 0
    assert re.search(r"\d+ 秒", error_of(reply))


def test_wrong_passwords_and_unknown_names_are_told_alike(browser: OperatorBrowser) -> None:
    for name in ("operator", "nobody", "", "x" * 300, "a\x00b", "<script>"):
        reply = browser.post("/desk/sign-in", {"name": name, "password": "wrong"})
        assert reply.status_code == 401
        assert error_of(reply) == "账号或密码不正确，请重新输入。"
        assert "wrong" not in reply.text


def test_a_sign_in_runs_out(desk: Desk, browser: OperatorBrowser) -> None:
    waiting = OperatorBrowser(desk)
    waiting.show_password()
    desk.clock.advance(PASSWORD_STAGE_S + 1)
    assert waiting.get("/desk/enrol").headers["location"] == "/desk/sign-in"
    browser.enrol()
    used_s = 0.0
    while used_s + IDLE_S < TERM_S:
        desk.clock.advance(IDLE_S - 1)
        used_s += IDLE_S - 1
        assert browser.get("/desk/applications").status_code == 200
    desk.clock.advance(IDLE_S - 1)
    assert browser.get("/desk/applications").headers["location"] == "/desk/sign-in"


def test_an_idle_sign_in_runs_out_and_its_device_ends(desk: Desk, browser: OperatorBrowser) -> None:
    browser.enrol()
    desk.clock.advance(IDLE_S + SEEN_EVERY_S + 1)
    assert browser.get("/desk/applications").headers["location"] == "/desk/sign-in"
    desk.run(desk.services.housekeep)
    devices = desk.read(lambda db: [row.ended_ms for row in db.scalars(select(DeviceRow))])
    assert devices
    assert None not in devices


def test_what_was_typed_is_shown_when_the_sign_in_ran_out(desk: Desk, browser: OperatorBrowser) -> None:
    browser.enrol()
    hidden = browser.hidden("/desk/blocklist", "/desk/blocklist/add")
    desk.clock.advance(TERM_S)
    reply = browser.post("/desk/blocklist/add", {**hidden, "kind": "phone", "reason": "写了很久的原因 <b>"})
    assert reply.status_code == 401
    assert "写了很久的原因 &lt;b&gt;" in reply.text
    assert hidden["csrf"] not in reply.text


def test_signing_out_ends_it_at_once(desk: Desk, browser: OperatorBrowser) -> None:
    browser.enrol()
    token = browser.token
    reply = browser.submit("/desk/audit", "/desk/sign-out")
    assert reply.headers["location"].startswith("/desk/sign-in")
    assert OperatorBrowser(desk, token).get("/desk/audit").headers["location"] == "/desk/sign-in"


def test_who_is_no_operator_any_more_is_out_at_once(desk: Desk, browser: OperatorBrowser) -> None:
    browser.enrol()
    assert browser.get("/desk/audit").status_code == 200
    write(desk, lambda tx: tx.db.execute(delete(RoleRow).where(RoleRow.role == "operator")))
    assert browser.get("/desk/audit").headers["location"] == "/desk/sign-in"
    assert OperatorBrowser(desk).show_password().status_code == 403


def test_tokens_of_the_app_open_no_page_and_the_desks_cookie_no_route(desk: Desk, browser: OperatorBrowser) -> None:
    operator = desk.operator()
    reply = desk.client.get("/desk/audit", headers=operator.headers, follow_redirects=False)
    assert reply.headers["location"] == "/desk/sign-in"
    anchor = sign_in(desk.client)
    browser.token = anchor.pair["access_token"]
    assert browser.get("/desk/audit").headers["location"] == "/desk/sign-in"


def test_an_address_that_leads_nowhere_leads_back(browser: OperatorBrowser) -> None:
    assert browser.get("/desk/nothing").headers["location"] == "/desk/sign-in"
    browser.enrol()
    # A refused form's page has an address for forms only: loaded anew, or in another language, it is a page as well.
    for path in ("/desk/nothing", "/desk/a/b/c", *map(filled, routes("POST"))):
        page = browser.get(path)
        assert page.status_code in {200, 303, 404}, path
        assert page.status_code == 303 or 'href="/desk"' in page.text or 'class="desk"' in page.text, path


def test_the_other_language_is_a_link_that_can_be_followed(browser: OperatorBrowser) -> None:
    browser.enrol()
    refused = browser.submit("/desk/operators", "/desk/operators/add", operator_name="", nickname="", reason="")
    for page, own in ((refused, "/desk/operators/add"), (browser.get("/desk/images?show=refused"), "/desk/images")):
        link = re.search(r'class="quiet small" href="([^"]*lang=en)"', page.text)
        assert link is not None
        target = link[1].replace("&amp;", "&")
        shown = browser.get(target if target.startswith("/") else own + target)
        while shown.status_code == 303:
            shown = browser.get(shown.headers["location"])
        assert shown.status_code == 200
        assert "Sign out" in shown.text
    assert "show=refused" in target, "where one was"


def test_pages_carry_a_strict_policy_and_no_script_of_their_own(desk: Desk, browser: OperatorBrowser) -> None:
    pages = [browser.get("/desk/sign-in")]
    browser.enrol()
    pages += [browser.get(filled(path)) for path in routes("GET") if path not in BEFORE_FACTOR]
    seen = 0
    for page in pages:
        if not page.headers.get("content-type", "").startswith("text/html"):
            continue
        seen += 1
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Frame-Options"] == "DENY"
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+=|\sstyle=|javascript:", page.text)
    assert seen > 8
