"""What is said in a room goes to the store together: in order, each with its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from app.contract.errors import ErrorCode
from app.contract.events import ChatAck
from app.contract.rest import Role
from server.errors import Attempt, Refusal
from server.gate import Person
from server.rooms import posting
from server.rooms.chat import Wish
from server.rooms.coalesce import TICK_S
from server.rooms.posting import Posting

AUTHOR = Person("a", "d", frozenset({Role.VIEWER}))


class Writes:
    """A store that keeps what it was asked to write, and fails when it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.attempts: list[Refusal] = []
        self.fault: Exception | None = None

    async def write(self, work: Callable[[Any], Any]) -> Any:
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        return work(self)

    def on_attempt(self, tx: Any, refusal: Refusal) -> None:
        self.attempts.append(refusal)


def posted(tx: Any, session_id: str, wishes: list[Wish]) -> list[ChatAck | Refusal]:
    tx.batches.append([wish.text for wish in wishes])
    outcomes: list[ChatAck | Refusal] = []
    for wish in wishes:
        if wish.text == "rude":
            refusal = Refusal(ErrorCode.FORBIDDEN)
            refusal.attempt = Attempt("a", "chat", session_id)
            outcomes.append(refusal)
        else:
            outcomes.append(ChatAck(request_id=wish.request_id, message_id=f"m-{wish.text}", seq=1))
    return outcomes


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "post_messages", posted)


def on_loop(scene: Callable[[Posting, Writes], Coroutine[Any, Any, None]]) -> None:
    async def play() -> None:
        writes: Any = Writes()
        await scene(Posting(writes), writes)

    asyncio.run(play())


def wish(text: str) -> Wish:
    return Wish(AUTHOR, f"r-{text}", text)


def test_what_comes_while_another_is_written_goes_together_and_in_order() -> None:
    async def scene(line: Posting, writes: Writes) -> None:
        first = line.post("r", wish("1"))
        await first
        rest = [line.post("r", wish(str(number))) for number in range(2, 6)]
        elsewhere = line.post("other", wish("x"))
        assert [(await one).message_id for one in (*rest, elsewhere)] == ["m-2", "m-3", "m-4", "m-5", "m-x"]
        assert writes.batches == [["1"], ["x"], ["2", "3", "4", "5"]]

    on_loop(scene)


def test_a_refusal_is_for_its_own_message_only_and_is_written_down() -> None:
    async def scene(line: Posting, writes: Writes) -> None:
        good, rude, better = (line.post("r", wish(text)) for text in ("good", "rude", "better"))
        await line.settle("r")
        assert [good.result().message_id, better.result().message_id] == ["m-good", "m-better"]
        with pytest.raises(Refusal):
            rude.result()
        assert [one.attempt.actor_id for one in writes.attempts if one.attempt] == ["a"]

    on_loop(scene)


def test_when_the_store_fails_everybody_hears_of_it_and_the_next_is_written() -> None:
    async def scene(line: Posting, writes: Writes) -> None:
        writes.fault = Refusal(ErrorCode.RATE_LIMITED)
        tickets = [line.post("r", wish(text)) for text in "12"]
        await asyncio.wait(tickets)
        assert all(isinstance(one.exception(), Refusal) for one in tickets)
        writes.fault = None
        assert (await line.post("r", wish("3"))).message_id == "m-3"

    on_loop(scene)


def test_too_many_who_wait_are_asked_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "MAX_WAITING", 2)

    async def scene(line: Posting, writes: Writes) -> None:
        tickets = [line.post("r", wish(text)) for text in "12"]
        with pytest.raises(Refusal):
            line.post("r", wish("3"))
        await asyncio.gather(*tickets)

    on_loop(scene)


def test_rooms_that_are_quiet_are_forgotten() -> None:
    async def scene(line: Posting, writes: Writes) -> None:
        await line.settle("nobody spoke here")
        await line.post("r", wish("1"))
        await asyncio.sleep(TICK_S)
        await line.post("s", wish("2"))
        assert list(line._lines) == ["s"]

    on_loop(scene)
