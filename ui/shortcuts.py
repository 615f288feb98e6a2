"""The window's keyboard shortcuts, whatever page is open. GUI thread; the shell owns them and decides what may act."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from ui.keys import DEFAULTS, KeyAction, Keys


class Shortcuts(QObject):
    """``asked`` carries the KeyAction whose keys were pressed."""

    asked = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._made: dict[KeyAction, QShortcut] = {}
        for action in DEFAULTS:
            shortcut = QShortcut(window)
            shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(lambda asked=action: self.asked.emit(asked))
            self._made[action] = shortcut

    def follow(self, keys: Keys) -> None:
        """Listen to these."""
        for action, shortcut in self._made.items():
            shortcut.setKey(QKeySequence.fromString(keys[action], QKeySequence.SequenceFormat.PortableText))


def shown_keys(keys: str) -> str:
    """Keys as this system writes them."""
    return QKeySequence.fromString(keys, QKeySequence.SequenceFormat.PortableText).toString(
        QKeySequence.SequenceFormat.NativeText
    )
