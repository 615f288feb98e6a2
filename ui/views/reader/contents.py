"""Lists beside the text: headings, changes. One line each, painted, so that hundreds cost nothing. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ui.models.rows import ROW_ROLE, RowsModel
from ui.presenters.reader import Entry
from ui.theme.tokens import DARK, Tokens

Index = QModelIndex | QPersistentModelIndex
ROW_PX = 32
INDENT_PX = 13


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self.tokens: Tokens = DARK

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(ROW_ROLE)
        area = QRectF(option.rect)
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_current or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.tokens.accent_soft if is_current else self.tokens.hover))
            painter.drawRoundedRect(area.adjusted(6, 0, -6, 0), 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(self.tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(6.5, 0.5, -6.5, -0.5), 6, 6)
        left = area.adjusted(16 + INDENT_PX * entry.level, 0, -14, 0)
        text = QFontMetricsF(option.font).elidedText(entry.text, Qt.TextElideMode.ElideRight, left.width())
        painter.setPen(QColor(self.tokens.accent if is_current else self.tokens.text_2))
        painter.drawText(left, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)
        painter.restore()


class EntryList(QListView):
    """``entry_asked`` carries the target of the line that a person takes."""

    entry_asked = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.model_ = RowsModel(lambda entry: entry.key, lambda entry: entry.text, self)
        self.setModel(self.model_)
        self._delegate = _Delegate(self)
        self.setItemDelegate(self._delegate)
        self.clicked.connect(self._take)
        self.activated.connect(self._take)

    def set_tokens(self, tokens: Tokens) -> None:
        self._delegate.tokens = tokens
        self.viewport().update()

    def draw(self, entries: tuple[Entry, ...]) -> None:
        """Show these lines."""
        if entries != self.model_.rows:
            self.model_.follow(entries)

    def show_current(self, number: int) -> None:
        """Mark a line without asking for it."""
        index = self.model_.index(number) if number >= 0 else QModelIndex()
        if index != self.currentIndex():
            self.setCurrentIndex(index)
            if not index.isValid():
                self.clearSelection()

    def _take(self, index: QModelIndex) -> None:
        entry: Entry | None = index.data(ROW_ROLE)
        if entry is not None and entry.target >= 0:
            self.entry_asked.emit(entry.target)
