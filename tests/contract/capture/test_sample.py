"""The sample over real PortAudio and PulseAudio: what the microphone hears comes out of the loudspeaker.

Two silent loudspeakers: the monitor of one is the microphone, the other is the system's default, whose monitor is what
a person would hear.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pytest

from app.runtime.children import clean_environment
from tests.contract.capture.sound_server import RATE_HZ, SoundServer

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[3]
TONE_HZ, AMPLITUDE = 1000.0, 0.25


class Child:
    """See sample_child: commands in, states out."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.contract.capture.sample_child"],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.is_hearing = self.next()["status"] == "open"

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

    def next(self) -> dict[str, Any]:
        """What it said next."""
        return self._lines.get(timeout=20)

    def states(self, count: int) -> list[tuple[str, str]]:
        told = [self.next() for _ in range(count)]
        return [(one["status"], one["code"]) for one in told]

    def end(self) -> dict[str, Any]:
        self.say("end")
        return self.next()


def pactl(sound: SoundServer, *words: str) -> None:
    subprocess.run(["pactl", *words], env=sound.environment, check=True, capture_output=True)


@pytest.fixture
def sound() -> Iterator[SoundServer]:
    with SoundServer() as sound:
        for name in ("microphone", "headphones"):
            pactl(sound, "load-module", "module-null-sink", f"sink_name={name}", f"rate={RATE_HZ}", "norewinds=1")
        pactl(sound, "set-default-sink", "headphones")
        pactl(sound, "set-default-source", "microphone.monitor")
        yield sound


class Ear:
    """Hears what the default loudspeaker plays, from entering to leaving."""

    def __init__(self, sound: SoundServer, folder: Path) -> None:
        self._environment = sound.environment
        self._path = folder / "heard.raw"

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [
                "parec", "--device=headphones.monitor", "--raw", "--format=float32le", f"--rate={RATE_HZ}",
                "--channels=1", "--latency-msec=20", str(self._path),
            ],
            env=self._environment, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        deadline_s = time.monotonic() + 10
        while not self._path.exists() or not self._path.stat().st_size:
            assert time.monotonic() < deadline_s, "parec hears nothing, not even silence"
            time.sleep(0.02)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What is on its way yet.
        time.sleep(0.3)
        self._process.terminate()
        self._process.wait(5)

    def heard(self) -> np.ndarray:
        data = self._path.read_bytes()
        return np.frombuffer(data[: len(data) // 4 * 4], "<f4")


def play_tone(sound: SoundServer, folder: Path) -> subprocess.Popen[bytes]:
    """Into the microphone, for as long as it lives."""
    path = folder / "tone.raw"
    wave = AMPLITUDE * np.sin(2 * np.pi * TONE_HZ * np.arange(30 * RATE_HZ) / RATE_HZ)
    path.write_bytes(wave.astype("<f4").tobytes())
    return subprocess.Popen(
        ["pacat", "--device=microphone", "--raw", "--format=float32le", f"--rate={RATE_HZ}", "--channels=1", str(path)],
        env=sound.environment, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def loud(heard: np.ndarray) -> np.ndarray:
    """From the first to the last sample that is no silence."""
    [places] = np.nonzero(np.abs(heard) > AMPLITUDE / 20)
    return heard[places[0] : places[-1] + 1] if len(places) else heard[:0]


def take_tone(child: Child, sound: SoundServer, folder: Path, seconds: float) -> None:
    player = play_tone(sound, folder)
    try:
        # Until the tone is there, whatever is kept is kept again.
        time.sleep(1.0)
        child.say(f"take {seconds}")
        assert child.states(2) == [("taking", ""), ("ready", "")]
    finally:
        player.kill()
        player.wait()


@pytest.mark.slow
def test_what_the_microphone_heard_is_played(sound: SoundServer, tmp_path: Path) -> None:
    with Child(sound.environment) as child:
        assert child.is_hearing
        take_tone(child, sound, tmp_path, 2.0)
        for _ in range(2):
            with Ear(sound, tmp_path) as ear:
                child.say("play")
                assert child.states(2) == [("playing", ""), ("ready", "")]
            heard = loud(ear.heard())
            assert len(heard) / RATE_HZ == pytest.approx(2.0, abs=0.1)
            inner = heard[RATE_HZ // 10 : -RATE_HZ // 10]
            spectrum = np.abs(np.fft.rfft(inner * np.hanning(len(inner))))
            assert spectrum.argmax() * RATE_HZ / len(inner) == pytest.approx(TONE_HZ, abs=2)
            # As loud as it was, and without a gap: 5 ms of silence would be quieter than half.
            assert np.sqrt(np.mean(inner**2)) == pytest.approx(AMPLITUDE / np.sqrt(2), rel=0.05)
            pieces = inner[: len(inner) // 240 * 240].reshape(-1, 240)
            assert np.sqrt((pieces**2).mean(axis=1)).min() > AMPLITUDE / np.sqrt(2) / 2
        child.say("count")
        told = child.next()
        assert told["streams"] == 1, "the microphone's alone"
        assert "sample-player" not in told["threads"]


@pytest.mark.slow
def test_stopped_it_is_silent_soon_and_can_be_played_again(sound: SoundServer, tmp_path: Path) -> None:
    with Child(sound.environment) as child:
        take_tone(child, sound, tmp_path, 10.0)
        with Ear(sound, tmp_path) as ear:
            child.say("play")
            assert child.states(1) == [("playing", "")]
            time.sleep(1.0)
            child.say("stop")
            assert child.states(1) == [("ready", "")]
        # It began some time in that second; of the ten seconds nothing comes after the stop but what was on its way.
        assert 0.0 < len(loud(ear.heard())) / RATE_HZ < 2.0
        with Ear(sound, tmp_path) as ear:
            child.say("play")
            assert child.states(1) == [("playing", "")]
            time.sleep(0.7)
            child.say("take 1")
            assert child.states(2) == [("taking", ""), ("ready", "")]
        assert 0.0 < len(loud(ear.heard())) / RATE_HZ < 2.0


@pytest.mark.slow
def test_ended_while_it_plays_no_thread_is_left(sound: SoundServer, tmp_path: Path) -> None:
    with Child(sound.environment) as child:
        child.say("keep 10")
        child.say("play")
        assert child.states(3) == [("taking", ""), ("ready", ""), ("playing", "")]
        time.sleep(0.5)
        assert child.end() == {"status": "ended", "threads": ["MainThread"]}


@pytest.mark.slow
def test_a_sound_server_that_dies_while_it_plays_is_told(sound: SoundServer) -> None:
    with Child(sound.environment) as child:
        child.say("keep 3")
        child.say("play")
        assert child.states(3) == [("taking", ""), ("ready", ""), ("playing", "")]
        time.sleep(1.0)
        sound.kill()
        assert child.states(1) == [("failed", "no_speaker")]
        child.say("play")
        assert child.states(2) == [("playing", ""), ("failed", "no_speaker")]


def test_without_a_sound_server_there_is_no_loudspeaker(tmp_path: Path) -> None:
    environment = clean_environment(os.environ) | {
        "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PULSE_SERVER": f"unix:{tmp_path}/none",
    }  # fmt: skip
    with Child(environment) as child:
        assert not child.is_hearing
        child.say("play")
        assert child.states(1) == [("refused", "sample_missing")]
        child.say("keep 1")
        child.say("play")
        assert child.states(4) == [("taking", ""), ("ready", ""), ("playing", ""), ("failed", "no_speaker")]
        assert child.end()["threads"] == ["MainThread"]
