"""Pictures of every state of the viewer pages, in ``build/screens/page-*.png``, from a real service and ingest.

``python -m tools.page_screenshots`` takes about two minutes: some states need their real time to come about.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.viewer import Viewer, ViewerBrowser
from tests.viewer.stage import Stage

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "screens"
PHONES = ("13800138001", "13800138002", "13800138003")
TALK = (
    (0, "项目经历没有数据怎么办？"),
    (1, "实习两段都很短，要都写吗"),
    (2, "数字比形容词更可信，记下了"),
    (0, "那“负责”这个词能不能换成具体做了什么？比如写清楚我一个人做了哪一部分，别人做了哪一部分"),
    (1, "谢谢老师"),
)
NARROW: dict[str, Any] = {"width_px": 720, "height_px": 1000}


class Camera:
    """Takes the pictures and says which."""

    def __init__(self, browser: ViewerBrowser) -> None:
        self._browser = browser

    @contextlib.contextmanager
    def viewer(self, **look: Any) -> Iterator[Viewer]:
        viewer = self._browser.viewer(**look)
        try:
            yield viewer
        finally:
            viewer.close()

    def take(self, viewer: Viewer, name: str) -> None:
        viewer.page.wait_for_timeout(400)
        path = FOLDER / f"page-{name}.png"
        viewer.screenshot(path)
        print(path.relative_to(ROOT), flush=True)


def main() -> int:
    """Take all; 0."""
    with (
        tempfile.TemporaryDirectory(prefix="page-screens-") as folder,
        Stage(Path(folder), width_px=1280, height_px=720, fps=15) as stage,
    ):
        with ViewerBrowser() as browser:
            _all(stage, Camera(browser))
        with ViewerBrowser(allows_autoplay=False) as browser:
            _blocked(stage, Camera(browser))
    return 0


def _all(stage: Stage, camera: Camera) -> None:
    with camera.viewer() as viewer:
        viewer.open(stage.url)
        camera.take(viewer, "home-empty-light-zh")
        viewer.open(f"{stage.url}/s/nothere")
        camera.take(viewer, "missing-light-zh")
    session_id = stage.open_session()
    page = stage.page(session_id)
    with camera.viewer() as viewer:
        viewer.open(page)
        viewer.wait_for_state("waiting")
        camera.take(viewer, "waiting-light-zh")
    target = stage.go_live(session_id)
    _each_look(stage, camera, page)
    with camera.viewer() as viewer:
        viewer.open(page)
        viewer.wait_for_state("playing")
        _sign_in_states(stage, camera, viewer)
        _writing_states(stage, camera, viewer)
        _broken_states(stage, camera, viewer, lambda: stage.start_encoder(target))
        stage.end_session(session_id)
        viewer.wait_for_state("ended")
        camera.take(viewer, "ended-light-zh")


def _each_look(stage: Stage, camera: Camera, page: str) -> None:
    with contextlib.ExitStack() as stack:
        people = [stack.enter_context(camera.viewer()) for _ in PHONES]
        for phone, person in zip(PHONES, people, strict=True):
            person.open(page)
            person.sign_in(phone, stage.code_of)
        for who, words in TALK:
            people[who].send(words)
            people[0].wait_for_message(words)
        looks: dict[str, dict[str, Any]] = {
            "light-zh": {},
            "dark-zh": {"scheme": "dark"},
            "light-en": {"language": "en-GB"},
            "dark-en": {"scheme": "dark", "language": "en-GB"},
            "narrow-light-zh": NARROW,
            "narrow-dark-en": {**NARROW, "scheme": "dark", "language": "en-GB"},
            "phone-light-zh": {"width_px": 390, "height_px": 844},
            "wide-dark-zh": {"width_px": 1920, "height_px": 1080, "scheme": "dark"},
        }
        for name, look in looks.items():
            with camera.viewer(**look) as viewer:
                viewer.open(page)
                viewer.wait_for_state("playing")
                camera.take(viewer, f"live-{name}")
        people[0].page.wait_for_timeout(500)
        camera.take(people[0], "live-signed-in-light-zh")
    for name, look in {"light-zh": {}, "dark-en": {"scheme": "dark", "language": "en-GB"}}.items():
        with camera.viewer(**look) as viewer:
            viewer.open(stage.url)
            camera.take(viewer, f"home-{name}")


def _sign_in_states(stage: Stage, camera: Camera, viewer: Viewer) -> None:
    page = viewer.page
    page.click("#sign-in")
    camera.take(viewer, "sign-in-light-zh")
    page.fill("#sign-phone", "13800138009")
    with page.expect_response("**/auth/code"):
        page.click("#sign-get-code")
    page.fill("#sign-code", "000000" if stage.code_of("13800138009") != "000000" else "111111")
    with page.expect_response("**/auth/sign-in"):
        page.click("#sign-submit")
    camera.take(viewer, "sign-in-wrong-code-light-zh")
    page.emulate_media(color_scheme="dark")
    camera.take(viewer, "sign-in-wrong-code-dark-zh")
    page.emulate_media(color_scheme="light")
    page.fill("#sign-code", stage.code_of("13800138009"))
    page.click("#sign-submit")
    page.wait_for_selector("#sign-dialog", state="hidden")
    page.wait_for_selector('#chat[data-socket="open"]')


def _writing_states(stage: Stage, camera: Camera, viewer: Viewer) -> None:
    page = viewer.page
    for number in range(40):
        if page.locator('#outbox li[data-state="slow"]').count():
            break
        viewer.send(f"连着发第 {number + 1} 条")
        page.wait_for_timeout(30)
    page.wait_for_selector('#outbox li[data-state="slow"]')
    camera.take(viewer, "chat-slow-light-zh")
    page.fill("#draft", "长" * 215)
    camera.take(viewer, "chat-too-long-light-zh")
    page.fill("#draft", "")
    page.wait_for_selector("#outbox li", state="detached", timeout=15_000)
    page.click("#line")
    page.select_option("#line", "hls")
    page.wait_for_selector('#player[data-transport="hls"][data-player-state="playing"]', timeout=20_000)
    camera.take(viewer, "live-hls-light-zh")
    page.select_option("#line", "flv")
    page.wait_for_selector('#player[data-transport="flv"][data-player-state="playing"]', timeout=20_000)
    page.click("#play")
    camera.take(viewer, "paused-light-zh")
    page.click("#play")
    viewer.wait_for_state("playing")


def _broken_states(stage: Stage, camera: Camera, viewer: Viewer, publish_again: Callable[[], None]) -> None:
    page = viewer.page
    stage.stop_encoder()
    viewer.wait_for_state("interrupted")
    camera.take(viewer, "interrupted-light-zh")
    publish_again()
    viewer.wait_for_state("playing")
    stage.kill_ingest()
    viewer.wait_for_state("reconnecting")
    camera.take(viewer, "reconnecting-light-zh")
    stage.start_ingest()
    publish_again()
    viewer.wait_for_state("playing", 30)
    stage.kill_service()
    page.wait_for_selector('#chat[data-socket="closed"]')
    viewer.send("服务断开时发的消息")
    camera.take(viewer, "chat-offline-light-zh")
    page.wait_for_selector('#outbox li[data-state="failed"]', timeout=30_000)
    camera.take(viewer, "chat-failed-light-zh")
    stage.start_service()
    page.wait_for_selector('#chat[data-socket="open"]', timeout=20_000)
    page.click("#outbox li .note button")
    viewer.wait_for_message("服务断开时发的消息")
    viewer.context.set_offline(True)
    stage.kill_ingest()
    viewer.wait_for_state("offline")
    camera.take(viewer, "offline-light-zh")
    stage.start_ingest()
    publish_again()
    viewer.context.set_offline(False)
    viewer.wait_for_state("playing", 30)


def _blocked(stage: Stage, camera: Camera) -> None:
    session_id = stage.open_session()
    stage.go_live(session_id)
    with camera.viewer() as viewer:
        viewer.open(stage.page(session_id))
        viewer.wait_for_state("playing")
        viewer.page.wait_for_selector("#tap-unmute")
        camera.take(viewer, "live-muted-light-zh")


if __name__ == "__main__":
    sys.exit(main())
