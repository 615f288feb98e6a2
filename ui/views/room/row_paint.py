"""Rows of people and of acts, painted like those of the chat. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ui.models.rows import ROW_ROLE
from ui.presenters.room_side import ActRow, PersonRow
from ui.theme.tokens import DARK, Tokens
from ui.widgets.marks import paint_avatar

Index = QModelIndex | QPersistentModelIndex
EDGE_PX, AVATAR_PX, PERSON_PX, TITLE_PX = 14, 28, 44, 34
ACT_PAD_PX, TIME_PX, LINE_PX, DETAIL_PX, DO_PX = 10, 44, 17, 21, 44
_WRAPPED = int(Qt.TextFlag.TextWrapAnywhere)


def sized(base: QFont, size_px: int, *, is_bold: bool = False) -> QFont:
    font = QFont(base)
    font.setPixelSize(size_px)
    font.setWeight(QFont.Weight.DemiBold if is_bold else QFont.Weight.Normal)
    return font


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self.tokens: Tokens = DARK

    def ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        area = QRectF(option.rect)
        if option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected):
            painter.fillRect(area, QColor(self.tokens.raised))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(self.tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(4.5, 0.5, -4.5, -0.5), 6, 6)


class PersonDelegate(_Delegate):
    """Paints PersonRow: avatar, name, what holds for them, a note at the right; or the title of a group."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        person: PersonRow = index.data(ROW_ROLE)
        return QSize(100, PERSON_PX if person.account_id else TITLE_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        person: PersonRow = index.data(ROW_ROLE)
        tokens, area = self.tokens, QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inner = area.adjusted(EDGE_PX, 0, -EDGE_PX, 0)
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        if not person.account_id:
            painter.setFont(sized(option.font, 11))
            painter.setPen(QColor(tokens.text_3))
            painter.drawText(inner.adjusted(0, 8, 0, 0), middle, person.name)
            painter.restore()
            return
        self.ground(painter, option)
        circle = QRectF(inner.left(), area.center().y() - AVATAR_PX / 2, AVATAR_PX, AVATAR_PX)
        paint_avatar(painter, circle, person.initial, tokens.avatars[person.colour % len(tokens.avatars)], option.font)
        small = sized(option.font, 12)
        metrics = QFontMetricsF(small)
        note_px = metrics.horizontalAdvance(person.note)
        pill_px = metrics.horizontalAdvance(person.pill) + 16 if person.pill else 0.0
        name = sized(option.font, 13)
        left = inner.left() + AVATAR_PX + 10
        room_px = inner.right() - left - note_px - pill_px - 20
        text = QFontMetricsF(name).elidedText(person.name, Qt.TextElideMode.ElideRight, room_px)
        painter.setFont(name)
        painter.setPen(QColor(tokens.text))
        painter.drawText(QRectF(left, area.top(), room_px + 1, area.height()), middle, text)
        painter.setFont(small)
        if person.pill:
            pill = QRectF(left + QFontMetricsF(name).horizontalAdvance(text) + 8, area.center().y() - 10, pill_px, 20)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.pill))
            painter.drawRoundedRect(pill, 10, 10)
            painter.setPen(QColor(tokens.text_2))
            painter.drawText(pill, int(Qt.AlignmentFlag.AlignCenter), person.pill)
        painter.setPen(QColor(tokens.text_3))
        painter.drawText(inner, middle | int(Qt.AlignmentFlag.AlignRight), person.note)
        painter.restore()


class ActDelegate(_Delegate):
    """Paints ActRow: time and sentence, below it what is known beside; what can be done to it stands at the right."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self.do_text = ""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row: ActRow = index.data(ROW_ROLE)
        view = option.widget
        width_px = view.viewport().width() if isinstance(view, QListView) else 360
        text_px = self._text_px(row, option.font, width_px)
        return QSize(100, text_px + 2 * ACT_PAD_PX + (DETAIL_PX if row.detail else 0))

    def _text_px(self, row: ActRow, base: QFont, width_px: int) -> int:
        room = QRect(0, 0, width_px - 2 * EDGE_PX - TIME_PX - (DO_PX if row.target_id else 0), 2000)
        return max(LINE_PX, QFontMetrics(sized(base, 12)).boundingRect(room, _WRAPPED, row.text).height())

    def do_area(self, area: QRectF) -> QRectF:
        """Where it stands what can be done."""
        return QRectF(area.right() - EDGE_PX - DO_PX, area.top(), DO_PX + EDGE_PX, area.height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: ActRow = index.data(ROW_ROLE)
        tokens, area = self.tokens, QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.ground(painter, option)
        painter.fillRect(QRectF(area.left(), area.bottom(), area.width(), 1), QColor(tokens.line_soft))
        inner = area.adjusted(EDGE_PX, ACT_PAD_PX, -EDGE_PX - (DO_PX if row.target_id else 0), -ACT_PAD_PX)
        painter.setFont(sized(option.font, 12))
        painter.setPen(QColor(tokens.text_3))
        top = int(Qt.AlignmentFlag.AlignTop)
        painter.drawText(inner, top, row.time)
        painter.setPen(QColor(tokens.text))
        painter.drawText(inner.adjusted(TIME_PX, 0, 0, 0), _WRAPPED | top, row.text)
        if row.detail:
            below = QRectF(inner.left(), inner.bottom() - LINE_PX + 2, inner.width(), LINE_PX)
            painter.setPen(QColor(tokens.text_2))
            cut = painter.fontMetrics().elidedText(row.detail, Qt.TextElideMode.ElideRight, round(below.width()))
            painter.drawText(below, top, cut)
        if row.target_id:
            painter.setPen(QColor(tokens.accent))
            place = self.do_area(area).adjusted(0, ACT_PAD_PX, -EDGE_PX, 0)
            painter.drawText(place, top | int(Qt.AlignmentFlag.AlignRight), self.do_text)
        painter.restore()
