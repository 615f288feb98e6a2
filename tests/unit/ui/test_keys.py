"""The table of shortcuts: what is in force, what may be chosen, and when a key does something."""

from __future__ import annotations

import pytest

from app.usecases.state import AccountState, BroadcastPhase
from app.usecases.wishes import ChangeSettings
from tests.ui import fakes
from tests.ui.fakes import change
from ui.keys import DEFAULTS, KeyAction, KeyFault, change_keys, keys_of, may_act, reset_keys
from ui.presenters.entry import Page


def test_every_action_has_a_default_of_its_own() -> None:
    assert set(DEFAULTS) == set(KeyAction)
    assert len(set(DEFAULTS.values())) == len(DEFAULTS)
    assert keys_of({}) == DEFAULTS


def test_what_was_chosen_replaces_the_default_and_nothing_is_a_choice() -> None:
    keys = keys_of({"mute": "Ctrl+M", "camera": "", "no_such": "Ctrl+J"})
    assert keys[KeyAction.MUTE] == "Ctrl+M"
    assert keys[KeyAction.CAMERA] == ""
    assert keys[KeyAction.HELP] == "F1"


def test_one_key_never_does_two_things() -> None:
    keys = keys_of({"camera": "Ctrl+D"})
    assert keys[KeyAction.MUTE] == "Ctrl+D"
    assert keys[KeyAction.CAMERA] == ""


def test_only_changes_are_kept() -> None:
    assert change_keys({}, KeyAction.MUTE, "Ctrl+M") == ChangeSettings({"shortcuts": {"mute": "Ctrl+M"}})
    kept = {"mute": "Ctrl+M", "help": "F2"}
    assert change_keys(kept, KeyAction.MUTE, "Ctrl+D") == ChangeSettings({"shortcuts": {"help": "F2"}})
    assert change_keys(kept, KeyAction.MUTE, "") == ChangeSettings({"shortcuts": {"help": "F2", "mute": ""}})
    assert change_keys(kept, KeyAction.MUTE, "Ctrl+M") is None
    assert reset_keys() == ChangeSettings({"shortcuts": {}})


def test_a_key_that_is_taken_is_refused_and_a_key_given_up_is_free() -> None:
    assert change_keys({}, KeyAction.MUTE, "Ctrl+E") == KeyFault("keys.taken", KeyAction.CAMERA)
    assert isinstance(change_keys({"camera": "Ctrl+R"}, KeyAction.MUTE, "Ctrl+E"), ChangeSettings)


@pytest.mark.parametrize("keys", ["M", "Shift+M", "Space", "Backspace", "Tab", "Ctrl+C", "Ctrl+V"])
def test_keys_that_typing_needs_are_refused(keys: str) -> None:
    assert change_keys({}, KeyAction.MUTE, keys) == KeyFault("keys.unfit")


@pytest.mark.parametrize("keys", ["F9", "Shift+F9", "Alt+M", "Ctrl+Shift+M", "Meta+M"])
def test_other_keys_are_taken(keys: str) -> None:
    assert isinstance(change_keys({}, KeyAction.MUTE, keys), ChangeSettings)


def test_no_key_acts_behind_a_sheet() -> None:
    assert not any(may_act(action, fakes.on_air(), Page.DESK, is_sheet_open=True) for action in KeyAction)
    assert all(may_act(action, fakes.on_air(), Page.DESK, is_sheet_open=False) for action in KeyAction)


def test_on_the_sign_in_page_keys_act_for_the_broadcast_behind_it_only() -> None:
    out = change(fakes.off_air(), account=AccountState())
    acting = {action for action in KeyAction if may_act(action, out, Page.SIGN_IN, is_sheet_open=False)}
    assert acting == {KeyAction.HELP}
    on_air = change(fakes.on_air(), account=AccountState())
    assert on_air.broadcast.phase is BroadcastPhase.ON_AIR
    acting = {action for action in KeyAction if may_act(action, on_air, Page.SIGN_IN, is_sheet_open=False)}
    assert acting == {KeyAction.HELP, KeyAction.MUTE, KeyAction.CAMERA, KeyAction.GO_LIVE}
