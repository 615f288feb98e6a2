"""The rows of what was checked. Every row that there can be is made once and filled in place. GUI thread."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.domain.quality.model import Group
from app.i18n import Translator
from ui.presenters.preflight_rows import ROW_IDS, SPECS, WHOLE, CheckRow
from ui.theme.apply import set_look
from ui.theme.tokens import DARK, Tokens
from ui.views.base import View
from ui.views.preflight.check_line import CheckLine
from ui.widgets.basics import Button
from ui.widgets.kept_button import KeptButton
from ui.widgets.pieces import Pieces

_GROUP_OF = {spec.id: spec.group for spec in SPECS} | {row_id: group for group, row_id in WHOLE.items()}


BORDER_PX = 1
CORNER_PX = 5
"""Above the first row and below the last only the card is seen, as its corners are round."""
TASK = "checks"
TURN_S = 0.001
"""CPU time after which the rest waits for the next turn."""
EDGE_PX = 9
"""How far its lower border reaches up, with its round corners."""
FOLD_SIDE_PX, FOLD_ABOVE_PX, FOLD_PX = 50, 5, 24


class Folded(NamedTuple):
    """A line that stands for rows."""

    group: Group
    text: str


class Fold(QWidget):
    """The line that stands for what is folded away."""

    def __init__(self, group: Group, owner: QWidget) -> None:
        super().__init__(owner)
        self._tokens: Tokens = DARK
        self._is_ruled = False
        self.button = KeptButton(f"preflight.fold.{group.value}", kind="link")
        self.button.setParent(self)
        set_look(self.button, tone="2")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.hide()

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def show_text(self, text: str, said: str) -> None:
        """``said``: for a screen reader."""
        if self.button.text() != text:
            self.button.setText(text)
            self.button.setAccessibleName(said)

    def place(self, *, is_ruled: bool, cut_px: int) -> int:
        """With a hairline above it or without, less ``cut_px`` of its upper edge. Returns the height in px."""
        self._is_ruled = is_ruled
        down_px = int(is_ruled) - cut_px
        self.button.setGeometry(FOLD_SIDE_PX, FOLD_ABOVE_PX + down_px, self.button.sizeHint().width(), FOLD_PX)
        return FOLD_PX + 2 * FOLD_ABOVE_PX + down_px

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(self._tokens.surface))
        if self._is_ruled:
            painter.fillRect(0, 0, self.width(), 1, QColor(self._tokens.line_soft))
        painter.end()


class ChecksCard(View):
    """Draws CheckRow of every group. Those that are well and have nothing to tell are folded, a line tells how many.

    It places its rows itself, each once, instead of leaving that to a layout that asks every row again and again.
    """

    def __init__(self, pieces: Pieces) -> None:
        super().__init__("preflight.checks", kind="card")
        self._pieces = pieces
        self._tr = Translator()
        self._rows: tuple[CheckRow, ...] = ()
        self._shown: tuple[CheckLine | Fold, ...] = ()
        self._opened: dict[Group, bool] = {}
        """What the person chose; the others follow the room there is."""
        self._is_roomy = False
        self.lines: dict[str, CheckLine] = {}
        self.folds: dict[Group, Button] = {}
        self._folds: dict[Group, Fold] = {}
        for group in Group:
            for row_id in ROW_IDS:
                if _GROUP_OF[row_id] is group:
                    line = self.lines[row_id] = CheckLine(row_id, self)
                    line.hide()
            fold = self._folds[group] = Fold(group, self)
            fold.button.clicked.connect(partial(self._turn, group))
            self.folds[group] = fold.button
        # what changes its height leaves the rest of it as it is painted
        self.setAttribute(Qt.WidgetAttribute.WA_StaticContents)
        self.setFixedHeight(0)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self._rows = ()
        for line in self.lines.values():
            line.forget()

    def set_roomy(self, is_roomy: bool) -> None:
        """Whether there is room for every row."""
        if is_roomy != self._is_roomy:
            self._is_roomy = is_roomy
            self.lay_out()

    @property
    def is_filling(self) -> bool:
        """Whether there are rows that are not shown yet as they should be."""
        return self._pieces.is_doing(TASK)

    def draw(self, rows: Sequence[CheckRow]) -> None:
        """Show these rows: laid out by the next turns of the event loop."""
        rows = tuple(rows)
        if rows != self._rows:
            self._rows = rows
            self._begin()

    def lay_out(self) -> None:
        """Show what is laid out already; what is not is laid out first, as much of it with each turn as it may take."""
        plan = self._plan()
        if self._first_unprepared(plan) is None:
            self._pieces.drop(TASK)
            self._show(plan)
        else:
            self._begin()

    def _begin(self) -> None:
        if not self._pieces.is_doing(TASK):
            self._pieces.begin(TASK, self._fill())

    def _fill(self) -> Iterator[None]:
        while True:
            plan = self._plan()
            while self._first_unprepared(plan) is not None:
                until_s = time.thread_time() + TURN_S
                while (row := self._first_unprepared(plan)) is not None and time.thread_time() < until_s:
                    self.lines[row.id].prepare(row, self._row_px, self._tr)
                yield
                # another state may have come meanwhile
                plan = self._plan()
            self._say(plan)
            yield
            self._show(plan)
            yield
            # what waits to be painted is painted now, before the next picture is there: both make one long event
            self.repaint(0, 0, 1, 1)
            if self._first_unprepared(self._plan()) is None:
                return
            yield

    @property
    def _row_px(self) -> int:
        return self.width() - 2 * BORDER_PX

    def _first_unprepared(self, plan: Sequence[CheckRow | Folded]) -> CheckRow | None:
        width_px = self._row_px
        rows = (row for row in plan if isinstance(row, CheckRow))
        return next((row for row in rows if not self.lines[row.id].is_prepared(row, width_px)), None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        before, now = event.oldSize(), event.size()
        if now.width() != before.width():
            self.update()
            self.lay_out()
        else:
            for height_px in (before.height(), now.height()):
                self.update(0, height_px - EDGE_PX, now.width(), EDGE_PX)

    def _is_open(self, group: Group) -> bool:
        return self._opened.get(group, self._is_roomy)

    def _turn(self, group: Group) -> None:
        self._opened[group] = not self._is_open(group)
        self.lay_out()

    def _plan(self) -> list[CheckRow | Folded]:
        """What is to be seen, from the top."""
        plan: list[CheckRow | Folded] = []
        for group in Group:
            mine = [one for one in self._rows if one.group is group]
            quiet = [one for one in mine if not one.is_kept]
            is_open = self._is_open(group)
            # one row is as high as the line that would stand for it
            is_folding = len(quiet) > 1
            plan += [one for one in mine if one.is_kept or is_open or not is_folding]
            if is_folding:
                plan.append(Folded(group, self._fold_text(quiet, is_open=is_open)))
        return plan

    def _show(self, plan: Sequence[CheckRow | Folded]) -> None:
        """Show what was laid out, below each other within the border."""
        self._say(plan)
        shown = tuple(self._folds[one.group] if isinstance(one, Folded) else self.lines[one.id] for one in plan)
        for part in set(self._shown) - set(shown):
            part.hide()
        self._shown = shown
        self._place(shown)

    def _say(self, plan: Sequence[CheckRow | Folded]) -> None:
        """Say and paint what was laid out, where the rows are now."""
        focused = self.window().focusWidget()
        for one in plan:
            if isinstance(one, Folded):
                self._folds[one.group].show_text(
                    one.text, f"{self._tr.text(f'quality.group.{one.group.value}')}: {one.text}"
                )
            else:
                self.lines[one.id].show_prepared(self._tr)
        self._keep_focus(focused)

    def _place(self, parts: Sequence[CheckLine | Fold]) -> None:
        """Below each other, within the border and clear of its round corners."""
        width_px, y_px = self._row_px, BORDER_PX + CORNER_PX
        for number, part in enumerate(parts):
            height_px = part.place(is_ruled=number > 0, cut_px=0 if number else CORNER_PX)
            if number == len(parts) - 1:
                height_px -= CORNER_PX
            part.setGeometry(BORDER_PX, y_px, width_px, height_px)
            y_px += height_px
            part.show()
        self.setFixedHeight(y_px + BORDER_PX + CORNER_PX if parts else 0)

    def _fold_text(self, quiet: Sequence[CheckRow], *, is_open: bool) -> str:
        tr = self._tr
        if is_open:
            return f"{tr.text('preflight.fold_less')} ▴"
        unknown = sum(one.tone == "neutral" for one in quiet)
        good = len(quiet) - unknown
        name = "fold_more" if not unknown else "fold_unknown" if good else "fold_only_unknown"
        points = sum(one.points_lost for one in quiet)
        costs = f"  {tr.text('quality.points', points=points)}" if points else ""
        return f"{tr.text(f'preflight.{name}', count=good, good=good, unknown=unknown)}{costs} ▾"

    def _keep_focus(self, focused: QWidget | None) -> None:
        """A button that went took the keyboard with it: the other one of its row is given it, where there is one."""
        for line in self.lines.values():
            for went, other in ((line.action, line.undo), (line.undo, line.action)):
                if focused is went and went.isHidden() and not other.isHidden():
                    other.setFocus(Qt.FocusReason.OtherFocusReason)
