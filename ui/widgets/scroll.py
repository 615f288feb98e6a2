"""An area that scrolls where the window is low. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ui.widgets.basics import Margins, column


def scrolled(name: str, *, margins: Margins, width_px: int = 0) -> tuple[QScrollArea, QVBoxLayout]:
    """The area and the column in it; ``width_px`` 0: as wide as there is room."""
    area = QScrollArea()
    area.setObjectName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    if width_px:
        area.setFixedWidth(width_px)
    inner = QWidget()
    layout = column(inner, margins=margins)
    area.setWidget(inner)
    return area, layout
