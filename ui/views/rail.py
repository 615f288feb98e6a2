"""The rail at the left: the logo, and only the pages that work."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QToolButton

from ui.keys import KeyAction
from ui.theme.icons import icon
from ui.theme.tokens import DARK, Tokens
from ui.views.base import View
from ui.widgets.basics import column
from ui.widgets.marks import Logo

RAIL_PX = 72
ENTRIES = (("live", "video", KeyAction.PAGE_LIVE), ("settings", "settings", KeyAction.PAGE_SETTINGS))


class RailButton(QToolButton):
    """An entry; a red dot while a broadcast runs."""

    def __init__(self, name: str, icon_name: str) -> None:
        super().__init__()
        self.setObjectName(f"rail.{name}")
        self.setProperty("kind", "rail")
        self.setCheckable(True)
        self.setFixedSize(56, 52)
        self.setIconSize(QSize(20, 20))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._icon_name = icon_name
        self._tokens: Tokens = DARK
        self.is_on_air = False

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.setIcon(icon(self._icon_name, tokens.text_2, checked_colour=tokens.accent, size_px=20))

    def show_on_air(self, is_on_air: bool, said: str) -> None:
        """Show or hide the dot; ``said`` is what a screen reader says of it."""
        self.setAccessibleDescription(said if is_on_air else "")
        if is_on_air != self.is_on_air:
            self.is_on_air = is_on_air
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.is_on_air:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._tokens.on_air_fill))
            painter.drawEllipse(QRectF(38, 7, 8, 8))
            painter.end()


class Rail(View):
    """``page_asked`` carries the name of the page."""

    page_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__("rail", ground="rail")
        self.setFixedWidth(RAIL_PX)
        layout = column(self, margins=(8, 12, 8, 12), gap=4)
        logo = Logo(36)
        self.texts.bind(logo.set_mark, "brand.mark")
        layout.addWidget(logo, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(8)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, RailButton] = {}
        for name, icon_name, key in ENTRIES:
            button = RailButton(name, icon_name)
            self.texts.bind(button.setText, f"rail.{name}")
            self.named(button, f"rail.{name}", key=key)
            button.clicked.connect(lambda _=False, page=name: self.page_asked.emit(page))
            self._group.addButton(button)
            self.buttons[name] = button
            if name == "settings":
                layout.addStretch(1)
            layout.addWidget(button)

    def show_page(self, name: str) -> None:
        """Mark the page that is open."""
        self.buttons[name].setChecked(True)
