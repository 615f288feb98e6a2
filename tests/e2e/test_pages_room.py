"""Moderation as viewers see it, in a real browser on a real service. Without media: see ``test_pages``."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from playwright.sync_api import TimeoutError as BrowserTimeout

from app.i18n import load_emoji
from tests.viewer.browser import Viewer
from tests.viewer.house import House, connected
from tools.program import ROOT

pytest_plugins = ("tests.viewer.fixtures",)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PICTURES = ROOT / "build" / "screens" / "room-real"
_keys = itertools.count()


def moderate(house: House, room: str, action: str, **fields: Any) -> dict[str, Any]:
    reply = house.anchor.post(
        f"/sessions/{room}/moderation", {"action": action, **fields}, **{"Idempotency-Key": f"e2e-{next(_keys)}"}
    )
    assert reply.status_code == 201, reply.text
    line: dict[str, Any] = reply.json()
    return line


def undo(house: House, room: str, line: dict[str, Any]) -> None:
    assert house.anchor.post(f"/sessions/{room}/moderation/{line['id']}/undo").status_code == 200


def person(house: House, room: str, text: str) -> str:
    """Who said this."""
    found = house.anchor.get(f"/sessions/{room}/messages").json()
    return str(next(one["author_id"] for one in found if one["text"] == text))


def texts(viewer: Viewer) -> list[str]:
    return [message.text for message in viewer.messages()]


def takes_picture(viewer: Viewer, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    viewer.screenshot(PICTURES / f"{name}.png")


def test_three_viewers_one_muted_one_removed_one_message_deleted_and_all_of_it_undone(
    house: House, look: Callable[..., Viewer]
) -> None:
    room = house.live_session()
    url = house.page(room)
    first, second, third = (look() for _ in range(3))
    for number, viewer in enumerate((first, second, third), 1):
        connected(viewer, url)
        viewer.sign_in(f"1380013900{number}", house.code_of)
        viewer.send(f"我是第{number}个")
    third.wait_for_message("我是第1个")

    muted = moderate(house, room, "mute", account_id=person(house, room, "我是第1个"), length="10m", reason="刷屏")
    told = first.page.locator("#chat-standing")
    expect(told).to_contain_text("您被禁言到")
    expect(told).to_contain_text("原因：刷屏")
    expect(first.page.locator("#draft")).to_be_disabled()
    first.page.wait_for_timeout(1500)
    takes_picture(first, "muted")
    first.page.reload()
    first.page.wait_for_timeout(1500)
    expect(told).to_contain_text("原因：刷屏")
    undo(house, room, muted)
    expect(told).to_be_hidden()
    first.send("又能说了")
    second.wait_for_message("又能说了")

    removed = moderate(house, room, "remove", account_id=person(house, room, "我是第2个"), length="session")
    expect(second.page.locator("#player")).to_have_attribute("data-player-state", "removed")
    expect(second.page.locator("#cover-title")).to_have_text("您已被移出直播间")
    expect(second.page.locator("#chat-standing")).to_contain_text("您已被移出本场直播")
    expect(second.page.locator("#messages li")).to_have_count(0)
    expect(second.page.locator("#chat-offline")).to_be_hidden()
    takes_picture(second, "removed")
    again = look()
    connected(again, url)
    house.advance(61)
    with pytest.raises(BrowserTimeout, match="data-socket"):  # signed in, and not let into the room
        again.sign_in("13800139002", house.code_of, timeout_s=5)
    expect(again.page.locator("#player")).to_have_attribute("data-player-state", "removed")
    expect(third.page.locator("#messages li", has_text="我是第2个")).to_have_count(0)

    found = house.anchor.get(f"/sessions/{room}/messages").json()
    message_id = next(one["id"] for one in found if one["text"] == "我是第3个")
    deleted = moderate(house, room, "delete_message", message_id=message_id)
    for viewer in (first, third):
        expect(viewer.page.locator("#messages li", has_text="我是第3个")).to_have_count(0)
    third.page.reload()
    third.wait_for_message("又能说了")
    assert "我是第3个" not in texts(third)
    undo(house, room, deleted)
    first.wait_for_message("我是第3个")
    assert texts(first).index("我是第3个") < texts(first).index("又能说了"), "in its old place"

    undo(house, room, removed)
    second.page.reload()
    expect(second.page.locator("#player")).not_to_have_attribute("data-player-state", "removed")
    second.wait_for_message("又能说了")


def test_rules_of_the_chat_are_told_and_a_held_message_too(house: House, look: Callable[..., Viewer]) -> None:
    room = house.live_session()
    viewer = look()
    page: Page = connected(viewer, house.page(room))
    viewer.sign_in("13800139011", house.code_of)
    standing = page.locator("#chat-standing")
    moderate(house, room, "set_rules", rules={"slow_s": 30})
    expect(standing).to_have_text("慢速模式：每 30 秒可以发一条。")
    moderate(house, room, "set_rules", rules={"is_paused": True})
    expect(standing).to_have_text("主播暂停了评论。")
    expect(page.locator("#draft")).to_be_disabled()
    moderate(house, room, "set_rules", rules={"followers_only": True})
    expect(standing).to_have_text("现在只有关注了主播的观众可以发言。")
    takes_picture(viewer, "followers-only")
    page.click("#follow")
    expect(page.locator("#follow")).to_have_text("已关注")
    expect(standing).to_be_hidden()
    page.fill("#draft", "加我微信 abc12345")
    page.click("#send")
    expect(page.locator("#chat-note")).to_have_text("这条评论要等主播或房管放行。")
    expect(page.locator("#messages li")).to_have_count(0)
    held = house.anchor.get(f"/sessions/{room}/held").json()
    moderate(house, room, "release_held", held_id=held[0]["id"])
    viewer.wait_for_message("加我微信 abc12345")
    found = house.anchor.get(f"/sessions/{room}/messages").json()
    moderate(house, room, "pin", message_id=found[0]["id"])
    expect(page.locator("#chat-pinned")).to_contain_text("加我微信 abc12345")
    takes_picture(viewer, "pinned")
    page.reload()
    expect(page.locator("#chat-pinned")).to_contain_text("加我微信 abc12345")
    expect(page.locator("#follow")).to_have_text("已关注")


@pytest.mark.parametrize(("width_px", "scheme"), [(1280, "light"), (390, "dark")])
def test_an_emoji_is_put_where_the_caret_stands(
    house: House, look: Callable[..., Viewer], width_px: int, scheme: str
) -> None:
    room = house.live_session()
    viewer = look(width_px=width_px, height_px=844, scheme=scheme)
    page = connected(viewer, house.page(room))
    button, panel, draft = page.locator("#emoji-open"), page.locator("#emoji-panel"), page.locator("#draft")
    expect(button).to_be_disabled()  # nobody writes who is not signed in
    viewer.sign_in(f"138001395{width_px % 100:02d}", house.code_of)
    draft.fill("你好世界")
    draft.evaluate("node => node.setSelectionRange(2, 2)")
    page.focus("#emoji-open")
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(panel.locator("button")).to_have_text([one.text for one in load_emoji("zh")])
    expect(panel.get_by_role("button", name="咧嘴笑", exact=True)).to_be_focused()
    takes_picture(viewer, f"emoji-{width_px}")
    box = panel.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width_px
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for key in ("ArrowUp", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowLeft"):  # at an edge it stays
        page.keyboard.press(key)
    expect(panel.locator("button").nth(7)).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(draft).to_be_focused()
    page.click("#emoji-open")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(panel).to_be_hidden()
    expect(draft).to_have_value("你好😄世界")
    page.click("#emoji-open")
    panel.get_by_role("button", name="派对").click()
    expect(draft).to_have_value("你好😄🥳世界")
    expect(draft).to_be_focused()
    page.click("#emoji-open")
    page.click("#tab-chat")
    expect(panel).to_be_hidden()
    # One counts as one, as for the service.
    draft.fill("字" * 199)
    for told in ("", "已超出 1 字"):
        page.click("#emoji-open")
        panel.locator("button").first.click()
        expect(page.locator("#chat-error")).to_contain_text(told)
    page.keyboard.press("Backspace")
    page.click("#send")
    viewer.wait_for_message("字" * 199 + "😀")


SAYS = """() => {
  let last = 0;
  window.says = async (count) => {
    for (let number = 0; number < count; number += 1) {
      last += 1;
      feed.add({ seq: last, message_id: `m${last}`, author_id: "a", author_name: "观众", text: `第 ${last} 条` });
      if (number % 100 === 99) await new Promise((done) => setTimeout(done, 150));
    }
    await new Promise((done) => setTimeout(done, 150));
  };
}"""


def with_feed(house: House, viewer: Viewer) -> Page:
    """A page whose list is told messages as the room would tell them, as many at once as there is need of."""

    def lent(route: Route) -> None:
        found = route.fetch()
        route.fulfill(response=found, body=found.text() + "\nwindow.feed = feed;\n")

    viewer.page.route("**/static/js/viewer.js", lent)
    page: Page = connected(viewer, house.page(house.live_session()))
    page.evaluate(SAYS)
    return page


def place(page: Page, number: int) -> float:
    box = page.locator(f"#messages li[data-message-id=m{number}]").bounding_box()
    assert box is not None, number
    return float(box["y"])


def from_end(page: Page) -> float:
    return float(
        page.evaluate("(() => { const e = document.getElementById('chat-scroll');"
                      " return e.scrollHeight - e.scrollTop - e.clientHeight; })()")
    )  # fmt: skip


def test_the_list_stands_still_under_the_mouse_and_the_keyboard(house: House, look: Callable[..., Viewer]) -> None:
    page = with_feed(house, look())
    page.evaluate("says(295)")
    assert from_end(page) < 1
    newer = page.locator("#newer")
    row = page.locator("#messages li[data-message-id=m293]")
    row.hover()
    before = place(page, 293)
    page.evaluate("says(40)")
    assert abs(place(page, 293) - before) < 1, "also while the oldest go"
    expect(newer).to_be_visible()
    page.mouse.move(5, 5)
    expect(newer).to_be_hidden()
    assert from_end(page) < 1

    page.locator("#messages li[data-message-id=m335]").focus()
    page.keyboard.press("ArrowUp")
    before = place(page, 334)
    page.evaluate("says(250)")
    expect(page.locator("#messages li[data-message-id=m334]")).to_be_focused()
    assert abs(place(page, 334) - before) < 1
    page.keyboard.press("End")
    page.locator("#chat-scroll").evaluate("(e) => document.activeElement.blur()")
    page.evaluate("says(2)")
    assert from_end(page) < 1

    page.locator("#chat-scroll").evaluate("(e) => { e.scrollTop -= 400; }")
    page.wait_for_timeout(100)
    page.evaluate("says(5)")
    assert from_end(page) > 300
    newer.click()
    page.evaluate("says(5)")
    assert from_end(page) < 1


def test_what_went_from_the_list_is_not_known_any_more(house: House, look: Callable[..., Viewer]) -> None:
    page = with_feed(house, look())
    page.evaluate("says(350)")
    rows = page.locator("#messages li")
    expect(rows).to_have_count(300)
    page.evaluate("feed.hide(['m100'])")
    page.evaluate("feed.add({ seq: 50, message_id: 'm50', author_id: 'a', author_name: '观众', text: '第 50 条' })")
    expect(rows.first).to_have_attribute("data-message-id", "m50")
    page.evaluate("feed.add({ seq: 51, message_id: 'm51', author_id: 'a', author_name: '观众', text: '第 51 条' })")
    expect(rows).to_have_count(300)
