"""The application's form as it is drawn: what is said under each field, the uploads, the two drafts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.contract.applications import Application, ApplicationForm, Image, TextFinding
from app.contract.rest import Category
from app.domain import credit_code
from app.domain.application import (
    MAX_INTRODUCTION_CHARS,
    ApplicantKind,
    ApplicationState,
    Declaration,
    FormField,
)
from app.domain.images import ImagePurpose, ImageState
from app.i18n import Translator
from app.usecases.way_state import ApplicationDesk, SaveStatus
from ui.presenters.china_times import china
from ui.presenters.common import TroubleView, category_text, trouble_view
from ui.presenters.entry import PHONE_DIGITS, digits_of

SHOWN_FINDINGS, SHOWN_WORDS = 3, 20
IN_FORM = (ImagePurpose.LICENCE, ImagePurpose.AUTHORISATION)


@dataclass(frozen=True)
class ImageView:
    """An upload and how its review stands; without an id there is none."""

    purpose: ImagePurpose
    id: str
    status: str
    tone: str
    icon: str
    """Beside the words: a state is never told by colour alone. Empty for none."""
    is_uploading: bool
    can_change: bool = True
    data: bytes = field(default=b"", repr=False)
    """The picture as the service has it; empty while it is not fetched."""


@dataclass(frozen=True)
class FormView:
    """The fields are filled anew only when ``filled`` is another one: typing is never overwritten."""

    filled: tuple[str, int]
    returned: tuple[str, int]
    """Which return the reasons are of."""
    form: ApplicationForm = field(repr=False)
    is_editable: bool
    banner: str
    """What a person must know before the fields; empty for nothing."""
    banner_text: str
    faults: Mapping[FormField, str]
    """A sentence under each field that is not right."""
    reasons: Mapping[FormField, str]
    """Why an operator returned it, by field."""
    findings: Mapping[FormField, tuple[TextFinding, ...]]
    images: Mapping[ImagePurpose, ImageView]
    is_submitting: bool
    conflict: str
    """Two drafts: what there is to decide; empty for none."""
    real_name: str = ""
    """Masked, as it was checked; empty: it is not shown."""


def present_form(desk: ApplicationDesk, tr: Translator, real_name: str = "") -> FormView:
    """The fields of the application that is being written, or that waits for its answer."""
    application, form = desk.application, desk.form
    is_editable = application is None or application.state.is_editable
    is_returned = application is not None and application.state is ApplicationState.RETURNED
    faults = {one: tr.text(message_id) for one, message_id in desk.faults.items()}
    for one, findings in desk.findings.items():
        if findings:
            faults[one] = finding_text(text_of(form, one), findings, tr)
    return FormView(
        filled=("", desk.form_number),
        returned=(application.id, len(application.history)) if application is not None else ("", 0),
        form=form,
        is_editable=is_editable and not desk.is_submitting,
        banner=tr.text("prepare.returned") if is_returned else "" if is_editable else tr.text("application.locked"),
        banner_text=_returned_text(application, tr) if is_returned and application is not None else "",
        faults=faults,
        reasons={
            one.field: tr.text("application.reason", reason=one.reason)
            for one in (application.reasons if application is not None else [])
        },
        findings=desk.findings,
        images={purpose: desk_image(purpose, desk, tr) for purpose in IN_FORM},
        is_submitting=desk.is_submitting,
        conflict=_conflict(desk, tr),
        real_name=real_name,
    )


def present_earlier_form(application: Application, tr: Translator) -> FormView:
    """An application of before, to be read."""
    sent = {
        ImagePurpose.LICENCE: application.form.licence_image_id,
        ImagePurpose.AUTHORISATION: application.form.authorisation_image_id,
    }
    return FormView(
        filled=(application.id, application.revision),
        returned=(application.id, len(application.history)),
        form=application.form,
        is_editable=False,
        banner=tr.text(
            "application.earlier_banner",
            kind=tr.text(f"application.kind.{application.kind.value}"),
            state=tr.text(f"application.step.{application.state.value}"),
            time=moment_text(application.submitted_at or application.saved_at),
        ),
        banner_text=application.comment,
        faults={},
        reasons={one.field: tr.text("application.reason", reason=one.reason) for one in application.reasons},
        findings={},
        images={
            purpose: ImageView(
                purpose, image_id, tr.text("image.sent" if image_id else "image.not_sent"), "2", "", False, False
            )
            for purpose, image_id in sent.items()
        },
        is_submitting=False,
        conflict="",
    )


def _returned_text(application: Application, tr: Translator) -> str:
    return "\n".join(part for part in (tr.text("prepare.returned_text"), application.comment) if part)


def fields_of(view: FormView, is_organisation: bool) -> tuple[FormField, ...]:
    """The fields that are shown, from top to bottom."""
    of_organisation = (FormField.ORGANISATION_NAME, FormField.CREDIT_CODE, FormField.LICENCE, FormField.AUTHORISATION)
    return (
        FormField.APPLICANT,
        *(of_organisation if is_organisation else ()),
        FormField.SCOPES,
        FormField.INTRODUCTION,
        FormField.CONTACT_PHONE,
        FormField.DECLARATIONS,
    )


# ---- words under the fields ----------------------------------------------------------------------


def counter_text(text: str) -> str:
    """26 / 500: what counts is the text without blanks around it."""
    return f"{len(text.strip())} / {MAX_INTRODUCTION_CHARS}"


def is_too_long(text: str) -> bool:
    """Whether an introduction may not be sent for its length."""
    return len(text.strip()) > MAX_INTRODUCTION_CHARS


def credit_hint(text: str, tr: Translator) -> tuple[str, str]:
    """What is said at once of a credit code as it is typed, and its tone."""
    code = credit_code.cleaned(text)
    if not code:
        return tr.text("application.credit_hint"), "3"
    if len(code) < credit_code.LENGTH:
        return tr.text("application.credit_part", count=len(code), whole=credit_code.LENGTH), "3"
    if credit_code.is_valid(code):
        return tr.text("application.credit_right"), "good"
    return tr.text("error.credit_code_invalid"), "bad"


def phone_of(text: str) -> str:
    """A number as it is sent: eleven digits when that is what was typed, else as typed."""
    digits = digits_of(text)
    return digits if len(digits) == PHONE_DIGITS else text.strip()


def finding_text(text: str, findings: tuple[TextFinding, ...], tr: Translator) -> str:
    """What kind of words they are, and the words."""
    parts: dict[str, None] = {}
    for one in findings:
        label_id = f"finding.{one.label}"
        label = tr.text(label_id) if tr.has(label_id) else tr.text("finding.prohibited")
        words = " ".join(text[one.start : one.end].split())
        shown = words if len(words) <= SHOWN_WORDS else f"{words[:SHOWN_WORDS]}…"
        parts[tr.text("finding.words", label=label, words=shown)] = None
    told = list(parts)[:SHOWN_FINDINGS]
    return tr.text("finding.mend", what=tr.text("finding.comma").join(told))


def text_of(form: ApplicationForm, of: FormField) -> str:
    """The text that findings of a field count in."""
    return form.organisation_name if of is FormField.ORGANISATION_NAME else form.introduction


def scope_choices(tr: Translator) -> tuple[tuple[Category, str], ...]:
    """All scopes that one can apply for."""
    return tuple((one, category_text(one, tr)) for one in Category)


def declaration_choices(tr: Translator) -> tuple[tuple[Declaration, str], ...]:
    """What is declared, in whole sentences."""
    return tuple((one, tr.text(f"declaration.{one.value}")) for one in Declaration)


def applicant_choices(tr: Translator) -> dict[str, str]:
    """Who may apply."""
    return {one.value: tr.text(f"application.{one.value}") for one in ApplicantKind}


# ---- uploads -------------------------------------------------------------------------------------


def desk_image(purpose: ImagePurpose, desk: ApplicationDesk, tr: Translator) -> ImageView:
    """The newest upload of a purpose."""
    found = next((one for one in desk.images if one.purpose is purpose), None)
    made = image_view(found, purpose, is_uploading=desk.uploading is purpose, tr=tr)
    return replace(made, data=desk.pictures.get(made.id, b""))


def image_view(image: Image | None, purpose: ImagePurpose, *, is_uploading: bool, tr: Translator) -> ImageView:
    """An upload and how its review stands."""
    if is_uploading:
        return ImageView(purpose, image.id if image else "", tr.text("image.uploading"), "2", "clock", True)
    if image is None:
        return ImageView(purpose, "", tr.text(f"image.{purpose.value}.hint"), "3", "", False)
    if not purpose.is_public and image.state is ImageState.PENDING:
        # looked at together with the application
        return ImageView(purpose, image.id, tr.text("image.uploaded"), "good", "check", False)
    tone, icon = {
        ImageState.APPROVED: ("good", "check"),
        ImageState.REFUSED: ("bad", "warn"),
        ImageState.PENDING: ("2", "clock"),
    }.get(image.state, ("2", ""))
    is_because = image.state is ImageState.REFUSED and not image.reason
    text = tr.text("image.refused_plain") if is_because else tr.text(f"image.{image.state.value}", reason=image.reason)
    return ImageView(purpose, image.id, text, tone, icon, False)


def image_trouble(desk: ApplicationDesk, tr: Translator) -> TroubleView | None:
    """What was wrong with the last upload; other troubles of the application are told where it is written."""
    if desk.trouble is None or not desk.trouble.code.startswith("image_"):
        return None
    return trouble_view(desk.trouble, tr)


# ---- drafts --------------------------------------------------------------------------------------


def moment_text(moment: datetime) -> str:
    """2026-11-20 10:15, in Asia/Shanghai."""
    return china(moment).strftime("%Y-%m-%d %H:%M")


def _conflict(desk: ApplicationDesk, tr: Translator) -> str:
    if desk.conflict is None:
        return ""
    theirs = tr.text("application.conflict", time=moment_text(desk.conflict.saved_at))
    if desk.saved_at is None:
        return theirs
    return tr.text("list.sentences", first=theirs, second=tr.text("application.mine", time=moment_text(desk.saved_at)))


def save_text(desk: ApplicationDesk, tr: Translator) -> tuple[str, str, str]:
    """How the draft is kept: words, tone and icon of the pill; empty words for nothing to tell."""
    if desk.conflict is not None:
        return tr.text("application.undecided"), "warn", "warn"
    match desk.save:
        case SaveStatus.SAVING:
            return tr.text("application.saving"), "neutral", "clock"
        case SaveStatus.SAVED if desk.saved_at is not None:
            return tr.text("application.saved", time=desk.saved_at.astimezone().strftime("%H:%M")), "neutral", ""
        case SaveStatus.KEPT_HERE:
            return tr.text("application.kept_here"), "warn", "desktop"
        case _:
            return "", "neutral", ""
