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
from tests.contract.client.kit import Rig, play
from tests.unit.app.fakes import FakePlatform

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
        assert (await platform.schedule(begin + timedelta(hours=2), begin + timedelta(days=2))).entries == []
        assert (await platform.session_of(made.session.id)).starts_at == wish.starts_at

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
        ended = await platform.end_session(made.session.id)
        assert ended.state is SessionState.ENDED

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
