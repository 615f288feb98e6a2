"""The states of the way to air and of the messages that ``tools.screenshots`` draws."""

from __future__ import annotations

from dataclasses import replace

from app.domain.application import ApplicationKind, ApplicationState, FormField
from app.domain.images import ImagePurpose, ImageState
from app.domain.onboarding import AgreementStanding
from app.usecases.state import DeskState
from app.usecases.trouble import Trouble
from app.usecases.way_state import ApplicationDesk, InboxState, LoadPhase, OnboardingState, SaveStatus
from tests.ui import fakes, way_fakes
from tests.ui.way_fakes import on_the_way
from tools.screen_stage import Do, Stage
from ui.shell import MainWindow

NARROW_PX, LEAST_PX = (1024, 680), (960, 640)


def open_page(name: str) -> Do:
    """Go to a page as a person would."""

    def do(window: MainWindow) -> None:
        window.rail.buttons[name].click()

    return do


def prepare_screens(stage: Stage) -> None:
    """The page 准备 in every state."""
    base, states = fakes.off_air(), ApplicationState
    offending = way_fakes.form(introduction=way_fakes.OFFENDING, declarations=[])
    marked = on_the_way(
        base, states.DRAFT, form=offending, findings={FormField.INTRODUCTION: (way_fakes.found_words(),)}
    )
    go = open_page("prepare")
    for theme, language in (("light", "zh"), ("dark", "zh"), ("light", "en")):
        stage.shoot("prepare-normal", marked, theme=theme, language=language, do=go)
        stage.shoot("prepare-organisation", organisation(base), theme=theme, language=language, do=to_end)
        stage.shoot("prepare-returned", on_the_way(base, states.RETURNED), theme=theme, language=language, do=go)
        stage.shoot("prepare-review", on_the_way(base, states.IN_REVIEW), theme=theme, language=language, do=go)
    for size_px, name in ((NARROW_PX, "narrow"), (LEAST_PX, "least"), ((1920, 1080), "wide")):
        stage.shoot(f"prepare-{name}", marked, size_px=size_px, theme="light", do=go)
        stage.shoot(f"prepare-{name}", organisation(base), size_px=size_px, language="en", do=go)
    agreed = AgreementStanding
    for name, state in (
        ("agreement", on_the_way(base, None, agreed.MISSING)),
        ("outdated", on_the_way(base, states.APPROVED, agreed.OUTDATED)),
        ("unpublished", on_the_way(base, None, agreed.UNPUBLISHED)),
        ("begin", on_the_way(base)),
        ("submitted", on_the_way(base, states.SUBMITTED)),
        ("rejected", on_the_way(base, states.REJECTED)),
        ("faults", faulty(base)),
        ("conflict", conflict(base)),
        ("offline", on_the_way(base, states.DRAFT, save=SaveStatus.KEPT_HERE, trouble=way_fakes.OFFLINE)),
        ("submitting", on_the_way(base, states.DRAFT, is_submitting=True)),
        ("change", scope_change(base)),
        ("long", long_texts(base)),
        ("loading", replace(base, onboarding=OnboardingState(LoadPhase.LOADING))),
        ("failed", replace(base, onboarding=OnboardingState(LoadPhase.FAILED, trouble=way_fakes.OFFLINE))),
    ):
        stage.shoot(f"prepare-{name}", state, theme="light", do=go)
        stage.shoot(f"prepare-{name}", state, theme="dark", language="en", size_px=NARROW_PX, do=go)
    approved = on_the_way(base, states.APPROVED)
    stage.shoot("prepare-approved", on_the_way(base, states.IN_REVIEW), theme="light", do=go, then=approved)
    stage.shoot("prepare-offer", approved, theme="light", do=lambda window: window.act("change_scope"))
    stage.shoot("prepare-earlier", scope_change(base), theme="light", do=open_earlier)
    stage.shoot("prepare-decline", on_the_way(base), theme="light", do=ask_to_decline)
    account_screens(stage, approved)


def account_screens(stage: Stage, approved: DeskState) -> None:
    """What of it stands in the settings."""
    images = (
        way_fakes.image(ImagePurpose.AVATAR),
        way_fakes.image(ImagePurpose.COVER, ImageState.REFUSED, reason="图片里有联系方式"),
    )
    devices = replace(approved.account, devices=fakes.my_devices())
    state = replace(approved, application=replace(approved.application, images=images), account=devices)
    fresh = replace(on_the_way(fakes.off_air()), account=replace(way_fakes.account(), devices=fakes.my_devices()))

    def account(window: MainWindow) -> None:
        window.act("open_account")

    for theme, language in (("light", "zh"), ("dark", "en")):
        stage.shoot("settings-account-anchor", state, theme=theme, language=language, do=account)
        stage.shoot("settings-account-narrow", state, size_px=NARROW_PX, theme=theme, language=language, do=account)
        stage.shoot("settings-account-fresh", fresh, theme=theme, language=language, do=account)
    stage.shoot("golive-scopes", approved, theme="light", do=lambda window: window.live.controls.main.click())


def messages_screens(stage: Stage) -> None:
    """The messages in every state."""
    base = on_the_way(fakes.off_air(), ApplicationState.RETURNED)
    full = replace(base, inbox=way_fakes.inbox(has_more=True))
    go = open_page("messages")
    for theme, language in (("light", "zh"), ("dark", "zh"), ("light", "en")):
        stage.shoot("messages-normal", full, theme=theme, language=language, do=go)
    for size_px, name in ((NARROW_PX, "narrow"), (LEAST_PX, "least"), ((1920, 1080), "wide")):
        stage.shoot(f"messages-{name}", full, size_px=size_px, theme="light", do=go)
    many = replace(base, inbox=way_fakes.inbox(*(way_fakes.message(n) for n in range(130, 0, -1)), unread=130))
    failed = InboxState(LoadPhase.FAILED, trouble=way_fakes.OFFLINE)
    for name, inbox in (
        ("empty", InboxState(LoadPhase.READY)),
        ("loading", InboxState(LoadPhase.LOADING)),
        ("failed", failed),
        ("offline", replace(full.inbox, trouble=way_fakes.OFFLINE)),
        ("many", many.inbox),
    ):
        stage.shoot(f"messages-{name}", replace(base, inbox=inbox), theme="light", do=go)
    stage.shoot("messages-badge", replace(fakes.on_air(), inbox=full.inbox, onboarding=base.onboarding))


# ---- states --------------------------------------------------------------------------------------


def organisation(base: DeskState) -> DeskState:
    """An organisation applies; one letter is being uploaded."""
    return on_the_way(
        base, ApplicationState.DRAFT, form=way_fakes.organisation_form(),
        images=(way_fakes.image(ImagePurpose.LICENCE, id="im3"),), uploading=ImagePurpose.AUTHORISATION,
    )  # fmt: skip


def faulty(base: DeskState) -> DeskState:
    """Sent with next to nothing in it."""
    missing = ("scopes", "introduction", "contact_phone", "declarations")
    faults = {FormField(name): f"application.fault.{name}" for name in missing}
    empty = way_fakes.form(scopes=[], introduction="", contact_phone="138", declarations=[])
    trouble = Trouble("application_incomplete")
    return on_the_way(base, ApplicationState.DRAFT, form=empty, faults=faults, trouble=trouble)


def conflict(base: DeskState) -> DeskState:
    """Two drafts."""
    other = way_fakes.application(revision=9, form=way_fakes.form(introduction="另一台机器上写的介绍"))
    return on_the_way(base, ApplicationState.DRAFT, conflict=other, save=SaveStatus.KEPT_HERE)


def scope_change(base: DeskState) -> DeskState:
    """An anchor applies for another scope."""
    approved = on_the_way(base, ApplicationState.APPROVED)
    first = way_fakes.application(ApplicationState.APPROVED)
    change = way_fakes.application(id="ap2", kind=ApplicationKind.SCOPE_CHANGE)
    desk: ApplicationDesk = way_fakes.desk(change, earlier=(change, first))
    return replace(approved, application=desk)


def long_texts(base: DeskState) -> DeskState:
    """Everything is long."""
    text = "做过八年招聘，看过两万份简历，擅长把项目经历改成招聘者看得懂的结果。" * 16
    words = tuple(
        way_fakes.found_words(text, words, label)
        for words, label in (("两万份简历", "advert"), ("八年招聘", "recruit"))
    )
    form = way_fakes.organisation_form(
        introduction=text,
        organisation_name="上海某某某某某某某某某某某某某某某某某某某某人力资源咨询服务有限责任公司浦东分公司",
    )
    return on_the_way(base, ApplicationState.RETURNED, form=form, findings={FormField.INTRODUCTION: words})


def to_end(window: MainWindow) -> None:
    """Scroll the form down."""
    window.rail.buttons["prepare"].click()
    bar = window.prepare.form_area.verticalScrollBar()
    bar.setValue(0)


def open_earlier(window: MainWindow) -> None:
    """Look at the first application."""
    window.rail.buttons["prepare"].click()
    window.prepare.side.earlier_asked.emit("ap1")


def ask_to_decline(window: MainWindow) -> None:
    """Ask whether the agreement is declined."""
    window.rail.buttons["documents"].click()
    window.reader.decline_asked.emit()
