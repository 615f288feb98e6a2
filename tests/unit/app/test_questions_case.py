"""Questions on the desk: what is told, what is done, and that the engine's card is that of what is on screen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.contract import events
from app.contract.questions import QuestionItem
from app.domain.room.questions import QuestionState
from app.errors import PlatformError
from app.ports import engine as port
from app.usecases import room_wishes as w
from app.usecases.questions_state import QuestionsDesk
from app.usecases.scope import RETRY_S
from app.usecases.way_state import LoadPhase
from app.usecases.wishes import EndLive, SignOut
from tests.unit.app.rig import Rig, pass_s, play, play_timed, settle

CARDS = (port.ShowCard, port.HideCard)


async def entered(rig: Rig, *texts: str) -> list[str]:
    """On air in a room where this was asked; the ids."""
    ids = [rig.platform.ask(text).id for text in texts]
    await rig.on_air()
    await hello(rig)
    rig.engine.commands.clear()
    return ids


async def hello(rig: Rig) -> None:
    rig.fact(events.HelloAck(last_seq=0, state="live", viewers=1, role="owner"), "hello.ack")
    await settle()


def desk(rig: Rig) -> QuestionsDesk:
    return rig.desk.state.questions


def told(rig: Rig, item: QuestionItem, **changes: Any) -> None:
    """The service tells a question."""
    fields = {
        "id": item.id, "author_id": item.author_id, "author_name": item.author_name, "text": item.text,
        "seconds": item.seconds, "state": item.state.value, "rev": item.rev, "asked_ms": 5, **changes,
    }  # fmt: skip
    rig.fact(events.QuestionChanged(**fields), "question.changed", seq=1)


def cards(rig: Rig) -> list[str]:
    """What the engine was told of the card: its text, or nothing."""
    found = [command for command in rig.engine.commands if isinstance(command, CARDS)]
    return [one.text if isinstance(one, port.ShowCard) else "" for one in found]


def shown(rig: Rig) -> list[tuple[str, str]]:
    return [(one.text, one.state.value) for one in desk(rig).items]


def test_questions_are_loaded_with_the_room_and_follow_what_is_told() -> None:
    async def scene(rig: Rig) -> None:
        [first] = await entered(rig, "一")
        assert (desk(rig).phase, desk(rig).session_id, shown(rig)) == (LoadPhase.READY, "s1", [("一", "asked")])
        second = rig.platform.ask("二", seconds=3)
        told(rig, second)
        assert shown(rig) == [("二", "asked"), ("一", "asked")]
        counts = [events.QuestionSeconds(first, 9, 5), events.QuestionSeconds("gone", 1, 2)]
        rig.fact(events.QuestionsSeconded(counts), "question.seconded")
        assert [(one.text, one.seconds) for one in desk(rig).items] == [("一", 9), ("二", 3)]
        rig.fact(events.QuestionsSeconded([events.QuestionSeconds(first, 8, 4)]), "question.seconded")
        assert desk(rig).items[0].seconds == 9, "an older count"
        assert desk(rig).open_count == 2

    play(scene)


def test_what_is_shown_has_its_card_until_it_was_answered() -> None:
    async def scene(rig: Rig) -> None:
        first, second = await entered(rig, "一", "二")
        await rig.do(w.ShowQuestion(first))
        on_screen = desk(rig).on_screen
        assert on_screen is not None and on_screen.id == first
        card = rig.engine.sent(port.ShowCard)[0]
        assert (card.name, card.text) == ("小苗", "一")
        assert "一" not in repr(card)
        await rig.do(w.ShowQuestion(second))
        assert shown(rig) == [("二", "on_screen"), ("一", "asked")]
        await rig.do(w.AnswerQuestion(second))
        assert cards(rig) == ["一", "二", ""]
        assert shown(rig) == [("一", "asked"), ("二", "answered")]

    play(scene)


@pytest.mark.parametrize("wish", [w.HideQuestion, w.DeleteQuestion])
def test_a_card_is_taken_away_with_its_question(wish: type[w.HideQuestion | w.DeleteQuestion]) -> None:
    async def scene(rig: Rig) -> None:
        [one] = await entered(rig, "一")
        await rig.do(w.ShowQuestion(one), wish(one), wish(one))
        assert cards(rig) == ["一", ""]
        assert shown(rig) == ([("一", "asked")] if wish is w.HideQuestion else [])

    play(scene)


def test_whoever_puts_it_on_screen_the_engine_shows_it() -> None:
    async def scene(rig: Rig) -> None:
        await entered(rig, "一")
        item = desk(rig).items[0]
        told(rig, item, state="on_screen", rev=2)
        await settle()
        told(rig, item, state="hidden", text="", author_name="", rev=3)
        await settle()
        assert cards(rig) == ["一", ""]
        told(rig, item, state="on_screen", rev=2)
        await settle()
        assert (cards(rig), shown(rig)) == (["一", ""], []), "older than what is known"

    play(scene)


def test_a_new_engine_is_given_the_card_again() -> None:
    async def scene(rig: Rig) -> None:
        [one] = await entered(rig, "一")
        await rig.do(w.ShowQuestion(one))
        rig.engine.on_link(False)
        rig.engine.commands.clear()
        rig.engine.attach(port.PublishStatus.ON_AIR)
        await settle()
        assert cards(rig) == ["一"]
        await rig.do(w.HideQuestion(one))
        rig.engine.commands.clear()
        rig.engine.attach(port.PublishStatus.ON_AIR)
        await settle()
        assert cards(rig) == [""]

    play(scene)


def test_while_nothing_is_known_of_the_room_the_card_stays_as_it_is() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.ask("一")
        await rig.on_air()
        rig.platform.hold["questions"] = asyncio.Event()
        await hello(rig)
        rig.engine.commands.clear()
        rig.engine.attach(port.PublishStatus.ON_AIR)
        await settle()
        assert (desk(rig).phase, cards(rig)) == (LoadPhase.LOADING, [])
        rig.platform.hold["questions"].set()
        await settle()
        assert cards(rig) == [""]

    play(scene)


def test_what_is_told_while_the_list_is_on_its_way_counts_more() -> None:
    async def scene(rig: Rig) -> None:
        item = rig.platform.ask("一")
        await rig.on_air()
        rig.platform.hold["questions"] = asyncio.Event()
        await hello(rig)
        told(rig, item, state="on_screen", rev=2)
        told(rig, rig.platform.ask("二"))
        assert cards(rig)[-1:] != ["一"]
        rig.platform.hold["questions"].set()
        await settle()
        assert shown(rig) == [("一", "on_screen"), ("二", "asked")]
        assert cards(rig)[-1] == "一"

    play(scene)


def test_the_card_goes_with_the_session() -> None:
    async def scene(rig: Rig) -> None:
        [one] = await entered(rig, "一")
        await rig.do(w.ShowQuestion(one))
        rig.fact(events.SessionChanged(state="interrupted"), "session.changed")
        await settle()
        assert cards(rig) == ["一"]
        rig.fact(events.SessionChanged(state="ended", reason="anchor"), "session.changed")
        await settle()
        assert cards(rig) == ["一", ""]

    play(scene)


@pytest.mark.parametrize("wish", [EndLive(), SignOut()])
def test_the_card_goes_with_the_broadcast_and_the_person(wish: EndLive | SignOut) -> None:
    async def scene(rig: Rig) -> None:
        [one] = await entered(rig, "一")
        await rig.do(w.ShowQuestion(one))
        rig.desk.wish(wish)
        for _ in range(5):
            await settle()
            if rig.engine.sent(port.StopPublish):
                rig.engine.publish(port.PublishStatus.IDLE)
        assert cards(rig)[-1] == ""
        if isinstance(wish, SignOut):
            assert desk(rig) == QuestionsDesk()

    play(scene)


def test_a_refusal_is_told_until_the_next_act_and_nothing_is_shown() -> None:
    async def scene(rig: Rig) -> None:
        [one] = await entered(rig, "一")
        rig.platform.fail["act_on_question"] = PlatformError("state_conflict", retryable=False)
        await rig.do(w.ShowQuestion(one))
        trouble = desk(rig).trouble
        assert trouble is not None and trouble.code == "state_conflict"
        assert (cards(rig), desk(rig).busy) == ([], frozenset())
        del rig.platform.fail["act_on_question"]
        await rig.do(w.ShowQuestion(one))
        assert (cards(rig), desk(rig).trouble) == (["一"], None)
        rig.engine.refuse[port.HideCard] = "bug"
        await rig.do(w.HideQuestion(one))
        trouble = desk(rig).trouble
        assert trouble is not None and trouble.code == "bug"

    play(scene)


def test_the_same_act_is_asked_for_once_while_it_is_under_way() -> None:
    async def scene(rig: Rig) -> None:
        [one] = await entered(rig, "一")
        rig.platform.hold["act_on_question"] = asyncio.Event()
        await rig.do(w.ShowQuestion(one), w.ShowQuestion(one))
        assert (rig.platform.calls.count("act_on_question"), desk(rig).busy) == (1, {one})
        rig.platform.hold["act_on_question"].set()
        await settle()
        on_screen = desk(rig).on_screen
        assert on_screen is not None and on_screen.state is QuestionState.ON_SCREEN

    play(scene)


def test_what_could_not_be_loaded_comes_by_itself() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.ask("一")
        rig.platform.fail["questions"] = PlatformError("platform_timeout")
        await rig.on_air()
        await hello(rig)
        assert desk(rig).phase is LoadPhase.FAILED
        del rig.platform.fail["questions"]
        await pass_s(RETRY_S + 2)
        assert (desk(rig).phase, shown(rig), desk(rig).trouble) == (LoadPhase.READY, [("一", "asked")], None)
        before = rig.platform.calls.count("questions")
        rig.platform.fail["questions"] = PlatformError("forbidden", retryable=False)
        await hello(rig)
        await pass_s(4 * RETRY_S)
        assert rig.platform.calls.count("questions") == before + 1, "it would be refused again"

    play_timed(scene)


def test_what_could_not_be_loaded_is_asked_for_again() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.ask("一")
        rig.platform.fail["questions"] = PlatformError("platform_unreachable")
        await entered(rig)
        trouble = desk(rig).trouble
        assert trouble is not None and trouble.code == "platform_unreachable"
        assert desk(rig).phase is LoadPhase.FAILED
        del rig.platform.fail["questions"]
        await rig.do(w.LoadQuestions())
        assert (desk(rig).phase, shown(rig), desk(rig).trouble) == (LoadPhase.READY, [("一", "asked")], None)
        rig.platform.fail["questions"] = PlatformError("platform_unreachable")
        await rig.do(w.LoadQuestions())
        assert (desk(rig).phase, len(desk(rig).items)) == (LoadPhase.READY, 1), "what was loaded stays to be seen"

    play(scene)
