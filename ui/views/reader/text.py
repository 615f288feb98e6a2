"""The text of a document: laid out only where it is looked at, however long it is. GUI thread.

Invariant: what is laid out is what was on screen; the heights of the rest are guessed from their characters. The place
that is read is a paragraph and a distance, not a scroll value: so nothing jumps when a guess turns out wrong.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QToolTip

from ui.presenters.reader_text import Paragraph
from ui.theme.tokens import DARK, Tokens
from ui.views.reader.laying import Laid, Look, guessed_height_px
from ui.views.reader.selecting import Place, Selection

COLUMN_PX = 640
LEFT_PX, RIGHT_PX = 44, 44
TOP_PX, BOTTOM_PX = 28, 36
KEPT_LAID = 400
_LINE_STEP_PX = 48
Hit = tuple[int, int, int]
"""Paragraph, begin, end (exclusive) in its characters."""


class _Top(NamedTuple):
    """The paragraph at the upper edge, and how far it reaches above the edge."""

    paragraph: int
    offset_px: float


class ReaderText(QAbstractScrollArea):
    """``place_changed``: another paragraph is at the top. ``shown_changed``: more of the text was on screen."""

    place_changed = Signal(int)
    shown_changed = Signal(float)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self._tokens: Tokens = DARK
        self._size_px = 14
        self._paragraphs: tuple[Paragraph, ...] = ()
        self._heights: list[float] = []
        self._tops: list[float] = [0.0]
        self._laid: dict[int, Laid] = {}
        self._top = _Top(0, -TOP_PX)
        self._shown: list[float] = []
        """Of each paragraph: how much of it, from its top, has been on screen (0 … 1)."""
        self._shown_before: list[float] = []
        self._weights: list[int] = []
        self._weight, self._shown_weight, self._unshown = 0, 0.0, 0
        self._counts = False
        self._did_show = False
        self._hits: tuple[Hit, ...] = ()
        self._hit = -1
        self.selection = Selection()
        self._is_moving_bar = False
        self.laid_count = 0
        self.said_of: Callable[[Paragraph], str] = lambda _: ""
        """What a tooltip says of a paragraph."""
        self.verticalScrollBar().valueChanged.connect(self._bar_moved)

    # ---- content ---------------------------------------------------------------------------------

    def show_text(
        self, paragraphs: Sequence[Paragraph], *, counts: bool, keeps_place: bool = False, keeps_shown: bool = False
    ) -> None:
        """Other paragraphs. ``counts``: what is shown from now on counts as read (the full text, not a comparison).

        ``keeps_shown``: it is the text of which something was counted before; that still counts.
        """
        if self._counts:
            self._shown_before = self._shown
        kept = self._paragraphs[self._top.paragraph].block if keeps_place and self._paragraphs else None
        self._paragraphs = tuple(paragraphs)
        self._counts = counts
        self._shown = [0.0] * len(self._paragraphs)
        self._weights = [len(one.text) + 1 for one in self._paragraphs]
        if counts and keeps_shown and len(self._shown_before) == len(self._paragraphs):
            self._shown = list(self._shown_before)
        self._weight = sum(self._weights)
        self._shown_weight = sum(share * weight for share, weight in zip(self._shown, self._weights, strict=True))
        self._unshown = sum(share < 1.0 for share in self._shown)
        self._hits, self._hit = (), -1
        self.selection.clear()
        self._top = _Top(0, -TOP_PX)
        self._forget_layout()
        if kept is not None:
            self.go_to_block(kept)

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._forget_layout()

    def set_size(self, size_px: int) -> None:
        """Another size of the text; what is read stays at the top."""
        if size_px != self._size_px:
            self._size_px = size_px
            self._forget_layout()

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        return self._paragraphs

    @property
    def top_paragraph(self) -> int:
        return self._top.paragraph

    @property
    def shown_ratio(self) -> float:
        """How much of the text has been on screen, 0 … 1; exactly 1 only when nothing was left out."""
        if not self._paragraphs or not self._counts:
            return 0.0
        return 1.0 if self._unshown == 0 else min(0.999, self._shown_weight / self._weight)

    def first_unshown(self) -> int:
        """The first paragraph that was not wholly on screen; −1 when all were."""
        return next((number for number, share in enumerate(self._shown) if share < 1.0), -1)

    # ---- places ----------------------------------------------------------------------------------

    def go_to_block(self, block: int) -> None:
        """Bring a block of the version to the top."""
        for number, paragraph in enumerate(self._paragraphs):
            if paragraph.block is not None and paragraph.block >= block:
                self.go_to(number)
                return

    def go_to(self, number: int) -> None:
        """Bring a paragraph to the top."""
        number = max(0, min(number, len(self._paragraphs) - 1))
        self._top = _Top(number, -TOP_PX if number == 0 else 0)
        self._settle()
        self.place_changed.emit(self._top.paragraph)

    def show_hits(self, hits: tuple[Hit, ...], current: int) -> None:
        """Mark what was searched for and bring the current one into sight."""
        self._hits, self._hit = hits, current
        if 0 <= current < len(hits):
            number, begin, _ = hits[current]
            line_px = self._lay(number).line_top_px(begin)
            top_px = self._tops[number] + line_px
            if not self._top_px() + 40 < top_px < self._top_px() + self.viewport().height() - 80:
                self._go_px(top_px - self.viewport().height() / 3)
        self.viewport().update()

    # ---- layout ----------------------------------------------------------------------------------

    def _look(self) -> Look:
        width = min(COLUMN_PX, self.viewport().width() - LEFT_PX - RIGHT_PX)
        return Look(self.font(), self._size_px, max(120, width), self._tokens)

    def _forget_layout(self) -> None:
        self._laid.clear()
        look = self._look()
        self._heights = [
            guessed_height_px(one, look, is_first=number == 0) for number, one in enumerate(self._paragraphs)
        ]
        self._settle()

    def _lay(self, number: int) -> Laid:
        laid = self._laid.get(number)
        if laid is None:
            if len(self._laid) >= KEPT_LAID:
                self._laid.clear()
            laid = self._laid[number] = Laid(self._paragraphs[number], self._look(), is_first=number == 0)
            self.laid_count += 1
            self._heights[number] = laid.height_px
        return laid

    def _settle(self) -> None:
        """Lay out what is seen, so that the bar and the place fit to it."""
        if self._paragraphs and self.viewport().height() > 0:
            room = self.viewport().height() + self._top.offset_px
            for number in range(self._top.paragraph, len(self._paragraphs)):
                room -= self._lay(number).height_px
                if room <= -self.viewport().height() / 2:
                    break
        self._tops = [TOP_PX, *(TOP_PX + total for total in accumulate(self._heights))]
        whole = self._tops[-1] + BOTTOM_PX
        top_px = max(0.0, min(self._top_px(), whole - self.viewport().height()))
        self._place_at(top_px)
        self._is_moving_bar = True
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(_LINE_STEP_PX)
        bar.setRange(0, max(0, round(whole - self.viewport().height())))
        bar.setValue(round(top_px))
        self._is_moving_bar = False
        self.viewport().update()

    def _top_px(self) -> float:
        return self._tops[self._top.paragraph] + self._top.offset_px

    def _place_at(self, top_px: float) -> None:
        number = max(0, min(bisect_right(self._tops, top_px) - 1, len(self._paragraphs) - 1))
        before = self._top.paragraph
        self._top = _Top(number, top_px - self._tops[number])
        if number != before:
            self.place_changed.emit(number)

    def _go_px(self, top_px: float) -> None:
        self._place_at(max(0.0, top_px))
        self._settle()

    def _bar_moved(self, value: int) -> None:
        if not self._is_moving_bar:
            self._go_px(float(value))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._forget_layout()
        else:
            self._settle()

    # ---- drawing ---------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(self._tokens.surface))
        if not self._paragraphs:
            painter.end()
            return
        bottom = self.viewport().height()
        number, top = self._top.paragraph, self._tops[self._top.paragraph] - self.verticalScrollBar().value()
        while number < len(self._paragraphs) and top < bottom:
            laid = self._lay(number)
            laid.draw(painter, LEFT_PX, top, self._marks(number))
            self._count(number, laid, top, bottom)
            top += laid.height_px
            number += 1
        painter.end()
        if self._did_show:
            self._did_show = False
            self.shown_changed.emit(self.shown_ratio)

    def _marks(self, number: int) -> list[tuple[int, int, QColor, QColor]]:
        tokens = self._tokens
        marks = [
            (begin, end, *_hit_colours(place == self._hit, tokens))
            for place, (where, begin, end) in enumerate(self._hits)
            if where == number
        ]
        span = self.selection.within(number, len(self._paragraphs[number].text))
        if span is not None and span[0] < span[1]:
            marks.append((*span, QColor(tokens.accent_fill), QColor(tokens.on_fill)))
        return marks

    def _count(self, number: int, laid: Laid, top: float, bottom: float) -> None:
        """Note how much of a paragraph has been seen: only on from where it had been seen before."""
        before = self._shown[number]
        if not self._counts or not self.isVisible() or before >= 1.0:
            return
        height = laid.above_px + laid.text_height_px
        seen_from, seen_to = max(0.0, -top) / height, min(height, bottom - top) / height
        if seen_from <= before + 0.02 and seen_to > before:
            after = 1.0 if seen_to >= 0.995 else seen_to
            self._shown[number] = after
            self._shown_weight += (after - before) * self._weights[number]
            self._unshown -= after >= 1.0
            self._did_show = True

    # ---- hands -----------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self.verticalScrollBar()
        page = max(_LINE_STEP_PX, self.viewport().height() - _LINE_STEP_PX)
        steps = {
            Qt.Key.Key_Down: _LINE_STEP_PX, Qt.Key.Key_Up: -_LINE_STEP_PX, Qt.Key.Key_PageDown: page,
            Qt.Key.Key_PageUp: -page, Qt.Key.Key_Home: -bar.maximum(), Qt.Key.Key_End: bar.maximum(),
        }  # fmt: skip
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.selection.take_all(len(self._paragraphs), len(self._paragraphs[-1].text) if self._paragraphs else 0)
            self.viewport().update()
        elif event.key() == Qt.Key.Key_Space:
            is_back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            bar.setValue(bar.value() + (-page if is_back else page))
        elif Qt.Key(event.key()) in steps:
            bar.setValue(bar.value() + steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """What is selected, to the clipboard."""
        text = self.selection.text(self._paragraphs)
        if text:
            QGuiApplication.clipboard().setText(text)

    def _at(self, point: QPoint) -> Place:
        y = point.y() + self.verticalScrollBar().value()
        number = max(0, min(bisect_right(self._tops, y) - 1, len(self._paragraphs) - 1))
        laid = self._lay(number)
        return Place(number, laid.hit(point.x() - LEFT_PX, y - self._tops[number]))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._paragraphs:
            is_longer = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.selection.begin(self._at(event.position().toPoint()), keeps_anchor=is_longer)
            self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._paragraphs:
            point = event.position().toPoint()
            bar = self.verticalScrollBar()
            if point.y() < 0 or point.y() > self.viewport().height():
                bar.setValue(bar.value() + (-_LINE_STEP_PX if point.y() < 0 else _LINE_STEP_PX))
            self.selection.extend(self._at(point))
            self.viewport().update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._paragraphs:
            place = self._at(event.position().toPoint())
            self.selection.take_paragraph(place.paragraph, len(self._paragraphs[place.paragraph].text))
            self.viewport().update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._paragraphs:
            said = self.said_of(self._paragraphs[self._at(self.viewport().mapFromGlobal(event.globalPos())).paragraph])
            QToolTip.showText(event.globalPos(), said, self.viewport()) if said else QToolTip.hideText()
            return True
        return super().event(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FontChange:
            self._forget_layout()
        return super().viewportEvent(event)


def _hit_colours(is_current: bool, tokens: Tokens) -> tuple[QColor, QColor]:
    """Ground and text."""
    if is_current:
        return QColor(tokens.warn), QColor(tokens.surface)
    return QColor(tokens.warn_soft), QColor(tokens.text)
