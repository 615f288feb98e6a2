"""Facts, one a line: what it is and how it is. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from ui.widgets.basics import NONE, Margins, column, label, row


class Facts(QFrame):
    """As many lines as ``draw`` is given, at most ``count``; with a ground of its own of the kind ``tile``."""

    def __init__(
        self, name: str, count: int, *, name_px: int, kind: str = "", margins: Margins = NONE, gap: int = 12
    ) -> None:
        super().__init__()
        self.setObjectName(f"{name}.facts")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        if kind:
            self.setProperty("kind", kind)
        lines = column(self, margins=margins, gap=8)
        self.lines: list[tuple[QWidget, QLabel, QLabel]] = []
        """The line, its name and its value."""
        for number in range(count):
            holder = QWidget()
            line = row(holder, gap=gap)
            title = label(f"{name}.fact.{number}", tone="2", wraps=True)
            title.setFixedWidth(name_px)
            value = label(f"{name}.value.{number}", wraps=True)
            line.addWidget(title, 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(value, 1)
            lines.addWidget(holder)
            self.lines.append((holder, title, value))

    def draw(self, facts: tuple[tuple[str, str], ...]) -> None:
        """Show these; without any it hides."""
        for number, (holder, title, value) in enumerate(self.lines):
            holder.setVisible(number < len(facts))
            if number < len(facts):
                title.setText(facts[number][0])
                value.setText(facts[number][1])
        self.setVisible(bool(facts))
