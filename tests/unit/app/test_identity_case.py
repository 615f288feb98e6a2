"""Real name and face check as the desk does them: sent once, told beside the field, nothing personal kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from app.contract.rest import PlatformInfo
from app.domain.face_check import FaceMethod, FaceState
from app.errors import PlatformError
from app.runtime.clock import ManualClock
from app.usecases import wishes as w
from app.usecases.server_clock import ServerClock
from app.usecases.way_state import IdentityDesk, IdentityField, LoadPhase
from tests.unit.app.fake_way import person, refusal
from tests.unit.app.rig import Rig, pass_s, play, play_timed, settle

NAME, NUMBER, OTHER = "欧阳清风", "110000198805120045", "110000199003070028"


def desk(rig: Rig) -> IdentityDesk:
    return rig.desk.state.identity


async def opened(rig: Rig) -> None:
    await rig.signed_in()
    await rig.do(w.LoadIdentity())
    assert desk(rig).phase is LoadPhase.READY


def test_a_name_is_checked_and_comes_back_masked() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        await rig.do(w.CheckIdentity(NAME, NUMBER))
        identity = desk(rig).identity
        assert identity is not None
        assert (identity.name_masked, identity.number_masked[:4]) == ("欧***", "1100")
        assert (desk(rig).checked_number, desk(rig).is_checking) == (1, False)
        for kept in (rig.desk.state, rig.settings.kept, rig.drafts):
            assert NUMBER not in repr(kept)
            assert NAME not in repr(kept)

    play(scene)


def test_a_lost_answer_costs_no_second_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.usecases.identity.REPEAT_S", 0.0)

    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.lose.add("check_identity")
        await rig.do(w.CheckIdentity(NAME, NUMBER))
        await settle()
        assert rig.platform.calls.count("check_identity") == 3
        assert desk(rig).trouble is not None
        rig.platform.lose.clear()
        await rig.do(w.CheckIdentity(NAME, NUMBER))
        identity = desk(rig).identity
        assert identity is not None
        assert (identity.attempts_left, identity.checked_at is not None) == (4, True)

    play(scene)


@pytest.mark.parametrize(
    ("error", "field", "told"),
    [
        (refusal("identity_invalid", field="number", reason="checksum"), "number", "identity.fault.checksum"),
        (refusal("identity_invalid", field="name", reason="name"), "name", "identity.fault.name"),
        (refusal("identity_taken"), "number", "error.identity_taken"),
        (refusal("identity_mismatch"), "number", "error.identity_mismatch"),
        (refusal("identity_underage"), "number", "error.identity_underage"),
    ],
)
def test_what_was_found_stands_at_its_field(error: PlatformError, field: str, told: str) -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.fail["check_identity"] = error
        await rig.do(w.CheckIdentity(NAME, NUMBER))
        assert desk(rig).faults == {IdentityField(field): told}
        assert (desk(rig).trouble, desk(rig).is_checking) == (None, False)
        await rig.changed("identity")
        assert desk(rig).faults == {IdentityField(field): told}, "a load does not take it away"
        del rig.platform.fail["check_identity"]
        await rig.do(w.CheckIdentity(NAME, NUMBER))
        assert desk(rig).faults == {}

    play(scene)


def test_what_belongs_to_no_field_is_a_trouble() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.fail["check_identity"] = refusal("identity_attempts_over")
        await rig.do(w.CheckIdentity(NAME, NUMBER))
        trouble = desk(rig).trouble
        assert trouble is not None
        assert trouble.code == "identity_attempts_over"

    play(scene)


def test_it_is_loaded_anew_when_the_room_says_so_and_gone_with_the_sign_in() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        await rig.do(w.CheckIdentity(NAME, NUMBER), w.AskFaceCheck(FaceMethod.LIVE_CALL))
        face = desk(rig).face
        assert face is not None
        assert face.state is FaceState.REQUESTED
        rig.platform.face_step(FaceState.APPOINTED, "请备好身份证")
        await rig.changed("identity")
        face = desk(rig).face
        assert face is not None
        assert (face.state, face.comment) == (FaceState.APPOINTED, "请备好身份证")
        await rig.do(w.CancelFaceCheck())
        face = desk(rig).face
        assert face is not None
        assert face.state is FaceState.CANCELLED
        await rig.do(w.SignOut())
        assert desk(rig) == IdentityDesk()

    play(scene)


def test_what_cannot_be_taken_back_any_more_is_told() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        await rig.do(w.CheckIdentity(NAME, NUMBER), w.AskFaceCheck(FaceMethod.SECOND_DOCUMENT))
        rig.platform.face_step(FaceState.SECOND_LOOK)
        await rig.do(w.CancelFaceCheck())
        await settle()
        face = desk(rig).face
        assert face is not None
        assert face.state is FaceState.SECOND_LOOK
        rig.platform.fail["ask_face_check"] = refusal("face_check_open")
        await rig.do(w.AskFaceCheck(FaceMethod.LIVE_CALL))
        trouble = desk(rig).trouble
        assert trouble is not None
        assert (trouble.code, desk(rig).is_asking) == ("face_check_open", False)

    play(scene)


def test_a_service_that_is_away_leaves_what_was_shown() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.fail["identity"] = PlatformError("platform_unreachable")
        await rig.do(w.LoadIdentity())
        assert desk(rig).phase is LoadPhase.FAILED
        del rig.platform.fail["identity"]
        await rig.do(w.LoadIdentity())
        assert (desk(rig).phase, desk(rig).trouble) == (LoadPhase.READY, None)
        rig.platform.fail["identity"] = PlatformError("platform_unreachable")
        await rig.do(w.LoadIdentity())
        assert (desk(rig).phase, desk(rig).identity is not None) == (LoadPhase.READY, True)

    play(scene)


def test_the_services_clock_goes_on_whatever_this_machines_says() -> None:
    clock = ManualClock()
    server = ServerClock(clock)
    assert server.now() == clock.utc()
    told = datetime(2030, 1, 1, 15, 59, tzinfo=UTC)
    server.hear(told)
    clock.advance(90)
    assert server.now() == told + timedelta(seconds=90)


def test_another_number_is_another_request() -> None:
    async def scene(rig: Rig) -> None:
        keys: list[str] = []
        real = rig.platform.check_identity

        async def check(name: str, number: str, key: str) -> object:
            keys.append(key)
            return await real(name, number, key)

        rig.platform.check_identity = check  # type: ignore[method-assign, assignment]
        await opened(rig)
        rig.platform.lose.add("check_identity")
        await rig.do(w.CheckIdentity(NAME, NUMBER))
        await pass_s(10)
        assert len(set(keys)) == 1
        await rig.do(w.CheckIdentity(NAME, OTHER))
        await pass_s(10)
        rig.platform.lose.clear()
        await rig.do(w.CheckIdentity(NAME, OTHER))
        assert len(set(keys)) == 2
        await rig.do(w.CheckIdentity(NAME, OTHER))
        assert len(set(keys)) == 3, "what was answered is not asked for again with its key"

    play_timed(scene)


def test_a_face_check_whose_answer_was_lost_is_asked_for_with_the_same_key() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.lose.add("ask_face_check")
        await rig.do(w.AskFaceCheck(FaceMethod.LIVE_CALL))
        trouble = desk(rig).trouble
        assert trouble is not None
        assert (trouble.code, desk(rig).face, desk(rig).is_asking) == ("platform_timeout", None, False)
        rig.platform.lose.clear()
        await rig.do(w.AskFaceCheck(FaceMethod.LIVE_CALL))
        face = desk(rig).face
        assert face is not None
        assert (face.state, desk(rig).trouble) == (FaceState.REQUESTED, None)

    play(scene)


def test_what_was_refused_is_told_until_it_is_tried_again() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        await rig.do(w.CheckIdentity(NAME, NUMBER), w.AskFaceCheck(FaceMethod.LIVE_CALL))
        rig.platform.face_step(FaceState.SECOND_LOOK)
        await rig.do(w.CancelFaceCheck())
        await rig.changed("identity")
        trouble, face = desk(rig).trouble, desk(rig).face
        assert trouble is not None
        assert face is not None
        assert (trouble.code, face.state) == ("state_conflict", FaceState.SECOND_LOOK)
        rig.platform.face_step(FaceState.NOTED)
        rig.platform.face_step(FaceState.REFUSED, "看不清")
        await rig.do(w.AskFaceCheck(FaceMethod.LIVE_CALL))
        assert desk(rig).trouble is None

    play(scene)


def test_one_check_at_a_time() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.hold["check_identity"] = asyncio.Event()
        await rig.do(w.CheckIdentity(NAME, NUMBER), w.CheckIdentity(NAME, NUMBER), w.CheckIdentity(NAME, OTHER))
        assert desk(rig).is_checking
        rig.platform.hold["check_identity"].set()
        await settle()
        assert rig.platform.calls.count("check_identity") == 1
        assert not desk(rig).is_checking

    play(scene)


def test_a_load_that_was_asked_for_before_does_not_undo_what_came_since() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        real, gate = rig.platform.face_check, asyncio.Event()

        async def face_check() -> object:
            found = await real()
            await gate.wait()
            return found

        rig.platform.face_check = face_check  # type: ignore[method-assign, assignment]
        await rig.do(w.LoadIdentity(), w.CheckIdentity(NAME, NUMBER))
        identity = desk(rig).identity
        gate.set()
        await settle()
        assert identity is not None
        assert identity.checked_at is not None
        assert desk(rig).identity == identity

    play(scene)


def test_an_answer_is_not_shown_to_the_next_person() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.hold["check_identity"] = asyncio.Event()
        await rig.do(w.CheckIdentity(NAME, NUMBER), w.SignOut())
        rig.platform.people["b"], rig.platform.who = person("b"), "b"
        await rig.do(w.AskCode("13800138000"), w.SignIn("13800138000", "246810"), w.LoadIdentity())
        rig.platform.hold["check_identity"].set()
        await settle()
        identity = desk(rig).identity
        assert identity is not None
        assert (identity.checked_at, desk(rig).is_checking, desk(rig).checked_number) == (None, False, 0)

    play(scene)


def test_the_day_is_the_services_and_ends_at_its_midnight() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.info = told  # type: ignore[method-assign]
        rig.platform.fail["schedule"] = PlatformError("platform_unreachable")  # would tell the time too
        await opened(rig)
        assert desk(rig).today == date(2030, 1, 1), "whatever year this machine thinks it is"
        rig.platform.mine.identity = rig.platform.mine.identity.model_copy(update={"attempts_left": 3})
        await pass_s(58)
        identity = desk(rig).identity
        assert identity is not None
        assert (desk(rig).today, identity.attempts_left) == (date(2030, 1, 1), 5)
        await pass_s(5)
        identity = desk(rig).identity
        assert identity is not None
        assert (desk(rig).today, identity.attempts_left) == (date(2030, 1, 2), 3)

    async def told() -> PlatformInfo:
        # A minute before midnight in Asia/Shanghai.
        moment = datetime(2030, 1, 1, 15, 59, tzinfo=UTC)
        return PlatformInfo(name="平台", name_en="Platform", is_demo=False, api_version=1, server_time=moment)

    play_timed(scene)


def test_what_an_operator_changes_brings_steps_and_account_too() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.calls.clear()
        await rig.changed("identity")
        assert {"identity", "face_check", "onboarding", "account"} <= set(rig.platform.calls)

    play(scene)


def test_neither_name_nor_number_stands_in_a_repr() -> None:
    wish = w.CheckIdentity(NAME, NUMBER)
    assert NAME not in repr(wish)
    assert NUMBER not in repr(wish)
