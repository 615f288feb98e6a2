"""A room of 1,000: how fast what is said and done there reaches everybody, and what it costs the service.

The real service in a process of its own, its database a file of SQLite, over loopback; the viewers in another process
(bench.room_load). A message counts from the moment at which its sender handed it to the socket; messages come at
moments drawn by chance, so that some of them wait for the room's tick as long as any message can.

- ``fanout``: 20 messages a second. ``flood``: 200 a second, during which one viewer stops reading.
- ``hide``: the anchor deletes a message; counted from the request to when each viewer has read ``chat.hidden``.
- ``ban``: somebody with three sockets is removed; counted from the request to the last close.

``stalled_held_mb`` is the most that the service and its kernel hold for the one that reads no more,
``stalled_closed_s`` the time until the service closes its socket, ``stalled_gone_s`` until its kernel says that the
connection is cut. ``load_core_share`` is what the viewers cost, which is no part of ``flood_core_share``,
``others_core_share`` what everything else on this machine used meanwhile: with two cores, more than a few hundredths of
it make every delay longer.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from bench import room_window
from bench.room_crowd import CrowdProcess
from bench.room_people import ban_close_s
from bench.room_service import EVENTS_PATH, HOST, Member, RoomService

GOALS = {
    "fanout_p99_ms": "<=120",
    "flood_p99_ms": "<=300",
    "flood_core_share": "<=0.5",
    "stalled_gap_ms": "<=250",
    "stalled_held_mb": "<=1",
    "stalled_closed_s": "<=10",
    "hide_p99_ms": "<=200",
    "ban_close_s": "<=1",
    **room_window.GOALS,
}
WINDOW_S, QUICK_WINDOW_S = 300.0, 5.0
QUICK_CANNOT_FAIL = True
"""A few hundred viewers for a few seconds say little of a thousand."""
FANOUT_PER_S, FLOOD_PER_S = 20.0, 200.0
STALL_AFTER_S, CLOSED_WITHIN_S = 1.0, 20.0
HIDE_EVERY_S, HIDDEN_WITHIN_S = 0.3, 5.0
LOOK_EVERY_S = 1.0
LATE_S = 0.02
BUSY_SHARE = 0.8
"""From here on the viewers themselves may be what takes time."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    viewers: int
    senders: int
    fanout_s: float
    flood_s: float
    hidden: int
    banned: int


FULL = Size(viewers=1000, senders=125, fanout_s=15.0, flood_s=15.0, hidden=20, banned=5)
QUICK = Size(viewers=300, senders=70, fanout_s=3.0, flood_s=6.0, hidden=5, banned=2)
"""As many senders as the limit of messages of one account asks for."""


def run(quick: bool, clip: Path | None) -> dict[str, float | None]:
    """The figures; see the module."""
    figures = service_figures(QUICK if quick else FULL)
    with tempfile.TemporaryDirectory(prefix="anchordesk-bench-") as name:
        return figures | room_window.window_figures(Path(name), QUICK_WINDOW_S if quick else WINDOW_S)


def service_figures(size: Size) -> dict[str, float | None]:
    """Those of the service."""
    with (
        tempfile.TemporaryDirectory(prefix="anchordesk-bench-") as name,
        RoomService(Path(name)) as service,
        CrowdProcess(HOST, service.port, EVENTS_PATH, service.room) as crowd,
    ):
        senders = service.sign_in(size.senders)
        tokens = [one.token for one in senders]
        joined = crowd.ask("join", tokens=tokens, visitors=size.viewers - size.senders)
        figures = _fanout(crowd, size) | _flood(service, crowd, size, joined["last_port"]) | _hide(service, crowd, size)
        # Only now: their tokens live for a quarter of an hour, and one of them says nothing before.
        rude: list[Member] = service.sign_in(size.banned)
        figures["ban_close_s"] = round(max(ban_close_s(service, one) for one in rude), 3)
        return figures


def _fanout(crowd: CrowdProcess, size: Size) -> dict[str, float | None]:
    told = crowd.ask("chat", per_s=FANOUT_PER_S, seconds=size.fanout_s, stall_after_s=None, closed_within_s=0.0)
    _tell("fanout", told)
    return {"fanout_p50_ms": _ms(told["p50_s"]), "fanout_p99_ms": _ms(told["p99_s"])}


def _flood(service: RoomService, crowd: CrowdProcess, size: Size, stalled_port: int) -> dict[str, float | None]:
    crowd.begin(
        "chat", per_s=FLOOD_PER_S, seconds=size.flood_s, stall_after_s=STALL_AFTER_S, closed_within_s=CLOSED_WITHIN_S
    )
    began_s, before_s, in_kernel, busy_s = time.monotonic(), service.cpu_s(), 0, _busy_s()
    while (left_s := began_s + size.flood_s - time.monotonic()) > 0:
        time.sleep(min(left_s, LOOK_EVERY_S))
        in_kernel = max(in_kernel, service.unsent_bytes(stalled_port))
    wall_s = time.monotonic() - began_s
    core_share, busy_share = (service.cpu_s() - before_s) / wall_s, (_busy_s() - busy_s) / wall_s
    told = crowd.answer()
    _tell("flood", told)
    # What it says when it gives one up, with TOO_SLOW (4408).
    given_up = service.logged("socket_too_slow")
    if len(given_up) > 1:
        raise RuntimeError("a viewer who was reading was given up")
    closed_s = held_bytes = None
    for line in given_up:
        closed_s = datetime.fromisoformat(line["timestamp"]).timestamp() - told["stalled_utc_s"]
        held_bytes = int(line["held_bytes"]) + in_kernel
        sys.stderr.write(f"stalled: {line['held_bytes']} bytes in the service, {in_kernel} in the kernel\n")
    return {
        "flood_p50_ms": _ms(told["p50_s"]),
        "flood_p99_ms": _ms(told["p99_s"]),
        "flood_core_share": round(core_share, 3),
        "load_core_share": round(told["load_core_share"], 3),
        "others_core_share": round(max(0.0, busy_share - core_share - told["load_core_share"]), 3),
        "stalled_gap_ms": _ms(told["gap_s"]),
        "stalled_held_mb": None if held_bytes is None else round(held_bytes / 1e6, 3),
        "stalled_closed_s": None if closed_s is None else round(closed_s, 2),
        "stalled_gone_s": None if told["gone_s"] is None else round(told["gone_s"] - told["stalled_s"], 2),
    }


def _hide(service: RoomService, crowd: CrowdProcess, size: Size) -> dict[str, float | None]:
    crowd.ask("collect", kind="chat.hidden", marker="", wait_s=0.0)
    delays_s: list[float] = []
    for message_id in service.messages()[: size.hidden]:
        began_s = time.monotonic()
        service.moderate("delete_message", message_id=message_id)
        told = crowd.ask("collect", kind="chat.hidden", marker=message_id, wait_s=HIDDEN_WITHIN_S)
        delays_s += [at_s - began_s for at_s in told["at_s"]] + [HIDDEN_WITHIN_S] * told["missing"]
        time.sleep(HIDE_EVERY_S)
    return {"hide_p99_ms": _ms(statistics.quantiles(delays_s, n=100)[98])}


def _busy_s() -> float:
    """What all processes together have used of all cores."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)


def _tell(scene: str, told: dict[str, Any]) -> None:
    sys.stderr.write(
        f"{scene}: p50 {_ms(told['p50_s'])}, p99 {_ms(told['p99_s'])}, max {_ms(told['max_s'])} ms; "
        f"{told['pairs']} pairs, {told['missing']} missing, {told['frames']} frames, refused {told['errors']}; "
        f"the viewers used {told['load_core_share']:.2f} of a core and sent {_ms(told['late_p99_s'])} ms late (p99)\n"
    )
    if told["load_core_share"] > BUSY_SHARE or told["late_p99_s"] > LATE_S:
        sys.stderr.write(f"{scene}: the viewers, or the machine, are busy themselves; the delays are theirs too\n")
