"""Painted parts of the page that change while the camera works: none of them lays the page out anew. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.liveness import Action
from ui.presenters.liveness_capture import GuideRow, StepChip
from ui.theme.icons import pixmap
from ui.theme.tokens import DARK, Tokens
from ui.views.liveness.figure import SIDE_PX, ActionFigure
from ui.widgets.tips import set_plain_tip

HEAD_PX, TITLE_PX, HINT_PX, BASE_PX = 92, 22, 13, 14
FIGURE_GAP_PX, MARGIN_PX = 14, 16
BALANCED = (0.55, 0.65, 0.75, 0.85)
"""Shares of the width in which two lines are tried."""
CHIP_PX, CHIP_GAP_PX, CHIP_PAD_PX, MARK_PX, DOT_PX = 24, 8, 10, 14, 8
LINE_PX, RING_PX, RING_GAP_PX = 20, 16, 8
ROW_PX, PILL_GAP_PX, PILL_PX = 24, 10, 62
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)
_WRAPPED = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_GROUNDS = {
    "good": ("good_soft", "good"),
    "warn": ("warn_soft", "warn"),
    "accent": ("accent_soft", "accent"),
    "neutral": ("pill", "text_2"),
}


class Painted(QWidget):
    """Paints itself from tokens; its name is what it says."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.tokens: Tokens = DARK

    def set_tokens(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.update()

    def sized(self, size_px: int, *, is_bold: bool = False) -> QFont:
        """The font of this widget in a size."""
        font = QFont(self.font())
        font.setPixelSize(size_px)
        font.setWeight(QFont.Weight.DemiBold if is_bold else QFont.Weight.Normal)
        return font


class PromptHead(Painted):
    """What is to be done, large, with a small face beside it and a line below; in the middle, at the lower end.

    The text follows the size that was chosen for reading. What does not fit in two lines is written smaller.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.headline, self.hint = "", ""
        self._text_px = BASE_PX
        self.figure = ActionFigure(f"{name}.figure")
        self.figure.setParent(self)
        self.figure.hide()
        self.setFixedHeight(HEAD_PX)

    def show_text(self, headline: str, hint: str, action: Action | None, *, text_px: int = BASE_PX) -> None:
        """The same again costs nothing."""
        if (headline, hint, text_px) != (self.headline, self.hint, self._text_px):
            self.headline, self.hint = headline, hint
            if text_px != self._text_px:
                self._text_px = text_px
                self.setFixedHeight(round(HEAD_PX * self._scale))
            self.setAccessibleName(headline)
            self.setAccessibleDescription(hint)
            self.update()
        self.figure.show_action(action)
        self._place()

    @property
    def _scale(self) -> float:
        return max(1.0, self._text_px / BASE_PX)

    def _title(self, width_px: int) -> tuple[QFont, QRect]:
        """The font in which it takes no more than two lines, and the room that it takes."""
        for size_px in (round(TITLE_PX * self._scale), TITLE_PX, 18, 16):
            font = self.sized(size_px, is_bold=True)
            metrics = QFontMetrics(font)
            taken = _wrapped(metrics, self.headline, width_px)
            if taken.height() <= 2 * metrics.lineSpacing() + 2 and taken.width() <= width_px:
                break
        if taken.height() > metrics.lineSpacing() + 2:
            # two lines of much the same length: no single word in the second
            for part in BALANCED:
                tried = _wrapped(metrics, self.headline, round(width_px * part))
                if tried.height() <= taken.height() and tried.width() <= width_px * part:
                    return font, tried
        return font, taken

    def _measured(self) -> tuple[QFont, QRect, QRect]:
        """Font and place of the headline, and the place of the line below."""
        taken_px = SIDE_PX + FIGURE_GAP_PX if self.figure.action is not None else 0
        room = max(80, self.width() - 2 * MARGIN_PX - taken_px)
        font, title = self._title(room)
        hint_px = QFontMetrics(self.sized(self._hint_px)).height() if self.hint else 0
        height = title.height() + (hint_px + 4 if hint_px else 0)
        top = (self.height() - height) // 2
        left = (self.width() - title.width() + taken_px) // 2
        place = QRect(left, top, title.width(), title.height())
        return font, place, QRect(MARGIN_PX, place.bottom() + 5, self.width() - 2 * MARGIN_PX, hint_px)

    @property
    def _hint_px(self) -> int:
        return round(HINT_PX * self._scale)

    def _place(self) -> None:
        if self.figure.action is not None:
            _, title, _ = self._measured()
            self.figure.move(title.left() - FIGURE_GAP_PX - SIDE_PX, (self.height() - SIDE_PX) // 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, event: QPaintEvent) -> None:
        font, title, below = self._measured()
        painter = QPainter(self)
        painter.setFont(font)
        painter.setPen(QColor(self.tokens.text))
        painter.drawText(title.adjusted(-2, 0, 2, 0), _WRAPPED, self.headline)
        if self.hint:
            hint_font = self.sized(self._hint_px)
            painter.setFont(hint_font)
            painter.setPen(QColor(self.tokens.text_2))
            if self.figure.action is not None:
                below = below.adjusted(title.center().x() - below.center().x(), 0, 0, 0)
                below.setWidth(min(below.width(), self.width() - below.left()))
            shown = QFontMetrics(hint_font).elidedText(self.hint, Qt.TextElideMode.ElideRight, below.width())
            painter.drawText(below, _CENTRE, shown)
        painter.end()


def _wrapped(metrics: QFontMetrics, text: str, width_px: int) -> QRect:
    return metrics.boundingRect(QRect(0, 0, width_px, 400), _WRAPPED, text)


class StepChips(Painted):
    """The steps side by side, in the middle; where there is no room, in two lines."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.chips: tuple[StepChip, ...] = ()
        self._placed: list[QRectF] = []
        self.setFixedHeight(CHIP_PX)

    def show_chips(self, chips: tuple[StepChip, ...], name: str) -> None:
        """``name``: what they are."""
        if chips != self.chips:
            self.chips = chips
            self.setAccessibleName(name)
            self.setAccessibleDescription("\n".join(one.said for one in chips))
            self._arrange()
            self.update()

    def _arrange(self) -> None:
        metrics = QFontMetricsF(self.sized(12))
        widths = [metrics.horizontalAdvance(one.text) + 2 * CHIP_PAD_PX + _mark_px(one.mark) for one in self.chips]
        lines: list[list[float]] = [[]]
        for width in widths:
            if lines[-1] and sum(lines[-1]) + len(lines[-1]) * CHIP_GAP_PX + width > self.width():
                lines.append([])
            lines[-1].append(width)
        self._placed = []
        for number, line in enumerate(lines):
            left = (self.width() - sum(line) - (len(line) - 1) * CHIP_GAP_PX) / 2
            for width in line:
                self._placed.append(QRectF(round(left), number * (CHIP_PX + CHIP_GAP_PX), width, CHIP_PX))
                left += width + CHIP_GAP_PX
        height = len(lines) * (CHIP_PX + CHIP_GAP_PX) - CHIP_GAP_PX
        if height != self.height():
            self.setFixedHeight(height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for chip, area in zip(self.chips, self._placed, strict=True):
            ground, ink = (getattr(self.tokens, name) for name in _GROUNDS[chip.tone])
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ground))
            painter.drawRoundedRect(area, CHIP_PX / 2, CHIP_PX / 2)
            left = area.left() + CHIP_PAD_PX
            if chip.mark == "dot":
                painter.setBrush(QColor(ink))
                painter.drawEllipse(QRectF(left, area.center().y() - DOT_PX / 2, DOT_PX, DOT_PX))
            elif chip.mark:
                drawn = pixmap(chip.mark, ink, MARK_PX, self.devicePixelRatioF())
                painter.drawPixmap(QPointF(left - 2, area.center().y() - MARK_PX / 2), drawn)
            left += _mark_px(chip.mark)
            painter.setFont(self.sized(12))
            painter.setPen(QColor(ink))
            painter.drawText(QRectF(left, area.top(), area.right() - left, area.height()), _LEFT, chip.text)
        painter.end()


def _mark_px(mark: str) -> int:
    return {"": 0, "dot": DOT_PX + 6}.get(mark, MARK_PX + 2)


class TimeLine(Painted):
    """A line with a small ring that empties with the time for an action."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(LINE_PX)
        self.text = ""
        self._ratio = 0.0

    def show_time(self, text: str, left_ratio: float) -> None:
        """0 draws no ring."""
        shown = (text, round(left_ratio, 2))
        if shown != (self.text, self._ratio):
            self.text, self._ratio = shown
            self.setAccessibleName(text)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        font = self.sized(12)
        text_px = QFontMetricsF(font).horizontalAdvance(self.text) + 1
        ring_px = RING_PX + RING_GAP_PX if self._ratio else 0
        left = (self.width() - text_px - ring_px) / 2
        painter = QPainter(self)
        if self._ratio:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ring = QRectF(left + 1.5, (self.height() - RING_PX) / 2 + 1.5, RING_PX - 3, RING_PX - 3)
            painter.setPen(QPen(QColor(self.tokens.line), 3))
            painter.drawEllipse(ring)
            painter.setPen(QPen(QColor(self.tokens.accent), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawArc(ring, 1440, round(5760 * self._ratio))
        painter.setFont(font)
        painter.setPen(QColor(self.tokens.text_2))
        painter.drawText(QRectF(left + ring_px, 0, text_px, self.height()), _LEFT, self.text)
        painter.end()


class GuideLine(Painted):
    """A pill with a word, and what it is about. ``pill_px``: as wide as the longest word of the list needs."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setFixedHeight(ROW_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.row: GuideRow | None = None
        self.pill_px = PILL_PX

    def sizeHint(self) -> QSize:
        return QSize(160, ROW_PX)

    def show_row(self, row: GuideRow, pill_px: int) -> None:
        """The same again costs nothing."""
        if (row, pill_px) != (self.row, self.pill_px):
            self.row, self.pill_px = row, pill_px
            self.setAccessibleName(row.said)
            set_plain_tip(self, row.text)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        row = self.row
        if row is None:
            return
        ground, ink = (getattr(self.tokens, name) for name in _GROUNDS[row.tone])
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        pill = QRectF(0, 0, self.pill_px, ROW_PX)
        painter.drawRoundedRect(pill, ROW_PX / 2, ROW_PX / 2)
        painter.setFont(self.sized(12))
        painter.setPen(QColor(ink))
        painter.drawText(pill, _CENTRE, row.word)
        font = self.sized(13)
        painter.setFont(font)
        painter.setPen(QColor(self.tokens.text))
        room = QRect(self.pill_px + PILL_GAP_PX, 0, self.width() - self.pill_px - PILL_GAP_PX, ROW_PX)
        painter.drawText(
            room, _LEFT, QFontMetrics(font).elidedText(row.text, Qt.TextElideMode.ElideRight, room.width())
        )
        painter.end()


def pill_width(words: tuple[str, ...], font: QFont) -> int:
    """For the longest of ``words``."""
    sized = QFont(font)
    sized.setPixelSize(12)
    metrics = QFontMetricsF(sized)
    return max(PILL_PX, round(max(metrics.horizontalAdvance(one) for one in words) + 2 * CHIP_PAD_PX + 0.5))
