"""Driving the real window hands free: what a driver sends over a local channel, and what it gets back.

The window listens at ``WindowLaunch.script`` when the program was started with a script endpoint; normal starts have
none. ``wish`` is a class of usecases.wishes by name; ``window`` a command of ui.script; ``state`` asks for a summary.
"""

from __future__ import annotations

from typing import Any

import msgspec


class ScriptCommand(msgspec.Struct, frozen=True, kw_only=True):
    request_id: int
    wish: str = ""
    args: dict[str, Any] = {}
    window: dict[str, Any] | None = None
    state: bool = False


class ScriptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    request_id: int
    ok: bool
    error: str = ""
    body: dict[str, Any] = {}
