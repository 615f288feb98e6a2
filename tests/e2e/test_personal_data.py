"""Known words in every personal field: nowhere in the clear, whatever client, service and crashes leave behind."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import pytest

from tests.e2e.operator_page import OperatorPage
from tests.viewer.browser import ViewerBrowser
from tools.program import Program

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]

PHONE = "13912340077"
NAME, NUMBER = "欧阳清风", "110000198805120045"
INTRODUCTION = "做过八年招聘，看过两万份简历，记号甲乙丙丁，擅长把项目经历改成招聘者看得懂的结果。"
SEEN = "视频通话，本人出示证件，记号戊己庚辛，与号码一致"
MARKERS = {"phone": PHONE, "name": NAME, "number": NUMBER, "introduction": "记号甲乙丙丁", "note": "记号戊己庚辛"}
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
    program.check_identity(NAME, NUMBER)
    texts = " ".join(program.texts())
    assert "欧阳" not in texts
    assert NUMBER not in texts
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
