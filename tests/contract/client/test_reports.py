"""Reporting through the client: the same cases against the real service and against the fake of the unit tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from app.contract.reports import ReportTarget, ReportWish
from app.contract.rest import Category
from app.domain.measures import ConductCategory
from app.domain.reports import ReportState, TargetKind
from app.errors import PlatformError, StorageError
from app.ports.platform import Platform
from server.gate import Person
from server.rooms.chat import post_message
from server.store.store import Tx
from tests.clips import make_clip
from tests.contract.client.kit import Rig, play
from tests.unit.app.fakes import FakePlatform

VIEWER_PHONE = "13900000007"
Scene = Callable[[Platform, str, str], Awaitable[None]]
"""Given the anchor's platform, the session and a viewer's message in it."""


@pytest.fixture(params=["fake", "real"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scene], None]:
    def run(scene: Scene) -> None:
        if request.param == "fake":
            asyncio.run(scene(FakePlatform(), "s1", "m1"))  # type: ignore[arg-type]
            return

        async def real(rig: Rig) -> None:
            platform = await rig.signed_in()
            session = await platform.create_session("简历", Category.JOB_SEARCH, "key-1")
            viewer = await Rig(rig.config, rig.service).signed_in(phone=VIEWER_PHONE)
            person = Person((await viewer.account()).id, (await viewer.devices())[0].id, frozenset())

            def say(tx: Tx) -> str:
                return post_message(tx, session.id, person, "m1", "你真笨").message_id

            message_id = await asyncio.to_thread(lambda: rig.service.run(rig.service.services.store.write(say)))
            await scene(platform, session.id, message_id)
            await viewer.close()
            await platform.close()

        play(tmp_path, real)

    return run


def of(message_id: str, text: str = "") -> ReportWish:
    target = ReportTarget(kind=TargetKind.MESSAGE, id=message_id)
    return ReportWish(target=target, category=ConductCategory.UNFRIENDLY, text=text)


def test_one_is_made_once_listed_and_taken_back(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform, session_id: str, message_id: str) -> None:
        made = await platform.report(session_id, of(message_id, "骂人"), "k1")
        assert (made.state, made.text, made.has_clip) == (ReportState.OPEN, "骂人", False)
        assert (await platform.report(session_id, of(message_id, "骂人"), "k1")).id == made.id
        with pytest.raises(PlatformError) as refused:
            await platform.report(session_id, of(message_id), "k2")
        assert refused.value.code == "already_reported"
        assert [one.id for one in await platform.my_reports()] == [made.id]
        for _ in range(2):
            assert (await platform.withdraw_report(made.id)).state is ReportState.WITHDRAWN
        with pytest.raises(PlatformError) as refused:
            await platform.withdraw_report("0" * 16)
        assert refused.value.code == "not_found"

    on_both(scene)


def test_a_clip_goes_along_once_and_tells_how_far_it_is(on_both: Callable[[Scene], None], tmp_path: Path) -> None:
    async def scene(platform: Platform, session_id: str, message_id: str) -> None:
        made = await platform.report(session_id, of(message_id), "k1")
        path, sent = tmp_path / "clip.mp4", []
        path.write_bytes(make_clip())
        for _ in range(2):
            clip = await platform.add_clip(made.id, str(path), "c1", sent.append)
            assert (clip.report_id, clip.duration_ms, clip.size_bytes) == (made.id, 2000, len(make_clip()))
        await asyncio.sleep(0)
        assert sent[-1] == len(make_clip())
        assert (await platform.my_reports())[0].has_clip
        path.write_bytes(make_clip(3.0))
        for key, code in (("c1", "idempotency_mismatch"), ("c2", "clip_exists")):
            with pytest.raises(PlatformError) as refused:
                await platform.add_clip(made.id, str(path), key, sent.append)
            assert (refused.value.code, refused.value.retryable) == (code, False)

    on_both(scene)


def test_what_is_no_clip_or_comes_too_late_is_refused(on_both: Callable[[Scene], None], tmp_path: Path) -> None:
    async def scene(platform: Platform, session_id: str, message_id: str) -> None:
        made, path = await platform.report(session_id, of(message_id), "k1"), tmp_path / "clip.mp4"
        with pytest.raises(StorageError, match="clip_unavailable"):
            await platform.add_clip(made.id, str(path), "c1", lambda _: None)
        path.write_bytes(b"no film at all")
        with pytest.raises(PlatformError) as refused:
            await platform.add_clip(made.id, str(path), "c1", lambda _: None)
        assert refused.value.code == "clip_invalid"
        await platform.withdraw_report(made.id)
        path.write_bytes(make_clip())
        with pytest.raises(PlatformError) as refused:
            await platform.add_clip(made.id, str(path), "c1", lambda _: None)
        assert refused.value.code == "state_conflict"

    on_both(scene)
