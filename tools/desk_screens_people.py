"""The states of face checks and anchors at the operator's desk that ``tools.desk_screenshots`` draws."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from playwright.sync_api import Page

from app.contract.rest import Category, Role
from app.domain.china_time import CHINA
from app.domain.face_check import FaceState
from app.domain.measures import AppealState
from server.accounts import people
from server.secrets import new_id
from server.store.identity_models import FaceCheckRow
from server.store.measure_models import MeasureRow
from server.store.store import Tx
from server.store.way_models import ScopeRow
from tests.contract.server.applicants import Applicant
from tests.contract.server.kit import Desk, LiveService, sign_in

NAMES = ("职场周老师", "十二年人力资源从业者兼职业规划与面试辅导", "阿木", "Alexandra Featherstonehaugh"[:20])
SEEN = "视频通话约十分钟。本人出示身份证正反面，照片、姓名和号码与登记一致；按要求转头、念出数字，与证件是同一人。"


class Camera(Protocol):
    """Of ``tools.desk_screenshots``."""

    page: Page

    def open(self, path: str) -> None: ...
    def take(self, name: str) -> None: ...


def take(camera: Camera, service: LiveService) -> list[str]:
    """All of them; the pages of one check and of one anchor, to be seen in other looks too."""
    checks, accounts = _anchors(service)
    path = f"/desk/faces/{checks[0]}"
    _one_check(camera, path)
    _as_second(service, checks[0])
    camera.open(path)
    camera.take("face-to-confirm")
    camera.page.click("summary:has-text('退回补充')")
    camera.take("face-sending-back")
    camera.open(f"/desk/faces/{checks[1]}")
    camera.take("face-requested-long-name")
    camera.page.click("summary:has-text('不通过')")
    camera.page.fill("#refuse_comment", "证件看不清，请换到光线好的地方再约")
    camera.page.click("form[action$=refuse] button")
    camera.take("face-refused")
    camera.open("/desk/faces?show=decided")
    camera.take("faces-decided")
    _one_anchor(camera, f"/desk/anchors/{accounts[3]}")
    camera.open("/desk/anchors?wanted=nobody")
    camera.take("anchors-none")
    return [f"faces/{checks[0]}", f"anchors/{accounts[3]}", measures(camera, service, accounts[2])]


def _anchors(service: LiveService) -> tuple[list[str], list[str]]:
    """People who were approved and asked for the check; ids of the checks and of the accounts."""
    checks, accounts = [], []
    for number, name in enumerate(NAMES):
        phone = f"1390000020{number}"
        person = Applicant(cast(Desk, None), sign_in(service.client, phone), phone)
        person.signed.client.patch("/api/v1/me", json={"nickname": name}, headers=person.signed.headers)
        person.accept()
        person.identify("欧阳清风")
        write(service, lambda tx, one=person.id: approve(tx, one))
        wish: dict[str, Any] = {"method": "live_call" if number % 2 == 0 else "second_document"}
        if number == 0:
            there = datetime.now(CHINA).replace(hour=10, minute=30, second=0, microsecond=0) + timedelta(days=1)
            wish["wished_at"] = there.isoformat()
        checks.append(str(person.signed.post("/me/face-check", wish).json()["id"]))
        accounts.append(person.id)
    write(service, lambda tx: _verify(tx, checks[3]))
    return checks, accounts


def _one_check(camera: Camera, path: str) -> None:
    """From the wish to the second look, as the operator sees it who holds it."""
    page = camera.page
    camera.open("/desk/faces")
    camera.take("faces-queue")
    camera.open(path)
    camera.take("face-requested")
    page.click("summary:has-text('约定时间')")
    page.fill("#appoint_comment", "请备好身份证，找一个光线好的地方，保持电话畅通")
    camera.take("face-appointing")
    page.click("button:has-text('约定并通知主播')")
    camera.take("face-appointed")
    page.click("summary:has-text('记录核验')")
    page.fill("#note", "太短")
    page.evaluate("document.querySelector('#note').removeAttribute('minlength')")
    page.click("button:has-text('保存记录')")
    camera.take("face-note-refused")
    page.fill("#note", SEEN)
    page.click("button:has-text('保存记录')")
    camera.take("face-noted")
    page.click("summary:has-text('送交复核')")
    camera.take("face-proposing")
    page.click("form[action$=propose] button")
    camera.take("face-second-look")
    page.click("summary:has-text('查看姓名和号码')")
    camera.take("face-asking-identity")
    page.fill("#identity_reason", "核对来电")
    page.click("form[action$=identity] button")
    camera.take("face-identity")


def _one_anchor(camera: Camera, path: str) -> None:
    page = camera.page
    camera.open("/desk/anchors")
    camera.take("anchors")
    camera.open(path)
    camera.take("anchor")
    page.click("summary:has-text('要求重新核验')")
    camera.take("anchor-ordering-face")
    camera.open(path)
    page.click("summary:has-text('撤销实名')")
    camera.take("anchor-withdrawing")
    camera.open(path)
    page.click("summary:has-text('暂停直播')")
    page.select_option("#suspend_rule", "9")
    page.fill("#suspend_reason", "连续三场内容与获准范围不符，两次提醒后没有改正")
    camera.take("anchor-suspending")
    page.click("button:has-text('确认暂停')")
    camera.take("anchor-suspended")
    page.click("summary:has-text('恢复直播')")
    camera.take("anchor-lifting")


def measures(camera: Camera, service: LiveService, account_id: str) -> str:
    """One that is taken, one that could not be, an appeal to decide; the page of the last."""
    page = camera.page
    for kind, rule, reason in (
        ("limit_chat", "6", "在别人的直播间多次辱骂他人，提醒后没有停止"),
        ("closing", "1", "多次发布违法内容"),
    ):
        camera.open(f"/desk/measures/new?account={account_id}")
        page.select_option("#kind", kind)
        page.select_option("#rule", rule)
        page.fill("#reason", reason)
        page.fill("#evidence", "2026-01-05 20:13 评论：“……”\n2026-01-05 20:15 评论：“……”")
        if kind == "limit_chat":
            page.fill("#until", "2020-01-01T00:00")
            page.click("button:has-text('确认处理')")
            camera.take("measure-refused")
            page.fill("#until", "2099-01-01T00:00")
        page.click("button:has-text('确认处理')")
        page.wait_for_url("**done=measure_taken")
    camera.take("measure-taken")
    path = page.url.partition("?")[0].partition("/desk/")[2]

    def appeal(tx: Tx) -> None:
        row = tx.db.get_one(MeasureRow, path.rpartition("/")[2])
        row.appeal, row.appealed_ms, row.taken_by = AppealState.OPEN.value, tx.now_ms, "another"
        row.appeal_sealed = service.services.cipher.seal("这几场都不是我播的，账号当时借给了同事。\n请看登录记录。")

    write(service, appeal)
    camera.open(f"/desk/{path}?show=appeals")
    camera.take("measure-appealed")
    page.click("summary:has-text('申诉成立')")
    camera.take("measure-reversing")
    return path


def write(service: LiveService, work: Any) -> None:
    """Do it in the service's database."""

    async def written() -> None:
        await service.services.store.write(work)

    service.run(written())


def approve(tx: Tx, account_id: str) -> None:
    """Make an anchor of somebody."""
    people.grant_role(tx, account_id, Role.ANCHOR, "screens")
    tx.db.add_all(ScopeRow(account_id=account_id, category=one.value) for one in list(Category)[:3])


def _verify(tx: Tx, check_id: str) -> None:
    row = tx.db.get_one(FaceCheckRow, check_id)
    row.state, row.decided_ms = FaceState.VERIFIED.value, tx.now_ms


def _as_second(service: LiveService, check_id: str) -> None:
    """As if a colleague had held it."""

    def work(tx: Tx) -> None:
        tx.db.get_one(FaceCheckRow, check_id).proposed_by = new_id()

    write(service, work)
