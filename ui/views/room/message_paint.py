"""How a message of the chat is measured and painted. GUI thread."""

from __future__ import annotations

from collections import OrderedDict

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
)
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QTextLayout, QTextOption
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.usecases.state import MessageStatus
from ui.models.rows import ROW_ROLE
from ui.presenters.chat import ChatRow
from ui.theme.tokens import DARK, Tokens
from ui.widgets.marks import paint_avatar

Index = QModelIndex | QPersistentModelIndex
AVATAR_PX = 28
LEFT_PX = 14
TEXT_LEFT_PX = LEFT_PX + AVATAR_PX + 9
HEAD_PX = 18
PAD_PX = 4
STATUS_PX = 12
REPLY_PX = 18
TAG_PX = 4
KEPT = 600
"""So many texts stay laid out: more than the list has."""


class MessageDelegate(QStyledItemDelegate):
    """Paints a message; keeps each text as it is laid out at the present width."""

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._tokens: Tokens = DARK
        self._text_px = 14
        self._layouts: OrderedDict[tuple[str, int, bool, int], tuple[QTextLayout, float]] = OrderedDict()

    def set_look(self, tokens: Tokens, text_px: int) -> None:
        """Other colours or another size of text."""
        self._tokens, self._text_px = tokens, text_px

    def _font(self, base: QFont, size_px: int, *, is_struck: bool = False) -> QFont:
        font = QFont(base)
        font.setPixelSize(size_px)
        font.setStrikeOut(is_struck)
        return font

    def _laid(self, text: str, font: QFont, width_px: int) -> tuple[QTextLayout, float]:
        """The lines of a text and how high they are; kept, as each is measured once and painted many times."""
        key = (text, font.pixelSize(), font.strikeOut(), width_px)
        found = self._layouts.get(key)
        if found is None:
            if len(self._layouts) >= KEPT:
                self._layouts.popitem(last=False)
            layout = self._lay(text, font, width_px)
            found = self._layouts[key] = (layout, layout.boundingRect().height())
        else:
            self._layouts.move_to_end(key)
        return found

    @staticmethod
    def _lay(text: str, font: QFont, width_px: int) -> QTextLayout:
        layout = QTextLayout(text, font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.setCacheEnabled(True)
        layout.beginLayout()
        top = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width_px)
            line.setPosition(QPointF(0, top))
            top += line.height() * 1.06
        layout.endLayout()
        return layout

    def height_px(self, message: ChatRow, base: QFont, width_px: int) -> int:
        """Of the whole row at this width of the list."""
        text_width = max(60, width_px - TEXT_LEFT_PX - LEFT_PX)
        font = self._font(base, self._text_px, is_struck=message.is_hidden)
        height = self._laid(message.text, font, text_width)[1]
        if message.status_text:
            height += self._laid(message.status_text, self._font(base, STATUS_PX), text_width)[1]
        if message.reply:
            height += REPLY_PX
        return round(PAD_PX * 2 + HEAD_PX + height)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        widget = option.widget
        width = widget.viewport().width() if isinstance(widget, QAbstractItemView) else 360
        return QSize(width, self.height_px(index.data(ROW_ROLE), option.font, width))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        message: ChatRow = index.data(ROW_ROLE)
        tokens, area = self._tokens, option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, option)
        circle = QRectF(area.left() + LEFT_PX, area.top() + PAD_PX + 2, AVATAR_PX, AVATAR_PX)
        colour = tokens.accent_fill if message.is_anchor else tokens.avatars[message.colour % len(tokens.avatars)]
        paint_avatar(painter, circle, message.initial, colour, option.font)
        left, width = area.left() + TEXT_LEFT_PX, area.width() - TEXT_LEFT_PX - LEFT_PX
        self._paint_head(painter, QRect(left, area.top() + PAD_PX, width, HEAD_PX), message, option.font)
        top = area.top() + PAD_PX + HEAD_PX
        if message.reply:
            self._paint_reply(painter, QRect(left, top, width, REPLY_PX), message, option.font)
            top += REPLY_PX
        is_pale = message.is_hidden or message.status is not MessageStatus.POSTED
        painter.setPen(QColor(tokens.text_3 if is_pale else tokens.text))
        font = self._font(option.font, self._text_px, is_struck=message.is_hidden)
        self._laid(message.text, font, max(60, width))[0].draw(painter, QPointF(left, top))
        if message.status_text:
            painter.setPen(QColor(tokens.bad if message.status is MessageStatus.FAILED else tokens.text_3))
            foot, foot_px = self._laid(message.status_text, self._font(option.font, STATUS_PX), max(60, width))
            foot.draw(painter, QPointF(left, area.bottom() + 1 - PAD_PX - foot_px))
        painter.restore()

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        area = option.rect
        if option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._tokens.raised))
            painter.drawRoundedRect(QRectF(area.adjusted(6, 0, -6, 0)), 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(self._tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(area).adjusted(6.5, 0.5, -6.5, -0.5), 6, 6)

    def _paint_head(self, painter: QPainter, head: QRect, message: ChatRow, base: QFont) -> None:
        """Author, what they are in the room, time."""
        tokens, font = self._tokens, self._font(base, 12)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        tag_px = metrics.horizontalAdvance(message.tag) + 2 * TAG_PX + 6 if message.tag else 0.0
        time_px = metrics.horizontalAdvance(message.time)
        author = metrics.elidedText(message.author, Qt.TextElideMode.ElideRight, head.width() - time_px - tag_px - 8)
        painter.setPen(QColor(tokens.accent if message.is_anchor else tokens.text_2))
        painter.drawText(head, int(Qt.AlignmentFlag.AlignVCenter), author)
        left = head.left() + metrics.horizontalAdvance(author) + 6
        if message.tag:
            pill = QRectF(left, head.top() + 2, tag_px - 6, head.height() - 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.pill))
            painter.drawRoundedRect(pill, 4, 4)
            painter.setPen(QColor(tokens.text_2))
            painter.drawText(pill, int(Qt.AlignmentFlag.AlignCenter), message.tag)
            left += tag_px
        painter.setPen(QColor(tokens.text_3))
        head.setLeft(round(left))
        painter.drawText(head, int(Qt.AlignmentFlag.AlignVCenter), message.time)

    def _paint_reply(self, painter: QPainter, area: QRect, message: ChatRow, base: QFont) -> None:
        """A bar, and what is answered in one line."""
        font = self._font(base, 12)
        painter.setFont(font)
        painter.fillRect(area.left(), area.top() + 3, 2, REPLY_PX - 6, QColor(self._tokens.line))
        area = area.adjusted(8, 0, 0, 0)
        text = QFontMetricsF(font).elidedText(message.reply, Qt.TextElideMode.ElideRight, area.width())
        painter.setPen(QColor(self._tokens.text_3))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), text)

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        return False
