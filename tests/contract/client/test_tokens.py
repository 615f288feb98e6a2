"""Tokens that rotate: a full disk, a call that is cancelled, a new adapter must never show a spent one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.client.platform import HttpPlatform
from app.client.tokens import SAVE_AGAIN_S, Wallet, Wallets
from app.contract.rest import Account, Category, TokenPair
from app.errors import PlatformError, StorageError
from app.runtime.clock import ManualClock, SystemClock
from server.config import Lifetimes
from tests.contract.client.kit import Memory, Rig, play

ACCOUNT = Account(id="a", nickname="n", phone_masked="", roles=[])
ENDED = PlatformError("device_ended", retryable=False)


class Issuer:
    """Gives pairs by the service's rule: a spent refresh token ends the device."""

    def __init__(self) -> None:
        self.number = 0
        self.is_ended = False
        self.calls = 0
        self.gate = asyncio.Event()
        self.gate.set()

    def pair(self) -> TokenPair:
        self.number += 1
        return TokenPair(
            access_token=f"a{self.number}", access_expires_in_s=900, refresh_token=f"r{self.number}", device_id="d",
            account=ACCOUNT,
        )  # fmt: skip

    async def renew(self, refresh_token: str) -> TokenPair:
        self.calls += 1
        if self.is_ended or refresh_token != f"r{self.number}":
            self.is_ended = True
            raise ENDED
        pair = self.pair()
        await self.gate.wait()
        return pair


class Scene:
    def __init__(self) -> None:
        self.clock, self.secrets, self.issuer = ManualClock(), Memory(), Issuer()
        self.told: list[StorageError] = []

    def wallet(self) -> Wallet:
        """Of a program that was just started."""
        return Wallets(self.secrets, self.clock, self.told.append).of("t")

    async def signed_in(self) -> Wallet:
        wallet = self.wallet()
        await wallet.keep(self.issuer.pair())
        return wallet

    def expire(self) -> None:
        self.clock.advance(900.0)


def run(scene: Callable[[Scene], Awaitable[None]]) -> None:
    async def whole() -> None:
        await scene(Scene())

    asyncio.run(whole())


def test_a_full_disk_is_told_and_spends_nothing_twice() -> None:
    async def scene(s: Scene) -> None:
        wallet = await s.signed_in()
        s.secrets.is_full = True
        for number in (2, 3):
            s.expire()
            assert await wallet.token(s.issuer.renew) == f"a{number}"
        assert [error.code for error in s.told] == ["sign_in_not_saved"], "told once"
        assert s.secrets.kept == {}, "the spent one is not left for the next start"
        s.secrets.is_full = False
        s.clock.advance(SAVE_AGAIN_S)
        assert await wallet.token(s.issuer.renew) == "a3"
        await wallet.settle()
        assert s.secrets.kept == {"t": "r3"}, "written as soon as it can be"
        assert await s.wallet().token(s.issuer.renew) == "a4"

    run(scene)


def test_a_new_adapter_goes_on_with_the_pair_of_the_one_before() -> None:
    async def scene(s: Scene) -> None:
        wallets = Wallets(s.secrets, s.clock)
        s.secrets.is_full = True
        await wallets.of("t").keep(s.issuer.pair())
        assert await wallets.of("t").token(s.issuer.renew) == "a1"
        s.expire()
        assert await wallets.of("t").token(s.issuer.renew) == "a2"

    run(scene)


def test_a_caller_who_gives_up_loses_no_token() -> None:
    async def scene(s: Scene) -> None:
        wallet = await s.signed_in()
        s.expire()
        s.issuer.gate.clear()
        impatient = asyncio.create_task(wallet.token(s.issuer.renew))
        while s.issuer.calls == 0:
            await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.gather(impatient, return_exceptions=True)
        assert impatient.cancelled()
        others = [asyncio.create_task(wallet.token(s.issuer.renew)) for _ in range(5)]
        await asyncio.sleep(0)
        s.issuer.gate.set()
        assert await asyncio.gather(*others) == ["a2"] * 5
        assert s.issuer.calls == 1, "one renewal for all"
        assert s.secrets.kept == {"t": "r2"}

    run(scene)


def test_a_renewal_that_comes_late_does_not_undo_a_new_sign_in() -> None:
    async def scene(s: Scene) -> None:
        for late in (s.issuer.renew, _refused):
            wallet = await s.signed_in()
            s.expire()
            s.issuer.gate.clear()
            waiting = asyncio.create_task(wallet.token(late))
            await asyncio.sleep(0.01)
            newest = s.issuer.pair()
            await wallet.keep(newest)
            s.issuer.gate.set()
            assert await waiting == newest.access_token
            assert s.secrets.kept == {"t": newest.refresh_token}

    async def _refused(_: str) -> TokenPair:
        await asyncio.sleep(0.02)
        raise ENDED

    run(scene)


def test_a_refused_renewal_signs_out_and_says_why() -> None:
    async def scene(s: Scene) -> None:
        wallet = await s.signed_in()
        s.issuer.is_ended = True
        s.expire()
        assert await wallet.token(s.issuer.renew) is None
        assert (wallet.ended_code, s.secrets.kept) == ("device_ended", {})

    run(scene)


@pytest.mark.parametrize("code", ["platform_unreachable", "host_refused", "internal"])
def test_what_says_nothing_about_the_token_leaves_it(code: str) -> None:
    async def scene(s: Scene) -> None:
        wallet = await s.signed_in()
        s.expire()

        async def fails(_: str) -> TokenPair:
            raise PlatformError(code, retryable=False)

        with pytest.raises(PlatformError) as told:
            await wallet.token(fails)
        assert told.value.code == code
        assert await wallet.token(s.issuer.renew) == "a2"

    run(scene)


def test_secrets_that_cannot_be_read_are_an_error_and_asked_again() -> None:
    async def scene(s: Scene) -> None:
        await s.signed_in()
        later = s.wallet()
        s.secrets.is_locked = True
        with pytest.raises(StorageError) as told:
            await later.token(s.issuer.renew)
        assert (told.value.code, told.value.retryable) == ("secrets_unreadable", True)
        s.secrets.is_locked = False
        assert await later.token(s.issuer.renew) == "a2"

    run(scene)


def test_an_older_refused_token_says_nothing_about_ours() -> None:
    async def scene(s: Scene) -> None:
        wallet = await s.signed_in()
        await wallet.refused("a0", "device_ended")
        assert await wallet.token(s.issuer.renew) == "a1"
        await wallet.refused("a1", "token_expired")
        assert await wallet.token(s.issuer.renew) == "a2"
        await wallet.refused("a2", "device_ended")
        assert await wallet.token(s.issuer.renew) is None

    run(scene)


def test_a_broadcast_can_be_ended_with_a_full_disk(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        session = await platform.create_session("简历", Category.JOB_SEARCH, "key-1")
        rig.secrets.is_full = True
        assert (await platform.end_session(session.id)).id == session.id
        assert len(await platform.devices()) == 1, "the device is not ended by a spent token"
        await platform.close()

    play(tmp_path, scene, lifetimes=replace(Lifetimes(), access_s=1, settle_s=0.0))


def test_the_platform_on_this_machine_keeps_its_sign_in_at_another_address(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        clock = SystemClock()
        wallets = Wallets(rig.secrets, clock)
        plain = await rig.signed_in(HttpPlatform(rig.service.url, "", wallets, clock, is_embedded=True))
        session = await plain.create_session("t", Category.OTHER, "key-1")
        target = await plain.stream_key(session.id, take_over=True)
        assert target.url == "rtmps://127.0.0.1:1936/live", "over loopback, whatever others are told"
        other_url = rig.service.url.replace("127.0.0.1", "localhost")
        for new in (wallets, Wallets(rig.secrets, clock)):
            other = HttpPlatform(other_url, "", new, clock, is_embedded=True)
            restored = await other.restore()
            assert restored is not None and restored.nickname == "林晓"
            await other.close()
        foreign = HttpPlatform(other_url, "", wallets, clock)
        assert await foreign.restore() is None
        await rig.signed_in(foreign)
        target = await foreign.stream_key(session.id, take_over=True)
        assert target.url == "rtmps://192.168.1.7:1936/live"
        await foreign.close()
        await plain.close()

    play(
        tmp_path, scene, allowed_hosts=("localhost",), ingest_public_rtmp_url="rtmps://192.168.1.7:1936/live"
    )  # fmt: skip
