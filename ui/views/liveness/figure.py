"""A small face that shows what to do: it blinks, opens its mouth, turns or nods. GUI thread."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen, QPolygonF, QShowEvent
from PySide6.QtWidgets import QWidget

from app.domain.liveness import Action
from ui.motion import prefers_less_motion
from ui.theme.tokens import DARK, Tokens

SIDE_PX = 56
FRAME_MS, ROUND_MS = 60, 1800
STILL = 0.5
"""Of a round: where the movement has come furthest."""
_SIDES = {Action.TURN_LEFT: -1.0, Action.TURN_RIGHT: 1.0}
"""Of the screen, which is the person's own as in a mirror."""


class ActionFigure(QWidget):
    """Moves while it is seen; where less motion is asked for, it stands still with an arrow."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFixedSize(SIDE_PX, SIDE_PX)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        # on the ground of the page: what lies beneath is not painted with it
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.action: Action | None = None
        self.is_still = False
        self._tokens: Tokens = DARK
        self._at = STILL
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._go_on)

    def sizeHint(self) -> QSize:
        return QSize(SIDE_PX, SIDE_PX)

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def show_action(self, action: Action | None) -> None:
        """None hides it."""
        if action is not self.action:
            self.action = action
            self._at = STILL if self.is_still else 0.0
            self.update()
        self.setVisible(action is not None)

    def showEvent(self, event: QShowEvent) -> None:
        self.is_still = prefers_less_motion()
        if self.is_still:
            self._at = STILL
        else:
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    def _go_on(self) -> None:
        self._at = (self._at + FRAME_MS / ROUND_MS) % 1.0
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.action is None:
            return
        much = (1 - math.cos(2 * math.pi * self._at)) / 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self._tokens.bg))
        ground, ink = QColor(self._tokens.accent_soft), QColor(self._tokens.accent)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawEllipse(QRectF(0, 0, SIDE_PX, SIDE_PX))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.drawEllipse(QRectF(15, 10, 26, 34))
        x = _SIDES.get(self.action, 0.0) * 7 * much
        y = 7 * much if self.action is Action.NOD else 0.0
        self._paint_features(painter, x, y, much)
        if self.action in _SIDES or self.action is Action.NOD:
            self._paint_way(painter)
        painter.end()

    def _paint_features(self, painter: QPainter, x: float, y: float, much: float) -> None:
        ink = QColor(self._tokens.accent)
        open_px = 2.6 * (1 - much) if self.action is Action.BLINK else 2.6
        for eye in (22.5, 33.5):
            if open_px < 0.9:
                painter.drawLine(QPointF(eye + x - 3, 24 + y), QPointF(eye + x + 3, 24 + y))
            else:
                painter.setBrush(ink)
                painter.drawEllipse(QPointF(eye + x, 24 + y), 1.4, open_px / 2)
                painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawLine(QPointF(28 + x * 1.3, 27 + y), QPointF(28 + x * 1.3, 31 + y))
        if self.action is Action.MOUTH_OPEN:
            painter.drawEllipse(QPointF(28, 37), 5, 0.5 + 4 * much)
        else:
            painter.drawLine(QPointF(24.5 + x, 37 + y * 0.6), QPointF(31.5 + x, 37 + y * 0.6))

    def _paint_way(self, painter: QPainter) -> None:
        """A small arrow beside the face: the movement is told without motion, too."""
        if self.action is Action.NOD:
            painter.drawPolyline(QPolygonF([QPointF(45, 30), QPointF(48.5, 34), QPointF(52, 30)]))
            painter.drawLine(QPointF(48.5, 22), QPointF(48.5, 33))
            return
        side = _SIDES[self.action] if self.action is not None else 1.0
        tip = 28 + side * 24
        painter.drawPolyline(QPolygonF([QPointF(tip - side * 4, 24), QPointF(tip, 28), QPointF(tip - side * 4, 32)]))
        painter.drawLine(QPointF(tip, 28), QPointF(tip - side * 8, 28))
