"""The messages of the platform, the newest first; opening one marks it as read and leads to its page. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QResizeEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QFrame, QListView, QStackedWidget, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.usecases.wishes import LoadOlderMessages, MarkRead
from ui.models.rows import ROW_ROLE, RowsModel
from ui.presenters.messages import MessageRow, MessagesView
from ui.theme.tokens import DARK, Tokens
from ui.views.base import View
from ui.views.live_header import HEADER_PX
from ui.widgets.basics import box, column, label, row
from ui.widgets.marks import Pill
from ui.widgets.trouble import TroubleLine

Index = QModelIndex | QPersistentModelIndex
COLUMN_PX = 760
PAD_PX, HEAD_PX, LEFT_PX, LINK_PX = 14, 24, 34, 24
NEAR_END_PX = 200


class MessageDelegate(QStyledItemDelegate):
    """Paints title, time, body and the link."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self.tokens: Tokens = DARK

    def _lay(self, text: str, font: QFont, width: float) -> tuple[QTextLayout, float]:
        """The lines and how high they are together."""
        layout = QTextLayout(text.replace("\n", "\u2028"), font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        top = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(60.0, width))
            line.setPosition(QPointF(0, top))
            top += line.height() * 1.25
        layout.endLayout()
        return layout, top if text else 0.0

    @staticmethod
    def _font(base: QFont, size_px: int, *, bold: bool = False) -> QFont:
        font = QFont(base)
        font.setPixelSize(size_px)
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        message: MessageRow = index.data(ROW_ROLE)
        widget = option.widget
        width = widget.viewport().width() if isinstance(widget, QListView) else 600
        inner = width - LEFT_PX - PAD_PX
        _, body_px = self._lay(message.body, self._font(option.font, 13), inner)
        height = PAD_PX * 2 + HEAD_PX + body_px
        return QSize(width, round(height + (LINK_PX if message.link_label else 0)))

    def link_area(self, area: QRectF) -> QRectF:
        """Where the link of a message is."""
        return QRectF(area.left() + LEFT_PX, area.bottom() - PAD_PX - LINK_PX + 4, 240, LINK_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        message: MessageRow = index.data(ROW_ROLE)
        tokens, area = self.tokens, QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, QColor(tokens.hover))
        painter.setPen(QColor(tokens.line_soft))
        painter.drawLine(area.bottomLeft() + QPointF(PAD_PX, 0), area.bottomRight() - QPointF(PAD_PX, 0))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(1.5, 1.5, -1.5, -1.5), 6, 6)
        if not message.is_read:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent_fill))
            painter.drawEllipse(QRectF(area.left() + PAD_PX, area.top() + PAD_PX + 6, 8, 8))
        left, width = area.left() + LEFT_PX, area.width() - LEFT_PX - PAD_PX
        head = QRectF(left, area.top() + PAD_PX, width, 20)
        painter.setFont(self._font(option.font, 12))
        painter.setPen(QColor(tokens.text_3))
        painter.drawText(head, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), message.time)
        title = self._font(option.font, 13, bold=not message.is_read)
        painter.setFont(title)
        painter.setPen(QColor(tokens.text))
        head.setWidth(width - 130)
        shown = painter.fontMetrics().elidedText(message.title, Qt.TextElideMode.ElideRight, round(head.width()))
        painter.drawText(head, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)
        painter.setPen(QColor(tokens.text_2))
        body, _ = self._lay(message.body, self._font(option.font, 13), width)
        body.draw(painter, QPointF(left, area.top() + PAD_PX + HEAD_PX))
        if message.link_label:
            painter.setFont(self._font(option.font, 12))
            painter.setPen(QColor(tokens.accent))
            painter.drawText(self.link_area(area), int(Qt.AlignmentFlag.AlignVCenter), message.link_label)
        painter.restore()

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            view = self.parent()
            if isinstance(view, MessageList):
                view.take(index)
            return True
        return False


class MessageList(QListView):
    """``taken`` carries the row that a person opens, by a click or Enter."""

    taken = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("messages.list")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMouseTracking(True)

    def take(self, index: Index) -> None:
        found: MessageRow | None = index.data(ROW_ROLE) if index.isValid() else None
        if found is not None:
            self.taken.emit(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.take(self.currentIndex())
        else:
            super().keyPressEvent(event)


class MessagesPage(View):
    """``link_asked`` carries the message that leads somewhere."""

    link_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__("messages", ground="bg")
        outer = column(self)
        header = box("messages.header", ground="header")
        header.setFixedHeight(HEADER_PX)
        line = row(header, margins=(20, 0, 20, 0), gap=14)
        title = label("messages.title", type_="h1")
        self.texts.bind(title.setText, "messages.title")
        self.unread = Pill("messages.unread")
        self.mark = self.button("messages.mark_all", "messages.mark_all", icon_name="check")
        self.mark.clicked.connect(lambda: self.wished.emit(MarkRead()))
        self.measures = self.button("messages.measures", "measures.title", kind="ghost")
        self.measures.clicked.connect(lambda: self.acted.emit("open_measures"))
        line.addWidget(title)
        line.addWidget(self.unread)
        line.addStretch(1)
        self.reports = self.button("messages.reports", "reports.title", kind="ghost")
        self.reports.clicked.connect(lambda: self.acted.emit("open_reports"))
        line.addWidget(self.reports)
        line.addWidget(self.measures)
        line.addWidget(self.mark)
        outer.addWidget(header)
        middle = row(margins=(20, 16, 20, 16))
        outer.addLayout(middle, 1)
        card = box("messages.card", kind="card")
        card.setMaximumWidth(COLUMN_PX)
        middle.addStretch(1)
        middle.addWidget(card, 100)
        middle.addStretch(1)
        inner = column(card, margins=(1, 1, 1, 1))
        self.trouble = TroubleLine("messages.trouble", tone="warn")
        self.trouble.setContentsMargins(14, 10, 14, 10)
        self.trouble.acted.connect(self.acted)
        inner.addWidget(self.trouble)
        self.list = MessageList()
        self.named(self.list, "messages.title")
        self.model = RowsModel(lambda item: item.key, lambda item: item.said, self)
        self.list.setModel(self.model)
        self._delegate = MessageDelegate(self.list)
        self.list.setItemDelegate(self._delegate)
        self.list.taken.connect(self.take)
        self.list.verticalScrollBar().valueChanged.connect(self._moved)
        self.empty = label("messages.empty", tone="3", wraps=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.list)
        self.stack.addWidget(self.empty)
        inner.addWidget(self.stack, 1)
        self._has_more = False
        self._filled_from = ""

    def set_tokens(self, tokens: Tokens) -> None:
        self._delegate.tokens = tokens
        self.list.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.list.scheduleDelayedItemsLayout()

    def focus_first(self) -> None:
        """Give the keyboard to the list."""
        self.list.setFocus()

    def draw(self, view: MessagesView) -> None:
        """Show this state."""
        self.unread.show_text(view.unread, "accent")
        self.unread.setVisible(bool(view.unread))
        self.mark.setEnabled(view.can_mark)
        self.trouble.draw(view.trouble)
        if view.rows is not self.model.rows and view.rows != self.model.rows:
            self.model.follow(view.rows)
        self.stack.setCurrentWidget(self.empty if view.empty_text else self.list)
        self.empty.setText(view.empty_text)
        self._has_more = view.has_more
        if view.has_more:
            QTimer.singleShot(0, self, self._fill)

    def _fill(self) -> None:
        """A list that ends within the page is gone on with, once for each end: nobody can scroll it."""
        rows = self.model.rows
        end = rows[-1].id if rows else ""
        if not self._has_more or not self.isVisible() or end == self._filled_from:
            return
        last = self.list.visualRect(self.model.index(len(rows) - 1))
        if last.bottom() < self.list.viewport().height():
            self._has_more, self._filled_from = False, end
            self.wished.emit(LoadOlderMessages())

    def take(self, message: MessageRow) -> None:
        """Open a message: it is read then, and leads to its page."""
        if not message.is_read:
            self.wished.emit(MarkRead((message.id,)))
        self.link_asked.emit(message)

    def _moved(self, value: int) -> None:
        if self._has_more and value >= self.list.verticalScrollBar().maximum() - NEAR_END_PX:
            self._has_more = False
            self.wished.emit(LoadOlderMessages())
