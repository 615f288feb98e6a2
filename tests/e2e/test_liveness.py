"""The face check by camera in the real window: a person passes, what poses as one does not, and an operator decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.demo_data import ANCHOR_PHONE
from tests.e2e.liveness_rig import Sitter, attempt, to_intro
from tests.e2e.operator_page import OperatorPage
from tests.viewer.browser import ViewerBrowser
from tools.desktop import Desktop
from tools.program import Program

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

FOLDER = Path(__file__).resolve().parents[2] / "build" / "screens" / "liveness"
PASS_S = 20.0
LOCKED_AFTER = 5


@pytest.fixture
def sitter(desktop: Desktop, tmp_path: Path) -> Iterator[Sitter]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Sitter(tmp_path / "camera", desktop.environment) as sitter:
        yield sitter


@pytest.fixture
def program(start: Callable[..., Program], sitter: Sitter) -> Program:
    """Signed in as an anchor of this machine, with the test camera."""
    program = start(camera=sitter.socket)
    program.try_here()
    program.sign_in(ANCHOR_PHONE)
    return program


@pytest.fixture
def desk(browser: ViewerBrowser, program: Program) -> Iterator[OperatorPage]:
    """The operator, who has ordered a new face check."""
    viewer = browser.viewer()
    desk = OperatorPage(viewer.page, program.operator.desk_url, FOLDER)
    desk.sign_in(program.operator.name, program.operator.password)
    desk.order_face_check(str(program.state.get("nickname", "")), "请重新核验")
    program.until(lambda state: state["steps"]["face"] == "current", "asked for the face check")
    yield desk
    viewer.close()


def test_a_person_passes_and_the_operator_lets_them_on(program: Program, sitter: Sitter, desk: OperatorPage) -> None:
    sitter.seat("living", 3)
    to_intro(program)
    state, sent_s = attempt(program, sitter, picture=str(FOLDER / "pass"))
    assert (state["liveness_outcome"], state["liveness_retry"], state["liveness_abort"]) == ("waiting", "", "")
    assert sent_s <= PASS_S
    program.window("screenshot", str(FOLDER / "pass-waiting.png"))
    assert state["steps"]["face"] != "done"
    desk.compare_face("核对首次开播人脸")
    state = program.until(lambda state: state["may_broadcast"], "allowed to broadcast")
    assert state["steps"]["face"] == "done"
    assert desk.errors == []


@pytest.mark.parametrize(
    ("who", "reasons"),
    [
        ("photo_still", {"action_too_late", "action_missed"}),
        ("photo_rotated", {"action_too_late", "action_missed", "no_depth", "face_lost", "wrong_side"}),
        ("replay", {"no_light", "no_depth", "action_missed", "action_too_late"}),
        ("injection", {"no_light"}),
    ],
)
def test_what_poses_as_a_person_fails_with_a_reason(
    program: Program, sitter: Sitter, desk: OperatorPage, who: str, reasons: set[str]
) -> None:
    sitter.seat(who, 5)
    to_intro(program)
    state, _ = attempt(program, sitter)
    assert state["liveness_outcome"] in ("retry", "aborted"), desk.signs()
    reason = state["liveness_retry"] or state["liveness_abort"]
    assert reason in reasons
    program.window("screenshot", str(FOLDER / f"{who}.png"))
    kind = "retry" if state["liveness_retry"] else "abort"
    assert program.until_text(_sentence(kind, reason)[:6])
    assert state["steps"]["face"] == "current"


def test_who_fails_again_and_again_is_locked_out_for_a_while(
    program: Program, sitter: Sitter, desk: OperatorPage
) -> None:
    """A picture that does nothing of what it is asked: each time it is told what was missing, and then to wait."""
    sitter.seat("photo_still", 5)
    to_intro(program)
    outcomes = []
    while len(outcomes) < LOCKED_AFTER:
        state, _ = attempt(program, sitter, button="liveness.start" if not outcomes else "liveness.told.main")
        outcomes.append(state["liveness_abort"])
    assert outcomes == ["action_too_late"] * LOCKED_AFTER
    program.until_text("后可以再试")
    program.window("screenshot", str(FOLDER / "locked.png"))
    # The page offers no further attempt; who asks for one all the same is refused by the service.
    program.wish("StartLiveness", path="full")
    state = program.until(lambda state: state["liveness_outcome"] == "locked", "locked out")
    assert state["liveness_state"] == "aborted", "no session was begun"


def test_nothing_of_a_face_stays_on_the_disk_of_the_anchor(
    program: Program, sitter: Sitter, desk: OperatorPage
) -> None:
    sitter.seat("living", 3)
    to_intro(program)
    before = {path for path in program.data_dir.rglob("*") if path.is_file()}
    attempt(program, sitter)
    # The service of this machine lies in the same folder: what it keeps is encrypted, and named by nothing.
    new = [path for path in program.data_dir.rglob("*") if path.is_file() and path not in before]
    for path in (*new, *before):
        data = path.read_bytes() if path.exists() else b""
        assert b"\xff\xd8\xff" not in data[:64], path
        assert b"ftyp" not in data[:64], path
        assert b"\x00\x00\x00\x01\x67" not in data, path


def _sentence(kind: str, reason: str) -> str:
    from app.i18n import Translator

    return Translator("zh-CN").text(f"liveness.{kind}.{reason}")
