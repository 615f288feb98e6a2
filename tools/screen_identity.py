"""The states of real name and face check in 准备 that ``tools.screenshots`` draws."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from app.contract.inbox import InboxKind, InboxMessage, LinkPlace
from app.domain.application import ApplicationState
from app.domain.face_check import FaceState
from app.domain.onboarding import StepId
from app.usecases.state import DeskState
from app.usecases.trouble import Trouble
from app.usecases.way_state import IdentityField, LoadPhase
from tests.ui import fakes, way_fakes
from tests.ui.way_fakes import at_face, at_identity, face_check, on_the_way
from tools.screen_prepare import LEAST_PX, NARROW_PX, open_page
from tools.screen_stage import Do, Stage
from ui.shell import MainWindow

NAME, NUMBER = "欧阳清风", "110000199003070028"
"""Nobody's: no district has the code 110000."""
LOOKS = (("light", "zh"), ("dark", "zh"), ("light", "en"))


def identity_screens(stage: Stage) -> None:
    """Both steps in every state."""
    base = fakes.off_air()
    _name_screens(stage, base)
    _face_screens(stage, base)
    told = way_fakes.inbox(*_messages(), unread=4)
    for theme, language in LOOKS:
        state = replace(on_the_way(base, ApplicationState.APPROVED), inbox=told)
        stage.shoot("messages-face", state, theme=theme, language=language, do=open_page("messages"))


def _name_screens(stage: Stage, base: DeskState) -> None:
    fresh, go = at_identity(base), open_page("prepare")
    spent = way_fakes.UNKNOWN.model_copy(
        update={"attempts_left": 0, "attempts_again_at": way_fakes.DAY + timedelta(hours=13, minutes=45)}
    )
    taken = at_identity(base, faults={IdentityField.NUMBER: "error.identity_taken"})
    checked = on_the_way(base)
    long_name = checked.identity.identity
    assert long_name is not None
    long_name = long_name.model_copy(update={"name_masked": "Maximiliane-Aleksandra***"})
    for theme, language in LOOKS:
        stage.shoot("identity-normal", fresh, theme=theme, language=language, do=go)
        stage.shoot(
            "identity-typing", fresh, theme=theme, language=language, do=typed(NAME, NUMBER[:14], is_left=False)
        )
        stage.shoot("identity-faults", fresh, theme=theme, language=language, do=typed("清1", NUMBER[:17] + "0"))
        stage.shoot("identity-checked", checked, theme=theme, language=language, do=look_at(StepId.IDENTITY))
        stage.shoot("identity-correcting", checked, theme=theme, language=language, do=correct)
        stage.shoot("identity-correct-asked", checked, theme=theme, language=language, do=ask_to_correct)
    for size_px, name in ((NARROW_PX, "narrow"), (LEAST_PX, "least"), ((1920, 1080), "wide")):
        for language in ("zh", "en"):
            stage.shoot(f"identity-{name}", taken, size_px=size_px, theme="light", language=language, do=go)
            stage.shoot(
                f"identity-correcting-{name}", checked, size_px=size_px, theme="light", language=language, do=correct
            )
    for name, state, do in (
        ("masked", fresh, typed(NAME, NUMBER)),
        ("taken", fresh, typed(NAME, NUMBER)),
        ("spent", at_identity(base, identity=spent), go),
        ("checking", fresh, typed(NAME, NUMBER)),
        ("away", at_identity(base, trouble=Trouble("authority_unavailable")), go),
        ("loading", at_identity(base, identity=None, phase=LoadPhase.LOADING), go),
        ("failed", at_identity(base, identity=None, phase=LoadPhase.FAILED, trouble=way_fakes.OFFLINE), go),
        ("in-review", on_the_way(base, ApplicationState.IN_REVIEW), look_at(StepId.IDENTITY)),
        ("long", replace(checked, identity=way_fakes.identity(identity=long_name)), look_at(StepId.IDENTITY)),
    ):
        then = {"taken": taken, "checking": at_identity(base, is_checking=True)}.get(name)
        stage.shoot(f"identity-{name}", state, theme="light", do=do, then=then)


def _face_screens(stage: Stage, base: DeskState) -> None:
    go = open_page("prepare")
    long_words = "请在光线充足、背景安静的地方接听；身份证放在手边，正反面都要看；" * 6
    states = (
        ("missing", at_face(base, None), go),
        ("asking", at_face(base, None), ask_for_face),
        ("any-time", at_face(base, None), ask_any_time),
        ("requested", at_face(base, face_check(FaceState.REQUESTED)), go),
        ("appointed", at_face(base, face_check(FaceState.APPOINTED)), go),
        ("noted", at_face(base, face_check(FaceState.NOTED)), go),
        ("second-look", at_face(base, face_check(FaceState.SECOND_LOOK)), go),
        ("refused", at_face(base, face_check(FaceState.REFUSED)), go),
        ("voided", at_face(base, face_check(FaceState.VOIDED, comment="平台抽查，请重新核验")), go),
        ("verified", at_face(base, face_check(FaceState.VERIFIED)), look_at(StepId.FACE)),
        ("later", on_the_way_to_face(base), look_at(StepId.FACE)),
        ("conflict", at_face(base, face_check(FaceState.NOTED), trouble=Trouble("state_conflict")), go),
        ("long", at_face(base, face_check(FaceState.APPOINTED, comment=long_words)), go),
    )
    for name, state, do in states:
        for theme, language in LOOKS:
            stage.shoot(f"face-{name}", state, theme=theme, language=language, do=do)
    for size_px, name in ((NARROW_PX, "narrow"), (LEAST_PX, "least"), ((1920, 1080), "wide")):
        for language in ("zh", "en"):
            stage.shoot(
                f"face-appointed-{name}", states[4][1], size_px=size_px, theme="light", language=language, do=go
            )
            stage.shoot(
                f"face-asking-{name}", states[1][1], size_px=size_px, theme="light", language=language, do=ask_for_face
            )


# ---- states and what is done in them -------------------------------------------------------------


def on_the_way_to_face(base: DeskState) -> DeskState:
    """The application is being reviewed; nothing of the face yet."""
    found = at_identity(base)
    return replace(found, identity=way_fakes.identity(face=None))


def _messages() -> tuple[InboxMessage, ...]:
    at = (way_fakes.DAY + timedelta(days=1, hours=5)).isoformat()
    kinds: tuple[tuple[InboxKind, dict[str, str], LinkPlace], ...] = (
        (InboxKind.SUSPENDED, {"until": at, "comment": "连续三次内容与获准范围不符"}, LinkPlace.NONE),
        (InboxKind.SESSION_REMINDER, {"title": "写好简历", "minutes": "30", "starts_at": at}, LinkPlace.SCHEDULE),
        (InboxKind.IDENTITY_WITHDRAWN, {"comment": "号码的本人来电说明，没有用它开过账号"}, LinkPlace.PREPARE),
        (InboxKind.FACE_REFUSED, {"comment": "身份证照片看不清，请换到光线好的地方再约"}, LinkPlace.PREPARE),
        (InboxKind.FACE_APPOINTED, {"at": at, "method": "live_call", "comment": ""}, LinkPlace.PREPARE),
        (InboxKind.FACE_REQUESTED, {}, LinkPlace.PREPARE),
    )
    return tuple(
        way_fakes.message(number, kind=kind, params=params, place=place, is_read=number < 2)
        for number, (kind, params, place) in zip(range(len(kinds), 0, -1), kinds, strict=True)
    )


def look_at(step: StepId) -> Do:
    """Open a step."""

    def do(window: MainWindow) -> None:
        window.rail.buttons["prepare"].click()
        window.prepare.steps.buttons[step].click()

    return do


def typed(name: str, number: str, *, is_left: bool = True) -> Do:
    """Type a name and a number, and leave the field."""

    def do(window: MainWindow) -> None:
        window.rail.buttons["prepare"].click()
        write(window, name, number)
        if is_left:
            window.prepare.identity.check.setFocus()

    return do


def write(window: MainWindow, name: str, number: str) -> None:
    """As a person would."""
    for line, text in ((window.prepare.identity.name, name), (window.prepare.identity.number, number)):
        line.setFocus()
        line.insert(text)


def correct(window: MainWindow) -> None:
    """Open the form for a correction."""
    look_at(StepId.IDENTITY)(window)
    window.prepare.status.second.click()


def ask_to_correct(window: MainWindow) -> None:
    """Send it: it is asked about once more."""
    correct(window)
    write(window, NAME, NUMBER)
    window.prepare.identity.check.click()


def ask_for_face(window: MainWindow) -> None:
    """Open the form for an appointment."""
    window.rail.buttons["prepare"].click()
    window.prepare.status.second.click()


def ask_any_time(window: MainWindow) -> None:
    """With a second document, whenever it suits the operator."""
    ask_for_face(window)
    window.prepare.face.method._buttons["second_document"].click()
    window.prepare.face.day.setCurrentIndex(window.prepare.face.day.count() - 1)
