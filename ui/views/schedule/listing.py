"""A list of sessions, each under its day; for the whole page, or narrow beside it. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ui.models.rows import ROW_ROLE, RowsModel
from ui.presenters.schedule_entry import EntryRow
from ui.theme.icons import pixmap
from ui.theme.tokens import DARK, Tokens

Index = QModelIndex | QPersistentModelIndex
DAY_PX, ROW_PX, TIME_PX, PAD_PX = 36, 60, 128, 12
NARROW_PX = 420
"""Below this width the time stands above the title."""
NARROW_ROW_PX = 78
_TONES = {
    "neutral": ("pill", "text_2"), "air": ("on_air_fill", "on_fill"), "good": ("good_soft", "good"),
    "warn": ("warn_soft", "warn"), "accent": ("accent_soft", "accent"),
}  # fmt: skip


class EntryDelegate(QStyledItemDelegate):
    """Paints a day above its first session, and time, title, detail and state of each."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self.tokens: Tokens = DARK

    @staticmethod
    def _is_narrow(option: QStyleOptionViewItem) -> bool:
        widget = option.widget
        return isinstance(widget, QListView) and widget.viewport().width() < NARROW_PX

    @staticmethod
    def _font(base: QFont, size_px: int, *, bold: bool = False) -> QFont:
        font = QFont(base)
        font.setPixelSize(size_px)
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        found: EntryRow = index.data(ROW_ROLE)
        is_narrow = self._is_narrow(option)
        # beside the page the day is the heading above the list
        day_px = DAY_PX if found.day and not is_narrow else 0
        return QSize(100, day_px + (NARROW_ROW_PX if is_narrow else ROW_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        found: EntryRow = index.data(ROW_ROLE)
        is_narrow = self._is_narrow(option)
        area = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if found.day and not is_narrow:
            head = QRectF(area.left() + PAD_PX, area.top() + 8, area.width() - 2 * PAD_PX, DAY_PX - 8)
            painter.setFont(self._font(option.font, 12, bold=True))
            painter.setPen(QColor(self.tokens.text_2))
            painter.drawText(head, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), found.day)
            area.setTop(area.top() + DAY_PX)
        self._paint_ground(painter, area.adjusted(2, 1, -2, -1), option)
        inner = area.adjusted(PAD_PX, 8, -PAD_PX, -8)
        (self._paint_narrow if is_narrow else self._paint_wide)(painter, inner, found, option)
        painter.restore()

    def _paint_ground(self, painter: QPainter, area: QRectF, option: QStyleOptionViewItem) -> None:
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.tokens.accent_soft if is_chosen else self.tokens.hover))
            painter.drawRoundedRect(area, 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(self.tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _paint_wide(self, painter: QPainter, area: QRectF, found: EntryRow, option: QStyleOptionViewItem) -> None:
        pill_px = self._paint_pill(painter, area, found, option.font)
        words = QRectF(area.left() + TIME_PX, area.top(), area.width() - TIME_PX - pill_px, area.height() / 2)
        time = QRectF(area.left(), area.top(), TIME_PX - 8, words.height())
        self._write(painter, time, found.time, self._font(option.font, 13), self._ink(found, "text"))
        self._write(painter, words, found.title, self._font(option.font, 13, bold=True), self._ink(found, "text"))
        words.translate(0, words.height())
        self._write(painter, words, found.detail, self._font(option.font, 12), self._ink(found, "text_2"))

    def _paint_narrow(self, painter: QPainter, area: QRectF, found: EntryRow, option: QStyleOptionViewItem) -> None:
        line = QRectF(area.left(), area.top(), area.width(), area.height() / 3)
        pill_px = self._paint_pill(painter, line, found, option.font)
        time = QRectF(line.left(), line.top(), line.width() - pill_px, line.height())
        self._write(painter, time, found.time, self._font(option.font, 12), self._ink(found, "text_2"))
        line.translate(0, line.height())
        self._write(painter, line, found.title, self._font(option.font, 13, bold=True), self._ink(found, "text"))
        line.translate(0, line.height())
        self._write(painter, line, found.detail, self._font(option.font, 12), self._ink(found, "text_2"))

    def _ink(self, found: EntryRow, name: str) -> QColor:
        return QColor(self.tokens.text_3 if found.is_over else getattr(self.tokens, name))

    @staticmethod
    def _write(painter: QPainter, area: QRectF, text: str, font: QFont, ink: QColor) -> None:
        painter.setFont(font)
        painter.setPen(ink)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, round(area.width()))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown)

    def _paint_pill(self, painter: QPainter, area: QRectF, found: EntryRow, base: QFont) -> float:
        """At the right; how much room it takes with the gap before it."""
        if not found.state:
            return 0.0
        ground, ink = (QColor(getattr(self.tokens, name)) for name in _TONES[found.tone])
        font = self._font(base, 12)
        mark_px = 14 if found.icon == "dot" else 20
        width = QFontMetricsF(font).horizontalAdvance(found.state) + 20 + mark_px
        pill = QRectF(area.right() - width, area.center().y() - 11, width, 22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(pill, 11, 11)
        if found.icon == "dot":
            painter.setBrush(ink)
            painter.drawEllipse(QRectF(pill.left() + 10, pill.center().y() - 4, 8, 8))
        else:
            ratio = painter.device().devicePixelRatio()
            mark = pixmap(found.icon, ink.name(), 14, ratio)
            painter.drawPixmap(round(pill.left() + 10), round(pill.center().y() - 7), mark)
        painter.setFont(font)
        painter.setPen(ink)
        text = pill.adjusted(10 + mark_px, 0, 0, 0)
        painter.drawText(text, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), found.state)
        return width + 10


class EntryList(QListView):
    """``chosen`` carries the id of the session that a person goes to; ``taken`` of the one they open."""

    chosen = Signal(str)
    taken = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._is_drawing = False
        self.setObjectName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMouseTracking(True)
        self._model = RowsModel(lambda item: item.key, lambda item: item.said, self)
        self.setModel(self._model)
        self._delegate = EntryDelegate(self)
        self.setItemDelegate(self._delegate)

    def set_tokens(self, tokens: Tokens) -> None:
        self._delegate.tokens = tokens
        self.viewport().update()

    def draw(self, rows: tuple[EntryRow, ...], chosen: str) -> None:
        """Show these; ``chosen`` is marked."""
        self._is_drawing = True
        if rows != self._model.rows:
            self._model.follow(rows)
            self.scheduleDelayedItemsLayout()
        number = next((at for at, one in enumerate(rows) if one.key == chosen), -1)
        if number != self.currentIndex().row():
            self.setCurrentIndex(self._model.index(number) if number >= 0 else QModelIndex())
        self._is_drawing = False

    @property
    def rows(self) -> tuple[EntryRow, ...]:
        return self._model.rows

    def content_px(self) -> int:
        """How high all rows are together."""
        rows = self._model.rowCount()
        return sum(self.sizeHintForIndex(self._model.index(number)).height() for number in range(rows))

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if not self._is_drawing and current.isValid():
            self.chosen.emit(current.data(ROW_ROLE).key)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._take(self.indexAt(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _take(self, index: Index) -> None:
        if index.isValid():
            self.taken.emit(index.data(ROW_ROLE).key)
