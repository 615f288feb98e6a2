"""Colours, spacing, radii and type of both themes: the only place where a colour is written down. Pure."""

from __future__ import annotations

from dataclasses import dataclass

SPACE_PX = (4, 8, 12, 16, 20, 28)
RADIUS_CARD_PX = 8
RADIUS_CONTROL_PX = 6
TYPE_PX = (11, 12, 13, 15, 16, 22)
FONT_FAMILIES = ("Noto Sans CJK SC", "Microsoft YaHei UI", "PingFang SC", "Inter", "sans-serif")


@dataclass(frozen=True)
class Tokens:
    """One theme. ``*_fill`` are grounds that carry white text; ``*_soft`` are grounds for the colour itself."""

    name: str
    bg: str
    surface: str
    raised: str
    line: str
    line_soft: str
    text: str
    text_2: str
    text_3: str
    accent: str
    accent_fill: str
    accent_soft: str
    on_air: str
    on_air_fill: str
    on_air_soft: str
    good: str
    good_soft: str
    warn: str
    warn_soft: str
    bad: str
    gift: str
    hover: str
    field: str
    pill: str
    on_fill: str = "#FFFFFF"
    chip: str = "rgba(0, 0, 0, 160)"
    scrim: str = "rgba(8, 10, 14, 150)"
    brand_from: str = "#4C8DFF"
    brand_to: str = "#2456C9"
    brand_ground_from: str = "#17223B"
    brand_ground_to: str = "#0F1218"
    brand_text: str = "#F2F4F8"
    brand_text_2: str = "#A3ABB8"
    brand_text_3: str = "#8A929F"
    matte: str = "#0C0D10"
    avatars: tuple[str, ...] = ("#7A55D0", "#2A7B6E", "#4667AB", "#9E5A38", "#2B7A55", "#884F7F", "#5A6270", "#8A5A12")


DARK = Tokens(
    name="dark",
    bg="#14161A",
    surface="#1B1E24",
    raised="#23272F",
    line="#2E333D",
    line_soft="#262A32",
    text="#ECEEF2",
    text_2="#A3ABB8",
    text_3="#8A929F",
    accent="#6BA1FF",
    accent_fill="#2F6FE4",
    accent_soft="#1D2C47",
    on_air="#F6645C",
    on_air_fill="#D93A32",
    on_air_soft="#3A1D1E",
    good="#35B37E",
    good_soft="#16302A",
    warn="#E5A53B",
    warn_soft="#382C18",
    bad="#F6645C",
    gift="#D9A441",
    hover="#2B303A",
    field="#23272F",
    pill="#23272F",
)

LIGHT = Tokens(
    name="light",
    bg="#F4F5F7",
    surface="#FFFFFF",
    raised="#F0F2F5",
    line="#DDE1E7",
    line_soft="#E8EBEF",
    text="#1B1F26",
    text_2="#5A6270",
    text_3="#656C78",
    accent="#2460D0",
    accent_fill="#2F6FE4",
    accent_soft="#E6EEFC",
    on_air="#C22F28",
    on_air_fill="#D93A32",
    on_air_soft="#FBE9E8",
    good="#15734B",
    good_soft="#E3F4EC",
    warn="#8A5A12",
    warn_soft="#FBF1DD",
    bad="#C22F28",
    gift="#87600F",
    hover="#E8EBEF",
    field="#FFFFFF",
    pill="#E6E9EE",
)


def tokens_for(theme: str, *, is_system_dark: bool) -> Tokens:
    """The tokens of a setting: ``light``, ``dark`` or ``system``."""
    if theme == "system":
        return DARK if is_system_dark else LIGHT
    return LIGHT if theme == "light" else DARK


def contrast_ratio(first: str, second: str) -> float:
    """WCAG 2 contrast of two #RRGGBB colours, 1 … 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
