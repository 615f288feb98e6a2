"""The list of messages: only those in view are measured anew and painted, however many come. GUI thread.

A view of Qt's own lays all its rows out again with each that comes. This one keeps their heights, adds what is new in
its place and takes away what went. It follows the end while it is there; it stands still while the mouse is
over it, or the keyboard in it, so that what is pointed at does not run away.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QRegion, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QStyle, QStyleOptionViewItem

from ui.models.rows import KEY_ROLE, ROW_ROLE
from ui.views.room.message_paint import TEXT_LEFT_PX, MessageDelegate

Index = QModelIndex | QPersistentModelIndex
KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_M, Qt.Key.Key_K, Qt.Key.Key_R, Qt.Key.Key_Menu)
"""Delete the message, mute, send out, reply, the menu of its row."""
AT_END_PX = 24
STEP_PX = 40


class MessageList(QAbstractItemView):
    """``pointed`` carries the row under the mouse, or the current one while the list has the keyboard; -1: none.

    ``retried`` carries the wish that sends a failed message again, ``entered_row`` a row whose Enter was pressed,
    ``key_asked`` one of KEYS and the row it is for, ``end_left`` whether something newer stands below what is seen.
    """

    pointed = Signal(int)
    retried = Signal(object)
    entered_row = Signal(object)
    key_asked = Signal(int, object)
    end_left = Signal(bool)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", "feed")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setMouseTracking(True)
        self.messages = MessageDelegate(self)
        self.setItemDelegate(self.messages)
        self._heights: list[int] = []
        self._tops: list[int] = [0]
        self._width_px = 0
        self._wants_end = True
        """Nobody has scrolled away from the end."""
        self._is_own_move = False
        self._hovered = -1
        self._pressed = ""
        """The message that the mouse was pressed on."""
        self._kept_keys, self._kept_px = ("", ""), 0
        """Of the row under the mouse and the current one, and where the first stood, through a reset."""
        self.keeps_still: Callable[[], bool] = lambda: False
        """Whether something that belongs to a row is open, such as its menu."""
        self.verticalScrollBar().valueChanged.connect(self._moved)

    # ---- the rows --------------------------------------------------------------------------------

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        if model is not None:
            model.rowsAboutToBeRemoved.connect(self._removing)
            model.rowsRemoved.connect(self._removed)
            model.modelAboutToBeReset.connect(self._resetting)
            model.modelReset.connect(self._was_reset)

    def measure_all(self) -> None:
        """Every row anew: another width, another size of text, other rows."""
        self._width_px = self.viewport().width()
        self._heights = [self._height_of(row) for row in range(self._count())]
        self._hovered = min(self._hovered, len(self._heights) - 1)
        self._lay_out()
        self.viewport().update()

    def _count(self) -> int:
        model = self.model()
        return model.rowCount() if model is not None else 0

    def _height_of(self, row: int) -> int:
        return self.messages.height_px(self.model().index(row, 0).data(ROW_ROLE), self.font(), self._width_px)

    @property
    def _anchor(self) -> int:
        """The row that stays where it is, whatever comes or goes above it: the one under the mouse, else the first."""
        if self._hovered >= 0:
            return self._hovered
        return min(bisect_right(self._tops, self.verticalOffset()), len(self._heights)) - 1

    def _shift(self, by_px: int) -> None:
        if by_px and not self.follows_end:
            self._scroll(self.verticalScrollBar().value() + by_px)

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        is_above, added = start <= self._anchor, [self._height_of(row) for row in range(start, end + 1)]
        self._heights[start:start] = added
        if start <= self._hovered:
            self._hovered += len(added)
        self._lay_out()
        if is_above:
            self._shift(sum(added))
        super().rowsInserted(parent, start, end)
        if not self.follows_end and not is_above:
            self.end_left.emit(True)

    def _removing(self, parent: Index, start: int, end: int) -> None:
        self._shift(-sum(self._heights[start : min(end + 1, max(start, self._anchor))]))

    def _removed(self, parent: Index, start: int, end: int) -> None:
        del self._heights[start : end + 1]
        if self._hovered > end:
            self._hovered -= end + 1 - start
        elif self._hovered >= start:
            self._hovered = -1
        self._lay_out()
        self.viewport().update()

    def _resetting(self) -> None:
        self._kept_keys = (self._key_at(self._hovered), self._key_at(self.currentIndex().row()))
        self._kept_px = self._tops[max(0, self._hovered)] - self.verticalOffset()

    def _was_reset(self) -> None:
        """What is pointed at is the same message, wherever it stands now."""
        self._hovered = self._at_key(self._kept_keys[0])
        self.measure_all()
        if self._hovered >= 0:
            self._shift(self._tops[self._hovered] - self.verticalOffset() - self._kept_px)
        current = self._at_key(self._kept_keys[1])
        if current >= 0:
            self.setCurrentIndex(self.model().index(current, 0))
        self._point()

    def _key_at(self, row: int) -> str:
        return str(self.model().index(row, 0).data(KEY_ROLE)) if 0 <= row < self._count() else ""

    def _at_key(self, key: str) -> int:
        return next((row for row in range(self._count()) if key and self._key_at(row) == key), -1)

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        anchor = max(0, self._anchor)
        before_px = self._tops[anchor]
        for row in range(first.row(), last.row() + 1):
            self._heights[row] = self._height_of(row)
        self._lay_out()
        self._shift(self._tops[anchor] - before_px)
        self.viewport().update()

    def _lay_out(self) -> None:
        self._tops = [0, *accumulate(self._heights)]
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(STEP_PX)
        most_px = max(0, self._tops[-1] - self.viewport().height())
        self._is_own_move = True
        bar.setRange(0, most_px)
        self._is_own_move = False
        if self.follows_end:
            self._scroll(most_px)
        self.viewport().update()

    def _scroll(self, value_px: int) -> None:
        self._is_own_move = True
        self.verticalScrollBar().setValue(value_px)
        self._is_own_move = False

    # ---- where things are ------------------------------------------------------------------------

    def visualRect(self, index: Index) -> QRect:
        row = index.row()
        if not index.isValid() or row >= len(self._heights):
            return QRect()
        top = self._tops[row] - self.verticalOffset()
        return QRect(0, top, self.viewport().width(), self._heights[row])

    def indexAt(self, point: QPoint) -> QModelIndex:
        at_px = point.y() + self.verticalOffset()
        row = bisect_right(self._tops, at_px) - 1
        if 0 <= row < len(self._heights) and at_px >= 0:
            return self.model().index(row, 0)
        return QModelIndex()

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        area, bar = self.visualRect(index), self.verticalScrollBar()
        if area.top() < 0:
            bar.setValue(bar.value() + area.top())
        elif area.bottom() >= self.viewport().height():
            bar.setValue(bar.value() + area.bottom() - self.viewport().height() + 1)

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        index = self.indexAt(rect.center())
        self.selectionModel().select(index, command)

    def visualRegionForSelection(self, selection: object) -> QRegion:
        return QRegion(self.viewport().rect())

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        last = len(self._heights) - 1
        if last < 0:
            return QModelIndex()
        now, many = self.currentIndex().row(), max(1, self.viewport().height() // 60)
        step = {
            QAbstractItemView.CursorAction.MoveUp: -1,
            QAbstractItemView.CursorAction.MovePrevious: -1,
            QAbstractItemView.CursorAction.MoveDown: 1,
            QAbstractItemView.CursorAction.MoveNext: 1,
            QAbstractItemView.CursorAction.MovePageUp: -many,
            QAbstractItemView.CursorAction.MovePageDown: many,
            QAbstractItemView.CursorAction.MoveHome: -len(self._heights),
            QAbstractItemView.CursorAction.MoveEnd: len(self._heights),
        }.get(action, 0)
        row = last if now < 0 else min(last, max(0, now + step))
        return self.model().index(row, 0)

    # ---- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        offset_px, area = self.verticalOffset(), event.rect()
        row = max(0, bisect_right(self._tops, area.top() + offset_px) - 1)
        current = self.currentIndex().row() if self.hasFocus() else -1
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        plain = option.state & ~(QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_MouseOver)
        model = self.model()
        while row < len(self._heights) and self._tops[row] - offset_px <= area.bottom():
            option.rect = QRect(0, self._tops[row] - offset_px, self.viewport().width(), self._heights[row])
            option.state = plain
            if row == self._hovered:
                option.state |= QStyle.StateFlag.State_MouseOver
            if row == current:
                option.state |= QStyle.StateFlag.State_HasFocus
            self.messages.paint(painter, option, model.index(row, 0))
            row += 1
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.viewport().width() != self._width_px:
            self.measure_all()
        else:
            self._lay_out()

    # ---- following the end -----------------------------------------------------------------------

    @property
    def is_held_still(self) -> bool:
        """The mouse is over it, or the keyboard in it: it does not move by itself."""
        return self._hovered >= 0 or self.hasFocus() or self.keeps_still()

    @property
    def follows_end(self) -> bool:
        """Whether it moves with what comes."""
        return self._wants_end and not self.is_held_still

    def to_end(self) -> None:
        """To the newest, and on with it."""
        self._wants_end = True
        self._scroll(self.verticalScrollBar().maximum())
        self.end_left.emit(False)

    def go_on(self) -> None:
        """Nobody looks at a row any more: the end is followed again where it was followed before."""
        if self.follows_end:
            self.to_end()

    def _moved(self, value: int) -> None:
        if not self._is_own_move:
            self._wants_end = value >= self.verticalScrollBar().maximum() - AT_END_PX
        if value >= self.verticalScrollBar().maximum() - AT_END_PX:
            self.end_left.emit(False)
        self.viewport().update()
        self._point()

    # ---- mouse and keys --------------------------------------------------------------------------

    @property
    def pointed_row(self) -> int:
        """Under the mouse, else the current one while the keyboard is here; -1: none."""
        if self._hovered >= 0:
            return self._hovered
        return self.currentIndex().row() if self.hasFocus() else -1

    def _hover(self, row: int) -> None:
        if row == self._hovered:
            return
        self._hovered = row
        if row < 0:
            self.go_on()
        self.viewport().update()
        self._point()

    def _point(self) -> None:
        self.pointed.emit(self.pointed_row)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._hover(self.indexAt(event.position().toPoint()).row())
        elif event.type() == QEvent.Type.Leave:
            inside = self.viewport().rect().contains(self.viewport().mapFromGlobal(self.cursor().pos()))
            if not inside:
                self._hover(-1)
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._pressed = self._key_at(self.indexAt(event.position().toPoint()).row())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second click was meant for the message that stood there at the first."""
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        pressed, self._pressed = self._pressed, ""
        message = index.data(ROW_ROLE) if pressed and pressed == self._key_at(index.row()) else None
        if message is not None and message.retry is not None and event.position().x() >= TEXT_LEFT_PX:
            self.retried.emit(message.retry)

    def wheelEvent(self, event: QWheelEvent) -> None:
        super().wheelEvent(event)
        self._hover(self.indexAt(event.position().toPoint()).row())

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if current.isValid() and self.hasFocus():
            self.scrollTo(current)
        self.viewport().update()
        self._point()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self._heights:
            self.setCurrentIndex(self.model().index(len(self._heights) - 1, 0))
        self._point()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.go_on()
        self._point()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        message = index.data(ROW_ROLE) if index.isValid() else None
        if message is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if message.retry is not None:
                self.retried.emit(message.retry)
            else:
                self.entered_row.emit(message)
            return
        if message is not None and event.key() in KEYS and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.key_asked.emit(int(event.key()), message)
            return
        super().keyPressEvent(event)
