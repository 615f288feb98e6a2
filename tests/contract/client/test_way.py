"""The way to air against the real service: documents, acceptances, messages, and the person's own room."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.client.platform import HttpPlatform
from app.client.tokens import Wallets
from app.client.way import KEPT_VERSIONS
from app.contract.documents import MAX_TEXT_BYTES, VersionAccept, VersionSummary
from app.contract.inbox import PERSONAL_ROOM, Concern, InboxKind
from app.domain.documents.canonical import parse, sha256
from app.domain.documents.model import DocumentKind
from app.domain.onboarding import StepId, StepState
from app.errors import PlatformError
from app.runtime.clock import SystemClock, utc_ms
from server.documents.publishing import DraftWish, add_version, day_of
from server.effects import PersonTold
from server.inbox.post import post
from server.store.store import Tx
from tests.contract.client.kit import Memory, Rig, play, until

pytestmark = pytest.mark.slow

LIVE, RULES = DocumentKind.LIVE_AGREEMENT, DocumentKind.VIOLATION_RULES


def write(rig: Rig, work: Any) -> Any:
    """As somebody else on the service does it."""
    return rig.service.run(rig.service.services.store.write(work))


async def publish(rig: Rig, kind: DocumentKind, text: str, *, is_material: bool = True) -> VersionSummary:
    def work(tx: Tx) -> VersionSummary:
        wish = DraftWish(kind, "新版", text, ("改了一处",), is_material, day_of(utc_ms(SystemClock().utc())))
        made = add_version(tx, wish, "system", "test")
        tx.effects.append(PersonTold(None, Concern.DOCUMENTS))
        return made

    made: VersionSummary = await asyncio.to_thread(write, rig, work)
    return made


async def tell(rig: Rig, account_id: str, kind: InboxKind, **params: str) -> None:
    await asyncio.to_thread(write, rig, lambda tx: post(tx, account_id, kind, params))


def accepting(version: VersionSummary) -> VersionAccept:
    return VersionAccept(sha256=version.sha256, client_version="0.1.0", read_s=60, was_shown_to_end=True)


def test_documents_are_read_by_anybody_and_are_what_their_hash_names(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = rig.platform()
        kinds = {one.kind: one for one in await platform.documents()}
        assert set(kinds) == set(DocumentKind)
        versions = await platform.versions(LIVE)
        assert [one.number for one in versions] == [2, 1]
        assert kinds[LIVE].current == versions[0]
        version = await platform.version(LIVE, 1)
        assert sha256(version.text) == version.sha256 == versions[1].sha256
        assert parse(version.text).blocks
        with pytest.raises(PlatformError) as refused:
            await platform.version(LIVE, 9)
        assert refused.value.code == "not_found"
        await platform.close()

    play(tmp_path, scene)


def test_a_version_is_fetched_once_and_only_so_many_are_kept(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = rig.platform()
        calls: list[str] = []
        call = platform._api.call

        def counted(method: str, path: str, **given: Any) -> Any:
            calls.append(path)
            return call(method, path, **given)

        platform._api.call = counted  # type: ignore[method-assign]
        first = await platform.version(LIVE, 1)
        assert await platform.version(LIVE, 1) is first
        assert len(calls) == 1
        for kind in DocumentKind:
            await platform.version(kind, 1)
        assert len(platform._versions) == KEPT_VERSIONS
        await platform.close()

    play(tmp_path, scene)


def test_the_longest_text_there_may_be_is_read(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        line = '“引号”与"引号"\\\\ 都要转义。' * 20
        count = (MAX_TEXT_BYTES - 1000) // (len(line.encode()) + 2)
        made = await publish(rig, RULES, f"{line}\n\n" * count)
        platform = rig.platform()
        version = await platform.version(RULES, made.number)
        assert len(version.text.encode()) > 0.9 * MAX_TEXT_BYTES
        assert sha256(version.text) == made.sha256
        await platform.close()

    play(tmp_path, scene)


def test_accepting_makes_the_step_done_and_a_material_version_asks_again(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        made = await publish(rig, LIVE, "新的约定。\n")
        onboarding = await platform.onboarding()
        assert {step.id: step.state for step in onboarding.steps}[StepId.AGREEMENT] is StepState.CURRENT
        assert (onboarding.may_broadcast, onboarding.missing) == (False, "agreement_outdated")
        with pytest.raises(PlatformError) as refused:
            await platform.accept(LIVE, made.number, accepting(made).model_copy(update={"sha256": "0" * 64}))
        assert refused.value.code == "hash_mismatch"
        with pytest.raises(PlatformError) as refused:
            await platform.accept(LIVE, 1, accepting((await platform.versions(LIVE))[-1]))
        assert refused.value.code == "version_superseded"
        for _ in range(2):
            await platform.accept(LIVE, made.number, accepting(made))
        acceptances = [one for one in await platform.acceptances() if one.number == made.number]
        assert [(one.sha256, one.client_version, one.read_s) for one in acceptances] == [(made.sha256, "0.1.0", 60)]
        assert (await platform.onboarding()).may_broadcast
        await platform.close()

    play(tmp_path, scene)


def test_messages_come_by_pages_and_are_read(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        account = await platform.account()
        for number in range(5):
            await tell(rig, account.id, InboxKind.APPLICATION_RETURNED, comment=f"第{number}次")
        page = await platform.inbox(limit=2)
        assert ([one.params["comment"] for one in page.messages], page.has_more) == (["第4次", "第3次"], True)
        older = await platform.inbox(before=page.messages[-1].number)
        assert len(older.messages) >= 3
        assert older.messages[0].number == page.messages[-1].number - 1
        unread = page.unread
        assert await platform.read_inbox(ids=(page.messages[0].id,)) == unread - 1
        assert await platform.read_inbox(up_to=page.messages[0].number) == 0
        await platform.close()

    play(tmp_path, scene)


def test_what_is_mine_needs_a_sign_in(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = rig.platform()
        for ask in (platform.onboarding, platform.acceptances, platform.inbox, platform.account):
            with pytest.raises(PlatformError) as refused:
                await ask()
            assert refused.value.code == "not_signed_in"
        await platform.close()

    play(tmp_path, scene)


# ---- the person's own room -------------------------------------------------------------------------


def concerns(rig: Rig) -> list[str]:
    return [one.d["what"] for one in rig.heard if one.t == "me.changed"]


def test_the_own_room_tells_what_has_changed_also_after_the_link_broke(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        account = await platform.account()
        link = platform.follow(PERSONAL_ROOM, rig.heard.append, rig.links.append)
        await until(lambda: rig.links == [True])
        await tell(rig, account.id, InboxKind.APPLICATION_RECEIVED)
        await until(lambda: concerns(rig) == ["inbox"])
        other = await Rig(rig.config, rig.service).signed_in(phone="13900000002")
        await tell(rig, (await other.account()).id, InboxKind.APPLICATION_RECEIVED)
        await other.close()
        rig.service.cut_sockets()
        await until(lambda: rig.links == [True, False, True])
        await publish(rig, LIVE, "又一版。\n")
        await until(lambda: concerns(rig) == ["inbox", "documents"])
        assert all(one.seq == 0 for one in rig.heard if one.t == "me.changed")
        await link.close()
        await platform.close()

    play(tmp_path, scene)


def test_nothing_is_said_in_the_own_room(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        link = platform.follow(PERSONAL_ROOM, rig.heard.append, rig.links.append)
        await until(lambda: rig.links == [True])
        link.send_chat("r1", "有人吗")
        await until(lambda: any(one.t == "error" for one in rig.heard))
        assert [one for one in rig.heard if one.t == "chat.posted"] == []
        await link.close()
        await platform.close()

    play(tmp_path, scene)


def test_a_device_that_is_ended_elsewhere_loses_the_own_room(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in()
        other = Rig(rig.config, rig.service)
        elsewhere = await other.signed_in()
        refused: list[str] = []
        link = platform.follow(PERSONAL_ROOM, rig.heard.append, rig.links.append, refused.append)
        await until(lambda: rig.links == [True])
        mine = next(device for device in await platform.devices() if device.is_this)
        await elsewhere.end_device(mine.id)
        await until(lambda: bool(refused))
        assert refused[0] in ("device_ended", "not_signed_in", "token_expired")
        await link.close()
        await platform.close()
        await elsewhere.close()

    play(tmp_path, scene)


def test_a_reply_that_is_longer_than_it_can_be_is_given_up(free_port: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nConnection: close\r\n\r\n")
        try:
            while True:
                writer.write(b"\0" * 65536)
                await writer.drain()
        except ConnectionError:
            writer.close()

    async def scene() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", free_port)
        wallets = Wallets(Memory(), SystemClock())
        platform = HttpPlatform(f"http://127.0.0.1:{free_port}", "", wallets, SystemClock())
        with pytest.raises(PlatformError) as refused:
            await platform.version(LIVE, 1)
        assert refused.value.code == "platform_not_ours"
        await platform.close()
        server.close()
        await server.wait_closed()

    asyncio.run(scene())
