"""The whole program without a screen against the real service: the way to air of a new person."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.client.platform import HttpPlatform
from app.client.tokens import Wallets
from app.contract.applications import ApplicationForm
from app.contract.inbox import InboxKind
from app.contract.rest import Role
from app.domain.application import ApplicationKind, ApplicationState, FormField
from app.domain.documents.model import DocumentKind
from app.domain.face_check import FaceMethod
from app.domain.onboarding import StepId, StepState
from app.drafts import DraftFiles
from app.ports.platform import Platform
from app.runtime.clock import SystemClock
from app.secrets import FileSecrets
from app.settings import Settings
from app.usecases import wishes as w
from app.usecases.context import Context
from app.usecases.desk import Desk
from app.usecases.state import AccountPhase, DeskState, PlatformPhase
from app.usecases.way_state import IdentityField, LoadPhase, SaveStatus
from server.applications import review
from server.gate import Person
from server.identity import face
from tests.contract.client.kit import Memory, Rig, play, until
from tests.contract.client.test_way import publish, tell, write
from tests.contract.server.applicants import form, number_for, second_operator
from tests.contract.server.kit import code_of, enrol
from tests.unit.app.fakes import FakeEngine, FakeSettings, FakeSupervision

pytestmark = pytest.mark.slow

NEW_PHONE = "13900000077"
LIVE = DocumentKind.LIVE_AGREEMENT
FORM = ApplicationForm.model_validate(form())


class Window:
    """A desk as in the program, with the adapters that it has there."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        clock = SystemClock()
        secrets = FileSecrets(folder / "secrets.json")
        wallets = Wallets(Memory(), clock)

        def make_platform(url: str, ca_file: str, is_embedded: bool = False) -> Platform:
            return HttpPlatform(url, ca_file, wallets, clock, is_embedded=is_embedded)

        self._rig = rig
        context = Context(
            FakeSettings(Settings(platform_url=rig.service.url)),  # type: ignore[arg-type]
            FakeEngine(), FakeSupervision(), make_platform, clock, DraftFiles(folder / "drafts", secrets, clock),
        )  # fmt: skip
        self.desk = Desk(context, lambda call: call(), is_restart=False, on_raise=lambda: None)
        self.desk.start()

    @property
    def state(self) -> DeskState:
        return self.desk.state

    async def sign_in(self, phone: str = NEW_PHONE) -> None:
        # A wish before there is a platform to ask is a wish of nobody.
        await until(lambda: self.state.platform.phase is PlatformPhase.READY)
        await until(lambda: self.state.account.phase is AccountPhase.SIGNED_OUT)
        self.desk.wish(w.AskCode(phone))
        await until(lambda: self.state.account.phase is AccountPhase.CODE_SENT)
        code = await asyncio.to_thread(code_of, self._rig.service.client, phone)
        self.desk.wish(w.SignIn(phone, code))
        await until(lambda: self.state.account.phase is AccountPhase.SIGNED_IN)

    def step(self, step: StepId) -> StepState | None:
        onboarding = self.state.onboarding.onboarding
        return None if onboarding is None else {one.id: one.state for one in onboarding.steps}[step]


def play_window(folder: Path, scene: Callable[[Rig, Window], Awaitable[None]]) -> None:
    async def whole(rig: Rig) -> None:
        window = Window(rig, folder / "desk")
        try:
            await scene(rig, window)
        finally:
            await window.desk.close()
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    play(folder, whole)


def test_a_new_person_reads_accepts_and_hears_of_what_comes(tmp_path: Path) -> None:
    async def scene(rig: Rig, window: Window) -> None:
        await window.sign_in()
        await until(lambda: window.step(StepId.AGREEMENT) is StepState.CURRENT)
        window.desk.wish(w.ReadDocument(LIVE))
        await until(lambda: bool(opened := window.state.documents.opened) and opened.phase is LoadPhase.READY)
        opened = window.state.documents.opened
        assert opened is not None
        assert opened.version is not None
        assert (opened.version.number, opened.needs_acceptance) == (2, True)
        window.desk.wish(w.CompareDocument(1))
        await until(lambda: bool(opened := window.state.documents.opened) and opened.comparison is not None)
        window.desk.wish(w.CompareDocument(0))
        window.desk.wish(w.AcceptDocument(read_s=30, was_shown_to_end=True))
        await until(lambda: window.step(StepId.AGREEMENT) is StepState.DONE)
        await until(lambda: [one.number for one in window.state.documents.acceptances] == [2])
        # A material version asks again, and a message is heard, without a wish.
        await publish(rig, LIVE, "第三版。\n")
        await until(lambda: window.step(StepId.AGREEMENT) is StepState.CURRENT)
        account = window.state.account.account
        assert account is not None
        await tell(rig, account.id, InboxKind.APPLICATION_RECEIVED)
        await until(lambda: [one.kind for one in window.state.inbox.arrived] == [InboxKind.APPLICATION_RECEIVED])
        window.desk.wish(w.MarkRead())
        await until(lambda: window.state.inbox.unread == 0)

    play_window(tmp_path, scene)


async def opened(rig: Rig, folder: Path, is_done: Callable[[DeskState], bool]) -> Window:
    """Another window of the same person, on this or on another machine."""
    window = Window(rig, folder)
    await window.sign_in()
    window.desk.wish(w.LoadApplication())
    await until(lambda: is_done(window.state))
    return window


def test_a_person_applies_mends_and_is_approved(tmp_path: Path) -> None:
    async def scene(rig: Rig, window: Window) -> None:
        await window.sign_in()
        window.desk.wish(w.ReadDocument(LIVE))
        await until(lambda: bool(one := window.state.documents.opened) and one.needs_acceptance)
        window.desk.wish(w.AcceptDocument(read_s=30, was_shown_to_end=True))
        await until(lambda: window.step(StepId.IDENTITY) is StepState.CURRENT)
        window.desk.wish(w.LoadIdentity())
        await until(lambda: window.state.identity.identity is not None)
        # The number of the anchor that a demo platform has from its start.
        window.desk.wish(w.CheckIdentity("张小明", "110000199003070028"))
        await until(lambda: window.state.identity.faults == {IdentityField.NUMBER: "error.identity_taken"})
        window.desk.wish(w.CheckIdentity("张小明", number_for(NEW_PHONE)))
        await until(lambda: window.step(StepId.APPLICATION) is StepState.CURRENT)
        await until(lambda: window.state.identity.checked_number == 1)
        window.desk.wish(w.LoadApplication())
        window.desk.wish(w.BeginApplication(ApplicationKind.FIRST))
        await until(lambda: window.state.application.application is not None)
        window.desk.wish(w.EditApplication(FORM))
        await until(lambda: window.state.application.save is SaveStatus.SAVED)
        window.desk.wish(w.SubmitApplication())
        await until(lambda: window.step(StepId.REVIEW) is StepState.WAITING)
        await until(lambda: any(one.kind is InboxKind.APPLICATION_RECEIVED for one in window.state.inbox.arrived))
        sent = window.state.application.application
        assert sent is not None

        operator = await asyncio.to_thread(operator_on, rig)
        await decide(rig, lambda tx: review.assign(tx, operator, sent.id, operator.account_id))
        reasons = {FormField.INTRODUCTION: "请写明年限"}
        await decide(rig, lambda tx: review.return_(tx, operator, sent.id, sent.revision, reasons, "请补充"))
        await until(lambda: bool(window.state.application.application and window.state.application.application.reasons))
        mended = FORM.model_copy(update={"introduction": FORM.introduction + "从业八年。"})
        window.desk.wish(w.EditApplication(mended))
        window.desk.wish(w.SubmitApplication())
        await until(
            lambda: bool(one := window.state.application.application) and one.state is ApplicationState.SUBMITTED
        )
        again = window.state.application.application
        assert again is not None
        await decide(rig, lambda tx: review.assign(tx, operator, sent.id, operator.account_id))
        cipher = rig.service.services.cipher
        await decide(rig, lambda tx: review.approve(tx, operator, cipher, sent.id, again.revision, "欢迎"))
        await until(lambda: bool(window.state.account.account and window.state.account.account.scopes))
        await until(lambda: window.step(StepId.FACE) is StepState.CURRENT)
        window.desk.wish(w.AskFaceCheck(FaceMethod.LIVE_CALL))
        await until(lambda: window.step(StepId.FACE) is StepState.WAITING)
        await until(lambda: window.state.identity.face is not None)
        check = window.state.identity.face
        assert check is not None
        second = await asyncio.to_thread(another_operator, rig)
        at = rig.service.services.clock.utc() + timedelta(hours=1)
        for work in (
            lambda tx: face.appoint(tx, operator, check.id, 0, at, FaceMethod.LIVE_CALL, "请保持电话畅通"),
            lambda tx: face.note(tx, operator, cipher, check.id, 1, FaceMethod.LIVE_CALL, "视频通话，本人持证且一致"),
            lambda tx: face.propose(tx, operator, cipher, check.id, 2),
            lambda tx: face.confirm(tx, second, cipher, check.id, 3),
        ):
            await decide(rig, work)
        await until(lambda: window.step(StepId.FACE) is StepState.DONE)
        await until(lambda: bool(one := window.state.onboarding.onboarding) and one.may_broadcast)

    play_window(tmp_path, scene)


@pytest.mark.slow
def test_two_machines_meet_in_a_conflict_and_a_killed_window_finds_its_words(tmp_path: Path) -> None:
    async def scene(rig: Rig, window: Window) -> None:
        await window.sign_in()
        window.desk.wish(w.BeginApplication(ApplicationKind.FIRST))
        await until(lambda: window.state.application.application is not None)
        other = await opened(rig, tmp_path / "other", lambda state: state.application.phase is LoadPhase.READY)
        window.desk.wish(w.EditApplication(FORM))
        await until(lambda: window.state.application.save is SaveStatus.SAVED)
        other.desk.wish(w.EditApplication(FORM.model_copy(update={"introduction": "另一台电脑上写的"})))
        await until(lambda: other.state.application.conflict is not None)
        await asyncio.sleep(0.5)  # what a power cut leaves
        again = await opened(rig, tmp_path / "other", lambda state: state.application.conflict is not None)
        assert again.state.application.form.introduction == "另一台电脑上写的"
        again.desk.wish(w.KeepDraft(True))
        await until(lambda: again.state.application.save is SaveStatus.SAVED)
        window.desk.wish(w.LoadApplication())
        await until(lambda: window.state.application.form.introduction == "另一台电脑上写的")
        for one in (other, again):
            await one.desk.close()

    play_window(tmp_path, scene)


def operator_on(rig: Rig) -> Person:
    """The operator of the first start, with a second factor."""
    services, client = rig.service.services, rig.service.client
    first = services.first_operator
    [code, *_] = rig.service.run(enrol(services, first.name))
    body = {"name": first.name, "password": first.password, "device_name": "desk", "otp": code}
    pair = client.post("/api/v1/auth/operator", json=body).json()
    return Person(pair["account"]["id"], pair["device_id"], frozenset({Role.OPERATOR}), True)


def another_operator(rig: Rig) -> Person:
    cipher = rig.service.services.cipher
    found: Person = write(rig, lambda tx: second_operator(tx, cipher))
    return found


async def decide(rig: Rig, work: Any) -> None:
    """As the operator's page does it."""
    await asyncio.to_thread(write, rig, work)
