"""Measures and appeals through the client: the same case against the real service and the fake of the unit tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from app.contract.measures import DeletedPiece
from app.contract.rest import Category
from app.domain.measures import AppealState, ConductCategory, MeasureKind, PieceKind
from app.errors import PlatformError
from app.ports.platform import Platform
from server.measures import take, telling
from server.measures.take import MeasureWish, ReportWish
from server.store.measure_models import MeasureRow
from server.store.models import SessionRow
from server.store.store import Tx
from tests.contract.client.kit import Rig, play
from tests.contract.server.applicants import second_operator
from tests.unit.app.fake_measures import a_measure
from tests.unit.app.fakes import FakePlatform

Scene = Callable[[Platform], Awaitable[None]]


@pytest.fixture(params=["fake", "real"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scene], None]:
    def run(scene: Scene) -> None:
        if request.param == "fake":
            platform = FakePlatform()
            platform.taken = [a_measure(1)]
            asyncio.run(scene(platform))  # type: ignore[arg-type]
            return

        async def real(rig: Rig) -> None:
            platform = await rig.signed_in()
            account = await platform.account()
            await asyncio.to_thread(warn, rig, account.id)
            await scene(platform)
            await platform.close()

        play(tmp_path, real)

    return run


def warn(rig: Rig, account_id: str) -> None:
    """An operator warns the anchor."""
    services = rig.service.services
    wish = MeasureWish(
        account_id, MeasureKind.WARNING, category=ConductCategory.UNPROFESSIONAL, reason="直播中多次发布兼职广告",
        until_ms=None,
    )  # fmt: skip

    def work(tx: Tx) -> None:
        take.take(tx, second_operator(tx, services.cipher), services.cipher, wish, None)

    rig.service.run(services.store.write(work))


def report_and_delete(rig: Rig, account_id: str) -> None:
    """An operator deletes the title of what the anchor has on the spot, and reports it without telling."""
    services = rig.service.services

    def work(tx: Tx) -> None:
        operator = second_operator(tx, services.cipher)
        session_id = tx.db.scalars(select(SessionRow.id).where(SessionRow.anchor_id == account_id)).one()
        for kind, more in (
            (MeasureKind.DELETION, {"pieces": (f"title:{session_id}",)}),
            (MeasureKind.AUTHORITIES, {"report": ReportWish("某市网信办", "8 号")}),
        ):
            wish = MeasureWish(account_id, kind, ConductCategory.UNPROFESSIONAL, "标题是广告", **more)  # type: ignore[arg-type]
            take.take(tx, operator, services.cipher, wish, None)

    rig.service.run(services.store.write(work))


def tell_all(rig: Rig) -> None:
    services = rig.service.services

    def work(tx: Tx) -> None:
        operator = second_operator(tx, services.cipher, "third")
        for measure_id in tx.db.scalars(select(MeasureRow.id).where(MeasureRow.told_ms.is_(None))).all():
            telling.tell_now(tx, operator, measure_id)

    rig.service.run(services.store.write(work))


def test_what_was_deleted_and_reported_is_read_as_soon_as_it_is_told(tmp_path: Path) -> None:
    async def real(rig: Rig) -> None:
        platform = await rig.signed_in()
        account = await platform.account()
        await platform.create_session("内推直通大厂", Category.JOB_SEARCH, "k")
        await asyncio.to_thread(report_and_delete, rig, account.id)
        (found,) = await platform.measures()
        assert (found.kind, found.report) == (MeasureKind.DELETION, None)
        assert [(one.kind, one.text) for one in found.pieces] == [(PieceKind.TITLE, "内推直通大厂")]
        assert (found.told_at, found.pieces_count) == (found.since, 1)
        await asyncio.to_thread(tell_all, rig)
        reported = next(one for one in await platform.measures() if one.kind is MeasureKind.AUTHORITIES)
        assert reported.report is not None
        assert (reported.report.authority, reported.report.reference) == ("某市网信办", "8 号")
        assert reported.told_at > reported.since
        await platform.close()

    play(tmp_path, real)


def test_what_is_told_of_the_new_kinds_reads_alike_on_the_fake() -> None:
    async def scene() -> None:
        platform = FakePlatform()
        platform.taken = [
            a_measure(2, MeasureKind.DELETION, pieces=[DeletedPiece(kind=PieceKind.TITLE, text="内推")], pieces_count=1)
        ]
        (found,) = await platform.measures()
        said = await platform.appeal(found.id, "那不是广告", "k1")
        assert (said.pieces, said.appeal.state) == (found.pieces, AppealState.OPEN)

    asyncio.run(scene())


def test_a_warning_is_read_and_appealed_once(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform) -> None:
        (found,) = await platform.measures()
        assert (found.kind, found.may_appeal, found.reason) == (MeasureKind.WARNING, True, "直播中多次发布兼职广告")
        said = await platform.appeal(found.id, "那是观众发的", "k1")
        assert (said.appeal.state, said.appeal.text, said.may_appeal) == (AppealState.OPEN, "那是观众发的", False)
        assert (await platform.appeal(found.id, "那是观众发的", "k1")).appeal.state is AppealState.OPEN
        for key, measure_id, code in (("k2", found.id, "already_appealed"), ("k3", "nothing", "not_found")):
            with pytest.raises(PlatformError) as refused:
                await platform.appeal(measure_id, "再说一次", key)
            assert refused.value.code == code
        assert (await platform.measures())[0].appeal.state is AppealState.OPEN

    on_both(scene)
