"""PyAV never opens an address: it would hold the GIL while it connects, and ignore every deadline."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from app.ports.engine import SourceStatus
from app.runtime.clock import ManualClock
from capture.frames import PictureFormat
from capture.programme import ProgrammeTime
from capture.sources import media
from capture.sources.base import SourceState

ROOT = Path(__file__).resolve().parents[3]
OPENERS = {"sources/media.py", "record/clip.py", "record/matroska.py", "record/remux.py"}
"""Files of media, all of them on a disk."""


def opens_media(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "open"
        and isinstance(node.func.value, ast.Name | ast.Attribute)
        and ast.unparse(node.func.value).split(".")[0] == "av"
        for node in ast.walk(tree)
    )


def test_only_those_who_read_and_write_files_open_anything() -> None:
    root = ROOT / "capture"
    assert {str(path.relative_to(root)) for path in root.rglob("*.py") if opens_media(path)} == OPENERS


def test_the_publisher_does_without_it() -> None:
    code = "import sys, capture.publish; sys.exit('av' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("path", ["rtmp://127.0.0.1/live/key", "rtmps://127.0.0.1/x", "http://127.0.0.1/film.mp4"])
def test_an_address_is_no_media_file(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    clock = ManualClock()
    told: list[SourceState] = []
    opened: list[object] = []
    player = media.MediaPlayer(path, PictureFormat(320, 180, 30), ProgrammeTime(0.0, 30), clock)
    player.want_pictures(told.append)
    monkeypatch.setattr(media.av, "open", lambda *arguments, **_: opened.append(arguments))
    player._play_or_tell()
    assert (told[-1].status, told[-1].code) == (SourceStatus.FAILED, "file_missing")
    assert opened == []
