from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.contract import events
from app.contract.room import ActionKind, ModerationWish
from app.domain.room.restrictions import Length
from app.errors import PlatformError
from app.usecases import room_wishes as w
from app.usecases.moderation import AUDIENCE_S
from app.usecases.moderation_state import ModerationDesk
from app.usecases.scope import RETRY_S
from app.usecases.way_state import LoadPhase
from app.usecases.wishes import SignOut
from tests.unit.app.rig import Rig, pass_s, play, play_timed, settle

MUTE = ModerationWish(action=ActionKind.MUTE, account_id="v1", length=Length.TEN_MINUTES)


async def entered(rig: Rig) -> None:
    await rig.on_air()
    rig.fact(events.HelloAck(last_seq=0, state="live", viewers=1, role="owner"), "hello.ack")
    await settle()
    rig.platform.calls.clear()


def desk(rig: Rig) -> ModerationDesk:
    return rig.desk.state.moderation


def acted(rig: Rig) -> None:
    rig.fact(events.ModActed(action_id="x"), "mod.acted")


def test_the_room_is_known_once_the_service_says_that_it_is_mine() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        assert desk(rig).room is None
        rig.fact(events.HelloAck(last_seq=0, state="live", viewers=1, role="owner"), "hello.ack")
        await settle()
        found = desk(rig).room
        assert found is not None and found.role == "owner"
        assert desk(rig).session_id == "s1"

    play(scene)


def test_a_room_that_could_not_be_loaded_is_asked_for_again_and_its_trouble_told_once() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.platform.fail["my_room"] = PlatformError("platform_timeout")
        rig.fact(events.HelloAck(last_seq=0, state="live", viewers=1, role="owner"), "hello.ack")
        await settle()
        assert desk(rig).room is None and desk(rig).trouble is not None
        await rig.do(w.DismissAct())
        await pass_s(2 * RETRY_S)
        assert rig.platform.calls.count("my_room") >= 2 and desk(rig).trouble is None, "it was read"
        del rig.platform.fail["my_room"]
        await pass_s(RETRY_S + 2)
        assert desk(rig).room is not None
        before = rig.platform.calls.count("my_room")
        await pass_s(4 * RETRY_S)
        assert rig.platform.calls.count("my_room") == before, "once it is there it is told"

    play_timed(scene)


def test_the_trouble_of_a_room_goes_when_it_is_there() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.platform.fail["my_room"] = PlatformError("platform_timeout")
        rig.fact(events.HelloAck(last_seq=0, state="live", viewers=1, role="owner"), "hello.ack")
        await settle()
        del rig.platform.fail["my_room"]
        rules = events.RoomRulesChanged(slow_s=5, followers_only=False, is_paused=False, is_shielded=False)
        rig.fact(rules, "room.rules")
        await settle()
        assert desk(rig).room is not None and desk(rig).trouble is None

    play_timed(scene)


def test_nobody_asks_for_a_room_that_they_do_not_moderate() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.platform.calls.clear()
        rig.fact(events.HelloAck(last_seq=0, state="live", viewers=1), "hello.ack")
        await settle()
        assert "my_room" not in rig.platform.calls

    play(scene)


def test_an_act_is_done_once_told_and_taken_back() -> None:
    async def scene(rig: Rig) -> None:
        await entered(rig)
        await rig.do(w.Moderate(MUTE, "k1"), w.Moderate(MUTE, "k1"))
        done = desk(rig).done
        assert done is not None and done.action.target_name == "小苗"
        assert (len(rig.platform.acts), rig.platform.muted, desk(rig).busy) == (1, {"v1"}, frozenset())
        await rig.do(w.UndoAct(done.action.id))
        assert (desk(rig).done, rig.platform.muted) == (None, set())

    play(scene)


def test_the_same_act_is_asked_for_once_while_it_is_under_way() -> None:
    async def scene(rig: Rig) -> None:
        await entered(rig)
        rig.platform.hold["moderate"] = asyncio.Event()
        await rig.do(w.Moderate(MUTE, "k1"), w.Moderate(MUTE, "k1"))
        assert (rig.platform.calls.count("moderate"), desk(rig).busy) == (1, {"k1"})
        rig.platform.hold["moderate"].set()
        await settle()
        assert desk(rig).busy == frozenset()

    play(scene)


def test_a_refusal_is_told_until_it_is_read_or_the_next_act() -> None:
    async def scene(rig: Rig) -> None:
        await entered(rig)
        rig.platform.fail["moderate"] = PlatformError("forbidden", retryable=False)
        await rig.do(w.Moderate(MUTE, "k1"))
        trouble = desk(rig).trouble
        assert trouble is not None and trouble.code == "forbidden"
        assert (desk(rig).done, desk(rig).busy) == (None, frozenset())
        await rig.do(w.DismissAct())
        assert desk(rig).trouble is None

    play(scene)


def test_the_record_follows_what_is_done_once_it_was_looked_at() -> None:
    async def scene(rig: Rig) -> None:
        await entered(rig)
        await rig.do(w.Moderate(MUTE, "k1"))
        acted(rig)
        await settle()
        assert desk(rig).record == (), "nobody looks at it"
        await rig.do(w.LoadRecord())
        assert [one.kind for one in desk(rig).record] == [ActionKind.MUTE]
        shield = ModerationWish(action=ActionKind.SHIELD_ON)
        await rig.do(w.Moderate(shield, "k2"))
        acted(rig)
        await settle()
        assert [one.kind for one in desk(rig).record] == [ActionKind.SHIELD_ON, ActionKind.MUTE]
        await rig.do(w.LoadRecord((ActionKind.MUTE,)))
        assert [one.kind for one in desk(rig).record] == [ActionKind.MUTE]
        assert desk(rig).record_phase is LoadPhase.READY

    play(scene)


def test_a_card_is_of_the_person_who_was_asked_for_last() -> None:
    async def scene(rig: Rig) -> None:
        await entered(rig)
        rig.platform.hold["room_person"] = asyncio.Event()
        await rig.do(w.OpenPerson("v1"), w.OpenPerson("v2"))
        rig.platform.hold["room_person"].set()
        await settle()
        card = desk(rig).person
        assert card is not None and card.account_id == "v2"
        await rig.do(w.Moderate(MUTE.model_copy(update={"account_id": "v2"}), "k1"))
        acted(rig)
        await settle()
        card = desk(rig).person
        assert card is not None and card.is_muted
        await rig.do(w.OpenPerson(""))
        assert (desk(rig).person, desk(rig).person_id) == (None, "")

    play(scene)


def test_the_audience_is_asked_for_while_it_is_looked_at() -> None:
    async def scene(rig: Rig) -> None:
        await entered(rig)
        await rig.do(w.LoadAudience(True))
        found = desk(rig).audience
        assert found is not None and (found.total, found.visitors) == (5, 3)
        await pass_s(3 * AUDIENCE_S + 1)
        asked = rig.platform.calls.count("audience")
        assert asked >= 3
        await rig.do(w.LoadAudience(False))
        await pass_s(3 * AUDIENCE_S)
        assert rig.platform.calls.count("audience") == asked

    play_timed(scene)


def test_a_message_that_waits_comes_and_goes() -> None:
    async def scene(rig: Rig) -> None:
        await entered(rig)
        held = {
            "held_id": "h1",
            "author_id": "v1",
            "author_name": "小苗",
            "text": "加我",
            "why": "contact",
            "sent_ms": 5,
        }
        rig.fact(events.ChatHeld(**held), "chat.held")  # type: ignore[arg-type]
        rig.fact(events.ChatHeld(**held), "chat.held")  # type: ignore[arg-type]
        assert [(one.id, one.text) for one in desk(rig).held] == [("h1", "加我")]
        rig.fact(events.ChatHeld(**held, state="released"), "chat.held")  # type: ignore[arg-type]
        assert desk(rig).held == ()

    play(scene)


def test_rules_are_those_that_the_service_told_last() -> None:
    async def scene(rig: Rig) -> None:
        await entered(rig)
        rig.platform.rules = rig.platform.rules.model_copy(update={"slow_s": 30})
        rig.platform.is_shielded = True
        changed = events.RoomRulesChanged(slow_s=30, followers_only=True, is_paused=False, is_shielded=True)
        rig.fact(changed, "room.rules")
        room = desk(rig).room
        assert room is not None and (room.rules.slow_s, room.rules.followers_only, room.is_shielded) == (30, True, True)
        await settle()
        room = desk(rig).room
        assert room is not None and not room.rules.followers_only, "what is asked for counts more"

    play(scene)


@pytest.mark.parametrize("is_writable", [True, False])
def test_the_record_is_written_as_it_is_shown(tmp_path: Path, *, is_writable: bool) -> None:
    async def scene(rig: Rig) -> None:
        await entered(rig)
        await rig.do(w.Moderate(MUTE, "k1"), w.Moderate(ModerationWish(action=ActionKind.SHIELD_ON), "k2"))
        await rig.do(w.LoadRecord((ActionKind.MUTE,)))
        path = tmp_path / "record.csv" if is_writable else tmp_path / "gone" / "record.csv"
        await rig.do(w.ExportRecord(str(path)))
        file = desk(rig).file
        assert file is not None and file.is_done and bool(file.reason) is not is_writable
        if is_writable:
            text = path.read_bytes().decode("utf-8-sig")
            assert "mute" in text and "shield_on" not in text

    play(scene)


def test_a_service_that_fails_is_told_and_what_was_seen_stays() -> None:
    async def scene(rig: Rig) -> None:
        await entered(rig)
        rig.platform.fail["room_actions"] = PlatformError("platform_unreachable")
        await rig.do(w.LoadRecord())
        assert desk(rig).record_phase is LoadPhase.FAILED
        await rig.do(w.ExportRecord("/nowhere"))
        file = desk(rig).file
        assert file is not None and file.is_done
        assert file.trouble is not None and file.trouble.code == "platform_unreachable"
        del rig.platform.fail["room_actions"]
        await rig.do(w.Moderate(MUTE, "k1"), w.LoadRecord())
        assert len(desk(rig).record) == 1
        rig.platform.fail["room_actions"] = PlatformError("platform_unreachable")
        acted(rig)
        await settle()
        assert (len(desk(rig).record), desk(rig).record_phase) == (1, LoadPhase.READY)
        rig.platform.fail["my_room"] = PlatformError("platform_unreachable")
        rig.fact(events.RoleChanged(role="owner"), "mod.role")
        await settle()
        assert desk(rig).room is not None

    play(scene)


def test_who_signs_out_leaves_nothing_of_the_room() -> None:
    async def scene(rig: Rig) -> None:
        await entered(rig)
        await rig.do(w.LoadRecord(), w.LoadAudience(True), w.Moderate(MUTE, "k1"), SignOut())
        assert desk(rig) == ModerationDesk()

    play(scene)


def test_an_act_without_a_platform_is_refused_in_words() -> None:
    async def scene(rig: Rig) -> None:
        await entered(rig)
        rig.desk._context.platform = None
        await rig.do(w.Moderate(MUTE, "k1"))
        trouble = desk(rig).trouble
        assert trouble is not None and trouble.code == "platform_unreachable"

    play(scene)
