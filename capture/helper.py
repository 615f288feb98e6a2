"""Starts and ends the engine's own helpers: children that do what may be slow, crash or be missing. Any thread.

Linux ends a child with the thread that started it, so whoever starts one lives as long as it is to.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from app.runtime.children import clean_environment

_END_S = 0.5


def helper_command(role: str) -> list[str]:
    """How the process of a role is started; the program as one file is its own interpreter."""
    is_one_file = bool(getattr(sys, "frozen", False))
    start = [sys.executable] if is_one_file else [sys.executable, "-m", "app"]
    return [*start, "--role", role, "--parent", str(os.getpid())]


def start_helper(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """With pipes for its standard input and output; its standard error is what native libraries chat about."""
    options: dict[str, Any] = {}
    if sys.platform == "win32":
        options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
    else:
        options["start_new_session"] = True
    return subprocess.Popen(
        list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=clean_environment(os.environ), **options,
    )  # fmt: skip


def keep_with_us(process: subprocess.Popen[bytes]) -> None:
    """On Windows a job ends it with us; on Linux it sees to that itself (``--parent``)."""
    if sys.platform == "win32":
        from app.runtime.windows_job import add_to_job

        add_to_job(int(process._handle))


def end_helper(process: subprocess.Popen[bytes], *, closes_pipes: bool) -> None:
    """Ask by SIGTERM, then insist. Only the thread that reads and writes closes pipes: beside a read it would wait."""
    with contextlib.suppress(OSError):
        process.terminate()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None and closes_pipes:
            with contextlib.suppress(OSError, ValueError):
                pipe.close()
