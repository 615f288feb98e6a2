"""One row of what was checked: mark, name, figure, points; below them a sentence; at the right what can be done.

It paints its words itself, and lays them out and paints them into a picture before they are shown: a list of labels
would be styled, laid out and painted for longer than the window may stand still. GUI thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.i18n import Translator
from ui.presenters.preflight_rows import CheckRow
from ui.theme.tokens import DARK, Tokens
from ui.widgets.kept_button import KeptButton
from ui.widgets.laid_out import LaidOut, laid_out
from ui.widgets.ring import MARK_PX, paint_mark
from ui.widgets.tips import set_plain_tip

if TYPE_CHECKING:
    from ui.views.preflight.checks import ChecksCard

SIDE_PX, ABOVE_PX, GAP_PX = 14, 9, 12
HEAD_PX, NAME_GAP_PX, SENTENCE_GAP_PX, FOOT_PX = 20, 10, 1, 3
BUTTON_GAP_PX, BUTTON_PX = 4, 26
BAR_PX = 4
LEFT_PX = SIDE_PX + MARK_PX + GAP_PX
SENTENCE_TOP_PX = ABOVE_PX + HEAD_PX + SENTENCE_GAP_PX
NAME_SIZE_PX, SENTENCE_SIZE_PX = 13, 12
SMALL_SIDES_PX, QUIET_SIDES_PX = 22, 18
"""What the style sheet puts beside the words of the two kinds of button."""


class _Row:
    """A row laid out: where everything lies below its hairline, in px. What is as it was ``before`` is taken over."""

    def __init__(self, view: CheckRow, undo_text: str, font: QFont, width_px: int, before: _Row | None) -> None:
        self.view, self.width_px, self.font_family = view, width_px, font.family()
        self.undo_text = undo_text if view.undo is not None else ""
        self._font = font
        self._before: Mapping[str, LaidOut] = before.words if before is not None else {}
        self.words: dict[str, LaidOut] = {}
        self.buttons: dict[str, QRect] = {"action": QRect(), "undo": QRect()}
        self.bar = QRect()
        right_px = width_px - SIDE_PX
        side_px, side_end_px = self._lay_out_side(right_px)
        room_px = max(1, right_px - LEFT_PX - (side_px + GAP_PX if side_px else 0))
        middle_end_px = self._lay_out_middle(room_px)
        self.height_px = max(middle_end_px, side_end_px, ABOVE_PX + MARK_PX) + ABOVE_PX
        self._before = {}
        self._picture, self._painted_for = QPixmap(), ("", 0.0)

    def _say(
        self, name: str, text: str, size_px: int = SENTENCE_SIZE_PX, *, is_bold: bool = False, most_px: int = -1,
        wrap_px: int = -1,
    ) -> LaidOut:  # fmt: skip
        made = laid_out(
            self._before.get(name), text, self._font, size_px, is_bold=is_bold, most_px=most_px, wrap_px=wrap_px
        )
        self.words[name] = made
        return made

    def _lay_out_side(self, right_px: int) -> tuple[int, int]:
        """Points and buttons, below each other at the right. Returns their width and where they end."""
        side_px = self._say("points", self.view.points).width_px
        self.points_px = right_px - side_px
        y_px = ABOVE_PX + (HEAD_PX + BUTTON_GAP_PX if side_px else 0)
        for name, text, sides_px in (
            ("action", self.view.action_label, SMALL_SIDES_PX), ("undo", self.undo_text, QUIET_SIDES_PX),
        ):  # fmt: skip
            if text:
                button_px = self._say(name, text).width_px + sides_px
                self.buttons[name] = QRect(right_px - button_px, y_px, button_px, BUTTON_PX)
                side_px = max(side_px, button_px)
                y_px += BUTTON_PX + BUTTON_GAP_PX
        return side_px, y_px - BUTTON_GAP_PX

    def _lay_out_middle(self, room_px: int) -> int:
        """Name and figure in a line, the sentence and the bar below them. Returns where they end."""
        view = self.view
        name_px = self._say("name", view.name, NAME_SIZE_PX, is_bold=True).width_px
        self.figure_px = LEFT_PX + name_px + NAME_GAP_PX
        figure_room_px = max(1, room_px - name_px - NAME_GAP_PX)
        self.is_figure_cut = self._say("figure", view.figure, NAME_SIZE_PX, most_px=figure_room_px).is_cut
        sentence = self._say("sentence", view.sentence, wrap_px=room_px)
        y_px = SENTENCE_TOP_PX + sentence.height_px if view.sentence else ABOVE_PX + HEAD_PX
        y_px += FOOT_PX
        if view.passed_ratio is not None:
            self.bar = QRect(LEFT_PX, y_px + SENTENCE_GAP_PX, room_px, BAR_PX)
            y_px = self.bar.bottom() + 1
        return y_px

    def picture(self, tokens: Tokens, pixel_ratio: float) -> QPixmap:
        """Everything but the buttons, on the ground of a card; painted once."""
        wanted = (tokens.name, pixel_ratio)
        if wanted != self._painted_for:
            self._painted_for = wanted
            self._picture = QPixmap(QSize(self.width_px, self.height_px) * pixel_ratio)
            self._picture.setDevicePixelRatio(pixel_ratio)
            self._picture.fill(QColor(tokens.surface))
            painter = QPainter(self._picture)
            self._paint(painter, tokens, pixel_ratio)
            painter.end()
        return self._picture

    def _paint(self, painter: QPainter, tokens: Tokens, pixel_ratio: float) -> None:
        paint_mark(painter, (SIDE_PX, ABOVE_PX), self.view.tone, tokens, pixel_ratio)
        painter.setPen(QColor(tokens.text))
        words = self.words
        words["name"].paint(painter, LEFT_PX, ABOVE_PX, HEAD_PX)
        painter.setPen(QColor(tokens.text_2))
        words["figure"].paint(painter, self.figure_px, ABOVE_PX, HEAD_PX)
        words["points"].paint(painter, self.points_px, ABOVE_PX, HEAD_PX)
        words["sentence"].paint(painter, LEFT_PX, SENTENCE_TOP_PX)
        if self.view.passed_ratio is not None:
            self._paint_bar(painter, tokens, min(1.0, max(0.0, self.view.passed_ratio)))

    def _paint_bar(self, painter: QPainter, tokens: Tokens, ratio: float) -> None:
        whole = QRectF(self.bar)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.line))
        painter.drawRoundedRect(whole, BAR_PX / 2, BAR_PX / 2)
        whole.setWidth(whole.width() * ratio)
        painter.setBrush(QColor(tokens.accent_fill))
        painter.drawRoundedRect(whole, BAR_PX / 2, BAR_PX / 2)


class CheckLine(QWidget):
    """``prepare`` lays a row out, ``show_prepared`` shows what was laid out, ``place`` puts it where it belongs.

    It covers the card that it lies on: what lies beneath need not be painted with each new figure.
    """

    def __init__(self, row_id: str, owner: ChecksCard) -> None:
        super().__init__(owner)
        name = f"preflight.row.{row_id}"
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._owner = owner
        self._tokens: Tokens = DARK
        self._row: _Row | None = None
        self._next: _Row | None = None
        self._is_ruled = False
        self._cut_px = 0
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.action = KeptButton(f"{name}.action", kind="small")
        self.undo = KeptButton(f"{name}.undo", kind="quiet")
        self._buttons = {"action": self.action, "undo": self.undo}
        for button in self._buttons.values():
            button.setParent(self)
            button.hide()
        self.action.clicked.connect(self._act)
        self.undo.clicked.connect(self._undo)

    @property
    def view(self) -> CheckRow | None:
        """What it shows."""
        return self._row.view if self._row is not None else None

    def text(self) -> str:
        """Its words, line by line."""
        view = self.view
        said = (view.name, view.figure, view.points, view.sentence) if view is not None else ()
        return "\n".join(part for part in said if part)

    def forget(self) -> None:
        """Everything is laid out anew with the next state."""
        self._row = self._next = None

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def is_prepared(self, view: CheckRow, width_px: int) -> bool:
        """Whether this row was laid out for this width already."""
        last = self._next or self._row
        is_same = last is not None and last.view == view and last.width_px == width_px
        return is_same and last is not None and last.font_family == self.font().family()

    def prepare(self, view: CheckRow, width_px: int, tr: Translator) -> None:
        """Lay this row out; what is seen stays as it is."""
        self._next = _Row(view, tr.text("mend.undo"), self.font(), width_px, self._next or self._row)
        self._next.picture(self._tokens, self.devicePixelRatioF())
        for name, button in self._buttons.items():
            if not self._next.buttons[name].isNull():
                button.ensurePolished()

    def show_prepared(self, tr: Translator) -> None:
        """Show what was laid out last."""
        row, self._next = self._next, None
        if row is None:
            return
        self._row = row
        view = row.view
        self.setAccessibleName(view.said)
        set_plain_tip(self, view.figure if row.is_figure_cut else "")
        for name, text, said in (
            ("action", view.action_label, f"{view.action_label} {view.name}"),
            ("undo", row.undo_text, tr.text("mend.undo_named", name=view.name)),
        ):
            button = self._buttons[name]
            if text:
                if button.text() != text:
                    button.setText(text)
                if button.accessibleName() != said:
                    button.setAccessibleName(said)
            if button.isHidden() is bool(text):
                button.setVisible(bool(text))
        self._place_buttons()
        self.update()

    def place(self, *, is_ruled: bool, cut_px: int) -> int:
        """With a hairline above it or without, less ``cut_px`` of its upper edge. Returns the height in px."""
        if self._row is None:
            return 0
        if (is_ruled, cut_px) != (self._is_ruled, self._cut_px):
            self._is_ruled, self._cut_px = is_ruled, cut_px
            self._place_buttons()
            self.update()
        return self._row.height_px + self._down_px

    @property
    def _down_px(self) -> int:
        """How far below its upper edge the row begins."""
        return int(self._is_ruled) - self._cut_px

    def _place_buttons(self) -> None:
        if self._row is not None:
            for name, button in self._buttons.items():
                button.setGeometry(self._row.buttons[name].translated(0, self._down_px))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._owner.lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        row, tokens = self._row, self._tokens
        painter = QPainter(self)
        if row is None or row.width_px != self.width():
            painter.fillRect(event.rect(), QColor(tokens.surface))
        if row is not None:
            painter.drawPixmap(0, self._down_px, row.picture(tokens, self.devicePixelRatioF()))
        if self._is_ruled:
            painter.fillRect(0, 0, self.width(), 1, QColor(tokens.line_soft))
        painter.end()

    def _act(self) -> None:
        view = self.view
        if view is not None and view.wish is not None:
            self._owner.wished.emit(view.wish)
        elif view is not None and view.action:
            self._owner.acted.emit(view.action)

    def _undo(self) -> None:
        view = self.view
        if view is not None and view.undo is not None:
            self._owner.wished.emit(view.undo)
