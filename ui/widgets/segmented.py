"""A few choices side by side, one of them taken; arrow keys move within it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QSizePolicy

from ui.widgets.basics import Button, row


class Segmented(QFrame):
    """``chosen`` carries the value when a person takes another; ``show_value`` does not emit."""

    chosen = Signal(str)

    def __init__(self, name: str, values: tuple[str, ...]) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", "group")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = row(self, margins=(1, 1, 1, 1))
        self._group = QButtonGroup(self)
        self._buttons: dict[str, Button] = {}
        for index, value in enumerate(values):
            button = Button(f"{name}.{value}", kind="segment")
            button.setCheckable(True)
            place = "first" if index == 0 else "last" if index == len(values) - 1 else "middle"
            button.setProperty("place", place)
            button.clicked.connect(lambda _=False, taken=value: self.chosen.emit(taken))
            self._group.addButton(button)
            self._buttons[value] = button
            layout.addWidget(button)

    def set_labels(self, labels: dict[str, str]) -> None:
        """Name the choices."""
        for value, text in labels.items():
            self._buttons[value].setText(text)
            self._buttons[value].setAccessibleName(text)

    def show_value(self, value: str) -> None:
        """Show what is taken; an unknown value leaves all untaken."""
        button = self._buttons.get(value)
        if button is not None:
            button.setChecked(True)
            return
        self._group.setExclusive(False)
        for other in self._buttons.values():
            other.setChecked(False)
        self._group.setExclusive(True)

    def focus(self) -> None:
        """Give the keyboard to what is taken, else to the first."""
        taken = self._buttons.get(self.value()) or next(iter(self._buttons.values()))
        taken.setFocus(Qt.FocusReason.OtherFocusReason)

    def value(self) -> str:
        """What is taken now."""
        return next((value for value, button in self._buttons.items() if button.isChecked()), "")
