"""Tooltips of words that people wrote. Qt guesses whether a tooltip is rich text, and would load its pictures."""

from __future__ import annotations

from html import escape

from PySide6.QtWidgets import QWidget

LONG_CHARS = 60
"""From here on a tooltip must break its lines, which Qt does in rich ones only."""


def plain_tip(text: str) -> str:
    """A tooltip that shows ``text`` as it was written, whatever Qt takes it for; a long one breaks its lines."""
    if "<" not in text and "&lt;" not in text and len(text) <= LONG_CHARS:
        return text  # only with these may it be taken for rich
    return f'<p style="white-space: pre-wrap">{escape(text)}</p>'


def set_plain_tip(widget: QWidget, text: str) -> None:
    """Give a widget the tooltip ``text``; nothing is done when it has that already."""
    tip = plain_tip(text)
    if tip != widget.toolTip():
        widget.setToolTip(tip)
