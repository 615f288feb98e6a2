"""The window's keyboard shortcuts, whatever page is open. GUI thread; the shell owns them and decides what may act."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QKeySequenceEdit, QLineEdit, QPlainTextEdit, QWidget

from ui.keys import DEFAULTS, KeyAction, Keys


class Shortcuts(QObject):
    """``asked`` carries the KeyAction whose keys were pressed.

    A text field has editing keys of its own (on X11 Ctrl+E is the end of the line) and takes them before any shortcut;
    the fields of the window at the time of making leave ours alone.
    """

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
        for kind in (QLineEdit, QPlainTextEdit):
            for field in window.findChildren(kind):
                if not isinstance(field.parent(), QKeySequenceEdit):
                    field.installEventFilter(self)

    def follow(self, keys: Keys) -> None:
        """Listen to these."""
        for action, shortcut in self._made.items():
            shortcut.setKey(QKeySequence.fromString(keys[action], QKeySequence.SequenceFormat.PortableText))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            typed = QKeySequence(event.keyCombination())
            if any(typed == shortcut.key() for shortcut in self._made.values()):
                event.ignore()
                return True
        return super().eventFilter(watched, event)


def shown_keys(keys: str) -> str:
    """Keys as this system writes them."""
    return QKeySequence.fromString(keys, QKeySequence.SequenceFormat.PortableText).toString(
        QKeySequence.SequenceFormat.NativeText
    )
