"""The anchor reports a message from the window, with words, one more message and what was just recorded; the operator
sees all of it on the desk, and the decision comes back to the window."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.operator_page import OperatorPage
from tests.viewer.browser import ViewerBrowser
from tools.program import ROOT, Program

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PICTURES = ROOT / "build" / "screens" / "report-real"
PHONE = "13800138011"
SAID = ("大家好", "你真笨", "再说一遍，你讲得真差")


def until(is_so: Callable[[], bool], what: object, wait_s: float = 30) -> None:
    deadline_s = time.monotonic() + wait_s
    while not is_so():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.2)


def says(program: Program, told: str) -> None:
    until(lambda: told in str(program.window("texts")["texts"]), told)


def opens_form(program: Program, text: str) -> None:
    """By the keyboard: the menu of the message, and its last entry but one."""
    until(lambda: any(text in row for row in program.listed("chat.list")), text)
    rows = program.listed("chat.list")
    program.window("row", {"name": "chat.list", "row": next(n for n, row in enumerate(rows) if text in row)})
    program.window("press", {"name": "chat.list", "key": "Menu"})
    for key in ("Up", "Up", "Return"):
        program.until_window("press", {"name": "chat.menu", "key": key})
    program.until_window("widget", "reporting.send")


def test_a_message_is_reported_with_all_there_is_and_the_decision_comes_back(
    program: Program, browser: ViewerBrowser, tmp_path: Path
) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    program.wish("ChangeSettings", changes={"recording_dir": str(tmp_path)})
    url = program.go_live("怎样准备面试")["viewer_url"]
    program.wish("Record", is_on=True)
    guest = browser.viewer(width_px=900, height_px=600)
    guest.open(url)
    guest.wait_for_state("playing", 30)
    guest.sign_in(PHONE, program.code_for)
    for words in SAID:
        guest.send(words)
    guest.wait_for_message(SAID[-1])
    until(lambda: any(one.stat().st_size > 300_000 for one in tmp_path.glob("*.mkv")), "it is recorded")

    opens_form(program, SAID[1])
    until(lambda: "MB" in program.window("widget", "reporting.clip.text")["text"], "the clip is cut")
    program.until_window("check", {"name": "reporting.category.6"})
    program.window("type", {"name": "reporting.text", "text": "一直在骂人"})
    program.until_window("check", {"name": "reporting.pick.1"})
    program.window("screenshot", str(PICTURES / "window-form.png"))
    program.until_window("click", "reporting.send")
    says(program, "已向平台举报")

    desk = OperatorPage(browser.viewer(width_px=1280, height_px=900).page, program.operator.desk_url, PICTURES)
    desk.sign_in(program.operator.name, program.operator.password)
    desk.open("/reports")
    desk.page.click(".entry")
    detail = desk.page.locator(".detail")
    expect(detail).to_contain_text("一直在骂人")
    expect(detail.locator("li.target")).to_contain_text(SAID[1])
    expect(detail.locator("li.evidence", has_text=SAID[2])).to_have_count(1)
    until(lambda: bool(desk.page.reload()) and desk.page.locator("#clip").count() == 1, "the clip is there")
    desk.page.click("#clip summary")
    desk.page.fill("#clip_reason", "核对当时画面")
    desk.page.click("#clip form button")
    video = desk.page.locator("video.clip")
    expect(video).to_be_visible()
    desk.page.wait_for_function("() => document.querySelector('video.clip').readyState >= 2", timeout=20_000)
    length_s, width_px = video.evaluate("one => [one.duration, one.videoWidth]")
    assert 1 < length_s <= 32.5 and width_px > 0
    video.evaluate("one => { one.currentTime = one.duration / 2 }")
    desk.page.wait_for_function("() => !document.querySelector('video.clip').seeking", timeout=20_000)
    desk.shoot("desk-clip")
    desk.page.click("form[action$=take] button")
    desk.page.click("details:has(form[action$=uphold]) summary")
    desk.page.fill("#uphold_answer", "已禁言，感谢您的举报")
    desk.page.click("form[action$=uphold] button")
    expect(desk.page.locator("[role=status]")).to_be_visible()

    program.open_page("messages")
    program.until_window("click", "messages.reports")
    says(program, "已禁言，感谢您的举报")
    program.window("screenshot", str(PICTURES / "window-list.png"))
    assert desk.errors == []
    program.open_page("live")
    program.end_live()
    guest.close()
    [whole] = [one for one in tmp_path.iterdir() if one.suffix in (".mkv", ".mp4")]
    assert whole.stat().st_size > 300_000
    until(lambda: not list(program.data_dir.glob("report-clips/*.mp4")), "the clip's file is gone")
