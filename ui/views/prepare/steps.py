"""The steps of the way to air, one under the other; each says its state by an icon and in words. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.domain.onboarding import StepId, StepState
from ui.presenters.prepare import StepRow
from ui.theme.icons import pixmap
from ui.theme.tokens import DARK, Tokens
from ui.widgets.basics import column
from ui.widgets.tips import set_plain_tip

ROW_PX, CIRCLE_PX, TEXT_LEFT_PX, PAD_PX = 54, 24, 44, 8


class StepButton(QAbstractButton):
    """One step; clicking it shows what belongs to it."""

    def __init__(self, row: StepRow) -> None:
        super().__init__()
        self.setObjectName(f"prepare.step.{row.id.value}")
        self.setFixedHeight(ROW_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._tokens: Tokens = DARK
        self._row = row
        self.show_row(row)

    @property
    def row(self) -> StepRow:
        return self._row

    def show_row(self, row: StepRow) -> None:
        """Show this state of it."""
        self._row = row
        self.setAccessibleName(row.said)
        self.setToolTip("")
        self.update()

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(200, ROW_PX)

    def _font(self, size_px: int, *, bold: bool = False) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(size_px)
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, row = self._tokens, self._row
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.underMouse() or self.isDown():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.hover))
            painter.drawRoundedRect(area, 6, 6)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        self._paint_circle(painter)
        width = self.width() - TEXT_LEFT_PX - PAD_PX
        title = self._font(13, bold=row.is_chosen)
        self._paint_line(painter, row.title, title, QColor(tokens.text), 6, width)
        tone = tokens.warn if row.state is StepState.WAITING else tokens.text_2
        self._paint_line(painter, row.hint, self._font(12), QColor(tone), 28, width)
        painter.end()

    def _paint_line(self, painter: QPainter, text: str, font: QFont, ink: QColor, top: int, width: int) -> None:
        painter.setFont(font)
        painter.setPen(ink)
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, width)
        if shown != text:
            set_plain_tip(self, "\n".join((self._row.title, self._row.hint)))
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(TEXT_LEFT_PX, top, width, 20), flags, shown)

    def _paint_circle(self, painter: QPainter) -> None:
        tokens, state = self._tokens, self._row.state
        circle = QRectF(PAD_PX, 6, CIRCLE_PX, CIRCLE_PX)
        ground, edge, icon, ink = {
            StepState.DONE: (tokens.good_soft, tokens.good_soft, "check", tokens.good),
            StepState.CURRENT: (tokens.accent_fill, tokens.accent_fill, "", tokens.on_fill),
            StepState.WAITING: (tokens.warn_soft, tokens.warn_soft, "clock", tokens.warn),
            StepState.LATER: (tokens.surface, tokens.line, "", tokens.text_2),
        }[state]
        painter.setPen(QPen(QColor(edge), 1))
        painter.setBrush(QColor(ground))
        painter.drawEllipse(circle.adjusted(0.5, 0.5, -0.5, -0.5))
        if icon:
            mark = pixmap(icon, ink, 14, self.devicePixelRatioF())
            painter.drawPixmap(QPointF(circle.center().x() - 7, circle.center().y() - 7), mark)
            return
        painter.setFont(self._font(12, bold=state is StepState.CURRENT))
        painter.setPen(QColor(ink))
        painter.drawText(circle, int(Qt.AlignmentFlag.AlignCenter), str(self._row.number))


class StepList(QWidget):
    """``chosen`` carries the StepId that a person clicks. However many steps there are."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("prepare.steps")
        self._rows = column(self, gap=8)
        self._tokens: Tokens = DARK
        self.buttons: dict[StepId, StepButton] = {}

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def draw(self, rows: tuple[StepRow, ...]) -> None:
        """Show these steps."""
        if tuple(self.buttons) != tuple(one.id for one in rows):
            self._rebuild(rows)
        for one in rows:
            if self.buttons[one.id].row != one:
                self.buttons[one.id].show_row(one)

    def _rebuild(self, rows: tuple[StepRow, ...]) -> None:
        for button in self.buttons.values():
            self._rows.removeWidget(button)
            button.deleteLater()
        self.buttons = {}
        for one in rows:
            button = StepButton(one)
            button.set_tokens(self._tokens)
            button.clicked.connect(lambda _=False, step=one.id: self.chosen.emit(step))
            self._rows.addWidget(button)
            self.buttons[one.id] = button
