"""Planning as the desk does it: sent once, changed without losing another's change, taken off, written to a file."""

from __future__ import annotations

import asyncio
from datetime import date
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
        rig.platform.calls.clear()
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


def test_a_plan_that_was_changed_after_a_lost_answer_is_another_request() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.lose.add("plan")
        await rig.do(w.SavePlan("", 0, a_plan()))
        rig.platform.lose.clear()
        await rig.do(w.SavePlan("", 0, a_plan("换个标题")))
        assert len(set(rig.platform.plan_keys)) == 2
        named = desk(rig).faults[ScheduleField.STARTS_AT].detail
        assert named["session_id"] == "e1", "the first was made all the same, and is named"
        assert ids(rig) == ["e1"]

    play(scene)


def test_what_a_lost_answer_made_and_was_taken_off_is_planned_anew() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.lose.add("plan")
        await rig.do(w.SavePlan("", 0, a_plan()))
        rig.platform.lose.clear()
        await rig.changed("schedule")
        await rig.do(w.CancelPlan("e1"), w.SavePlan("", 0, a_plan()))
        assert (ids(rig), desk(rig).saved_id) == (["e2"], "e2")
        assert rig.platform.entry("e2").session.state is SessionState.SCHEDULED

    play(scene)


def test_another_way_to_the_service_amid_a_save_leaves_a_form_that_can_be_sent_again() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.hold = {"plan": asyncio.Event(), "cancel_plan": asyncio.Event(), "schedule": asyncio.Event()}
        await rig.do(w.LoadSchedule(date(2027, 2, 1)), w.SavePlan("", 0, a_plan()), w.CancelPlan("e9"))
        assert (desk(rig).is_saving, desk(rig).is_turning) == (True, True)
        rig.platform.hold.clear()
        await rig.do(w.ConnectPlatform("127.0.0.1:1"))
        shown = desk(rig)
        assert (shown.is_saving, shown.cancelling, shown.is_turning) == (False, "", False)
        assert (shown.month, shown.saved_number, ids(rig)) == (date(2027, 2, 1), 0, ["e1"])
        await rig.do(w.SavePlan("", 0, a_plan()))
        assert (planned_ids(rig), desk(rig).saved_id) == (["e1"], "e1"), "with its key it is the same request"

    play(scene)


def test_a_load_that_was_asked_for_before_does_not_undo_what_came_since() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        gate = rig.platform.hold["schedule"] = asyncio.Event()
        await rig.do(w.LoadSchedule(), w.SavePlan("", 0, a_plan()))
        seen: list[list[str]] = []
        rig.desk.subscribe(lambda state: seen.append([one.session.id for one in state.schedule.upcoming]))
        rig.platform.hold.clear()
        gate.set()
        await settle()
        assert ids(rig) == ["e1"]
        assert all(shown == ["e1"] for shown in seen)

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
        (refusal("input_invalid", field="title"), ScheduleField.TITLE),
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


def test_one_that_is_on_air_by_now_is_not_ended_by_taking_it_off() -> None:
    async def scene(rig: Rig) -> None:
        entry = rig.platform.add(a_plan(), state=SessionState.PREPARING)
        await opened(rig)
        live = entry.session.model_copy(update={"state": SessionState.LIVE})
        rig.platform.put(entry.model_copy(update={"session": live}))
        await rig.do(w.CancelPlan("e1"))
        assert rig.platform.ended == []
        assert desk(rig).trouble is not None
        assert (desk(rig).trouble.code, desk(rig).cancelling) == ("session_begun", "")
        assert desk(rig).upcoming[0].session.state is SessionState.LIVE

    play(scene)


@pytest.mark.parametrize("state", [SessionState.SCHEDULED, SessionState.PREPARING])
def test_what_cannot_be_taken_off_stays_and_is_told(state: SessionState) -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan(), state=state)
        await opened(rig)
        for name in ("cancel_plan", "end_session"):
            rig.platform.fail[name] = PlatformError("platform_timeout")
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
    with pytest.raises(StorageError) as refused:
        write_whole(path, b"after")
    assert refused.value.detail["reason"]
    assert path.read_bytes() == b"before"


def test_a_disk_that_is_full_amid_the_file_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, write_bytes = tmp_path / "a.ics", Path.write_bytes
    path.write_bytes(b"before")

    def half(file: Path, data: bytes) -> int:
        write_bytes(file, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(StorageError) as refused:
        write_whole(path, b"after, and whole")
    assert refused.value.detail == {"reason": "No space left on device"}
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"a.ics": b"before"}


def test_secrets_that_cannot_be_read_are_not_told_as_a_file_that_was_written(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)

        async def locked(_: str) -> bytes:
            raise StorageError("secrets_unreadable", retryable=True)

        rig.platform.calendar_file = locked  # type: ignore[method-assign, assignment]
        await rig.do(w.ExportCalendar(str(tmp_path / "a.ics")))
        assert desk(rig).file is None
        assert desk(rig).trouble is not None
        assert desk(rig).trouble.code == "secrets_unreadable"

    play(scene)


# ---- any order -----------------------------------------------------------------------------------

STEPS = st.lists(
    st.sampled_from(["plan", "lost", "again", "change", "cancel", "elsewhere", "away", "back", "tell"]), max_size=14
)


@given(STEPS)
def test_whatever_happens_what_is_shown_is_what_the_service_has(steps: list[str]) -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        number, saved, sent = 0, 0, a_plan()
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
            if desk(rig).saved_number != saved:
                saved, entry = desk(rig).saved_number, rig.platform.entry(desk(rig).saved_id)
                assert entry.session.state is SessionState.SCHEDULED, "what is told as planned is planned"
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
