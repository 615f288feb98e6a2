"""The schedule as iCalendar: what other calendars read of it, whatever stands in its texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.rest import Category, Session
from app.contract.schedule import Entry, Plan
from app.domain.session import EndReason, SessionState
from server.schedule.calendar import to_ical
from tests.contract.server.kit import Desk, error_code, sign_in
from tests.contract.server.schedule_kit import Planner, moment, planner

pytestmark = pytest.mark.slow

NOW = datetime(2026, 1, 1, 0, 0, 30, 500, tzinfo=UTC)
HOSTILE = 'a,b;c\\n"d"\r\nEND:VEVENT\r\nATTENDEE:mailto:x@y\nBEGIN:VALARM\rDTSTART:20000101T000000Z'


def entry(**changes: Any) -> Entry:
    plan: dict[str, Any] = {
        "title": "简历怎么写",
        "category": Category.JOB_SEARCH,
        "industry": "互联网",
        "position": "产品经理",
        "starts_at": datetime(2028, 2, 28, 23, 30, tzinfo=UTC),
        "length_min": 60,
    }
    session: dict[str, Any] = {"state": SessionState.SCHEDULED, "end_reason": None, "started_at": None}
    session |= {name: changes.pop(name) for name in tuple(changes) if name in session}
    title = changes.pop("title", plan["title"])
    plan |= changes
    return Entry(
        session=Session(
            id="0123456789abcdef",
            # What is on the wire is cleaned; the calendar must hold whatever comes.
            title="x",
            category=plan["category"],
            anchor_id="a",
            anchor_name="林晓",
            created_at=NOW,
            grace_period_s=180,
            viewer_url="https://live.example.org/s/0123456789abcdef",
            **session,
        ).model_copy(update={"title": title}),
        plan=Plan(**plan),
        revision=3,
    )


def events(data: bytes) -> list[Any]:
    return list(icalendar.Calendar.from_ical(data).walk("VEVENT"))


def test_an_event_says_when_what_and_where() -> None:
    data = to_ical([entry()], "abcdef01", NOW, "zh")
    assert data.startswith(b"BEGIN:VCALENDAR\r\n")
    whole = icalendar.Calendar.from_ical(data)
    assert (whole["version"], whole["method"]) == ("2.0", "PUBLISH")
    assert "AnchorDesk" in whole["prodid"]
    [event] = events(data)
    assert event["uid"] == "0123456789abcdef@abcdef01"
    assert event["dtstamp"].dt == NOW.replace(microsecond=0)
    assert event["dtstart"].dt == datetime(2028, 2, 28, 23, 30, tzinfo=UTC)
    assert event["dtend"].dt == datetime(2028, 2, 29, 0, 30, tzinfo=UTC)
    assert b"DTSTART:20280228T233000Z\r\n" in data
    assert event["summary"] == "简历怎么写"
    assert event["description"] == "直播内容：求职指导\n行业：互联网\n岗位：产品经理"
    assert event["url"] == "https://live.example.org/s/0123456789abcdef"
    assert (event["sequence"], event["status"]) == (3, "CONFIRMED")
    [alarm] = event.walk("VALARM")
    assert (alarm["action"], alarm["trigger"].dt) == ("DISPLAY", timedelta(minutes=-30))


def test_the_words_are_in_the_language_and_leave_out_what_was_not_said() -> None:
    [event] = events(to_ical([entry(industry="")], "t", NOW, "en"))
    assert event["description"] == "Category: Job search\nPosition: 产品经理"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"state": SessionState.LIVE, "started_at": NOW}, "CONFIRMED"),
        ({"state": SessionState.ENDED, "end_reason": EndReason.ANCHOR, "started_at": NOW}, "CONFIRMED"),
        ({"state": SessionState.ENDED, "end_reason": EndReason.CANCELLED}, "CANCELLED"),
        ({"state": SessionState.ENDED, "end_reason": EndReason.CALLED_OFF}, "CANCELLED"),
        ({"state": SessionState.ENDED, "end_reason": EndReason.MISSED}, "CANCELLED"),
    ],
)
def test_what_never_began_is_cancelled_and_alarms_nobody(changes: dict[str, Any], status: str) -> None:
    [event] = events(to_ical([entry(**changes)], "t", NOW, "zh"))
    assert event["status"] == status
    assert len(event.walk("VALARM")) == (status == "CONFIRMED")


def test_no_text_ends_its_line() -> None:
    data = to_ical([entry(title=HOSTILE, industry=HOSTILE[:20], position="a\r\nX:y")], "t", NOW, "zh")
    [event] = events(data)
    assert set(event) == {
        "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "URL", "SEQUENCE", "STATUS",
    }  # fmt: skip
    assert len(event.walk("VALARM")) == 1
    assert event["dtstart"].dt.year == 2028
    assert b"\r\nATTENDEE" not in data
    assert b"\r\nX:y" not in data


@given(st.text(max_size=200))
def test_whatever_a_title_is_the_calendar_has_the_same_lines(title: str) -> None:
    def names(data: bytes) -> list[bytes]:
        unfolded = data.replace(b"\r\n ", b"").split(b"\r\n")
        return [line.partition(b":")[0] for line in unfolded]

    data = to_ical([entry(title=title)], "t", NOW, "zh")
    assert names(data) == names(to_ical([entry(title="x")], "t", NOW, "zh"))
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))


# The routes -----------------------------------------------------------------------------------------


def fetch(anchor: Planner, path: str, language: str = "zh-CN") -> Any:
    headers = {**anchor.signed.headers, "Accept-Language": language}
    return anchor.signed.client.get(f"/api/v1{path}", headers=headers)


def test_what_is_to_come_can_be_taken_into_a_calendar(desk: Desk) -> None:
    anchor = planner(desk)
    first, second, third = anchor.planned(60), anchor.planned(180, title="面试,问答;一"), anchor.planned(300)
    anchor.cancel(third)
    reply = fetch(anchor, "/me/schedule.ics")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/calendar; charset=utf-8"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["content-disposition"] == 'attachment; filename="schedule.ics"'
    found = events(reply.content)
    tag = desk.services.platform_tag
    assert [one["uid"] for one in found] == [f"{one['session']['id']}@{tag}" for one in (first, second)]
    assert found[1]["summary"] == "面试,问答;一"
    assert found[0]["dtstart"].dt == moment(first["plan"]["starts_at"])
    assert "Category" in events(fetch(anchor, "/me/schedule.ics", "en-GB,en;q=0.9").content)[0]["description"]


def test_a_change_makes_the_event_newer_and_a_cancelled_one_says_so(desk: Desk) -> None:
    anchor = planner(desk)
    entry_ = anchor.planned(60)
    path = f"/me/schedule/{entry_['session']['id']}.ics"
    anchor.change(entry_, title="新标题")
    reply = fetch(anchor, path)
    assert reply.headers["content-disposition"] == f'attachment; filename="{entry_["session"]["id"]}.ics"'
    [event] = events(reply.content)
    assert (event["summary"], event["sequence"], event["status"]) == ("新标题", 1, "CONFIRMED")
    anchor.cancel(entry_)
    [event] = events(fetch(anchor, path).content)
    assert event["status"] == "CANCELLED"


def test_an_empty_schedule_is_a_calendar_too(desk: Desk) -> None:
    viewer = Planner(desk, sign_in(desk.client, "13900000001"), "13900000001")
    reply = fetch(viewer, "/me/schedule.ics")
    assert (reply.status_code, events(reply.content)) == (200, [])
    assert error_code(fetch(viewer, "/me/schedule/none.ics")) == "not_found"
    assert desk.client.get("/api/v1/me/schedule.ics").status_code == 401
