"""The anchor's window over a real room: what is done there by keyboard and button is so for all, media included."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import TimeoutError as BrowserTimeout
from playwright.sync_api import expect

from tests.e2e.operator_page import OperatorPage
from tests.viewer.browser import Viewer, ViewerBrowser
from tools.program import ROOT, Program

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PICTURES = ROOT / "build" / "screens" / "room-real"
PHONES = ("13800138001", "13800138002", "13800138003")
LINES = ("第一位来了", "第二位来了", "第三位来了")


def takes_picture(program: Program, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    program.window("screenshot", str(PICTURES / f"window-{name}.png"))


def points_at(program: Program, text: str) -> None:
    """Make the message with this text the current row of the window's list."""
    deadline_s = time.monotonic() + 10
    while True:
        rows = program.listed("chat.list")
        found = [number for number, row in enumerate(rows) if text in row]
        if found:
            program.window("row", {"name": "chat.list", "row": found[0]})
            return
        assert time.monotonic() < deadline_s, rows
        time.sleep(0.1)


def does(program: Program, text: str, key: str, told: str) -> None:
    """A key on a message; the window says what was done."""
    points_at(program, text)
    program.window("press", {"name": "chat.list", "key": key})
    says(program, told)


def says(program: Program, told: str) -> None:
    deadline_s = time.monotonic() + 10
    while told not in (seen := str(program.window("texts")["texts"])):
        assert time.monotonic() < deadline_s, (told, seen)
        time.sleep(0.1)


def takes_back(program: Program) -> None:
    program.until_window("click", "room.done.first")
    deadline_s = time.monotonic() + 10
    while True:
        try:
            program.window("widget", "room.done.first")
        except Exception:  # no longer on screen
            return
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def talking(program: Program, browser: ViewerBrowser, url: str) -> list[Viewer]:
    """Three who watch, are signed in, and have said something."""
    guests = [browser.viewer(width_px=900, height_px=600) for _ in PHONES]
    for guest, phone, line in zip(guests, PHONES, LINES, strict=True):
        guest.open(url)
        guest.wait_for_state("playing", 30)
        guest.sign_in(phone, program.code_for)
        guest.send(line)
    for guest in guests:
        guest.wait_for_message(LINES[2])
    return guests


def reports(viewer: Viewer, text: str, why: str) -> None:
    """The message with this text, in the dialog of the page."""
    line = viewer.page.locator("#messages li", has_text=text)
    line.hover()
    line.get_by_role("button", name="举报").click()
    viewer.page.locator("#report-dialog").get_by_label(why).check()
    viewer.page.click("#report-submit")
    expect(viewer.page.locator("#report-done")).to_be_visible()
    viewer.screenshot(PICTURES / "viewer-reported.png")
    viewer.page.keyboard.press("Escape")


def pictures_shown(viewer: Viewer) -> tuple[int, int]:
    return viewer.decoded_frames()


def test_mute_remove_and_delete_from_the_window_and_take_all_of_it_back(
    program: Program, browser: ViewerBrowser
) -> None:
    url = program.go_live("怎样准备面试")["viewer_url"]
    guests = talking(program, browser, url)
    first, second, third = guests

    does(program, LINES[0], "M", "禁言")
    takes_picture(program, "muted")
    standing = first.page.locator("#chat-standing")
    expect(standing).to_contain_text("您被禁言到")
    expect(first.page.locator("#draft")).to_be_disabled()
    takes_back(program)
    expect(standing).to_be_hidden()
    first.send("又能说了")
    second.wait_for_message("又能说了")

    does(program, LINES[1], "K", "移出")
    player = second.page.locator("#player")
    expect(player).to_have_attribute("data-player-state", "removed")
    expect(second.page.locator("#cover-title")).to_have_text("您已被移出直播间")
    shown = pictures_shown(second)
    second.page.wait_for_timeout(1500)
    assert pictures_shown(second) == shown, "the picture has stopped"
    second.page.reload()
    expect(player).to_have_attribute("data-player-state", "removed")
    elsewhere = browser.viewer(width_px=900, height_px=600)
    elsewhere.open(url)
    elsewhere.wait_for_state("playing", 30)
    with pytest.raises(BrowserTimeout, match="data-socket"):
        elsewhere.sign_in(PHONES[1], program.code_for, timeout_s=5)
    expect(elsewhere.page.locator("#player")).to_have_attribute("data-player-state", "removed")
    elsewhere.close()
    # Taken back on the card, as one does who thinks of it later.
    points_at(program, LINES[1])
    program.window("press", {"name": "chat.list", "key": "Return"})
    program.until_window("widget", "person.readmit")
    takes_picture(program, "card")
    program.until_window("click", "person.readmit")
    program.until_window("widget", "person.remove")
    program.until_window("click", "person.back")
    second.page.reload()
    expect(player).to_have_attribute("data-player-state", "playing", timeout=20_000)

    does(program, LINES[2], "Delete", "删除了")
    for guest in (first, third):
        expect(guest.page.locator("#messages li", has_text=LINES[2])).to_have_count(0)
    third.page.reload()
    third.wait_for_message("又能说了")
    assert LINES[2] not in [message.text for message in third.messages()]
    takes_picture(program, "deleted")
    takes_back(program)
    first.wait_for_message(LINES[2])

    program.until_window("click", "room.tab.record")
    rows = program.listed("record.list")
    deadline_s = time.monotonic() + 10
    while len(rows) < 4 and time.monotonic() < deadline_s:
        time.sleep(0.2)
        rows = program.listed("record.list")
    assert len(rows) >= 4, rows
    takes_picture(program, "record")
    program.until_window("click", "room.tab.audience")
    deadline_s = time.monotonic() + 10
    while not (people := program.listed("audience.list")) and time.monotonic() < deadline_s:
        time.sleep(0.2)
    assert len(people) >= 3, people
    takes_picture(program, "audience")
    program.end_live()
    for guest in guests:
        guest.close()


def test_an_operator_warns_then_suspends_and_the_anchor_reads_why_and_appeals(
    program: Program, browser: ViewerBrowser
) -> None:
    url = program.go_live("怎样准备面试")["viewer_url"]
    guests = talking(program, browser, url)
    first, second, third = guests
    first.send("你这样的人不配找工作")
    third.wait_for_message("你这样的人不配找工作")
    second.send("别吵了，听课吧")
    third.wait_for_message("别吵了，听课吧")
    PICTURES.mkdir(parents=True, exist_ok=True)
    reports(third, "你这样的人不配找工作", "辱骂、歧视、骚扰他人")
    desk = OperatorPage(browser.viewer(width_px=1280, height_px=900).page, program.operator.desk_url, PICTURES)
    desk.sign_in(program.operator.name, program.operator.password)
    desk.takes_up_report("你这样的人不配找工作", around=(*LINES, "别吵了，听课吧"))
    third.page.click("#report-open")
    third.page.click("#report-turn")
    expect(third.page.locator("#report-list .pill")).to_have_text("处理中")
    third.page.keyboard.press("Escape")

    desk.measure("warning", "直播中念出了公司联系方式", "00:42 请加这个号")
    says(program, "平台有一项关于您的处理")
    program.until(lambda state: state["broadcast"] == "on_air", "still on air")
    takes_picture(program, "warned")

    desk.measure("suspension", "警告后继续发布兼职广告", "01:10 兼职名额有限")
    program.until(lambda state: state["broadcast"] == "ended", "cut off")
    for guest in guests:
        guest.wait_for_state("ended", 20)
    says(program, "警告后继续发布兼职广告")
    takes_picture(program, "cut-off")
    program.until_window("click", "summary.done")
    stays = time.monotonic() + 5
    while time.monotonic() < stays:
        assert program.state["broadcast"] in ("ended", "off"), "it is not begun again by itself"
        time.sleep(0.5)

    program.open_page("messages")
    program.until_window("click", "messages.measures")
    says(program, "暂停直播资格")
    found = [name for name in named(program, "measure.") if name.endswith(".begin")]
    assert len(found) >= 2, found
    program.window("click", found[0])
    program.window(
        "type", {"name": found[0].replace(".begin", ".text"), "text": "那条广告是观众发的，我当场禁言了对方。"}
    )
    takes_picture(program, "appealing")
    program.until_window("click", found[0].replace(".begin", ".send"))
    says(program, "申诉处理中")
    takes_picture(program, "appealed")
    desk.appeal_says("那条广告是观众发的")
    assert desk.errors == []
    for guest in guests:
        guest.close()


def named(program: Program, prefix: str) -> list[str]:
    """Names of the visible buttons that begin so, from the top."""
    return [str(one) for one in program.window("buttons", prefix)["names"]]
