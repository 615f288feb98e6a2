"""Which theme each part of the window wears. GUI thread; owned by the shell."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.settings import Settings
from ui.theme.apply import apply_tokens, apply_tokens_in_steps
from ui.theme.tokens import Tokens, tokens_for

IDLE_MS = 10
"""Between two pieces of work ahead."""
PIECE_S = 0.001
"""CPU time of a piece: the window is not to be held up by what nobody waits for."""


class Dresser(QObject):
    """Pours tokens over a part only when it wears others: a restyle costs several milliseconds.

    A page that nobody has opened yet can be dressed ahead, widget by widget while the window has nothing else to do.
    """

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        self._worn: dict[QWidget, Tokens] = {}
        self._ahead: dict[QWidget, Iterator[None]] = {}
        self._idle = QTimer(self)
        self._idle.setInterval(IDLE_MS)
        self._idle.timeout.connect(self._go_on)

    def dress(self, settings: Settings, page: QWidget, *, is_live: bool, around: Iterable[QWidget]) -> None:
        """Dress the page that is seen, and what stands beside and over it, in the theme of the live page or of what
        is read. A page that is not seen is dressed when it is opened."""
        tokens = self._tokens(settings, is_live=is_live)
        for part in (page, *around):
            self._wear(part, tokens)

    def dress_ahead(self, settings: Settings, page: QWidget, *, is_live: bool) -> None:
        """Begin to dress a page that was never seen; nothing where it wears something already."""
        if page not in self._worn:
            tokens = self._tokens(settings, is_live=is_live)
            self._worn[page] = tokens
            self._ahead[page] = apply_tokens_in_steps(page, tokens)
            self._idle.start()

    def stop(self) -> None:
        """Nothing is dressed ahead any more."""
        self._idle.stop()
        self._ahead.clear()

    def _tokens(self, settings: Settings, *, is_live: bool) -> Tokens:
        is_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return tokens_for(settings.live_theme if is_live else settings.theme, is_system_dark=is_dark)

    def _wear(self, part: QWidget, tokens: Tokens) -> None:
        if self._worn.get(part) is not tokens:
            self._ahead.pop(part, None)
            self._worn[part] = tokens
            apply_tokens(part, tokens)
        elif part in self._ahead:
            # opened before it was done
            for _ in self._ahead.pop(part):
                pass

    def _go_on(self) -> None:
        until_s = time.thread_time() + PIECE_S
        while self._ahead and time.thread_time() < until_s:
            part, steps = next(iter(self._ahead.items()))
            if next(steps, self) is self:
                del self._ahead[part]
        if not self._ahead:
            self._idle.stop()
