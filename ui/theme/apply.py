"""Pours tokens over a widget tree: style sheet, palette, and the colours of widgets that paint themselves.

GUI thread only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from ui.theme.qss import style_sheet
from ui.theme.tokens import Tokens


@runtime_checkable
class Themed(Protocol):
    """A widget that paints itself, or carries icons, from tokens."""

    def set_tokens(self, tokens: Tokens) -> None: ...


def palette_of(tokens: Tokens) -> QPalette:
    """The palette for what a style sheet does not reach."""
    palette = QPalette()
    for role, colour in (
        (QPalette.ColorRole.Window, tokens.bg),
        (QPalette.ColorRole.Base, tokens.surface),
        (QPalette.ColorRole.Button, tokens.raised),
        (QPalette.ColorRole.WindowText, tokens.text),
        (QPalette.ColorRole.Text, tokens.text),
        (QPalette.ColorRole.ButtonText, tokens.text),
        (QPalette.ColorRole.PlaceholderText, tokens.text_3),
        (QPalette.ColorRole.Highlight, tokens.accent_fill),
        (QPalette.ColorRole.HighlightedText, tokens.on_fill),
        (QPalette.ColorRole.Link, tokens.accent),
        (QPalette.ColorRole.ToolTipBase, tokens.raised),
        (QPalette.ColorRole.ToolTipText, tokens.text),
    ):
        palette.setColor(role, QColor(colour))
    return palette


def apply_tokens(root: QWidget, tokens: Tokens) -> None:
    """Dress ``root`` and everything in it. Costs a restyle: at start and when the theme changes only."""
    root.setPalette(palette_of(tokens))
    root.setStyleSheet(style_sheet(tokens))
    for widget in (root, *root.findChildren(QWidget)):
        if isinstance(widget, Themed):
            widget.set_tokens(tokens)


def apply_tokens_in_steps(root: QWidget, tokens: Tokens) -> Iterator[None]:
    """The same, a little with each step, up to what Qt itself would put off until ``root`` is shown.

    For a ``root`` that is not shown and never was: what was shown is restyled as a whole.
    """
    root.setPalette(palette_of(tokens))
    yield
    root.setStyleSheet(style_sheet(tokens))
    yield
    for widget in (root, *root.findChildren(QWidget)):
        if isinstance(widget, Themed):
            widget.set_tokens(tokens)
        widget.ensurePolished()
        yield
    for widget in root.findChildren(QWidget):
        # its text is measured, which the first layout would ask for
        widget.sizeHint()
        yield


def set_look(widget: QWidget, **properties: str) -> None:
    """Change what the style sheet selects by (kind, tone …); restyles only when something changed."""
    did_change = False
    for name, value in properties.items():
        if widget.property(name) != value:
            widget.setProperty(name, value)
            did_change = True
    if did_change and widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()
