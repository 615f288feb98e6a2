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
from tests.viewer.house import RESUME_FACTS, House, connected
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
PHONE: dict[str, Any] = {"width_px": 390, "height_px": 844}
DARK_EN: dict[str, Any] = {"scheme": "dark", "language": "en-GB"}
PHONE_LOOKS: dict[str, dict[str, Any]] = {"light-zh": {}, "dark-en": DARK_EN}


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
    with tempfile.TemporaryDirectory(prefix="page-screens-") as folder, ViewerBrowser() as browser:
        house = House(Path(folder), RESUME_FACTS)
        try:
            _without_media(house, Camera(browser))
        finally:
            house.close()
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
        _phone_signed_in(stage, camera, page)
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
            "phone-light-zh": PHONE,
            "phone-dark-en": {**PHONE, **DARK_EN},
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


def _phone_signed_in(stage: Stage, camera: Camera, page: str) -> None:
    for phone, (name, look) in zip(("13800138004", "13800138005"), PHONE_LOOKS.items(), strict=True):
        with camera.viewer(**PHONE, **look) as viewer:
            viewer.open(page)
            viewer.wait_for_state("playing")
            viewer.sign_in(phone, stage.code_of)
            viewer.page.evaluate("scrollTo(0, 0)")
            camera.take(viewer, f"live-phone-signed-in-{name}")
            viewer.open(stage.url)
            camera.take(viewer, f"home-phone-{name}")


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


def _without_media(house: House, camera: Camera) -> None:
    """What depends on the service alone; its clock can be moved."""
    session_id = house.open_session()
    house.say(session_id, "简历控制在一页", "先写结果，再写做法")
    with camera.viewer() as viewer:
        page = connected(viewer, house.page(session_id))
        viewer.sign_in(PHONES[0], house.code_of)
        page.route("**/auth/sign-out", lambda route: route.abort())
        page.click("#sign-out")
        page.wait_for_selector("#account-notice")
        camera.take(viewer, "sign-out-failed-light-zh")
        viewer.context.set_offline(True)
        house.cut_sockets()
        house.say(session_id, *(str(number) for number in range(RESUME_FACTS + 1)))
        page.route("**/messages?*", lambda route: route.abort())
        viewer.context.set_offline(False)
        page.wait_for_selector('#chat[data-backlog="failed"]')
        camera.take(viewer, "chat-not-loaded-light-zh")
    grant = house.go_live(session_id)
    _home_offline(house, camera, "light-zh")
    house.report("stopped", grant, reason="gone")
    _home_offline(house, camera, "dark-en")
    house.advance(181)
    _endings(house, camera, session_id)


def _home_offline(house: House, camera: Camera, name: str) -> None:
    with camera.viewer(**PHONE_LOOKS[name]) as viewer:
        viewer.open(house.url)
        viewer.page.route("**/api/v1/live", lambda route: route.abort())
        viewer.page.evaluate("dispatchEvent(new Event('online'))")
        viewer.page.wait_for_selector("#live-offline")
        camera.take(viewer, f"home-offline-{name}")


def _endings(house: House, camera: Camera, grace_over_id: str) -> None:
    with camera.viewer() as viewer:
        for reason in ("grace_over", "cancelled", "cut_off"):
            session_id = grace_over_id if reason == "grace_over" else house.open_session()
            if reason == "cancelled":
                house.end(session_id)
            elif reason == "cut_off":
                house.go_live(session_id)
                house.cut_off(session_id)
            viewer.open(house.page(session_id))
            viewer.wait_for_state("ended")
            camera.take(viewer, f"ended-{reason.replace('_', '-')}-light-zh")


if __name__ == "__main__":
    sys.exit(main())
