"""Planning as the desk does it: sent once, changed without losing another's change, taken off, written to a file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.schedule import Plan
from app.domain.schedule import ScheduleField
from app.domain.session import EndReason, SessionState
from app.errors import PlatformError, StorageError
from app.usecases import wishes as w
from app.usecases.schedule import write_whole
from tests.unit.app.fake_schedule import a_plan
from tests.unit.app.fake_way import refusal
from tests.unit.app.rig import Rig, play, settle
from tests.unit.app.test_schedule_case import desk, ids, opened, planned_ids

# ---- planning ------------------------------------------------------------------------------------


def test_a_plan_is_shown_at_once_and_counts_as_saved() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        await rig.do(w.SavePlan("", 0, a_plan()))
        assert ids(rig) == ["e1"]
        assert (desk(rig).saved_number, desk(rig).saved_id, desk(rig).is_saving) == (1, "e1", False)
        assert "onboarding" in rig.platform.calls, "it is a step of the way to air"

    play(scene)


def test_a_lost_answer_makes_one_session_and_another_plan_a_second() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.lose.add("plan")
        await rig.do(w.SavePlan("", 0, a_plan()))
        assert desk(rig).plan_trouble is not None
        assert desk(rig).plan_trouble.code == "platform_timeout"
        rig.platform.lose.clear()
        await rig.do(w.SavePlan("", 0, a_plan()))
        assert planned_ids(rig) == ["e1"]
        assert len(set(rig.platform.plan_keys)) == 1
        await rig.do(w.SavePlan("", 0, a_plan("另一场", 300)))
        assert planned_ids(rig) == ["e1", "e2"]
        assert len(set(rig.platform.plan_keys)) == 2

    play(scene)


def test_the_same_plan_after_a_refusal_is_a_new_request() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan("早先", 60))
        await opened(rig)
        await rig.do(w.SavePlan("", 0, a_plan("新的", 90)))
        assert desk(rig).faults[ScheduleField.STARTS_AT].detail["title"] == "早先"
        rig.platform.mine.entries.clear()
        await rig.do(w.SavePlan("", 0, a_plan("新的", 90)))
        assert [one.plan.title for one in desk(rig).upcoming] == ["新的"]
        assert len(set(rig.platform.plan_keys)) == 2

    play(scene)


def test_two_clicks_send_one_plan() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.hold["plan"] = asyncio.Event()
        await rig.do(w.SavePlan("", 0, a_plan()), w.SavePlan("", 0, a_plan("二", 400)))
        rig.platform.hold.pop("plan").set()
        await settle()
        assert planned_ids(rig) == ["e1"]

    play(scene)


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (refusal("schedule_invalid", field="starts_at", reason="past"), ScheduleField.STARTS_AT),
        (refusal("schedule_invalid", field="length_min", reason="too_long"), ScheduleField.LENGTH),
        (refusal("schedule_invalid", field="cover_image_id", reason="unusable"), ScheduleField.COVER),
        (refusal("text_refused", field="industry", label="contact"), ScheduleField.INDUSTRY),
        (refusal("out_of_scope"), ScheduleField.CATEGORY),
        (refusal("activity_closed"), ScheduleField.ACTIVITY),
        (refusal("schedule_full"), None),
        (refusal("face_voided"), None),
        (refusal("schedule_invalid", field="unheard_of"), None),
    ],
)
def test_a_refusal_stands_at_its_field_else_above_all(error: PlatformError, field: ScheduleField | None) -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.fail["plan"] = error
        await rig.do(w.SavePlan("", 0, a_plan()))
        assert [one.value for one in desk(rig).faults] == ([field.value] if field is not None else [])
        trouble = desk(rig).plan_trouble if field is None else desk(rig).faults[field]
        assert trouble is not None
        assert trouble.code == error.code
        assert (desk(rig).answered, desk(rig).is_saving) == (1, False)
        rig.platform.fail.clear()
        await rig.do(w.SavePlan("", 0, a_plan()))
        assert (dict(desk(rig).faults), desk(rig).plan_trouble, desk(rig).answered) == ({}, None, 2)

    play(scene)


# ---- changing ------------------------------------------------------------------------------------


def test_a_change_made_elsewhere_is_not_overwritten_unasked() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan("原来"))
        await opened(rig)
        rig.platform.change_elsewhere("e1", title="别处")
        await rig.do(w.SavePlan("e1", 0, a_plan("这里")))
        theirs = desk(rig).conflict
        assert theirs is not None
        assert (theirs.plan.title, theirs.revision, desk(rig).plan_trouble) == ("别处", 1, None)
        assert rig.platform.entry("e1").plan.title == "别处"
        await rig.do(w.SavePlan("e1", theirs.revision, a_plan("这里")))
        assert (rig.platform.entry("e1").plan.title, desk(rig).conflict) == ("这里", None)

    play(scene)


def test_a_cover_that_was_replaced_meanwhile_is_no_conflict() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan("原来", cover_image_id="im1"))
        await opened(rig)
        rig.platform.change_elsewhere("e1", cover_image_id="im2")
        await rig.do(w.SavePlan("e1", 0, a_plan("新标题", cover_image_id="im2")))
        assert desk(rig).conflict is None
        assert rig.platform.entry("e1").plan == a_plan("新标题", cover_image_id="im2")

    play(scene)


def test_what_has_begun_meanwhile_is_told() -> None:
    async def scene(rig: Rig) -> None:
        entry = rig.platform.add(a_plan())
        await opened(rig)
        live = entry.session.model_copy(update={"state": SessionState.LIVE})
        rig.platform.put(entry.model_copy(update={"session": live}))
        await rig.do(w.SavePlan("e1", 0, a_plan("太晚了")))
        assert desk(rig).plan_trouble is not None
        assert desk(rig).plan_trouble.code == "session_begun"
        assert desk(rig).upcoming[0].session.state is SessionState.LIVE, "and it is shown as it is"

    play(scene)


# ---- taking off ----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [SessionState.SCHEDULED, SessionState.PREPARING])
def test_a_session_is_taken_off_also_while_it_is_prepared(state: SessionState) -> None:
    async def scene(rig: Rig) -> None:
        entry = rig.platform.add(a_plan(), state=state)
        if state is SessionState.PREPARING:
            rig.platform.session = entry.session
        await opened(rig)
        await rig.do(w.CancelPlan("e1"))
        ended = rig.platform.entry("e1").session
        assert ended.state is SessionState.ENDED
        assert (ended.end_reason is EndReason.CANCELLED) == (state is SessionState.SCHEDULED)
        assert (ids(rig), desk(rig).cancelling) == ([], "")

    play(scene)


def test_what_cannot_be_taken_off_stays_and_is_told() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan())
        await opened(rig)
        rig.platform.fail["cancel_plan"] = PlatformError("platform_timeout")
        await rig.do(w.CancelPlan("e1"))
        assert (ids(rig), desk(rig).cancelling) == (["e1"], "")
        assert desk(rig).trouble is not None
        rig.platform.fail.clear()
        await rig.do(w.CancelPlan("e1"))
        assert (ids(rig), desk(rig).trouble) == ([], None)

    play(scene)


# ---- exporting -----------------------------------------------------------------------------------


def test_the_calendar_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        path = tmp_path / "a.ics"
        await rig.do(w.ExportCalendar(str(path), "e1"))
        assert path.read_bytes().startswith(b"BEGIN:VCALENDAR")
        assert rig.platform.calendars == ["e1"]
        assert desk(rig).file is not None
        assert (desk(rig).file.is_done, desk(rig).file.reason) == (True, "")
        await rig.do(w.ExportCalendar(str(tmp_path / "no" / "a.ics")))
        assert desk(rig).file is not None
        assert desk(rig).file.reason
        rig.platform.fail["calendar_file"] = PlatformError("platform_unreachable")
        await rig.do(w.ExportCalendar(str(tmp_path / "b.ics")))
        assert desk(rig).file is None
        assert desk(rig).trouble is not None
        assert [one.name for one in tmp_path.iterdir()] == ["a.ics"]

    play(scene)


def test_a_file_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "a.ics"
    path.write_bytes(b"before")
    (tmp_path / ".a.ics.new").mkdir()
    with pytest.raises((StorageError, OSError)):
        write_whole(path, b"after")
    assert path.read_bytes() == b"before"


# ---- any order -----------------------------------------------------------------------------------

STEPS = st.lists(
    st.sampled_from(["plan", "lost", "again", "change", "cancel", "elsewhere", "away", "back", "tell"]), max_size=14
)


@given(STEPS)
def test_whatever_happens_what_is_shown_is_what_the_service_has(steps: list[str]) -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        number, sent = 0, a_plan()
        for step in steps:
            known = [one for one in desk(rig).upcoming if one.session.state is SessionState.SCHEDULED]
            if step in ("plan", "lost"):
                number += 1
                sent = a_plan(f"第 {number} 场", 100 * number)
                rig.platform.lose = {"plan"} if step == "lost" else set()
                await rig.do(w.SavePlan("", 0, sent))
                rig.platform.lose = set()
            elif step == "again":
                await rig.do(w.SavePlan("", 0, sent))
            elif step == "change" and known:
                await rig.do(w.SavePlan(known[0].session.id, known[0].revision, _longer(known[0].plan)))
            elif step == "cancel" and known:
                await rig.do(w.CancelPlan(known[-1].session.id))
            elif step == "elsewhere" and rig.platform.mine.entries:
                rig.platform.change_elsewhere(rig.platform.mine.entries[0].session.id, industry="互联网")
            elif step == "away":
                rig.platform.fail = {name: PlatformError("platform_unreachable") for name in ("schedule", "plan")}
            elif step == "back":
                rig.platform.fail = {}
            await rig.changed("schedule")
        rig.platform.fail = {}
        await rig.do(w.LoadSchedule())
        there = [one for one in rig.platform.mine.entries if one.session.state is not SessionState.ENDED]
        assert list(desk(rig).upcoming) == there
        titles = [one.plan.title for one in there]
        assert len(titles) == len(set(titles)), "no plan makes two sessions"
        assert not desk(rig).is_saving

    play(scene)


def _longer(plan: Plan) -> Plan:
    return plan.model_copy(update={"length_min": plan.length_min + 1})
