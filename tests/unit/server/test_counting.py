"""Counting on a bare event loop: what is written when, what a failed write costs, what has a place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.domain.room.attendance import Audience
from app.domain.session import SessionState, may_follow
from app.errors import StorageError
from app.runtime.clock import ManualClock
from server.config import Limits
from server.effects import FactPosted
from server.gate import Person
from server.rooms.counting import KEEP_S, Counting, viewer_of
from server.rooms.counts import Counted
from server.rooms.hub import Hub, RoomSocket
from server.store.store import Store

ROOM = "r1"
LIVE, INTERRUPTED, ENDED = SessionState.LIVE, SessionState.INTERRUPTED, SessionState.ENDED


class Written:
    """A store that keeps what it was given to write, or fails."""

    def __init__(self) -> None:
        self.batches: list[list[Counted]] = []
        self.fails = False

    async def write(self, work: Callable[..., Any]) -> None:
        if self.fails:
            raise StorageError("database_failed")
        self.batches.append(list(work.keywords["counted"]))  # type: ignore[attr-defined]  # a partial


class Stage:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.counting = Counting(self.clock, Limits())
        self.written = Written()

    def keep(self, *, is_last: bool = False) -> list[Counted]:
        """What this round writes."""
        before = len(self.written.batches)
        asyncio.run(self.counting.keep(cast(Store, self.written), is_last=is_last))
        return [one for batch in self.written.batches[before:] for one in batch]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_batch_each_few_seconds_has_all_rooms_and_marks_only_when_there_are_new_ones(stage: Stage) -> None:
    for number in range(3):
        stage.counting.turn(f"r{number}", LIVE, [viewer_of("a", "", "")])
    assert stage.keep() == []
    stage.clock.advance(KEEP_S)
    assert [(one.session_id, len(one.marks or b"")) for one in stage.keep()] == [("r0", 8), ("r1", 8), ("r2", 8)]
    assert len(stage.written.batches) == 1
    stage.counting.came("r0", 2, viewer_of(None, "page", ""))
    stage.counting.came("r1", 2, viewer_of("b", "", ""))
    stage.counting.came("r2", 1, viewer_of("a", "", ""))
    stage.clock.advance(KEEP_S)
    assert [len(one.marks) if one.marks is not None else None for one in stage.keep()] == [16, 16, None]


def test_what_could_not_be_written_is_written_the_next_time(stage: Stage) -> None:
    stage.counting.turn(ROOM, LIVE, [viewer_of("a", "", "")])
    stage.clock.advance(KEEP_S)
    stage.written.fails = True
    with pytest.raises(StorageError):
        stage.keep()
    stage.counting.turn(ROOM, ENDED, [])
    with pytest.raises(StorageError):
        stage.keep()
    stage.written.fails = False
    stage.clock.advance(60)
    (one,) = stage.keep()
    assert (one.state, one.audience) == (ENDED, Audience(5_000, 5_000, 1, 1))
    assert one.marks


def test_an_ended_one_is_written_at_once_and_has_a_place_for_one_more_round(stage: Stage) -> None:
    stage.counting.turn(ROOM, LIVE, [viewer_of("a", "", "")])
    stage.counting.turn(ROOM, ENDED, [])
    assert [one.state for one in stage.keep()] == [ENDED]
    assert stage.keep() == [], "once is enough"
    assert stage.counting.audience(ROOM) == Audience(0, 0, 1, 1)
    stage.clock.advance(KEEP_S)
    assert stage.keep() == []
    assert stage.counting.audience(ROOM) is None


def test_at_the_close_it_is_written_whenever_the_last_time_was(stage: Stage) -> None:
    stage.counting.turn(ROOM, LIVE, [])
    assert [one.session_id for one in stage.keep(is_last=True)] == [ROOM]


def test_what_was_never_on_air_has_no_place(stage: Stage) -> None:
    for state in (SessionState.SCHEDULED, SessionState.PREPARING, INTERRUPTED, ENDED):
        stage.counting.turn(ROOM, state, [viewer_of("a", "", "")])
        stage.counting.came(ROOM, 1, viewer_of("a", "", ""))
        stage.counting.left(ROOM, 0)
        assert stage.counting.audience(ROOM) is None


def test_a_start_goes_on_from_what_was_written_and_knows_whom_it_has_seen(stage: Stage) -> None:
    stage.counting.turn(ROOM, LIVE, [viewer_of("a", "", ""), viewer_of("b", "", "")])
    stage.clock.advance(KEEP_S)
    (kept,) = stage.keep()
    later = Stage()
    later.counting.go_on([kept, Counted("waits", INTERRUPTED, Audience(9, 9, 1, 1))])
    later.clock.advance(1)
    later.counting.came(ROOM, 1, viewer_of("b", "", ""))
    later.counting.came(ROOM, 2, viewer_of("c", "", ""))
    later.counting.came("waits", 1, viewer_of("c", "", ""))
    later.clock.advance(1)
    assert later.counting.audience(ROOM) == Audience(7_000, 12_000, 2, 3)
    assert later.counting.audience("waits") == Audience(9, 9, 1, 1)


def test_a_changed_title_is_no_change_of_state(stage: Stage) -> None:
    stage.counting.turn(ROOM, LIVE, [viewer_of("a", "", "")])
    stage.clock.advance(1)
    stage.counting.turn(ROOM, LIVE, [])
    stage.clock.advance(1)
    assert stage.counting.audience(ROOM) == Audience(2_000, 2_000, 1, 1)


def test_repr_tells_nothing_of_a_visitor() -> None:
    assert "secret" not in repr(viewer_of("a", "secret", "secret"))


@dataclass(frozen=True)
class Model:
    on_air_ms: int = 0
    viewer_ms: int = 0
    peak: int = 0
    seen: frozenset[str] = frozenset()


class Sockets(RuleBasedStateMachine):
    """People come and go on several sockets, the session changes its state, the service is killed: against a model that
    adds up, second by second, who is there."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = ManualClock()
        self.written = Written()
        self.state = SessionState.PREPARING
        self.kept = self.model = Model()
        self.marks: bytes | None = None
        self.begin([])

    def begin(self, found: list[Counted]) -> None:
        self.counting = Counting(self.clock, Limits(visitors_burst=10_000))
        self.hub = Hub(self.clock, Limits(), self.counting)
        self.sockets: list[RoomSocket] = []
        self.counting.go_on(found)

    @property
    def there(self) -> set[str]:
        return {one.viewer.key for one in self.sockets if one.is_counted}

    def look(self) -> None:
        if self.state is LIVE:
            self.model = replace(
                self.model, peak=max(self.model.peak, len(self.there)), seen=self.model.seen | self.there
            )

    @rule(who=st.integers(0, 5), page=st.sampled_from(["", "p", "q"]))
    def come(self, who: int, page: str) -> None:
        """0: the anchor; 1 and 2 are signed in; the others are pages and what shows nothing."""
        person = Person(f"a{who}", "d", frozenset()) if who <= 2 else None
        viewer = viewer_of(person.account_id if person else None, page if person is None else "", "192.0.2.1")
        socket = RoomSocket(ROOM, person, Limits(), None, viewer)
        self.hub.listen(socket)
        self.hub.enter(socket, "a0", 0)
        self.sockets.append(socket)
        assert socket.is_counted is (who != 0)
        self.look()

    @precondition(lambda self: self.sockets)
    @rule(which=st.integers(0, 50))
    def go(self, which: int) -> None:
        self.hub.leave(self.sockets.pop(which % len(self.sockets)))

    @rule(seconds=st.integers(1, 9))
    def pass_(self, seconds: int) -> None:
        self.clock.advance(seconds)
        if self.state is LIVE:
            self.model = replace(
                self.model,
                on_air_ms=self.model.on_air_ms + seconds * 1000,
                viewer_ms=self.model.viewer_ms + seconds * 1000 * len(self.there),
            )
        self.keep()

    @rule(to=st.sampled_from([LIVE, INTERRUPTED]))
    def turn(self, to: SessionState) -> None:
        if may_follow(self.state, to):
            self.state = to
            self.loop.run_until_complete(self.tell(to))
            self.look()

    async def tell(self, state: SessionState) -> None:
        self.hub.post(FactPosted(ROOM, 1, "session.changed", "f", 1, {"state": state.value}, 0))
        self.hub.close()

    @precondition(lambda self: self.written.batches)
    @rule()
    def kill(self) -> None:
        """What was written last is gone on from; whoever was there has to come again."""
        for socket in self.sockets:
            self.hub.leave(socket)
        self.model = self.kept
        found = [replace(one, state=self.state, marks=self.marks) for one in self.written.batches[-1]]
        self.begin(found)

    def keep(self) -> None:
        before = len(self.written.batches)
        self.loop.run_until_complete(self.counting.keep(cast(Store, self.written)))
        for one in [one for batch in self.written.batches[before:] for one in batch]:
            self.kept = self.model
            self.marks = one.marks if one.marks is not None else self.marks

    @invariant()
    def is_as_the_model_says(self) -> None:
        told = self.counting.audience(ROOM)
        assert (told is None) is (self.state is SessionState.PREPARING)
        if told is not None:
            model = self.model
            assert told == Audience(model.on_air_ms, model.viewer_ms, model.peak, len(model.seen))

    def teardown(self) -> None:
        self.loop.close()


TestSockets = Sockets.TestCase
