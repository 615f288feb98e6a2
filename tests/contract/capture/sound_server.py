"""A PulseAudio of its own with one silent loudspeaker, whose monitor is the microphone that PortAudio finds."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import wave
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from app.runtime.children import clean_environment

RATE_HZ = 48_000


class SoundServer:
    """A context. ``environment`` is for the programs that shall hear and be heard there."""

    def __init__(self) -> None:
        # Sockets have short names: not below a test's folder.
        self._folder = tempfile.TemporaryDirectory(prefix="adpulse-")
        self._socket = Path(self._folder.name) / "native"
        self.environment = clean_environment(os.environ) | {
            "HOME": self._folder.name,
            "XDG_RUNTIME_DIR": self._folder.name,
            "PULSE_SERVER": f"unix:{self._socket}",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._player: subprocess.Popen[bytes] | None = None
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._folder.cleanup()

    def start(self) -> None:
        """Start, or start again."""
        self._socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-level=error",
                "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self._socket}",
                "-L", f"module-null-sink sink_name=speaker rate={RATE_HZ} channels=2",
            ],
            env=self.environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline_s = time.monotonic() + 10
        while subprocess.run(["pactl", "info"], env=self.environment, capture_output=True, check=False).returncode:
            assert time.monotonic() < deadline_s, "pulseaudio does not start"
            time.sleep(0.05)

    def kill(self) -> None:
        """As if it crashed."""
        for process in (self._player, self._process):
            if process is not None:
                process.kill()
                process.wait()
        self._player = self._process = None

    def play_tone(self, hz: float, amplitude: float, seconds: float = 60.0) -> None:
        """Play a sine into the loudspeaker, behind this call."""
        path = Path(self._folder.name) / "tone.wav"
        tone = amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(np.repeat((tone * 32767).astype("<i2"), 2).tobytes())
        self._player = subprocess.Popen(
            ["paplay", "--device=speaker", str(path)], env=self.environment, stdin=subprocess.DEVNULL
        )
