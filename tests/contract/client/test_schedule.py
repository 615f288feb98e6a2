"""The schedule through the client: the same cases against the real service and against the fake of the unit tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest

from app.client.platform import HttpPlatform
from app.contract.rest import Category
from app.contract.schedule import Plan
from app.domain.session import EndReason, SessionState
from app.errors import AppError, PlatformError
from app.ports.platform import Platform
from app.runtime.clock import utc_ms
from server.gate import Person
from server.schedule import activities
from server.store.store import Tx
from tests.contract.client.kit import Rig, play
from tests.contract.server.applicants import second_operator
from tests.unit.app.fakes import FakePlatform

pytestmark = pytest.mark.slow

Scene = Callable[[Platform, datetime], Awaitable[None]]


def a_plan(now: datetime, title: str = "写好简历", in_min: int = 120, **changes: Any) -> Plan:
    begin = now.replace(second=0, microsecond=0) + timedelta(minutes=in_min)
    values: dict[str, Any] = {
        "title": title, "category": Category.JOB_SEARCH, "starts_at": begin, "length_min": 60, "industry": "互联网",
    }  # fmt: skip
    return Plan(**{**values, **changes})


async def refusal(work: Coroutine[Any, Any, Any]) -> PlatformError:
    with pytest.raises(AppError) as refused:
        await work
    assert isinstance(refused.value, PlatformError)
    return refused.value


@pytest.fixture(params=["real", "fake"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scene], None]:
    """Plays a scene against one of the two; the moment is the platform's own."""

    def run(scene: Scene) -> None:
        if request.param == "fake":
            fake = FakePlatform()
            asyncio.run(scene(fake, fake.server_now))  # type: ignore[arg-type]
        else:

            async def real(rig: Rig) -> None:
                platform = await rig.signed_in()
                now = (await platform.schedule()).server_now
                await scene(platform, now)
                await platform.close()

            play(tmp_path, real)

    return run


def test_a_plan_is_made_once_and_found_again(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, now: datetime) -> None:
        wish = a_plan(now)
        made = await platform.plan(wish, "k1")
        assert (made.plan, made.session.state, made.is_fixed) == (wish, SessionState.SCHEDULED, False)
        assert (await platform.plan(wish, "k1")).session.id == made.session.id
        listed = await platform.schedule()
        assert [one.session.id for one in listed.entries] == [made.session.id]
        assert abs(listed.server_now - now) < timedelta(minutes=5)
        begin = wish.starts_at
        touched = await platform.schedule(begin - timedelta(hours=1), begin + timedelta(hours=3))
        assert [one.session.id for one in touched.entries] == [made.session.id]
        halfway = begin + timedelta(minutes=30)
        assert len((await platform.schedule(halfway, halfway + timedelta(days=2))).entries) == 1, "it touches the span"
        for since, until in ((timedelta(hours=1), timedelta(days=2)), (timedelta(days=-2), timedelta(0))):
            assert (await platform.schedule(begin + since, begin + until)).entries == []
        session = await platform.session_of(made.session.id)
        assert (session.starts_at, session.length_min, session.state) == (begin, 60, SessionState.SCHEDULED)

    on_both(scene)


def test_a_change_names_the_revision_that_it_was_made_from(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, now: datetime) -> None:
        made = await platform.plan(a_plan(now), "k1")
        longer = made.plan.model_copy(update={"length_min": 90})
        changed = await platform.change_plan(made.session.id, made.revision, longer)
        assert (changed.plan, changed.revision) == (longer, made.revision + 1)
        again = await platform.change_plan(made.session.id, made.revision, longer)
        assert again.revision == changed.revision, "a repeat changes nothing"
        other = made.plan.model_copy(update={"title": "换个标题"})
        refused = await refusal(platform.change_plan(made.session.id, made.revision, other))
        assert (refused.code, refused.detail["revision"]) == ("schedule_conflict", changed.revision)
        taken = await platform.change_plan(made.session.id, changed.revision, other)
        assert (taken.plan, taken.revision) == (other, changed.revision + 1)

    on_both(scene)


def test_two_cannot_have_the_same_time_and_the_other_is_named(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, now: datetime) -> None:
        first = await platform.plan(a_plan(now, "先来的"), "k1")
        refused = await refusal(platform.plan(a_plan(now, "后来的", 150), "k2"))
        assert refused.code == "schedule_overlap"
        named = refused.detail
        assert (named["session_id"], named["title"], named["length_min"]) == (first.session.id, "先来的", 60)
        assert datetime.fromisoformat(str(named["starts_at"])) == first.plan.starts_at
        await platform.plan(a_plan(now, "接着的", 180), "k3")

    on_both(scene)


def test_taking_off_can_be_repeated_and_frees_the_time(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, now: datetime) -> None:
        made = await platform.plan(a_plan(now), "k1")
        gone = await platform.cancel_plan(made.session.id)
        assert (gone.session.state, gone.session.end_reason) == (SessionState.ENDED, EndReason.CANCELLED)
        assert (await platform.cancel_plan(made.session.id)).session.state is SessionState.ENDED
        assert (await platform.schedule()).entries == []
        again = await platform.plan(made.plan, "k1")
        assert (again.session.id, again.session.state) == (made.session.id, SessionState.ENDED), "a key makes one only"
        assert (await platform.session_of(made.session.id)).end_reason is EndReason.CANCELLED
        await platform.plan(a_plan(now, "又一场"), "k2")

    on_both(scene)


def test_a_planned_session_begins_with_its_key_and_is_changed_no_more(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, now: datetime) -> None:
        made = await platform.plan(a_plan(now, in_min=5), "k1")
        target = await platform.stream_key(made.session.id, take_over=False)
        assert target.key
        (entry,) = (await platform.schedule()).entries
        assert entry.session.state is SessionState.PREPARING
        refused = await refusal(platform.change_plan(made.session.id, made.revision, a_plan(now, "太晚", 5)))
        assert refused.code == "session_begun"
        refused = await refusal(platform.cancel_plan(made.session.id))
        assert refused.code == "session_begun", "whoever takes it off ends it"
        for _ in range(2):
            ended = await platform.end_session(made.session.id)
            assert (ended.state, ended.end_reason) == (SessionState.ENDED, EndReason.ANCHOR)
        assert (await platform.schedule()).entries == []

    on_both(scene)


def test_one_on_the_spot_has_no_time_and_a_key_makes_one_only(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, _: datetime) -> None:
        made = await platform.create_session("临时聊聊", Category.JOB_SEARCH, "k1")
        assert (made.starts_at, made.length_min, made.state) == (None, 60, SessionState.SCHEDULED), "an hour at most"
        assert (await platform.create_session("临时聊聊", Category.JOB_SEARCH, "k1")).id == made.id
        current = await platform.current_session()
        assert current is not None
        assert current.id == made.id
        assert (await platform.schedule()).entries == []
        await platform.end_session(made.id)
        again = await platform.create_session("临时聊聊", Category.JOB_SEARCH, "k1")
        assert (again.id, again.state) == (made.id, SessionState.ENDED)
        assert (await platform.create_session("临时聊聊", Category.JOB_SEARCH, "k2")).id != made.id

    on_both(scene)


def test_on_the_spot_nothing_begins_while_a_planned_one_has_its_time(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, now: datetime) -> None:
        made = await platform.plan(a_plan(now, "有约在先", 0), "k1")
        refused = await refusal(platform.create_session("临时聊聊", Category.JOB_SEARCH, "k2"))
        assert (refused.code, refused.detail["session_id"]) == ("schedule_overlap", made.session.id)

    on_both(scene)


def test_the_calendar_is_a_calendar(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        now = (await platform.schedule()).server_now
        first = await platform.plan(a_plan(now), "k1")
        await platform.plan(a_plan(now, "第二场", 300), "k2")
        whole = icalendar.Calendar.from_ical(await platform.calendar_file())
        events = list(whole.walk("VEVENT"))
        assert [str(one["SUMMARY"]) for one in events] == ["写好简历", "第二场"]
        one = icalendar.Calendar.from_ical(await platform.calendar_file(first.session.id))
        (event,) = one.walk("VEVENT")
        assert event["DTSTART"].dt.astimezone(UTC) == first.plan.starts_at
        assert (await refusal(platform.calendar_file("nobody"))).code == "not_found"
        await platform.close()

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"starts_at": timedelta(minutes=-3)}, "starts_at", "past"),
        ({"starts_at": timedelta(days=91)}, "starts_at", "too_far"),
        ({"length_min": 14}, "length_min", "too_short"),
        ({"length_min": 481}, "length_min", "too_long"),
        ({"cover_image_id": "nobodys"}, "cover_image_id", "unusable"),
    ],
)
def test_what_is_wrong_with_a_plan_is_named(tmp_path: Path, changes: dict[str, Any], field: str, reason: str) -> None:
    async def scene(rig: Rig) -> None:
        platform: HttpPlatform = await rig.signed_in()
        now = (await platform.schedule()).server_now
        values = {**changes, "starts_at": now + changes["starts_at"]} if "starts_at" in changes else changes
        refused = await refusal(platform.plan(a_plan(now, **values), "k1"))
        assert (refused.code, refused.detail["field"], refused.detail["reason"]) == ("schedule_invalid", field, reason)
        assert (await platform.schedule()).entries == []
        assert await platform.activities() == []
        await platform.close()

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"title": "加我微信 abc123456"}, "title"), ({"industry": "加微信13812345678"}, "industry")],
)
def test_words_that_are_not_taken_are_told_at_their_field(tmp_path: Path, changes: dict[str, Any], field: str) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        now = (await platform.schedule()).server_now
        refused = await refusal(platform.plan(a_plan(now, **changes), "k1"))
        assert (refused.code, refused.detail["field"]) == ("text_refused", field)
        assert (await platform.schedule()).entries == []
        await platform.close()

    play(tmp_path, scene)


def test_an_official_activity_is_listed_joined_and_called_off(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        now = (await platform.schedule()).server_now
        starts_at = now.replace(second=0, microsecond=0) + timedelta(hours=3)

        def create(tx: Tx) -> tuple[Person, str]:
            operator = second_operator(tx, rig.service.services.cipher)
            told = {"title": "春招公开课", "category": Category.EXPERIENCE, "length_min": 90, "note": "请提前测试设备"}
            return operator, activities.create(tx, operator, starts_ms=utc_ms(starts_at), **told)  # type: ignore[arg-type]

        operator, activity_id = await asyncio.to_thread(write, rig, create)
        (offered,) = await platform.activities()
        assert (offered.id, offered.title, offered.starts_at) == (activity_id, "春招公开课", starts_at)
        entry = await platform.plan(a_plan(now, "随便写的", 20, activity_id=activity_id), "k1")
        assert (entry.is_fixed, entry.activity_note) == (True, "请提前测试设备")
        assert (entry.plan.title, entry.plan.starts_at, entry.plan.length_min) == ("春招公开课", starts_at, 90)
        left = entry.plan.model_copy(update={"activity_id": ""})
        refused = await refusal(platform.change_plan(entry.session.id, entry.revision, left))
        assert (refused.code, refused.detail["field"]) == ("schedule_invalid", "activity_id")
        early = await refusal(platform.stream_key(entry.session.id, take_over=False))
        assert early.code == "activity_too_early"
        await asyncio.to_thread(write, rig, lambda tx: activities.call_off(tx, operator, activity_id, "讲师生病"))
        session = await platform.session_of(entry.session.id)
        assert (session.state, session.end_reason) == (SessionState.ENDED, EndReason.CALLED_OFF)
        assert await platform.activities() == []
        closed = await refusal(platform.plan(a_plan(now, activity_id=activity_id), "k2"))
        assert closed.code == "activity_closed"
        await platform.close()

    play(tmp_path, scene)


def test_what_is_planned_is_ones_own(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        now = (await platform.schedule()).server_now
        entry = await platform.plan(a_plan(now), "k1")
        other = await Rig(rig.config, rig.service).signed_in(phone="13900000002")
        assert (await other.schedule()).entries == []
        for work in (other.cancel_plan(entry.session.id), other.calendar_file(entry.session.id)):
            assert (await refusal(work)).code == "not_found"
        stranger = Rig(rig.config, rig.service).platform()
        for work in (stranger.schedule(), stranger.activities(), stranger.calendar_file()):
            assert (await refusal(work)).code == "not_signed_in"
        for one in (platform, other, stranger):
            await one.close()

    play(tmp_path, scene)


def write(rig: Rig, work: Callable[[Tx], Any]) -> Any:
    """As somebody else on the service does it."""
    return rig.service.run(rig.service.services.store.write(work))
