"""Several choices of which one is taken, each with a title and a line of its own. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QScrollArea, QSizePolicy, QWidget

from ui.theme.tokens import DARK, Tokens
from ui.widgets.basics import column
from ui.widgets.tips import set_plain_tip

ROW_PX, MARK_PX, PAD_PX = 46, 16, 10
GAP_PX, LEAST_ROWS = 6, 2


class RadioRow(QAbstractButton):
    """Belongs into a ``RadioList``: arrow keys go from one to the next."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setCheckable(True)
        self.setAutoExclusive(True)  # also makes it a radio button for a screen reader
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._tokens: Tokens = DARK
        self._detail = ""

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def show_choice(self, title: str, detail: str) -> None:
        """What it is, and the line below."""
        if (title, detail) != (self.text(), self._detail):
            self.setText(title)
            self._detail = detail
            self.setAccessibleName(f"{title} {detail}".strip())
            set_plain_tip(self, title)
            self.update()

    @property
    def detail(self) -> str:
        return self._detail

    def sizeHint(self) -> QSize:
        return QSize(200, ROW_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, is_on = self._tokens, self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isEnabled() else 0.5)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(QColor(tokens.accent if is_on or self.hasFocus() else tokens.line), 1))
        painter.setBrush(QColor(tokens.accent_soft if is_on else tokens.hover if self.underMouse() else tokens.surface))
        painter.drawRoundedRect(area, 6, 6)
        mark = QRectF(PAD_PX + 0.5, area.center().y() - MARK_PX / 2, MARK_PX, MARK_PX)
        painter.setPen(QPen(QColor(tokens.accent_fill if is_on else tokens.text_3), 5 if is_on else 1.5))
        painter.setBrush(QColor(tokens.on_fill if is_on else tokens.field))
        inset = 2.5 if is_on else 0.75
        painter.drawEllipse(mark.adjusted(inset, inset, -inset, -inset))
        self._write(painter, area)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.end()

    def _write(self, painter: QPainter, area: QRectF) -> None:
        left = PAD_PX * 2 + MARK_PX
        line = QRectF(left, area.top() + 5, area.width() - left - PAD_PX, (area.height() - 10) / 2)
        for text, size_px, weight, ink in (
            (self.text(), 13, QFont.Weight.DemiBold, self._tokens.text),
            (self._detail, 12, QFont.Weight.Normal, self._tokens.text_2),
        ):
            font = QFont(self.font())
            font.setPixelSize(size_px)
            font.setWeight(weight)
            painter.setFont(font)
            painter.setPen(QColor(ink))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, round(line.width()))
            painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown)
            line.translate(0, line.height())


class RadioList(QScrollArea):
    """Rows below each other. Where a window is low they give way, down to two; the one that is taken stays in sight."""

    def __init__(self, name: str, rows: tuple[RadioRow, ...]) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._rows = rows
        inner = QWidget()
        below = column(inner, gap=GAP_PX)
        self._group = QButtonGroup(self)
        for one in rows:
            self._group.addButton(one)
            below.addWidget(one)
        self.setWidget(inner)

    def fit(self) -> None:
        """Other rows are shown, or another one is taken."""
        self.setMaximumHeight(self._height_px(len(self._shown)))
        self.updateGeometry()
        self._show_taken()

    @property
    def _shown(self) -> list[RadioRow]:
        return [one for one in self._rows if not one.isHidden()]

    @staticmethod
    def _height_px(count: int) -> int:
        return count * ROW_PX + max(0, count - 1) * GAP_PX

    def sizeHint(self) -> QSize:
        return QSize(200, self._height_px(len(self._shown)))

    def minimumSizeHint(self) -> QSize:
        return QSize(100, self._height_px(min(LEAST_ROWS, len(self._shown))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_taken()

    def _show_taken(self) -> None:
        taken = next((one for one in self._shown if one.isChecked()), None)
        if taken is not None:
            self.ensureWidgetVisible(taken, 0, 0)
