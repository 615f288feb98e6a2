"""The help sheet: the keys in force, what to do about common troubles, and where the logs lie. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.i18n import Translator
from app.usecases.state import DeskState
from ui.keys import KeyAction, keys_of
from ui.presenters.live import short_path

TROUBLES = ("camera", "sound", "service", "viewers", "computer")


@dataclass(frozen=True)
class HelpView:
    keys: tuple[tuple[KeyAction, str, str], ...]
    """Action, what it does, portable text of its keys (empty: none)."""
    troubles: tuple[tuple[str, str], ...]
    """What one sees, what to do."""
    log_dir: str
    log_line: str
    can_change_keys: bool
    """The settings can be reached from here."""


def present_help(state: DeskState, tr: Translator, log_dir: str, *, is_on_desk: bool) -> HelpView:
    """``log_dir``: empty where no logs are written."""
    return HelpView(
        keys=tuple(
            (action, tr.text(f"keys.{action}"), keys) for action, keys in keys_of(state.settings.shortcuts).items()
        ),
        troubles=tuple((tr.text(f"help.{name}"), tr.text(f"help.{name}.do")) for name in TROUBLES),
        log_dir=log_dir,
        log_line=tr.text("help.logs", path=short_path(log_dir)) if log_dir else "",
        can_change_keys=is_on_desk,
    )
