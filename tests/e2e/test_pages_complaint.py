"""Complaining of an infringement, in a real browser on a real service: files, failures, and what became of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.viewer.browser import Viewer
from tests.viewer.house import TITLE, House, connected
from tools.program import ROOT

pytest_plugins = ("tests.viewer.fixtures",)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PICTURES: Path = ROOT / "build" / "screens" / "complaint"
LONG = "一份名字特别长而且没有空格的权属证明文件" * 4


def takes_picture(viewer: Viewer, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    viewer.page.wait_for_timeout(200)
    (PICTURES / f"{name}.png").write_bytes(viewer.page.screenshot(full_page=True))


def image(name: str, side_px: int = 700, kind: str = "PNG") -> FilePayload:
    held = io.BytesIO()
    Image.effect_noise((side_px, side_px), 60).save(held, kind)
    return FilePayload(name=name, mimeType=f"image/{kind.lower()}", buffer=held.getvalue())


def signs_in(page: Page, house: House, phone: str, *, is_asked: bool = False) -> None:
    """Through the dialog, which (``is_asked``) is open already."""
    if not is_asked:
        page.click("#sign-in")
    expect(page.locator("#sign-dialog")).to_be_visible()
    page.fill("#sign-phone", phone)
    if page.locator("#sign-get-code").is_enabled():
        with page.expect_response("**/api/v1/auth/code"):
            page.click("#sign-get-code")
    else:  # asked for a moment ago by this browser's clock; by the service's it is long ago
        assert page.request.post(f"{house.url}/api/v1/auth/code", data={"phone": phone}).ok
    page.fill("#sign-code", house.code_of(phone))
    page.click("#sign-submit")
    expect(page.locator("#sign-dialog")).to_be_hidden()


def fills(page: Page) -> None:
    """All but the files."""
    page.get_by_label("机构", exact=True).check()
    page.get_by_label("机构全称").fill("启航出版社")
    page.get_by_label("联系方式").fill("13700137001")
    page.get_by_label("著作权").check()
    if not page.input_value("#links"):
        page.fill("#links", "https://live.example.org/s/1")
    page.fill("#person", "林晓")
    page.fill("#from", "2026-01-01T09:30")
    page.fill("#until", "2026-01-01T10:00")
    page.fill("#description", "整本教材被朗读。\n见第三章。")
    page.check("#declared")


def proves(page: Page) -> None:
    page.set_input_files("#identity-files", [image("执照.png")])
    page.set_input_files("#rights-files", [image(f"{LONG}.png")])
    for kind in ("identity", "rights"):
        expect(page.locator(f"#{kind}-list li")).to_have_attribute("data-state", "kept", timeout=15_000)


def complaints(page: Page) -> list[dict[str, Any]]:
    """As the service tells them."""
    found: list[dict[str, Any]] = page.evaluate(
        "fetch('/api/v1/me/complaints', {headers: {'X-Client': 'page'}}).then((reply) => reply.json())"
    )
    return found


def test_one_is_found_from_the_report_filled_in_and_followed(house: House, look: Callable[..., Viewer]) -> None:
    room = house.live_session()
    viewer = look(height_px=900)
    page = connected(viewer, house.page(room))
    expect(page.locator("footer a")).to_have_attribute("href", f"/complaint?about={room}")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), "the foot needs no scrolling"
    viewer.sign_in("13800139061", house.code_of)
    page.click("#report-open")
    expect(page.locator("#report-infringing")).to_be_hidden()
    page.locator('[name="report-category"][value="4"]').check()
    expect(page.locator("#report-infringing")).to_be_visible()
    takes_picture(viewer, "report-infringing")
    with viewer.context.expect_page() as opened:
        page.click("#report-infringing a")
    page.close()
    page = viewer.page = opened.value
    expect(page.locator("#sign-out")).to_be_visible()
    expect(page.locator("#complaint-signed-out")).to_be_hidden()
    expect(page.locator("#links")).to_have_value(f"{house.url}/s/{room}")
    expect(page.locator("#links-hint")).to_contain_text(TITLE)
    expect(page.locator("#mine-none")).to_have_text("您还没有提交过投诉。")
    expect(page.locator("#complaint-form")).to_contain_text("举报热线 12377")

    page.click("#complaint-submit")
    expect(page.locator("#complaint-error")).to_contain_text("有 7 处需要修改")
    expect(page.locator("#claimant")).to_be_focused()
    expect(page.locator("#claimant")).to_have_attribute("aria-invalid", "true")
    told = page.locator("#complaint-fields .line-error:visible")
    expect(told).to_have_count(7)
    takes_picture(viewer, "mistakes")
    fills(page)
    expect(told).to_have_count(2)
    letter = FilePayload(name="证.pdf", mimeType="application/pdf", buffer=b"%PDF")
    page.set_input_files("#identity-files", [letter])
    expect(page.locator("#identity-error")).to_have_text("“证.pdf”不是 JPG、PNG 或 WebP 图片。")
    page.set_input_files("#identity-files", [image("小图.png", 200)])
    small = page.locator("#identity-list li")
    expect(small).to_contain_text("图片太小，宽和高至少各 600 像素")
    page.click("#complaint-submit")
    expect(page.locator("#identity-error")).to_contain_text("还没有传完")
    small.get_by_role("button", name="移除").click()
    expect(small).to_have_count(0)
    expect(page.locator("#identity-files")).to_be_focused()
    page.fill("#until", "2026-01-01T09:00")
    page.fill("#description", "字" * 1000)
    proves(page)
    page.click("#complaint-submit")
    expect(page.locator("#until-error")).to_contain_text("结束时间早于开始时间")
    expect(page.locator("#description-error")).to_contain_text("最多 1000 字，已超出")
    fills(page)
    takes_picture(viewer, "filled-in")
    page.click("#complaint-submit")
    expect(page.locator("#complaint-done")).to_be_focused()
    expect(page.locator("#claimant")).to_have_value("")
    expect(page.locator("#identity-list li")).to_have_count(0)
    row = page.locator("#mine-list li")
    expect(row).to_have_count(1)
    expect(row.locator(".pill")).to_have_text("待受理")
    for words in ("著作权", "2 张证明图片", f"/s/{room}", "投诉人：机构", "涉及的人：林晓", "见第三章"):
        expect(row).to_contain_text(words)
    expect(row).to_contain_text("时间（北京时间）：2026-01-01 09:30 至 2026-01-01 10:00")
    expect(row).not_to_contain_text("启航出版社")
    takes_picture(viewer, "submitted")

    # What an operator answers is seen here.
    def decided(route: Route) -> None:
        found = route.fetch().json()
        found[0] |= {"state": "upheld", "handled_at": found[0]["at"], "answer": "已下架相关内容。"}
        route.fulfill(json=found)

    page.route("**/me/complaints", decided)
    page.evaluate("dispatchEvent(new Event('visibilitychange'))")
    expect(row.locator(".pill")).to_have_text("投诉成立")
    expect(row).to_contain_text("平台答复：已下架相关内容。")
    takes_picture(viewer, "decided")


def test_without_a_network_nothing_is_lost_and_nothing_done_twice(house: House, look: Callable[..., Viewer]) -> None:
    viewer = look()
    page = viewer.page
    page.goto(f"{house.url}/complaint")
    signs_in(page, house, "13800139062")
    fills(page)
    page.set_input_files("#rights-files", [image("权属.png")])
    expect(page.locator("#rights-list li")).to_have_attribute("data-state", "kept")
    viewer.context.set_offline(True)
    page.set_input_files("#identity-files", [image("执照.png")])
    row = page.locator("#identity-list li")
    expect(row).to_have_attribute("data-state", "failed")
    expect(row).to_contain_text("恢复网络后会自动重传")
    page.click("#complaint-submit")
    expect(page.locator("#identity-error")).to_contain_text("还没有传完")
    takes_picture(viewer, "offline")
    viewer.context.set_offline(False)
    expect(row).to_have_attribute("data-state", "kept")

    viewer.context.set_offline(True)
    page.click("#complaint-submit")
    expect(page.locator("#complaint-error")).to_contain_text("填好的内容都还在")
    expect(page.locator("#claimant")).to_have_value("启航出版社")
    expect(page.locator("#claimant")).to_be_enabled()
    viewer.context.set_offline(False)

    # It arrives, and the answer does not.
    def swallow(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/v1/complaints", swallow)
    page.click("#complaint-submit")
    expect(page.locator("#complaint-unsure")).to_be_visible()
    expect(page.locator("#claimant")).to_be_disabled()
    expect(page.locator("#complaint-submit")).to_have_text("重新提交")
    assert len(complaints(page)) == 1
    takes_picture(viewer, "unsure")
    page.unroute("**/api/v1/complaints")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#complaint-done")).to_be_visible()
    expect(page.locator("#complaint-unsure")).to_be_hidden()
    expect(page.locator("#claimant")).to_be_enabled()
    expect(page.locator("#mine-list li")).to_have_count(1)
    assert len(complaints(page)) == 1


def test_a_sign_in_that_runs_out_is_asked_for_and_it_goes_on(house: House, look: Callable[..., Viewer]) -> None:
    viewer = look()
    page = viewer.page
    page.goto(f"{house.url}/complaint")
    expect(page.locator("#complaint-signed-out")).to_be_visible()
    fills(page)
    page.set_input_files("#identity-files", [image("执照.png")])
    page.keyboard.press("Escape")  # not now
    page.set_input_files("#rights-files", [image("权属.jpg", kind="JPEG")])
    signs_in(page, house, "13800139063", is_asked=True)
    for kind in ("identity", "rights"):
        expect(page.locator(f"#{kind}-list li")).to_have_attribute("data-state", "kept")
    # The access token is over, and renewed without a word.
    house.advance(16 * 60)
    page.set_input_files("#rights-files", [image("补充.png")])
    expect(page.locator('#rights-list li[data-state="kept"]')).to_have_count(2)
    # All of the sign-in is over.
    viewer.context.clear_cookies()
    page.click("#complaint-submit")
    signs_in(page, house, "13800139063", is_asked=True)
    expect(page.locator("#complaint-done")).to_be_visible()
    expect(page.locator("#mine-list li")).to_contain_text("3 张证明图片")

    # Somebody else signs in: the images are theirs now.
    fills(page)
    proves(page)
    page.click("#sign-out")
    expect(page.locator("#mine-none")).to_have_text("登录后可以看到您的投诉和处理结果。")
    expect(page.locator("#mine-list li")).to_have_count(0)
    house.advance(61)
    signs_in(page, house, "13800139064")
    for kind in ("identity", "rights"):
        expect(page.locator(f"#{kind}-list li")).to_have_attribute("data-state", "kept")
    page.click("#complaint-submit")
    expect(page.locator("#complaint-done")).to_be_visible()
    assert len(complaints(page)) == 1


def test_images_that_are_gone_are_sent_again(house: House, look: Callable[..., Viewer]) -> None:
    viewer = look()
    page = viewer.page
    page.goto(f"{house.url}/complaint")
    signs_in(page, house, "13800139065")
    fills(page)
    proves(page)
    refused = {"error": {"code": "not_found", "message": "", "retryable": False, "detail": {"field": "proofs"}}}
    page.route("**/api/v1/complaints", lambda route: route.fulfill(status=404, json=refused), times=1)
    with page.expect_response("**/complaints/proofs/rights"):
        page.click("#complaint-submit")
    expect(page.locator("#complaint-error")).to_contain_text("正在重新上传")
    for kind in ("identity", "rights"):
        expect(page.locator(f"#{kind}-list li")).to_have_attribute("data-state", "kept")
    # What only the service finds is told at its field too, and all else stays.
    page.fill("#claimant", "\u202e")
    page.click("#complaint-submit")
    expect(page.locator("#claimant-error")).to_have_text("平台不接受这里的内容，请修改后再提交。")
    expect(page.locator("#claimant")).to_be_focused()
    expect(page.locator("#description")).to_have_value("整本教材被朗读。\n见第三章。")
    page.fill("#claimant", "启航出版社")
    expect(page.locator("#claimant-error")).to_be_hidden()
    page.click("#complaint-submit")
    expect(page.locator("#complaint-done")).to_be_visible()


def test_the_way_of_an_upload_is_seen_and_all_is_done_with_the_keyboard(
    house: House, look: Callable[..., Viewer]
) -> None:
    viewer = look()
    page = viewer.page
    page.goto(f"{house.url}/complaint")
    signs_in(page, house, "13800139066")
    page.focus('[name="kind"]')
    page.keyboard.press("ArrowRight")
    expect(page.locator("#claimant-label")).to_have_text("机构全称")
    expect(page.locator("#identity-hint")).to_contain_text("营业执照")
    seen = []
    for _ in range(14):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.name"))
    expected = ["claimant", "contact", "right", "links", "person"]
    assert [one for one in seen if one in expected] == expected
    assert "from" in seen
    page.focus("#identity-files")
    outline = page.evaluate("getComputedStyle(document.querySelector('label[for=identity-files]')).outlineStyle")
    assert outline == "solid", "the button shows the focus of its input"
    # So slow that each step is seen.
    session = viewer.context.new_cdp_session(page)
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 250_000},
    )
    page.set_input_files("#identity-files", [image("大图.png", 900), image("第二张.png", 600)])
    row = page.locator("#identity-list li").first
    expect(row).to_have_attribute("data-state", "sending")
    page.wait_for_function("() => document.querySelector('#identity-list progress').value > 0.1")
    expect(row.locator("progress")).to_have_attribute("aria-label", "大图.png 的上传进度")
    takes_picture(viewer, "uploading")
    expect(page.locator('#identity-list li[data-state="kept"]')).to_have_count(2, timeout=30_000)
    page.focus("#identity-list li button:visible")
    page.keyboard.press("Enter")
    expect(page.locator("#identity-list li")).to_have_count(1)


@pytest.mark.parametrize(("width_px", "language", "scheme"), [(390, "zh-CN", "dark"), (1280, "en-GB", "dark")])
def test_it_fits_small_and_dark_screens(
    house: House, look: Callable[..., Viewer], width_px: int, language: str, scheme: str
) -> None:
    viewer = look(width_px=width_px, height_px=844, language=language, scheme=scheme)
    page = viewer.page
    page.goto(f"{house.url}/complaint")
    signs_in(page, house, f"138001394{width_px % 100:02d}")
    page.fill("#claimant", "很长的名字" * 12)
    page.fill("#links", f"https://live.example.org/s/{'x' * 200}")
    page.fill("#description", "没有空格的说明" * 30)
    page.locator('[name="right"][value="other"]').check()
    page.set_input_files("#rights-files", [image(f"{LONG}.png"), image("小.png", 100)])
    page.set_input_files("#identity-files", [image("证.png")])
    expect(page.locator('li[data-state="kept"]')).to_have_count(2)
    page.click("#complaint-submit")
    expect(page.locator("#complaint-error")).to_be_visible()
    takes_picture(viewer, f"filled-{width_px}-{language[:2]}")
    page.locator("#rights-list li").last.locator("button:visible").last.click()
    page.fill("#contact", "a@example.org")
    page.check("#declared")
    page.click("#complaint-submit")
    expect(page.locator("#mine-list li")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    takes_picture(viewer, f"submitted-{width_px}-{language[:2]}")
