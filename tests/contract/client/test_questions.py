"""Questions through the client: the same cases against the real service and against the fake of the unit tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from app.contract.questions import QuestionAct, QuestionItem
from app.contract.rest import Category
from app.domain.room.questions import QuestionState
from app.errors import PlatformError
from app.ports.platform import Platform
from tests.contract.client.kit import Rig, play
from tests.contract.server.kit import sign_in
from tests.unit.app.fakes import FakePlatform

VIEWER_PHONE = "13900000007"
Scene = Callable[[Platform, str, list[str]], Awaitable[None]]
"""Given the anchor's platform, the session and the ids of what a viewer asked: 一 and 二."""


@pytest.fixture(params=["fake", "real"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scene], None]:
    def run(scene: Scene) -> None:
        if request.param == "fake":
            fake = FakePlatform()
            asyncio.run(scene(fake, "s1", [fake.ask(text).id for text in "一二"]))  # type: ignore[arg-type]
            return

        async def real(rig: Rig) -> None:
            platform = await rig.signed_in()
            session = await platform.create_session("简历", Category.JOB_SEARCH, "key-1")

            def ask() -> list[str]:
                viewer = sign_in(rig.service.client, VIEWER_PHONE)
                path = f"/sessions/{session.id}/questions"
                return [
                    viewer.post(path, {"text": one}, **{"Idempotency-Key": one_key(one)}).json()["id"] for one in "一二"
                ]

            await scene(platform, session.id, await asyncio.to_thread(ask))
            await platform.close()

        play(tmp_path, real)

    return run


def one_key(text: str) -> str:
    return f"k{ord(text)}"


def states(found: list[QuestionItem]) -> list[tuple[str, QuestionState]]:
    return [(one.text, one.state) for one in found]


def test_one_is_on_screen_and_each_act_can_be_repeated(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, session_id: str, ids: list[str]) -> None:
        first, second = ids
        assert states(await platform.questions(session_id)) == [
            ("一", QuestionState.ASKED),
            ("二", QuestionState.ASKED),
        ]
        for _ in range(2):
            shown = await platform.act_on_question(session_id, second, QuestionAct.SHOW)
            assert (shown.state, shown.rev) == (QuestionState.ON_SCREEN, 2)
        await platform.act_on_question(session_id, first, QuestionAct.SHOW)
        assert states(await platform.questions(session_id)) == [
            ("一", QuestionState.ON_SCREEN), ("二", QuestionState.ASKED),
        ]  # fmt: skip
        for _ in range(2):
            answered = await platform.act_on_question(session_id, first, QuestionAct.ANSWER)
            assert (answered.state, answered.rev) == (QuestionState.ANSWERED, 3)
        for _ in range(2):
            off = await platform.act_on_question(session_id, second, QuestionAct.HIDE_CARD)
            assert (off.state, off.rev) == (QuestionState.ASKED, 3)
        assert states(await platform.questions(session_id)) == [
            ("二", QuestionState.ASKED), ("一", QuestionState.ANSWERED),
        ]  # fmt: skip

    on_both(scene)


def test_what_is_deleted_is_gone(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, session_id: str, ids: list[str]) -> None:
        for _ in range(2):
            gone = await platform.act_on_question(session_id, ids[0], QuestionAct.DELETE)
            assert (gone.state, gone.text, gone.author_name) == (QuestionState.HIDDEN, "", "")
        assert states(await platform.questions(session_id)) == [("二", QuestionState.ASKED)]
        with pytest.raises(PlatformError) as refused:
            await platform.act_on_question(session_id, ids[0], QuestionAct.SHOW)
        assert (refused.value.code, refused.value.retryable) == ("not_found", False)

    on_both(scene)


def test_what_was_answered_is_not_shown_again(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, session_id: str, ids: list[str]) -> None:
        await platform.act_on_question(session_id, ids[0], QuestionAct.ANSWER)
        with pytest.raises(PlatformError) as refused:
            await platform.act_on_question(session_id, ids[0], QuestionAct.SHOW)
        assert refused.value.code == "state_conflict"
        assert (await platform.act_on_question(session_id, ids[0], QuestionAct.HIDE_CARD)).rev == 2

    on_both(scene)
