"""Where things lie: the person's data, logs, and the short-lived endpoints of this run."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from pathlib import Path

import platformdirs

APP_NAME = "anchordesk"


class UnsafeFolderError(OSError):
    """Someone else could put things into the folder of endpoints."""


def default_data_dir() -> Path:
    """The folder of this user's data."""
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))


def runtime_dir(data_dir: Path) -> Path:
    """A private folder for endpoints, short enough for AF_UNIX (108 bytes), one for each data folder.

    Raises UnsafeFolderError when it belongs to someone else.
    """
    mark = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:12]
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if not base or len(base) > 60 or not os.path.isdir(base):
        base = tempfile.gettempdir()
    folder = Path(base) / f"{APP_NAME}-{mark}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if sys.platform != "win32":
        facts = folder.lstat()
        if facts.st_uid != os.getuid() or not stat.S_ISDIR(facts.st_mode):
            raise UnsafeFolderError(f"{folder} is not ours")
        folder.chmod(0o700)
    return folder


def endpoint(folder: Path, name: str) -> str:
    """Address of a local channel: a socket in the folder, or a named pipe on Windows."""
    if sys.platform == "win32":
        return rf"\\.\pipe\{folder.name}-{name}"
    return str(folder / f"{name}.sock")
