"""A month of the schedule: whole weeks from Monday on, each day with its sessions. GUI thread.

A table, so that arrow keys move in it and a screen reader reads its days.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from ui.models.rows import ROW_ROLE
from ui.presenters.schedule import CellEntry, DayCell, MonthView
from ui.theme.tokens import DARK, Tokens

Index = QModelIndex | QPersistentModelIndex
DAYS = 7
LINE_PX, NUMBER_PX, PAD_PX = 19, 26, 6
LEAST_ROW_PX = 64


class MonthModel(QAbstractTableModel):
    """The days, a week a row."""

    def __init__(self, parent: QTableView) -> None:
        super().__init__(parent)
        self._days: tuple[DayCell, ...] = ()
        self._weekdays: tuple[str, ...] = ("",) * DAYS

    def follow(self, days: tuple[DayCell, ...], weekdays: tuple[str, ...]) -> bool:
        """Become these; whether they are other days than before."""
        if (days, weekdays) == (self._days, self._weekdays):
            return False
        is_other = [one.day for one in days] != [one.day for one in self._days]
        if is_other:
            self.beginResetModel()
        self._days, self._weekdays = days, weekdays
        if is_other:
            self.endResetModel()
        else:
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, DAYS - 1))
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, DAYS - 1)
        return is_other

    def place_of(self, day: date) -> QModelIndex:
        """Where a day is; an invalid one for a day that is not on this page."""
        at = next((number for number, one in enumerate(self._days) if one.day == day), -1)
        return self.index(at // DAYS, at % DAYS) if at >= 0 else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._days) // DAYS

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else DAYS

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        cell = self._days[index.row() * DAYS + index.column()]
        if role == ROW_ROLE:
            return cell
        return cell.said if role == int(Qt.ItemDataRole.AccessibleTextRole) else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == int(Qt.ItemDataRole.DisplayRole):
            return self._weekdays[section]
        return None


class DayDelegate(QStyledItemDelegate):
    """Paints a day: its number, and as many of its sessions as there is room for."""

    def __init__(self, view: QTableView) -> None:
        super().__init__(view)
        self.tokens: Tokens = DARK
        self.more = "{count}"

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell: DayCell = index.data(ROW_ROLE)
        tokens, area = self.tokens, QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_chosen:
            painter.fillRect(area, QColor(tokens.accent_soft))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, QColor(tokens.hover))
        painter.setPen(QColor(tokens.line_soft))
        painter.drawLine(area.topRight(), area.bottomRight())
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if is_chosen and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(tokens.accent))
            painter.drawRect(area.adjusted(0.5, 0.5, -1.5, -1.5))
        self._paint_number(painter, area, cell, option.font)
        self._paint_entries(painter, area, cell, option.font)
        painter.restore()

    def _paint_number(self, painter: QPainter, area: QRectF, cell: DayCell, base: QFont) -> None:
        tokens, font = self.tokens, QFont(base)
        font.setPixelSize(12)
        spot = QRectF(area.left() + PAD_PX, area.top() + 4, 22, 22)
        ink = tokens.text if cell.is_in_month and not cell.is_past else tokens.text_3
        if cell.is_today:
            font.setWeight(QFont.Weight.DemiBold)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent_fill))
            painter.drawEllipse(spot)
            ink = tokens.on_fill
        painter.setFont(font)
        painter.setPen(QColor(ink))
        painter.drawText(spot, int(Qt.AlignmentFlag.AlignCenter), cell.number)

    def _paint_entries(self, painter: QPainter, area: QRectF, cell: DayCell, base: QFont) -> None:
        room = max(0, int((area.height() - NUMBER_PX - 4) // LINE_PX))
        shown = cell.entries if len(cell.entries) <= room else cell.entries[: max(0, room - 1)]
        font = QFont(base)
        font.setPixelSize(11)
        painter.setFont(font)
        line = QRectF(area.left() + PAD_PX, area.top() + NUMBER_PX, area.width() - 2 * PAD_PX, LINE_PX)
        for entry in shown:
            self._paint_entry(painter, line, entry)
            line.translate(0, LINE_PX)
        left = len(cell.entries) - len(shown)
        if left and room:
            painter.setPen(QColor(self.tokens.text_2))
            painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter), self.more.format(count=left))
        elif left:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.tokens.accent_fill))
            painter.drawEllipse(QRectF(area.right() - 16, area.top() + 11, 7, 7))

    def _paint_entry(self, painter: QPainter, line: QRectF, entry: CellEntry) -> None:
        tokens = self.tokens
        ground, ink = tokens.accent_soft, tokens.accent
        if entry.is_on_air:
            ground, ink = tokens.on_air_fill, tokens.on_fill
        elif entry.is_over:
            ground, ink = tokens.pill, tokens.text_3
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(line.adjusted(0, 1, 0, -1), 3, 3)
        painter.setPen(QColor(ink))
        words = line.adjusted(5, 0, -3, 0)
        text = painter.fontMetrics().elidedText(
            f"{entry.time} {entry.title}", Qt.TextElideMode.ElideRight, round(words.width())
        )
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), text)


class MonthTable(QTableView):
    """``chosen`` carries the day that a person goes to, ``taken`` the one they open."""

    chosen = Signal(object)
    taken = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._is_drawing = False
        self.setObjectName(name)
        self.setProperty("kind", "month")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(LEAST_ROW_PX)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        head = self.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        head.setSectionsClickable(False)
        head.setHighlightSections(False)
        head.setFixedHeight(30)
        self._model = MonthModel(self)
        self.setModel(self._model)
        self._delegate = DayDelegate(self)
        self.setItemDelegate(self._delegate)

    def set_tokens(self, tokens: Tokens) -> None:
        self._delegate.tokens = tokens
        self.viewport().update()

    def draw(self, view: MonthView, more: str) -> None:
        """Show this month; ``more`` says how many sessions have no room, with ``{count}``."""
        self._is_drawing = True
        self._delegate.more = more
        self._model.follow(view.days, view.weekdays)
        place = self._model.place_of(view.chosen)
        if place != self.currentIndex():
            self.setCurrentIndex(place)
        self._is_drawing = False

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if not self._is_drawing and current.isValid():
            self.chosen.emit(current.data(ROW_ROLE).day)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._take(self.indexAt(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _take(self, index: Index) -> None:
        if index.isValid():
            self.taken.emit(index.data(ROW_ROLE).day)
