"""Which theme each part of the window wears. GUI thread; owned by the shell."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.settings import Settings
from ui.theme.apply import apply_tokens
from ui.theme.tokens import Tokens, tokens_for


class Dresser:
    """Pours tokens over a part only when it wears others: a restyle costs several milliseconds."""

    def __init__(self) -> None:
        self._worn: dict[QWidget, Tokens] = {}

    def dress(self, settings: Settings, page: QWidget, *, is_live: bool, around: Iterable[QWidget]) -> None:
        """Dress the page that is seen, and what stands beside and over it, in the theme of the live page or of what
        is read. A page that is not seen is dressed when it is opened."""
        is_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        tokens = tokens_for(settings.live_theme if is_live else settings.theme, is_system_dark=is_dark)
        for part in (page, *around):
            self._wear(part, tokens)

    def _wear(self, part: QWidget, tokens: Tokens) -> None:
        if self._worn.get(part) is not tokens:
            self._worn[part] = tokens
            apply_tokens(part, tokens)
