"""A choice of picture or sound, with the question for a file. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QStyleOptionComboBox

from ui.presenters.sources import Choice
from ui.widgets.basics import Combo
from ui.widgets.tips import set_plain_tip

ARROW_PX, TEXT_LEFT_PX = 30, 14


class SourceCombo(Combo):
    """Choices of a source; ``taken`` carries the Choice."""

    taken = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._choices: tuple[Choice, ...] = ()
        self.activated.connect(lambda number: self.taken.emit(self._choices[number]))

    def show_choices(self, choices: tuple[Choice, ...]) -> None:
        """The same again costs nothing."""
        if choices == self._choices:
            return
        self._choices = choices
        with QSignalBlocker(self):
            self.clear()
            checked = -1
            for number, choice in enumerate(choices):
                self.addItem(choice.label)
                if choice.wish is None and not choice.asks_file:
                    self.setItemData(number, 0, int(Qt.ItemDataRole.UserRole) - 1)
                if choice.is_checked:
                    checked = number
            self.setCurrentIndex(checked)
        self.show_checked()

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """A long name is cut with an ellipsis before the arrow, and whole in the tooltip."""
        super().initStyleOption(option)
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, self.width() - ARROW_PX - TEXT_LEFT_PX
        )

    def show_checked(self) -> None:
        """Show what is in force: what a person chose and then did not take (no file, refused) is put back."""
        checked = next((at for at, choice in enumerate(self._choices) if choice.is_checked), -1)
        if self.currentIndex() != checked:
            with QSignalBlocker(self):
                self.setCurrentIndex(checked)
        set_plain_tip(self, self.currentText())
