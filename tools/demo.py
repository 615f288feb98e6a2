"""``make demo``: everything real and hands free, from the first start to the end of a broadcast, with a verdict.

``DEMO_S`` is the time on air in seconds (60; 0: until Ctrl+C). Ends with 0 when all that must be shown was shown, and
with 130 when Ctrl+C came before the audience was there.

Two processes: the one that the terminal talks to only waits and passes on Ctrl+C; the demonstration itself runs in a
session of its own, so that Ctrl+C does not end browser, X server and program all at once under its feet. Ctrl+C ends
the broadcast and closes the window as a person would; a second one does not wait for that.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from server.demo_data import ANCHOR_PHONE
from tests.viewer.browser import Via, Viewer, ViewerBrowser
from tools import material
from tools.demo_verdict import Shown, Watched, faults
from tools.desktop import Desktop, DesktopError
from tools.program import Program, ProgramError

ROOT = Path(__file__).resolve().parents[1]
_DEFAULT_S = 60.0
_CHAT_EVERY_S = 5.0
_SETTLE_S = 3.0
_GONE_S = 3.0
_ENDED_EARLY = 130
_INSISTED = 143
_TITLE = "面试怎样介绍自己"
_AUDIENCE: tuple[tuple[str, str, Via], ...] = (
    ("viewer 1", "13800138001", "flv"),
    ("viewer 2", "13800138002", "flv"),
    ("viewer 3", "13800138003", "hls"),
)
_QUESTIONS = ("老师好", "简历要写几页？", "应届生怎么写项目经历？", "期望薪资怎么谈？", "面试紧张怎么办？", "谢谢老师")
_ANSWERS = ("大家好，欢迎来到直播间", "两页以内，重点放前面", "先说结果，再说做法")


class EndedEarlyError(Exception):
    """Ctrl+C came before there was anything to judge."""


def main(arguments: list[str]) -> int:
    """The process that the terminal talks to."""
    parser = argparse.ArgumentParser(prog="python -m tools.demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "demo", help="pictures and summary.json")
    parser.add_argument("--speech", type=Path, help="a sound file instead of the rendered speech")
    parser.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    try:
        on_air_s = float(os.environ.get("DEMO_S") or _DEFAULT_S)
    except ValueError:
        print(f"DEMO_S is a number of seconds, not {os.environ['DEMO_S']!r}", file=sys.stderr)
        return 2
    folder: Path = given.folder.resolve()
    speech: Path | None = given.speech.resolve() if given.speech else None
    if speech is not None and not speech.is_file():
        parser.error(f"no such file: {speech}")
    return _inner(folder, on_air_s, speech) if given.inner else _outer(folder, speech)


def _outer(folder: Path, speech: Path | None) -> int:
    child = subprocess.Popen(
        [
            sys.executable, "-m", "tools.demo", "--inner", "--folder", str(folder),
            *(["--speech", str(speech)] if speech else []),
        ],
        cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip

    def ask_to_end(*_: object) -> None:
        if child.stdin is None or child.stdin.closed:
            child.terminate()
            return
        child.stdin.close()
        print("\ndemo: ending …", flush=True)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32":
        numbers.append(signal.SIGHUP)
    for number in numbers:
        signal.signal(number, ask_to_end)
    return child.wait()


def _inner(folder: Path, on_air_s: float, speech: Path | None) -> int:
    # The contexts end what they started while this goes up through them.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_INSISTED))
    is_over = threading.Event()
    threading.Thread(target=_wait_for_end, args=(is_over,), name="demo-stdin", daemon=True).start()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with _display(folder) as environment:
            sound = speech or material.speech()
            shown = Demonstration(folder, environment, on_air_s, sound, is_over).run()
    except EndedEarlyError:
        _say("ended before the audience was there")
        return _ENDED_EARLY
    except (ProgramError, DesktopError) as problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    return _conclude(folder, shown)


def _wait_for_end(is_over: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    is_over.set()


@contextlib.contextmanager
def _display(folder: Path) -> Iterator[dict[str, str]]:
    """The environment for programs with a window: the person's own display, or a virtual one."""
    if sys.platform != "linux" or has_display(os.environ):
        yield dict(os.environ)
        return
    _say("no display here, so the window opens on a virtual one")
    with Desktop(folder / "desktop") as desktop:
        yield desktop.environment


def has_display(environment: Mapping[str, str]) -> bool:
    """Whether somebody listens at the display that the environment names (Linux)."""
    if environment.get("WAYLAND_DISPLAY"):
        return True
    host, _, number = environment.get("DISPLAY", "").partition(":")
    if host or not number:
        return bool(host and number)
    path = f"/tmp/.X11-unix/X{number.partition('.')[0]}"
    for address in (f"\0{path}", path):
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
            probe.connect(address)
            return True
    return False


@dataclass
class _Guest:
    name: str
    via: Via
    viewer: Viewer
    sent_before: int
    seen: Counter[str] = field(default_factory=Counter)

    def read(self) -> None:
        """Look at the list while it still holds what was said of late."""
        self.seen |= Counter(message.text for message in self.viewer.messages())


class Demonstration:
    """One run; for the thread that made it (the browser's rule)."""

    def __init__(
        self, folder: Path, environment: dict[str, str], on_air_s: float, speech: Path, is_over: threading.Event
    ) -> None:
        self._folder = folder
        self._environment = environment
        self._on_air_s = on_air_s
        self._speech = speech
        self._is_over = is_over
        self._messages: list[str] = []
        self._seen_in_window: Counter[str] = Counter()

    def run(self) -> Shown:
        """Raises ProgramError when the program does not come so far, EndedEarlyError when Ctrl+C came first."""
        with Program(self._folder / "data", self._environment) as program:
            processes = [psutil.Process(program.process.pid)]
            try:
                url = self._open(program)
                began_s = time.monotonic()
                with ViewerBrowser() as browser:
                    guests = [self._join(program, browser, url, *person) for person in _AUDIENCE]
                    self._talk(program, guests, began_s)
                    self._pictures(program, guests)
                    shown = self._measure(program, guests)
                    program.end_live()
                    self._take(program, "window-6-ended")
                    guests[0].viewer.page.wait_for_timeout(1500)
                    guests[0].viewer.screenshot(self._folder / "viewer-4-ended.png")
            except EndedEarlyError:
                program.quit()
                raise
            processes += processes[0].children(recursive=True)
            exit_code = program.quit()
        _, alive = psutil.wait_procs(processes, _GONE_S)
        return replace(shown, exit_code=exit_code, left_running=[f"{one.name()} {one.pid}" for one in alive])

    def _open(self, program: Program) -> str:
        """From the first start to the air; the address for viewers."""
        self._take(program, "window-1-first-start")
        self._check()
        _say("starting a platform on this machine (本机演示平台)")
        address = program.try_here()
        self._take(program, "window-2-sign-in")
        self._check()
        program.sign_in(ANCHOR_PHONE)
        self._check()
        program.choose({"type": "DemoSource"}, {"type": "DemoSound", "path": str(self._speech)})
        self._take(program, "window-3-before")
        self._check()
        url = str(program.go_live(_TITLE)["viewer_url"])
        _say(f"on air; watch it at {url} (all that is live: {address})")
        return url

    def _check(self) -> None:
        if self._is_over.is_set():
            raise EndedEarlyError

    def _join(self, program: Program, browser: ViewerBrowser, url: str, name: str, phone: str, via: Via) -> _Guest:
        self._check()
        # Small windows: three players and an encoder share what may be two cores.
        viewer = browser.viewer(width_px=960, height_px=640)
        sent = _sent(program)
        viewer.open(url, via)
        viewer.wait_for_state("playing", 30)
        viewer.sign_in(phone, program.code_for)
        _say(f"{name} watches by {viewer.transport.upper()}")
        return _Guest(name, via, viewer, sent)

    def _talk(self, program: Program, guests: list[_Guest], began_s: float) -> None:
        """Until the time is over, but everybody speaks once; then wait for the last message to arrive."""
        page = guests[0].viewer.page
        while (is_anyone_left := len(self._messages) <= len(guests)) or not self._is_over.is_set():
            left_s = began_s + self._on_air_s - time.monotonic() if self._on_air_s else _CHAT_EVERY_S
            if left_s <= 0 and not is_anyone_left:
                break
            if is_anyone_left or not self._on_air_s or left_s > _SETTLE_S + 1:
                self._speak(program, guests)
            # Through the browser, so that its events are handled meanwhile.
            for _ in range(round(min(_CHAT_EVERY_S, max(left_s, 1.0)) * 5)):
                if self._is_over.is_set():
                    break
                page.wait_for_timeout(200)
            self._read(program, guests)
        page.wait_for_timeout(_SETTLE_S * 1000)
        self._read(program, guests)

    def _speak(self, program: Program, guests: list[_Guest]) -> None:
        """Anchor and viewers in turn."""
        number = len(self._messages)
        turn = number % (len(guests) + 1)
        lines = _ANSWERS if turn == 0 else _QUESTIONS
        text = f"{lines[number % len(lines)]} ({number + 1})"
        if turn == 0:
            program.say(text)
        else:
            guests[turn - 1].viewer.send(text)
        self._messages.append(text)

    def _read(self, program: Program, guests: list[_Guest]) -> None:
        # Now and then, because every list forgets its oldest lines some time.
        for guest in guests:
            guest.read()
        rows = program.listed("chat.list")
        self._seen_in_window |= Counter(
            {text: sum(row.endswith(f" {text}") for row in rows) for text in self._messages}
        )

    def _pictures(self, program: Program, guests: list[_Guest]) -> None:
        self._take(program, "window-4-on-air")
        program.wish("ChangeSettings", changes={"live_theme": "light"})
        guests[0].viewer.page.wait_for_timeout(600)
        self._take(program, "window-5-on-air-light")
        program.wish("ChangeSettings", changes={"live_theme": "dark"})
        for number, guest in enumerate(guests, 1):
            guest.viewer.screenshot(self._folder / f"viewer-{number}-{guest.via}.png")

    def _measure(self, program: Program, guests: list[_Guest]) -> Shown:
        watched = []
        for guest in guests:
            viewer = guest.viewer
            decoded, _ = viewer.decoded_frames()
            watched.append(
                Watched(
                    name=guest.name,
                    asked_via=guest.via,
                    via=viewer.transport,
                    frames_sent_since_joined=_sent(program) - guest.sent_before,
                    frames_decoded=decoded,
                    sound_dbfs=viewer.sound_levels(),
                    counter=[reading.number for reading in viewer.frame_readings()],
                    seen=dict(guest.seen),
                    first_frame_ms=viewer.first_frame_ms(),
                    stalls=len(viewer.stalls()),
                    errors=viewer.errors(),
                )
            )
        return Shown(
            frames_sent=_sent(program),
            frames_dropped=int(program.state["stats"]["frames_dropped"]),
            messages=tuple(self._messages),
            seen_in_window=dict(self._seen_in_window),
            viewers=tuple(watched),
        )

    def _take(self, program: Program, name: str) -> None:
        program.window("screenshot", str(self._folder / f"{name}.png"))


def _sent(program: Program) -> int:
    return int(program.state["stats"]["frames_sent"])


def _conclude(folder: Path, shown: Shown) -> int:
    found = faults(shown)
    (folder / "summary.json").write_text(
        json.dumps({**shown.summary(), "faults": found}, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    count = len(shown.messages)
    print(f"\nframes sent {shown.frames_sent}, dropped {shown.frames_dropped}; messages sent {count}")
    print(f"{'who':10} {'by':4} {'decoded':>8} {'of sent':>8} {'ratio':>7} {'loud s':>8} {'messages':>9}")
    for viewer in shown.viewers:
        print(
            f"{viewer.name:10} {viewer.via:4} {viewer.frames_decoded:8} {viewer.frames_sent_since_joined:8} "
            f"{viewer.decoded_ratio:7.1%} {viewer.loud_ratio:8.0%} {_once(shown, viewer.seen):>9}"
        )
    print(f"{'window':48} {_once(shown, shown.seen_in_window):>9}")
    print(f"screenshots and summary.json: {folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder}/")
    for fault in found:
        print(f"FAULT: {fault}", file=sys.stderr)
    print("demo: all well" if not found else "demo: failed")
    return 1 if found else 0


def _once(shown: Shown, seen: Mapping[str, int]) -> str:
    return f"{sum(seen.get(text, 0) == 1 for text in shown.messages)}/{len(shown.messages)}"


def _say(text: str) -> None:
    print(f"demo: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
