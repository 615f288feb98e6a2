"""The rail at the left: the logo, and only the pages that work. GUI thread; owned by the shell."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QToolButton

from app.i18n import Translator
from app.usecases.state import DeskState
from ui.keys import KeyAction
from ui.presenters.common import ON_AIR_PHASES
from ui.presenters.messages import badge_said, badge_text
from ui.presenters.prepare import is_needed
from ui.presenters.schedule import is_offered
from ui.theme.icons import icon
from ui.theme.tokens import DARK, Tokens
from ui.views.base import View
from ui.widgets.basics import column
from ui.widgets.marks import Logo

RAIL_PX = 72
ENTRIES = (
    ("live", "video", KeyAction.PAGE_LIVE),
    ("schedule", "calendar", KeyAction.PAGE_SCHEDULE),
    ("prepare", "prepare", KeyAction.PAGE_PREPARE),
    ("documents", "document", KeyAction.PAGE_DOCUMENTS),
    ("messages", "bell", KeyAction.PAGE_MESSAGES),
    ("settings", "settings", KeyAction.PAGE_SETTINGS),
)
FIRST_BELOW = "messages"
"""From here on the entries stand at the lower end."""
BADGE_PX = 16


class RailButton(QToolButton):
    """An entry; with a red dot while a broadcast runs, or with a number of what waits there."""

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
        self.badge = ""

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.setIcon(icon(self._icon_name, tokens.text_2, checked_colour=tokens.accent, size_px=20))

    def show_on_air(self, is_on_air: bool, said: str) -> None:
        """Show or hide the dot; ``said`` is what a screen reader says of it."""
        self.setAccessibleDescription(said if is_on_air else "")
        if is_on_air != self.is_on_air:
            self.is_on_air = is_on_air
            self.update()

    def show_badge(self, text: str, said: str) -> None:
        """Show a short number, or nothing when it is empty."""
        self.setAccessibleDescription(said)
        if text != self.badge:
            self.badge = text
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.is_on_air and not self.badge:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.is_on_air:
            painter.setBrush(QColor(self._tokens.on_air_fill))
            painter.drawEllipse(QRectF(38, 7, 8, 8))
        if self.badge:
            self._paint_badge(painter)
        painter.end()

    def _paint_badge(self, painter: QPainter) -> None:
        # not red: red is on air and what destroys
        font = QFont(self.font())
        font.setPixelSize(11)
        font.setWeight(QFont.Weight.DemiBold)
        width = max(BADGE_PX, QFontMetricsF(font).horizontalAdvance(self.badge) + 8)
        area = QRectF(min(33.0, self.width() - width - 3), 3, width, BADGE_PX)
        painter.setBrush(QColor(self._tokens.accent_fill))
        painter.drawRoundedRect(area, BADGE_PX / 2, BADGE_PX / 2)
        painter.setFont(font)
        painter.setPen(QColor(self._tokens.on_fill))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), self.badge)


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
            if name == FIRST_BELOW:
                layout.addStretch(1)
            layout.addWidget(button)

    def draw(self, state: DeskState, tr: Translator, *, page: str, entry: str) -> None:
        """``page`` is open, of this ``entry``."""
        self.show_entry("prepare", is_needed(state) or page == "prepare")
        self.show_entry("schedule", is_offered(state) or page == "schedule")
        self.show_page(entry)
        self.buttons["live"].show_on_air(state.broadcast.phase in ON_AIR_PHASES, tr.text("phase.on_air"))
        unread = state.inbox.unread
        self.buttons["messages"].show_badge(badge_text(unread), badge_said(unread, tr))

    def show_page(self, name: str) -> None:
        """Mark the page that is open."""
        self.buttons[name].setChecked(True)

    def offers(self, name: str) -> bool:
        """Whether an entry is there now."""
        return not self.buttons[name].isHidden()

    def show_entry(self, name: str, is_shown: bool) -> None:
        """Let an entry come or go."""
        if self.offers(name) != is_shown:
            self.buttons[name].setVisible(is_shown)
