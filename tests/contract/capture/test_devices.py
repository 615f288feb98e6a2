"""Microphones of a real sound server: named, plugged in and out, taken away in use, and the system's preference."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from app.runtime.children import clean_environment
from capture.devices.endpoints import Endpoints, PulseWatcher, ServerSource
from tests.contract.capture.sound_server import SoundServer

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[3]


class Server(SoundServer):
    """With microphones: each the monitor of a silent loudspeaker, under a name of its own."""

    def plug(self, name: str) -> None:
        self.pactl("load-module", "module-null-sink", f"sink_name={name}_in", "rate=48000", "channels=1", "norewinds=1")
        properties = f"source_properties=device.description={name.upper()}"
        self.pactl("load-module", "module-remap-source", f"source_name={name}", f"master={name}_in.monitor", properties)

    def unplug(self, name: str) -> None:
        for line in reversed(self.pactl("list", "modules", "short").splitlines()):
            if f"source_name={name}\t" in f"{line} \t".replace(" ", "\t") or f"sink_name={name}_in" in line:
                self.pactl("unload-module", line.split("\t")[0])

    def prefer(self, name: str) -> None:
        self.pactl("set-default-source", name)

    def heard_by(self) -> list[str]:
        """From which sources programs hear now."""
        names = dict(line.split("\t")[:2] for line in self.pactl("list", "sources", "short").splitlines())
        outputs = [line.split("\t") for line in self.pactl("list", "source-outputs", "short").splitlines()]
        return [names[fields[1]] for fields in outputs if "protocol-native" in fields[3]]

    def pactl(self, *words: str) -> str:
        done = subprocess.run(["pactl", *words], env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout


class Child:
    """See devices_child."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.contract.capture.devices_child"],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join(5)
            self._process.stdout.close()

    def say(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def until(self, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """What it says next that is meant."""
        heard = []
        while True:
            try:
                heard.append(self._lines.get(timeout=15))
            except queue.Empty:
                raise AssertionError(f"not among {heard}") from None
            if is_it(heard[-1]):
                return heard[-1]

    def status(self, wanted: str) -> dict[str, Any]:
        return self.until(lambda told: told["kind"] == "source" and told["status"] == wanted)

    def ids(self, *wanted: str) -> dict[str, Any]:
        return self.until(lambda told: told["kind"] == "devices" and told["ids"] == list(wanted))

    def end(self) -> list[str]:
        self.say("end")
        return list(self.until(lambda told: told["kind"] == "ended")["threads"])


def until(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        server.plug("yeti")
        server.plug("webcam")
        server.prefer("yeti")
        yield server


@pytest.fixture
def child(server: Server) -> Iterator[Child]:
    with Child(server.environment) as child:
        yield child


def test_what_comes_and_goes_is_told_by_itself_even_while_one_is_open(server: Server, child: Child) -> None:
    child.say("list")
    told = child.ids("default", "pulse/yeti", "pulse/webcam")
    assert told["default"][0]["name"] == "YETI"
    child.say("open pulse/yeti")
    child.status("live")
    server.plug("headset")
    child.ids("default", "pulse/yeti", "pulse/webcam", "pulse/headset")
    server.unplug("webcam")
    child.ids("default", "pulse/yeti", "pulse/headset")
    server.prefer("headset")
    told = child.until(lambda told: told["kind"] == "devices")
    assert told["default"][0]["name"] == "HEADSET"
    assert child.end() == ["MainThread"]


def test_the_one_that_was_chosen_is_heard_and_no_other(server: Server, child: Child) -> None:
    child.say("open pulse/webcam")
    assert child.status("live")["name"] == "WEBCAM"
    assert server.heard_by() == ["webcam"]
    # PulseAudio lets a stream go with its preference once that was the stream's own source: it is taken back.
    server.prefer("webcam")
    server.prefer("yeti")
    until(lambda: server.heard_by() == ["webcam"])


def test_taken_away_it_is_lost_though_the_server_gives_another_and_back_it_goes_on(
    server: Server, child: Child
) -> None:
    child.say("open pulse/webcam")
    child.status("live")
    server.unplug("webcam")
    assert child.status("lost")["code"] == "microphone_lost"
    server.plug("webcam")
    assert child.status("live")["name"] == "WEBCAM"
    assert server.heard_by() == ["webcam"]


def test_what_the_system_prefers_is_followed_while_it_is_open(server: Server, child: Child) -> None:
    child.say("open default")
    child.status("live")
    assert server.heard_by() == ["yeti"]
    server.prefer("webcam")
    assert server.heard_by() == ["webcam"]
    server.unplug("webcam")
    assert server.heard_by() == ["yeti"]
    # It was never lost on the way.
    child.say("open pulse/none")
    assert child.until(lambda told: told["kind"] == "source")["status"] == "starting"


def test_without_a_server_a_microphone_is_missing_and_not_taken(server: Server, child: Child) -> None:
    server.kill()
    for wish in ("default", "pulse/webcam", "ALSA/pulse"):
        child.say(f"open {wish}")
        assert child.status("failed")["code"] == "no_microphone"
    server.start()
    server.plug("webcam")
    child.say("open pulse/webcam")
    child.status("live")


# ---- the connection itself -----------------------------------------------------------------------


@pytest.fixture
def watcher(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseWatcher]:
    for name in ("HOME", "XDG_RUNTIME_DIR", "PULSE_SERVER"):
        monkeypatch.setenv(name, server.environment[name])
    watcher = PulseWatcher(Path("/nowhere"))
    yield watcher
    watcher.close()


def test_the_server_tells_who_there_is_and_no_monitors(server: Server, watcher: PulseWatcher) -> None:
    webcam = ServerSource("webcam", "WEBCAM", 1)
    yeti = ServerSource("yeti", "YETI", 1)
    assert watcher.look() == Endpoints(default="yeti", default_name="YETI", sources=(yeti, webcam), has_server=True)
    server.unplug("yeti")
    assert watcher.look().sources == (webcam,)


def test_a_server_that_went_and_came_is_asked_again(server: Server, watcher: PulseWatcher) -> None:
    assert watcher.look().has_server
    server.kill()
    assert watcher.look() == Endpoints()
    server.start()
    server.plug("webcam")
    assert [source.name for source in watcher.look().sources] == ["webcam"]


@pytest.mark.skipif(os.geteuid() != 0, reason="a server of another user takes the right to start one")
def test_a_server_that_does_not_let_us_in_is_told_apart_from_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nobody = 65534
    with tempfile.TemporaryDirectory(prefix="adpulse-") as folder:
        right, wrong, socket = Path(folder) / "cookie", tmp_path / "cookie", Path(folder) / "native"
        right.write_bytes(b"a" * 256)
        wrong.write_bytes(b"b" * 256)
        for path in (right, Path(folder)):
            os.chown(path, nobody, nobody)
        module = f"module-native-protocol-unix socket={socket} auth-cookie={right} auth-group-enable=0"
        process = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "-L", module],
            env=clean_environment(os.environ) | {"HOME": folder, "XDG_RUNTIME_DIR": folder, "XDG_CONFIG_HOME": folder},
            user=nobody, group=nobody, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        watcher = PulseWatcher(Path("/nowhere"))
        try:
            monkeypatch.setenv("PULSE_SERVER", f"unix:{socket}")
            monkeypatch.setenv("HOME", str(tmp_path))
            monkeypatch.setenv("PULSE_COOKIE", str(wrong))
            until(lambda: watcher.look() == Endpoints(is_refused=True))
            monkeypatch.setenv("PULSE_COOKIE", str(right))
            assert watcher.look().has_server, "with the right word it lets us in"
        finally:
            watcher.close()
            process.kill()
            process.wait()
