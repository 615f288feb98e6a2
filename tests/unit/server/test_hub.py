"""The hub on a bare event loop: joining while facts arrive, slow sockets, counting, revoking."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from app.contract.events import CloseCode, Envelope, RoleChanged, Unmuted, decode
from app.contract.rest import Role
from app.domain.room.attendance import Audience
from app.domain.room.roles import RoomRole
from app.runtime.clock import ManualClock
from server.config import Limits
from server.effects import DeathCause, FactPosted, KeyDied, PersonToldInRoom, QuestionSeconded
from server.gate import Person
from server.rooms.coalesce import IDLE_S, TICK_S
from server.rooms.counting import Counting
from server.rooms.hub import Hub, RoomSocket

ROOM = "r1"


def person(account: str, device: str = "d") -> Person:
    return Person(account, device, frozenset({Role.VIEWER}))


def fact(seq: int) -> FactPosted:
    return FactPosted(ROOM, seq, "chat.posted", f"f{seq}", 1, {"text": "x" * 50}, messages=seq)


async def heard(socket: RoomSocket, seconds: float = 0.0) -> list[Envelope]:
    """What lies in its outbox after ``seconds``."""
    await asyncio.sleep(seconds)
    envelopes: list[Envelope] = []
    while socket.outbox.waiting_bytes:
        envelopes.extend(decode(await socket.outbox.get()))
    return envelopes


def on_loop(limits: Limits, scene: Callable[[Hub, Limits], Coroutine[Any, Any, None]]) -> None:
    async def play() -> None:
        clock = ManualClock()
        hub = Hub(clock, limits, Counting(clock, limits))
        await scene(hub, limits)
        hub.close()

    asyncio.run(play())


def test_what_one_is_told_while_joining_comes_after_the_history() -> None:
    async def scene(hub: Hub, limits: Limits) -> None:
        socket = RoomSocket(ROOM, person("a"), limits)
        hub.listen(socket)
        hub.enter(socket, "anchor", 0, Audience())
        hub.tell_in_room(PersonToldInRoom(ROOM, "a", "mod.role", RoleChanged("moderator"), RoomRole.MODERATOR))
        hub.post(fact(1))
        assert await heard(socket, IDLE_S) == []
        assert (socket.role, socket.is_role_told) == (RoomRole.MODERATOR, True)
        socket.open_after(0)
        assert [one.t for one in await heard(socket, TICK_S)][:2] == ["mod.role", "chat.posted"]

    on_loop(Limits(), scene)


def test_who_joins_and_never_reads_what_they_are_told_is_closed() -> None:
    async def scene(hub: Hub, limits: Limits) -> None:
        socket = RoomSocket(ROOM, person("a"), limits)
        hub.listen(socket)
        for _ in range(limits.resume_facts + 1):
            hub.tell_in_room(PersonToldInRoom(ROOM, "a", "mod.unmuted", Unmuted()))
        assert socket.close_code == CloseCode.TOO_SLOW

    on_loop(Limits(resume_facts=5), scene)


def test_facts_that_arrive_while_joining_come_once_and_in_order() -> None:
    async def scene(hub: Hub, limits: Limits) -> None:
        other = RoomSocket(ROOM, None, limits)
        hub.listen(other)
        other.open_after(0)
        hub.post(fact(1))
        late = RoomSocket(ROOM, None, limits)
        hub.listen(late)
        hub.post(fact(2))
        await asyncio.sleep(IDLE_S)
        hub.post(fact(3))
        # Its history was read when 2 was the last; 3 waits for the tick or lies in pending.
        hub.enter(late, "anchor", 2)
        late.open_after(2)
        hub.post(fact(4))
        assert [one.seq for one in await heard(late, 2 * TICK_S)] == [3, 4]
        assert [one.seq for one in await heard(other)] == [1, 2, 3, 4]

    on_loop(Limits(), scene)


def test_what_was_pending_is_kept() -> None:
    async def scene(hub: Hub, limits: Limits) -> None:
        socket = RoomSocket(ROOM, None, limits)
        hub.listen(socket)
        for seq in (1, 2, 3):
            hub.post(fact(seq))
        await asyncio.sleep(2 * IDLE_S)
        socket.open_after(1)
        assert [one.seq for one in await heard(socket)] == [2, 3]

    on_loop(Limits(), scene)


def test_a_tick_before_a_known_fact_doubles_nothing() -> None:
    async def scene(hub: Hub, limits: Limits) -> None:
        socket = RoomSocket(ROOM, None, limits)
        hub.listen(socket)
        hub.enter(socket, "anchor", 0)
        hub.tick()
        for seq in (1, 2):
            hub.post(fact(seq))
        socket.open_after(1)
        assert [(one.t, one.seq) for one in await heard(socket, 2 * IDLE_S)] == [("room.stats", 0), ("chat.posted", 2)]

    on_loop(Limits(), scene)


def test_a_full_outbox_closes_its_socket_only() -> None:
    async def scene(hub: Hub, limits: Limits) -> None:
        slow, quick = RoomSocket(ROOM, None, limits), RoomSocket(ROOM, None, replace(limits, outbox_frames=99))
        for socket in (slow, quick):
            hub.listen(socket)
            hub.enter(socket, "anchor", 0)
            socket.open_after(0)
        for seq in (1, 2, 3):
            hub.post(fact(seq))
            await asyncio.sleep(1.5 * TICK_S)
        assert slow.close_code == CloseCode.TOO_SLOW
        assert slow.closing.is_set()
        assert quick.close_code is None
        assert [one.seq for one in await heard(quick)] == [1, 2, 3]
        hub.leave(slow)
        assert (hub.too_slow, hub.sockets) == (1, 1)

    on_loop(Limits(outbox_frames=2), scene)


def test_a_socket_that_never_opens_is_bounded() -> None:
    async def scene(hub: Hub, limits: Limits) -> None:
        socket = RoomSocket(ROOM, None, limits)
        hub.listen(socket)
        for seq in range(1, 8):
            hub.post(fact(seq))
        await asyncio.sleep(IDLE_S)
        assert socket.close_code == CloseCode.TOO_SLOW

    on_loop(Limits(resume_facts=5), scene)


def test_windows_of_one_account_are_one_viewer() -> None:
    async def scene(hub: Hub, limits: Limits) -> None:
        sockets = [RoomSocket(ROOM, one, limits) for one in (person("a"), person("a"), person("anchor"), None, None)]
        for socket in sockets:
            hub.listen(socket)
        assert [hub.enter(socket, "anchor", 0).viewers for socket in sockets] == [1, 1, 1, 2, 3]
        hub.leave(sockets[0])
        assert hub.viewers(ROOM) == 3
        for socket in sockets[1:]:
            hub.leave(socket)
        assert (hub.viewers(ROOM), hub.sockets) == (0, 0)

    on_loop(Limits(), scene)


def test_figures_are_told_when_they_change() -> None:
    async def scene(hub: Hub, limits: Limits) -> None:
        socket = RoomSocket(ROOM, None, limits)
        hub.listen(socket)
        hub.enter(socket, "anchor", 7)
        socket.open_after(0)
        hub.tick()
        hub.tick()
        told = await heard(socket, 0.01)
        figures = {"viewers": 1, "messages": 7, "peak": 0, "onlookers": 0}
        assert [(one.t, one.seq, one.d) for one in told] == [("room.stats", 0, figures)]
        hub.post(fact(1))
        await asyncio.sleep(TICK_S)
        hub.tick()
        assert [one.t for one in await heard(socket, TICK_S)] == ["chat.posted", "room.stats"]

    on_loop(Limits(), scene)


def test_only_the_device_of_a_dead_key_is_told() -> None:
    async def scene(hub: Hub, limits: Limits) -> None:
        holder, other = RoomSocket(ROOM, person("a", "pc"), limits), RoomSocket(ROOM, person("a", "pad"), limits)
        for socket in (holder, other):
            hub.listen(socket)
            socket.open_after(0)
        hub.revoke_key(KeyDied("k", ROOM, "pc", DeathCause.CUT_OFF))
        assert [one.d for one in await heard(holder)] == [{"key_id": "k", "cause": "cut_off"}]
        assert await heard(other) == []
        hub.end_device("pc")
        assert (holder.close_code, other.close_code) == (CloseCode.ENDED_ELSEWHERE, None)

    on_loop(Limits(), scene)


class Line:
    """A connection that takes frames until it is full."""

    held_bytes = 0

    def __init__(self) -> None:
        self.is_full = False
        self.frames: list[bytes] = []

    def write(self, frame: bytes) -> bool:
        if not self.is_full:
            self.frames.append(frame)
        return not self.is_full


def test_what_goes_past_the_outbox_keeps_its_place() -> None:
    async def scene(hub: Hub, limits: Limits) -> None:
        line = Line()
        socket = RoomSocket(ROOM, None, limits, line)
        hub.listen(socket)
        hub.enter(socket, "anchor", 0)
        socket.open_after(0)
        for seq, is_full in ((1, False), (2, True), (3, False)):
            line.is_full = is_full
            hub.post(fact(seq))
            await asyncio.sleep(1.5 * TICK_S)
        assert [one.seq for frame in line.frames for one in decode(frame)] == [1], "3 waits behind 2"
        assert [one.seq for one in await heard(socket)] == [2, 3]
        hub.post(fact(4))
        await asyncio.sleep(1.5 * TICK_S)
        assert len(line.frames) == 1, "3 is not known to be sent"
        assert [one.seq for one in await heard(socket)] == [4]


def test_a_thousand_seconds_of_a_question_are_told_once_a_tick() -> None:
    async def scene(hub: Hub, limits: Limits) -> None:
        socket = RoomSocket(ROOM, None, limits)
        hub.listen(socket)
        socket.open_after(0)
        hub.count_seconds(QuestionSeconded("elsewhere", "q", 1, 2))
        for count in range(1, 1001):
            hub.count_seconds(QuestionSeconded(ROOM, "q", count, count + 1))
        hub.count_seconds(QuestionSeconded(ROOM, "other", 1, 2))
        hub.tick()
        hub.tick()
        told = [one for one in await heard(socket, 2 * TICK_S) if one.t == "question.seconded"]
        assert [one.d["questions"] for one in told] == [
            [{"id": "q", "seconds": 1000, "rev": 1001}, {"id": "other", "seconds": 1, "rev": 2}]
        ]
        assert told[0].seq == 0

    on_loop(Limits(), scene)


def test_who_is_closed_hears_nothing_more() -> None:
    async def scene(hub: Hub, limits: Limits) -> None:
        line = Line()
        socket = RoomSocket(ROOM, None, limits, line)
        hub.listen(socket)
        socket.open_after(0)
        socket.close(CloseCode.FORBIDDEN)
        hub.post(fact(1))
        assert await heard(socket, 2 * TICK_S) == []
        assert line.frames == []


def test_counts_of_very_many_questions_stay_within_a_frame() -> None:
    async def scene(hub: Hub, limits: Limits) -> None:
        socket = RoomSocket(ROOM, None, limits)
        hub.listen(socket)
        socket.open_after(0)
        for number in range(2000):
            hub.count_seconds(QuestionSeconded(ROOM, f"{number:064}", 1, 2))
        hub.tick()
        found = [one for one in await heard(socket, 2 * TICK_S) if one.t == "question.seconded"]
        assert sum(len(one.d["questions"]) for one in found) == 2000

    on_loop(Limits(), scene)
