"""An operator at the desk in a real browser: does what a person does there, and shows each step in a picture."""

from __future__ import annotations

import time
from pathlib import Path

import pyotp
from playwright.sync_api import Page, expect


class OperatorPage:
    """``folder`` gets the pictures."""

    def __init__(self, page: Page, url: str, folder: Path) -> None:
        self.page = page
        self._url = url.rstrip("/")
        self._folder = folder
        self.errors: list[str] = []
        page.on("console", lambda one: self.errors.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda one: self.errors.append(str(one)))

    def shoot(self, name: str) -> None:
        self.page.screenshot(path=self._folder / f"{name}.png")

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self._url}{path}")

    def sign_in(self, name: str, password: str) -> None:
        """For the first time: the authenticator is set up."""
        self.open()
        self.page.fill("#name", name)
        self.page.fill("#password", password)
        self.page.click("button.primary")
        secret = (self.page.text_content("#secret") or "").replace(" ", "")
        totp = pyotp.TOTP(secret)
        if totp.interval - time.time() % totp.interval < 2:
            # Neither typed nor sent over the change of the code.
            self.page.wait_for_timeout(2500)
        self.page.fill("#code", totp.now())
        self.page.click("button.primary")
        expect(self.page.locator("#recovery li")).to_have_count(10)
        self.page.click("a.primary")
        expect(self.page.locator("h1")).to_have_text("申请审核")

    def take_on(self, nickname_part: str) -> None:
        """The application in the queue, as its consultant."""
        self.open("/applications")
        self.page.click(f".entry:has-text('{nickname_part}')")
        self.page.click("section form[action$=assign] button")
        expect(self.page.locator("[role=status]")).to_contain_text("已分配顾问")

    def note_contact(self, note: str) -> None:
        self.page.click("summary:has-text('添加联系记录')")
        self.page.fill("#note", note)
        self.page.click("form[action$=contact] button")
        expect(self.page.locator("[role=status]")).to_contain_text("联系记录已保存")

    def return_(self, field: str, reason: str) -> None:
        self.page.click("summary:has-text('退回并说明')")
        self.page.fill(f"#reason_{field}", reason)
        self.shoot("desk-returning")
        self.page.click("button:has-text('确认退回')")
        expect(self.page.locator("[role=status]")).to_contain_text("已退回")

    def approve(self, comment: str) -> None:
        self.page.click("summary:has-text('通过')")
        self.page.fill("#approve_comment", comment)
        self.page.click("button:has-text('确认通过')")
        expect(self.page.locator("[role=status]")).to_contain_text("已通过")

    def add_operator(self, name: str, nickname: str) -> str:
        """A colleague; the password with which they begin."""
        self.open("/operators")
        self.page.fill("#operator_name", name)
        self.page.fill("#nickname", nickname)
        self.page.fill("#add_reason", "复核需要")
        self.page.click("form[action$=add] button")
        return self.page.text_content(".secret") or ""

    def hold_face_check(self, nickname_part: str, at: str, note: str) -> None:
        """Appoint it, write down what was seen, and hand it to the second look. ``at`` as a datetime-local field."""
        self._open_check(nickname_part)
        self.page.click("summary:has-text('约定时间')")
        self.page.fill("#at", at)
        self.page.fill("#appoint_comment", "请备好身份证，保持电话畅通")
        self.shoot("desk-appointing")
        self.page.click("button:has-text('约定并通知主播')")
        expect(self.page.locator("[role=status]")).to_contain_text("已约定")
        self.page.click("summary:has-text('记录核验')")
        self.page.fill("#note", note)
        self.page.click("button:has-text('保存记录')")
        expect(self.page.locator("[role=status]")).to_contain_text("记录已保存")
        self.page.click("summary:has-text('送交复核')")
        self.page.click("form[action$=propose] button")
        expect(self.page.locator("[role=status]")).to_contain_text("已送交复核")

    def confirm_face_check(self, nickname_part: str) -> None:
        """The second look, by another operator than who held it."""
        self._open_check(nickname_part)
        self.page.click("summary:has-text('复核通过')")
        self.shoot("desk-confirming")
        self.page.click("form[action$=confirm] button")
        expect(self.page.locator("[role=status]")).to_contain_text("已通过")

    def order_face_check(self, nickname_part: str, told: str) -> None:
        """Somebody who was verified is to be looked at anew."""
        self.open("/anchors")
        self.page.click(f".entry:has-text('{nickname_part}')" if nickname_part else ".entry")
        self.page.click("summary:has-text('要求重新核验')")
        self.page.fill("#face_comment", told)
        self.page.click("form[action$=face] button")
        expect(self.page.locator("[role=status]")).to_be_visible()

    def signs(self) -> str:
        """What the service found in the check that waits, in words."""
        self.open("/faces")
        self.page.click(".entry")
        return self.page.inner_text(".signs")

    def compare_face(self, reason: str) -> None:
        """The one that waits: say why, look at the pictures, and let the person pass."""
        self.open("/faces")
        self.page.click(".entry")
        self.shoot("desk-evidence-closed")
        self.page.click("#evidence summary")
        self.page.fill("#evidence_reason", reason)
        self.page.click("#evidence form button")
        expect(self.page.locator(".stills img").first).to_be_visible()
        self.shoot("desk-evidence-open")
        self.page.click(".decide summary:has-text('通过')")
        self.page.click("form[action$=compare] button")
        expect(self.page.locator("[role=status]")).to_contain_text("已通过")

    def _open_check(self, nickname_part: str) -> None:
        self.open("/faces")
        self.page.click(f".entry:has-text('{nickname_part}')")

    def publish(self, name: str, content: bytes, day: str, change: str) -> None:
        """Import a file as the live agreement, look at what changed, and publish it as a material version."""
        self.open("/documents")
        self.page.set_input_files("#file", {"name": name, "mimeType": "text/plain", "buffer": content})
        self.page.click("form[action$=import] button")
        expect(self.page.locator("h1")).to_have_text("编辑草稿")
        self.page.fill("#changes", change)
        self.page.fill("#effective_on", day)
        self.shoot("desk-draft")
        self.page.click("button:has-text('去发布')")
        expect(self.page.locator("h1")).to_have_text("发布新版本")
        self.page.fill("#reason", "年度修订")
        self.shoot("desk-publishing")
        self.page.click("button:has-text('确认发布')")
        expect(self.page.locator("[role=status]")).to_contain_text("已发布")

    def measure(self, kind: str, reason: str, evidence: str, *, rule: str = "7") -> None:
        """Take a measure against the anchor who is on air."""
        self.open("/live")
        self.page.click("a.button[href*='/desk/measures/new']")
        self.page.select_option("#kind", kind)
        self.page.select_option("select[name=rule]", rule)
        self.page.fill("#reason", reason)
        self.page.fill("#evidence", evidence)
        self.shoot(f"desk-measure-{kind}")
        self.page.click("button.danger")
        expect(self.page.locator("[role=status]")).to_be_visible()

    def takes_up_report(self, said: str, *, around: tuple[str, ...]) -> None:
        """The one that waits: what was said, and what was said before and after it."""
        self.open("/reports")
        expect(self.page.locator(".entry")).to_have_count(1)
        self.page.click(".entry")
        expect(self.page.locator("#reported")).to_contain_text(said)
        for text in around:
            expect(self.page.locator(".detail")).to_contain_text(text)
        self.shoot("desk-report")
        self.page.click("form[action$=take] button")
        expect(self.page.locator("[role=status]")).to_contain_text("已受理")

    def appeal_says(self, text: str) -> None:
        """There is an appeal with these words."""
        self.open("/measures?show=appeals")
        self.page.click(".entry")
        expect(self.page.locator(".detail")).to_contain_text(text)
        self.shoot("desk-appeal")

    def cut_off(self, reason: str) -> None:
        self.open("/live")
        self.page.click("summary:has-text('切断')")
        self.page.select_option("select[name=rule]", "7")
        self.page.fill("input[name=reason]", reason)
        self.shoot("desk-cutting")
        self.page.click("button:has-text('确认切断')")
        expect(self.page.locator("[role=status]")).to_contain_text("已切断")
