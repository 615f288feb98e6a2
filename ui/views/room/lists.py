"""Lists of people and of acts: a click or Enter takes a row. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QListView

from ui.models.rows import KEY_ROLE, ROW_ROLE, RowsModel
from ui.presenters.room_side import ActRow, PersonRow
from ui.theme.tokens import Tokens
from ui.views.room.row_paint import ActDelegate, PersonDelegate

Index = QModelIndex | QPersistentModelIndex


class _Rows(QListView):
    """``taken`` carries a row."""

    taken = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMouseTracking(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().data(ROW_ROLE) if self.currentIndex().isValid() else None
        if row is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.taken.emit(row)
        else:
            super().keyPressEvent(event)


class PeopleList(_Rows):
    """Of PersonRow; titles cannot be taken."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.rows = RowsModel(lambda row: row.key, lambda row: row.said, self)
        self.setModel(self.rows)
        self._delegate = PersonDelegate(self)
        self.setItemDelegate(self._delegate)
        self.clicked.connect(self._clicked)

    def set_tokens(self, tokens: Tokens) -> None:
        self._delegate.tokens = tokens
        self.viewport().update()

    def _clicked(self, index: Index) -> None:
        row: PersonRow | None = index.data(ROW_ROLE)
        if row is not None and row.account_id:
            self.taken.emit(row)


class ActList(_Rows):
    """Of ActRow; ``taken`` carries one to which what stands beside it shall be done."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.rows = RowsModel(lambda row: row.key, lambda row: row.said, self)
        self.setModel(self.rows)
        self._is_fitting = False
        self._pressed = ""
        """The row on whose button the mouse was pressed."""
        self._delegate = ActDelegate(self)
        self.setItemDelegate(self._delegate)

    def set_tokens(self, tokens: Tokens) -> None:
        self._delegate.tokens = tokens
        self.viewport().update()

    def fit(self) -> None:
        """As high as its rows, and stay so: what it stands in scrolls."""
        self._is_fitting = True
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(sum(self.sizeHintForRow(at) for at in range(self.rows.rowCount())) + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._is_fitting and event.size().width() != event.oldSize().width():
            self.doItemsLayout()
            self.fit()

    def set_do_text(self, text: str) -> None:
        self._delegate.do_text = text
        self.viewport().update()

    def _do_key(self, event: QMouseEvent) -> str:
        """The row whose button is under the mouse; empty: none is."""
        index = self.indexAt(event.position().toPoint())
        row: ActRow | None = index.data(ROW_ROLE) if index.isValid() else None
        if row is None or not row.target_id:
            return ""
        is_on = self._delegate.do_area(QRectF(self.visualRect(index))).contains(event.position())
        return str(index.data(KEY_ROLE)) if is_on else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._pressed = self._do_key(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second click was meant for the row that stood there at the first."""
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        pressed, self._pressed = self._pressed, ""
        if pressed and pressed == self._do_key(event):
            self.taken.emit(self.indexAt(event.position().toPoint()).data(ROW_ROLE))
