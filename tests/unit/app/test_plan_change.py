"""Changing what is planned as the desk does it: without losing what another device changed meanwhile."""

from __future__ import annotations

from app.domain.session import SessionState
from app.errors import PlatformError
from app.usecases import wishes as w
from tests.unit.app.fake_schedule import a_plan
from tests.unit.app.fake_way import refusal
from tests.unit.app.rig import Rig, play
from tests.unit.app.test_schedule_case import desk, ids, opened


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


def test_a_cover_that_was_replaced_and_seen_here_costs_no_second_try() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan("原来", cover_image_id="im1"))
        await opened(rig)
        rig.platform.change_elsewhere("e1", cover_image_id="im2")
        await rig.changed("schedule")
        await rig.do(w.SavePlan("e1", 0, a_plan("新标题", cover_image_id="im2")))
        assert (desk(rig).conflict, rig.platform.entry("e1").plan.title) == (None, "新标题")
        assert rig.platform.calls.count("change_plan") == 1

    play(scene)


def test_a_cover_and_more_is_a_conflict() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan("原来", cover_image_id="im1"))
        await opened(rig)
        rig.platform.change_elsewhere("e1", cover_image_id="im2", position="产品经理")
        await rig.do(w.SavePlan("e1", 0, a_plan("新标题", cover_image_id="im2")))
        assert desk(rig).conflict == rig.platform.entry("e1")
        assert rig.platform.entry("e1").plan.title == "原来"

    play(scene)


def test_ones_own_change_whose_answer_was_lost_is_no_conflict() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan("原来"))
        await opened(rig)
        rig.platform.lose.add("change_plan")
        await rig.do(w.SavePlan("e1", 0, a_plan("改过")))
        assert desk(rig).plan_trouble is not None
        rig.platform.lose.clear()
        await rig.changed("schedule")
        await rig.do(w.SavePlan("e1", 0, a_plan("又改")))
        assert (desk(rig).conflict, desk(rig).plan_trouble) == (None, None)
        assert rig.platform.entry("e1").plan.title == "又改"
        rig.platform.change_elsewhere("e1", title="改过")
        await rig.do(w.SavePlan("e1", 2, a_plan("第三次")))
        assert desk(rig).conflict == rig.platform.entry("e1"), "what was answered is no excuse any more"

    play(scene)


def test_one_that_is_gone_when_its_newest_is_asked_for_is_told_as_begun() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan())
        await opened(rig)
        rig.platform.fail["change_plan"] = refusal("schedule_conflict", revision=1)
        rig.platform.mine.entries.clear()
        await rig.do(w.SavePlan("e1", 0, a_plan("太晚了")))
        trouble = desk(rig).plan_trouble
        assert trouble is not None
        assert (trouble.code, desk(rig).conflict, ids(rig)) == ("session_begun", None, [])

    play(scene)


def test_what_was_changed_is_shown_in_its_month_though_no_load_follows() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.add(a_plan("原来"))
        await opened(rig)
        rig.platform.fail["schedule"] = PlatformError("platform_unreachable")
        await rig.do(w.SavePlan("e1", 0, a_plan("改过")), w.SavePlan("", 0, a_plan("另一场", 400)))
        assert [one.plan.title for one in desk(rig).entries] == ["改过", "另一场"]
        await rig.do(w.SavePlan("", 0, a_plan("二月", 60 * 24 * 80)))
        assert len(desk(rig).entries) == 2, "that one is on another page"
        await rig.do(w.CancelPlan("e1"))
        assert [one.session.state for one in desk(rig).entries] == [SessionState.ENDED, SessionState.SCHEDULED]

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
