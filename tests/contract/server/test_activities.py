"""Official activities: made and called off by operators, joined by anchors, who cannot change what is fixed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.contract.rest import Category
from server.errors import Refusal
from server.gate import Person
from server.schedule import activities
from tests.contract.server.applicants import operator_of, write
from tests.contract.server.kit import Desk, error_code
from tests.contract.server.operator_browser import OperatorBrowser, error_of
from tests.contract.server.schedule_kit import activity, at, body, detail, moment, other_planner, planner

pytestmark = pytest.mark.slow

PAGE, CREATE = "/desk/activities", "/desk/activities/create"


def listed(desk: Desk, person: Any) -> list[str]:
    return [one["id"] for one in person.signed.get("/activities").json()]


def test_an_activity_fixes_time_and_content_whatever_is_sent(desk: Desk) -> None:
    anchor = planner(desk)
    activity_id = activity(desk, 180)
    [offered] = anchor.signed.get("/activities").json()
    assert offered | {"starts_at": ""} == {
        "id": activity_id, "title": "春招公开课", "category": "experience", "starts_at": "", "length_min": 90,
        "note": "请提前测试设备",
    }  # fmt: skip
    sent = {
        "activity_id": activity_id,
        "title": "别的",
        "category": "outfit",
        "length_min": 1,
        "starts_at": at(desk, -9),
    }
    entry = anchor.planned(**sent)
    assert (entry["is_fixed"], entry["activity_note"]) == (True, "请提前测试设备")
    assert (entry["plan"]["title"], entry["plan"]["category"], entry["plan"]["length_min"]) == (
        "春招公开课", "experience", 90,
    )  # fmt: skip
    assert moment(entry["plan"]["starts_at"]) == moment(offered["starts_at"])
    assert entry["plan"]["activity_id"] == activity_id
    changed = anchor.change(
        entry,
        title="别的",
        category="outfit",
        starts_at=at(desk, 600),
        length_min=30,
        position="运营",
        allows_guests=True,
    )
    assert changed.status_code == 200
    assert changed.json()["plan"] == {**entry["plan"], "position": "运营", "allows_guests": True}


def test_joining_is_measured_like_any_plan(desk: Desk) -> None:
    anchor = planner(desk)
    activity_id = activity(desk, 180)
    own = anchor.planned(200)
    refused = anchor.plan(activity_id=activity_id)
    assert (error_code(refused), detail(refused)["session_id"]) == ("schedule_overlap", own["session"]["id"])
    anchor.cancel(own)
    assert anchor.plan(activity_id=activity_id).status_code == 201
    assert error_code(anchor.plan(activity_id=activity_id)) == "schedule_overlap", "once each"
    narrow = other_planner(desk, (Category.OUTFIT,))
    assert error_code(narrow.plan(activity_id=activity_id, category="outfit")) == "out_of_scope"


def test_one_joins_with_a_plan_of_its_own_and_stays_joined(desk: Desk) -> None:
    anchor = planner(desk)
    activity_id = activity(desk, 180)
    own, joined = anchor.planned(400), anchor.planned(activity_id=activity_id)
    for refused in (anchor.change(own, activity_id=activity_id), anchor.change(joined, activity_id="")):
        assert (error_code(refused), detail(refused)) == (
            "schedule_invalid",
            {"field": "activity_id", "reason": "fixed"},
        )


def test_what_has_begun_or_was_called_off_is_closed(desk: Desk) -> None:
    anchor = planner(desk)
    soon, late, off = activity(desk, 1), activity(desk, 300), activity(desk, 600)
    assert listed(desk, anchor) == [soon, late, off]
    operator = operator_of(desk)
    write(desk, lambda tx: activities.call_off(tx, operator, off, "场地冲突"))
    desk.clock.advance(60)
    assert listed(desk, anchor) == [late]
    for activity_id in (soon, off):
        assert error_code(anchor.plan(activity_id=activity_id)) == "activity_closed"


def test_a_repeated_joining_gives_its_entry_though_the_activity_has_begun(desk: Desk) -> None:
    anchor = planner(desk)
    wish = body(desk) | {"activity_id": activity(desk, 1)}
    made = anchor.signed.post("/me/schedule", wish, **{"Idempotency-Key": "k"}).json()
    desk.clock.advance(120)
    again = anchor.signed.post("/me/schedule", wish, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.json()["session"]["id"]) == (201, made["session"]["id"])


def test_an_activity_opens_half_an_hour_before_its_time(desk: Desk) -> None:
    anchor = planner(desk)
    entry = anchor.planned(activity_id=activity(desk, 40))
    desk.clock.advance(10 * 60 - 1)
    assert error_code(anchor.key(entry)) == "activity_too_early"
    assert ("refused.take_key", entry["session"]["id"], "activity_too_early") in desk.audited()
    desk.clock.advance(1)
    assert anchor.key(entry).status_code == 200


def test_calling_off_ends_what_has_not_begun_and_says_why(desk: Desk) -> None:
    on_air, waiting = planner(desk), other_planner(desk)
    activity_id = activity(desk, 10)
    begun, unbegun = on_air.planned(activity_id=activity_id), waiting.planned(activity_id=activity_id)
    desk.go_live(on_air.signed, begun["session"]["id"])
    key = waiting.key(unbegun).json()["key"]
    operator = operator_of(desk)
    write(desk, lambda tx: activities.call_off(tx, operator, activity_id, "场地冲突"))
    assert desk.state(begun["session"]["id"]) == "live"
    ended = desk.client.get(f"/api/v1/sessions/{unbegun['session']['id']}").json()
    assert (ended["state"], ended["end_reason"]) == ("ended", "called_off")
    assert error_code(desk.authorize(key, "c9")) == "key_dead"
    [message] = waiting.messages("session_cancelled")
    assert message["params"] == {"title": "春招公开课", "comment": "场地冲突"}
    assert (message["place"], message["link_id"]) == ("schedule", unbegun["session"]["id"])
    assert on_air.messages("session_cancelled") == []
    assert error_code(waiting.cancel(unbegun)) == "session_begun"
    assert ("activity.called_off", activity_id, "场地冲突") in desk.audited()
    [entry] = desk.read(lambda db: activities.entries(db, operator))
    assert (entry.joined, entry.cancel_reason) == (1, "场地冲突")


def test_only_operators_with_a_second_factor_manage_activities(desk: Desk) -> None:
    operator = operator_of(desk)
    half = Person(operator.account_id, operator.device_id, operator.roles)
    anchor = Person(planner(desk).id, "d", frozenset())
    for person, code in ((half, "second_factor_required"), (anchor, "forbidden")):
        with pytest.raises(Refusal) as refused:
            write(desk, lambda tx, who=person: activities.create(tx, who, "t", Category.OTHER, 1, 60))
        assert refused.value.code == code
        with pytest.raises(Refusal) as refused:
            desk.read(lambda db, who=person: activities.entries(db, who))
        assert refused.value.code == code
        with pytest.raises(Refusal) as refused:
            write(desk, lambda tx, who=person: activities.call_off(tx, who, "x", "why"))
        assert refused.value.code == code
    assert {one[2] for one in desk.audited() if one[0] == "refused.manage_activities"} == {
        "second_factor_required",
        "forbidden",
    }


# The desk -------------------------------------------------------------------------------------------


@pytest.fixture
def browser(desk: Desk) -> OperatorBrowser:
    return OperatorBrowser(desk).enrol()


TYPED = {"title": "春招<i>公开课", "category": "experience", "starts_at": "2026-01-03T19:30", "length_min": "90"}


def test_the_desk_makes_one_in_beijing_time_and_calls_it_off(desk: Desk, browser: OperatorBrowser) -> None:
    assert "还没有官方活动" in browser.get(PAGE).text
    assert browser.submit(PAGE, CREATE, **TYPED, note="请提前测试").status_code == 303
    anchor = planner(desk)
    [offered] = anchor.signed.get("/activities").json()
    assert offered["starts_at"] == "2026-01-03T11:30:00Z"
    anchor.planned(activity_id=offered["id"])
    page = browser.get(PAGE).text
    assert "春招&lt;i&gt;公开课" in page
    assert "2026-01-03 19:30" in page
    assert re.search(r'<td class="number">1</td>', page)
    action = f"{PAGE}/{offered['id']}/call-off"
    empty = browser.submit(PAGE, action, reason="  ")
    assert empty.status_code == 422
    assert re.search(rf'open><summary>取消活动</summary><form method="post" action="{action}"', empty.text)
    assert browser.submit(PAGE, action, reason="场地冲突").status_code == 303
    assert anchor.entries() == []
    assert "场地冲突" in browser.get(PAGE).text
    again = browser.post(action, {**browser.hidden(PAGE, CREATE), "reason": "再一次"})
    assert again.status_code == 409
    record = browser.get("/desk/audit?family=activity").text
    assert "创建官方活动" in record
    assert "取消官方活动" in record


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": " "}, "标题"),
        ({"starts_at": ""}, "请填写日期和时间。"),
        ({"starts_at": "2025-12-31T23:59"}, "开始时间须在现在以后、90 天以内。"),
        ({"starts_at": "2026-01-01T08:00"}, "开始时间须在现在以后、90 天以内。"),
        ({"starts_at": "2026-04-02T08:00"}, "开始时间须在现在以后、90 天以内。"),
        ({"length_min": "abc"}, "请用数字填写时长。"),
        ({"length_min": "14"}, "时长请在 15 到 480 分钟之间。"),
        ({"category": "none"}, "直播内容"),
        ({"note": "长" * 201}, "联系记录"),
    ],
)
def test_what_cannot_be_made_is_said_and_kept(browser: OperatorBrowser, changes: dict[str, str], said: str) -> None:
    reply = browser.submit(PAGE, CREATE, **TYPED | {"note": "说明文字"} | changes)
    assert reply.status_code == 422
    assert said in error_of(reply)
    for name in ("starts_at", "length_min"):
        assert f'value="{(TYPED | changes)[name]}"' in reply.text
    assert "还没有官方活动" in reply.text


def test_posted_twice_it_is_made_once(desk: Desk, browser: OperatorBrowser) -> None:
    form = {**browser.hidden(PAGE, CREATE), **TYPED}
    assert [browser.post(CREATE, form).status_code for _ in range(2)] == [303, 303]
    assert len(planner(desk).signed.get("/activities").json()) == 1
