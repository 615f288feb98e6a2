"""The one table of keyboard shortcuts: what they do, their defaults, and which keys may be chosen. Pure.

Keys are written as Qt's portable text ("Ctrl+Shift+L"). Settings keep only what a person changed, by the name of the
action; an empty text there means no key. There is no global mute key: that would need hooks into each system.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.usecases.state import DeskState
from app.usecases.wishes import ChangeSettings
from ui.presenters.common import BUSY_PHASES
from ui.presenters.entry import Page


class KeyAction(StrEnum):
    """What a key does (``keys.<action>`` says it). Pages of the rail end in the page's name."""

    GO_LIVE = "go_live"
    MUTE = "mute"
    CAMERA = "camera"
    SOURCE = "source"
    PAGE_LIVE = "page_live"
    PAGE_SCHEDULE = "page_schedule"
    PAGE_PREPARE = "page_prepare"
    PAGE_DOCUMENTS = "page_documents"
    PAGE_MESSAGES = "page_messages"
    PAGE_SETTINGS = "page_settings"
    HELP = "help"


Keys = Mapping[KeyAction, str]

DEFAULTS: Keys = {
    KeyAction.GO_LIVE: "Ctrl+Shift+L",
    KeyAction.MUTE: "Ctrl+D",
    KeyAction.CAMERA: "Ctrl+E",
    KeyAction.SOURCE: "Ctrl+Shift+S",
    KeyAction.PAGE_LIVE: "Ctrl+1",
    KeyAction.PAGE_SCHEDULE: "Ctrl+2",
    KeyAction.PAGE_PREPARE: "Ctrl+3",
    KeyAction.PAGE_DOCUMENTS: "Ctrl+4",
    KeyAction.PAGE_MESSAGES: "Ctrl+5",
    KeyAction.PAGE_SETTINGS: "Ctrl+6",
    KeyAction.HELP: "F1",
}
_FUNCTION_KEY = re.compile(r"F\d{1,2}")
_MODIFIERS = ("Ctrl+", "Alt+", "Meta+")
_TYPING = frozenset({"Ctrl+A", "Ctrl+C", "Ctrl+V", "Ctrl+X", "Ctrl+Y", "Ctrl+Z", "Ctrl+Shift+Z"})
"""A text field takes these for itself."""


@dataclass(frozen=True)
class KeyFault:
    """Why a key was not taken; ``taken_by`` is the action that has it."""

    message_id: str
    taken_by: KeyAction | None = None


def keys_of(shortcuts: Mapping[str, str]) -> dict[KeyAction, str]:
    """The keys in force. Of two actions with one key in a file edited by hand, the first has it."""
    found: dict[KeyAction, str] = {}
    for action, default in DEFAULTS.items():
        keys = shortcuts.get(action.value, default)
        found[action] = "" if keys in found.values() else keys
    return found


def change_keys(shortcuts: Mapping[str, str], action: KeyAction, keys: str) -> ChangeSettings | KeyFault | None:
    """The wish that gives ``action`` these keys, or why not; None when it has them. Empty: no key."""
    now = keys_of(shortcuts)
    if keys == now[action]:
        return None
    if keys:
        if keys in _TYPING or not (keys.startswith(_MODIFIERS) or _FUNCTION_KEY.fullmatch(keys.rpartition("+")[2])):
            return KeyFault("keys.unfit")
        for other, taken in now.items():
            if taken == keys:
                return KeyFault("keys.taken", other)
    kept = {name: chosen for name, chosen in shortcuts.items() if name != action.value}
    return ChangeSettings({"shortcuts": kept if keys == DEFAULTS[action] else {**kept, action.value: keys}})


def reset_keys() -> ChangeSettings:
    """The wish for the defaults."""
    return ChangeSettings({"shortcuts": {}})


def may_act(action: KeyAction, state: DeskState, page: Page, *, is_sheet_open: bool) -> bool:
    """Whether a key does something now: never behind a sheet; away from the desk only what a broadcast needs."""
    if is_sheet_open:
        return False
    if page is Page.DESK or action is KeyAction.HELP:
        return True
    is_on = state.broadcast.phase in BUSY_PHASES
    return is_on and action in (KeyAction.GO_LIVE, KeyAction.MUTE, KeyAction.CAMERA)
