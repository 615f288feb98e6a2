"""``make demo``: everything real and hands free, from the first start to the end of a broadcast, with a verdict.

``DEMO_S`` is the time on air in seconds (60; 0: until Ctrl+C). Ends with 0 when all that must be shown was shown.

Two processes: the one that the terminal talks to only waits and passes on Ctrl+C; the demonstration itself runs in a
session of its own, so that Ctrl+C does not end browser, X server and program all at once under its feet.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from server.demo_data import ANCHOR_PHONE
from tests.viewer.browser import Via, Viewer, ViewerBrowser
from tools import material
from tools.demo_verdict import Shown, Watched, faults
from tools.desktop import Desktop
from tools.program import Program, ProgramError

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "demo"
_DEFAULT_S = 60.0
_CHAT_EVERY_S = 5.0
_SETTLE_S = 3.0
_INNER = "--inner"
_TITLE = "面试怎样介绍自己"
_AUDIENCE: tuple[tuple[str, str, Via], ...] = (
    ("viewer 1", "13800138001", "flv"),
    ("viewer 2", "13800138002", "flv"),
    ("viewer 3", "13800138003", "hls"),
)
_QUESTIONS = ("老师好", "简历要写几页？", "应届生怎么写项目经历？", "期望薪资怎么谈？", "面试紧张怎么办？", "谢谢老师")
_ANSWERS = ("大家好，欢迎来到直播间", "两页以内，重点放前面", "先说结果，再说做法")


def main(arguments: list[str]) -> int:
    """The process that the terminal talks to."""
    if _INNER in arguments:
        return _inner()
    try:
        on_air_s = float(os.environ.get("DEMO_S") or _DEFAULT_S)
    except ValueError:
        print(f"DEMO_S is a number of seconds, not {os.environ['DEMO_S']!r}", file=sys.stderr)
        return 2
    child = subprocess.Popen(
        [sys.executable, "-m", "tools.demo", _INNER],
        cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True, env={**os.environ, "DEMO_S": str(on_air_s)},
    )  # fmt: skip

    def ask_to_end(*_: object) -> None:
        if child.stdin is not None and not child.stdin.closed:
            print("\nending …", flush=True)
            child.stdin.close()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask_to_end)
    return child.wait()


def _inner() -> int:
    on_air_s = float(os.environ["DEMO_S"])
    is_over = threading.Event()
    threading.Thread(target=_wait_for_end, args=(is_over,), name="demo-stdin", daemon=True).start()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    try:
        with _display() as environment:
            shown = Demonstration(environment, on_air_s, is_over).run()
    except ProgramError as problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    return _conclude(shown)


def _wait_for_end(is_over: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    is_over.set()


@contextlib.contextmanager
def _display() -> Iterator[dict[str, str]]:
    """The environment for programs with a window: the person's own display, or a virtual one."""
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform != "linux":
        yield dict(os.environ)
        return
    with Desktop(FOLDER / "desktop") as desktop:
        yield desktop.environment


@dataclass
class _Guest:
    name: str
    via: Via
    viewer: Viewer
    sent_before: int
    said: list[str] = field(default_factory=list)


class Demonstration:
    """One run; for the thread that made it (the browser's rule)."""

    def __init__(self, environment: dict[str, str], on_air_s: float, is_over: threading.Event) -> None:
        self._environment = environment
        self._on_air_s = on_air_s
        self._is_over = is_over
        self._messages: list[str] = []

    def run(self) -> Shown:
        """Raises ProgramError when the program does not come so far."""
        speech = str(material.speech())
        with Program(FOLDER / "data", self._environment) as program:
            self._take(program, "window-1-first-start")
            _say("starting a platform on this machine (本机演示平台)")
            address = program.try_here()
            self._take(program, "window-2-sign-in")
            program.sign_in(ANCHOR_PHONE)
            program.choose({"type": "DemoSource"}, {"type": "DemoSound", "path": speech})
            self._take(program, "window-3-before")
            state = program.go_live(_TITLE)
            began_s = time.monotonic()
            _say(f"on air; watch it at {state['viewer_url']} (all that is live: {address})")
            with ViewerBrowser() as browser:
                guests = [
                    self._join(program, browser, str(state["viewer_url"]), *person) for person in _AUDIENCE
                ]  # fmt: skip
                self._talk(program, guests, began_s)
                self._pictures(program, guests)
                shown = self._measure(program, guests)
                program.end_live()
                self._take(program, "window-6-ended")
                guests[0].viewer.page.wait_for_timeout(1500)
                guests[0].viewer.screenshot(FOLDER / "viewer-4-ended.png")
            return shown

    def _join(self, program: Program, browser: ViewerBrowser, url: str, name: str, phone: str, via: Via) -> _Guest:
        # Small windows: three players and an encoder share what may be two cores.
        viewer = browser.viewer(width_px=960, height_px=640)
        sent = int(program.state["stats"]["frames_sent"])
        viewer.open(url, via)
        viewer.wait_for_state("playing", 30)
        viewer.sign_in(phone, program.code_for)
        _say(f"{name} watches by {viewer.transport.upper()}")
        return _Guest(name, via, viewer, sent)

    def _talk(self, program: Program, guests: list[_Guest], began_s: float) -> None:
        number = 0
        while not self._is_over.is_set():
            left_s = began_s + self._on_air_s - time.monotonic() if self._on_air_s else _CHAT_EVERY_S
            if left_s <= 0:
                break
            if self._on_air_s == 0 or left_s > _SETTLE_S + 1 or number < len(guests) + 1:
                self._speak(program, guests, number)
                number += 1
            # Through the browser, so that its events are handled meanwhile.
            for _ in range(round(min(_CHAT_EVERY_S, max(left_s, 0.5)) * 5)):
                if self._is_over.is_set():
                    break
                guests[0].viewer.page.wait_for_timeout(200)
        guests[0].viewer.page.wait_for_timeout(_SETTLE_S * 1000)

    def _speak(self, program: Program, guests: list[_Guest], number: int) -> None:
        turn = number % (len(guests) + 1)
        lines = _ANSWERS if turn == 0 else _QUESTIONS
        text = f"{lines[number % len(lines)]} ({number + 1})"
        if turn == 0:
            program.say(text)
        else:
            guests[turn - 1].viewer.send(text)
        self._messages.append(text)

    def _pictures(self, program: Program, guests: list[_Guest]) -> None:
        self._take(program, "window-4-on-air")
        program.wish("ChangeSettings", changes={"live_theme": "light"})
        guests[0].viewer.page.wait_for_timeout(600)
        self._take(program, "window-5-on-air-light")
        program.wish("ChangeSettings", changes={"live_theme": "dark"})
        for number, guest in enumerate(guests, 1):
            guest.viewer.screenshot(FOLDER / f"viewer-{number}-{guest.via}.png")

    def _measure(self, program: Program, guests: list[_Guest]) -> Shown:
        watched = []
        for guest in guests:
            decoded, _ = guest.viewer.decoded_frames()
            sent = int(program.state["stats"]["frames_sent"])
            watched.append(
                Watched(
                    guest.name,
                    guest.viewer.transport,
                    sent - guest.sent_before,
                    decoded,
                    guest.viewer.sound_levels(),
                    dict(Counter(message.text for message in guest.viewer.messages())),
                    guest.viewer.first_frame_ms(),
                    len(guest.viewer.stalls()),
                    guest.viewer.errors(),
                )
            )
        state = program.state
        return Shown(
            frames_sent=int(state["stats"]["frames_sent"]),
            frames_dropped=int(state["stats"]["frames_dropped"]),
            messages=tuple(self._messages),
            seen_by_anchor=dict(Counter(line["text"] for line in state["lines"] if line["status"] == "posted")),
            viewers=tuple(watched),
        )

    def _take(self, program: Program, name: str) -> None:
        program.window("screenshot", str(FOLDER / f"{name}.png"))


def _conclude(shown: Shown) -> int:
    found = faults(shown)
    (FOLDER / "summary.json").write_text(
        json.dumps({**shown.summary(), "faults": found}, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    print(f"\nframes sent {shown.frames_sent}, dropped {shown.frames_dropped}; messages sent {len(shown.messages)}")
    print(f"{'who':10} {'by':4} {'decoded':>8} {'of sent':>8} {'ratio':>7} {'loud s':>8} {'messages':>9}")
    for viewer in shown.viewers:
        loud = f"{viewer.loud_ratio:.0%}"
        seen = f"{sum(viewer.seen.get(text, 0) == 1 for text in shown.messages)}/{len(shown.messages)}"
        print(
            f"{viewer.name:10} {viewer.via:4} {viewer.frames_decoded:8} {viewer.frames_sent_since_joined:8} "
            f"{viewer.decoded_ratio:7.1%} {loud:>8} {seen:>9}"
        )
    seen = f"{sum(shown.seen_by_anchor.get(text, 0) == 1 for text in shown.messages)}/{len(shown.messages)}"
    print(f"{'anchor':10} {'':4} {'':8} {'':8} {'':7} {'':8} {seen:>9}")
    print(f"screenshots and summary.json: {FOLDER.relative_to(ROOT)}/")
    for fault in found:
        print(f"FAULT: {fault}", file=sys.stderr)
    print("demo: all well" if not found else "demo: failed")
    return 1 if found else 0


def _say(text: str) -> None:
    print(f"demo: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
