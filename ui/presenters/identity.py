"""Real name and face check as they are drawn in 准备. Pure; what a person types comes in and goes nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.contract.identity import FaceCheck, Identity
from app.domain import identity_number
from app.domain.application import ApplicationState
from app.domain.china_time import CHINA
from app.domain.face_check import CALL_HOURS, MANUAL_METHODS, MAX_AHEAD_DAYS, FaceState
from app.domain.identity_number import IdentityNumber, NumberFault
from app.domain.onboarding import StepState
from app.i18n import Translator
from app.usecases.state import DeskState
from app.usecases.way_state import IdentityField
from ui.presenters.china_times import appointment_text, capital, china, day_text, moment_text
from ui.presenters.common import BUSY_PHASES

SLOT_MIN = 30
LEAD_MIN = 60
"""How long before a wished time it is asked for at the least: an operator has to see it."""


@dataclass(frozen=True)
class IdentityFormView:
    """The form for name and number."""

    is_correction: bool
    warning: str
    """What a correction costs; empty for nothing. Then it is asked once more before it is sent."""
    faults: Mapping[IdentityField, str]
    """What the service found, in words."""
    attempts: str
    is_checking: bool
    can_check: bool
    today: date | None
    label: str


@dataclass(frozen=True)
class FaceFormView:
    """Asking for the check: how, and when it would suit."""

    methods: tuple[tuple[str, str], ...]
    days: tuple[tuple[str, str], ...]
    """ISO day and its words, the earliest first; the last, empty one is any time."""
    is_asking: bool
    label: str
    now: datetime


@dataclass(frozen=True)
class Told:
    """Title, text, tone and icon of a status card, its facts, and what the platform wrote."""

    title: str
    text: str
    tone: str
    icon: str
    facts: tuple[tuple[str, str], ...] = ()
    note: str = ""


def taken_name(state: DeskState) -> tuple[str, int]:
    """Who it is, and how many of their names were taken: with another one what was typed is forgotten."""
    account = state.account.account
    return (account.id if account is not None else "", state.identity.checked_number)


def needs_identity_form(state: DeskState) -> bool:
    """Whether there is no name yet: then the form stands there by itself."""
    identity = state.identity.identity
    return identity is not None and identity.checked_at is None


def present_identity_form(state: DeskState, tr: Translator, *, is_correction: bool) -> IdentityFormView:
    desk, identity = state.identity, state.identity.identity
    label = "identity.checking" if desk.is_checking else "identity.correct" if is_correction else "identity.check"
    left = identity.attempts_left if identity is not None else 0
    return IdentityFormView(
        is_correction=is_correction,
        warning=tr.text("identity.correct_warning") if is_correction and _has_face(desk.face) else "",
        faults={field: tr.text(message) for field, message in desk.faults.items()},
        attempts=_attempts(identity, desk.today, tr),
        is_checking=desk.is_checking,
        can_check=left > 0 and not desk.is_checking,
        today=desk.today,
        label=tr.text(label),
    )


def _has_face(face: FaceCheck | None) -> bool:
    """Whether there is something that a correction makes void."""
    return face is not None and (face.state.is_pending or face.state is FaceState.VERIFIED)


def correction_kept_by(state: DeskState) -> str:
    """Message id of what keeps the person from correcting name and number now; empty for nothing."""
    application = state.application.application
    if state.broadcast.phase in BUSY_PHASES:
        return "identity.kept_on_air"
    if application is not None and application.state in (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW):
        return "identity.kept_in_review"
    return ""


def _attempts(identity: Identity | None, today: date | None, tr: Translator) -> str:
    if identity is None:
        return ""
    if identity.attempts_left > 0:
        return tr.text("identity.attempts", left=identity.attempts_left)
    again = identity.attempts_again_at
    return tr.text("identity.attempts_over", at=moment_text(again, today, tr) if again is not None else "")


def identity_told(state: DeskState, tr: Translator) -> Told:
    """A name that was checked."""
    identity, today = state.identity.identity, state.identity.today
    facts = []
    if identity is not None and identity.checked_at is not None:
        authority = f"identity.authority.{identity.authority}"
        facts = [
            (tr.text("identity.name"), identity.name_masked),
            (tr.text("identity.number_fact"), spaced(identity.number_masked)),
            (tr.text("identity.checked_at"), capital(moment_text(identity.checked_at, today, tr))),
            (tr.text("identity.authority"), tr.text(authority if tr.has(authority) else "identity.authority.local")),
        ]
    text = tr.text("identity.checked_text")
    kept = correction_kept_by(state)
    if kept:
        text = tr.text("sentence.joiner").join((text, tr.text(kept)))
    return Told(tr.text("identity.checked"), text, "good", "check", tuple(facts))


def spaced(number: str) -> str:
    """4401 **** **** **12"""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


# ---- while it is typed ---------------------------------------------------------------------------


def name_fault(text: str, tr: Translator) -> str:
    """What is wrong with a name that was left; empty for nothing, also while nothing was typed."""
    name = identity_number.cleaned_name(text)
    return "" if not name or identity_number.is_name(name) else tr.text("identity.fault.name")


def number_fault(text: str, today: date | None, tr: Translator, *, is_left: bool) -> str:
    """What is wrong with a number. While it is typed only what more typing does not mend is told."""
    number = identity_number.cleaned_number(text)
    if not number:
        return ""
    found = identity_number.parse(number, today)
    if isinstance(found, IdentityNumber):
        is_young = today is not None and not identity_number.is_adult_on(found.birth_date, today)
        return tr.text("error.identity_underage") if is_young else ""
    if found is NumberFault.LENGTH:
        if len(number) > identity_number.LENGTH:
            return tr.text("identity.fault.too_long", count=len(number) - identity_number.LENGTH)
        return tr.text("identity.fault.length", left=identity_number.LENGTH - len(number)) if is_left else ""
    return tr.text(f"identity.fault.{found.value}")


def faults_before_sending(name: str, number: str, today: date | None, tr: Translator) -> dict[IdentityField, str]:
    """What keeps name and number from being sent; what is missing, too."""
    missing = {field: tr.text(f"identity.fault.{field.value}_missing") for field in IdentityField}
    faults = {
        IdentityField.NAME: name_fault(name, tr) if name.strip() else missing[IdentityField.NAME],
        IdentityField.NUMBER: number_fault(number, today, tr, is_left=True)
        if identity_number.cleaned_number(number)
        else missing[IdentityField.NUMBER],
    }
    return {field: fault for field, fault in faults.items() if fault}


def masked(text: str) -> str:
    """How a number stands in its field once the keyboard is elsewhere."""
    return spaced(identity_number.masked_number(identity_number.cleaned_number(text)))


# ---- face ----------------------------------------------------------------------------------------


def may_ask_face(face: FaceCheck | None, state: StepState) -> bool:
    """Whether a check can be asked for now."""
    if state is StepState.LATER or state is StepState.DONE:
        return False
    return face is None or not face.state.is_pending


def face_told(state: DeskState, step: StepState, tr: Translator) -> Told:
    """How the check stands."""
    face, today, name = state.identity.face, state.identity.today, _face_name(state.identity.face, step)
    facts = []
    if face is not None and name not in ("later", "missing"):
        facts.append((tr.text("face.method"), tr.text(f"face.method.{face.method.value}")))
    if face is not None and name == FaceState.APPOINTED and face.appointed_at is not None:
        facts.append((tr.text("face.appointed_at"), capital(appointment_text(face.appointed_at, today, tr))))
    elif face is not None and name == FaceState.REQUESTED:
        at = face.wished_at
        wished = capital(appointment_text(at, today, tr)) if at is not None else tr.text("face.any_time")
        facts.append((tr.text("face.wished_at"), wished))
    tone, icon = {
        "verified": ("good", "check"),
        "refused": ("bad", "warn"),
        "voided": ("warn", "warn"),
        "retake": ("warn", "warn"),
        "missing": ("accent", "user"),
        "later": ("accent", "user"),
    }.get(name, ("accent", "clock"))
    note = face.comment if face is not None and facts else ""
    return Told(tr.text(f"face.{name}"), tr.text(f"face.{name}_text"), tone, icon, tuple(facts), note)


def _face_name(face: FaceCheck | None, step: StepState) -> str:
    """Which words fit: what the steps say of it counts, and the newest check where they do not."""
    if step is StepState.DONE:
        return FaceState.VERIFIED.value
    if face is not None and face.state.is_pending:
        return face.state.value
    if step is StepState.LATER:
        return "later"
    if face is None or face.state is FaceState.CANCELLED:
        return "missing"
    return (FaceState.VOIDED if face.state is FaceState.VERIFIED else face.state).value


def present_face_form(state: DeskState, tr: Translator) -> FaceFormView:
    """Which days and times are offered goes by the service's clock."""
    now = state.identity.now or datetime.fromtimestamp(0, UTC)
    today = china(now).date()
    days = [one for one in (today + timedelta(days=number) for number in range(MAX_AHEAD_DAYS + 1)) if slots(one, now)]
    return FaceFormView(
        methods=tuple((one.value, tr.text(f"face.method.{one.value}")) for one in MANUAL_METHODS),
        days=(*((one.isoformat(), capital(day_text(one, today, tr))) for one in days), ("", tr.text("face.any_time"))),
        is_asking=state.identity.is_asking,
        label=tr.text("face.asking" if state.identity.is_asking else "face.ask"),
        now=now,
    )


def slots(day: date, now: datetime) -> tuple[datetime, ...]:
    """The half hours of a day (Asia/Shanghai) that can still be wished for; UTC."""
    first = datetime(day.year, day.month, day.day, CALL_HOURS[0], tzinfo=CHINA)
    count = (CALL_HOURS[1] - CALL_HOURS[0]) * 60 // SLOT_MIN
    earliest, last = now + timedelta(minutes=LEAD_MIN), now + timedelta(days=MAX_AHEAD_DAYS)
    moments = (first + timedelta(minutes=SLOT_MIN * number) for number in range(count))
    return tuple(one.astimezone(UTC) for one in moments if earliest <= one <= last)


def slot_text(at: datetime) -> str:
    return china(at).strftime("%H:%M")


def face_history(face: FaceCheck | None, tr: Translator) -> tuple[tuple[str, str, str], ...]:
    """Time, step and what the platform wrote with it."""
    if face is None:
        return ()
    return tuple(
        (china(one.at).strftime("%m-%d %H:%M"), tr.text(f"face.step.{one.state.value}"), one.comment)
        for one in face.history
    )
