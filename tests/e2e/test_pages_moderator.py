"""A moderator at work on the viewer page, in a real browser on a real service. Without media: see ``test_pages``."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.test_pages_room import moderate, person, takes_picture, texts
from tests.viewer.browser import Viewer
from tests.viewer.house import House, connected

pytest_plugins = ("tests.viewer.fixtures",)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def row(viewer: Viewer, words: str) -> Locator:
    return viewer.page.locator("#messages li", has_text=words)


def manages(viewer: Viewer, words: str) -> None:
    """Opens the dialog about who said this, as by the mouse."""
    row(viewer, words).hover()
    row(viewer, words).locator(".acts .of-moderators").click()
    expect(viewer.page.locator("#mod-person")).to_be_visible()


def scene(house: House, look: Callable[..., Viewer], numbers: str, **more: object) -> tuple[str, Viewer, Viewer]:
    """A room with a moderator and somebody who has said something."""
    room = house.live_session()
    moderator, other = look(**more), look()
    for viewer, number in ((moderator, numbers[0]), (other, numbers[1])):
        connected(viewer, house.page(room))
        viewer.sign_in(f"1380013920{number}", house.code_of)
    moderator.send("我来帮忙")
    other.send("听不清楚听不清楚")
    moderator.wait_for_message("听不清楚听不清楚")
    return room, moderator, other


def test_whoever_is_made_a_moderator_may_act_at_once_and_no_longer_when_dismissed(
    house: House, look: Callable[..., Viewer]
) -> None:
    room, moderator, other = scene(house, look, "12")
    page = moderator.page
    expect(page.locator("#mod-open")).to_be_hidden()
    expect(row(moderator, "听不清楚听不清楚").locator(".of-moderators")).to_be_hidden()
    moderate(house, room, "appoint", account_id=person(house, room, "我来帮忙"))
    expect(page.locator("#mod-open")).to_be_visible()

    manages(moderator, "听不清楚听不清楚")
    expect(page.locator("#mod-person-facts")).to_contain_text("新观众")
    page.fill("#mod-reason", "刷屏")
    takes_picture(moderator, "moderator-person")
    page.click("#mod-mutes [data-length='10m']")
    expect(page.locator("#mod-person")).to_be_hidden()
    expect(other.page.locator("#chat-standing")).to_contain_text("原因：刷屏")
    note = page.locator("#mod-note")
    expect(note).to_contain_text("禁言")
    takes_picture(moderator, "moderator-note")
    note.get_by_role("button").click()
    expect(note).to_contain_text("已撤销")
    expect(other.page.locator("#chat-standing")).to_be_hidden()

    manages(moderator, "听不清楚听不清楚")
    expect(page.locator("#mod-person-record li")).to_have_count(1)
    expect(page.locator("#mod-person-record li[data-undone]")).to_have_count(1)
    page.click("#mod-removals [data-length='session']")
    expect(other.page.locator("#player")).to_have_attribute("data-player-state", "removed")
    expect(row(moderator, "听不清楚听不清楚")).to_have_count(0)

    page.click("#mod-open")
    line = page.locator("#mod-record li", has_text="移出")
    takes_picture(moderator, "moderator-tools")
    line.get_by_role("button").click()
    expect(line).to_have_attribute("data-undone", "")
    page.click("#mod-tools-close")
    other.page.reload()
    expect(other.page.locator("#player")).not_to_have_attribute("data-player-state", "removed")

    moderate(house, room, "dismiss", account_id=person(house, room, "我来帮忙"))
    expect(page.locator("#mod-open")).to_be_hidden()
    expect(row(moderator, "我来帮忙").locator(".of-moderators")).to_be_hidden()


def test_a_message_is_deleted_pinned_and_released_and_the_rules_are_set(
    house: House, look: Callable[..., Viewer]
) -> None:
    room, moderator, other = scene(house, look, "34")
    page = moderator.page
    moderate(house, room, "appoint", account_id=person(house, room, "我来帮忙"))
    expect(page.locator("#mod-open")).to_be_visible()
    manages(moderator, "听不清楚听不清楚")
    page.click("#mod-pin")
    expect(other.page.locator("#chat-pinned")).to_contain_text("听不清楚听不清楚")
    manages(moderator, "听不清楚听不清楚")
    page.click("#mod-delete")
    expect(row(other, "听不清楚听不清楚")).to_have_count(0)
    page.locator("#mod-note").get_by_role("button").click()
    other.wait_for_message("听不清楚听不清楚")

    other.page.fill("#draft", "加我微信 abc12345")
    other.page.click("#send")
    expect(page.locator("#mod-open-count")).to_have_text("1")
    page.click("#mod-open")
    waiting = page.locator("#mod-held li")
    expect(waiting).to_contain_text("疑似联系方式")
    takes_picture(moderator, "moderator-held")
    waiting.get_by_role("button", name="放行").click()
    other.wait_for_message("加我微信 abc12345")
    expect(page.locator("#mod-open-count")).to_have_text("")

    people = page.locator("#mod-people li")
    expect(people).to_have_count(2)
    takes_picture(moderator, "moderator-people")
    author = next(one.author for one in moderator.messages() if one.text == "听不清楚听不清楚")
    people.filter(has_text=author).get_by_role("button").click()
    expect(page.locator("#mod-delete")).to_be_hidden()
    page.click("#mod-mutes [data-length='1m']")
    expect(other.page.locator("#chat-standing")).to_contain_text("您被禁言到")
    page.locator("#mod-record li", has_text="禁言").get_by_role("button").click()
    expect(other.page.locator("#chat-standing")).to_be_hidden()

    page.select_option("#mod-slow", "30")
    expect(other.page.locator("#chat-standing")).to_have_text("慢速模式：每 30 秒可以发一条。")
    page.check("#mod-paused")
    expect(other.page.locator("#chat-standing")).to_have_text("主播暂停了评论。")
    page.uncheck("#mod-paused")
    page.click("#mod-shield")
    expect(page.locator("#mod-shield")).to_have_text("解除防护")
    expect(page.locator("#mod-followers")).to_be_checked()
    expect(other.page.locator("#chat-standing")).to_have_text("现在只有关注了主播的观众可以发言。")
    page.click("#mod-shield")
    expect(page.locator("#mod-followers")).not_to_be_checked()
    expect(page.locator("#mod-slow")).to_have_value("30")
    # Somebody else changes them: what is shown follows.
    moderate(house, room, "set_rules", rules={"slow_s": 45})
    expect(page.locator("#mod-slow")).to_have_value("45")


def test_on_a_phone_by_keyboard_and_out_of_reach_of_whom_it_may_not_concern(
    house: House, look: Callable[..., Viewer]
) -> None:
    room, moderator, other = scene(house, look, "56", width_px=390, height_px=800, scheme="dark", language="en-US")
    page = moderator.page
    house.say(room, "主播的话")
    moderate(house, room, "appoint", account_id=person(house, room, "我来帮忙"))
    row(moderator, "主播的话").focus()
    page.keyboard.press("ArrowUp")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#mod-said")).to_contain_text("听不清楚听不清楚")
    expect(page.locator("#mod-delete")).to_be_focused()
    page.mouse.move(0, 0)
    takes_picture(moderator, "moderator-phone")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Escape")
    manages(moderator, "主播的话")
    expect(page.locator("#mod-pin")).to_be_visible()
    expect(page.locator("#mod-delete")).to_be_hidden()
    expect(page.locator("#mod-mutes")).to_be_hidden()
    page.keyboard.press("Escape")
    page.click("#mod-open")
    expect(page.locator("#mod-record li")).to_have_count(1)
    takes_picture(moderator, "moderator-phone-tools")
    page.keyboard.press("Escape")
    # A lost answer: the same act again is done once.
    refused: list[str] = []

    def lose(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]
        refused.append("lost")
        route.abort()  # type: ignore[attr-defined]

    page.route("**/moderation", lose, times=1)
    manages(moderator, "听不清楚听不清楚")
    page.click("#mod-mutes [data-length='1m']")
    expect(page.locator("#mod-person-error")).to_be_visible()
    assert refused == ["lost"]
    page.click("#mod-mutes [data-length='1m']")
    expect(page.locator("#mod-person")).to_be_hidden()
    record = house.anchor.get(f"/sessions/{room}/actions?kind=mute").json()
    assert len(record) == 1
    assert "听不清楚听不清楚" in texts(other)


def test_a_question_is_put_on_screen_answered_and_deleted_by_a_moderator(
    house: House, look: Callable[..., Viewer]
) -> None:
    room, moderator, other = scene(house, look, "78")
    moderate(house, room, "appoint", account_id=person(house, room, "我来帮忙"))
    other.page.click("#tab-questions")
    other.page.fill("#ask", "简历写几页？")
    other.page.click("#ask-send")
    moderator.page.click("#tab-questions")
    question = moderator.page.locator("#questions li")
    question.get_by_role("button", name="上屏").click()
    expect(other.page.locator("#question-now")).to_contain_text("简历写几页？")
    takes_picture(moderator, "moderator-questions")
    question.get_by_role("button", name="已回答").click()
    expect(other.page.locator("#questions li")).to_have_attribute("data-state", "answered")
    question.get_by_role("button", name="删除").click()
    expect(other.page.locator("#questions li")).to_have_count(0)
    expect(other.page.locator("#questions li .link:visible")).to_have_count(0)
