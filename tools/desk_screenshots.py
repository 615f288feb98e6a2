"""Pictures of every state of the operator's desk, in ``build/screens/desk-*.png``, from a real service in Chromium.

``python -m tools.desk_screenshots`` takes about a minute.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pyotp
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.domain.china_time import DAY_MS, day_of
from app.runtime.clock import SystemClock, utc_ms
from tests.contract.server.applicants import Applicant, picture
from tests.contract.server.kit import HOOK, Desk, FakeIngest, LiveService, config_for, sign_in
from tests.viewer.browser import CHROMIUM_ARGUMENTS, find_chromium
from tools import desk_screens_liveness, desk_screens_measures, desk_screens_people

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "screens"
UGLY = ROOT / "tests" / "fixtures" / "documents" / "live_agreement.txt"
LONG = "十二年人力资源从业者兼职业规划与面试辅导老师李晓明同学的大号"
LOOKS: dict[str, dict[str, Any]] = {
    "light-zh": {},
    "dark-en": {"color_scheme": "dark", "locale": "en-GB"},
    "narrow": {"viewport": {"width": 1024, "height": 680}},
    "phone": {"viewport": {"width": 390, "height": 844}},
}
PAGES = (
    "applications", "faces", "images", "live", "reports", "complaints", "measures", "activities", "anchors",
    "documents", "blocklist", "operators", "audit",
)  # fmt: skip


class Camera:
    """One signed-in browser; ``look`` gives the same sign-in another appearance."""

    def __init__(self, browser: Browser, service: LiveService) -> None:
        self._browser = browser
        self._service = service
        self.context = self._new()
        self.page = self.context.new_page()

    def open(self, path: str) -> None:
        self.page.goto(f"{self._service.url}{path}")

    def take(self, name: str, page: Page | None = None) -> None:
        shown = page or self.page
        # A form's answer replaces the page: before it is there nothing can be taken.
        shown.wait_for_load_state("networkidle")
        path = FOLDER / f"desk-{name}.png"
        shown.screenshot(path=path)
        print(path.relative_to(ROOT), flush=True)

    @contextmanager
    def look(self, how: dict[str, Any]) -> Iterator[Page]:
        context = self._new(**how)
        context.add_cookies(cast(Any, self.context.cookies()))
        try:
            yield context.new_page()
        finally:
            context.close()

    def _new(self, **how: Any) -> BrowserContext:
        return self._browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "zh-CN", **how})


def main() -> int:
    """Take all; 0."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="desk-screens-") as folder, sync_playwright() as playwright:
        service = LiveService(config_for(Path(folder)), SystemClock(), FakeIngest()).start()
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(CHROMIUM_ARGUMENTS))
        try:
            camera = Camera(browser, service)
            _sign_in(camera, service)
            for name in PAGES:
                camera.open(f"/desk/{name}")
                camera.take(f"{name}-empty")
            ids = _people(service)
            _applications(camera, ids)
            _documents(camera)
            _rest(camera)
            people = desk_screens_people.take(camera, service)
            measures = desk_screens_measures.take(camera, service)
            desk_screens_liveness.take(camera, service, LOOKS)
            _looks(camera, service, [f"applications/{ids[2]}", *people], measures)
        finally:
            browser.close()
            service.stop()
    return 0


def _sign_in(camera: Camera, service: LiveService) -> None:
    first = service.services.first_operator
    page = camera.page
    camera.open("/desk")
    camera.take("sign-in")
    page.fill("#name", first.name)
    page.fill("#password", "wrong")
    page.click("button.primary")
    camera.take("sign-in-wrong")
    page.fill("#password", first.password)
    page.click("button.primary")
    page.wait_for_selector("#secret")
    camera.take("enrol")
    totp = pyotp.TOTP((page.text_content("#secret") or "").replace(" ", ""))
    page.fill("#code", totp.now())
    page.click("button.primary")
    page.wait_for_selector("#recovery")
    camera.take("recovery")
    page.click("a.primary")
    page.wait_for_url("**/desk/applications")


def _people(service: LiveService) -> list[str]:
    """Some applicants, one with a long name, one an organisation; and somebody on air."""
    names = ("林晓", LONG, "启航职业", "周周老师")
    ids = []
    for number, name in enumerate(names):
        phone = f"1390000010{number}"
        signed = sign_in(service.client, phone)
        signed.client.patch("/api/v1/me", json={"nickname": name[:20]}, headers=signed.headers)
        person = Applicant(cast(Desk, None), signed, phone)
        person.accept()
        person.identify(name="欧阳清风")
        person.begin()
        if name == "启航职业":
            person.save(person.organisation())
            ids.append(person.submit().json()["id"])
        else:
            ids.append(person.send(introduction="我做过十二年人力资源，带过校招，也做过职业规划咨询。" * 4)["id"])
        person.upload("avatar", picture((640, 640), colour=(60 + 40 * number, 90, 140)))
        person.upload("cover", picture((1280, 720), colour=(200 - 40 * number, 120, 90)))
    anchor = sign_in(service.client)
    session = anchor.post("/sessions", {"title": "应届生简历逐行修改，现场改三份", "category": "job_search"}).json()
    target = anchor.post(f"/sessions/{session['id']}/stream-key", {}).json()
    body = {"app": "live", "key": target["key"], "connection_id": "c1", "encoder": "test"}
    grant = service.client.post("/internal/v1/publish/authorize", json=body, headers=HOOK).json()
    started = {name: grant[name] for name in ("key_id", "session_id", "connection_id")}
    service.client.post("/internal/v1/publish/started", json=started, headers=HOOK)
    return ids


def _applications(camera: Camera, ids: list[str]) -> None:
    page = camera.page
    camera.open("/desk/applications")
    camera.take("applications-queue")
    camera.open(f"/desk/applications/{ids[0]}")
    camera.take("application-submitted")
    page.click("section form[action$=assign] button")
    camera.take("application-assigned")
    page.click("text=添加联系记录")
    page.fill("#note", "电话约好周三下午三点视频沟通，先看两份改过的简历。")
    page.click("details form[action$=contact] button")
    page.click("text=退回并说明")
    page.fill("#reason_introduction", "请写明在哪些公司、做过多久")
    camera.take("application-returning")
    page.click("button:has-text('确认退回')")
    camera.take("application-returned")
    camera.open(f"/desk/applications/{ids[2]}")
    page.click("section form[action$=assign] button")
    page.click("summary:has-text('通过')")
    page.click("button:has-text('确认通过')")
    camera.take("application-refused")
    camera.open(f"/desk/applications/{ids[1]}")
    page.click("text=查看完整号码")
    page.fill("#phone_reason", "核对身份")
    page.click("form[action$=phone] button")
    camera.take("application-phone")
    camera.open("/desk/images")
    camera.take("images")
    page.click("summary:has-text('退回') >> nth=0")
    camera.take("images-refusing")
    page.click("form[action$=approve] button >> nth=1")
    camera.take("images-approved")


def _documents(camera: Camera) -> None:
    page = camera.page
    camera.open("/desk/documents")
    camera.take("documents")
    page.set_input_files("#file", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"})
    page.click("form[action$=import] button")
    camera.take("documents-refused")
    page.set_input_files(
        "#file", {"name": "直播协议（法务终稿）.txt", "mimeType": "text/plain", "buffer": UGLY.read_bytes()}
    )
    page.click("form[action$=import] button")
    camera.take("draft-imported")
    page.fill("#changes", "结算冻结期由 15 天改为 7 天\n新增连麦嘉宾的规则")
    page.fill("#effective_on", "2030-01-01")
    page.click("button:has-text('保存草稿')")
    page.select_option("#compare", "2")
    page.click(".compare-bar button")
    camera.take("draft-compared")
    page.fill("#text", "## 一、总则\n\n**没有成对的强调\n")
    page.click("button:has-text('保存草稿')")
    camera.take("draft-faulty")
    page.fill("#text", "## 一、总则\n\n本协议自发布之日起施行。\n")
    page.click("button:has-text('去发布')")
    camera.take("publish")
    page.fill("#reason", "年度修订")
    page.click("button:has-text('确认发布')")
    camera.take("published")
    camera.open("/desk/documents/live_agreement/2?compare=1")
    camera.take("version-compared")
    camera.open("/desk/documents/live_agreement/2")
    camera.take("version")


def _rest(camera: Camera) -> None:
    page = camera.page
    camera.open("/desk/live")
    camera.take("live")
    page.click("summary:has-text('切断')")
    camera.take("live-cutting")
    page.select_option("select[name=rule]", "7")
    page.fill("input[name=reason]", "展示了联系方式")
    page.click("button:has-text('确认切断')")
    camera.take("live-cut")
    camera.open("/desk/activities")
    page.fill("#title", "春招公开课：简历现场改")
    page.fill("#starts_at", _days_ahead(7))
    page.fill("#note", "请提前半小时测试设备，准备三份匿名简历。")
    page.click("form[action$=create] button")
    camera.take("activities-created")
    page.fill("#title", "秋招答疑")
    page.fill("#starts_at", _days_ahead(400))
    page.click("form[action$=create] button")
    camera.take("activities-refused")
    camera.open("/desk/activities")
    page.click("summary:has-text('取消活动')")
    camera.take("activities-calling-off")
    camera.open("/desk/blocklist")
    for kind, value in (("phone", "13900000999"), ("id_number", "11010119900307123X")):
        page.select_option("#kind", kind)
        page.fill("#value", value)
        page.fill("#reason", "平台通报的演艺人员限制名单")
        page.click("button:has-text('加入限制名单')")
    page.select_option("#kind", "phone")
    page.fill("#value", "13900000999")
    page.click("button:has-text('查询')")
    camera.take("blocklist-found")
    page.fill("#value", "123")
    page.click("button:has-text('加入限制名单')")
    camera.take("blocklist-refused")
    camera.open("/desk/operators")
    page.fill("#operator_name", "chen.yu")
    page.fill("#nickname", "陈顾问")
    page.fill("#add_reason", "新同事")
    page.click("form[action$=add] button")
    camera.take("operators-handed")
    page.click("summary:has-text('更改')")
    camera.take("operators-changing")
    camera.open("/desk/audit")
    camera.take("audit")


def _days_ahead(days: int) -> str:
    """19:30 of that day, as the field takes it."""
    return f"{day_of(utc_ms(SystemClock().utc()) + days * DAY_MS).isoformat()}T19:30"


def _looks(camera: Camera, service: LiveService, single: list[str], more: dict[str, str]) -> None:
    """Every page in every look; ``single``: pages of one thing, whose id is its last part; ``more``: with names."""
    named = {path: path for path in (*PAGES, "documents/live_agreement/2?compare=1")}
    named |= {path: f"{path.rpartition('/')[0]}-one" for path in single} | more
    for name, how in LOOKS.items():
        with camera.look(how) as page:
            for path, shown in named.items():
                page.goto(f"{service.url}/desk/{path}")
                camera.take(f"{shown.split('?')[0].replace('/', '-')}-{name}", page)
    with camera.look({}) as page:
        page.goto(f"{service.url}/desk/blocklist")
        page.fill("#value", "13900000777")
        page.fill("#reason", "写了很久的原因，不能丢")
        camera.context.clear_cookies()
        page.context.clear_cookies()
        page.click("button:has-text('加入限制名单')")
        camera.take("expired", page)
        page.goto(f"{service.url}/desk/sign-in")
        camera.take("sign-in-again", page)


if __name__ == "__main__":
    sys.exit(main())
