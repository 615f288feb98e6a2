"""The chat: a list model painted by a delegate, what is being sent or failed, and the line to answer in."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.contract.events import MAX_CHAT_CHARS
from app.usecases.state import MessageStatus
from ui.models.rows import ROW_ROLE, RowsModel
from ui.presenters.chat import ChatRow, ChatView, send_wish
from ui.theme.tokens import DARK, Tokens
from ui.views.base import View
from ui.widgets.basics import box, column, label, row
from ui.widgets.marks import paint_avatar
from ui.widgets.trouble import TroubleLine

Index = QModelIndex | QPersistentModelIndex
AVATAR_PX = 28
LEFT_PX = 14
TEXT_LEFT_PX = LEFT_PX + AVATAR_PX + 9
HEAD_PX = 18
PAD_PX = 4
STATUS_PX = 12
AT_END_PX = 24


class ChatDelegate(QStyledItemDelegate):
    """Paints a message; keeps the height of each text at the present width."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._tokens: Tokens = DARK
        self._text_px = 14
        self._heights: dict[tuple[str, int, int], float] = {}

    def set_look(self, tokens: Tokens, text_px: int) -> None:
        """Other colours or another size of text."""
        self._tokens, self._text_px = tokens, text_px

    def _font(self, base: QFont, size_px: int) -> QFont:
        font = QFont(base)
        font.setPixelSize(size_px)
        return font

    def _height(self, text: str, font: QFont, width_px: int) -> float:
        key = (text, font.pixelSize(), width_px)
        height = self._heights.get(key)
        if height is None:
            if len(self._heights) > 2000:
                self._heights.clear()
            height = self._lay(text, font, width_px).boundingRect().height()
            self._heights[key] = height
        return height

    @staticmethod
    def _lay(text: str, font: QFont, width_px: int) -> QTextLayout:
        layout = QTextLayout(text, font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        top = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width_px)
            line.setPosition(QPointF(0, top))
            top += line.height() * 1.06
        layout.endLayout()
        return layout

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        message: ChatRow = index.data(ROW_ROLE)
        widget = option.widget
        width = widget.viewport().width() if isinstance(widget, QListView) else 360
        text_width = max(60, width - TEXT_LEFT_PX - LEFT_PX)
        height = self._height(message.text, self._font(option.font, self._text_px), text_width)
        status = 0.0
        if message.status_text:
            status = self._height(message.status_text, self._font(option.font, STATUS_PX), text_width)
        return QSize(width, round(PAD_PX * 2 + HEAD_PX + height + status))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        message: ChatRow = index.data(ROW_ROLE)
        tokens, area = self._tokens, option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.raised))
            painter.drawRoundedRect(QRectF(area.adjusted(6, 0, -6, 0)), 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(area).adjusted(6.5, 0.5, -6.5, -0.5), 6, 6)
        circle = QRectF(area.left() + LEFT_PX, area.top() + PAD_PX + 2, AVATAR_PX, AVATAR_PX)
        colour = tokens.accent_fill if message.is_anchor else tokens.avatars[message.colour % len(tokens.avatars)]
        paint_avatar(painter, circle, message.initial, colour, option.font)
        left, width = area.left() + TEXT_LEFT_PX, area.width() - TEXT_LEFT_PX - LEFT_PX
        font = self._font(option.font, 12)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        head = QRect(left, area.top() + PAD_PX, width, HEAD_PX)
        time_width = metrics.horizontalAdvance(message.time)
        author = metrics.elidedText(message.author, Qt.TextElideMode.ElideRight, width - time_width - 8)
        painter.setPen(QColor(tokens.accent if message.is_anchor else tokens.text_2))
        painter.drawText(head, int(Qt.AlignmentFlag.AlignVCenter), author)
        painter.setPen(QColor(tokens.text_3))
        head.setLeft(round(left + metrics.horizontalAdvance(author) + 6))
        painter.drawText(head, int(Qt.AlignmentFlag.AlignVCenter), message.time)
        is_pending = message.status is not MessageStatus.POSTED
        painter.setPen(QColor(tokens.text_3 if is_pending else tokens.text))
        layout = self._lay(message.text, self._font(option.font, self._text_px), width)
        top = area.top() + PAD_PX + HEAD_PX
        layout.draw(painter, QPointF(left, top))
        if message.status_text:
            painter.setPen(QColor(tokens.bad if message.status is MessageStatus.FAILED else tokens.text_3))
            foot = self._lay(message.status_text, self._font(option.font, STATUS_PX), width)
            foot.draw(painter, QPointF(left, area.bottom() + 1 - PAD_PX - foot.boundingRect().height()))
        painter.restore()

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            message: ChatRow = index.data(ROW_ROLE)
            if message.retry is not None and event.position().x() >= TEXT_LEFT_PX:
                view = self.parent()
                if isinstance(view, ChatList):
                    view.retry(index)
                return True
        return False


class ChatList(QListView):
    """Follows the end while it is at the end; Enter on a failed message sends it again."""

    def __init__(self, panel: ChatPanel) -> None:
        super().__init__()
        self._panel = panel
        self.setObjectName("chat.list")
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(60)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)

    def retry(self, index: Index) -> None:
        """Send a failed message again."""
        message: ChatRow | None = index.data(ROW_ROLE) if index.isValid() else None
        if message is not None and message.retry is not None:
            self._panel.wished.emit(message.retry)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.retry(self.currentIndex())
        else:
            super().keyPressEvent(event)


def _said(message: ChatRow) -> str:
    """What a screen reader says of a message."""
    return " ".join(filter(None, (message.author, message.time, message.text, message.status_text)))


class ChatPanel(View):
    """Draws ChatView."""

    def __init__(self) -> None:
        super().__init__("chat", ground="side")
        self._tokens: Tokens = DARK
        self._text_px = 0
        self._follows_end = True
        layout = column(self)
        head = box("chat.head", ground="panel-head")
        head.setFixedHeight(44)
        line = row(head, margins=(14, 0, 14, 0))
        title = label("chat.title", type_="13b")
        self.texts.bind(title.setText, "chat.title")
        line.addWidget(title)
        line.addStretch(1)
        layout.addWidget(head)
        self.trouble = TroubleLine("chat.trouble", tone="warn")
        self.trouble.setContentsMargins(14, 8, 14, 8)
        self.trouble.acted.connect(self.acted)
        layout.addWidget(self.trouble)
        self.list = ChatList(self)
        self.named(self.list, "chat.list")
        self.model = RowsModel(lambda item: item.key, _said, self)
        self.list.setModel(self.model)
        self._delegate = ChatDelegate(self.list)
        self.list.setItemDelegate(self._delegate)
        bar = self.list.verticalScrollBar()
        bar.rangeChanged.connect(lambda *_: self._stay_at_end())
        bar.valueChanged.connect(self._moved)
        layout.addWidget(self.list, 1)
        self.empty = label("chat.empty", tone="3", wraps=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setContentsMargins(28, 0, 28, 0)
        layout.addWidget(self.empty, 1)
        self.newer = self.button("chat.newer", "chat.newer", kind="small")
        self.newer.clicked.connect(self._to_end)
        self.newer.hide()
        layout.addWidget(self.newer, 0, Qt.AlignmentFlag.AlignHCenter)
        foot = row(margins=(14, 10, 14, 12))
        self.input = QLineEdit()
        self.input.setObjectName("chat.input")
        self.input.setProperty("kind", "chat")
        self.input.setMaxLength(MAX_CHAT_CHARS)
        self.texts.bind(self.input.setPlaceholderText, "chat.hint")
        self.named(self.input, "chat.hint")
        self.input.returnPressed.connect(self._send)
        foot.addWidget(self.input)
        layout.addLayout(foot)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(0)
        self._settle.timeout.connect(self._stay_at_end)

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._delegate.set_look(tokens, self._text_px or 14)
        self.list.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.list.scheduleDelayedItemsLayout()
        self._settle.start()

    def draw(self, view: ChatView) -> None:
        """Show this state; what is being typed stays."""
        if view.text_px != self._text_px:
            self._text_px = view.text_px
            self._delegate.set_look(self._tokens, view.text_px)
            self.list.scheduleDelayedItemsLayout()
        did_grow = len(view.rows) > 0 and view.rows is not self.model.rows
        self.model.follow(view.rows)
        self.list.setVisible(bool(view.rows))
        self.empty.setVisible(not view.rows)
        self.empty.setText(view.empty_text)
        self.trouble.draw(view.trouble)
        self.input.setEnabled(view.can_send)
        if did_grow:
            if self._follows_end:
                self._settle.start()
            else:
                self.newer.show()

    def _moved(self, value: int) -> None:
        bar = self.list.verticalScrollBar()
        self._follows_end = value >= bar.maximum() - AT_END_PX
        if self._follows_end:
            self.newer.hide()

    def _stay_at_end(self) -> None:
        if self._follows_end:
            self.list.verticalScrollBar().setValue(self.list.verticalScrollBar().maximum())

    def _to_end(self) -> None:
        self._follows_end = True
        self._stay_at_end()
        self.newer.hide()

    def _send(self) -> None:
        wish = send_wish(self.input.text())
        if wish is not None:
            self.input.clear()
            self._follows_end = True
            self.wished.emit(wish)
