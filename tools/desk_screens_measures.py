"""Deleting, refusing, reporting and telling at the operator's desk, as ``tools.desk_screenshots`` draws it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.contract.rest import Category, Role
from server.accounts import people
from server.gate import Person
from server.rooms.chat import post_message
from server.secrets import new_id
from server.store.models import SessionRow
from server.store.store import Tx
from tests.contract.server.kit import LiveService, Signed, sign_in
from tools.desk_screens_people import Camera

WORDS = (
    "加我微信领内推名额，名额有限，先到先得", "讲得真好", "主播你到底会不会讲，不会就别讲了",
    "群里有内部资料，想要的私我，只限今天，过期不候，名额有限，先到先得，谢谢各位老师同学支持",
)  # fmt: skip


def take(camera: Camera, service: LiveService) -> dict[str, str]:
    """All of them; the pages to be seen in other looks too, with what they are called."""
    page = camera.page
    writer, session_id, report_id = _talk(service)
    anchor_id = _anchor(service)
    camera.open(f"/desk/reports/{report_id}")
    camera.take("measure-from-report")
    deleting = f"measures/new?account={writer}&session={session_id}&report={report_id}&kind=deletion"
    camera.open(f"/desk/{deleting}")
    camera.take("measure-deleting")
    page.select_option("#rule", "7")
    page.fill("#reason", "多次发布广告，引导加微信")
    page.click("button:has-text('确认处理')")
    page.wait_for_url("**done=measure_taken")
    camera.take("measure-deleted")
    deleted = page.url.partition("?")[0].partition("/desk/")[2]
    camera.open(f"/desk/measures/new?account={writer}")
    page.select_option("#kind", "deletion")
    camera.take("measure-deleting-nothing-ticked")
    for kind in ("refusal", "reclaiming", "limit_gifts", "authorities"):
        camera.open(f"/desk/measures/new?account={anchor_id}&kind={kind}")
        camera.take(f"measure-{kind}")
    page.fill("#authority", "某市互联网信息办公室")
    page.fill("#reference", "网信〔2026〕8 号")
    page.select_option("#rule", "1")
    page.fill("#reason", "发布违法内容，已按规定报告")
    page.fill("#evidence", "回放 12 分 30 秒")
    page.click("button:has-text('确认处理')")
    page.wait_for_url("**done=measure_taken")
    camera.take("measure-untold")
    untold = page.url.partition("?")[0].partition("/desk/")[2]
    page.click("summary:has-text('告知对方')")
    camera.take("measure-telling")
    camera.open("/desk/measures?show=untold")
    camera.take("measures-untold")
    form = "measures/new?account="
    return {
        deleted: "measure-deleted",
        untold: "measure-untold",
        f"{form}{anchor_id}&kind=refusal": "measure-refusal",
        f"{form}{writer}&session={session_id}&kind=deletion": "measure-deleting",
    }


def _talk(service: LiveService) -> tuple[str, str, str]:
    """Who wrote, where, and the report of it."""
    anchor, writer, other = (sign_in(service.client, f"1390000030{number}") for number in range(3))
    _write(service, lambda tx: people.grant_role(tx, anchor.account_id, Role.ANCHOR, "screens"))
    session_id = new_id()

    def work(tx: Tx) -> list[str]:
        row = SessionRow(
            id=session_id, anchor_id=anchor.account_id, title="应届生简历逐行修改", category=Category.JOB_SEARCH.value,
            state="live", created_ms=tx.now_ms, starts_ms=tx.now_ms, length_min=60, started_ms=tx.now_ms,
        )  # fmt: skip
        tx.db.add(row)
        tx.db.flush()
        return [
            post_message(tx, session_id, _person(other if number == 1 else writer), f"m{number}", text).message_id
            for number, text in enumerate(WORDS)
        ]

    ids = _write(service, work)
    body = {"target": {"kind": "message", "id": ids[0]}, "category": 7, "evidence": [ids[1], ids[3]], "text": "广告"}
    reply = other.post(f"/sessions/{session_id}/reports", body, **{"Idempotency-Key": "screens"})
    assert reply.status_code == 201, reply.text
    return writer.account_id, session_id, str(reply.json()["id"])


def _anchor(service: LiveService) -> str:
    """With something planned."""
    signed = sign_in(service.client, "13900000304")
    starts = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=2)

    def work(tx: Tx) -> None:
        people.grant_role(tx, signed.account_id, Role.ANCHOR, "screens")
        for day, title in enumerate(("内推直通大厂，名额有限", "十二年人力资源从业者教您把项目经历写成看得见的结果")):
            tx.db.add(
                SessionRow(
                    id=new_id(), anchor_id=signed.account_id, title=title, category=Category.JOB_SEARCH.value,
                    state="scheduled", created_ms=tx.now_ms, length_min=60,
                    starts_ms=round((starts + timedelta(days=day)).timestamp() * 1000),
                )
            )  # fmt: skip

    _write(service, work)
    return signed.account_id


def _person(signed: Signed) -> Person:
    return Person(signed.account_id, signed.pair["device_id"], frozenset({Role.VIEWER}))


def _write(service: LiveService, work: Any) -> Any:
    async def write() -> Any:
        return await service.services.store.write(work)

    return service.run(write())
