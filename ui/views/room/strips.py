"""One line above or below the chat, with what can be done about it: rules, a pinned message, one that waits, what was
done. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QWidget

from ui.widgets.basics import Button, Elided, column, row

STRIP_PX, QUOTE_PX = 34, 20


class _Once(Button):
    """The second click of a double click was meant for what stood there at the first."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()


class Strip(QFrame):
    """Hidden until it is told something. ``first`` and ``second`` are its buttons; ``closed`` its cross.

    ``has_quote``: its tip stands in a line of its own.
    """

    first = Signal()
    second = Signal()
    closed = Signal()

    def __init__(
        self, name: str, *, kind: str = "tile", tone: str = "2", can_close: bool = False, has_quote: bool = False
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", kind)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(STRIP_PX + (QUOTE_PX if has_quote else 0))
        lines = column(self, margins=(11, 0, 6, 4 if has_quote else 0))
        line = row(gap=10)
        lines.addLayout(line, 1)
        self.quote = Elided(f"{name}.quote", type_="12") if has_quote else None
        if self.quote is not None:
            lines.addWidget(self.quote)
        self.text = Elided(f"{name}.text", type_="12", tone=tone)
        self.first_button = _Once(f"{name}.first", kind="link")
        self.second_button = _Once(f"{name}.second", kind="link")
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
        self._had_keyboard: QWidget | None = None
        self._has_keyboard: QWidget | None = None
        """Which of the buttons had it before they were disabled, and who has it instead."""
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
        if self.quote is not None:
            self.quote.setText(tip)
            self.quote.setAccessibleName(tip)
        for button, label in ((self.first_button, first), (self.second_button, second)):
            button.setText(label)
            button.setAccessibleName(label)
            button.setVisible(bool(label))

    def set_busy(self, is_busy: bool) -> None:
        """Nothing more can be done until the answer is there; then the keyboard comes back, unless it was taken on."""
        buttons = (self.first_button, self.second_button)
        if is_busy is not self.first_button.isEnabled():
            return
        if is_busy:
            self._had_keyboard = next((one for one in buttons if one.hasFocus()), None)
        for button in buttons:
            button.setEnabled(not is_busy)
        if is_busy:
            self._has_keyboard = self.window().focusWidget()
        elif self._had_keyboard is not None and self.window().focusWidget() is self._has_keyboard:
            self._had_keyboard.setFocus(Qt.FocusReason.OtherFocusReason)
