"""One paragraph laid out for drawing: fonts, indents, changed runs, and where a point falls in its text. GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QTextCharFormat, QTextLayout, QTextOption

from app.domain.documents.compare import ChangeKind
from app.domain.documents.model import BlockKind
from ui.presenters.reader_text import Ink, Paragraph
from ui.theme.tokens import Tokens

LINE_RATIO = 1.75
INDENT_EM = 1.8
_EXTRA_PX = {BlockKind.CHAPTER: 6, BlockKind.CLAUSE: 1, BlockKind.ITEM: 0, BlockKind.PARAGRAPH: 0}
_ABOVE_EM = {BlockKind.CHAPTER: 1.6, BlockKind.CLAUSE: 0.9, BlockKind.ITEM: 0.0, BlockKind.PARAGRAPH: 0.0}
_BELOW_EM = {BlockKind.CHAPTER: 0.5, BlockKind.CLAUSE: 0.35, BlockKind.ITEM: 0.3, BlockKind.PARAGRAPH: 0.55}
BOX_PAD_PX = 5
_SIGNS = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "−", ChangeKind.CHANGED: "≠", ChangeKind.MOVED: "↕"}


@dataclass(frozen=True)
class Look:
    """What all paragraphs are laid out with: family, size of plain text (px), width of the column (px), colours."""

    font: QFont
    size_px: int
    width_px: int
    tokens: Tokens

    def font_of(self, kind: BlockKind) -> QFont:
        font = QFont(self.font)
        font.setPixelSize(self.size_px + _EXTRA_PX[kind])
        if kind in (BlockKind.CHAPTER, BlockKind.CLAUSE):
            font.setWeight(QFont.Weight.DemiBold)
        return font

    def indent_px(self, paragraph: Paragraph) -> float:
        """Left edge of an item's text; its number hangs before it."""
        return self.size_px * INDENT_EM * (paragraph.level + 1) if paragraph.kind is BlockKind.ITEM else 0.0


def above_px(paragraph: Paragraph, look: Look, *, is_first: bool) -> float:
    pad = BOX_PAD_PX + 3 if paragraph.change is not ChangeKind.SAME else 0
    return (0.0 if is_first else look.size_px * _ABOVE_EM[paragraph.kind]) + pad


def below_px(paragraph: Paragraph, look: Look) -> float:
    pad = BOX_PAD_PX + 3 if paragraph.change is not ChangeKind.SAME else 0
    return look.size_px * _BELOW_EM[paragraph.kind] + pad


def guessed_height_px(paragraph: Paragraph, look: Look, *, is_first: bool) -> float:
    """Without laying it out: a Chinese character is as wide as it is high, others are about half of that."""
    size = look.size_px + _EXTRA_PX[paragraph.kind]
    text = paragraph.text
    ascii_count = len(text.encode("ascii", "ignore"))
    width = size * (len(text) - ascii_count * 0.45)
    lines = max(1, -int(-width // max(1.0, look.width_px - look.indent_px(paragraph))))
    return above_px(paragraph, look, is_first=is_first) + lines * size * LINE_RATIO + below_px(paragraph, look)


class Laid:
    """A paragraph with its lines. Heights are px; ``top`` of the text is below ``above_px``."""

    def __init__(self, paragraph: Paragraph, look: Look, *, is_first: bool) -> None:
        self.paragraph, self.look = paragraph, look
        self.text = paragraph.text
        self._wide = [place for place, sign in enumerate(self.text) if ord(sign) > 0xFFFF]
        self.above_px = above_px(paragraph, look, is_first=is_first)
        font = look.font_of(paragraph.kind)
        self.layout = QTextLayout(self.text, font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.layout.setTextOption(option)
        self.layout.setFormats(self._formats())
        self.indent_px = look.indent_px(paragraph)
        self.step_px = step = font.pixelSize() * LINE_RATIO
        self.below_px = below_px(paragraph, look)
        self.layout.beginLayout()
        top = 0.0
        while (line := self.layout.createLine()).isValid():
            line.setLineWidth(max(40.0, look.width_px - self.indent_px))
            line.setPosition(QPointF(0, top + (step - line.height()) / 2))
            top += step
        self.layout.endLayout()
        self.text_height_px = max(top, step)
        self.height_px = self.above_px + self.text_height_px + self.below_px
        self._font = font

    @property
    def line_count(self) -> int:
        return max(1, self.layout.lineCount())

    @property
    def is_title(self) -> bool:
        return self.paragraph.kind in (BlockKind.CHAPTER, BlockKind.CLAUSE)

    # Qt counts UTF-16 units, we count characters.
    def units(self, place: int) -> int:
        return place + sum(1 for wide in self._wide if wide < place)

    def place(self, units: int) -> int:
        place = units
        for number, wide in enumerate(self._wide):
            if wide + number < units:
                place = units - number - 1
        return place

    def _formats(self) -> list[QTextLayout.FormatRange]:
        tokens, found, start = self.look.tokens, [], 0
        for piece in self.paragraph.pieces:
            end = start + len(piece.text)
            if piece.inks:
                style = QTextCharFormat()
                if Ink.EMPHASISED in piece.inks:
                    style.setFontWeight(QFont.Weight.Bold)
                    style.setFontUnderline(True)
                if Ink.DELETED in piece.inks:
                    style.setFontStrikeOut(True)
                    style.setForeground(QColor(tokens.text_2))
                if Ink.INSERTED in piece.inks:
                    style.setBackground(QColor(tokens.good_soft))
                    style.setForeground(QColor(tokens.good))
                found.append(self._range(start, end, style))
            start = end
        return found

    def _range(self, start: int, end: int, style: QTextCharFormat) -> QTextLayout.FormatRange:
        made = QTextLayout.FormatRange()
        made.start = self.units(start)
        made.length = self.units(end) - self.units(start)
        made.format = style
        return made

    def draw(
        self,
        painter: QPainter,
        left: float,
        top: float,
        marks: list[tuple[int, int, QColor, QColor]],
    ) -> None:
        """At ``left`` and ``top`` of the paragraph; ``marks`` are (begin, end, ground, text) of hits and selection."""
        tokens = self.look.tokens
        text_top = top + self.above_px
        if self.paragraph.change is not ChangeKind.SAME:
            self._draw_box(painter, left, text_top)
        painter.setPen(QColor(tokens.text))
        if self.paragraph.number:
            self._draw_number(painter, left, text_top)
        selections = []
        for begin, end, ground, ink in marks:
            style = QTextCharFormat()
            style.setBackground(QBrush(ground))
            style.setForeground(ink)
            selections.append(self._range(begin, end, style))
        self.layout.draw(painter, QPointF(left + self.indent_px, text_top), selections)

    def draw_lines(self, painter: QPainter, left: float, top: float, first: int, last: int) -> None:
        """Some of the lines alone, the first of them at ``top``: for a page that ends within the paragraph."""
        painter.setPen(QColor(self.look.tokens.text))
        if first == 0 and self.paragraph.number:
            self._draw_number(painter, left, top)
        for number in range(first, min(last, self.layout.lineCount())):
            shift = top - first * self.step_px
            self.layout.lineAt(number).draw(painter, QPointF(left + self.indent_px, shift))

    def _draw_number(self, painter: QPainter, left: float, text_top: float) -> None:
        painter.setFont(self._font)
        area = QRectF(left, text_top, self.indent_px - self.look.size_px * 0.5, self.step_px)
        side = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(area, side, f"{self.paragraph.number}.")

    def _draw_box(self, painter: QPainter, left: float, text_top: float) -> None:
        tokens = self.look.tokens
        ground, bar = {
            ChangeKind.ADDED: (tokens.good_soft, tokens.good),
            ChangeKind.REMOVED: (tokens.raised, tokens.text_3),
            ChangeKind.CHANGED: (tokens.surface, tokens.good),
            ChangeKind.MOVED: (tokens.accent_soft, tokens.accent),
        }[self.paragraph.change]
        area = QRectF(left - 13, text_top - BOX_PAD_PX, self.look.width_px + 26, self.text_height_px + 2 * BOX_PAD_PX)
        painter.fillRect(area, QColor(ground))
        painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), QColor(bar))
        # Never by colour alone.
        painter.setPen(QColor(bar))
        painter.setFont(self.look.font_of(BlockKind.CLAUSE))
        beside = QRectF(area.left() - 24, area.top(), 20, min(area.height(), 34.0))
        painter.drawText(beside, int(Qt.AlignmentFlag.AlignCenter), _SIGNS[self.paragraph.change])

    def hit(self, x: float, y: float) -> int:
        """The place in the text nearest to a point; ``x`` from the column's left, ``y`` from the paragraph's top."""
        text_y = y - self.above_px
        for number in range(self.layout.lineCount()):
            line = self.layout.lineAt(number)
            if text_y < line.y() + line.height() * 1.3 or number == self.layout.lineCount() - 1:
                return self.place(line.xToCursor(x - self.indent_px))
        return 0

    def line_top_px(self, place: int) -> float:
        """Top of the line that holds ``place``, from the paragraph's top."""
        line = self.layout.lineForTextPosition(self.units(place))
        return self.above_px + (line.y() if line.isValid() else 0.0)
