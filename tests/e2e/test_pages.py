"""The viewer pages in a real browser on a real service: what they show when things change, break or come back.

Without media: what an ingest would report is reported by the test. Pages that play: ``test_pages_player.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.domain.china_time import CHINA
from server.pages.language import COOKIE
from tests.viewer.browser import Viewer
from tests.viewer.house import RESUME_FACTS, TITLE, House, connected

pytest_plugins = ("tests.viewer.fixtures",)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

VIEWER_PHONE = "13800138001"
ENDINGS = {
    "anchor": "感谢观看，下次再见。",
    "cancelled": "主播取消了这场直播。",
    "cut_off": "本场直播已被平台结束。",
    "grace_over": "主播没能回来，本场直播已结束。",
}
PHONE: dict[str, Any] = {"width_px": 390, "height_px": 844}


def go_offline(viewer: Viewer, house: House) -> None:
    """No network: what is open dies, what is tried fails."""
    viewer.context.set_offline(True)
    house.cut_sockets()
    expect(viewer.page.locator("#chat-offline")).to_be_visible()


def noted(node_id: str, what: str) -> str:
    """A script that keeps in ``window.noted`` what a node shows after the page is there."""
    return f"""addEventListener("DOMContentLoaded", () => {{
        window.noted = new Set();
        const node = document.getElementById("{node_id}");
        const note = () => window.noted.add({what});
        new MutationObserver(note).observe(node, {{ attributes: true, childList: true }});
    }});"""


def words(viewer: Viewer) -> list[str]:
    return [message.text for message in viewer.messages()]


# ---- signing out -------------------------------------------------------------------------------------


def test_signing_out_that_did_not_reach_the_platform_is_not_pretended(
    house: House, look: Callable[..., Viewer]
) -> None:
    viewer = look()
    page = connected(viewer, house.page(house.open_session()))
    viewer.sign_in(VIEWER_PHONE, house.code_of)
    page.route("**/auth/sign-out", lambda route: route.abort())
    page.click("#sign-out")
    expect(page.locator("#account-notice")).to_have_text("没有退出，您仍在登录中。连不上平台，请检查网络后重试。")
    expect(page.locator("#sign-out")).to_be_enabled()
    expect(page.locator("#account-name")).to_be_visible()
    page.unroute("**/auth/sign-out")
    page.click("#sign-out")
    expect(page.locator("#sign-in")).to_be_visible()
    expect(page.locator("#account-notice")).to_be_hidden()
    assert cookies(viewer) == set()


def test_signing_out_after_the_access_token_ran_out_ends_the_device(house: House, look: Callable[..., Viewer]) -> None:
    viewer = look()
    page = connected(viewer, house.page(house.open_session()))
    viewer.sign_in(VIEWER_PHONE, house.code_of)
    kept = viewer.context.cookies()
    house.advance(15 * 60)
    page.click("#sign-out")
    expect(page.locator("#sign-in")).to_be_visible()
    assert cookies(viewer) == set()
    # Not even the cookies of before sign in again.
    viewer.context.add_cookies(kept)  # type: ignore[arg-type]  # what was read is what is written
    page.evaluate("localStorage.setItem('ad_signed_in', '1'); localStorage.removeItem('ad_refreshed_ms')")
    with page.expect_response("**/auth/refresh") as refreshed:
        page.reload()
    assert refreshed.value.status == 401
    expect(page.locator("#sign-in")).to_be_visible()


def cookies(viewer: Viewer) -> set[str]:
    return {str(one["name"]) for one in viewer.context.cookies()} - {COOKIE}


# ---- history -----------------------------------------------------------------------------------------


def test_messages_of_before_are_shown_once_and_counted_once(house: House, look: Callable[..., Viewer]) -> None:
    session_id = house.open_session()
    house.say(session_id, "一", "二", "三")
    viewer = look()
    viewer.page.add_init_script(noted("chat-count", "node.textContent"))
    page = connected(viewer, house.page(session_id))
    viewer.wait_for_message("三")
    expect(page.locator("#chat-count")).to_have_text("3 条")
    go_offline(viewer, house)
    house.say(session_id, "四", "五")
    viewer.context.set_offline(False)
    viewer.wait_for_message("五")
    expect(page.locator("#chat-count")).to_have_text("5 条")
    assert words(viewer) == ["一", "二", "三", "四", "五"]
    assert set(page.evaluate("[...window.noted]")) <= {"3 条", "4 条", "5 条"}


def test_who_was_away_during_a_cut_off_is_told_of_it(house: House, look: Callable[..., Viewer]) -> None:
    session_id = house.live_session()
    viewer = look()
    page = connected(viewer, house.page(session_id))
    expect(page.locator("#state-word")).to_have_text("直播中")
    go_offline(viewer, house)
    house.cut_off(session_id)
    viewer.context.set_offline(False)
    viewer.wait_for_state("ended")
    expect(page.locator("#cover-hint")).to_have_text(ENDINGS["cut_off"])


def test_an_ended_session_is_opened_without_playing_it_over(house: House, look: Callable[..., Viewer]) -> None:
    session_id = house.live_session()
    house.say(session_id, "再见")
    house.end(session_id)
    viewer = look()
    asked: list[str] = []
    viewer.page.on("request", lambda request: asked.append(request.url))
    viewer.page.add_init_script(noted("player", "node.dataset.playerState"))
    page = connected(viewer, house.page(session_id))
    viewer.wait_for_message("再见")
    assert viewer.player_state == "ended"
    assert set(page.evaluate("[...window.noted]")) <= {"ended"}
    assert [url for url in asked if url.endswith("/play")] == []
    expect(page.locator("#draft")).to_be_disabled()


@pytest.mark.parametrize("reason", ["anchor", "cancelled", "cut_off", "grace_over"])
def test_every_ending_has_its_words(house: House, look: Callable[..., Viewer], reason: str) -> None:
    session_id = house.open_session()
    grant = house.go_live(session_id) if reason != "cancelled" else {}
    viewer = look()
    page = connected(viewer, house.page(session_id))
    if reason == "cut_off":
        house.cut_off(session_id)
    elif reason == "grace_over":
        house.report("stopped", grant, reason="gone")
        expect(page.locator("#state-pill.warn")).to_have_text("暂时中断")
        viewer.wait_for_state("interrupted")
        house.advance(181)
    else:
        house.end(session_id)
    for _ in ("told by the room", "opened anew"):
        viewer.wait_for_state("ended")
        expect(page.locator("#cover-hint")).to_have_text(ENDINGS[reason])
        expect(page.locator("#state-pill")).to_have_text("已结束")
        page.reload()


def test_after_a_reset_messages_stand_in_order_and_a_failed_load_is_told(
    house: House, look: Callable[..., Viewer]
) -> None:
    session_id = house.open_session()
    house.say(session_id, "0")
    viewer = look()
    page = connected(viewer, house.page(session_id))
    viewer.wait_for_message("0")
    go_offline(viewer, house)
    missed = [str(number) for number in range(1, RESUME_FACTS + 3)]
    house.say(session_id, *missed)
    page.route("**/messages?*", lambda route: route.fulfill(status=503, body="{}"))
    viewer.context.set_offline(False)
    expect(page.locator("#chat-backlog")).to_have_text("聊天没有加载出来，正在重试…")
    expect(page.locator("#chat-empty")).to_be_hidden()
    house.say(session_id, "newer")
    viewer.wait_for_message("newer")
    page.unroute("**/messages?*")
    expect(page.locator("#chat-backlog")).to_be_hidden()
    viewer.wait_for_message(missed[-1])
    assert words(viewer) == ["0", *missed, "newer"]
    expect(page.locator("#chat-count")).to_have_text(f"{len(missed) + 2} 条")


# ---- what is planned ---------------------------------------------------------------------------------


def test_an_open_page_follows_the_plan_until_it_begins(house: House, look: Callable[..., Viewer]) -> None:
    starts_at = (house.now + timedelta(days=1)).replace(second=0, microsecond=0)
    entry = house.plan(starts_at)
    session_id = str(entry["session"]["id"])
    viewer = look()
    page = connected(viewer, house.page(session_id))
    assert_planned(page, TITLE, "求职指导", starts_at)
    expect(page.locator("#state-word")).to_have_text("即将开播")
    moved = starts_at + timedelta(hours=3, minutes=30)
    entry = house.change_plan(entry, title="现场改三份简历", category="experience", starts_at=moved.isoformat())
    assert_planned(page, "现场改三份简历", "职场经验", moved)
    go_offline(viewer, house)
    moved += timedelta(days=2)
    entry = house.change_plan(entry, starts_at=moved.isoformat())
    viewer.context.set_offline(False)
    assert_planned(page, "现场改三份简历", "职场经验", moved)
    go_offline(viewer, house)
    for number in range(RESUME_FACTS + 2):
        entry = house.change_plan(entry, title=f"第 {number} 次改名")
    viewer.context.set_offline(False)
    for _ in ("loaded after a reset", "opened anew"):
        assert_planned(page, f"第 {RESUME_FACTS + 1} 次改名", "职场经验", moved)
        page.reload()
    house.go_live(session_id)
    expect(page.locator("#state-word")).to_have_text("直播中")
    expect(page.locator("#planned")).to_be_hidden()
    house.end(session_id)


def assert_planned(page: Page, title: str, category: str, starts_at: datetime) -> None:
    shown = starts_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    expect(page.locator("h1")).to_have_text(title)
    expect(page).to_have_title(f"{title} · 本机演示平台")
    expect(page.locator("#category")).to_have_text(category)
    expect(page.locator("#planned dd")).to_have_text(f"{shown}（北京时间）")
    expect(page.locator("#cover-hint")).to_contain_text(shown)


# ---- the list of what is live ------------------------------------------------------------------------


def test_the_list_changes_in_place(house: House, look: Callable[..., Viewer]) -> None:
    page = look().page
    page.goto(house.url)
    expect(page.locator("#live-empty")).to_be_visible()
    session_id = house.open_session()
    grant = house.go_live(session_id)
    ask_again(page)
    card = page.locator(f'#live-list [data-id="{session_id}"]')
    expect(card.locator(".pill.air")).to_have_text("直播中")
    expect(card.locator("a")).to_have_attribute("href", f"/s/{session_id}")
    card.locator("a").focus()
    house.report("stopped", grant, reason="gone")
    ask_again(page)
    expect(card.locator(".pill.warn")).to_have_text("暂时中断")
    expect(card.locator(".pill.air")).to_have_count(0)
    expect(card.locator("a")).to_be_focused()
    page.route("**/api/v1/live", lambda route: route.abort())
    ask_again(page)
    expect(page.get_by_role("status")).to_contain_text("连不上平台")
    expect(card).to_be_visible()
    page.unroute("**/api/v1/live")
    house.end(session_id)
    ask_again(page)
    expect(page.locator("#live-offline")).to_be_hidden()
    expect(page.locator("#live-empty")).to_be_visible()
    expect(card).to_have_count(0)


def ask_again(page: Page) -> None:
    """Not after eight seconds but now: as when the network is back."""
    page.evaluate("dispatchEvent(new Event('online'))")


# ---- screens, languages, browsers --------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_nothing_is_wider_than_the_screen(house: House, look: Callable[..., Viewer], language: str) -> None:
    session_id = house.live_session()
    viewer = look(language=language, **PHONE)
    page = connected(viewer, house.page(session_id))
    assert too_wide(page) == []
    viewer.sign_in(VIEWER_PHONE, house.code_of)
    page.evaluate("document.getElementById('account-name').textContent = '一二三四五六七八九十一二三四五六七八九十'")
    assert too_wide(page) == []
    for path in ("/", "/s/none"):
        page.goto(house.url + path)
        assert too_wide(page) == []


def too_wide(page: Page) -> list[str]:
    """Widths at which the page scrolls sideways or cuts off the platform's name, and what is to blame."""
    found: list[str] = []
    for width_px in (320, 390, 521, 600, 681, 721, 901):
        page.set_viewport_size({"width": width_px, "height": 800})
        found += page.evaluate(
            """() => {
                const wide = document.documentElement.clientWidth;
                const beyond = [...document.querySelectorAll("body *")].filter((node) =>
                    node.getBoundingClientRect().right > wide + 0.5 && !node.closest(".hidden, option, svg"));
                const name = document.querySelector(".platform");
                if (name.scrollWidth > name.clientWidth) beyond.push(name);
                return beyond.map((node) => `${wide}: ${node.tagName} ${node.id || node.className}`);
            }"""
        )
    return found


def test_english_pages_are_english_throughout(house: House, look: Callable[..., Viewer]) -> None:
    viewer = look(language="en-GB")
    page = connected(viewer, house.page(house.live_session()))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#state-word")).to_have_text("Live")
    own = {TITLE, "林晓", "林", "中文"}  # what people wrote, and the way to the other language
    labels = page.evaluate(
        """[...document.querySelectorAll("body *:not(script)")].flatMap((node) => [
            ...[...node.childNodes].filter((child) => child.nodeType === Node.TEXT_NODE).map((child) => child.data),
            ...["aria-label", "title", "placeholder"].map((name) => node.getAttribute(name) ?? "")])"""
    )
    assert [one for one in labels if re.search(r"[\u4e00-\u9fff]", one) and one.strip() not in own] == []
    page.goto(f"{house.url}/nowhere")
    expect(page.locator("h1")).to_have_text("There is nothing here")
    page.click("a.quiet")
    expect(page.locator("h1")).to_have_text("这里没有内容")


def test_buttons_and_the_draft_are_named_for_what_they_do(house: House, look: Callable[..., Viewer]) -> None:
    viewer = look()
    page = connected(viewer, house.page(house.live_session()))
    draft = page.locator("#draft")
    expect(draft).to_have_accessible_name("登录后可以发言")
    viewer.sign_in(VIEWER_PHONE, house.code_of)
    expect(draft).to_have_accessible_name("友善发言")
    assert page.locator("[aria-pressed]").count() == 0
    play = page.locator("#play")
    expect(play).to_have_accessible_name("暂停")
    play.click()
    expect(play).to_have_accessible_name("播放")
    viewer.wait_for_state("paused")


FORBIDDEN = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('', 'SecurityError'); } })"
FULL = "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); }"
SPOILT = "localStorage.setItem('ad_volume', 'loud')"


@pytest.mark.parametrize(
    "storage",
    [
        pytest.param(FORBIDDEN, id="forbidden"),
        pytest.param(FULL, id="full"),
        pytest.param(SPOILT, id="spoilt"),
    ],
)
def test_storage_that_fails_takes_nothing_else_with_it(house: House, look: Callable[..., Viewer], storage: str) -> None:
    viewer = look()
    viewer.page.add_init_script(storage)
    session_id = house.live_session()
    page = connected(viewer, house.page(session_id))
    expect(page.locator("#state-word")).to_have_text("直播中")
    assert page.evaluate("document.querySelector('video').volume") == 1
    page.locator("#volume").fill("40")
    assert page.evaluate("document.querySelector('video').volume") == 0.4
    viewer.sign_in(VIEWER_PHONE, house.code_of)
    viewer.send("有人吗")
    viewer.wait_for_message("有人吗")
    page.click("#sign-out")
    expect(page.locator("#sign-in")).to_be_visible()
