"""The rest of the operator's desk: broadcasts on air, the blocklist, the operators, the record."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from app.runtime.clock import ManualClock
from server.audit import audit
from server.config import ServiceConfig
from server.store.models import AccountRow
from server.store.store import Tx
from tests.contract.server.applicants import applicant, write
from tests.contract.server.kit import Desk, FakeIngest, config_for, desk_client, error_code, hello, sign_in
from tests.contract.server.operator_browser import OperatorBrowser, error_of

pytestmark = pytest.mark.slow


@pytest.fixture
def browser(desk: Desk) -> OperatorBrowser:
    return OperatorBrowser(desk).enrol()


def account_id(desk: Desk, name: str) -> str:
    return desk.read(lambda db: db.scalars(select(AccountRow.id).where(AccountRow.operator_name == name)).one())


def test_a_broadcast_is_cut_off_with_a_reason_that_the_anchor_reads(desk: Desk, browser: OperatorBrowser) -> None:
    assert "现在没有直播" in browser.get("/desk/live").text
    anchor = sign_in(desk.client)
    session = desk.open_session(anchor, "简历<i>怎么</i>写")
    desk.go_live(anchor, session["id"])
    page = browser.get("/desk/live").text
    assert "简历&lt;i&gt;怎么&lt;/i&gt;写" in page
    action = f"/desk/live/{session['id']}/cut-off"
    assert browser.submit("/desk/live", action, reason="").status_code == 422
    assert desk.state(session["id"]) == "live"
    assert browser.submit("/desk/live", action, reason="展示了联系方式").status_code == 303
    assert desk.state(session["id"]) == "ended"
    message = anchor.get("/me/inbox").json()["messages"][0]
    assert (message["kind"], message["params"]["comment"]) == ("session_cut_off", "展示了联系方式")
    assert ("session.cut_off", session["id"], "展示了联系方式") in desk.audited()
    again = browser.post(action, {**browser.hidden("/desk/live", "/desk/sign-out"), "reason": "再一次"})
    assert again.status_code == 409


def test_what_was_counted_stands_beside_what_is_on_air(desk: Desk, browser: OperatorBrowser) -> None:
    anchor = sign_in(desk.client)
    session = desk.open_session(anchor)
    desk.go_live(anchor, session["id"])
    with desk.client.websocket_connect("/api/v1/events") as socket:
        socket.send_text(hello(session["id"]))
        assert "hello.ack" in socket.receive_text()
        desk.clock.advance(30)
        page = browser.get("/desk/live").text
    told = "围观 1 人 · 最高在线 1 · 平均在线 1.0 · 评论 0 · 观看总时长 00:00:30 · 人均观看 00:00:30"
    assert told in page


def test_who_is_on_the_blocklist_cannot_apply(desk: Desk, browser: OperatorBrowser) -> None:
    wish = {"kind": "phone", "value": "+86 139-0000-0011", "reason": "平台通报"}
    assert "不在限制名单上" in browser.submit("/desk/blocklist", "/desk/blocklist/find", **wish).text
    assert browser.submit("/desk/blocklist", "/desk/blocklist/add", **wish).status_code == 303
    page = browser.get("/desk/blocklist").text
    assert "139****0011" in page
    assert "13900000011" not in page
    found = browser.submit("/desk/blocklist", "/desk/blocklist/find", **wish).text
    assert "在限制名单上" in found
    assert "平台通报" in found
    assert browser.submit("/desk/blocklist", "/desk/blocklist/add", **wish).status_code == 409
    person = applicant(desk, has_identity=False)
    assert error_code(person.identify()) == "blocklisted"
    entry = re.search(r"/desk/blocklist/([0-9a-f]+)/remove", page)
    assert entry is not None
    action = f"/desk/blocklist/{entry[1]}/remove"
    assert browser.submit("/desk/blocklist", action, reason=" ").status_code == 422
    assert browser.submit("/desk/blocklist", action, reason="已澄清").status_code == 303
    assert "139****0011" not in browser.get("/desk/blocklist").text
    assert {"blocklist.added", "blocklist.removed"} <= {action for action, _, _ in desk.audited()}


def test_what_is_no_number_is_not_listed(browser: OperatorBrowser) -> None:
    for kind, value in (
        ("phone", "123"), ("id_number", "abc"), ("credit_code", "9135"), ("dream", "1"), ("phone", ""),
    ):  # fmt: skip
        wish = {"kind": kind, "value": value, "reason": "看错了的原因"}
        reply = browser.submit("/desk/blocklist", "/desk/blocklist/add", **wish)
        assert reply.status_code == 422
        assert "看错了的原因" in reply.text


def test_an_operator_is_added_and_sets_up_a_factor_of_their_own(desk: Desk, browser: OperatorBrowser) -> None:
    wish = {"operator_name": "Chen.Yu", "nickname": "陈顾问", "reason": "新同事"}
    made = browser.submit("/desk/operators", "/desk/operators/add", **wish)
    assert made.status_code == 200
    password = re.search(r'class="secret">([^<]+)', made.text)
    assert password is not None
    # It is shown this once.
    assert password[1] not in browser.get("/desk/operators").text
    assert "已有人使用" in error_of(browser.submit("/desk/operators", "/desk/operators/add", **wish))
    colleague = OperatorBrowser(desk).enrol("chen.yu", password[1])
    assert "陈顾问" in colleague.get("/desk/applications").text
    person = applicant(desk)
    sent = person.send()
    assert "陈顾问" in browser.get(f"/desk/applications/{sent['id']}").text
    new = account_id(desk, "chen.yu")
    assert ("role.granted.operator", new, "新同事") in desk.audited()


def test_a_password_a_factor_and_the_rights_of_another_operator(desk: Desk, browser: OperatorBrowser) -> None:
    wish = {"operator_name": "wang", "nickname": "王运营", "reason": "新同事"}
    first = re.search(r'class="secret">([^<]+)', browser.submit("/desk/operators", "/desk/operators/add", **wish).text)
    assert first is not None
    colleague = OperatorBrowser(desk).enrol("wang", first[1])
    page, other = "/desk/operators", account_id(desk, "wang")
    for act in ("password", "factor", "end"):
        assert browser.submit(page, f"{page}/{other}/{act}", reason=" ").status_code == 422
    renewed = browser.submit(page, f"{page}/{other}/password", reason="忘了")
    second = re.search(r'class="secret">([^<]+)', renewed.text)
    assert second is not None
    assert colleague.get("/desk/audit").headers["location"] == "/desk/sign-in"
    assert OperatorBrowser(desk).show_password("wang", first[1]).status_code == 401
    assert browser.submit(page, f"{page}/{other}/factor", reason="换了手机").status_code == 303
    again = OperatorBrowser(desk).enrol("wang", second[1])
    assert again.secret != colleague.secret
    assert browser.submit(page, f"{page}/{other}/end", reason="离职").status_code == 303
    assert again.get("/desk/audit").headers["location"] == "/desk/sign-in"
    assert OperatorBrowser(desk).show_password("wang", second[1]).status_code == 401
    assert "已停用" in browser.get(page).text
    record = browser.get("/desk/audit?family=operator").text
    for words in ("新同事", "忘了", "离职"):
        assert words in record


def test_nobody_ends_themself_or_gives_themself_a_factor(desk: Desk, browser: OperatorBrowser) -> None:
    me = account_id(desk, "operator")
    csrf = browser.hidden("/desk/operators", "/desk/operators/add")["csrf"]
    for act in ("password", "factor", "end"):
        assert browser.post(f"/desk/operators/{me}/{act}", {"csrf": csrf, "reason": "x"}).status_code == 403
    assert browser.get("/desk/operators").status_code == 200


def test_a_name_to_sign_in_with_is_plain(browser: OperatorBrowser) -> None:
    for name in ("", "ab", "1abc", "陈", "a b c", "a" * 41, "<i>abc"):
        wish = {"operator_name": name, "nickname": "某人的名字", "reason": "原因"}
        reply = browser.submit("/desk/operators", "/desk/operators/add", **wish)
        assert reply.status_code == 422
        assert "某人的名字" in reply.text


def test_the_record_is_read_page_by_page(desk: Desk, browser: OperatorBrowser) -> None:
    def work(tx: Tx) -> None:
        for number in range(250):
            audit(tx, "somebody", "blocklist.added", "x", f"第 {number} 条")

    write(desk, work)
    seen: list[str] = []
    address = "/desk/audit?family=blocklist"
    while address:
        text = browser.get(address).text
        seen += re.findall(r"第 (\d+) 条", text)
        older = re.search(r'href="(/desk/audit[^"]*after=[^"]*)"', text)
        address = older[1].replace("&amp;", "&") if older else ""
    assert sorted(map(int, seen)) == list(range(250))
    odd_places = ("after=x", "after=99999999999999999999-1", "after=1-%00", "after=5-")
    for odd in (*odd_places, "about=%27%20OR%201=1", "about=%00", "family=%25"):
        assert browser.get(f"/desk/audit?{odd}").status_code == 200


def test_the_first_operator_of_a_platform_of_ones_own(tmp_path: Path) -> None:
    config: ServiceConfig = config_for(tmp_path, is_demo=False)
    path = tmp_path / "first_operator.json"
    with desk_client(config, ManualClock(), FakeIngest()) as client:
        desk = Desk(client, client.app.state.services.clock, FakeIngest(), config)  # type: ignore[attr-defined]
        noted = json.loads(path.read_text("utf-8"))
        assert path.stat().st_mode & 0o777 == 0o600
        assert desk.services.first_operator is None
        browser = OperatorBrowser(desk).enrol(noted["operator_name"], noted["operator_password"])
        assert browser.get("/desk/applications").status_code == 200
        assert not path.exists()
    with desk_client(config, ManualClock(), FakeIngest()):
        # There is one: another start makes no other.
        assert not path.exists()
