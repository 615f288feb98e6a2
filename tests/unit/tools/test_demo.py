"""How the demonstration concludes, and whether it may use the display of the person who starts it."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.tools.test_demo_verdict import GOOD, OTHERS, SHOWN
from tools import demo


def test_all_well_is_said_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo._conclude(tmp_path, SHOWN) == 0
    told = capsys.readouterr()
    assert "demo: all well" in told.out
    assert told.err == ""
    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["faults"] == []


def test_a_fault_is_named_and_makes_it_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    silent = replace(GOOD, sound_dbfs=(-90.0, -90.0, -20.0))
    assert demo._conclude(tmp_path, replace(SHOWN, viewers=(silent, *OTHERS))) == 1
    told = capsys.readouterr()
    assert "demo: failed" in told.out
    [fault] = told.err.splitlines()
    assert fault.startswith("FAULT: viewer 1 heard sound above -40 dBFS in 33% of the seconds")
    [written] = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["faults"]
    assert f"FAULT: {written}" == fault


def test_fewer_than_three_viewers_make_it_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo._conclude(tmp_path, replace(SHOWN, viewers=(GOOD,))) == 1
    assert "FAULT: 1 watched, at least 3" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["sixty", "1m"])
def test_a_time_that_is_no_number_is_refused(
    seconds: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEMO_S", seconds)
    assert demo.main([]) == 2
    assert f"not '{seconds}'" in capsys.readouterr().err


def test_speech_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        demo.main(["--speech", str(tmp_path / "none.wav")])
    assert ended.value.code == 2
    assert "no such file" in capsys.readouterr().err


def test_a_display_is_one_that_somebody_listens_at() -> None:
    number = 40_000 + os.getpid() % 20_000
    environment = {"DISPLAY": f":{number}.0"}
    assert not demo.has_display(environment)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0/tmp/.X11-unix/X{number}")
        server.listen()
        assert demo.has_display(environment)
    assert not demo.has_display(environment)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"DISPLAY": ""}, False),
        ({"DISPLAY": "nonsense"}, False),
        ({"DISPLAY": "other-machine:10.0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
    ],
)
def test_a_display_elsewhere_is_taken_at_its_word(environment: dict[str, str], expected: bool) -> None:
    assert demo.has_display(environment) is expected
