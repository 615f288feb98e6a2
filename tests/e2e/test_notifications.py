"""A message of the platform appears on the desktop, and a click on it leads to its page in the real window."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.server.applicants import number_for
from tools import notifications
from tools.desktop import Desktop
from tools.program import Program

pytestmark = pytest.mark.e2e

PHONE = "13912345671"
NUMBER = number_for(PHONE)
INTRODUCTION = "做过八年招聘，看过两万份简历，擅长把项目经历改成招聘者看得懂的结果。"


def shown(desktop: Desktop) -> list[dict[str, Any]]:
    path = desktop.notifications_log
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def until(is_so: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.05)


@pytest.mark.slow
def test_a_sent_application_is_told_of_and_the_click_leads_to_it(
    start: Callable[..., Program], desktop: Desktop
) -> None:
    program = start()
    program.try_here()
    program.sign_in(PHONE)
    until(lambda: program.page() == "prepare", "one begins at what is to be done")
    program.read_agreement()
    program.accept_agreement()
    until(lambda: program.page() == "prepare", "accepting leads on")
    program.check_identity("张小明", NUMBER)
    program.begin_application()
    program.fill_application(["job_search"], INTRODUCTION, PHONE)
    before = len(shown(desktop))
    program.submit_application()
    until(lambda: len(shown(desktop)) > before, "no notification")
    told = shown(desktop)[-1]
    assert (told["app"], told["summary"]) == ("AnchorDesk", "申请已提交")
    assert told["actions"][0] == "default"
    assert PHONE not in json.dumps(told)
    program.open_page("settings")
    notifications.click(desktop.environment["DBUS_SESSION_BUS_ADDRESS"], told["number"])
    until(lambda: program.page() == "prepare", "the click leads nowhere")
    program.until(lambda state: state["unread"] == 0, "read")
    assert program.quit() == 0
