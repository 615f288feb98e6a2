"""States of the way to air, of every kind. Used by the tests of the screen and by the screenshots."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.contract.applications import (
    Application,
    ApplicationForm,
    ApplicationStep,
    FieldReason,
    Image,
    TextFinding,
)
from app.contract.identity import FaceCheck, FaceStep, Identity
from app.contract.inbox import InboxKind, InboxMessage, LinkPlace, Onboarding, Step
from app.contract.rest import Account, Category, Role
from app.domain.application import ApplicantKind, ApplicationKind, ApplicationState, Declaration, FormField
from app.domain.face_check import FaceMethod, FaceStanding, FaceState
from app.domain.images import ImagePurpose, ImageState
from app.domain.onboarding import AgreementStanding, Facts, StepId, StepState, steps_of
from app.usecases.state import AccountPhase, AccountState, DeskState
from app.usecases.trouble import Trouble
from app.usecases.way_state import ApplicationDesk, IdentityDesk, InboxState, LoadPhase, OnboardingState, SaveStatus

DAY = datetime(2026, 11, 20, 2, 15, tzinfo=UTC)
INTRODUCTION = "做过八年招聘，看过两万份简历，擅长把项目经历改成招聘者看得懂的结果。"
OFFENDING = "做过八年招聘。加微信 hr_888 可以看更多案例……"


def form(**changes: Any) -> ApplicationForm:
    values: dict[str, Any] = {
        "scopes": [Category.JOB_SEARCH, Category.OFFICE_SKILLS],
        "introduction": INTRODUCTION,
        "contact_phone": "13800138000",
        "declarations": list(Declaration),
    }
    return ApplicationForm(**{**values, **changes})


def step(state: ApplicationState, hours: int = 0, comment: str = "", reasons: tuple[FieldReason, ...] = ()) -> Any:
    return ApplicationStep(state=state, at=DAY + timedelta(hours=hours), comment=comment, reasons=list(reasons))


REASONS = (
    FieldReason(field=FormField.INTRODUCTION, reason="介绍过短，请写明做过的岗位和年限"),
    FieldReason(field=FormField.SCOPES, reason="职场穿搭与介绍不符"),
)


def application(state: ApplicationState = ApplicationState.DRAFT, **changes: Any) -> Application:
    """With the history that leads to ``state``."""
    history = [step(ApplicationState.DRAFT)]
    if state is not ApplicationState.DRAFT:
        history.append(step(ApplicationState.SUBMITTED, 1))
    if state not in (ApplicationState.DRAFT, ApplicationState.SUBMITTED):
        history.append(step(ApplicationState.IN_REVIEW, 20))
    is_returned = state is ApplicationState.RETURNED
    if state.is_final or is_returned:
        comment = {ApplicationState.REJECTED: "所填机构不在可核实的名录内"}.get(state, "")
        history.append(step(state, 40, comment, REASONS if is_returned else ()))
    values: dict[str, Any] = {
        "id": "ap1",
        "kind": ApplicationKind.FIRST,
        "state": state,
        "form": form(),
        "revision": 3,
        "saved_at": DAY,
        "submitted_at": DAY + timedelta(hours=1) if state is not ApplicationState.DRAFT else None,
        "consultant": "王敏" if len(history) > 2 else "",
        "reasons": list(REASONS) if is_returned else [],
        "comment": history[-1].comment,
        "history": history,
    }
    return Application(**{**values, **changes})


def onboarding(
    agreement: AgreementStanding = AgreementStanding.ACCEPTED,
    state: ApplicationState | None = None,
    *,
    is_anchor: bool = False,
    has_identity: bool | None = None,
    face: FaceStanding = FaceStanding.VERIFIED,
    has_planned: bool = True,
    appointed_at: datetime | None = None,
) -> Onboarding:
    """As the service would tell it. ``has_identity`` None: as soon as the agreement was accepted."""
    steps = []
    is_checked = agreement is AgreementStanding.ACCEPTED if has_identity is None else has_identity
    for name, how in steps_of(Facts(agreement, state, is_anchor, is_checked, face, has_planned)):
        note, params = "", {}
        if name is StepId.AGREEMENT:
            note, params = agreement.value, {"date": "2026-11-20"}
        elif name is StepId.IDENTITY:
            note = "checked" if is_checked else "missing"
        elif name is StepId.FACE:
            note = face.value
            if appointed_at is not None:
                note, params = "appointed", {"at": appointed_at.isoformat()}
        elif state is not None and name is not StepId.SCHEDULE:
            note = state.value
            params = {"consultant": "王敏"} if state in (ApplicationState.IN_REVIEW, ApplicationState.APPROVED) else {}
        at = DAY if how is StepState.DONE and name is not StepId.SCHEDULE else None
        steps.append(Step(id=name, state=how, at=at, note=note, params=params))
    is_done = all(one.state is StepState.DONE for one in steps)
    return Onboarding(steps=steps, may_broadcast=is_done, missing="" if is_done else "not_an_anchor")


def identity(**changes: Any) -> IdentityDesk:
    """A name that was checked and a face that was verified."""
    checked = Identity(
        name_masked="林*", number_masked="4401************12", checked_at=DAY, authority="local", attempts_left=4
    )
    values: dict[str, Any] = {
        "phase": LoadPhase.READY, "identity": checked, "face": face_check(FaceState.VERIFIED), "now": DAY,
    }  # fmt: skip
    return IdentityDesk(**{**values, **changes})


UNKNOWN = Identity(attempts_left=5)
"""Nobody whose name was checked yet."""
_FACE_WAY = (FaceState.REQUESTED, FaceState.APPOINTED, FaceState.NOTED, FaceState.SECOND_LOOK, FaceState.VERIFIED)


def face_check(state: FaceState, **changes: Any) -> FaceCheck:
    """With the history that leads to ``state``."""
    way = _FACE_WAY[: _FACE_WAY.index(state) + 1] if state in _FACE_WAY else (*_FACE_WAY[:2], state)
    told = {FaceState.REFUSED: "身份证照片看不清，请换到光线好的地方再约", FaceState.APPOINTED: "请保持电话畅通"}
    values: dict[str, Any] = {
        "id": "fc1",
        "state": state,
        "method": FaceMethod.LIVE_CALL,
        "wished_at": DAY + timedelta(days=1),
        "appointed_at": DAY + timedelta(days=1, hours=5),
        "comment": told.get(state, ""),
        "history": [
            FaceStep(state=one, at=DAY + timedelta(hours=number), comment=told.get(one, ""))
            for number, one in enumerate(way)
        ],
    }
    return FaceCheck(**{**values, **changes})


def desk(found: Application | None = None, **changes: Any) -> ApplicationDesk:
    values: dict[str, Any] = {
        "phase": LoadPhase.READY,
        "application": found,
        "form": found.form if found is not None else ApplicationForm(),
        "form_number": 1,
        "save": SaveStatus.SAVED if found is not None else SaveStatus.NOTHING,
        "saved_at": DAY if found is not None else None,
        "earlier": (found,) if found is not None else (),
    }
    return ApplicationDesk(**{**values, **changes})


def account(*, is_anchor: bool = False, scopes: tuple[Category, ...] = ()) -> AccountState:
    roles = [Role.ANCHOR] if is_anchor else [Role.VIEWER]
    who = Account(id="a1", nickname="林老师", phone_masked="138****8000", roles=roles, scopes=list(scopes))
    return AccountState(AccountPhase.SIGNED_IN, who, "13800138000")


def on_the_way(
    base: DeskState,
    state: ApplicationState | None = None,
    agreement: AgreementStanding = AgreementStanding.ACCEPTED,
    **changes: Any,
) -> DeskState:
    """``base`` of a person whose application is in ``state``; ``changes`` are of the ApplicationDesk."""
    is_anchor = state is ApplicationState.APPROVED
    found = application(state) if state is not None else None
    scopes = (Category.JOB_SEARCH, Category.OFFICE_SKILLS) if is_anchor else ()
    return replace(
        base,
        account=account(is_anchor=is_anchor, scopes=scopes),
        onboarding=OnboardingState(LoadPhase.READY, onboarding(agreement, state, is_anchor=is_anchor)),
        application=desk(found, **changes) if agreement is not AgreementStanding.MISSING else desk(None, **changes),
        identity=identity() if agreement is AgreementStanding.ACCEPTED else identity(identity=UNKNOWN, face=None),
    )


def at_identity(base: DeskState, **changes: Any) -> DeskState:
    """``base`` of a person who is to give their name; ``changes`` are of the IdentityDesk."""
    way = onboarding(AgreementStanding.ACCEPTED, None, has_identity=False, face=FaceStanding.MISSING, has_planned=False)
    found = on_the_way(base)
    desk = identity(**{"identity": UNKNOWN, "face": None, **changes})
    return replace(found, onboarding=OnboardingState(LoadPhase.READY, way), identity=desk)


def at_face(base: DeskState, face: FaceCheck | None, **changes: Any) -> DeskState:
    """``base`` of an anchor whose face has yet to be verified; ``changes`` are of the IdentityDesk."""
    standing = FaceStanding.MISSING
    if face is not None and face.state is not FaceState.CANCELLED:
        standing = FaceStanding.PENDING if face.state.is_pending else FaceStanding(face.state.value)
    way = onboarding(
        AgreementStanding.ACCEPTED, ApplicationState.APPROVED, is_anchor=True, face=standing, has_planned=False,
        appointed_at=face.appointed_at if face is not None and face.state is FaceState.APPOINTED else None,
    )  # fmt: skip
    found = on_the_way(base, ApplicationState.APPROVED)
    desk = identity(**{"face": face, **changes})
    return replace(found, onboarding=OnboardingState(LoadPhase.READY, way), identity=desk)


def organisation_form(**changes: Any) -> ApplicationForm:
    values: dict[str, Any] = {
        "applicant": ApplicantKind.ORGANISATION,
        "organisation_name": "上海某某人力资源服务有限公司",
        "credit_code": "91310000MA1FL0000X",
        "licence_image_id": "im3",
    }
    return form(**{**values, **changes})


def image(purpose: ImagePurpose, state: ImageState = ImageState.PENDING, **changes: Any) -> Image:
    values: dict[str, Any] = {
        "id": f"im-{purpose.value}",
        "purpose": purpose,
        "state": state,
        "width_px": 640,
        "height_px": 480,
        "uploaded_at": DAY,
    }
    return Image(**{**values, **changes})


def found_words(text: str = OFFENDING, words: str = "微信 hr_888", label: str = "contact") -> TextFinding:
    start = text.index(words)
    return TextFinding(start=start, end=start + len(words), label=label)


def message(number: int, kind: InboxKind = InboxKind.APPLICATION_RETURNED, **changes: Any) -> InboxMessage:
    values: dict[str, Any] = {
        "id": f"m{number}",
        "number": number,
        "kind": kind,
        "at": DAY + timedelta(hours=number),
        "place": LinkPlace.PREPARE,
    }
    return InboxMessage(**{**values, **changes})


def messages() -> tuple[InboxMessage, ...]:
    """One of each kind, the newest first."""
    long = "介绍过短，请写明做过的岗位、年限和代表性的案例；另外“职场穿搭”与介绍不符，请去掉或补充说明。" * 2
    return (
        message(8, InboxKind.APPLICATION_APPROVED, place=LinkPlace.LIVE),
        message(7, InboxKind.APPLICATION_RETURNED, params={"reasons": "个人介绍、直播范围", "comment": long}),
        message(6, InboxKind.APPLICATION_IN_REVIEW, params={"consultant": "王敏"}, is_read=True),
        message(5, InboxKind.APPLICATION_RECEIVED, is_read=True),
        message(
            4, InboxKind.DOCUMENT_MATERIAL, params={"title": "直播协议", "date": "2026-11-20"}, is_read=True,
            place=LinkPlace.DOCUMENT, link_id="live_agreement",
        ),
        message(
            3, InboxKind.IMAGE_REFUSED, params={"comment": "图片里有联系方式"}, is_read=True, place=LinkPlace.ACCOUNT
        ),
        message(2, InboxKind.IMAGE_APPROVED, is_read=True, place=LinkPlace.ACCOUNT),
        message(
            1, InboxKind.SESSION_CUT_OFF, params={"title": "应届生简历逐行修改", "comment": "请勿展示联系方式"},
            is_read=True, place=LinkPlace.NONE,
        ),
    )  # fmt: skip


def inbox(*found: InboxMessage, **changes: Any) -> InboxState:
    shown = found or messages()
    values: dict[str, Any] = {
        "phase": LoadPhase.READY,
        "messages": shown,
        "unread": sum(not one.is_read for one in shown),
    }
    return InboxState(**{**values, **changes})


OFFLINE = Trouble("platform_unreachable", action="retry")
