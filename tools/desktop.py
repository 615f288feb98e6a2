"""A desktop of its own for whole-program runs: X server, window manager, session bus, notification stub.

Used by the demo (when there is no display), the end-to-end tests and the benches. Everything is started as a
child of this process and ended by ``close`` (its own process ids only). One owner; any thread.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

STOP_S = 4.0
_DROPPED = (
    "LD_LIBRARY_PATH", "QT_QPA_PLATFORM", "QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR", "QT_PLUGIN_PATH",
    "PYTHON_KEYRING_BACKEND", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "DISPLAY", "DBUS_SESSION_BUS_ADDRESS",
)  # fmt: skip


class DesktopError(Exception):
    """A part of the desktop did not start; the text says which and what it wrote."""


def clean_environment() -> dict[str, str]:
    """The environment for a child: ours, less what cv2, a test run or another desktop put there."""
    return {name: value for name, value in os.environ.items() if name not in _DROPPED}


def stop_process(process: subprocess.Popen[bytes], first: signal.Signals = signal.SIGTERM) -> int:
    """Ask a child to end, insist after ``STOP_S``; its exit code."""
    if process.poll() is None:
        process.send_signal(first)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
    code = process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    return code


class Desktop:
    """Xvfb, openbox, a session bus and somebody who takes notifications. ``environment`` is for the programs on it."""

    def __init__(self, folder: Path, size_px: tuple[int, int] = (1480, 940)) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        folder.mkdir(parents=True, exist_ok=True)
        home = folder / "home"
        runtime = folder / "run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        self.environment = clean_environment()
        self.environment |= {
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_DATA_HOME": str(home / ".local" / "share"),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "XDG_STATE_HOME": str(home / ".local" / "state"),
            "QT_QPA_PLATFORM": "xcb",
            "QT_ACCESSIBILITY": "0",
            "LIBGL_ALWAYS_SOFTWARE": "1",
        }
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
            Path(self.environment[name]).mkdir(parents=True, exist_ok=True)
        try:
            self._start(size_px)
        except BaseException:
            self.close()
            raise

    @property
    def display(self) -> str:
        """Such as ``:7``."""
        return self.environment["DISPLAY"]

    @property
    def pids(self) -> list[int]:
        """The processes of the desktop itself."""
        return [process.pid for process in self._processes]

    @property
    def notifications_log(self) -> Path:
        """One JSON object a line for each desktop notification that was sent: app, summary, body."""
        return self._folder / "notifications.jsonl"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def screenshot(self, path: Path) -> None:
        """The whole screen as PNG."""
        import mss
        import mss.tools

        with mss.MSS(display=self.display) as grabber:
            shot = grabber.grab(grabber.monitors[0])
            mss.tools.to_png(shot.rgb, shot.size, output=str(path))

    def close(self) -> None:
        """End everything, in reverse order."""
        while self._processes:
            stop_process(self._processes.pop())

    def _start(self, size_px: tuple[int, int]) -> None:
        width, height = size_px
        read_fd, write_fd = os.pipe()
        try:
            self._spawn(
                "Xvfb", "-displayfd", str(write_fd), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp",
                "-noreset", pass_fds=(write_fd,),
            )  # fmt: skip
        finally:
            os.close(write_fd)
        self.environment["DISPLAY"] = ":" + self._first_line(read_fd, "Xvfb")
        read_fd, write_fd = os.pipe()
        try:
            self._spawn(
                "dbus-daemon",
                "--session",
                "--nofork",
                "--nosyslog",
                f"--print-address={write_fd}",
                pass_fds=(write_fd,),
            )
        finally:
            os.close(write_fd)
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = self._first_line(read_fd, "dbus-daemon")
        self._spawn("openbox", "--sm-disable")
        read_fd, write_fd = os.pipe()
        try:
            self._spawn(
                sys.executable, "-m", "tools.notifications", str(self.notifications_log), str(write_fd),
                pass_fds=(write_fd,),
            )  # fmt: skip
        finally:
            os.close(write_fd)
        self._first_line(read_fd, "the notification stub")

    def _spawn(self, *command: str, pass_fds: tuple[int, ...] = ()) -> None:
        log = self._folder / f"{Path(command[0]).name}.log"
        try:
            with log.open("ab") as output:
                process = subprocess.Popen(
                    command, env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    pass_fds=pass_fds, cwd=Path(__file__).resolve().parents[1],
                )  # fmt: skip
        except FileNotFoundError as cause:
            raise DesktopError(f"{command[0]} is not installed (make setup)") from cause
        self._processes.append(process)

    def _first_line(self, descriptor: int, name: str) -> str:
        lines: list[str] = []

        def read() -> None:
            with os.fdopen(descriptor) as pipe:
                lines.append(pipe.readline().strip())

        # A thread, because a pipe has no deadline of its own.
        reader = threading.Thread(target=read, name="desktop-start", daemon=True)
        reader.start()
        reader.join(20)
        if not lines or not lines[0]:
            raise DesktopError(f"{name} did not start: see the logs in {self._folder}")
        return lines[0]
