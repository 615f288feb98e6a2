"""Where a question's card lies in the picture and how its text is broken into lines. Pure; any thread.

Measured in shares of the picture's shorter side, so that it is as legible on a phone at 540p as at 1080p.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Measure = Callable[[str], float]
"""Width of a text in pixels."""
_SIZES = (18, 20, 22, 24, 26, 28, 30, 32)
"""The text's height is one of these parts of the shorter side: the largest with which everything fits. The longest
question takes 24 at 16:9 (three lines, 30 px at 720p) and 22 upright."""
_LARGE_LINES = 2
"""So many lines of the largest letters are as high as a card gets; upright it may be higher in proportion."""
_LEAST_PX = 8
"""Letters are never smaller."""
_NAME_RATIO = 0.72
_MARGIN_RATIO, _FOOT_RATIO = 0.05, 0.06
_LEAST_WIDTH_RATIO = 0.3
_LINE_RATIO, _NAME_LINE_RATIO, _PADDING_RATIO = 1.34, 1.3, 0.6
_MORE = "…"
_WORDS = re.compile(r"[A-Za-z0-9_@#.+:/\-'’]+|\s+|.", re.DOTALL)
_STICKS_BEFORE = frozenset("，。！？、；：）》】」』”’…,.!?;:)]}%")
"""No line begins with one of these."""


@dataclass(frozen=True, slots=True)
class CardLayout:
    """Everything in pixels of the programme; place and size are even, as its colours have half of them."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int
    padding_px: int
    text_px: int
    name_px: int
    name: str
    lines: tuple[str, ...]

    @property
    def text_top_px(self) -> int:
        """Where the first line of the text begins, within the card."""
        return self.padding_px + round(self.name_px * _NAME_LINE_RATIO)

    @property
    def line_px(self) -> int:
        """From one line to the next."""
        return round(self.text_px * _LINE_RATIO)


def laid_out(width_px: int, height_px: int, name: str, text: str, measure_at: Callable[[int], Measure]) -> CardLayout:
    """``measure_at``: how a text is measured in letters of a height."""
    short_px = min(width_px, height_px)
    most_px = _height(max(_LEAST_PX, short_px // _SIZES[0]), _LARGE_LINES) * height_px // short_px
    text_px, lines, inner_px = 0, [""], 0.0
    for part in _SIZES:
        text_px = max(_LEAST_PX, short_px // part)
        inner_px = width_px * (1 - 2 * _MARGIN_RATIO) - 2 * _padding(text_px)
        lines = wrapped(text, inner_px, measure_at(text_px))
        if _height(text_px, len(lines)) <= most_px:
            break
    else:
        # Only where letters of these sizes are smaller than can be drawn: no size that is broadcast.
        kept = next(number for number in range(len(lines), 0, -1) if _height(text_px, number) <= most_px or number == 1)
        rest = "".join(lines[kept - 1 :])
        lines = [*lines[: kept - 1], shortened(rest, inner_px, measure_at(text_px), is_cut=True)]
    name_px = _name_px(text_px)
    name = shortened(name, inner_px, measure_at(name_px))
    widest_px = max(measure_at(name_px)(name), *(measure_at(text_px)(line) for line in lines))
    padding_px = _padding(text_px)
    width = max(widest_px, width_px * _LEAST_WIDTH_RATIO) + 2 * padding_px
    height = _height(text_px, len(lines))
    left = width_px * _MARGIN_RATIO
    top = height_px * (1 - _FOOT_RATIO) - height
    return CardLayout(
        _even(left),
        _even(top),
        _even(width + 1.999),
        _even(height + 1),
        padding_px,
        text_px,
        name_px,
        name,
        tuple(lines),
    )


def wrapped(text: str, width_px: float, measure: Measure) -> list[str]:
    """Lines no wider than that: words stay whole where they can, and no line begins with a comma."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text, width_px, measure):
        if not line and piece.isspace():
            continue
        if not line or measure((line + piece).rstrip()) <= width_px:
            line += piece
            continue
        lines.append(line.rstrip())
        line = "" if piece.isspace() else piece
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def shortened(text: str, width_px: float, measure: Measure, *, is_cut: bool = False) -> str:
    """As much of it as fits into one line; what is left out, or (``is_cut``) was before, is told by an ellipsis."""
    if measure(text) <= width_px and not is_cut:
        return text
    kept = text.rstrip()
    while kept and measure(kept + _MORE) > width_px:
        kept = kept[:-1].rstrip()
    return kept + _MORE


def _pieces(text: str, width_px: float, measure: Measure) -> Sequence[str]:
    """What is not broken: words, signs with the comma behind them. A word too long for a line is broken anywhere."""
    pieces: list[str] = []
    for found in _WORDS.findall(text):
        sticks = found in _STICKS_BEFORE and bool(pieces) and not pieces[-1].isspace()
        if sticks and measure(pieces[-1] + found) <= width_px:
            pieces[-1] += found
        elif measure(found) > width_px:
            pieces.extend(found)
        else:
            pieces.append(found)
    return pieces


def _height(text_px: int, lines: int) -> int:
    """Of a card with so many lines."""
    return round(_name_px(text_px) * _NAME_LINE_RATIO) + lines * round(text_px * _LINE_RATIO) + 2 * _padding(text_px)


def _name_px(text_px: int) -> int:
    return max(_LEAST_PX, round(text_px * _NAME_RATIO))


def _padding(text_px: int) -> int:
    return round(text_px * _PADDING_RATIO)


def _even(value: float) -> int:
    return int(value) // 2 * 2
