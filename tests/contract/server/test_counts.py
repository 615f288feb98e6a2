"""What is counted in a session: who was there, how many at a time, for how long; over restarts, and against cheats."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from websockets.sync.client import connect

from app.contract.events import Envelope, encode
from app.runtime.clock import ManualClock
from tests.contract.server.kit import (
    GENEROUS,
    HOOK,
    FakeIngest,
    Listener,
    LiveService,
    Signed,
    chat,
    close_code,
    config_for,
    sign_in,
)

pytestmark = pytest.mark.slow

VIEWERS = ("13900000001", "13900000002", "13900000003")
ON_AIR_S = 10


@dataclass
class Air:
    """A session that can be on air; the clock is the test's."""

    live: LiveService
    clock: ManualClock
    anchor: Signed
    room: str
    grant: dict[str, Any]

    def hook(self, what: str, connection_id: str) -> None:
        body = self.grant | {"connection_id": connection_id}
        assert self.live.client.post(f"/internal/v1/publish/{what}", json=body, headers=HOOK).status_code == 204

    def authorize(self, connection_id: str) -> None:
        target = self.anchor.post(f"/sessions/{self.room}/stream-key", {}).json()
        asked = {"app": "live", "key": target["key"], "connection_id": connection_id}
        self.grant = self.live.client.post("/internal/v1/publish/authorize", json=asked, headers=HOOK).json()

    def begin(self, connection_id: str = "c1") -> None:
        self.authorize(connection_id)
        self.hook("started", connection_id)

    def figures(self, who: Signed | None = None) -> dict[str, Any]:
        told = (who or self.anchor).get(f"/sessions/{self.room}").json()["figures"]
        assert told is not None
        return dict(told)

    def until_viewers(self, count: int) -> None:
        """Sockets that were closed are known to be gone."""
        self.until(lambda: self.live.services.hub.viewers(self.room) == count)

    def until(self, is_so: Callable[[], bool]) -> None:
        by_s = time.monotonic() + 5.0
        while not is_so() and time.monotonic() < by_s:
            time.sleep(0.01)
        assert is_so()

    @contextmanager
    def joined(self, who: Signed | None = None, visitor: str = "") -> Iterator[Listener]:
        body = {"token": who.pair["access_token"] if who else None, "after_seq": 0, "visitor": visitor}
        with connect(self.live.events_url, proxy=None, close_timeout=0.3) as connection:
            connection.send(encode([Envelope(t="hello", id="h", room=self.room, d=body)]))
            heard = Listener(connection)
            heard.until("hello.ack")
            yield heard


def begun(folder: Path, database_url: str, clock: ManualClock, **limits: Any) -> LiveService:
    config = config_for(folder, database_url, limits=replace(GENEROUS, **limits))
    return LiveService(config, clock, FakeIngest()).start()


@pytest.fixture
def air(tmp_path: Path, database_url: str) -> Iterator[Air]:
    clock = ManualClock()
    live = begun(tmp_path, database_url, clock)
    anchor = sign_in(live.client)
    room = str(anchor.post("/sessions", {"title": "面试", "category": "job_search"}).json()["id"])
    made = Air(live, clock, anchor, room, {})
    yield made
    made.live.stop()


def restarted(air: Air, *, is_killed: bool) -> None:
    """The service anew on the same database. Killed, it writes nothing that it has not written already."""
    if is_killed:

        async def nothing(*_: object, **__: object) -> None:
            return

        air.live.services.counting.keep = nothing
    config = air.live.services.config
    air.live.stop()
    air.live = LiveService(config, air.clock, FakeIngest()).start()
    air.anchor.client = air.live.client


def written(air: Air) -> Any:
    """The row of the session."""
    query = text("SELECT * FROM session_counts WHERE session_id = :id")
    return air.live.run(air.live.services.store.read(lambda db: db.execute(query, {"id": air.room}).one_or_none()))


def test_what_was_watched_is_counted_while_it_is_live(air: Air) -> None:
    one, other = (sign_in(air.live.client, phone) for phone in VIEWERS[:2])
    assert air.anchor.get(f"/sessions/{air.room}").json()["figures"] is None, "it was never on air"
    with ExitStack() as within:
        waiting = within.enter_context(air.joined(one))
        within.enter_context(air.joined(air.anchor))
        with air.joined(other):
            air.until_viewers(2)
        air.until_viewers(1)
        air.clock.advance(60)
        air.begin()
        air.clock.advance(ON_AIR_S)
        with air.joined(visitor="page-of-somebody") as seen:
            assert seen.until("hello.ack")[0].d["peak"] == 2
            air.clock.advance(ON_AIR_S)
        air.until_viewers(1)
        # Nobody sees anything while the publisher is away: it is no time on air, and who only waits is no onlooker.
        air.hook("stopped", "c1")
        with air.joined(visitor="who-came-too-late"), air.joined(visitor="and-another-one"):
            air.until_viewers(3)
            air.clock.advance(30)
        air.until_viewers(1)
        air.authorize("c2")
        air.hook("started", "c2")
        air.clock.advance(ON_AIR_S)
        waiting.connection.send(chat("m1", "学到了", air.room))
        waiting.until("chat.ack")
        expected = {
            "onlookers": 2, "viewers_peak": 2, "viewers_average": round(40 / 30, 2), "watch_ms": 40_000,
            "watch_each_ms": 20_000, "on_air_ms": 30_000,
        }  # fmt: skip
        assert air.figures() == expected
        ended = air.anchor.post(f"/sessions/{air.room}/end").json()
        assert ended["figures"] == expected
        air.clock.advance(100)
    assert air.figures() == expected
    assert air.anchor.get(f"/sessions/{air.room}").json()["messages"] == 1


def test_figures_are_the_anchors(air: Air) -> None:
    viewer = sign_in(air.live.client, VIEWERS[0])
    air.begin()
    with air.joined(viewer) as heard:
        told = heard.until("room.stats")[-1].d
        assert (told["viewers"], told["peak"], told["onlookers"]) == (1, 1, 1)
        assert air.figures()["onlookers"] == 1
        for public in (air.live.client.get(f"/api/v1/sessions/{air.room}"), viewer.get(f"/sessions/{air.room}")):
            assert (public.json()["viewers"], public.json()["figures"]) == (1, None)
        entry = air.anchor.get("/me/schedule").json()["entries"]
        assert [one["session"]["figures"]["onlookers"] for one in entry] == [1]


def test_one_person_on_two_devices_is_one(air: Air) -> None:
    pc = sign_in(air.live.client, VIEWERS[0], "PC")
    phone = sign_in(air.live.client, VIEWERS[0], "phone")
    air.begin()
    with air.joined(pc):
        with air.joined(phone):
            air.clock.advance(ON_AIR_S)
        air.clock.advance(ON_AIR_S)
        air.until_viewers(1)
    air.until_viewers(0)
    with air.joined(phone):
        air.clock.advance(ON_AIR_S)
    told = air.figures()
    assert (told["onlookers"], told["viewers_peak"], told["watch_ms"]) == (1, 1, 3 * ON_AIR_S * 1000)


def test_a_visitor_with_two_tabs_who_signs_in_is_one(air: Air) -> None:
    viewer = sign_in(air.live.client, VIEWERS[0])
    air.begin()
    with air.joined(visitor="page-of-somebody"), air.joined(visitor="page-of-somebody"):
        assert air.figures()["viewers_peak"] == 1
    air.until_viewers(0)
    with air.joined(viewer, "page-of-somebody"):
        pass
    air.until_viewers(0)
    with air.joined(viewer):
        assert (air.figures()["onlookers"], air.figures()["viewers_peak"]) == (1, 1)


@pytest.mark.parametrize("is_killed", [False, True])
def test_it_goes_on_after_restarts(air: Air, is_killed: bool) -> None:
    viewer, other = (sign_in(air.live.client, phone) for phone in VIEWERS[:2])
    air.begin()
    with air.joined(viewer), air.joined(other):
        air.clock.advance(ON_AIR_S)
        # Written with the next tick; what follows it is lost when the service is killed.
        air.until(lambda: (row := written(air)) is not None and row.viewer_ms >= 2 * ON_AIR_S * 1000)
        air.clock.advance(3)
    air.until_viewers(0)
    for _ in range(2):
        restarted(air, is_killed=is_killed)
        air.clock.advance(1)
    # Killed, it lost the seconds after its last batch: three, and of the second start its only one.
    on_air_ms = (ON_AIR_S + 1 if is_killed else ON_AIR_S + 3 + 2) * 1000
    watch_ms = 2 * (ON_AIR_S if is_killed else ON_AIR_S + 3) * 1000
    told = air.figures()
    assert (told["watch_ms"], told["on_air_ms"]) == (watch_ms, on_air_ms)
    assert (told["viewers_peak"], told["onlookers"]) == (2, 2)
    with air.joined(viewer):
        air.clock.advance(ON_AIR_S)
        assert air.figures()["onlookers"] == 2
    with air.joined(sign_in(air.live.client, VIEWERS[2])):
        assert air.figures()["onlookers"] == 3
    ended = air.anchor.post(f"/sessions/{air.room}/end").json()["figures"]
    assert ended["on_air_ms"] == on_air_ms + ON_AIR_S * 1000
    air.until(lambda: written(air).salt is None)
    restarted(air, is_killed=is_killed)
    assert air.figures() == ended


def test_who_was_there_is_forgotten_with_the_end(air: Air) -> None:
    air.begin()
    with air.joined(sign_in(air.live.client, VIEWERS[0])), air.joined(visitor="page-of-somebody"):
        air.clock.advance(5)
        air.until(lambda: (row := written(air)) is not None and len(row.marks) == 2 * 8)
        assert b"page-of-somebody" not in bytes(written(air).marks)
    air.anchor.post(f"/sessions/{air.room}/end")
    air.until(lambda: written(air).salt is None)
    assert (written(air).marks, written(air).onlookers) == (None, 2)
    assert air.live.services.counting.audience(air.room) is not None
    air.clock.advance(5)
    air.until(lambda: air.live.services.counting.audience(air.room) is None)
    assert air.figures()["onlookers"] == 2, "the numbers stay"
    with air.joined(visitor="after-the-end") as late:
        assert late.until("hello.ack")[0].d["onlookers"] == 2


def test_of_one_that_was_killed_at_its_end_the_marks_are_forgotten(air: Air) -> None:
    air.begin()
    with air.joined(visitor="page-of-somebody"):
        air.clock.advance(5)
        air.until(lambda: written(air) is not None)

        async def nothing(*_: object, **__: object) -> None:
            return

        air.live.services.counting.keep = nothing
        air.anchor.post(f"/sessions/{air.room}/end")
    restarted(air, is_killed=True)
    assert written(air).salt is not None
    air.live.run(air.live.services.housekeep())
    assert (written(air).salt, written(air).marks) == (None, None)
    assert air.figures()["onlookers"] == 1


def test_a_flood_of_joins_counts_little_and_writes_nothing(tmp_path: Path, database_url: str) -> None:
    clock = ManualClock()
    live = begun(tmp_path, database_url, clock, visitors_burst=5, visitors_per_s=0.1)
    try:
        anchor = sign_in(live.client)
        room = str(anchor.post("/sessions", {"title": "面试", "category": "job_search"}).json()["id"])
        air = Air(live, clock, anchor, room, {})
        viewer = sign_in(live.client, VIEWERS[0])
        air.begin()
        writes = live.services.store.writes
        for number in range(30):
            with air.joined(visitor=f"somebody-else-{number}"):
                pass
            with air.joined():
                pass
        for _ in range(20):
            with air.joined(viewer):
                pass
        air.until_viewers(0)
        assert live.services.store.writes == writes
        told = air.figures()
        assert told["onlookers"] == 5 + 1 + 1, "as many as one address may bring, one for the rest, and the viewer"
        assert told["viewers_peak"] <= 2, "one may come while the one before is not known to be gone"
        clock.advance(10)
        with air.joined(visitor="one-more-each-10-s"):
            assert air.figures()["onlookers"] == 8
    finally:
        live.stop()


@pytest.mark.parametrize("visitor", ["account 1", "x" * 65, "名", 7])
def test_what_a_page_shows_of_itself_has_a_form(air: Air, visitor: object) -> None:
    air.begin()
    with connect(air.live.events_url, proxy=None, close_timeout=0.3) as connection:
        body = {"token": None, "after_seq": 0, "visitor": visitor}
        connection.send(encode([Envelope(t="hello", id="h", room=air.room, d=body)]))
        assert close_code(connection) == 1003
    assert air.figures()["onlookers"] == 0


def test_who_claims_to_be_somebody_else_is_not_counted_as_them(air: Air) -> None:
    viewer = sign_in(air.live.client, VIEWERS[0])
    air.begin()
    with air.joined(viewer):
        with connect(air.live.events_url, proxy=None, close_timeout=0.3) as connection:
            body = {"token": viewer.pair["access_token"][:-4] + "AAAA", "after_seq": 0, "visitor": ""}
            connection.send(encode([Envelope(t="hello", id="h", room=air.room, d=body)]))
            assert close_code(connection) == 4401
        # An account's id is no secret: shown as a page's it is somebody of their own.
        with air.joined(visitor=viewer.account_id):
            assert (air.figures()["onlookers"], air.figures()["viewers_peak"]) == (2, 2)
        with air.joined(visitor=air.anchor.account_id):
            assert air.figures()["onlookers"] == 3
