"""One line above or below the chat, with what can be done about it: rules, a pinned message, one that waits, what was
done. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame

from ui.widgets.basics import Button, Elided, row

STRIP_PX = 34


class Strip(QFrame):
    """Hidden until it is told something. ``first`` and ``second`` are its buttons; ``closed`` its cross."""

    first = Signal()
    second = Signal()
    closed = Signal()

    def __init__(self, name: str, *, kind: str = "tile", tone: str = "2", can_close: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", kind)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(STRIP_PX)
        line = row(self, margins=(11, 0, 6, 0), gap=10)
        self.text = Elided(f"{name}.text", type_="12", tone=tone)
        self.first_button = Button(f"{name}.first", kind="link")
        self.second_button = Button(f"{name}.second", kind="link")
        self.second_button.setProperty("tone", "2")
        self.close_button = Button(f"{name}.close", kind="icon", icon_name="close", icon_px=14)
        self.close_button.setVisible(can_close)
        self.first_button.clicked.connect(self.first)
        self.second_button.clicked.connect(self.second)
        self.close_button.clicked.connect(self.closed)
        line.addWidget(self.text, 1)
        for button in (self.first_button, self.second_button, self.close_button):
            line.addWidget(button)
        self._told: tuple[str, str, str, str] | None = None
        self.hide()

    def name_close(self, text: str) -> None:
        self.close_button.setAccessibleName(text)
        self.close_button.setToolTip(text)

    def tell(self, text: str, first: str = "", second: str = "", tip: str = "") -> None:
        """An empty text hides it; a button without a label is not there."""
        told = (text, first, second, tip)
        if told == self._told:
            return
        self._told = told
        self.setVisible(bool(text))
        self.text.setText(text)
        self.text.setAccessibleName(" ".join(filter(None, (text, tip))))
        self.text.setAccessibleDescription(tip)
        for button, label in ((self.first_button, first), (self.second_button, second)):
            button.setText(label)
            button.setAccessibleName(label)
            button.setVisible(bool(label))
