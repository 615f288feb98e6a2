"""Questions as viewers see them, in a real browser on a real service. Without media: see ``test_pages``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.viewer.browser import Viewer
from tests.viewer.house import House, connected
from tools.program import ROOT

pytest_plugins = ("tests.viewer.fixtures",)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PICTURES = ROOT / "build" / "screens" / "questions-real"


def listed(house: House, room: str) -> list[dict[str, Any]]:
    return list(house.anchor.get(f"/sessions/{room}/questions").json())


def act(house: House, room: str, text: str, what: str) -> None:
    one = next(one for one in listed(house, room) if one["text"] == text)
    assert house.anchor.post(f"/sessions/{room}/questions/{one['id']}/{what}").status_code == 200


def ask(viewer: Viewer, text: str) -> None:
    viewer.page.locator("#ask").fill(text)
    viewer.page.locator("#ask").press("Enter")
    expect(viewer.page.locator("#questions .words", has_text=text)).to_be_visible()


def takes_picture(viewer: Viewer, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    viewer.screenshot(PICTURES / f"{name}.png")


def test_viewers_ask_and_second_and_see_what_is_answered(house: House, look: Callable[..., Viewer]) -> None:
    room = house.live_session()
    url = house.page(room)
    first, second = look(), look()
    for number, viewer in enumerate((first, second), 1):
        connected(viewer, url)
        viewer.sign_in(f"1380013910{number}", house.code_of)
        viewer.page.locator("#tab-chat").focus()
        viewer.page.keyboard.press("ArrowRight")
        expect(viewer.page.locator("#tab-questions")).to_be_focused()
        expect(viewer.page.locator("#questions-panel")).to_be_visible()
        expect(viewer.page.locator("#chat-panel")).to_be_hidden()
    ask(first, "转行做产品经理怎么准备？")
    ask(first, "空窗期怎么解释？")
    ask(second, "简历要写几页？")
    rows = second.page.locator("#questions li")
    expect(rows).to_have_count(3)
    button = rows.filter(has_text="空窗期").get_by_role("button")
    expect(button).to_have_accessible_name("我也想问（0 人）：空窗期怎么解释？")
    button.focus()
    second.page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_have_text("我也想问 1")
    expect(button).to_be_focused()
    expect(rows.first).to_contain_text("空窗期")
    expect(rows.filter(has_text="几页").get_by_role("button")).to_have_count(0)
    expect(rows.filter(has_text="几页")).to_contain_text("我的提问")
    expect(first.page.locator("#questions li").first).to_contain_text("1 人也想问")
    expect(first.page.locator("#questions-count")).to_have_text("3")

    act(house, room, "简历要写几页？", "show")
    expect(first.page.locator("#question-now")).to_contain_text("简历要写几页？")
    expect(rows.first).to_have_attribute("data-state", "on_screen")
    takes_picture(second, "on_screen")
    act(house, room, "简历要写几页？", "answer")
    expect(first.page.locator("#question-now")).to_be_hidden()
    expect(rows.last).to_contain_text(re.compile("已回答.*简历要写几页", re.DOTALL))
    act(house, room, "转行做产品经理怎么准备？", "delete")
    expect(rows).to_have_count(2)
    second.page.reload()
    second.page.locator("#tab-questions").click()
    expect(second.page.locator("#questions li")).to_have_count(2)
    expect(second.page.locator("#questions li").first.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    takes_picture(second, "answered")


def test_what_cannot_be_asked_is_said(house: House, look: Callable[..., Viewer]) -> None:
    room = house.live_session()
    viewer = look()
    connected(viewer, house.page(room))
    viewer.page.locator("#tab-questions").click()
    expect(viewer.page.locator("#questions-empty")).to_be_visible()
    viewer.page.locator("#ask").click()
    expect(viewer.page.locator("#sign-dialog")).to_be_visible()
    viewer.page.locator("#sign-close").click()
    viewer.page.locator("#tab-chat").click()
    viewer.sign_in("13800139103", house.code_of)
    viewer.page.locator("#tab-questions").click()
    for number in range(3):
        ask(viewer, f"第{number}问")
    error = viewer.page.locator("#ask-error")
    viewer.page.locator("#ask").fill("第四问")
    viewer.page.locator("#ask-send").click()
    expect(error).to_contain_text("3 个提问")
    viewer.page.locator("#ask").fill("问" * 101)
    expect(error).to_contain_text("最多 100 字")
    act(house, room, "第0问", "answer")
    viewer.page.locator("#ask").fill("加我微信 abc12345")
    viewer.page.locator("#ask-send").click()
    expect(error).to_contain_text("不允许的内容")
    expect(viewer.page.locator("#ask")).to_have_value("加我微信 abc12345")
