"""A followed room: refusals end it or wait, what a newer service tells does not hurt, messages go out in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from app.client.platform import HttpPlatform
from app.client.room import MAX_UNSENT, RETRY_MIN_S, Room, RoomEars, RoomTokens
from app.contract import events
from app.contract.rest import Category
from app.errors import PlatformError
from app.runtime.clock import SystemClock
from tests.contract.client.kit import Rig, play, until
from tests.contract.server.kit import GENEROUS


class Ears:
    """What a room said."""

    def __init__(self) -> None:
        self.heard: list[events.Envelope] = []
        self.links: list[bool] = []
        self.refused: list[str] = []
        self.stumbles_at = ""

    def _take(self, one: events.Envelope) -> None:
        self.heard.append(one)
        if self.stumbles_at and one.d.get("text") == self.stumbles_at:
            raise RuntimeError("bug")

    def ears(self) -> RoomEars:
        return RoomEars(self._take, self.links.append, self.refused.append)

    def follow(self, platform: HttpPlatform, room: str) -> Room:
        return platform.follow(room, *vars(self.ears()).values())

    def texts(self) -> list[str]:
        return [one.d["text"] for one in self.heard if one.t == "chat.posted"]

    def codes(self) -> list[str]:
        return [one.d["code"] for one in self.heard if one.t == "error"]


class Tokens:
    """Gives the tokens of a list, the last one again and again; an exception is raised."""

    def __init__(self, *given: str | Exception) -> None:
        self.given = list(given)
        self.asked_s: list[float] = []
        self.refused: list[tuple[str, str]] = []

    async def _get(self) -> str:
        self.asked_s.append(time.monotonic())
        one = self.given.pop(0) if len(self.given) > 1 else self.given[0]
        if isinstance(one, Exception):
            raise one
        return one

    async def _refused(self, token: str, code: str) -> None:
        self.refused.append((token, code))

    def tokens(self) -> RoomTokens:
        return RoomTokens(self._get, self._refused)


async def nothing(_: int) -> list[events.Envelope]:
    return []


def room_at(url: str, room: str, tokens: Tokens, ears: Ears) -> Room:
    return Room(url, "", room, tokens.tokens(), ears.ears(), nothing, SystemClock())


async def session_of(rig: Rig) -> tuple[HttpPlatform, str]:
    platform = await rig.signed_in()
    return platform, (await platform.create_session("简历", Category.JOB_SEARCH, "key-1")).id


async def good_token(platform: HttpPlatform) -> str:
    return await platform._good_token()


# ---- refusals ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_refused_token_is_no_link_and_is_tried_again_slower_each_time(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform, session_id = await session_of(rig)
        ears, tokens = Ears(), Tokens("bad")
        room = room_at(rig.service.url, session_id, tokens, ears)
        await until(lambda: len(tokens.asked_s) >= 3)
        waits_s = [later - before for before, later in zip(tokens.asked_s, tokens.asked_s[1:], strict=False)]
        assert all(wait_s >= 0.8 * RETRY_MIN_S * 2**number for number, wait_s in enumerate(waits_s))
        assert (ears.heard, ears.links, ears.refused) == ([], [], [])
        assert set(tokens.refused) == {("bad", "token_expired")}
        # And with a good one it is in.
        tokens.given = [await good_token(platform)]
        await until(lambda: ears.links == [True])
        await room.close()
        await platform.close()

    play(tmp_path, scene)


def test_a_forgotten_token_is_renewed_and_a_device_ended_elsewhere_stops_the_room(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform, session_id = await session_of(rig)
        # As of a service that was restored from a copy: it knows nothing of a token that we think good for minutes.
        platform._wallet._access = "forgotten"
        ears = Ears()
        room = ears.follow(platform, session_id)
        await until(lambda: ears.links == [True])
        assert platform._wallet._access != "forgotten", "it was renewed"
        elsewhere = await Rig(rig.config, rig.service).signed_in()
        mine = next(device for device in await platform.devices() if device.is_this)
        await elsewhere.end_device(mine.id)
        await until(lambda: ears.refused == ["device_ended"])
        assert ears.links == [True, False]
        assert rig.secrets.kept == {}, "the tokens are dead"
        room.send_chat("late", "还在吗")
        assert ears.codes() == ["device_ended"], "what can no longer be sent is refused"
        assert room._task.done()
        await room.close()
        await platform.close()
        await elsewhere.close()

    play(tmp_path, scene)


def test_a_room_that_is_not_there_and_a_person_who_is_signed_out_are_told(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        ears = Ears()
        room = ears.follow(platform, "0123456789abcdef")
        room.send_chat("r", "有人吗")
        await until(lambda: ears.refused == ["not_found"])
        assert ears.codes() == ["not_found"]
        await room.close()
        await platform.sign_out()
        ears = Ears()
        room = ears.follow(platform, "0123456789abcdef")
        await until(lambda: ears.refused == ["not_signed_in"])
        await room.close()
        await platform.close()

    play(tmp_path, scene)


# ---- what must not end it ------------------------------------------------------------------------


def test_neither_a_bug_nor_a_failing_token_ends_the_room(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform, session_id = await session_of(rig)
        token = await good_token(platform)
        ears, tokens = Ears(), Tokens(RuntimeError("bug"), PlatformError("platform_unreachable"), token)
        room = room_at(rig.service.url, session_id, tokens, ears)
        await until(lambda: ears.links == [True])
        ears.stumbles_at = "一"
        room.send_chat("r1", "一")
        room.send_chat("r2", "二")
        await until(lambda: ears.texts() == ["一", "二"])
        assert ears.links == [True]
        await room.close()
        await platform.close()

    play(tmp_path, scene)


def run_with(script: Callable[[ServerConnection], Awaitable[None]], scene: Callable[[str], Awaitable[None]]) -> None:
    """A service of a few lines: ``script`` follows the hello."""

    async def handle(connection: ServerConnection) -> None:
        await connection.recv()
        await script(connection)
        await connection.wait_closed()

    async def whole() -> None:
        async with serve(handle, "127.0.0.1", 0) as server:
            await scene(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    asyncio.run(whole())


def ack() -> events.Envelope:
    return events.envelope(events.HelloAck(last_seq=0, state="live", viewers=0), "hello.ack", id="hello")


def line(seq: int, text: str) -> events.Envelope:
    posted = events.ChatPosted(message_id=f"m{seq}", author_id="a", author_name="n", is_anchor=False, text=text)
    return events.envelope(posted, "chat.posted", seq=seq)


def test_what_a_newer_service_tells_is_passed_over() -> None:
    async def script(connection: ServerConnection) -> None:
        new = events.Envelope(t="gift.sent", seq=2, d={"gift": "rose"})
        other = events.Envelope(t="session.changed", seq=3, d={"phase": 7})
        await connection.send(events.encode([ack(), line(1, "一"), new, other, line(4, "二")]))

    async def scene(url: str) -> None:
        ears = Ears()
        room = room_at(url, "s", Tokens("good"), ears)
        await until(lambda: ears.texts() == ["一", "二"])
        assert [one.t for one in ears.heard] == ["hello.ack", "chat.posted", "chat.posted"]
        assert ears.links == [True]
        await room.close()

    run_with(script, scene)


@pytest.mark.parametrize("first", ["[]", "{", '[{"t": "chat.posted"}]'])
def test_only_an_acknowledged_hello_is_a_link(first: str) -> None:
    greeted = 0

    async def script(connection: ServerConnection) -> None:
        nonlocal greeted
        greeted += 1
        await connection.send(first if greeted == 1 else events.encode([ack()]))

    async def scene(url: str) -> None:
        ears = Ears()
        room = room_at(url, "s", Tokens("good"), ears)
        await until(lambda: ears.links == [True])
        assert greeted == 2
        await room.close()

    run_with(script, scene)


# ---- messages ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_hundred_long_messages_are_posted_in_order_as_fast_as_the_service_takes_them(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform, session_id = await session_of(rig)
        ears = Ears()
        room = ears.follow(platform, session_id)
        texts = [f"{number:03}{'长' * 197}" for number in range(MAX_UNSENT)]
        for text in texts:
            room.send_chat(text[:3], text)
        room.send_chat("one-too-many", "x")
        assert ears.codes() == ["rate_limited"]
        await until(lambda: len(ears.texts()) == len(texts))
        assert ears.texts() == texts
        assert ears.codes() == ["rate_limited"], "the one that was never sent"
        assert ears.links == [True], "neither too large nor too fast for the link"
        await room.close()
        await platform.close()

    play(tmp_path, scene, limits=replace(GENEROUS, chat_burst=95, chat_per_s=20.0, chat_refusals_burst=20))


def test_a_message_that_is_too_long_is_refused_here() -> None:
    async def script(connection: ServerConnection) -> None:
        await connection.send(events.encode([ack()]))

    async def scene(url: str) -> None:
        ears = Ears()
        room = room_at(url, "s", Tokens("good"), ears)
        room.send_chat("long", "长" * (events.MAX_CHAT_CHARS + 1))
        assert ears.codes() == ["message_too_long"]
        await room.close()

    run_with(script, scene)


def test_a_message_that_nobody_answers_waits_and_is_sent_again_after_a_reconnect() -> None:
    sent: list[str] = []

    async def script(connection: ServerConnection) -> None:
        await connection.send(events.encode([ack()]))
        (wish,) = events.decode(await connection.recv())
        sent.append(wish.id)
        if len(sent) == 1:
            connection.transport.abort()
            return
        done = events.ChatAck(request_id=wish.id, message_id="m1", seq=1)
        await connection.send(events.encode([events.envelope(done, "chat.ack", id=wish.id)]))
        (wish,) = events.decode(await connection.recv())
        sent.append(wish.id)

    async def scene(url: str) -> None:
        ears = Ears()
        room = room_at(url, "s", Tokens("good"), ears)
        room.send_chat("r1", "一")
        room.send_chat("r2", "二")
        await until(lambda: sent == ["r1", "r1", "r2"])
        await room.close()

    run_with(script, scene)
