"""Child processes that end with their parent.

``Child`` is started from the supervisor's main thread only: on Linux the death signal belongs to the thread that
forked. Each child has one watcher thread that reads its standard output line by line and then waits for its end;
the callbacks run in it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_PR_SET_PDEATHSIG = 1
_LEFT_BY_OPENCV = ("LD_LIBRARY_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


def die_with_parent(parent_pid: int) -> None:
    """Called by a child first thing: the kernel ends it when ``parent_pid`` is gone (Linux)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what cv2 leaves behind: an empty part in LD_LIBRARY_PATH means the current folder."""
    cleaned = {name: value for name, value in environment.items() if name not in _LEFT_BY_OPENCV}
    library_path = [part for part in environment.get("LD_LIBRARY_PATH", "").split(":") if part and "cv2" not in part]
    if library_path:
        cleaned["LD_LIBRARY_PATH"] = ":".join(library_path)
    return cleaned


class Child:
    """One running child. ``on_line`` gets each line of its standard output, ``on_exit`` its exit code, once."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        launch_line: bytes,
        *,
        on_line: Callable[[bytes], None],
        on_exit: Callable[[int], None],
    ) -> None:
        self.name = name
        self._on_line, self._on_exit = on_line, on_exit
        options: dict[str, Any] = {}
        if sys.platform == "win32":
            options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
        else:
            options["start_new_session"] = True
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=clean_environment(os.environ),
            **options,
        )
        if sys.platform == "win32":
            from app.runtime.windows_job import add_to_job

            add_to_job(int(self._process._handle))
        self._watcher = threading.Thread(target=self._watch, name=f"{name}-watch", daemon=True)
        self._watcher.start()
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.write(launch_line)
                self._process.stdin.flush()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def ask_to_end(self) -> None:
        """SIGTERM, and the end of its standard input."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        with contextlib.suppress(OSError):
            self._process.terminate()

    def end(self, timeout_s: float) -> None:
        """Ask, wait at most ``timeout_s``, then kill; afterwards the watcher is joined."""
        self.ask_to_end()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if threading.current_thread() is not self._watcher:
            self._watcher.join(2.0)

    def _watch(self) -> None:
        output = self._process.stdout
        if output is not None:
            for line in output:
                self._on_line(line)
        code = self._process.wait()
        if output is not None:
            output.close()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._on_exit(code)
