"""Moderating through the client: the same cases against the real service and against the fake of the unit tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from app.contract.rest import Category
from app.contract.room import ActionKind, ModerationWish, Rules
from app.domain.room.restrictions import Length
from app.errors import PlatformError
from app.ports.platform import Platform
from tests.contract.client.kit import Rig, play
from tests.unit.app.fakes import FakePlatform

VIEWER_PHONE = "13900000007"
Scene = Callable[[Platform, str, str], Awaitable[None]]
"""Given the anchor's platform, the session and a viewer's account."""


@pytest.fixture(params=["fake", "real"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., None]:
    def run(scene: Scene, *, by_viewer: bool = False) -> None:
        if request.param == "fake":
            asyncio.run(scene(FakePlatform(), "s1", "v1"))  # type: ignore[arg-type]
            return

        async def real(rig: Rig) -> None:
            platform = await rig.signed_in()
            session = await platform.create_session("简历", Category.JOB_SEARCH, "key-1")
            viewer = await Rig(rig.config, rig.service).signed_in(phone=VIEWER_PHONE)
            account = await viewer.account()
            await scene(viewer if by_viewer else platform, session.id, account.id)
            await viewer.close()
            await platform.close()

        play(tmp_path, real)

    return run


def mute(account_id: str) -> ModerationWish:
    return ModerationWish(action=ActionKind.MUTE, account_id=account_id, length=Length.MINUTE, reason="刷屏")


def test_a_mute_is_in_the_record_and_on_the_card_until_it_is_taken_back(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, session_id: str, account_id: str) -> None:
        made = await platform.moderate(session_id, mute(account_id), "k1")
        assert (made.kind, made.length, made.reason, made.is_undoable) == (
            ActionKind.MUTE, Length.MINUTE, "刷屏", True,
        )  # fmt: skip
        assert (await platform.moderate(session_id, mute(account_id), "k1")).id == made.id
        assert [one.id for one in await platform.room_actions(session_id)] == [made.id]
        assert await platform.room_actions(session_id, [ActionKind.REMOVE]) == []
        card = await platform.room_person(session_id, account_id)
        assert card.is_muted and [one.id for one in card.actions] == [made.id]
        undone = await platform.undo_action(session_id, made.id)
        assert undone.undone_at is not None and not undone.is_undoable
        assert not (await platform.room_person(session_id, account_id)).is_muted
        table = (await platform.room_actions_file(session_id)).decode("utf-8-sig")
        assert table.startswith("time_utc,action") and "mute" in table

    on_both(scene)


def test_rules_and_shield_are_told(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, session_id: str, account_id: str) -> None:
        rules = ModerationWish(action=ActionKind.SET_RULES, rules=Rules(slow_s=5))
        await platform.moderate(session_id, rules, "k1")
        room = await platform.my_room(session_id)
        assert (room.role, room.rules.slow_s, room.is_shielded) == ("owner", 5, False)
        await platform.moderate(session_id, ModerationWish(action=ActionKind.SHIELD_ON), "k2")
        assert (await platform.my_room(session_id)).is_shielded
        assert await platform.held_messages(session_id) == []
        found = await platform.audience(session_id)
        assert found.total >= found.visitors

    on_both(scene)


def test_who_is_not_known_is_not_found(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, session_id: str, account_id: str) -> None:
        for work in (
            platform.moderate(session_id, mute("nobody"), "k1"),
            platform.undo_action(session_id, "nothing"),
            platform.room_person(session_id, "nobody"),
        ):
            with pytest.raises(PlatformError) as refused:
                await work
            assert (refused.value.code, refused.value.retryable) == ("not_found", False)

    on_both(scene)
