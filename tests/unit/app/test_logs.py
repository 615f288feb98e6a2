"""What a log file holds, whoever spoke: our own events, the standard library's loggers, somebody's exception."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from app.logs import KEPT_DAYS, KEPT_FILES, redact, start_logging, stop_logging, turn_over_old


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[logging.Handler]:
    handler = start_logging(tmp_path, "part")
    yield handler
    stop_logging(handler)


def told(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "part.log").read_text().splitlines()]


@pytest.mark.usefixtures("handler")
def test_every_line_is_json_with_level_and_time_whoever_speaks(tmp_path: Path) -> None:
    structlog.get_logger("ours").info("session_started", session_id="s1")
    logging.getLogger("theirs").warning("took %d ms", 7)
    lines = told(tmp_path)
    assert [(line["event"], line["level"], line["logger"]) for line in lines] == [
        ("session_started", "info", "ours"),
        ("took 7 ms", "warning", "theirs"),
    ]
    assert all(line["timestamp"].endswith("Z") for line in lines)


@pytest.mark.usefixtures("handler")
def test_nothing_private_gets_in(tmp_path: Path) -> None:
    structlog.get_logger("ours").info(
        "asked", phone="13800138000", detail={"access_token": "t0ken"}, text="13800138000"
    )
    logging.getLogger("theirs").warning("GET /live/s1.flv?token=t0ken&x=1 for 13800138000")
    structlog.get_logger("ours").info("checked", said="11000019900307002x 且 110000199003070028")
    try:
        raise ValueError("13800138000 t /a?key=t0ken")
    except ValueError:
        logging.getLogger("theirs").exception("failed")
    text = (tmp_path / "part.log").read_text()
    assert "13800138000" not in text
    assert "t0ken" not in text
    assert "1990" not in text
    assert "ValueError" in text
    assert told(tmp_path)[1]["event"] == "GET /live/s1.flv?token=[hidden]&x=1 for 1**********"


def test_what_only_sounds_like_a_secret_stays() -> None:
    event: dict[str, Any] = {"event": "x", "key_id": "k", "key_frames": 3, "access_token": "t", "places": ("a", 1)}
    assert redact(None, "", event) == {
        "event": "x", "key_id": "k", "key_frames": 3, "access_token": "[hidden]", "places": ["a", 1],
    }  # fmt: skip


def test_an_ended_log_lets_its_file_go(tmp_path: Path, handler: logging.Handler) -> None:
    stop_logging(handler)
    structlog.get_logger("ours").debug("unheard")
    logging.getLogger("theirs").warning("unheard")
    assert (tmp_path / "part.log").read_text() == ""


def test_no_line_is_kept_longer_than_its_term(handler: logging.Handler, tmp_path: Path) -> None:
    structlog.get_logger("ours").info("first")
    began = datetime.fromisoformat(told(tmp_path)[0]["timestamp"])
    quarter = timedelta(days=KEPT_DAYS / (KEPT_FILES + 1))
    turn_over_old(tmp_path, began + quarter - timedelta(seconds=1))
    assert [line["event"] for line in told(tmp_path)] == ["first"]
    turn_over_old(tmp_path, began + quarter)
    assert (tmp_path / "part.log").read_text() == ""
    assert "first" in (tmp_path / "part.log.1").read_text()
    structlog.get_logger("ours").info("second")
    assert [line["event"] for line in told(tmp_path)] == ["second"]
    # Of another process that is not there any more.
    (tmp_path / "gone.log").write_text("{}")
    turn_over_old(tmp_path, datetime.now(UTC) + timedelta(days=KEPT_DAYS - 1))
    assert (tmp_path / "gone.log").exists()
    turn_over_old(tmp_path, datetime.now(UTC) + timedelta(days=KEPT_DAYS, seconds=5))
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "part.log") == []
    assert handler in logging.getLogger().handlers


@pytest.mark.usefixtures("handler")
@pytest.mark.parametrize("line", ["", "no JSON", "{}", '{"timestamp": "never"}', "[1]"])
def test_a_log_that_cannot_be_read_is_left_alone(tmp_path: Path, line: str) -> None:
    (tmp_path / "part.log").write_text(line)
    turn_over_old(tmp_path, datetime.now(UTC) + timedelta(days=KEPT_DAYS - 1))
    assert (tmp_path / "part.log").read_text() == line
