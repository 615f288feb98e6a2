"""Messages: what is new, older pages, what was read, and what a machine has told of already."""

from __future__ import annotations

import asyncio

from app.contract.inbox import InboxKind
from app.errors import PlatformError
from app.usecases import wishes as w
from app.usecases.way_state import InboxState, LoadPhase
from tests.unit.app.fake_way import person
from tests.unit.app.rig import Rig, kill, play, settle

KIND = InboxKind.APPLICATION_RECEIVED


def inbox(rig: Rig) -> InboxState:
    return rig.desk.state.inbox


def arrived(rig: Rig) -> list[int]:
    return [message.number for message in inbox(rig).arrived]


async def again(rig: Rig) -> Rig:
    await kill()
    other = Rig(settings=rig.settings, platform=rig.platform, drafts=rig.drafts)
    await other.signed_in()
    return other


def test_what_is_there_at_the_first_sign_in_is_no_news_and_what_comes_then_is() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.tell(KIND)
        await rig.signed_in()
        assert (inbox(rig).unread, arrived(rig), inbox(rig).arrived_number) == (1, [], 0)
        rig.platform.tell(KIND)
        rig.platform.tell(KIND)
        await rig.changed("inbox")
        assert (inbox(rig).unread, arrived(rig), inbox(rig).arrived_number) == (3, [3, 2], 1)
        await rig.changed("inbox")
        assert inbox(rig).arrived_number == 1, "nothing came"

    play(scene)


def test_what_came_while_the_window_was_closed_is_told_once_at_its_start() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.tell(KIND)
        await rig.changed("inbox")
        read = rig.platform.tell(KIND)
        await rig.platform.read_inbox(ids=(read.id,))
        rig.platform.tell(KIND)
        rig = await again(rig)
        assert arrived(rig) == [3], "neither what was told before nor what was read elsewhere"
        rig = await again(rig)
        assert arrived(rig) == []

    play(scene)


def test_each_person_of_a_machine_is_told_their_own() -> None:
    async def scene(rig: Rig) -> None:
        for _ in range(3):
            rig.platform.tell(KIND)
        await rig.signed_in()
        await rig.do(w.SignOut())
        rig.platform.people["b"], rig.platform.who = person("b"), "b"
        await rig.do(w.AskCode("13800138000"), w.SignIn("13800138000", "246810"))
        assert inbox(rig).messages == ()
        rig.platform.tell(KIND)
        await rig.changed("inbox")
        assert arrived(rig) == [1]
        assert sorted(rig.settings.kept.inbox_numbers.values()) == [1, 3]

    play(scene)


def test_only_so_many_people_are_remembered() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.tell(KIND)
        await rig.signed_in()
        for number in range(25):
            await rig.do(w.SignOut())
            rig.platform.people[f"p{number}"] = person(f"p{number}")
            rig.platform.who = f"p{number}"
            rig.platform.tell(KIND)
            await rig.do(w.AskCode("13800138000"), w.SignIn("13800138000", "246810"))
        assert len(rig.settings.kept.inbox_numbers) == 20
        assert any(owner.endswith(":p24") for owner in rig.settings.kept.inbox_numbers)

    play(scene)


def test_older_pages_join_without_a_gap() -> None:
    async def scene(rig: Rig) -> None:
        for _ in range(130):
            rig.platform.tell(KIND)
        await rig.signed_in()
        assert (len(inbox(rig).messages), inbox(rig).has_more) == (50, True)
        rig.desk.wish(w.LoadOlderMessages())
        await rig.do(w.LoadOlderMessages())
        assert [one.number for one in inbox(rig).messages] == list(range(130, 30, -1))
        rig.platform.tell(KIND)
        await rig.changed("inbox")
        assert [one.number for one in inbox(rig).messages] == list(range(131, 30, -1))
        await rig.do(w.LoadOlderMessages())
        assert [one.number for one in inbox(rig).messages] == list(range(131, 0, -1))
        assert not inbox(rig).has_more
        # More came than a page holds: what is older is asked for again.
        for _ in range(60):
            rig.platform.tell(KIND)
        await rig.changed("inbox")
        assert [one.number for one in inbox(rig).messages] == list(range(191, 141, -1))
        assert inbox(rig).has_more

    play(scene)


def test_what_is_read_is_shown_so_at_once_and_a_page_from_before_does_not_take_it_back() -> None:
    async def scene(rig: Rig) -> None:
        for _ in range(3):
            rig.platform.tell(KIND)
        await rig.signed_in()
        rig.platform.hold["inbox"] = rig.platform.hold["read_inbox"] = held = asyncio.Event()
        await rig.do(w.LoadInbox(), w.MarkRead(("m2",)))
        assert ([one.id for one in inbox(rig).messages if one.is_read], inbox(rig).unread) == (["m2"], 2)
        rig.platform.hold.clear()
        held.set()
        await settle()
        assert ([one.id for one in inbox(rig).messages if one.is_read], inbox(rig).unread) == (["m2"], 2)
        await rig.do(w.MarkRead())
        assert (inbox(rig).unread, rig.platform._unread()) == (0, 0)
        before = rig.platform.calls.count("read_inbox")
        await rig.do(w.MarkRead(), w.MarkRead(("m2",)), w.MarkRead(("unknown",)))
        assert rig.platform.calls.count("read_inbox") == before

    play(scene)


def test_many_are_marked_in_lots() -> None:
    async def scene(rig: Rig) -> None:
        for _ in range(150):
            rig.platform.tell(KIND)
        await rig.signed_in()
        for _ in range(2):
            await rig.do(w.LoadOlderMessages())
        await rig.do(w.MarkRead(tuple(f"m{number}" for number in range(1, 151))))
        assert (rig.platform._unread(), rig.platform.calls.count("read_inbox")) == (0, 2)

    play(scene)


def test_a_mark_that_the_service_did_not_hear_is_taken_back_and_said() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.tell(KIND)
        await rig.signed_in()
        rig.platform.fail["read_inbox"] = PlatformError("platform_unreachable")
        await rig.do(w.MarkRead())
        state = inbox(rig)
        assert (state.unread, state.messages[0].is_read, state.trouble and state.trouble.code) == (
            1, False, "platform_unreachable",
        )  # fmt: skip
        assert state.phase is LoadPhase.READY

    play(scene)


def test_messages_that_cannot_be_loaded_say_why() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.fail["inbox"] = PlatformError("platform_timeout")
        await rig.signed_in()
        state = inbox(rig)
        assert (state.phase, state.trouble and state.trouble.code) == (LoadPhase.FAILED, "platform_timeout")
        rig.platform.fail.clear()
        await rig.do(w.LoadInbox())
        assert (inbox(rig).phase, inbox(rig).trouble) == (LoadPhase.READY, None)

    play(scene)
