"""Keys to measure with through the client: the same cases against the real service and against the fake."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from app.client.platform import HttpPlatform
from app.client.tokens import Wallets
from app.contract.rest import Category, IngestAddress
from app.errors import PlatformError
from app.ports.platform import Platform
from app.runtime.clock import SystemClock
from app.runtime.launch import IngestPlace
from server.demo_data import ANCHOR_PHONE
from tests.contract.client.kit import Memory, Rig, play
from tests.unit.app.fakes import FakePlatform

Scene = Callable[[Platform], Awaitable[None]]
SECOND = IngestAddress(name="second.test", url="rtmps://second.test/live")
STRANGER = "13900000001"


@pytest.fixture(params=["real", "fake"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., None]:
    """Plays a scene against one of the two, whose platform has two addresses."""

    def run(scene: Scene, is_signed_in: bool = True, phone: str = ANCHOR_PHONE) -> None:
        if request.param == "fake":
            fake = FakePlatform()
            fake.is_signed_in = is_signed_in
            fake.ingests = (*fake.ingests, SECOND)
            asyncio.run(scene(fake))  # type: ignore[arg-type]
            return

        async def real(rig: Rig) -> None:
            platform = await rig.signed_in(phone=phone) if is_signed_in else rig.platform()
            await scene(platform)
            await platform.close()

        play(tmp_path, real, further_ingests=(IngestPlace(url=SECOND.url),))

    return run


@pytest.mark.parametrize("phone", [ANCHOR_PHONE, STRANGER])
def test_each_is_another_with_the_same_addresses(on_both: Callable[..., None], phone: str) -> None:
    async def scene(platform: Platform) -> None:
        first, second = await platform.probe_key(), await platform.probe_key()
        assert first.key != second.key
        assert first.key_id != second.key_id
        assert first.expires_in_s == second.expires_in_s == 120
        assert [one.url.partition(":")[0] for one in first.ingests] == ["rtmp", "rtmps"]
        assert first.ingests[1] == SECOND
        assert first.ingests == second.ingests
        assert first.key not in repr(first)

    on_both(scene, phone=phone)


def test_the_same_addresses_are_offered_for_going_on_air(on_both: Callable[..., None]) -> None:
    async def scene(platform: Platform) -> None:
        offered = await platform.probe_key()
        session = await platform.create_session("简历", Category.JOB_SEARCH, "key-1")
        target = await platform.stream_key(session.id, take_over=False)
        assert target.ingests == offered.ingests
        assert target.url == offered.ingests[0].url
        assert target.key != offered.key

    on_both(scene)


def test_without_a_sign_in_there_is_none(on_both: Callable[..., None]) -> None:
    async def scene(platform: Platform) -> None:
        with pytest.raises(PlatformError) as refused:
            await platform.probe_key()
        assert (refused.value.code, refused.value.retryable) == ("not_signed_in", False)

    on_both(scene, is_signed_in=False)


def test_the_platform_of_this_machine_is_measured_over_the_way_that_media_takes(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        clock = SystemClock()
        own = HttpPlatform(rig.service.url, "", Wallets(Memory(), clock), clock, is_embedded=True)
        platform = await rig.signed_in(own)
        offered = await platform.probe_key()
        assert [one.url for one in offered.ingests] == ["rtmp://127.0.0.1/live", "rtmps://127.0.0.1/live"]
        session = await platform.create_session("简历", Category.JOB_SEARCH, "key-1")
        target = await platform.stream_key(session.id, take_over=False)
        assert (target.url, target.ingests) == (offered.ingests[0].url, offered.ingests)
        await platform.close()

    play(tmp_path, scene, further_ingests=(IngestPlace(url=SECOND.url),))


def test_too_many_are_refused_with_when_to_come_again(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        for _ in range(10):
            await platform.probe_key()
        with pytest.raises(PlatformError) as refused:
            await platform.probe_key()
        assert (refused.value.code, refused.value.retryable) == ("rate_limited", True)
        assert int(str(refused.value.detail["retry_after_s"])) > 60
        await platform.close()

    play(tmp_path, scene)
