"""Planning in the real window: the page 排期 as a person uses it, what the desktop told, and time that goes by."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from tools.desktop import Desktop
from tools.program import Program

WAIT_S = 20.0


def plan(program: Program, title: str, picks: Mapping[str, str], lines: Mapping[str, str] | None = None) -> str:
    """Fill in the form and send it; the session's id once the service has it.

    ``picks``: choices by their words, e.g. {"day": "明天", "hour": "20"}; ``lines``: what is typed into other fields.
    """
    before = {one for one, _ in program.state["planned"]}
    program.open_page("schedule")
    program.until(lambda state: state["schedule_phase"] == "ready", "the schedule is loaded")
    program.until_window("click", "schedule.plan" if before else "schedule.empty_action")
    program.until_window("type", {"name": "plan.title.field", "text": title})
    for name, text in (lines or {}).items():
        program.until_window("type", {"name": f"plan.{name}.field", "text": text})
    for name, text in picks.items():
        program.until_window("pick", {"name": f"plan.{name}", "text": text})
    program.until_window("click", "plan.save")
    state = program.until(lambda state: len(state["planned"]) > len(before), "planned")
    return str(next(one for one, _ in state["planned"] if one not in before))


def move_start(program: Program, session_id: str, in_s: float) -> None:
    """As if time had gone by: the session begins so soon."""
    starts_ms = round((time.time() + in_s) * 1000)
    path = next(program.data_dir.rglob("platform.sqlite3"))
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as database:
        changed = database.execute("UPDATE sessions SET starts_ms = ? WHERE id = ?", (starts_ms, session_id)).rowcount
        database.commit()
    assert changed == 1


def notified(desktop: Desktop) -> list[dict[str, Any]]:
    """What was told on the desktop so far."""
    path = desktop.notifications_log
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def until_notified(desktop: Desktop, part: str) -> dict[str, Any]:
    """Wait for a notification with ``part`` in its title; that notification."""
    deadline_s = time.monotonic() + WAIT_S
    while True:
        told = notified(desktop)
        found = next((one for one in reversed(told) if part in one["summary"]), None)
        if found is not None:
            return found
        assert time.monotonic() < deadline_s, told
        time.sleep(0.05)
