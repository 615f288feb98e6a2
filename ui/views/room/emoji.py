"""A small grid of emoji to put into a message. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from app.i18n import load_emoji
from ui.widgets.basics import Button

ACROSS = 8


class EmojiGrid(QWidget):
    """``taken`` carries the one that was chosen; arrow keys move within the grid."""

    taken = Signal(str)

    def __init__(self, language: str) -> None:
        super().__init__()
        self.setObjectName("chat.emoji_grid")
        grid = QGridLayout(self)
        grid.setContentsMargins(6, 6, 6, 6)
        grid.setSpacing(2)
        self.buttons: list[Button] = []
        for number, one in enumerate(load_emoji(language)):
            button = Button(f"chat.emoji.{number}", kind="icon")
            button.setText(one.text)
            button.setAccessibleName(one.name)
            button.clicked.connect(lambda _=False, chosen=one.text: self.taken.emit(chosen))
            button.installEventFilter(self)
            grid.addWidget(button, number // ACROSS, number % ACROSS)
            self.buttons.append(button)

    def focus_first(self) -> None:
        self.buttons[0].setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys go by rows and columns: by itself a button takes each of them for the next or the one before."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        step = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -ACROSS, Qt.Key.Key_Down: ACROSS,
        }.get(Qt.Key(event.key()))  # fmt: skip
        if step is None:
            return False
        wanted = next(number for number, one in enumerate(self.buttons) if one is watched) + step
        if 0 <= wanted < len(self.buttons):
            self.buttons[wanted].setFocus()
        return True
