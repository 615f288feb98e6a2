"""The level of sound on a wide scale from −60 to 0 dB, with its figures below. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy

from ui.widgets.frames import BAD_DB, LAMP_PX, MIN_DB, WARN_DB, FrameFeed, LevelMeter, corners, level_share

BAR_PX, TICKS_TOP_PX, HEIGHT_PX = 12, 18, 34
TICKS_DB = (-60, -50, -40, -30, -20, -9, 0)
TICK_PX = 40
SOFT_ALPHA = 46
"""Of the zones that are not reached: they stay to be seen."""


class ScaleMeter(LevelMeter):
    """Draws what LevelMeter draws, larger, with its zones and a scale. What is muted is drawn grey: it is not heard.

    It paints the ground of a card itself: what lies beneath need not be painted with each new level.
    """

    def __init__(self, name: str, feed: FrameFeed) -> None:
        super().__init__(name, feed)
        self.setMinimumSize(160, HEIGHT_PX)
        self.setMaximumSize(16_777_215, HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._scale = QPixmap()
        self._scale_for: tuple[object, ...] = ()

    def sizeHint(self) -> QSize:
        return QSize(400, HEIGHT_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(self._tokens.surface))
        self._paint_bar(painter)
        if event.rect().bottom() > self.changing_rect().bottom():
            painter.drawPixmap(0, TICKS_TOP_PX, self._drawn_scale())
        painter.end()

    def changing_rect(self) -> QRect:
        return QRect(0, 0, self.width(), BAR_PX + 2)

    def _paint_bar(self, painter: QPainter) -> None:
        tokens, levels = self._tokens, self._levels
        area = QRectF(0, 0, self.width(), BAR_PX)
        painter.fillRect(area, QColor(tokens.raised))
        is_muted = levels is not None and levels.is_muted
        reached = level_share(levels.level_db) * area.width() if levels is not None else 0.0
        for start_db, end_db, colour in (
            (MIN_DB, WARN_DB, tokens.good),
            (WARN_DB, BAD_DB, tokens.warn),
            (BAD_DB, 0.0, tokens.on_air),
        ):
            start, end = level_share(start_db) * area.width(), level_share(end_db) * area.width()
            soft = QColor(colour)
            soft.setAlpha(SOFT_ALPHA)
            painter.fillRect(QRectF(start, 0, end - start, BAR_PX), soft)
            if reached > start:
                lit = QColor(tokens.text_3 if is_muted else colour)
                painter.fillRect(QRectF(start, 0, min(end, reached) - start, BAR_PX), lit)
        if self.is_over:
            lamp = QRectF(area.width() - 2 * LAMP_PX, 0, 2 * LAMP_PX, BAR_PX)
            painter.fillRect(lamp, QColor(tokens.on_air_fill))
            painter.fillRect(lamp.adjusted(4, 2, -4, -2), QColor(tokens.on_fill))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(corners(area, 3), QColor(tokens.surface))
        if levels is not None:
            hold = level_share(levels.hold_db) * area.width()
            if hold > 1:
                painter.fillRect(QRectF(min(hold, area.width() - 2), -2, 2, BAR_PX + 4), QColor(tokens.text))

    def _drawn_scale(self) -> QPixmap:
        """Its figures, which never change: shaped and painted once for a width."""
        pixel_ratio = self.devicePixelRatioF()
        wanted = (self.width(), self._tokens.name, pixel_ratio, self.font().family())
        if wanted != self._scale_for:
            self._scale_for = wanted
            self._scale = QPixmap(QSize(self.width(), HEIGHT_PX - TICKS_TOP_PX) * pixel_ratio)
            self._scale.setDevicePixelRatio(pixel_ratio)
            self._scale.fill(QColor(self._tokens.surface))
            painter = QPainter(self._scale)
            self._paint_scale(painter)
            painter.end()
        return self._scale

    def _paint_scale(self, painter: QPainter) -> None:
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(QColor(self._tokens.text_3))
        for tick_db in TICKS_DB:
            at = level_share(float(tick_db)) * self.width()
            side = (
                Qt.AlignmentFlag.AlignLeft if tick_db == TICKS_DB[0]
                else Qt.AlignmentFlag.AlignRight if tick_db == TICKS_DB[-1]
                else Qt.AlignmentFlag.AlignHCenter
            )  # fmt: skip
            before_px = {Qt.AlignmentFlag.AlignLeft: 0, Qt.AlignmentFlag.AlignRight: TICK_PX}.get(side, TICK_PX // 2)
            painter.drawText(
                QRectF(at - before_px, 0, TICK_PX, HEIGHT_PX - TICKS_TOP_PX),
                int(side | Qt.AlignmentFlag.AlignVCenter),
                str(tick_db).replace("-", "−"),
            )
