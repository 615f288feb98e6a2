from __future__ import annotations

import re

import pytest

from ui.theme.qss import style_sheet
from ui.theme.tokens import DARK, LIGHT, Tokens, contrast_ratio, tokens_for

PAIRS = [
    *((ink, ground) for ink in ("text", "text_2", "text_3") for ground in ("bg", "surface", "raised", "field")),
    ("text_2", "pill"), ("text", "accent_soft"), ("text_2", "hover"),
    ("accent", "bg"), ("accent", "surface"), ("accent", "accent_soft"),
    ("good", "good_soft"), ("good", "surface"), ("warn", "warn_soft"), ("warn", "surface"), ("warn", "bg"),
    ("bad", "on_air_soft"), ("bad", "surface"), ("bad", "bg"), ("bad", "raised"),
    ("on_fill", "accent_fill"), ("on_fill", "on_air_fill"),
]  # fmt: skip


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=lambda tokens: tokens.name)
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read(tokens: Tokens, ink: str, ground: str) -> None:
    assert contrast_ratio(getattr(tokens, ink), getattr(tokens, ground)) >= 4.5


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=lambda tokens: tokens.name)
def test_initials_can_be_read_on_avatars(tokens: Tokens) -> None:
    assert min(contrast_ratio(tokens.on_fill, colour) for colour in tokens.avatars) >= 4.5


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast_ratio("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast_ratio("#777777", "#777777") == 1


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=lambda tokens: tokens.name)
def test_style_sheet_is_filled(tokens: Tokens) -> None:
    sheet = style_sheet(tokens)
    assert "$" not in sheet
    assert tokens.surface in sheet
    assert sheet.count("{") == sheet.count("}")


def test_red_is_only_for_air_destruction_and_errors() -> None:
    red = {DARK.on_air, DARK.on_air_fill, DARK.bad}
    for rule in re.findall(r"([^{}]+)\{([^{}]*)\}", style_sheet(DARK)):
        if any(colour in rule[1] for colour in red):
            assert re.search(r'"stop"|"(quiet-|small-)?bad"|invalid', rule[0]), rule[0]


def test_theme_of_a_setting() -> None:
    assert tokens_for("system", is_system_dark=True) is DARK
    assert tokens_for("system", is_system_dark=False) is LIGHT
    assert tokens_for("light", is_system_dark=True) is LIGHT
    assert tokens_for("dark", is_system_dark=False) is DARK
