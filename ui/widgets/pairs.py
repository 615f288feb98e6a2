"""Names and values below each other, as many as there are; a value may be long and can be copied. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel

from ui.widgets.basics import label


class Pairs(QGridLayout):
    """A layout: the labels belong to the widget that it is laid into."""

    def __init__(self, name: str, *, name_px: int) -> None:
        super().__init__()
        self._name = name
        self.setContentsMargins(0, 0, 0, 0)
        self.setHorizontalSpacing(12)
        self.setVerticalSpacing(6)
        self.setColumnMinimumWidth(0, name_px)
        self.setColumnStretch(1, 1)

    def draw(self, pairs: tuple[tuple[str, str], ...]) -> None:
        """Show these."""
        while self.count() > 2 * len(pairs):
            item = self.takeAt(self.count() - 1)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        for at, pair in enumerate(pairs):
            for column_at, text in enumerate(pair):
                item = self.itemAtPosition(at, column_at)
                shown = item.widget() if item is not None else None
                if not isinstance(shown, QLabel):
                    shown = self._make(at, column_at)
                shown.setText(text)

    def _make(self, at: int, column_at: int) -> QLabel:
        is_value = column_at == 1
        made = label(f"{self._name}.{at}.{column_at}", tone="" if is_value else "2", wraps=is_value)
        if is_value:
            made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.addWidget(made, at, column_at, Qt.AlignmentFlag.AlignTop)
        return made
