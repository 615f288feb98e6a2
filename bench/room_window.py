"""The anchor's window while 200 messages a second come: how long its event loop works, whether it grows, what is lost.

The real program, signed in to the service of the bench as the anchor whose session is on air from another computer:
its window follows the room and shows the chat; the engine shows its own picture meanwhile. ``gui_event_p99_ms`` is CPU
time of the window's event loop at a time (ui.turns). ``window_growth_mb``: what the window's process holds at the end
more than after the first quarter. ``window_lost``: messages that the service took and its record does not have, or
that the window's list ends without.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil

from bench.room_crowd import CrowdProcess
from bench.room_service import EVENTS_PATH, HOST, RoomService
from server.demo_data import ANCHOR_PHONE
from tools.desktop import Desktop
from tools.program import Program

GOALS = {"gui_event_p99_ms": "<=16", "window_growth_mb": "<=5", "window_lost": "<=0"}
PER_S = 200.0
SENDERS = 125
LOOK_EVERY_S = 2.0
SETTLED_SHARE = 0.25
"""Until then caches fill: heights of texts, rows, glyphs."""
LAST_WAIT_S = 10.0


def window_figures(folder: Path, seconds: float) -> dict[str, float | None]:
    """Measure for so long."""
    with RoomService(folder / "service") as service, Desktop(folder / "desktop") as desktop:
        service.go_on_air()
        with (
            CrowdProcess(HOST, service.port, EVENTS_PATH, service.room) as crowd,
            Program(folder / "data", desktop.environment) as program,
        ):
            _enter(program, service)
            tokens = [one.token for one in service.sign_in(SENDERS)]
            crowd.ask("join", tokens=tokens, visitors=0)
            return _watch(program, service, crowd, seconds)


def _enter(program: Program, service: RoomService) -> None:
    """The anchor signs in on this computer and looks at the live page."""
    program.until_window("type", {"name": "first_start.url", "text": f"http://{HOST}:{service.port}"})
    program.until_window("click", "first_start.go")
    program.until(lambda state: state["account"] == "signed_out", "a platform", 40)
    program.until_window("type", {"name": "sign_in.phone", "text": ANCHOR_PHONE})
    program.until_window("click", "sign_in.get_code")
    program.until(lambda state: state["account"] == "code_sent", "asked for a code")
    program.wish("SignIn", phone=ANCHOR_PHONE, code=service.code_of(ANCHOR_PHONE))
    program.until(lambda state: state["account"] == "signed_in", "signed in")
    program.until(lambda state: state["is_room_connected"], "in the room", 30)
    program.open_page("live")


def _watch(program: Program, service: RoomService, crowd: CrowdProcess, seconds: float) -> dict[str, float | None]:
    window = psutil.Process(program.children()["window"])
    crowd.begin("chat", per_s=PER_S, seconds=seconds, stall_after_s=None, closed_within_s=0.0)
    began_s = time.monotonic()
    program.window("turns", {"is_on": True})
    held_mb: list[tuple[float, float]] = []
    while (passed_s := time.monotonic() - began_s) < seconds:
        held_mb.append((passed_s, window.memory_info().rss / 1e6))
        time.sleep(min(LOOK_EVERY_S, max(0.0, seconds - passed_s)))
    turns = program.window("turns", {"is_on": False})
    told = crowd.answer()
    settled = [mb for passed_s, mb in held_mb if passed_s >= seconds * SETTLED_SHARE]
    sent, texts = round(PER_S * seconds), service.texts()
    is_last_shown = _ends_with(program, texts[-1]) if texts else False
    lost = sent - len(texts) + (0 if is_last_shown else 1)
    sys.stderr.write(
        f"window: {turns}, {held_mb[0][1]:.0f} … {settled[0]:.0f} … {settled[-1]:.0f} MB; {sent} sent, "
        f"{len(texts)} in the record, refused {told['errors']}, the last is shown: {is_last_shown}\n"
    )
    return {
        "gui_event_p50_ms": round(float(turns["p50_ms"]), 2),
        "gui_event_p99_ms": round(float(turns["p99_ms"]), 2),
        "gui_event_max_ms": round(float(turns["max_ms"]), 2),
        "window_growth_mb": round(settled[-1] - settled[0], 1),
        "window_lost": lost,
    }


def _ends_with(program: Program, text: str) -> bool:
    deadline_s = time.monotonic() + LAST_WAIT_S
    while time.monotonic() < deadline_s:
        rows = program.listed("chat.list")
        if rows and text in rows[-1]:
            return True
        time.sleep(0.2)
    return False
