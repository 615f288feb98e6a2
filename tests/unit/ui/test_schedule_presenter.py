"""The schedule in words: days and times of Asia/Shanghai whatever this machine keeps, states, the month, the form."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.rest import Category
from app.domain.application import ApplicationState
from app.domain.images import ImagePurpose, ImageState
from app.domain.onboarding import AgreementStanding
from app.domain.schedule import ScheduleField
from app.domain.session import EndReason, SessionState
from app.i18n import Translator
from app.usecases.schedule_state import ScheduleDesk
from app.usecases.state import DeskState
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase, OnboardingState
from tests.ui import fakes, schedule_fakes, way_fakes
from tests.ui.schedule_fakes import (
    ACTIVITY,
    LATE,
    NOW,
    OFFICIAL,
    OVER,
    SOON,
    TOMORROW,
    UPCOMING,
    entry,
    plan,
    planning,
)
from ui.presenters import plan_form
from ui.presenters.plan_form import Draft, PlanFormView, draft_of, new_draft, plan_of, present_plan_form
from ui.presenters.schedule import Body, Look, Mode, day_rows, present_schedule
from ui.presenters.schedule_entry import entry_rows, length_text, present_detail, state_words, when_text

ZH, EN = Translator("zh"), Translator("en")


@pytest.fixture(params=["Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """This machine keeps another time."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def state(*upcoming: object, **changes: object) -> DeskState:
    return planning(fakes.off_air(), schedule_fakes.desk(*upcoming, **changes))  # type: ignore[arg-type]


# ---- times ---------------------------------------------------------------------------------------


def test_days_and_times_are_those_of_china(zone: str) -> None:
    rows = entry_rows(UPCOMING, NOW, ZH)
    assert [one.day for one in rows] == [
        "今天 11 月 27 日 周五", "明天 11 月 28 日 周六", "11 月 30 日 周一", "12 月 2 日 周三"
    ]  # fmt: skip
    assert [one.time for one in rows] == ["20:00–21:00", "19:00–20:30", "20:00–21:30", "23:30–次日 01:30"]
    said = when_text(SOON, NOW, ZH)
    assert ("北京时间" in said) == (zone != "Asia/Shanghai")
    assert present_schedule(state(SOON), ZH).zone == ("" if zone == "Asia/Shanghai" else "时间均为北京时间")
    assert draft_of(SOON).starts_at == SOON.plan.starts_at


@pytest.mark.parametrize(
    ("now", "starts", "day"),
    [
        # a minute before and after midnight in China, which is 16:00 UTC
        ("2026-11-27T15:59", "2026-11-27T16:00", "明天 11 月 28 日 周六"),
        ("2026-11-27T16:00", "2026-11-27T16:01", "今天 11 月 28 日 周六"),
        ("2026-12-31T15:59", "2026-12-31T16:00", "明天 2027 年 1 月 1 日 周五"),
        ("2028-02-28T15:00", "2028-02-28T17:00", "明天 2 月 29 日 周二"),
        ("2028-02-29T15:59", "2028-02-29T16:30", "明天 3 月 1 日 周三"),
        ("2027-02-28T15:00", "2027-02-28T17:00", "明天 3 月 1 日 周一"),
    ],
)
def test_days_end_at_midnight_in_china(zone: str, now: str, starts: str, day: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    begin = datetime.fromisoformat(starts).replace(tzinfo=UTC)
    found = entry("p1", plan(starts_at=begin))
    assert entry_rows((found,), at, ZH)[0].day == day
    desk = ScheduleDesk(phase=LoadPhase.READY, upcoming=(found,), now=at)
    form = present_plan_form(replace(state(), schedule=desk), ZH, "")
    assert form.days[0][1].startswith("今天")
    assert draft_of(found).day in [one for one, _ in form.days]


def test_a_session_that_ends_at_midnight_ends_on_its_day() -> None:
    assert entry_rows((entry("p", plan(in_min=200)),), NOW, ZH)[0].time == "23:00–24:00"
    assert entry_rows((entry("p", plan(in_min=201)),), NOW, EN)[0].time == "23:01–00:01 (+1)"


@pytest.mark.parametrize(
    ("length_min", "words"),
    [(15, "15 分钟"), (60, "1 小时"), (90, "1 小时 30 分钟"), (480, "8 小时")],
)
def test_lengths_in_words(length_min: int, words: str) -> None:
    assert length_text(length_min, ZH) == words


# ---- states --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("in_min", "words"),
    [(31, ""), (30, "30 分钟后开始"), (1, "1 分钟后开始"), (0, "已到时间"), (-10, "已到时间")],
)
def test_what_is_about_to_begin_says_so(in_min: int, words: str) -> None:
    assert state_words(entry("p", plan(in_min=in_min)), NOW, ZH)[0] == words


@pytest.mark.parametrize(
    ("session_state", "reason", "words"),
    [
        (SessionState.LIVE, None, "直播中"),
        (SessionState.INTERRUPTED, None, "已中断"),
        (SessionState.PREPARING, None, "准备中"),
        (SessionState.ENDED, EndReason.ANCHOR, "已结束"),
        (SessionState.ENDED, EndReason.GRACE_OVER, "已结束"),
        (SessionState.ENDED, EndReason.CANCELLED, "已取消"),
        (SessionState.ENDED, EndReason.CALLED_OFF, "平台已取消"),
        (SessionState.ENDED, EndReason.MISSED, "没有开播"),
    ],
)
def test_how_it_stands(session_state: SessionState, reason: EndReason | None, words: str) -> None:
    found = entry("p", state=session_state, end_reason=reason)
    assert state_words(found, NOW, ZH)[0] == words
    detail = present_detail(state(found), found, NOW, ZH)
    is_planned_still = session_state is SessionState.PREPARING
    assert (detail.can_edit, detail.can_cancel) == (False, is_planned_still)
    assert bool(detail.start_label) == (session_state is not SessionState.ENDED)


def test_of_one_that_is_over_the_figures_are_told() -> None:
    facts = dict(present_detail(state(OVER), OVER, NOW, ZH).facts)
    counted = {
        "围观人数": "3,021", "最高在线": "1,406", "平均在线": "866.4", "评论": "3,902", "观看总时长": "610:33:03",
        "人均观看": "00:12:07",
    }  # fmt: skip
    assert {name: facts.get(name) for name in counted} == counted
    # While it is on air they stand on the live page, where they move.
    running = OVER.session.model_copy(update={"state": SessionState.LIVE})
    for other in (OVER.model_copy(update={"session": running}), entry("p", state=SessionState.ENDED)):
        assert not dict(present_detail(state(other), other, NOW, ZH).facts).keys() & counted.keys()


def test_an_official_activity_begins_half_an_hour_early_at_most() -> None:
    early = present_detail(state(OFFICIAL), OFFICIAL, NOW, ZH)
    assert not early.can_start
    assert "19:30" in early.start_hint
    assert early.note == ACTIVITY.note
    at = OFFICIAL.plan.starts_at - timedelta(minutes=30)
    assert present_detail(state(OFFICIAL), OFFICIAL, at, ZH).can_start
    assert present_detail(state(LATE), LATE, NOW, ZH).can_start, "one's own may begin at any time"


def test_while_one_is_on_air_no_other_can_begin() -> None:
    running = entry("p1", plan(in_min=-12), state=SessionState.LIVE)
    on_air = planning(fakes.on_air(), schedule_fakes.desk(running, TOMORROW))
    on_air = replace(on_air, broadcast=replace(on_air.broadcast, session=running.session))
    mine = present_detail(on_air, running, NOW, ZH)
    assert (mine.is_running, mine.can_start, mine.start_label) == (True, True, "打开直播页")
    other = present_detail(on_air, TOMORROW, NOW, ZH)
    assert (other.is_running, other.can_start) == (False, False)
    assert other.start_hint
    assert other.can_edit


# ---- the page ------------------------------------------------------------------------------------


def closed() -> OnboardingState:
    way = way_fakes.onboarding(AgreementStanding.OUTDATED, ApplicationState.APPROVED, is_anchor=True, has_identity=True)
    return OnboardingState(LoadPhase.READY, way.model_copy(update={"missing": "agreement_outdated"}))


def test_what_stands_in_the_way_is_said_with_what_to_do() -> None:
    full = replace(state(SOON), onboarding=closed())
    view = present_schedule(full, ZH)
    assert view.body is Body.LIST
    assert not view.can_plan
    assert view.trouble is not None
    assert view.trouble.text == ZH.text("error.agreement_outdated")
    assert view.trouble.action == "prepare"
    empty = present_schedule(replace(state(entries=()), onboarding=closed()), ZH)
    assert empty.empty_text == ZH.text("error.agreement_outdated")
    assert empty.empty_action[1] == "prepare"


@pytest.mark.parametrize(
    ("desk", "title", "action"),
    [
        (ScheduleDesk(phase=LoadPhase.LOADING), "", ""),
        (ScheduleDesk(phase=LoadPhase.FAILED, trouble=Trouble("platform_unreachable")), "排期没能读出来", "retry"),
        (schedule_fakes.desk(entries=()), "还没有安排直播", "plan"),
    ],
)
def test_a_page_without_sessions_says_why(desk: ScheduleDesk, title: str, action: str) -> None:
    view = present_schedule(planning(fakes.off_air(), desk), ZH)
    assert view.body is Body.NOTHING
    assert (view.empty_title, view.empty_action[1]) == (title, action)
    assert view.trouble is None


def test_what_was_loaded_stays_while_the_service_is_away() -> None:
    view = present_schedule(state(SOON, trouble=Trouble("platform_unreachable")), ZH)
    assert (view.body, len(view.rows)) == (Body.LIST, 1)
    assert view.trouble is not None


def test_a_month_has_whole_weeks_and_every_session_on_each_of_its_days() -> None:
    view = present_schedule(state(*UPCOMING), ZH, Look(Mode.MONTH))
    month = view.month
    assert month is not None
    assert (month.title, month.chosen) == ("2026 年 11 月", date(2026, 11, 27))
    assert len(month.days) % 7 == 0
    assert month.days[0].day.weekday() == 0
    by_day = {one.day: [each.title for each in one.entries] for one in month.days if one.entries}
    assert by_day[date(2026, 12, 2)] == by_day[date(2026, 12, 3)] == [LATE.plan.title], "it goes past midnight"
    assert [one.key for one in month.day_rows] == ["p1"]
    assert "1 场" in next(one.said for one in month.days if one.is_today)
    past = present_schedule(state(*UPCOMING), ZH, Look(Mode.MONTH, "", date(2026, 11, 26))).month
    assert past is not None
    assert not past.can_plan


def test_the_chosen_one_stays_chosen_and_one_that_is_gone_gives_way() -> None:
    chosen = present_schedule(state(*UPCOMING), ZH, Look(Mode.LIST, "p3")).detail
    gone = present_schedule(state(SOON, TOMORROW), ZH, Look(Mode.LIST, "p3")).detail
    assert chosen is not None
    assert gone is not None
    assert (chosen.session_id, gone.session_id) == ("p3", "p1")


# ---- the form ------------------------------------------------------------------------------------


def form(*upcoming: object, entry_id: str = "", **changes: object) -> PlanFormView:
    return present_plan_form(state(*upcoming, **changes), ZH, entry_id)


def faults(draft: Draft, view: PlanFormView, entry_id: str = "") -> dict[ScheduleField, str]:
    return plan_form.faults_before_sending(draft, view, entry_id, None, ZH)


def test_a_new_session_is_proposed_at_the_next_half_hour_that_leaves_time() -> None:
    draft = new_draft(state(), None)
    assert (draft.day, draft.time) == (date(2026, 11, 27), "21:00")
    assert new_draft(state(), date(2026, 12, 3)).time == "20:00"
    late = replace(state(), schedule=schedule_fakes.desk(now=datetime(2026, 11, 27, 15, 20, tzinfo=UTC)))
    assert (new_draft(late, None).day, new_draft(late, None).time) == (date(2026, 11, 28), "00:30")
    assert faults(replace(draft, title="写好简历"), form()) == {}


def test_what_is_wrong_is_said_before_it_is_sent() -> None:
    view, good = form(SOON, TOMORROW), Draft(title="好", day=date(2026, 11, 27), time="22:00")
    assert faults(good, view) == {}
    assert faults(replace(good, title="  "), view) == {ScheduleField.TITLE: "请填写标题"}
    assert faults(replace(good, time="19:38"), view)[ScheduleField.STARTS_AT].startswith("这个时间已经过去")
    assert faults(replace(good, time="19:39"), view).get(ScheduleField.STARTS_AT, "").startswith("与"), (
        "the minute runs"
    )
    assert "20:00–21:00" in faults(replace(good, time="20:55"), view)[ScheduleField.STARTS_AT]
    assert faults(replace(good, time="21:00"), view) == {}, "one ends when the other begins"
    assert faults(replace(good, day=date(2027, 3, 1)), view)[ScheduleField.STARTS_AT].startswith("最多安排 90 天")
    assert faults(replace(good, length_min=14), view) == {ScheduleField.LENGTH: "至少 15 分钟"}
    assert faults(draft_of(SOON), view, "p1") == {}, "it does not overlap with itself"


def test_one_whose_time_has_come_can_be_changed_but_for_its_time() -> None:
    due = entry("p1", plan(in_min=-5))
    view = form(due, entry_id="p1")
    assert faults(draft_of(due), view, "p1") == {}
    assert ScheduleField.STARTS_AT in faults(replace(draft_of(due), time="19:30"), view, "p1")


@given(
    st.datetimes(datetime(2026, 11, 28), datetime(2027, 2, 20)), st.integers(15, 480), st.booleans(), st.booleans(),
    st.sampled_from(Category),
)  # fmt: skip
def test_what_was_planned_comes_back_from_the_fields_as_it_was(
    at: datetime, length_min: int, is_replay_on: bool, allows_guests: bool, category: Category
) -> None:
    what = plan(
        starts_at=at.replace(second=0, microsecond=0, tzinfo=UTC), length_min=length_min, is_replay_on=is_replay_on,
        allows_guests=allows_guests, category=category,
    )  # fmt: skip
    found = entry("p1", what)
    view = form(found, entry_id="p1")
    assert plan_of(draft_of(found), view, None) == what
    assert length_min in [one for one, _ in view.lengths]
    assert what.starts_at.astimezone(UTC) == draft_of(found).starts_at


def test_an_official_activity_gives_time_and_content() -> None:
    view = form(activities=(ACTIVITY,))
    draft = replace(new_draft(state(), None), title="别的", activity_id=ACTIVITY.id)
    activity = plan_form.activity_of(view.desk, draft, "")
    assert activity == ACTIVITY
    made = plan_of(draft, view, activity)
    assert (made.title, made.starts_at, made.length_min) == (ACTIVITY.title, ACTIVITY.starts_at, ACTIVITY.length_min)
    assert made.activity_id == ACTIVITY.id
    joined = form(OFFICIAL, entry_id="p3")
    assert plan_form.activity_of(joined.desk, draft_of(OFFICIAL), "p3") is not None, "when it is joinable no more, too"
    assert OFFICIAL.plan.activity_id in [one for one, _ in joined.activities]


def test_only_a_cover_that_was_not_refused_is_used() -> None:
    for image_state, used in ((ImageState.APPROVED, True), (ImageState.PENDING, True), (ImageState.REFUSED, False)):
        cover = way_fakes.image(ImagePurpose.COVER, image_state)
        view = present_plan_form(planning(fakes.off_air(), schedule_fakes.desk(), images=(cover,)), ZH, "")
        draft = replace(new_draft(state(), None), title="好")
        assert bool(plan_of(draft, view, None).cover_image_id) == used
        assert plan_of(replace(draft, uses_cover=False), view, None).cover_image_id == ""


def test_what_the_service_found_stands_in_words_beside_its_field() -> None:
    overlap = Trouble("schedule_overlap", {"title": "另一场", "starts_at": NOW.isoformat(), "length_min": 30})
    told = {
        ScheduleField.TITLE: Trouble("text_refused", {"field": "title", "label": "contact"}),
        ScheduleField.STARTS_AT: overlap,
        ScheduleField.LENGTH: Trouble("schedule_invalid", {"reason": "too_short"}),
        ScheduleField.COVER: Trouble("schedule_invalid", {"reason": "unusable"}),
        ScheduleField.ACTIVITY: Trouble("activity_closed"),
    }
    words = form(faults=told).faults
    assert words[ScheduleField.TITLE] == "含有联系方式，请修改后再提交"
    assert words[ScheduleField.STARTS_AT] == "与《另一场》（今天 19:40–20:10）时间重叠"
    assert words[ScheduleField.LENGTH] == "至少 15 分钟"
    assert words[ScheduleField.COVER] == "这张封面不能使用，请换一张"
    assert words[ScheduleField.ACTIVITY] == ZH.text("error.activity_closed")


def test_beside_the_form_stands_what_else_is_planned_on_its_day() -> None:
    title, rows = day_rows(state(*UPCOMING).schedule, date(2026, 12, 3), "", ZH)
    assert (title, [one.key for one in rows]) == ("12 月 3 日 周四的其他场次", ["p4"])
    assert day_rows(state(*UPCOMING).schedule, date(2026, 11, 27), "p1", ZH)[1] == ()
