"""The way to air as it is drawn: steps at the left, the chosen one in the middle, what was done at the right. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from app.contract.applications import Application
from app.contract.inbox import Step
from app.domain.application import ApplicationKind, ApplicationState
from app.domain.onboarding import StepId, StepState
from app.i18n import Translator
from app.usecases.state import AccountPhase, DeskState
from app.usecases.way_state import ApplicationDesk, LoadPhase
from ui.presenters.application_form import FormView, present_earlier_form, present_form, save_text
from ui.presenters.china_times import china, iso_moment, short_text
from ui.presenters.common import TroubleView, trouble_view
from ui.presenters.identity import (
    FaceFormView,
    IdentityFormView,
    face_history,
    may_ask_face,
    needs_identity_form,
    present_face_form,
    present_identity_form,
)
from ui.presenters.liveness import LivenessView, present_liveness, shows_liveness
from ui.presenters.liveness_intro import FaceLook
from ui.presenters.prepare_status import OPEN_STATES, HistoryRow, Look, StatusView, history_rows, onward, status_of

_ABOUT = {StepId.AGREEMENT: "agreement", StepId.IDENTITY: "identity", StepId.FACE: "face", StepId.SCHEDULE: "schedule"}


class Middle(StrEnum):
    """What stands in the middle."""

    NOTHING = "nothing"
    """``empty_text`` instead."""
    STATUS = "status"
    FORM = "form"
    IDENTITY = "identity"
    """The form for name and number."""
    FACE = "face"
    """Asking for a face check."""
    LIVENESS = "liveness"
    """The face check by camera."""


@dataclass(frozen=True)
class StepRow:
    id: StepId
    number: int
    title: str
    hint: str
    state: StepState
    said: str
    """All of it in words, for a screen reader."""
    is_chosen: bool


@dataclass(frozen=True)
class PrepareView:
    title: str
    save: tuple[str, str, str]
    """Words, tone and icon of the draft's pill."""
    steps: tuple[StepRow, ...]
    middle: Middle
    empty_text: str
    can_retry: bool
    form: FormView | None
    status: StatusView | None
    identity: IdentityFormView | None
    face: FaceFormView | None
    liveness: LivenessView | None
    about_title: str
    about: str
    history: tuple[HistoryRow, ...]
    earlier: tuple[HistoryRow, ...]
    is_earlier: bool
    """An earlier application is open, to be read."""
    trouble: TroubleView | None


def is_complete(state: DeskState) -> bool:
    """Whether all steps are done; also while nothing is known of them."""
    onboarding = state.onboarding.onboarding
    return onboarding is None or all(step.state is StepState.DONE for step in onboarding.steps)


def may_broadcast(state: DeskState) -> bool:
    """Whether nothing stands in the way of a broadcast; also while nothing is known. The first plan may wait."""
    onboarding = state.onboarding.onboarding
    return onboarding is None or onboarding.may_broadcast


def is_needed(state: DeskState) -> bool:
    """Whether the way to air stands in the rail: something in it is not done, or an application is under way."""
    if not is_complete(state):
        return True
    application = state.application.application
    return application is not None and application.state in OPEN_STATES


def is_face_at_hand(state: DeskState) -> bool:
    """Whether the face check is what the person does, or waits for; also while nothing is known."""
    onboarding = state.onboarding.onboarding
    steps = onboarding.steps if onboarding is not None else []
    return all(one.state in (StepState.CURRENT, StepState.WAITING) for one in steps if one.id is StepId.FACE)


def did_accept(before: DeskState, state: DeskState) -> bool:
    """Whether the document that is open was accepted just now."""
    was, now = before.documents.opened, state.documents.opened
    if was is None or now is None or was.kind is not now.kind:
        return False
    return was.is_accepting and not now.is_accepting and not now.needs_acceptance and now.trouble is None


def present_prepare(
    state: DeskState,
    tr: Translator,
    look: Look = Look(),
    *,
    face_look: FaceLook = FaceLook(),
    now: datetime | None = None,
) -> PrepareView:
    """The page for this state and what the person looks at. ``now``: UTC; None: the service's time as last told."""
    desk, onboarding = state.application, state.onboarding.onboarding
    is_in = state.account.phase is AccountPhase.SIGNED_IN
    steps = onboarding.steps if onboarding is not None and is_in else []
    place = _place(steps, desk, look.step)
    earlier = next((one for one in desk.earlier if one.id == look.earlier_id), None)
    middle = Middle.FORM if earlier is not None else _middle(state, steps, place, look)
    application = earlier or desk.application
    form = status = None
    if earlier is not None:
        form = present_earlier_form(earlier, tr)
    elif middle is Middle.FORM:
        identity = state.identity.identity
        form = present_form(desk, tr, identity.name_masked if identity is not None else "")
    elif middle is Middle.STATUS:
        step = next(one for one in steps if one.id is place)
        status = status_of(state, step, look, tr)
    is_writing = middle is Middle.FORM and form is not None and earlier is None
    is_of_identity = place in (StepId.IDENTITY, StepId.FACE) and earlier is None
    trouble = (state.identity.trouble if is_of_identity else desk.trouble) or state.onboarding.trouble
    is_failed = not steps and state.onboarding.phase is LoadPhase.FAILED
    loaded = state.identity.phase if is_of_identity else desk.phase
    is_failed = is_failed or (middle is Middle.NOTHING and loaded is LoadPhase.FAILED)
    about = _ABOUT.get(place, "review") if place is not None and earlier is None else "review"
    is_correction = not needs_identity_form(state)
    return PrepareView(
        title=_title(application, None if earlier is not None else place, is_earlier=earlier is not None, tr=tr),
        save=save_text(desk, tr) if is_writing else ("", "neutral", ""),
        steps=tuple(_step_row(number, step, None if earlier else place, tr) for number, step in enumerate(steps, 1)),
        middle=middle,
        empty_text=_empty(is_in, is_failed, tr) if middle is Middle.NOTHING else "",
        can_retry=is_in and is_failed,
        form=form,
        status=status,
        identity=present_identity_form(state, tr, is_correction=is_correction) if middle is Middle.IDENTITY else None,
        face=present_face_form(state, tr) if middle is Middle.FACE else None,
        liveness=_liveness(state, steps, tr, face_look, now) if middle is Middle.LIVENESS else None,
        about_title=tr.text(f"prepare.about_{about}_title"),
        about=tr.text(f"prepare.about_{about}"),
        history=_history(state, application, place, is_earlier=earlier is not None, tr=tr),
        earlier=_earlier(desk, tr),
        is_earlier=earlier is not None,
        trouble=trouble_view(trouble, tr) if is_in else None,
    )


def _liveness(
    state: DeskState, steps: list[Step], tr: Translator, look: FaceLook, now: datetime | None
) -> LivenessView:
    step = next(one for one in steps if one.id is StepId.FACE)
    offer = onward(state, step, tr)
    told_now = now or state.identity.now or datetime.fromtimestamp(0, UTC)
    return present_liveness(state, tr, look, told_now, onward=offer.label if offer is not None else "")


def _history(
    state: DeskState, application: Application | None, place: StepId | None, *, is_earlier: bool, tr: Translator
) -> tuple[HistoryRow, ...]:
    if place is StepId.FACE and not is_earlier:
        return tuple(HistoryRow(*line) for line in face_history(state.identity.face, tr))
    return history_rows(application, tr) if application is not None else ()


def _title(application: Application | None, place: StepId | None, *, is_earlier: bool, tr: Translator) -> str:
    if is_earlier:
        return tr.text("prepare.title_earlier")
    if place in (StepId.IDENTITY, StepId.FACE):
        return tr.text(f"prepare.title_{place.value}")
    if place is StepId.SCHEDULE:
        return tr.text("step.schedule.title")
    is_change = application is not None and application.kind is ApplicationKind.SCOPE_CHANGE
    is_open = application is not None and application.state in OPEN_STATES
    return tr.text("prepare.title_change" if is_change and is_open else "prepare.title")


def _place(steps: list[Step], desk: ApplicationDesk, chosen: StepId | None) -> StepId | None:
    if chosen is not None and any(step.id is chosen for step in steps):
        return chosen
    here = next((step.id for step in steps if step.state in (StepState.CURRENT, StepState.WAITING)), None)
    if here is not None or not steps:
        return here
    application = desk.application
    if application is not None and application.state in OPEN_STATES and application.state.is_editable:
        return StepId.APPLICATION
    return StepId.REVIEW if any(step.id is StepId.REVIEW for step in steps) else steps[-1].id


def _middle(state: DeskState, steps: list[Step], place: StepId | None, look: Look) -> Middle:
    desk = state.application
    if place is None:
        return Middle.NOTHING
    if place in (StepId.AGREEMENT, StepId.SCHEDULE):
        return Middle.STATUS
    if place in (StepId.IDENTITY, StepId.FACE):
        step = next(one for one in steps if one.id is place)
        return _middle_of_identity(state, step, look)
    if desk.phase not in (LoadPhase.READY, LoadPhase.FAILED) and desk.application is None:
        return Middle.NOTHING
    if desk.phase is LoadPhase.FAILED and desk.application is None:
        return Middle.NOTHING
    has_form = desk.application is not None and desk.application.state is not ApplicationState.REJECTED
    return Middle.FORM if place is StepId.APPLICATION and has_form else Middle.STATUS


def _middle_of_identity(state: DeskState, step: Step, look: Look) -> Middle:
    desk = state.identity
    if step.state is StepState.LATER:
        return Middle.STATUS
    if desk.identity is None:
        return Middle.NOTHING
    if step.id is StepId.IDENTITY:
        return Middle.IDENTITY if needs_identity_form(state) or look.opens_form else Middle.STATUS
    if look.opens_form and may_ask_face(desk.face, step.state):
        return Middle.FACE
    return Middle.LIVENESS if shows_liveness(state, step, is_opened=look.opens_camera) else Middle.STATUS


def _step_row(number: int, step: Step, place: StepId | None, tr: Translator) -> StepRow:
    note_id = f"step.{step.id.value}.{step.note}"
    params = {"date": "", **step.params}
    at = iso_moment(step.params.get("at", ""))
    if at is not None:
        params["at"] = short_text(at, tr)
    hint = tr.text(note_id, **params) if step.note and tr.has(note_id) else tr.text(f"step.{step.id.value}.hint")
    if step.id is StepId.SCHEDULE and step.state is not StepState.LATER:
        hint = tr.text("step.schedule.done" if step.state is StepState.DONE else "step.schedule.now")
    is_dated = "date" not in step.params and step.id is not StepId.IDENTITY  # for which there is no room
    if step.state is StepState.DONE and step.at is not None and is_dated:
        hint = tr.text("step.done_on", text=hint, date=china(step.at).strftime("%Y-%m-%d"))
    title = tr.text(f"step.{step.id.value}.title")
    said = tr.text("step.said", number=number, title=title, state=tr.text(f"step.state.{step.state.value}"), hint=hint)
    return StepRow(step.id, number, title, hint, step.state, said, step.id is place)


def _earlier(desk: ApplicationDesk, tr: Translator) -> tuple[HistoryRow, ...]:
    shown = desk.application.id if desk.application is not None else ""
    return tuple(
        HistoryRow(
            china(one.saved_at).strftime("%Y-%m-%d"),
            tr.text(f"application.kind.{one.kind.value}"),
            tr.text(f"application.step.{one.state.value}"),
            one.id,
        )
        for one in desk.earlier
        if one.id != shown
    )


def _empty(is_in: bool, is_failed: bool, tr: Translator) -> str:
    if not is_in:
        return tr.text("page.signed_out")
    return tr.text("prepare.failed" if is_failed else "prepare.loading")
