"""A session's figures through the client: the same cases on the real service and on the fake of the unit tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from app.contract.events import Hello, RoomStats, body, envelope
from app.contract.rest import Category, SessionFigures
from app.domain.session import SessionState
from app.ports.platform import Platform
from tests.contract.client.kit import Rig, play, until
from tests.contract.server.kit import HOOK, Signed, sign_in
from tests.contract.server.room_kit import join
from tests.unit.app.fakes import FakePlatform

VIEWER_PHONE = "13900000007"
Watch = Callable[[str], Awaitable[None]]
"""The session goes on air, and one viewer watches it for a moment."""
Scene = Callable[[Platform, Watch], Awaitable[None]]


@pytest.fixture(params=["fake", "real"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scene], None]:
    def run(scene: Scene) -> None:
        if request.param == "fake":
            fake = FakePlatform()

            async def watch(session_id: str) -> None:
                await fake.stream_key(session_id, take_over=False)
                fake.figures = SessionFigures(
                    onlookers=1, viewers_peak=1, viewers_average=0.5, watch_ms=5, watch_each_ms=5, on_air_ms=10
                )

            asyncio.run(scene(fake, watch))  # type: ignore[arg-type]  # no more of it is asked for
            return

        async def real(rig: Rig) -> None:
            platform = await rig.signed_in()

            async def watch(session_id: str) -> None:
                target = await platform.stream_key(session_id, take_over=False)
                await asyncio.to_thread(_watch, rig, session_id, target.key)

            await scene(platform, watch)
            await platform.close()

        play(tmp_path, real)

    return run


def _watch(rig: Rig, session_id: str, key: str) -> None:
    client = rig.service.client
    asked = {"app": "live", "key": key, "connection_id": "c1"}
    grant = client.post("/internal/v1/publish/authorize", json=asked, headers=HOOK).json()
    assert client.post("/internal/v1/publish/started", json=grant, headers=HOOK).status_code == 204
    viewer: Signed = sign_in(client, VIEWER_PHONE)
    with join(rig.service, session_id, viewer) as (_, heard):
        heard.until("room.stats")


def test_the_end_tells_what_was_counted_and_so_does_the_session_afterwards(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, watch: Watch) -> None:
        session = await platform.create_session("简历", Category.JOB_SEARCH, "key-1")
        assert session.figures is None
        await watch(session.id)
        ended = await platform.end_session(session.id)
        assert ended.state is SessionState.ENDED
        told = ended.figures
        assert told is not None
        assert (told.onlookers, told.viewers_peak) == (1, 1)
        assert 0 < told.watch_ms == told.watch_each_ms <= told.on_air_ms
        assert 0 < told.viewers_average <= 1
        assert (await platform.session_of(session.id)).figures == told

    on_both(scene)


def test_what_was_never_on_air_has_none(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, watch: Watch) -> None:
        session = await platform.create_session("简历", Category.JOB_SEARCH, "key-1")
        assert (await platform.end_session(session.id)).figures is None
        assert (await platform.session_of(session.id)).figures is None

    on_both(scene)


def test_the_anchors_room_is_told_as_it_grows(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        session = await platform.create_session("简历", Category.JOB_SEARCH, "key-1")
        link = platform.follow(session.id, rig.heard.append, rig.links.append)
        await until(lambda: rig.links == [True])
        target = await platform.stream_key(session.id, take_over=False)
        await asyncio.to_thread(_watch, rig, session.id, target.key)
        stats = RoomStats(viewers=0, messages=0, peak=1, onlookers=1)
        await until(lambda: any(one.t == "room.stats" and body(one) == stats for one in rig.heard))
        await link.close()
        await platform.close()

    play(tmp_path, scene)


def test_what_a_page_shows_of_itself_is_in_no_repr() -> None:
    assert "secret" not in repr(body(envelope(Hello(visitor="secret-of-a-page"), "hello")))
