"""Known words in every personal field: nowhere in the clear, on no screen, whatever is left behind after crashes."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import pytest

from tests.e2e.operator_page import OperatorPage
from tests.e2e.recognising import gives_away, read_off
from tests.viewer.browser import ViewerBrowser
from tools.program import Program

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

PHONE = "13912340077"
NAME, NUMBER = "欧阳清风", "110000198805120045"
INTRODUCTION = "做过八年招聘，看过两万份简历，记号甲乙丙丁，擅长把项目经历改成招聘者看得懂的结果。"
SEEN = "视频通话，本人出示证件，记号戊己庚辛，与号码一致"
MARKERS = {"phone": PHONE, "name": NAME, "number": NUMBER, "introduction": "记号甲乙丙丁", "note": "记号戊己庚辛"}
GIVEN_NAME = NAME[1:]
NUMBER_MASKED = re.compile(rf"{NUMBER[:4]}\D{{2,}}{NUMBER[-2:]}")
PHONE_MASKED = re.compile(rf"{PHONE[:3]}\D{{2,}}{PHONE[-4:]}")
"""As they are read off a picture: of a row of asterisks anything may be made but digits."""
SETTLED_S = 0.4
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")


def found_in(data: bytes) -> set[str]:
    """Which of the markers stand there, in any encoding, also as JSON writes them."""
    found = set()
    for name, text in MARKERS.items():
        forms = {text.encode(encoding) for encoding in ENCODINGS}
        forms.add(text.encode("unicode_escape"))
        if any(form in data for form in forms):
            found.add(name)
    return found


def files_of(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield path


def family(program: Program) -> list[psutil.Process]:
    parent = psutil.Process(program.process.pid)
    return [parent, *parent.children(recursive=True)]


def leaks(program: Program, *folders: Path) -> list[str]:
    """Files, command lines and environments in which a marker stands."""
    found = []
    for path in files_of(program.data_dir, *folders):
        with contextlib.suppress(OSError):
            found += [f"{path} holds the {name}" for name in found_in(path.read_bytes())]
    for process in family(program):
        with contextlib.suppress(psutil.Error):
            told = "\0".join((*process.cmdline(), *process.environ().values()))
            found += [f"process {process.name()} shows the {name}" for name in found_in(told.encode())]
    return found


def role_of(program: Program, role: str) -> psutil.Process:
    return next(one for one in family(program) if role in one.cmdline())


class Screens:
    """Pictures of what is on screen, and what can be read off them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    def of_window(self, program: Program, name: str) -> str:
        # What was told a moment ago is drawn by then.
        time.sleep(SETTLED_S)
        path = self._folder / f"{name}.png"
        program.window("screenshot", str(path))
        return read_off(path)

    def of_desk(self, desk: OperatorPage, name: str) -> str:
        desk.page.wait_for_load_state("networkidle")
        path = self._folder / f"{name}.png"
        desk.page.screenshot(path=path, full_page=True)
        return read_off(path)


def open_in(text: str) -> list[str]:
    """What of a person can be read in a text that was read off a screen."""
    found = ["number"] if gives_away(text, NUMBER) else []
    found += ["phone"] if gives_away(text, PHONE) else []
    return found + (["name"] if GIVEN_NAME in text else [])


@pytest.fixture
def operator(browser: ViewerBrowser, tmp_path: Path) -> Iterator[Callable[[Program], OperatorPage]]:
    viewers = []

    def at_desk(program: Program) -> OperatorPage:
        viewers.append(browser.viewer())
        return OperatorPage(viewers[-1].page, program.operator.desk_url, tmp_path)

    yield at_desk
    for viewer in viewers:
        viewer.close()


def test_the_search_finds_what_lies_open(tmp_path: Path) -> None:
    for number, encoding in enumerate(ENCODINGS):
        assert found_in(f"x{NAME}y{NUMBER}".encode(encoding)) >= {"name", "number"}, number
    assert found_in(b'{"name": "\\u6b27\\u9633\\u6e05\\u98ce"}') == {"name"}
    assert found_in(b"nothing") == set()


def look_at_window(program: Program, screens: Screens) -> None:
    """Every page that knows the person shows a part at most; and what it shows can be read."""
    found = {}
    program.open_page("prepare")
    found["prepare"] = screens.of_window(program, "prepare")
    program.until_window("click", "prepare.step.identity")
    found["identity"] = screens.of_window(program, "identity")
    assert NUMBER_MASKED.search(found["identity"]), found["identity"]
    for page in ("messages", "live"):
        program.open_page(page)
        found[page] = screens.of_window(program, page)
    program.open_page("settings")
    program.until_window("click", "settings.nav.account")
    found["account"] = screens.of_window(program, "account")
    assert PHONE_MASKED.search(found["account"]), found["account"]
    assert {page: open_in(text) for page, text in found.items()} == {page: [] for page in found}


def look_at_desk(desk: OperatorPage, screens: Screens) -> None:
    """The same of the operator's pages, until an operator asks for name and number and says why."""
    found = {}
    desk.open("/applications?show=approved")
    desk.page.click(".entry:has-text('观众')")
    found["application"] = screens.of_desk(desk, "desk-application")
    desk.open("/faces")
    found["faces"] = screens.of_desk(desk, "desk-faces")
    desk.page.click(".entry:has-text('观众')")
    found["face"] = screens.of_desk(desk, "desk-face")
    desk.page.click("a:has-text('主播资料')")
    found["anchor"] = screens.of_desk(desk, "desk-anchor")
    desk.open("/audit")
    found["audit"] = screens.of_desk(desk, "desk-audit")
    for page, masked in (("application", PHONE_MASKED), ("face", NUMBER_MASKED), ("anchor", NUMBER_MASKED)):
        assert masked.search(found[page]), (page, found[page])
    assert {page: open_in(text) for page, text in found.items()} == {page: [] for page in found}
    desk.open("/faces")
    desk.page.click(".entry:has-text('观众')")
    desk.page.click("summary:has-text('查看姓名和号码')")
    desk.page.fill("#identity_reason", "核对来电")
    desk.page.click("form[action$=identity] button")
    opened = screens.of_desk(desk, "desk-face-opened")
    assert open_in(opened) == ["number", "name"], "what is shown can be read off a picture"
    desk.open("/applications?show=approved")
    desk.page.click(".entry:has-text('观众')")
    desk.page.click("summary:has-text('查看完整号码')")
    desk.page.fill("#phone_reason", "回电")
    desk.page.click("form[action$=phone] button")
    assert open_in(screens.of_desk(desk, "desk-phone-opened")) == ["phone"]


@pytest.mark.provokes("child_died", "child_down", "Fatal Python error", "Current thread", "File ", "Extension modules")
def test_nothing_personal_is_left_in_the_clear(
    start: Callable[..., Program],
    operator: Callable[[Program], OperatorPage],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    program = start()
    program.try_here()
    program.sign_in(PHONE)
    program.until(lambda state: state["steps"].get("agreement") == "current", "at the first step")
    program.read_agreement()
    program.accept_agreement()
    screens = Screens(tmp_path / "screens")
    program.open_page("prepare")
    program.until_window("type", {"name": "identity.name.field", "text": NAME})
    program.until_window("type", {"name": "identity.number.field", "text": NUMBER})
    typing = screens.of_window(program, "typing")
    assert open_in(typing) == ["number", "name"], "what is typed is seen while it is, and can be read off a picture"
    program.check_identity(NAME, NUMBER)
    texts = " ".join(program.texts())
    assert "欧阳" not in texts
    assert NUMBER not in texts
    look_at_window(program, screens)
    program.begin_application()
    program.fill_application(["job_search"], INTRODUCTION, PHONE)
    program.submit_application()
    desk = operator(program)
    desk.sign_in(program.operator.name, program.operator.password)
    desk.take_on("观众")
    desk.approve("欢迎加入")
    program.until(lambda state: state["steps"]["face"] == "current", "asked for the face check")
    program.ask_face_check()
    at = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(hours=1)
    desk.hold_face_check("观众", at.strftime("%Y-%m-%dT%H:%M"), SEEN)
    program.until(lambda state: state["face"] == "second_look", "waiting for the second look")
    look_at_window(program, screens)
    look_at_desk(desk, screens)
    assert leaks(program, temporary) == []
    # A crash of the service, and one of the window, with what they held in memory.
    for role in ("service", "window"):
        os.kill(role_of(program, role).pid, signal.SIGABRT)
        deadline_s = time.monotonic() + 30
        while True:
            with contextlib.suppress(StopIteration, psutil.Error):
                if role_of(program, role).status() != psutil.STATUS_ZOMBIE:
                    break
            assert time.monotonic() < deadline_s, f"no new {role}"
            time.sleep(0.2)
        if role == "window":
            program.attach()
    program.until(lambda state: state["face"] == "second_look" or state["account"] == "signed_in", "back again", 40)
    assert leaks(program, temporary) == []
    assert list(temporary.glob("core*")) == []
