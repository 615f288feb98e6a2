"""What is looked for in the logs of a real program is found."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.aftermath import command_lines, errors_in, findings, private_in

INFO = json.dumps({"event": "listening", "level": "info", "connection_id": "ff88620e7841449daebbce6372ec9fb8"})
ERROR = json.dumps({"event": "remux_failed", "level": "error"})
TRACE = "the camera failed\nTraceback (most recent call last):\n  File …\nValueError: no"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The data folder of a program that did nothing wrong."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "engine.log").write_text(f"{INFO}\nthe window is away\n")
    (tmp_path / "program.log").write_text("")
    (tmp_path / "secrets.json").write_text(json.dumps({"refresh_token": "s3cret"}))
    return tmp_path


def test_who_did_nothing_wrong_is_left_alone(program: Path) -> None:
    assert findings(program, ["python -m app --role engine --parent 7"]) == []
    assert findings(program / "nothing") == []


@pytest.mark.parametrize(
    "said", ["x.py:3: DeprecationWarning: old", "qt.qpa.xcb: could not connect", "QObject: timers cannot be started"]
)
def test_whatever_is_printed_is_found(program: Path, said: str) -> None:
    (program / "program.log").write_text(said)
    assert findings(program) == [f"the program printed: {said}"]
    assert findings(program, provoked=[said[3:12]]) == []


def test_errors_are_found_in_any_log(program: Path) -> None:
    (program / "logs" / "remux.log.1").write_text(f"{INFO}\n{ERROR}\n")
    assert findings(program) == [f"remux.log.1: {ERROR}"]
    assert findings(program, provoked=["remux_failed"]) == []


def test_traces_are_found_by_what_stands_before_them() -> None:
    assert list(errors_in(f"{INFO}\n{TRACE}")) == ["the camera failed: Traceback (most recent call last)"]
    assert list(errors_in(TRACE, ["the camera failed"])) == []
    critical = json.dumps({"event": "bug", "level": "critical", "exception": TRACE})
    assert list(errors_in(critical)) == [critical]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("asked by 13800138000", "a phone number"),
        ('{"phone": "13800138000"}', "a phone number"),
        ("id 11010519491231002X.", "an identity number"),
        (f"rtmp://host/live/{secrets.token_urlsafe(32)}0aA", "a key"),
        (f"--key={secrets.token_hex(32)}", "a key"),
        ("Bearer s3cret", "a secret of this program"),
    ],
    # Random values would give a test another name in each process that runs a part of them.
    ids=["phone", "phone in JSON", "identity number", "stream key", "key", "own secret"],
)
def test_private_things_are_found_in_logs_and_on_command_lines(program: Path, text: str, kind: str) -> None:
    [found] = findings(program, [text])
    assert kind in found
    (program / "logs" / "window.log").write_text(text)
    [found] = findings(program)
    assert found.startswith(f"window.log holds {kind}")


@pytest.mark.parametrize(
    "text",
    [
        "took 0.13800138000 s", "ff88620e13912345678aebbce6372ec9", INFO, "/srv/build/material/clip-4a33b670c281.mp4",
        "test_viewers_see_hear_and_talk_by_flv_and_hls_0", "2026-11-26T05:44:30.614741Z", "1795672345678",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert list(private_in(text, ["s3cret"])) == []


def test_command_lines_are_those_of_the_whole_family() -> None:
    code = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()', 'grandchild'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ)
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        [first, second] = command_lines(child.pid)
        assert "subprocess.run" in first
        assert second.endswith("grandchild")
        child.communicate(b"\n")
    assert command_lines(child.pid) == []
