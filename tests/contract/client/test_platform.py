"""The client against the real service on a loopback port: signing in, tokens that end, a room that is followed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from app.client.platform import HttpPlatform
from app.client.tokens import Wallets
from app.contract.rest import Category
from app.errors import PlatformError
from app.runtime.clock import SystemClock
from server.config import Lifetimes
from server.demo_data import ANCHOR_PHONE
from tests.contract.client.kit import Memory, Rig, play, until
from tests.contract.server.kit import GENEROUS, code_of


def test_a_wrong_code_is_refused_and_the_right_one_taken(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = rig.platform()
        await platform.ask_code(ANCHOR_PHONE)
        code = await asyncio.to_thread(code_of, rig.service.client, ANCHOR_PHONE)
        with pytest.raises(PlatformError) as refused:
            await platform.sign_in(ANCHOR_PHONE, "000000" if code != "000000" else "111111", "PC", "")
        assert (refused.value.code, refused.value.retryable) == ("code_wrong", False)
        account, device_id = await platform.sign_in(ANCHOR_PHONE, code, "PC", "")
        assert account.nickname == "林晓"
        assert [device.is_this for device in await platform.devices()] == [True]
        assert device_id
        await platform.close()

    play(tmp_path, scene)


def test_an_access_token_that_ran_out_is_renewed_once_for_all_who_ask(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        await asyncio.sleep(1.2)
        before = dict(rig.secrets.kept)
        found = await asyncio.gather(*(platform.devices() for _ in range(8)))
        assert all(len(devices) == 1 for devices in found)
        assert rig.secrets.kept != before, "the refresh token rotates"
        # A second rotation by mistake would have burnt the family of tokens.
        again = rig.platform()
        restored = await again.restore()
        assert restored is not None and restored.nickname == "林晓"
        await platform.close()
        await again.close()

    play(tmp_path, scene, lifetimes=replace(Lifetimes(), access_s=1))


def test_a_sign_in_that_was_ended_elsewhere_is_told_and_forgotten(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        other = Rig(rig.config, rig.service)
        elsewhere = await other.signed_in()
        mine = next(device for device in await platform.devices() if device.is_this)
        await elsewhere.end_device(mine.id)
        with pytest.raises(PlatformError) as refused:
            await platform.devices()
        assert not refused.value.retryable
        assert await rig.platform().restore() is None
        assert rig.secrets.kept == {}
        await platform.close()
        await elsewhere.close()

    play(tmp_path, scene)


def test_a_service_that_is_down_is_an_outside_cause_worth_trying_again(free_port: int) -> None:
    async def scene() -> None:
        platform = HttpPlatform(f"http://127.0.0.1:{free_port}", "", Wallets(Memory(), SystemClock()), SystemClock())
        with pytest.raises(PlatformError) as problem:
            await platform.info()
        assert (problem.value.code, problem.value.retryable) == ("platform_unreachable", True)
        await platform.close()

    asyncio.run(scene())


async def in_room(rig: Rig) -> tuple[HttpPlatform, str]:
    platform = await rig.signed_in()
    session = await platform.create_session("简历", Category.JOB_SEARCH, "key-1")
    same = await platform.create_session("简历", Category.JOB_SEARCH, "key-1")
    assert same.id == session.id, "a repeat makes no second one"
    return platform, session.id


def test_a_room_goes_on_where_it_was_and_posts_what_was_said_meanwhile_once(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform, room = await in_room(rig)
        link = platform.follow(room, rig.heard.append, rig.links.append)
        await until(lambda: rig.links == [True])
        link.send_chat("r1", "一")
        await until(lambda: rig.texts() == ["一"])
        # The sockets die under the client, as with a service that was killed.
        rig.service.cut_sockets()
        link.send_chat("r2", "二")
        link.send_chat("r2", "二")
        await until(lambda: rig.links[-1] and False in rig.links)
        link.send_chat("r3", "三")
        await until(lambda: rig.texts() == ["一", "二", "三"])
        await link.close()
        await platform.close()

    play(tmp_path, scene)


def test_what_the_service_keeps_no_longer_is_asked_for(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform, room = await in_room(rig)
        link = platform.follow(room, rig.heard.append, rig.links.append)
        await until(lambda: rig.links == [True])
        texts = [f"第{number}条" for number in range(12)]
        for number, text in enumerate(texts):
            link.send_chat(f"r{number}", text)
        await until(lambda: rig.texts() == texts)
        await link.close()
        rig.heard.clear()
        # A new window begins at 0, and twelve facts are more than are told again.
        link = platform.follow(room, rig.heard.append, rig.links.append)
        await until(lambda: any(one.t == "room.reset" for one in rig.heard))
        await until(lambda: rig.texts() == texts)
        link.send_chat("last", "还在")
        await until(lambda: rig.texts() == [*texts, "还在"])
        await link.close()
        await platform.close()

    play(tmp_path, scene, limits=replace(GENEROUS, resume_facts=8))
