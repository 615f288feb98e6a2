"""The curve of the health detail, painted by us: bitrate, backlog and drops over the last minutes. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.presenters.health import CurveView
from ui.theme.tokens import DARK, Tokens


class Curve(QWidget):
    """Newest at the right edge; a shorter history leaves the left empty."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(48)
        self._view = CurveView()
        self._tokens: Tokens = DARK

    def sizeHint(self) -> QSize:
        return QSize(600, 110)

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def draw(self, view: CurveView) -> None:
        """Show other figures."""
        if view is not self._view:
            self._view = view
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        view, tokens = self._view, self._tokens
        area = QRectF(self.rect()).adjusted(0, 4, 0, -4)
        painter = QPainter(self)
        painter.setPen(QPen(QColor(tokens.line_soft), 1))
        for share in (0.0, 0.5, 1.0):
            y = round(area.top() + area.height() * share) + 0.5
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        if len(view.sent_kbps) > 1:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            count = len(view.sent_kbps)
            span = min(view.span_s, max(60, count))
            step = area.width() / (span - 1)
            left = area.right() - step * (count - 1)
            most = max(*view.drops, 1)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.text_3))
            for index, drops in enumerate(view.drops):
                if drops:
                    height = area.height() * (0.1 + 0.3 * drops / most)
                    painter.drawRect(QRectF(left + step * index - 1, area.bottom() - height, 3, height))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for values, top, colour in (
                (view.sent_kbps, view.top_kbps, tokens.accent),
                (view.backlog_ms, view.top_backlog_ms, tokens.warn),
            ):
                points = [
                    QPointF(left + step * index, area.bottom() - area.height() * min(1.0, value / top))
                    for index, value in enumerate(values)
                ]
                painter.setPen(QPen(QColor(colour), 1.8))
                painter.drawPolyline(QPolygonF(points))
        painter.end()
