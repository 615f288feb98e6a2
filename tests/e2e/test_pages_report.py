"""Reporting and answering on the viewer page, in a real browser on a real service. No media: see ``test_pages``."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.viewer.browser import Viewer
from tests.viewer.house import TITLE, House, connected
from tools.program import ROOT

pytest_plugins = ("tests.viewer.fixtures",)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PICTURES: Path = ROOT / "build" / "screens" / "room-real"
_keys = itertools.count()


def takes_picture(viewer: Viewer, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    viewer.page.wait_for_timeout(300)
    viewer.screenshot(PICTURES / f"{name}.png")


def chosen(page: Page, category: int) -> None:
    page.locator(f'[name="report-category"][value="{category}"]').check()


def test_a_message_is_reported_seen_under_my_reports_and_taken_back(house: House, look: Callable[..., Viewer]) -> None:
    room = house.live_session()
    viewer = look(height_px=900)
    page = connected(viewer, house.page(room))
    house.say(room, "加我微信领资料", "第二句", "第三句")
    viewer.wait_for_message("第三句")
    page.click("#report-open")
    expect(page.locator("#sign-dialog")).to_be_visible()  # only who is signed in reports
    page.keyboard.press("Escape")
    viewer.sign_in("13800139021", house.code_of)

    line = page.locator("#messages li", has_text="加我微信领资料").first
    line.hover()
    takes_picture(viewer, "row-acts")
    line.get_by_role("button", name="举报").click()
    dialog = page.locator("#report-dialog")
    expect(dialog).to_be_visible()
    expect(page.locator("#report-said")).to_contain_text("加我微信领资料")
    expect(dialog.locator(".report-foot")).to_contain_text("举报热线：12377")
    expect(dialog.locator('[name="report-category"]')).to_have_count(9)
    page.click("#report-submit")
    expect(page.locator("#report-error")).to_have_text("请选择哪里不对。")
    chosen(page, 8)
    expect(page.locator("#report-error")).to_be_hidden()
    page.fill("#report-text", "一直在拉人加微信")
    page.locator("#report-more summary").click()
    page.locator("#report-evidence input").first.check()
    takes_picture(viewer, "report-form")
    page.click("#report-submit")
    expect(page.locator("#report-done")).to_be_visible()
    mine = page.locator("#report-list li")
    expect(mine).to_have_count(1)
    expect(mine).to_contain_text("刷屏、广告、引流")
    expect(mine.locator(".pill")).to_have_text("待受理")
    takes_picture(viewer, "report-mine")

    # The same once more is refused, and told.
    page.click("#report-turn")
    chosen(page, 8)
    page.click("#report-submit")
    expect(page.locator("#report-error")).to_contain_text("您已举报过")
    page.click("#report-turn")
    mine.get_by_role("button", name="撤回举报").click()
    expect(mine.locator(".pill")).to_have_text("已撤回")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    house.advance(1)  # the newest comes first
    page.click("#report-open")
    expect(page.locator("#report-target-session")).to_be_visible()
    expect(page.locator("#report-target-message")).to_be_hidden()
    chosen(page, 1)
    page.click("#report-submit")
    expect(mine).to_have_count(2)
    expect(mine.first).to_contain_text(f"直播：{TITLE}")


def test_all_of_it_is_done_with_the_keyboard(house: House, look: Callable[..., Viewer]) -> None:
    room = house.live_session()
    viewer = look()
    page = connected(viewer, house.page(room))
    viewer.sign_in("13800139022", house.code_of)
    house.say(room, "第一句", "第二句", "第三句")
    viewer.wait_for_message("第三句")
    page.focus("#chat-scroll")
    page.keyboard.press("Tab")
    expect(page.locator("#messages li:focus .words")).to_have_text("第三句")
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    expect(page.locator("#messages li:focus .words")).to_have_text("第一句")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("举报")
    takes_picture(viewer, "row-acts-keyboard")
    page.keyboard.press("Enter")
    expect(page.locator("#report-dialog")).to_be_visible()
    expect(page.locator(":focus")).to_have_attribute("value", "message")
    for _ in range(40):  # the focus stays within
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(page.locator("#messages li:focus-within .words")).to_have_text("第一句")
    # From a row Tab leads on to writing, past all the others.
    page.keyboard.press("Tab")
    expect(page.locator("#draft")).to_be_focused()


def test_a_message_is_answered_and_the_answer_can_be_given_up(house: House, look: Callable[..., Viewer]) -> None:
    room = house.live_session()
    viewer = look()
    page = connected(viewer, house.page(room))
    viewer.sign_in("13800139023", house.code_of)
    house.say(room, "大家有问题吗", "说吧")
    viewer.wait_for_message("说吧")
    bar = page.locator("#replying")
    question = page.locator("#messages li", has_text="大家有问题吗").first
    question.hover()
    question.get_by_role("button", name="回复").click()
    expect(bar).to_contain_text("回复")
    expect(page.locator("#draft")).to_be_focused()
    takes_picture(viewer, "replying")
    page.click("#reply-drop")
    expect(bar).to_be_hidden()
    question.hover()
    question.get_by_role("button", name="回复").click()
    viewer.send("简历写几页？")
    viewer.wait_for_message("简历写几页？")
    expect(bar).to_be_hidden()
    answer = page.locator("#messages li", has_text="简历写几页？")
    expect(answer.locator(".quoted")).to_contain_text("大家有问题吗")
    answer.hover()
    expect(answer.get_by_role("button", name="举报")).to_have_count(0)  # nobody reports themselves
    takes_picture(viewer, "replied")

    # What is deleted meanwhile is not answered any more.
    question.hover()
    question.get_by_role("button", name="回复").click()
    found = house.anchor.get(f"/sessions/{room}/messages").json()
    message_id = next(one["id"] for one in found if one["text"] == "大家有问题吗")
    wish = {"action": "delete_message", "message_id": message_id}
    key = {"Idempotency-Key": f"report-{next(_keys)}"}
    assert house.anchor.post(f"/sessions/{room}/moderation", wish, **key).status_code == 201
    expect(bar).to_be_hidden()


@pytest.mark.parametrize(("width_px", "language", "scheme"), [(390, "zh-CN", "light"), (1280, "en-GB", "dark")])
def test_the_dialog_fits_small_and_dark_screens(
    house: House, look: Callable[..., Viewer], width_px: int, language: str, scheme: str
) -> None:
    room = house.live_session()
    viewer = look(width_px=width_px, height_px=720, language=language, scheme=scheme)
    page = connected(viewer, house.page(room))
    viewer.sign_in(f"138001390{width_px % 100:02d}", house.code_of)
    house.say(room, "很长的一条消息" * 20)
    viewer.wait_for_message("很长的一条消息" * 20)
    line = page.locator("#messages li").last
    line.hover()
    line.locator(".of-others:not(.of-moderators)").click()
    expect(page.locator("#report-dialog")).to_be_visible()
    box = page.locator("#report-dialog").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width_px
    assert box["height"] <= 720
    assert page.evaluate(
        "document.querySelector('#report-dialog').scrollWidth <= document.querySelector('#report-dialog').clientWidth"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    takes_picture(viewer, f"report-{width_px}-{scheme}")
