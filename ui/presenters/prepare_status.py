"""What stands in the middle of 准备 when it is no form: how a step stands, and what was done so far. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.contract.applications import Application, ApplicationStep, FieldReason
from app.contract.inbox import Step
from app.contract.rest import Role
from app.domain.application import ApplicationKind, ApplicationState
from app.domain.face_check import FaceState
from app.domain.onboarding import StepId, StepState
from app.i18n import Translator
from app.usecases.state import DeskState
from app.usecases.wishes import BeginApplication, CancelFaceCheck, Wish
from ui.presenters.application_form import moment_text
from ui.presenters.china_times import china
from ui.presenters.common import category_text
from ui.presenters.identity import Told, correction_kept_by, face_told, identity_told, may_ask_face

OPEN_STATES = frozenset(
    {ApplicationState.DRAFT, ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW, ApplicationState.RETURNED}
)


@dataclass(frozen=True)
class Look:
    """What the person looks at: a step (None: where they are), or an earlier application by its id.

    ``offers_change``: they came to apply for another scope.
    """

    step: StepId | None = None
    earlier_id: str = ""
    offers_change: bool = False
    opens_form: bool = False
    """The form of the step, where its status would stand."""
    opens_camera: bool = False
    """The face check by camera, where its status would stand."""
    stays: bool = False
    """To see what was done just now: the step that is reached by it does not take its place."""


@dataclass(frozen=True)
class Offer:
    """A button: its action (of ``View.acted``) or the wish that it is."""

    label: str
    action: str = ""
    wish: Wish | None = None


@dataclass(frozen=True)
class StatusView:
    title: str
    text: str
    tone: str
    icon: str
    facts: tuple[tuple[str, str], ...]
    note: str
    """What the platform wrote."""
    main: Offer | None = None
    second: Offer | None = None


@dataclass(frozen=True)
class HistoryRow:
    time: str
    text: str
    comment: str
    id: str = ""
    """Of an application that can be opened."""


def status_of(state: DeskState, step: Step, look: Look, tr: Translator) -> StatusView:
    match step.id:
        case StepId.AGREEMENT:
            return _agreement(step, tr)
        case StepId.IDENTITY if step.state is StepState.LATER:
            return _told(Told(tr.text("identity.later"), tr.text("identity.later_text"), "accent", "user"))
        case StepId.IDENTITY:
            correct = None if correction_kept_by(state) else Offer(tr.text("identity.open_form"), "open_identity_form")
            return _told(identity_told(state, tr), main=onward(state, step, tr), second=correct)
        case StepId.FACE:
            return _face(state, step, tr)
        case StepId.SCHEDULE:
            return _schedule(step, tr)
        case _:
            return _status(state, step, look, tr)


def _told(told: Told, *, main: Offer | None = None, second: Offer | None = None) -> StatusView:
    return StatusView(told.title, told.text, told.tone, told.icon, told.facts, told.note, main, second)


def _face(state: DeskState, step: Step, tr: Translator) -> StatusView:
    told, face = face_told(state, step.state, tr), state.identity.face
    if may_ask_face(face, step.state):
        is_first = face is None or face.state is FaceState.CANCELLED
        camera = tr.text("face.open_camera" if is_first else "face.open_camera_again")
        call = tr.text("face.open_form" if is_first else "face.open_again")
        return _told(told, main=Offer(camera, "open_camera_check"), second=Offer(call, "open_face_form"))
    if face is not None and face.state.may_be_cancelled and step.state is not StepState.DONE:
        return _told(told, second=Offer(tr.text("face.cancel"), wish=CancelFaceCheck()))
    return _told(told, main=onward(state, step, tr) if step.state is StepState.DONE else None)


def onward(state: DeskState, step: Step, tr: Translator) -> Offer | None:
    """From what is done to the step where the person is to act; None while there is none.

    That this step is done may not be known of it yet: then it is the first of the later ones.
    """
    onboarding = state.onboarding.onboarding
    wanted = StepState.CURRENT if step.state is StepState.DONE else StepState.LATER
    steps = onboarding.steps if onboarding is not None else []
    following = next((one for one in steps if one.state is wanted), None)
    if following is None:
        return None
    return Offer(tr.text("prepare.onward", step=tr.text(f"step.{following.id.value}.title")), "open_now")


def _schedule(step: Step, tr: Translator) -> StatusView:
    name = {StepState.DONE: "done", StepState.LATER: "later"}.get(step.state, "now")
    told = Told(
        tr.text(f"prepare.schedule_{name}"),
        tr.text(f"prepare.schedule_{name}_text"),
        "good" if name == "done" else "accent",
        "check" if name == "done" else "clock",
    )
    live = Offer(tr.text("prepare.open_live"), "open_live")
    if name == "now":
        return _told(told, main=Offer(tr.text("prepare.open_schedule"), "open_schedule"), second=live)
    return _told(told, second=Offer(tr.text("prepare.see_schedule"), "open_schedule") if name == "done" else None)


def _agreement(step: Step, tr: Translator) -> StatusView:
    is_done = step.state is StepState.DONE
    note = step.note or ("accepted" if is_done else "missing")
    date = step.params.get("date", "")
    facts = [(tr.text("prepare.version"), date)] if date else []
    if step.at is not None:
        facts.append((tr.text("prepare.accepted_at"), moment_text(step.at)))
    label = tr.text("prepare.read_again" if is_done else "prepare.read")
    read = None if note == "unpublished" else Offer(label, "read_agreement")
    return StatusView(
        tr.text(f"prepare.agreement_{note}"),
        tr.text(f"prepare.agreement_{note}_text", date=date),
        "good" if is_done else "warn" if note in ("outdated", "unpublished") else "accent",
        "check" if is_done else "clock" if note == "unpublished" else "document",
        tuple(facts),
        "",
        None if is_done else read,
        read if is_done else None,
    )


def _status(state: DeskState, step: Step, look: Look, tr: Translator) -> StatusView:
    """How the application stands. Who was approved may apply for another scope."""
    application, onboarding, account = state.application.application, state.onboarding.onboarding, state.account.account
    is_anchor = account is not None and Role.ANCHOR in account.roles
    if application is not None and not (application.state in OPEN_STATES and step.state is StepState.LATER):
        return _application_status(application, look, tr)
    if application is None and step.state is StepState.DONE and is_anchor:
        return _approved((), "", look, tr)
    # All that stands before the application is done.
    before = onboarding.steps[: list(StepId).index(StepId.APPLICATION)] if onboarding is not None else []
    may_begin = bool(before) and all(one.state is StepState.DONE for one in before)
    if application is not None:
        text_id, offer = "prepare.draft_text", Offer(tr.text("prepare.open_form"), "open_form")
        return StatusView(tr.text("prepare.draft"), tr.text(text_id), "accent", "prepare", (), "", offer)
    begin = Offer(tr.text("prepare.begin"), wish=BeginApplication(ApplicationKind.FIRST)) if may_begin else None
    text = tr.text("prepare.none_text" if may_begin else "prepare.none_yet")
    return StatusView(tr.text("prepare.none"), text, "accent", "prepare", (), "", begin)


def _approved(facts: tuple[tuple[str, str], ...], note: str, look: Look, tr: Translator) -> StatusView:
    live = Offer(tr.text("prepare.open_live"), "open_live")
    change = Offer(tr.text("prepare.change_scope"), wish=BeginApplication(ApplicationKind.SCOPE_CHANGE))
    title, text = tr.text("prepare.approved"), tr.text("prepare.approved_text")
    if look.offers_change:
        title, text = tr.text("prepare.title_change"), tr.text("prepare.change_text")
        return StatusView(title, text, "accent", "prepare", facts, note, change, live)
    return StatusView(title, text, "good", "check", facts, note, live, change)


def _application_status(application: Application, look: Look, tr: Translator) -> StatusView:
    facts = _facts(application, tr)
    match application.state:
        case ApplicationState.APPROVED:
            return _approved(facts, application.comment, look, tr)
        case ApplicationState.REJECTED:
            begin = Offer(tr.text("prepare.begin_anew"), wish=BeginApplication(application.kind))
            tone, icon, main = "bad", "warn", begin
        case ApplicationState.DRAFT:
            tone, icon, main = "accent", "prepare", Offer(tr.text("prepare.open_form"), "open_form")
        case ApplicationState.RETURNED:
            tone, icon, main = "warn", "warn", Offer(tr.text("prepare.mend"), "open_form")
        case _:
            return StatusView(
                tr.text(f"prepare.{application.state.value}"),
                tr.text(f"prepare.{application.state.value}_text"),
                "accent",
                "clock",
                facts,
                application.comment,
                None,
                Offer(tr.text("prepare.see_form"), "open_form"),
            )
    name = application.state.value
    reasons = _reasons(application.reasons, tr)
    note = "\n".join(part for part in (application.comment, reasons) if part)
    return StatusView(tr.text(f"prepare.{name}"), tr.text(f"prepare.{name}_text"), tone, icon, facts, note, main)


def _facts(application: Application, tr: Translator) -> tuple[tuple[str, str], ...]:
    facts = []
    if application.submitted_at is not None:
        facts.append((tr.text("prepare.submitted_at"), moment_text(application.submitted_at)))
    if application.consultant:
        facts.append((tr.text("prepare.consultant"), application.consultant))
    if application.form.scopes:
        names = tr.text("list.separator").join(category_text(one, tr) for one in application.form.scopes)
        facts.append((tr.text("prepare.scopes"), names))
    return tuple(facts)


# ---- what was done -------------------------------------------------------------------------------


def _reasons(reasons: Iterable[FieldReason], tr: Translator) -> str:
    told = [(tr.text(f"field.{one.field.value}"), one.reason) for one in reasons]
    return "\n".join(tr.text("application.field_reason", field=name, reason=reason) for name, reason in told)


def history_rows(application: Application, tr: Translator) -> tuple[HistoryRow, ...]:
    """Each step with its date; a second submission says that it is one."""
    rows, sent = [], 0
    for step in application.history:
        sent += step.state is ApplicationState.SUBMITTED
        if step.state is not ApplicationState.DRAFT:
            rows.append(_history_row(step, sent, tr))
    return tuple(rows)


def _history_row(step: ApplicationStep, sent: int, tr: Translator) -> HistoryRow:
    text = tr.text(f"application.step.{step.state.value}")
    if step.state is ApplicationState.SUBMITTED and sent > 1:
        text = tr.text("application.step.again", number=sent)
    comment = "\n".join(part for part in (_reasons(step.reasons, tr), step.comment) if part)
    return HistoryRow(china(step.at).strftime("%m-%d %H:%M"), text, comment)
