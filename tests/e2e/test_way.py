"""The way to air in the real window, with the operator in a real browser: from a new number to a broadcast."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.operator_page import OperatorPage
from tests.e2e.planner import move_start, plan, until_notified
from tests.viewer.browser import ViewerBrowser
from tools import notifications
from tools.desktop import Desktop
from tools.program import Program

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "screens" / "way"
SETTLED_S = 0.4
PHONE = "13912340001"
NAME, NUMBER = "欧阳清风", "110000198805120045"
"""Nobody's: no district has the code 110000."""
REMIND_S = 5 * 60 + 2.0
"""One is reminded five minutes before; so soon that is."""
SHORT = "做过八年招聘，看过两万份简历，擅长把项目经历改成招聘者看得懂的结果。"
MENDED = SHORT + "先后在两家互联网公司负责校招，讲过两百场模拟面试。"
REASON = "请写明在哪些公司做过、做过多久"
NEXT_VERSION = (ROOT / "resources" / "documents" / "live_agreement.2.md").read_text(encoding="utf-8") + (
    "\n## 九、补充约定\n\n自本版起，每场直播结束后应当核对直播内容与所选类别是否一致。\n"
)


@pytest.fixture
def operator(browser: ViewerBrowser) -> Iterator[Callable[[Program], OperatorPage]]:
    viewers = []

    def at_desk(program: Program) -> OperatorPage:
        viewers.append(browser.viewer())
        return OperatorPage(viewers[-1].page, program.operator.desk_url, FOLDER)

    yield at_desk
    for viewer in viewers:
        viewer.close()


def shoot(program: Program, name: str) -> None:
    # What was told a moment ago is drawn by then.
    time.sleep(SETTLED_S)
    program.window("screenshot", str(FOLDER / f"{name}.png"))


def test_from_a_new_number_to_a_broadcast(
    start: Callable[..., Program],
    clip: str,
    operator: Callable[[Program], OperatorPage],
    browser: ViewerBrowser,
    desktop: Desktop,
) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    program = start()
    program.try_here()
    assert program.operator.desk_url.endswith("/desk")
    program.sign_in(PHONE)
    program.until(lambda state: state["steps"].get("agreement") == "current", "at the first step")
    shoot(program, "01-steps")

    program.read_agreement()
    shoot(program, "02-reading")
    state = program.accept_agreement()
    assert state["accepted"] == [["live_agreement", 2]]
    program.until(lambda state: state["steps"]["identity"] == "current", "asked for the name")
    program.open_page("prepare")
    shoot(program, "02b-identity")
    program.check_identity(NAME, NUMBER)
    shoot(program, "02c-identity-checked")
    assert not any(NUMBER in text or NAME in text for text in program.texts())
    program.begin_application()
    program.fill_application(["job_search", "experience"], SHORT, PHONE)
    shoot(program, "03-form")
    program.submit_application()
    program.until(lambda state: state["steps"]["review"] == "waiting", "waiting for the review")
    shoot(program, "04-waiting")

    desk = operator(program)
    desk.sign_in(program.operator.name, program.operator.password)
    desk.shoot("05-desk-queue")
    desk.take_on("观众")
    program.until_text("平台运营")
    desk.note_contact("电话约好周三下午三点视频沟通。")
    desk.return_("introduction", REASON)
    desk.shoot("06-desk-returned")
    program.until(lambda state: state["application"] == "returned", "returned")
    program.begin_application()
    program.until_text(REASON)
    shoot(program, "07-returned")
    program.write("introduction", MENDED)
    program.submit_application()

    desk.take_on("观众")
    assert MENDED in (desk.page.text_content(".fields") or "")
    desk.approve("欢迎加入")
    desk.shoot("08-desk-approved")
    state = program.until(lambda state: state["steps"]["face"] == "current", "asked for the face check")
    assert (state["missing"], state["may_broadcast"]) == ("face_missing", False)
    program.ask_face_check()
    shoot(program, "08b-face-asked")
    password = desk.add_operator("fuhe", "复核运营")
    at = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(hours=1)
    desk.hold_face_check("观众", at.strftime("%Y-%m-%dT%H:%M"), "视频通话，本人出示身份证，照片与号码一致")
    desk.shoot("08c-desk-second-look")
    program.until(lambda state: state["face"] == "second_look", "waiting for the second look")
    shoot(program, "08d-second-look")
    second = operator(program)
    second.sign_in("fuhe", password)
    second.confirm_face_check("观众")
    state = program.until(lambda state: state["may_broadcast"], "allowed to broadcast")
    assert state["steps"]["schedule"] == "current"
    shoot(program, "08e-verified")
    assert (state["scopes"], "anchor" in state["roles"]) == (["job_search", "experience"], True)
    program.open_page("messages")
    assert any("欢迎加入" in row for row in program.listed("messages.list"))
    shoot(program, "09-messages")

    session_id = plan(
        program, "应届生简历逐行修改", {"day": "明天", "hour": "20", "minute": "30", "length": "1 小时 30"}
    )
    shoot(program, "09b-planned")
    program.until(lambda state: state["steps"]["schedule"] == "done", "the last step is done")
    viewer = browser.viewer()
    viewer.page.goto(f"{program.state['platform_url']}/s/{session_id}")
    viewer.page.wait_for_selector("#planned:has-text('20:30')")
    viewer.screenshot(FOLDER / "09c-viewer-planned.png")
    move_start(program, session_id, REMIND_S)
    told = until_notified(desktop, "应届生简历逐行修改")
    assert "快要开始" in told["summary"]
    program.open_page("settings")
    notifications.click(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], told["number"])
    deadline_s = time.monotonic() + 10
    while program.page() != "schedule" and time.monotonic() < deadline_s:
        time.sleep(0.05)
    program.until_text("分钟后开始")
    shoot(program, "09d-reminded")

    program.choose({"type": "FileSource", "path": clip, "has_counter": True}, {"type": "FileSound", "path": clip})
    program.until_window("click", "schedule.start")
    program.until_window("click", "go_live.submit")
    state = program.until(lambda state: state["broadcast"] == "on_air", "on air", 30)
    assert state["session_id"] == session_id
    shoot(program, "10-on-air")
    viewer.open(state["viewer_url"])
    viewer.wait_for_state("playing", 30)
    viewer.screenshot(FOLDER / "10b-viewer.png")
    program.open_page("schedule")
    program.until(lambda state: [session_id, "live"] in state["planned"], "on air in the schedule")
    shoot(program, "10c-schedule-on-air")
    program.open_page("live")
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    desk.publish("直播协议第三版.md", NEXT_VERSION.encode(), today, "新增补充约定")
    state = program.until(lambda state: state["missing"] == "agreement_outdated", "told of the new version")
    # It asks before the next broadcast, and never ends one.
    assert state["broadcast"] == "on_air"
    shoot(program, "11-told-on-air")
    program.end_live()
    viewer.wait_for_state("ended", 20)
    viewer.close()
    program.until_window("click", "summary.done")
    program.until(lambda state: state["planned"] == [], "nothing more is planned")
    program.until_window("click", "controls.main")
    program.until_window("type", {"name": "go_live.title_field", "text": "再来一场"})
    program.until_window("click", "go_live.submit")
    program.until_text("请阅读并同意新版本")
    shoot(program, "12-asked-again")
    program.until_window("click", "go_live.trouble.action")
    program.until(lambda state: state["needs_acceptance"] and state["document_number"] == 3, "reading the new version")
    program.scroll_to_end("reader.text")
    shoot(program, "13-reading-again")
    state = program.accept_agreement()
    assert sorted(state["accepted"]) == [["live_agreement", 2], ["live_agreement", 3]]
    program.until(lambda state: state["may_broadcast"], "allowed to broadcast again")
    program.open_page("live")
    program.go_live("再来一场")
    desk.cut_off("展示了联系方式")
    program.until(lambda state: state["broadcast"] == "ended", "cut off")
    shoot(program, "14-cut-off")
    assert desk.errors == second.errors == []
    assert program.quit() == 0
