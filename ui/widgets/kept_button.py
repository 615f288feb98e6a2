"""A button on the ground of a card that is often painted with what changes around it. GUI thread."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QStyle, QStyleOptionButton

from ui.widgets.basics import Button

MOST_LOOKS = 8


class KeptButton(Button):
    """Painted by the style once for each of its looks, and copied from then on: the style takes four times as long."""

    def __init__(self, name: str, *, kind: str = "", icon_name: str = "", icon_px: int = 18) -> None:
        super().__init__(name, kind=kind, icon_name=icon_name, icon_px=icon_px)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._looks: dict[Hashable, QPixmap] = {}

    def changeEvent(self, event: QEvent) -> None:
        # style, font, palette: whatever it may be
        self._looks.clear()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        ratio = self.devicePixelRatioF()
        wanted = (
            option.state.value, option.text, option.icon.cacheKey(), self.width(), self.height(), ratio,
            self._tokens.name, self.property("kind"), self.property("tone"),
        )  # fmt: skip
        look = self._looks.get(wanted)
        if look is None:
            if len(self._looks) >= MOST_LOOKS:
                self._looks.clear()
            look = self._looks[wanted] = self._drawn(option, ratio)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, look)
        painter.end()

    def _drawn(self, option: QStyleOptionButton, pixel_ratio: float) -> QPixmap:
        made = QPixmap(self.size() * pixel_ratio)
        made.setDevicePixelRatio(pixel_ratio)
        made.fill(QColor(self._tokens.surface))
        painter = QPainter(made)
        painter.setFont(self.font())
        self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)
        painter.end()
        return made
