"""The way to air in the real window, with the operator in a real browser: from a new number to a broadcast."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.operator_page import OperatorPage
from tests.viewer.browser import ViewerBrowser
from tools.program import Program

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "screens" / "way"
SETTLED_S = 0.4
PHONE = "13912340001"
NAME, NUMBER = "欧阳清风", "110000198805120045"
"""Nobody's: no district has the code 110000."""
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
    start: Callable[..., Program], clip: str, operator: Callable[[Program], OperatorPage]
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

    program.open_page("live")
    program.choose({"type": "FileSource", "path": clip, "has_counter": True}, {"type": "FileSound", "path": clip})
    program.go_live("简历怎么写")
    shoot(program, "10-on-air")
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    desk.publish("直播协议第三版.md", NEXT_VERSION.encode(), today, "新增补充约定")
    state = program.until(lambda state: state["missing"] == "agreement_outdated", "told of the new version")
    # It asks before the next broadcast, and never ends one.
    assert state["broadcast"] == "on_air"
    shoot(program, "11-told-on-air")
    program.end_live()
    program.until_window("click", "summary.done")
    program.until_window("click", "controls.main")
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
