"""The way to air as a whole: what is loaded when, for whom, and what ends with a sign-in."""

from __future__ import annotations

import asyncio

import pytest

from app.contract import events
from app.contract.applications import ApplicationForm
from app.contract.inbox import InboxKind
from app.contract.rest import Category, Role
from app.domain.documents.model import DocumentKind
from app.domain.onboarding import StepId, StepState
from app.errors import PlatformError
from app.usecases import wishes as w
from app.usecases.state import AccountPhase, BroadcastPhase, DeskState
from app.usecases.way_state import ApplicationDesk, DocumentsState, InboxState, LoadPhase, OnboardingState
from tests.unit.app.fake_way import person
from tests.unit.app.rig import Rig, pass_s, play, play_timed, settle

TEXT = "## 一、总则\n\n1. 先读后播。\n"


def steps(state: DeskState) -> dict[StepId, StepState]:
    assert state.onboarding.onboarding is not None
    return {step.id: step.state for step in state.onboarding.onboarding.steps}


def calls_of(rig: Rig, name: str) -> int:
    return rig.platform.calls.count(name)


def test_after_a_sign_in_steps_and_messages_are_there_and_change_as_the_service_says() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.publish(DocumentKind.LIVE_AGREEMENT, TEXT)
        rig.platform.people["b"], rig.platform.who = person("b"), "b"
        rig.platform.tell(InboxKind.DOCUMENT_PUBLISHED)
        await rig.signed_in()
        state = rig.desk.state
        assert steps(state)[StepId.AGREEMENT] is StepState.CURRENT
        assert (state.inbox.phase, state.inbox.unread) == (LoadPhase.READY, 1)
        assert state.documents.phase is LoadPhase.IDLE, "nobody looked at them"
        # Roles and scopes become true without a new sign-in.
        account = rig.platform.mine.account
        changes = {"roles": [Role.VIEWER, Role.ANCHOR], "scopes": [Category.JOB_SEARCH]}
        rig.platform.mine.account = account.model_copy(update=changes)
        await rig.changed("account")
        assert rig.desk.state.account.account == rig.platform.mine.account

    play(scene)


def test_a_burst_of_changes_is_two_loads_and_the_second_sees_the_last_one() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        before = calls_of(rig, "inbox")
        rig.platform.hold["inbox"] = asyncio.Event()
        for _ in range(20):
            await rig.changed("inbox")
        rig.platform.tell(InboxKind.APPLICATION_RECEIVED)
        await rig.changed("inbox")
        rig.platform.hold.pop("inbox").set()
        await settle()
        assert calls_of(rig, "inbox") == before + 2
        assert rig.desk.state.inbox.unread == 1

    play(scene)


@pytest.mark.parametrize("concern", ["application", "documents", "account", "inbox", "of_a_newer_service"])
def test_every_concern_is_heard(concern: str) -> None:
    part = {"application": "applications", "of_a_newer_service": "onboarding"}.get(concern, concern)

    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        before = calls_of(rig, part)
        await rig.changed(concern)
        assert calls_of(rig, part) == before + 1

    play(scene)


def test_while_the_room_is_away_everything_is_asked_from_time_to_time_and_at_its_return_at_once() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        quiet = calls_of(rig, "inbox")
        await pass_s(100)
        assert calls_of(rig, "inbox") == quiet, "the room tells"
        rig.platform.on_personal_link(False)
        await pass_s(95)
        assert calls_of(rig, "inbox") == quiet + 3
        rig.platform.tell(InboxKind.APPLICATION_RECEIVED)
        rig.platform.on_personal_link(True)
        await settle()
        assert rig.desk.state.inbox.unread == 1

    play_timed(scene)


def test_a_service_without_such_a_room_is_asked_and_a_lost_sign_in_is_told() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.on_personal_refused("not_found")
        before = calls_of(rig, "onboarding")
        await pass_s(31)
        assert calls_of(rig, "onboarding") == before + 1
        assert rig.desk.state.account.phase is AccountPhase.SIGNED_IN
        rig.platform.on_personal_refused("device_ended")
        await settle()
        trouble = rig.desk.state.account.trouble
        assert (rig.desk.state.account.phase, trouble and trouble.code) == (AccountPhase.SIGNED_OUT, "device_ended")

    play_timed(scene)


def test_what_cannot_be_loaded_says_why_and_what_is_shown_stays() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.fail["onboarding"] = PlatformError("platform_unreachable")
        await rig.signed_in()
        onboarding = rig.desk.state.onboarding
        assert (onboarding.phase, onboarding.trouble and onboarding.trouble.action) == (LoadPhase.FAILED, "retry")
        rig.platform.fail.clear()
        await rig.do(w.RefreshOnboarding())
        assert rig.desk.state.onboarding.phase is LoadPhase.READY
        rig.platform.fail["onboarding"] = PlatformError("platform_timeout")
        await rig.do(w.RefreshOnboarding())
        onboarding = rig.desk.state.onboarding
        assert onboarding.onboarding is not None
        assert (onboarding.phase, onboarding.trouble and onboarding.trouble.code) == (
            LoadPhase.READY, "platform_timeout",
        )  # fmt: skip

    play(scene)


# ---- whose -----------------------------------------------------------------------------------------


def is_empty(state: DeskState) -> bool:
    desk = ApplicationDesk(form_number=state.application.form_number)
    found = (state.onboarding, state.documents, state.inbox, state.application)
    return found == (OnboardingState(), DocumentsState(), InboxState(), desk)


async def looked_around(rig: Rig) -> None:
    rig.platform.publish(DocumentKind.LIVE_AGREEMENT, TEXT)
    rig.platform.tell(InboxKind.APPLICATION_RECEIVED)
    await rig.signed_in()
    await rig.do(w.ReadDocument(DocumentKind.LIVE_AGREEMENT), w.LoadApplication())
    await rig.do(w.EditApplication(ApplicationForm(introduction="只有我看得到", contact_phone="13900001234")))
    await settle()
    assert not is_empty(rig.desk.state)
    assert "13900001234" not in repr(rig.desk.state)


def test_signing_out_empties_all_of_it_and_the_room_is_left() -> None:
    async def scene(rig: Rig) -> None:
        await looked_around(rig)
        room = rig.platform.personal
        await rig.do(w.SignOut())
        assert is_empty(rig.desk.state)
        assert room is not None
        assert room.is_closed

    play(scene)


def test_an_answer_that_comes_after_the_sign_out_is_not_shown() -> None:
    async def scene(rig: Rig) -> None:
        await looked_around(rig)
        rig.platform.hold["inbox"] = rig.platform.hold["application"] = held = asyncio.Event()
        await rig.do(w.LoadInbox(), w.LoadApplication(), w.SignOut())
        rig.platform.hold.clear()
        seen: list[DeskState] = []
        rig.desk.subscribe(seen.append)
        rig.platform.people["b"], rig.platform.who = person("b"), "b"
        await rig.do(w.AskCode("13800138000"), w.SignIn("13800138000", "246810"))
        held.set()
        await settle()
        state = rig.desk.state
        assert state.account.account is not None
        assert (state.account.account.id, state.inbox.unread, state.application.form) == ("b", 0, ApplicationForm())
        assert not any(one.inbox.messages or one.application.application for one in seen), "not for a moment either"

    play(scene)


def test_another_person_on_a_new_way_sees_nothing_of_the_one_before() -> None:
    async def scene(rig: Rig) -> None:
        await looked_around(rig)
        rig.platform.people["b"], rig.platform.who = person("b"), "b"
        await rig.do(w.ConnectPlatform("127.0.0.1:2"))
        state = rig.desk.state
        assert state.account.account is not None
        assert (state.account.account.id, state.inbox.messages, state.documents.opened) == ("b", (), None)
        assert state.application.form == ApplicationForm()
        assert len(rig.drafts.kept) == 1, "what was typed lies here still, for who typed it"

    play_timed(scene)


def test_the_same_person_on_a_new_way_goes_on() -> None:
    async def scene(rig: Rig) -> None:
        await looked_around(rig)
        first = rig.platform.personal
        await rig.do(w.ConnectPlatform("127.0.0.1:1"))
        assert rig.platform.personal is not first
        assert rig.desk.state.application.form.introduction == "只有我看得到"
        assert rig.desk.state.documents.opened is not None

    play(scene)


def test_forgetting_the_platform_empties_all_of_it() -> None:
    async def scene(rig: Rig) -> None:
        await looked_around(rig)
        await rig.do(w.ForgetPlatform())
        assert is_empty(rig.desk.state)

    play(scene)


def test_closing_leaves_the_room_and_writes_the_draft() -> None:
    async def scene(rig: Rig) -> None:
        await looked_around(rig)
        rig.drafts.kept.clear()
        await rig.do(w.EditApplication(ApplicationForm(introduction="最后一句")))
        assert not rig.drafts.kept, "it would be written in a moment"
        await rig.desk.close()
        assert [draft.form.introduction for draft in rig.drafts.kept.values()] == ["最后一句"]

    play_timed(scene)


# ---- going live ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "action"), [
    ("agreement_missing", "read_agreement"), ("agreement_outdated", "read_agreement"),
    ("agreement_unpublished", "prepare"), ("not_an_anchor", "prepare"), ("out_of_scope", "change_scope"),
])  # fmt: skip
def test_a_gate_that_is_closed_says_what_to_do(code: str, action: str) -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.fail["create_session"] = PlatformError(code, retryable=False)
        await rig.do(w.GoLive("写好简历", Category.JOB_SEARCH))
        broadcast = rig.desk.state.broadcast
        assert broadcast.phase is BroadcastPhase.OFF
        assert broadcast.trouble is not None
        assert (broadcast.trouble.code, broadcast.trouble.action) == (code, action)

    play(scene)


@pytest.mark.parametrize("is_message_first", [True, False])
@pytest.mark.parametrize("fact", [
    (events.SessionChanged(state="ended", reason="cut_off"), "session.changed", "cut_off"),
    (events.KeyRevoked(key_id="id1", cause="cut_off"), "key.revoked", "key_cut_off"),
])  # fmt: skip
def test_who_is_cut_off_is_told_why(fact: tuple[object, str, str], is_message_first: bool) -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        body, kind, code = fact
        rig.platform.tell(InboxKind.SESSION_CUT_OFF, "another", comment="上一场的")
        await rig.changed("inbox")
        if is_message_first:
            rig.platform.tell(InboxKind.SESSION_CUT_OFF, "s1", comment="画面与主题无关")
            await rig.changed("inbox")
        rig.fact(body, kind, seq=2)
        await settle()
        if not is_message_first:
            assert rig.desk.state.broadcast.trouble == type(rig.desk.state.broadcast.trouble)(code)
            rig.platform.tell(InboxKind.SESSION_CUT_OFF, "s1", comment="画面与主题无关")
            await rig.changed("inbox")
        trouble = rig.desk.state.broadcast.trouble
        assert trouble is not None
        assert (trouble.code, trouble.detail) == (code, {"reason": "画面与主题无关"})

    play(scene)
