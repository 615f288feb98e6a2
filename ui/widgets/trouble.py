"""One sentence of trouble with its one button, and a quiet second where there is a choice; hidden without one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from ui.presenters.common import TroubleView
from ui.widgets.basics import Button, label, row


class TroubleLine(QFrame):
    """``acted`` carries the action of the button."""

    acted = Signal(str)

    def __init__(self, name: str, *, tone: str = "bad") -> None:
        super().__init__()
        self.setObjectName(name)
        self._view: TroubleView | None = None
        layout = row(self, gap=8)
        self.text = label(f"{name}.text", type_="12", tone=tone, wraps=True)
        self.button = Button(f"{name}.action", kind="small")
        self.button.clicked.connect(lambda: self._click(second=False))
        self.second = Button(f"{name}.second", kind="quiet")
        self.second.clicked.connect(lambda: self._click(second=True))
        layout.addWidget(self.text, 1)
        layout.addWidget(self.second)
        layout.addWidget(self.button)
        self.hide()

    @property
    def view(self) -> TroubleView | None:
        """What is shown."""
        return self._view

    def draw(self, view: TroubleView | None) -> None:
        """Show a trouble, or nothing."""
        self._view = view
        self.setVisible(view is not None)
        if view is None:
            return
        self.text.setText(view.text)
        self.text.setAccessibleName(view.text)
        for button, text in ((self.button, view.action_label), (self.second, view.second_label)):
            button.setText(text)
            button.setAccessibleName(text)
            button.setVisible(bool(text))

    def _click(self, *, second: bool) -> None:
        if self._view is not None:
            self.acted.emit(self._view.second if second else self._view.action)
