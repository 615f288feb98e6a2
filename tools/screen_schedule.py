"""The states of the schedule that ``tools.screenshots`` draws."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from app.contract.rest import Category
from app.domain.application import ApplicationState
from app.domain.images import ImagePurpose, ImageState
from app.domain.onboarding import AgreementStanding
from app.domain.schedule import ScheduleField
from app.domain.session import SessionState
from app.usecases.schedule_state import CalendarFile, ScheduleDesk
from app.usecases.state import BroadcastState, DeskState
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase, OnboardingState
from tests.ui import fakes, schedule_fakes, way_fakes
from tests.ui.schedule_fakes import LATE, NOW, OFFICIAL, OVER, SOON, TOMORROW, UPCOMING, entry, plan, planning
from tools.screen_prepare import LEAST_PX, NARROW_PX, open_page
from tools.screen_stage import Do, Stage
from ui.shell import LEAST_PX as WINDOW_LEAST_PX
from ui.shell import MainWindow

LOOKS = (("light", "zh"), ("dark", "zh"), ("light", "en"))
SIZES = ((NARROW_PX, "narrow"), (LEAST_PX, "least"), ((1920, 1080), "wide"))
GO = open_page("schedule")
LONG = "从零开始准备外企产品经理面试：三十个高频问题、回答框架与真实录音逐句点评"
OVERLAP = Trouble(
    "schedule_overlap",
    {"title": TOMORROW.plan.title, "starts_at": TOMORROW.plan.starts_at.isoformat(), "length_min": 90},
)


def schedule_screens(stage: Stage) -> None:
    """List, month, form and every way that they can stand."""
    base = fakes.off_air()
    _looking(stage, base)
    _form(stage, base)
    _sheet(stage, base)


def _sheet(stage: Stage, base: DeskState) -> None:
    """What is asked before a broadcast, where something is planned."""
    later = entry("p7", plan(LONG[:40], 4 * 60, category=Category.OFFICE_SKILLS))
    official = entry("p3", OFFICIAL.plan.model_copy(update={"starts_at": NOW + timedelta(minutes=95)}), is_fixed=True)
    full = planning(base, schedule_fakes.desk(SOON, official, later))
    detail = {"session_id": "p1", "title": SOON.plan.title}
    overlap = replace(full, broadcast=BroadcastState(trouble=Trouble("spot_overlap", detail, "start_that")))
    busy = replace(full, broadcast=BroadcastState(trouble=Trouble("session_busy", detail, "start_that")))
    missed = replace(full, broadcast=BroadcastState(trouble=Trouble("missed", {}, "open_schedule")))
    for theme, language in (*LOOKS, ("dark", "en")):
        stage.shoot("go-live-plans", full, theme=theme, language=language, do=go_live)
        stage.shoot("go-live-overlap", full, theme=theme, language=language, do=on_the_spot, then=overlap)
    stage.shoot("go-live-early", full, do=lambda window: _choose_plan(window, 1))
    stage.shoot("go-live-busy", full, do=on_the_spot, then=busy)
    stage.shoot("go-live-missed", full, do=go_live, then=missed)
    stage.shoot("go-live-least", full, size_px=LEAST_PX, do=on_the_spot, then=overlap)
    stage.shoot("go-live-lowest", full, size_px=WINDOW_LEAST_PX, language="en", do=on_the_spot, then=overlap)
    stage.shoot("go-live-narrow", full, size_px=NARROW_PX, language="en", theme="light", do=on_the_spot, then=busy)
    running = planning(base, schedule_fakes.desk(entry("p1", plan(in_min=-10))))
    stage.shoot("go-live-one", running, do=go_live)
    stage.shoot("go-live-gone", running, do=go_live, then=planning(base, schedule_fakes.desk()))
    held = BroadcastState(
        session=fakes.session("办公室电脑上的一场"), can_take_over=True,
        trouble=Trouble("live_elsewhere_now", {"title": "办公室电脑上的一场"}, "take_over"),
    )  # fmt: skip
    stage.shoot("go-live-held", replace(full, broadcast=held), theme="light", do=go_live)


def _looking(stage: Stage, base: DeskState) -> None:
    full = planning(base, schedule_fakes.desk(*UPCOMING))
    for theme, language in LOOKS:
        stage.shoot("schedule-list", full, theme=theme, language=language, do=GO)
        stage.shoot("schedule-month", full, theme=theme, language=language, do=month)
        none = planning(base, schedule_fakes.desk(entries=()))
        stage.shoot("schedule-empty", none, theme=theme, language=language, do=GO)
        stage.shoot("schedule-cancel", full, theme=theme, language=language, do=cancel)
    for size_px, name in SIZES:
        for language in ("zh", "en"):
            stage.shoot(f"schedule-list-{name}", _long(base), size_px=size_px, theme="light", language=language, do=GO)
            stage.shoot(
                f"schedule-month-{name}", _long(base), size_px=size_px, theme="light", language=language, do=month
            )
    stage.shoot("schedule-over-least", full, size_px=LEAST_PX, language="en", do=over)
    for name, state, do in _others(base, full):
        stage.shoot(f"schedule-{name}", state, theme="light", do=do)


def _others(base: DeskState, full: DeskState) -> tuple[tuple[str, DeskState, Do], ...]:
    desk = full.schedule
    on_air = entry("p1", plan(in_min=-12), state=SessionState.LIVE)
    offline = Trouble("platform_unreachable")
    failed = ScheduleDesk(phase=LoadPhase.FAILED, trouble=offline)
    closed = OnboardingState(
        LoadPhase.READY,
        way_fakes.onboarding(AgreementStanding.OUTDATED, ApplicationState.APPROVED, is_anchor=True, has_identity=True),
    )
    running = planning(fakes.on_air(), schedule_fakes.desk(on_air, *UPCOMING[1:]))
    mine = replace(running, broadcast=replace(running.broadcast, session=on_air.session))
    stranger = way_fakes.on_the_way(base)
    return (
        ("loading", planning(base, ScheduleDesk(phase=LoadPhase.LOADING)), GO),
        ("failed", planning(base, failed), GO),
        ("offline", replace(full, schedule=replace(desk, trouble=offline)), GO),
        ("not-yet", replace(full, schedule=schedule_fakes.desk(entries=()), onboarding=closed), GO),
        ("closed", replace(full, onboarding=closed), GO),
        ("not-anchor", stranger, lambda window: window.show_desk_page("schedule")),
        ("official", full, choose(OFFICIAL.session.id)),
        ("on-air", mine, GO),
        ("busy", running, choose(TOMORROW.session.id)),
        ("due", planning(base, schedule_fakes.desk(entry("p1", plan(in_min=-5)), TOMORROW)), GO),
        ("exported", replace(full, schedule=replace(desk, file=CalendarFile("/home/lin/主播台排期.ics", True))), GO),
        (
            "export-failed",
            replace(full, schedule=replace(desk, file=CalendarFile("/mnt/a.ics", True, "No space left on device"))),
            GO,
        ),
        ("past-month", replace(full, schedule=replace(desk, month=date(2026, 10, 1), entries=())), month),
        ("over", full, over),
        ("crowded", planning(base, _crowded()), month),
    )


def _form(stage: Stage, base: DeskState) -> None:
    cover = way_fakes.image(ImagePurpose.COVER, ImageState.APPROVED)
    full = planning(base, schedule_fakes.desk(*UPCOMING, activities=(schedule_fakes.ACTIVITY,)), images=(cover,))
    bare = planning(base, schedule_fakes.desk(*UPCOMING))
    faults = {
        ScheduleField.TITLE: Trouble("text_refused", {"label": "contact"}),
        ScheduleField.STARTS_AT: OVERLAP,
        ScheduleField.LENGTH: Trouble("schedule_invalid", {"reason": "too_long"}),
        ScheduleField.COVER: Trouble("schedule_invalid", {"reason": "unusable"}),
    }
    refused = replace(full, schedule=replace(full.schedule, faults=faults, answered=1))
    theirs = TOMORROW.model_copy(update={"revision": 4, "plan": plan("换了标题", 24 * 60)})
    conflict = replace(full, schedule=replace(full.schedule, conflict=theirs, answered=1))
    gate = replace(
        full, schedule=replace(full.schedule, plan_trouble=Trouble("agreement_outdated", {}, "prepare"), answered=1)
    )
    saving = replace(full, schedule=replace(full.schedule, is_saving=True))
    for theme, language in LOOKS:
        stage.shoot("plan-new", bare, theme=theme, language=language, do=plan_new)
        stage.shoot("plan-change", full, theme=theme, language=language, do=change)
        stage.shoot("plan-official", full, theme=theme, language=language, do=join)
        stage.shoot("plan-faults", full, theme=theme, language=language, do=change, then=refused)
    for size_px, name in SIZES:
        for language in ("zh", "en"):
            stage.shoot(
                f"plan-{name}", full, size_px=size_px, theme="light", language=language, do=change, then=refused
            )
    for name, then, do in (
        ("missing", full, send_empty), ("conflict", conflict, change), ("gate", gate, change),
        ("saving", saving, change), ("overlap", full, overlap),
    ):  # fmt: skip
        stage.shoot(f"plan-{name}", full, theme="light", do=do, then=then if then is not full else None)
    stage.shoot("plan-foot", full, theme="light", do=to_foot)


def _long(base: DeskState) -> DeskState:
    long = entry(
        "p2",
        plan(LONG[:40], 24 * 60 - 40, industry="人力资源与企业管理咨询服务", position="高级人力资源业务伙伴与招聘经理"),
    )
    return planning(base, schedule_fakes.desk(SOON, long, OFFICIAL, LATE))


def _crowded() -> ScheduleDesk:
    many = [
        entry(f"c{number}", plan(f"第 {number} 场", 60 * number - 6 * 24 * 60, length_min=45))
        for number in range(1, 60)
    ]
    return schedule_fakes.desk(*many, entries=tuple(many), now=NOW - timedelta(days=6))


# ---- what is done --------------------------------------------------------------------------------


def go_live(window: MainWindow) -> None:
    """Ask what to broadcast."""
    window.live.controls.main.click()


def on_the_spot(window: MainWindow) -> None:
    """Something that was not planned."""
    go_live(window)
    window.sheets.go_live.spot.click()


def _choose_plan(window: MainWindow, number: int) -> None:
    go_live(window)
    window.sheets.go_live.choices[number].click()


def month(window: MainWindow) -> None:
    """Look at the month."""
    window.rail.buttons["schedule"].click()
    window.schedule.mode._buttons["month"].click()


def choose(session_id: str) -> Do:
    """Choose a session of the list."""

    def do(window: MainWindow) -> None:
        window.rail.buttons["schedule"].click()
        window.schedule.list.chosen.emit(session_id)

    return do


def over(window: MainWindow) -> None:
    """Choose one that was on air, in its month."""
    month(window)
    window.schedule.month.chosen.emit(OVER.plan.starts_at.date())
    window.schedule.side.chosen.emit(OVER.session.id)


def cancel(window: MainWindow) -> None:
    """Ask to take one off."""
    choose(TOMORROW.session.id)(window)
    window.schedule.side.detail.cancel.click()


def plan_new(window: MainWindow) -> None:
    """Open an empty form."""
    window.rail.buttons["schedule"].click()
    window.schedule.new.click()


def change(window: MainWindow) -> None:
    """Open the form of one that is planned."""
    choose(TOMORROW.session.id)(window)
    window.schedule.side.detail.edit.click()


def join(window: MainWindow) -> None:
    """Take part in an official activity."""
    plan_new(window)
    window.schedule.plan.activity.setCurrentIndex(1)


def send_empty(window: MainWindow) -> None:
    """Send what is not filled in."""
    plan_new(window)
    window.schedule.plan.save.click()


def overlap(window: MainWindow) -> None:
    """Choose a time that is taken."""
    plan_new(window)
    form = window.schedule.plan
    form.title.setText("换个时间再聊")
    form.day.setCurrentIndex(1)
    form.hour.setCurrentIndex(19)


def to_foot(window: MainWindow) -> None:
    """The lower end of the form."""
    change(window)
    bar = window.schedule.form_area.verticalScrollBar()
    bar.setValue(bar.maximum())
